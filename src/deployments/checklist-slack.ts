/** The list of a deployment, from Slack: seen, ticked, taken back. */
import { environmentNamed } from '../domain/catalog/catalog.ts';
import { listed } from '../domain/deployment/tick.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import { command, say } from '../domain/words.ts';
import { actOn, performMeeting, releaseIdIn } from '../releases/act-on-release.ts';
import { environmentMeant, namedRelease } from '../releases/find-release.ts';
import { situationFor } from '../releases/release-answers.ts';
import type { Seen } from '../situation/seen-by.ts';
import { ACTIONS, unpackValue } from '../slack/ids.ts';
import { context } from '../slack/kit.ts';
import { md, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  type ActionRequest,
  type ActRoute,
  type Answer,
  type Bare,
  type CommandRequest,
  type Request,
  type Routes,
  refused,
} from '../slack/requests.ts';
import { checklistBlocks } from './checklist-messages.ts';
import { deploymentVerbs as verbs } from './deployment-verbs.ts';

const listOf = (request: Bare, s: Seen, environment: string | null = null): Answer => {
  const all = listed(s).filter((d) => environment === null || d.environment === environment);
  if (all.length === 0)
    return refused({
      code: 'status',
      did: 'Nothing to tick',
      name: nameOf(s.release),
      status: 'without a checklist',
      fix: say`The catalog gives a service a runbook, and what to verify; a deployment begins with them.`,
    });
  return {
    kind: 'say',
    text: `${nameOf(s.release)}: what to do`,
    // One place a message: Slack takes fifty blocks.
    blocks: [
      ...all.slice(0, 1).flatMap((d) => checklistBlocks(s, d, request.voice)),
      ...all
        .slice(1, 6)
        .map((d) =>
          context(
            md`In ${d.environment} as well: ${sentenceMarkup(say`${command(`tick ${keyOf(s.release)} ${d.environment}`)}`, request.voice)}`,
          ),
        ),
    ],
  };
};

const showList = async (request: Request, release: ReleaseId, environment: string | null = null): Promise<Answer> => {
  const s = await situationFor(request, release);
  return s === null
    ? refused({ code: 'not_found', what: 'release', reference: '', fix: say`See them with ${{ command: 'list' }}.` })
    : listOf(request, s, environment);
};

/** `tick REF` shows the list; `tick REF 2 [environment] [undo]` ticks an item, or takes it back. */
const tick = async (request: CommandRequest): Promise<Answer> => {
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const [, number, ...rest] = request.words;
  const only = environmentNamed(request.catalog, number ?? '');
  if (number === undefined || only !== null) return showList(request, found.value.id, only?.name ?? null);
  const item = Number(number);
  const done = !rest.some((word) => word.toLowerCase() === 'undo');
  const place = rest.find((word) => word.toLowerCase() !== 'undo');
  const named = environmentMeant(request.catalog, place, request.text);
  if (!named.ok) return refused(named.refusal);
  if (!Number.isInteger(item) || item < 1)
    return refused({
      code: 'ambiguous',
      what: 'item',
      examples: [`tick ${keyOf(found.value)} 2`, `tick ${keyOf(found.value)} 2 undo`],
    });
  return actOn(
    request,
    verbs.tick,
    found.value.id,
    { environment: named.value, item, done },
    done ? 'Ticked.' : 'Taken back.',
  );
};

/** Where the list stands in a channel it shows by itself what was ticked; a private one is shown anew. */
const ticking = (done: boolean): ActRoute<ActionRequest> => ({
  act: async (request) => {
    const release = releaseIdIn(request.value);
    if (!release.ok) return refused(release.refusal);
    const [, environment = null, item, deployment] = unpackValue(request.value);
    const answer = (s: Seen): Answer => (request.message === null ? listOf(request, s, environment) : { kind: 'done' });
    const input = { environment, item: Number(item), done, ...(deployment === undefined ? {} : { deployment }) };
    const decision = await performMeeting(request, verbs.tick, { release: release.value, answer }, input);
    return decision.ok ? (decision.value.answer ?? { kind: 'done' }) : refused(decision.refusal);
  },
});

export const checklistRoutes: Routes = {
  verbs: { tick: { run: tick } },
  actions: {
    [ACTIONS.tickItem]: ticking(true),
    [ACTIONS.untickItem]: ticking(false),
    [ACTIONS.checklist]: {
      run: async (request) => {
        const release = releaseIdIn(request.value);
        return release.ok ? showList(request, release.value) : refused(release.refusal);
      },
    },
  },
  views: {},
};
