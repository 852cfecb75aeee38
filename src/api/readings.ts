/** What a token may read: the same answers that Slack gives, as JSON. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { heldLocks, lastSuccesses, runningDeployments } from '../deployments/deployment-store.ts';
import type { Deps } from '../deps.ts';
import { eventSentence } from '../domain/events.ts';
import { endOf, freezesStopping, phaseOf } from '../domain/freeze/calendar.ts';
import { noService } from '../domain/nearest.ts';
import { readerOf } from '../domain/permissions.ts';
import { agenda } from '../domain/plan/agenda.ts';
import { nextEnvironment, readiness } from '../domain/readiness.ts';
import { keyOf, nameOf, parseReference, type ReleaseStatus, STATUS_WORDS } from '../domain/release/release.ts';
import { after, DAY } from '../domain/time.ts';
import { say } from '../domain/words.ts';
import { liveFreezes } from '../freezes/freeze-store.ts';
import { readTimeline } from '../journal/read.ts';
import { findRelease, listReleases, openReleasesOfServices } from '../releases/release-store.ts';
import { eventSeen, releaseSeenBy, type Seen, seenBy } from '../situation/seen-by.ts';
import { NEWEST } from '../slack/ids.ts';
import type { Env } from './caller.ts';
import { answerProblem, nowhereRefusal, refusals } from './common.ts';
import {
  changeSchema,
  changesJson,
  checkJson,
  checkSchema,
  deploymentJson,
  deploymentSchema,
  releaseJson,
  releaseSchema,
} from './release-json.ts';
import { speaking } from './speech.ts';
import { refParam } from './verb-routes.ts';

const PAGE = 50;

const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  200: { description, content: { 'application/json': { schema } } },
});

const STATUSES = Object.keys(STATUS_WORDS) as [ReleaseStatus, ...ReleaseStatus[]];
const ofServices = z.object({ service: z.string().max(80).optional() });

/** The services that are asked about, as far as the token is for them. */
const servicesFor = async (c: Context<Env>, deps: Deps, named: string | undefined) => {
  const { workspace, token, actor } = c.var.caller;
  const catalog = await deps.catalogs.current(deps.database.db, workspace);
  if (catalog === null) return { refused: { code: 'unconfigured' } as const };
  const all = Object.keys(catalog.services);
  if (named !== undefined && !all.includes(named))
    return {
      refused: { code: 'fields' as const, problems: [{ field: 'service' as const, problem: noService(named, all) }] },
    };
  const mine = token.services.length === 0 ? all : all.filter((name) => token.services.includes(name));
  const services = named === undefined ? mine : mine.filter((name) => name === named);
  if (services.length === 0)
    return {
      refused: {
        code: 'forbidden' as const,
        did: 'Nothing shown',
        because: say`token ${token.name} is not for ${named ?? 'any service'}`,
        can: say`An admin can make another token.`,
      },
    };
  return { catalog, services, reader: readerOf(catalog, actor) };
};

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
  return s === undefined ? null : seenBy(s, actor);
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
          before: z.coerce.number().int().positive().max(NEWEST).optional().describe('The `next` of the page before.'),
        }),
      },
      responses: {
        ...json('A page', z.object({ releases: z.array(releaseSchema), next: z.number().int().nullable() })),
        ...refusals,
      },
    }),
    async (c) => {
      const { service, status, before } = c.req.valid('query');
      const of = await servicesFor(c, deps, service);
      if (of.refused !== undefined) return answerProblem(c, deps, of.refused);
      const filter = {
        services: of.services,
        statuses: status === undefined ? [] : [status],
        owner: null,
        before: before ?? null,
      };
      const { workspace, actor } = c.var.caller;
      const found = await listReleases(deps.database.db, workspace, filter, of.reader, PAGE + 1);
      const page = found.slice(0, PAGE);
      const releases = page.flatMap((release) => releaseSeenBy(release, of.catalog, actor) ?? []).map(releaseJson);
      return c.json({ releases, next: found.length > PAGE ? (page.at(-1)?.number ?? null) : null }, 200);
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
      responses: { ...json(summary, schema), ...refusals },
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
        ...refusals,
      },
    }),
    async (c) => {
      const s = await seenRelease(c, deps);
      if (s === null) return answerProblem(c, deps, notThere(c.req.param('ref')));
      const environment_ = c.req.valid('query').environment ?? nextEnvironment(s);
      const nowhere = nowhereRefusal(s.around.catalog, environment_);
      if (nowhere !== null) return answerProblem(c, deps, nowhere);
      const answer = readiness(s, environment_, deps.clock.now());
      const speak = await speaking(
        deps,
        c.var.caller.workspace,
        answer.checks.flatMap(({ sentence, fix }) => [sentence, fix]),
      );
      const { environment, checks, earliest } = answer;
      return c.json({ environment, checks: checks.map((check) => checkJson(check, speak)), earliest }, 200);
    },
  );
  api.openapi(
    of(
      '/timeline',
      'What happened, oldest first',
      z.object({
        events: z.array(z.object({ at: z.string(), kind: z.string(), actor: z.string(), sentence: z.string() })),
      }),
    ),
    async (c) => {
      const s = await seenRelease(c, deps);
      if (s === null) return answerProblem(c, deps, notThere(c.req.param('ref')));
      const { workspace } = c.var.caller;
      const events = (await readTimeline(deps.database.db, workspace, s.release.id, 200)).map((event) =>
        eventSeen(event, s.release),
      );
      const speak = await speaking(deps, workspace, events.map(eventSentence));
      return c.json(
        {
          events: events.map((event) => ({
            at: event.at,
            kind: event.kind,
            actor: event.actor,
            sentence: speak(eventSentence(event)),
          })),
        },
        200,
      );
    },
  );
};

const freezeSchema = z.object({
  number: z.number().int(),
  name: z.string(),
  severity: z.enum(['hard', 'soft']),
  phase: z.enum(['planned', 'active', 'over']),
  startsAt: z.string(),
  endsAt: z.string(),
  services: z.array(z.string()).describe('Empty: all.'),
  environments: z.array(z.string()).describe('Empty: all.'),
});

const placeSchema = z.object({
  service: z.string(),
  environment: z.string(),
  version: z.string().nullable(),
  since: z.string().nullable(),
  deploying: z.string().nullable(),
  lockedBecause: z.string().nullable(),
  frozenUntil: z.string().nullable(),
});

const placeRoutes = (api: OpenAPIHono<Env>, deps: Deps): void => {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/environments',
      operationId: 'list-environments',
      tags: ['What there is'],
      summary: 'What runs where',
      request: { query: ofServices },
      responses: {
        ...json('Each service in each environment', z.object({ environments: z.array(placeSchema) })),
        ...refusals,
      },
    }),
    async (c) => {
      const of = await servicesFor(c, deps, c.req.valid('query').service);
      if (of.refused !== undefined) return answerProblem(c, deps, of.refused);
      const { catalog, services } = of;
      const { workspace } = c.var.caller;
      const { db } = deps.database;
      const now = deps.clock.now();
      const names = catalog.environments.map(({ name }) => name);
      const [successes, running, locks, freezes] = await Promise.all([
        lastSuccesses(db, workspace, services, names),
        runningDeployments(db, workspace, services),
        heldLocks(db, workspace, services),
        liveFreezes(db, workspace, now),
      ]);
      const environments = services.flatMap((service) =>
        names.map((environment) => {
          const there = (row: { service: string; environment: string }): boolean =>
            row.service === service && row.environment === environment;
          const live = successes.filter(there).at(-1);
          const [freeze] = freezesStopping(freezes, [], { services: [service], environment, type: 'normal', at: now });
          return {
            service,
            environment,
            version: live?.version ?? null,
            since: live?.since ?? null,
            deploying: running.find(there)?.version ?? null,
            lockedBecause: locks.find(there)?.reason ?? null,
            frozenUntil: freeze === undefined ? null : endOf(freeze),
          };
        }),
      );
      return c.json({ environments }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/freezes',
      operationId: 'list-freezes',
      tags: ['What there is'],
      summary: 'Freezes that are not over',
      request: {},
      responses: { ...json('Freezes', z.object({ freezes: z.array(freezeSchema) })), ...refusals },
    }),
    async (c) => {
      const now = deps.clock.now();
      const freezes = await liveFreezes(deps.database.db, c.var.caller.workspace, now);
      return c.json(
        {
          freezes: freezes.map((freeze) => ({
            number: freeze.number,
            name: freeze.name,
            severity: freeze.severity,
            phase: phaseOf(freeze, now),
            startsAt: freeze.startsAt,
            endsAt: endOf(freeze),
            services: [...freeze.scope.services],
            environments: [...freeze.scope.environments],
          })),
        },
        200,
      );
    },
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/calendar',
      operationId: 'calendar',
      tags: ['What there is'],
      summary: 'What is planned: releases and freezes by time',
      request: { query: ofServices.extend({ days: z.coerce.number().int().min(1).max(90).default(14) }) },
      responses: {
        ...json(
          'In the order of their times',
          z.object({
            entries: z.array(
              z.object({
                at: z.string(),
                until: z.string(),
                kind: z.enum(['release', 'freeze']),
                name: z.string(),
                release: z.string().nullable(),
                against: z.array(z.string()).describe('What stands against it at that time.'),
              }),
            ),
          }),
        ),
        ...refusals,
      },
    }),
    async (c) => {
      const { service, days } = c.req.valid('query');
      const of = await servicesFor(c, deps, service);
      if (of.refused !== undefined) return answerProblem(c, deps, of.refused);
      const { workspace } = c.var.caller;
      const now = deps.clock.now();
      const end = after(now, days * DAY);
      const [releases, freezes] = await Promise.all([
        openReleasesOfServices(deps.database.db, workspace, of.services, of.reader, 500),
        liveFreezes(deps.database.db, workspace, now),
      ]);
      const seen = releases.flatMap((release) => releaseSeenBy(release, of.catalog, c.var.caller.actor) ?? []);
      const found = agenda(seen, freezes, of.catalog, now, end);
      const speak = await speaking(
        deps,
        workspace,
        found.flatMap((entry) => (entry.kind === 'release' ? entry.against : [])),
      );
      const entries = found.map((entry) => ({
        at: entry.from,
        until: entry.until,
        kind: entry.kind,
        name: entry.kind === 'release' ? nameOf(entry.release) : entry.freeze.name,
        release: entry.kind === 'release' ? keyOf(entry.release) : null,
        against: entry.kind === 'release' ? entry.against.map(speak) : [],
      }));
      return c.json({ entries }, 200);
    },
  );
};

export const readingRoutes = (api: OpenAPIHono<Env>, deps: Deps): void => {
  listRoute(api, deps);
  releaseRoutes(api, deps);
  placeRoutes(api, deps);
};
