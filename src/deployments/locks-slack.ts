/** Locks by hand, from Slack: a place kept for somebody, and opened again. */
import { noService } from '../domain/nearest.ts';
import { type Refusal } from '../domain/refusal.ts';
import { command, say } from '../domain/words.ts';
import { actOn } from '../releases/act-on-release.ts';
import { wordsAfter } from '../releases/find-release.ts';
import { reasonAndEnd } from '../releases/reason-and-end.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { ACTIONS } from '../slack/ids.ts';
import { dateToken, md, typedBeside } from '../slack/mrkdwn.ts';
import {
  type Answer,
  answerTo,
  type CommandRequest,
  type Request,
  type Routes,
  refused,
  tell,
} from '../slack/requests.ts';
import { heldLocks, readLock } from './deployment-store.ts';
import { deploymentVerbs } from './deployment-verbs.ts';
import { lockVerbs } from './lock-verbs.ts';

type There = { service: string; environment: string };

const LOCK_EXAMPLES = ['lock checkout staging "load test"', 'lock checkout staging "load test" until Thu 18:00'];

/** `lock SERVICE ENVIRONMENT [take-over] "why" [until WHEN]`. */
const lock = async (request: CommandRequest): Promise<Answer> => {
  const [service = '', environment = '', ...rest] = request.words;
  if (environment === '') return refused({ code: 'ambiguous', what: 'place', examples: LOCK_EXAMPLES });
  const services = Object.keys(request.catalog.services);
  if (!services.includes(service))
    return refused({ code: 'fields', problems: [{ field: 'service', problem: noService(service, services) }] });
  const takeOver = /^take-?over$/i.test(rest[0] ?? '');
  const words = takeOver ? rest.slice(1) : rest;
  const read = reasonAndEnd(request, words, 'Not locked');
  if (!read.ok) return refused(read.refusal);
  const { reason, end } = read.value;
  const until = end?.start ?? null;
  const ctx = { ...request.ctx, actor: request.actor };
  const input = { service, environment, reason, until, takeOver };
  return answerTo(await performOnWorkspace(request.deps, ctx, lockVerbs.lock, input), ({ before }) =>
    tell([
      md`Locked: ${service} ${environment}${until === null ? '' : md` until ${dateToken(until)}${typedBeside(end?.typed ?? null)}`}. Nobody but you starts there.${before === null ? '' : ' It was taken over; whoever had it reads so.'}`,
    ]),
  );
};

const opened = async (request: Request, place: There, reason: string | null): Promise<Answer> => {
  const ctx = { ...request.ctx, actor: request.actor };
  const decision = await performOnWorkspace(request.deps, ctx, lockVerbs.unlock, { ...place, reason });
  return answerTo(decision, () => tell([md`Open again: ${place.service} ${place.environment}.`]));
};

/** `/release unlock checkout production "the cause was …"`: after a rollback with its cause, by hand as it is. */
const unlock = async (request: CommandRequest): Promise<Answer> => {
  const [service = '', environment = ''] = request.words;
  const { db } = request.deps.database;
  const held = (await heldLocks(db, request.ctx.workspace, [service], request.ctx.now)).find(
    (each) => each.environment === environment,
  );
  if (service === '' || environment === '')
    return refused({
      code: 'ambiguous',
      what: 'lock',
      examples: ['unlock checkout production "the cache was too small"'],
    });
  if (held === undefined)
    return refused({
      code: 'not_found',
      what: 'lock on',
      reference: `${service} ${environment}`.trim(),
      fix: say`See them with ${command('env')}.`,
    });
  const reason = wordsAfter(request, 2);
  if (held.release !== null && reason === '')
    return refused({
      code: 'fields',
      problems: [
        {
          field: 'reason',
          problem: say`Nothing done: say what the cause was; it stands in the journal. For example ${command(`unlock ${service} ${environment} "the cache was too small"`)}.`,
        },
      ],
    });
  return held.release === null
    ? opened(request, { service, environment }, reason === '' ? null : reason)
    : actOn(request, deploymentVerbs.liftLock, held.release, { environment, reason }, 'The lock is lifted.');
};

/** By its button: whoever else lifts it says why, by the command. */
const unlockClicked = async (request: Request, id: string): Promise<Answer> => {
  const found = await readLock(request.deps.database.db, request.ctx.workspace, id as Parameters<typeof readLock>[2]);
  if (found === null) return refused(GONE);
  return opened(request, found, found.holder === request.actor ? null : `pressed Unlock`);
};

const GONE: Refusal = {
  code: 'not_found',
  what: 'lock',
  reference: 'of this button',
  fix: say`See ${command('env')}.`,
};

export const lockRoutes: Routes = {
  verbs: { lock: { run: lock }, unlock: { run: unlock } },
  actions: { [ACTIONS.unlock]: { run: (request) => unlockClicked(request, request.value) } },
  views: {},
};
