/** What a token may read: the same answers that Slack gives, as JSON. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Deps } from '../deps.ts';
import { eventSentence } from '../domain/events.ts';
import { nextEnvironment, readiness } from '../domain/readiness.ts';
import { parseReference, type ReleaseStatus, STATUS_WORDS } from '../domain/release/release.ts';
import { say } from '../domain/words.ts';
import { readTimeline } from '../journal/read.ts';
import { findRelease, listReleases } from '../releases/release-store.ts';
import { asOf } from '../situation/as-of.ts';
import { eventSeen, releaseSeenBy, type Seen, seenBy } from '../situation/seen-by.ts';
import type { Env } from './caller.ts';
import { answerProblem, listRefusals, nowhereRefusal, readingRefusals, refusalsBut } from './common.ts';
import { placeRoutes } from './place-readings.ts';
import { json, next, ofServices, page, servicesFor } from './reading.ts';
import {
  changeSchema,
  changesJson,
  checkJson,
  checkSchema,
  deploymentJson,
  deploymentSchema,
  releaseJson,
  releaseSchema,
  wholeSentence,
} from './release-json.ts';
import { speaking } from './speech.ts';
import { refParam } from './verb-routes.ts';

const STATUSES = Object.keys(STATUS_WORDS) as [ReleaseStatus, ...ReleaseStatus[]];
const notThere = (ref: string) =>
  ({
    code: 'not_found',
    what: 'release',
    reference: ref,
    fix: say`Write it like REL-142 or checkout@2.14.0.`,
  }) as const;

/** The release of the path, as the caller may see it. */
const seenRelease = async (c: Context<Env>, deps: Deps): Promise<Seen | null> => {
  const { workspace, token, actor } = c.var.caller;
  const reference = parseReference(c.req.param('ref') ?? '');
  const found = reference === null ? null : await findRelease(deps.database.db, workspace, reference);
  if (found === null || (token.services.length > 0 && !token.services.includes(found.service))) return null;
  const scope = { workspace, releases: [found.id], actor: null, now: deps.clock.now() };
  const [s] = (await deps.situations.read(deps.database.db, scope))?.situations ?? [];
  return s === undefined ? null : seenBy(asOf(deps, s, scope.now), actor);
};

const listRoute = (api: OpenAPIHono<Env>, deps: Deps): void => {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/releases',
      operationId: 'list-releases',
      tags: ['What there is'],
      summary: 'Releases, newest first',
      request: {
        query: ofServices.extend({
          status: z.enum(STATUSES).optional(),
          ...page,
        }),
      },
      responses: {
        ...json('A page', z.object({ releases: z.array(releaseSchema), next })),
        ...listRefusals,
      },
    }),
    async (c) => {
      const { service, status, before, limit } = c.req.valid('query');
      const of = await servicesFor(c, deps, service);
      if (of.refused !== undefined) return answerProblem(c, deps, of.refused);
      const filter = {
        services: of.services,
        statuses: status === undefined ? [] : [status],
        owner: null,
        before: before ?? null,
      };
      const { workspace, actor } = c.var.caller;
      const found = await listReleases(deps.database.db, workspace, filter, of.reader, limit + 1);
      const shown = found.slice(0, limit);
      const releases = shown.flatMap((release) => releaseSeenBy(release, of.catalog, actor) ?? []).map(releaseJson);
      return c.json({ releases, next: found.length > limit ? (shown.at(-1)?.number ?? null) : null }, 200);
    },
  );
};

const releaseRoutes = (api: OpenAPIHono<Env>, deps: Deps): void => {
  const of = <Schema extends z.ZodType>(rest: string, summary: string, schema: Schema) =>
    createRoute({
      method: 'get',
      path: `/v1/releases/{ref}${rest}`,
      operationId: `release${rest.replace('/', '-')}`,
      tags: ['What there is'],
      summary,
      request: { params: refParam },
      responses: { ...json(summary, schema), ...readingRefusals },
    });
  api.openapi(
    of(
      '',
      'A release, with its deployments',
      z.object({ release: releaseSchema, deployments: z.array(deploymentSchema) }),
    ),
    async (c) => {
      const s = await seenRelease(c, deps);
      return s === null
        ? answerProblem(c, deps, notThere(c.req.param('ref')))
        : c.json({ release: releaseJson(s.release), deployments: s.deployments.map(deploymentJson) }, 200);
    },
  );
  api.openapi(of('/changes', 'What it contains', z.object({ changes: z.array(changeSchema) })), async (c) => {
    const s = await seenRelease(c, deps);
    return s === null ? answerProblem(c, deps, notThere(c.req.param('ref'))) : c.json({ changes: changesJson(s) }, 200);
  });
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/releases/{ref}/readiness',
      operationId: 'release-readiness',
      tags: ['What there is'],
      summary: 'Every check of a start, as the card has them',
      request: { params: refParam, query: z.object({ environment: z.string().max(80).optional() }) },
      responses: {
        ...json(
          'The checks',
          z.object({ environment: z.string(), checks: z.array(checkSchema), earliest: z.string().nullable() }),
        ),
        ...refusalsBut(409, 413, 415, 503),
      },
    }),
    async (c) => {
      const s = await seenRelease(c, deps);
      if (s === null) return answerProblem(c, deps, notThere(c.req.param('ref')));
      const environment_ = c.req.valid('query').environment ?? nextEnvironment(s);
      const nowhere = nowhereRefusal(s.around.catalog, environment_);
      if (nowhere !== null) return answerProblem(c, deps, nowhere);
      const answer = readiness(s, environment_, deps.clock.now(), c.var.caller.actor);
      const speak = await speaking(
        deps,
        c.var.caller.workspace,
        answer.checks.flatMap((check) => [wholeSentence(check), check.fix]),
      );
      const { environment, checks, earliest } = answer;
      return c.json({ environment, checks: checks.map((check) => checkJson(check, speak)), earliest }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/releases/{ref}/timeline',
      operationId: 'release-timeline',
      tags: ['What there is'],
      summary: 'What happened last, oldest first',
      request: { params: refParam, query: z.strictObject(page) },
      responses: {
        ...json(
          'A page',
          z.object({
            events: z.array(z.object({ at: z.string(), kind: z.string(), actor: z.string(), sentence: z.string() })),
            next,
          }),
        ),
        ...refusalsBut(409, 413, 415, 503),
      },
    }),
    async (c) => {
      const s = await seenRelease(c, deps);
      if (s === null) return answerProblem(c, deps, notThere(c.req.param('ref')));
      const { workspace } = c.var.caller;
      const { before, limit } = c.req.valid('query');
      const found = await readTimeline(deps.database.db, workspace, s.release.id, limit + 1, before ?? null);
      const events = found.slice(-limit).map((event) => eventSeen(event, s.release));
      const speak = await speaking(deps, workspace, events.map(eventSentence));
      return c.json(
        {
          events: events.map((event) => ({
            at: event.at,
            kind: event.kind,
            actor: event.actor,
            sentence: speak(eventSentence(event)),
          })),
          next: found.length > limit ? (events[0]?.seq ?? null) : null,
        },
        200,
      );
    },
  );
};

export const readingRoutes = (api: OpenAPIHono<Env>, deps: Deps): void => {
  listRoute(api, deps);
  releaseRoutes(api, deps);
  placeRoutes(api, deps);
};
