/** What a token may read of places and times: what runs where, what is frozen, what is planned. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { heldLocks, lastSuccesses, runningDeployments } from '../deployments/deployment-store.ts';
import type { Deps } from '../deps.ts';
import { concerns, endOf, freezesStopping, phaseOf } from '../domain/freeze/calendar.ts';
import { repeatWords } from '../domain/freeze/recurrence.ts';
import { agenda } from '../domain/plan/agenda.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import { after, DAY } from '../domain/time.ts';
import { liveFreezes, oneOfEach } from '../freezes/freeze-store.ts';
import { openReleasesOfServices } from '../releases/release-store.ts';
import { releaseSeenBy } from '../situation/seen-by.ts';
import type { Env } from './caller.ts';
import { answerProblem, listRefusals } from './common.ts';
import { json, ofServices, servicesFor } from './reading.ts';
import { speaking } from './speech.ts';

const freezeSchema = z.object({
  id: z
    .string()
    .describe('What `end-freeze` and `move-end-of-freeze` ask for; of one that comes again, of this day alone.'),
  number: z.number().int(),
  name: z.string(),
  severity: z.enum(['hard', 'soft']),
  phase: z.enum(['planned', 'active', 'over']),
  startsAt: z.string(),
  endsAt: z.string(),
  repeats: z.string().nullable().describe('How it comes again; this is the one that is on, or the next.'),
  services: z.array(z.string()).describe('Empty: all.'),
  environments: z.array(z.string()).describe('Empty: all.'),
});

const placeSchema = z.object({
  service: z.string(),
  environment: z.string(),
  version: z.string().nullable(),
  since: z.string().nullable(),
  healthy: z.boolean().nullable().describe('False once somebody said that what runs there is not well.'),
  deploying: z.string().nullable(),
  lockedBecause: z.string().nullable(),
  frozenUntil: z.string().nullable(),
});

export const placeRoutes = (api: OpenAPIHono<Env>, deps: Deps): void => {
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
        ...listRefusals,
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
        heldLocks(db, workspace, services, now),
        liveFreezes(db, workspace, catalog, now),
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
            healthy: live === undefined ? null : !live.unhealthy,
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
      responses: {
        ...json('Freezes', z.object({ freezes: z.array(freezeSchema) })),
        ...listRefusals,
      },
    }),
    async (c) => {
      const now = deps.clock.now();
      const { workspace } = c.var.caller;
      const { db } = deps.database;
      const of = await servicesFor(c, deps, undefined);
      if (of.refused !== undefined) return answerProblem(c, deps, of.refused);
      const freezes = await liveFreezes(db, workspace, of.catalog, now);
      const concerning = oneOfEach(freezes).filter((freeze) => concerns(freeze, of.services));
      return c.json(
        {
          freezes: concerning.map((freeze) => ({
            id: freeze.id,
            number: freeze.number,
            name: freeze.name,
            severity: freeze.severity,
            phase: phaseOf(freeze, now),
            startsAt: freeze.startsAt,
            endsAt: endOf(freeze),
            repeats: freeze.repeats === null ? null : repeatWords(freeze.repeats),
            services: freeze.scope.services.filter((name) => of.services.includes(name)),
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
        ...listRefusals,
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
        liveFreezes(deps.database.db, workspace, of.catalog, now),
      ]);
      const seen = releases.flatMap((release) => releaseSeenBy(release, of.catalog, c.var.caller.actor) ?? []);
      const concerning = freezes.filter((freeze) => concerns(freeze, of.services));
      const found = agenda(seen, concerning, of.catalog, now, end);
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
