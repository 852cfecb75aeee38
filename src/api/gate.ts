/** The gate that pipelines ask before they deploy. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { noService } from '../domain/nearest.ts';
import { allow, type Decision, refuse as refuseWith } from '../domain/refusal.ts';
import { versionMeant } from '../domain/release/version.ts';
import { tokenRefusal } from '../domain/token/token.ts';
import { newRelease } from '../releases/new-release-verb.ts';
import { findRelease } from '../releases/release-store.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { type Seen, seenBy } from '../situation/seen-by.ts';
import { type Caller, ctxOf, type Env } from './caller.ts';
import { answerProblem, nowhereRefusal, refusalsBut } from './common.ts';
import {
  type Asked,
  answerFor,
  type GateJson,
  gateInput,
  gateSchema,
  notThere,
  type Unknown,
  unknownAnswer,
} from './gate-answer.ts';
import type { Waiting } from './waiting.ts';

/** Milliseconds. Nobody relies on being woken: it is looked at as often as this. */
const LOOK_AGAIN = 5_000;

/** The release that is meant. Where the rules ask nobody the pipeline may bring a version by asking for it. */
const releaseMeant = async (
  deps: Deps,
  caller: Caller,
  catalog: Catalog,
  found: { id: ReleaseId } | null,
  { service, version, environment, title, sha, digest }: Asked,
): Promise<Decision<ReleaseId | Unknown>> => {
  const { workspace } = caller;
  const { db } = deps.database;
  if (catalog.services[service] === undefined)
    return refuseWith({
      code: 'fields',
      problems: [{ field: 'service', problem: noService(service, Object.keys(catalog.services)) }],
    });
  const nowhere = nowhereRefusal(catalog, environment);
  if (nowhere !== null) return refuseWith(nowhere);
  if (found !== null) return allow(found.id);
  if (catalog.preset !== 'light') return allow(notThere({ service, version }));
  const name = versionMeant(catalog.services[service].versioning, version);
  const made = await performOnWorkspace(deps, ctxOf(deps, caller), newRelease, {
    service,
    version: name,
    title: title ?? `${service} ${name}`,
    customers: null,
    rollbackPlan: null,
    sha,
    digest,
  });
  if (made.ok) return allow(made.value.release);
  // Another call brought it at the same moment.
  const there = await findRelease(db, workspace, { service, version });
  return there === null ? made : allow(there.id);
};

/** Never another one. */
const teams = new Map<Caller['workspace'], string>();

const teamOf = async ({ database }: Deps, workspace: Caller['workspace']): Promise<string | null> => {
  const known = teams.get(workspace);
  if (known !== undefined) return known;
  const row = await database.db
    .selectFrom('workspaces')
    .select('slack_id')
    .where('id', '=', workspace)
    .executeTakeFirst();
  if (row !== undefined) teams.set(workspace, row.slack_id);
  return row?.slack_id ?? null;
};

/** The answer from what was seen a moment ago; null where it has to be looked at, or waited for. */
const answerKnown = async (deps: Deps, caller: Caller, asked: Asked, seen: Seen): Promise<GateJson | null> => {
  if (nowhereRefusal(seen.around.catalog, asked.environment) !== null) return null;
  const answer = await answerFor(deps, caller, asked, seen, await teamOf(deps, caller.workspace));
  return answer.decision === 'wait' && asked.wait > 0 ? null : answer;
};

/** Asks, and asks again at every change until the answer is not *wait* any more or the time is over. */
const askGate = async (
  deps: Deps,
  waiting: Waiting,
  caller: Caller,
  asked: Asked,
  gone: AbortSignal,
): Promise<Decision<GateJson>> => {
  const barred = tokenRefusal(caller.token, {
    scope: caller.token.scopes[0] ?? null,
    services: [asked.service],
    environment: asked.environment,
  });
  if (barred !== null) return refuseWith(barred);
  const known = waiting.stillKnown(caller, asked);
  const asBefore = known === null ? null : await answerKnown(deps, caller, asked, known);
  if (asBefore !== null) return allow(asBefore);
  const { db } = deps.database;
  const [catalog, found, team] = await Promise.all([
    deps.catalogs.current(db, caller.workspace),
    findRelease(db, caller.workspace, asked),
    teamOf(deps, caller.workspace),
  ]);
  if (catalog === null) return refuseWith({ code: 'unconfigured' });
  const meant = await releaseMeant(deps, caller, catalog, found, asked);
  if (!meant.ok) return meant;
  const { preset } = catalog;
  if (typeof meant.value !== 'string') return allow(await unknownAnswer(deps, caller, asked, preset, meant.value));
  const release = meant.value;
  const until = performance.now() + asked.wait * 1_000;
  for (;;) {
    const since = waiting.generation(caller.workspace);
    const s = await waiting.look(caller.workspace, release);
    const seen = s === null ? null : seenBy(s, caller.actor);
    if (seen === null) return allow(await unknownAnswer(deps, caller, asked, preset, notThere(asked)));
    const answer = await answerFor(deps, caller, asked, seen, team);
    const left = until - performance.now();
    if (answer.decision !== 'wait' || left <= 0 || gone.aborted || waiting.isOver()) return allow(answer);
    const timed = answer.retryAfterSeconds === null ? left : answer.retryAfterSeconds * 1_000;
    await waiting.change(caller.workspace, since, Math.min(left, timed, LOOK_AGAIN), gone);
  }
};

export const gateRoutes = (api: OpenAPIHono<Env>, deps: Deps, waiting: Waiting): void => {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/gate',
      operationId: 'ask-gate',
      'x-reads-only': true,
      tags: ['Gate'],
      summary: 'May this be deployed there now?',
      description:
        'The answer of the card in Slack, with the same reasons. `wait` up to 60 seconds returns as soon as the answer is another one.',
      request: { body: { content: { 'application/json': { schema: gateInput } }, required: true } },
      responses: {
        200: {
          description: 'allow, wait or deny, with every reason',
          content: { 'application/json': { schema: gateSchema } },
        },
        ...refusalsBut(404, 409),
      },
    }),
    async (c) => {
      const answer = await askGate(deps, waiting, c.var.caller, c.req.valid('json'), c.req.raw.signal);
      return answer.ok ? c.json(answer.value, 200) : answerProblem(c, deps, answer.refusal);
    },
  );
};
