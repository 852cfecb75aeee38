/** Deployments, locks and emergency grants. */

import { type Selectable, sql } from 'kysely';
import type { Database, Db, Tx } from '../db/connection.ts';
import { build } from '../db/prepared.ts';
import type { RowOf } from '../db/rows.ts';
import type { BreakGlassTable, DeploymentsTable, LocksTable } from '../db/schema.ts';
import { protectedEnvironments } from '../domain/catalog/catalog.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { isHeld, type Lock } from '../domain/deployment/lock.ts';
import { isProbed } from '../domain/deployment/watch.ts';
import type { BreakGlass } from '../domain/emergency/phase.ts';
import type { Id, ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import { ownFrom } from '../domain/own.ts';
import { newerThan, type Success } from '../domain/plan/replace.ts';
import { after, type Instant } from '../domain/time.ts';
import { asked, byRelease, changed, isOfReleases, isOfServices, part, servicesAsked } from '../situation/parts.ts';

const toDeployment = (row: Selectable<DeploymentsTable>): Deployment => ({
  id: row.id,
  release: row.release_id,
  service: row.service,
  environment: row.environment,
  version: row.version,
  revision: row.revision,
  sha: row.sha,
  digest: row.digest,
  kind: row.kind,
  attempt: row.attempt,
  state: row.state,
  startedBy: row.started_by,
  runBy: row.run_by ?? row.started_by,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  finishedBy: row.finished_by,
  deadline: row.deadline,
  reason: row.reason,
  before: row.before,
  unhealthyAt: row.unhealthy_at,
  unhealthyBy: row.unhealthy_by,
  healthyAgainAt: row.healthy_again_at,
  step: row.step,
  run: row.run,
  cause: row.cause,
  inARow: row.in_a_row,
  rollout: row.rollout,
  checklist: row.checklist ?? [],
  signals: row.signals ?? [],
  probedAt: row.probed_at,
});

const deploymentRow = (
  workspace: WorkspaceId,
  deployment: Deployment,
  probeAt: Instant | null,
): RowOf<'deployments'> => ({
  workspace_id: workspace,
  id: deployment.id,
  release_id: deployment.release,
  service: deployment.service,
  environment: deployment.environment,
  version: deployment.version,
  revision: deployment.revision,
  sha: deployment.sha,
  digest: deployment.digest,
  kind: deployment.kind,
  attempt: deployment.attempt,
  state: deployment.state,
  started_by: deployment.startedBy,
  run_by: deployment.runBy,
  started_at: deployment.startedAt,
  finished_at: deployment.finishedAt,
  finished_by: deployment.finishedBy,
  deadline: deployment.deadline,
  reason: deployment.reason,
  before: deployment.before,
  unhealthy_at: deployment.unhealthyAt,
  unhealthy_by: deployment.unhealthyBy,
  healthy_again_at: deployment.healthyAgainAt,
  step: deployment.step,
  run: deployment.run,
  cause: deployment.cause,
  in_a_row: deployment.inARow,
  rollout: deployment.rollout,
  checklist: deployment.checklist,
  signals: deployment.signals,
  probed_at: deployment.probedAt,
  probe_at: probeAt,
});

const toLock = (row: Selectable<LocksTable>): Lock => ({
  id: row.id,
  service: row.service,
  environment: row.environment,
  release: row.release_id,
  reason: row.reason,
  holder: row.holder,
  since: row.since,
  expiresAt: row.expires_at,
  liftedAt: row.lifted_at,
  liftedBy: row.lifted_by,
});

const lockRow = (workspace: WorkspaceId, lock: Lock): RowOf<'locks'> => ({
  workspace_id: workspace,
  id: lock.id,
  service: lock.service,
  environment: lock.environment,
  release_id: lock.release,
  reason: lock.reason,
  holder: lock.holder,
  since: lock.since,
  expires_at: lock.expiresAt,
  lifted_at: lock.liftedAt,
  lifted_by: lock.liftedBy,
  wake_at: lock.liftedAt === null ? lock.expiresAt : null,
});

const toBreakGlass = (row: Selectable<BreakGlassTable>): BreakGlass => ({
  id: row.id,
  environment: row.environment,
  justification: row.justification,
  incident: row.incident,
  by: row.granted_to,
  second: row.second,
  grantedAt: row.granted_at,
  expiresAt: row.expires_at,
  usedBy: row.used_by,
  judgeBy: row.judge_by,
  verdict: row.verdict,
  judgedBy: row.judged_by,
  judgedAt: row.judged_at,
});

const breakGlassRow = (workspace: WorkspaceId, release: ReleaseId, grant: BreakGlass): RowOf<'break_glass'> => ({
  workspace_id: workspace,
  id: grant.id,
  release_id: release,
  environment: grant.environment,
  justification: grant.justification,
  incident: grant.incident,
  granted_to: grant.by,
  second: grant.second,
  granted_at: grant.grantedAt,
  expires_at: grant.expiresAt,
  used_by: grant.usedBy,
  judge_by: grant.judgeBy,
  verdict: grant.verdict,
  judged_by: grant.judgedBy,
  judged_at: grant.judgedAt,
});

/** `unhealthy`: it went through, and somebody said since that it is not well. */
export type SuccessRow = Success & { service: string; by: UserId; unhealthy: boolean };

const toSuccess = (row: {
  service: string;
  environment: string;
  version: string;
  release_id: ReleaseId;
  finished_at: Instant | null;
  number: number;
  kind: Deployment['kind'];
  started_by: UserId;
  unhealthy_at: Instant | null;
  healthy_again_at: Instant | null;
}): SuccessRow => ({
  service: row.service,
  environment: row.environment,
  version: row.version,
  release: row.release_id,
  since: row.finished_at as Instant,
  number: row.number,
  kind: row.kind,
  by: row.started_by,
  unhealthy: row.unhealthy_at !== null && row.healthy_again_at === null,
});

/** A running deployment ends before another starts in its place: only one may run. */
const endedFirst = (a: Deployment, b: Deployment): number =>
  Number(a.state === 'running') - Number(b.state === 'running');

/** Of those releases, found once: whose people they name is read besides. */
const deploymentsOfTarget = build
  .selectFrom('deployments')
  .selectAll()
  .where('workspace_id', '=', asked.workspace)
  .where(isOfReleases);

export const deploymentsPart = part(
  {
    deployments: build
      .selectFrom(sql<Selectable<DeploymentsTable>>`deployments_of_target`.as('deployments'))
      .selectAll()
      .orderBy('started_at')
      .orderBy('id'),
  },
  ({ deployments }) => {
    const of = byRelease(deployments);
    return (release) => ({ own: { deployments: of(release).map(toDeployment) } });
  },
  (before, now) => {
    const { release, deployments } = now;
    const [was, is] = [isProbed(before), isProbed(now)];
    // Those that are asked from now on, or no more, as well.
    const turned = deployments.filter((d) => was(d) !== is(d));
    const rows = new Set([...changed(before.deployments, deployments), ...turned]);
    return [
      {
        table: 'deployments',
        rows: [...rows]
          .sort(endedFirst)
          .map((each) => deploymentRow(release.workspace, each, is(each) ? each.startedAt : null)),
      },
    ];
  },
  { deployments_of_target: deploymentsOfTarget },
);

/** The locks of one service: those that hold, and those that are over since a week, because whoever waited for them is told. */
const locksThere = build
  .selectFrom('locks')
  .selectAll()
  .where('workspace_id', '=', asked.workspace)
  .where(sql<boolean>`locks.service = place.service`)
  .where(sql<boolean>`coalesce(lifted_at, 'infinity') > ${asked.weekAgo}`)
  .orderBy(sql`coalesce(lifted_at, 'infinity')`, 'desc')
  .limit(1_000);

export const locksPart = part(
  {
    locks: build
      .selectFrom(servicesAsked.as('place'))
      .innerJoinLateral(locksThere.as('lock'), (join) => join.onTrue())
      .selectAll('lock'),
  },
  ({ locks }) =>
    ({ service }) => ({ own: { locks: locks.filter((row) => row.service === service).map(toLock) } }),
  (before, { release, locks }) => [
    { table: 'locks', rows: changed(before.locks, locks).map((lock) => lockRow(release.workspace, lock)) },
  ],
);

export const emergencyPart = part(
  {
    grants: build
      .selectFrom('break_glass')
      .selectAll()
      .distinctOn('release_id')
      .where('workspace_id', '=', asked.workspace)
      .where(isOfReleases)
      .orderBy('release_id')
      .orderBy('granted_at', 'desc'),
    unjudged: build
      .selectFrom('break_glass')
      .innerJoin('releases', (join) =>
        join
          .onRef('releases.workspace_id', '=', 'break_glass.workspace_id')
          .onRef('releases.id', '=', 'break_glass.release_id'),
      )
      .select(['break_glass.granted_to', 'releases.number'])
      .where('break_glass.workspace_id', '=', asked.workspace)
      .where('break_glass.granted_to', '=', asked.actor)
      .where('break_glass.verdict', 'is', null)
      .where('break_glass.used_by', 'is not', null),
  },
  ({ grants, unjudged }) => {
    const of = byRelease(grants);
    const [open] = unjudged;
    return (release) => {
      const [grant] = of(release);
      return {
        own: { breakGlass: grant === undefined ? null : toBreakGlass(grant) },
        around: { unjudged: open === undefined ? null : { by: open.granted_to, key: `REL-${open.number}` } },
      };
    };
  },
  (before, { release, breakGlass }) => [
    {
      table: 'break_glass',
      rows:
        breakGlass === null || breakGlass === before.breakGlass
          ? []
          : [breakGlassRow(release.workspace, release.id, breakGlass)],
    },
  ],
);

/** Deployments of other releases that run on the same services now. */
export const busyPart = part(
  {
    busy: build
      .selectFrom('deployments')
      .selectAll()
      .where('workspace_id', '=', asked.workspace)
      .where(isOfServices)
      .where(sql<boolean>`state = 'running'`)
      .limit(100),
  },
  ({ busy }) =>
    ({ id, service }) => ({
      around: { busy: busy.filter((row) => row.service === service && row.release_id !== id).map(toDeployment) },
    }),
);

const environmentsAsked = sql<{ environment: string }>`(select unnest(${asked.environments}::text[]) as environment)`;

/** The newest successes in one environment of one service, by their index. */
const lastThere = (workspace: WorkspaceId, most: number) =>
  build
    .selectFrom('deployments')
    .select(['version', 'release_id', 'finished_at', 'kind', 'started_by', 'unhealthy_at', 'healthy_again_at'])
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`deployments.service = place.service and deployments.environment = "of".environment`)
    .where(sql<boolean>`state = 'succeeded'`)
    .orderBy('finished_at', 'desc')
    .limit(most);

const SUCCESS = [
  'place.service',
  'of.environment',
  'last.version',
  'last.release_id',
  'last.finished_at',
  'last.kind',
  'last.started_by',
  'last.unhealthy_at',
  'last.healthy_again_at',
  'releases.number',
] as const;

/** The last ten successes in each environment of each service, oldest first: what runs there, what to go back to, what is newer. */
export const successesPart = part(
  {
    successes: build
      .selectFrom(servicesAsked.as('place'))
      .innerJoin(environmentsAsked.as('of'), (join) => join.onTrue())
      .innerJoinLateral(lastThere(asked.workspace, 10).as('last'), (join) => join.onTrue())
      .innerJoin('releases', (join) =>
        join.onRef('releases.id', '=', 'last.release_id').on('releases.workspace_id', '=', asked.workspace),
      )
      .select(SUCCESS)
      .orderBy('last.finished_at'),
  },
  ({ successes }, { catalog }) => {
    const rows = successes.map(toSuccess);
    return (release) => {
      const succeeded = rows.filter(({ service }) => service === release.service);
      const running = [...new Map(succeeded.map((row) => [row.environment, row])).values()];
      return { around: { succeeded, running, newer: newerThan(release, catalog, succeeded) } };
    };
  },
);

const servicesConcerned = sql<{ service: string }>`(
  select service from services_asked union select jsonb_array_elements_text(affects) from target)`;

/** Failures of the last month of one service, by their index. */
const failedThere = build
  .selectFrom('deployments')
  .select(['service', 'environment', 'finished_at'])
  .where('workspace_id', '=', asked.workspace)
  .where(sql<boolean>`deployments.service = place.service`)
  .where(sql<boolean>`(state = 'failed' or (unhealthy_at is not null and healthy_again_at is null))`)
  .where('finished_at', '>', asked.monthAgo)
  // Each service by itself: without a limit they would be joined the other way round, through the failures of all.
  .limit(1_000);

/** Failures where it counts, of the services and of those that are only affected; one that went through and was not healthy is one. */
export const failuresPart = part(
  {
    failures: build
      .selectFrom(servicesConcerned.as('place'))
      .innerJoinLateral(failedThere.as('failed'), (join) => join.onTrue())
      .select((eb) => [
        'failed.service',
        'failed.environment',
        eb.fn.countAll<number>().as('times'),
        eb.fn.max('failed.finished_at').as('last'),
        // Since the last one there that went through, and stayed: looked up once for each place.
        sql<number>`(
          select count(*) from deployments bad
          where bad.workspace_id = ${asked.workspace} and bad.service = failed.service
            and bad.environment = failed.environment and bad.kind = 'deploy'
            and (bad.state = 'failed' or (bad.unhealthy_at is not null and bad.healthy_again_at is null))
            and bad.finished_at > coalesce((
              select good.finished_at from deployments good
              where good.workspace_id = ${asked.workspace} and good.service = failed.service
                and good.environment = failed.environment and good.state = 'succeeded' and good.kind = 'deploy'
                and (good.unhealthy_at is null or good.healthy_again_at is not null)
              order by good.finished_at desc limit 1), '-infinity'))`.as('since_good'),
      ])
      .groupBy(['failed.service', 'failed.environment']),
  },
  ({ failures }, { catalog }) => {
    const serious = new Set(protectedEnvironments(catalog));
    const counted = failures.filter(({ environment }) => serious.has(environment));
    return ({ service: own }) => {
      const mine = failures.filter(({ service }) => service === own);
      return {
        around: {
          failing: ownFrom(mine.map(({ environment, since_good }) => [environment, Number(since_good)])),
          lastFailed: ownFrom(mine.flatMap(({ environment, last }) => (last === null ? [] : [[environment, last]]))),
          failures30d: ownFrom(
            [...new Set(counted.map(({ service }) => service))].map((name) => [
              name,
              counted.filter(({ service }) => service === name).reduce((sum, { times }) => sum + Number(times), 0),
            ]),
          ),
        },
      };
    };
  },
);

/** What runs where, and what is locked: for lists of services. */
export const lastSuccesses = async (
  db: Db,
  workspace: WorkspaceId,
  services: readonly string[],
  environments: readonly string[],
): Promise<readonly SuccessRow[]> => {
  const service = sql<{ service: string }>`(select unnest(${[...services]}::text[]) as service)`;
  const environment = sql<{ environment: string }>`(select unnest(${[...environments]}::text[]) as environment)`;
  const rows = await db
    .selectFrom(service.as('place'))
    .innerJoin(environment.as('of'), (join) => join.onTrue())
    // One look for each place: the successes of a year are not walked through.
    .innerJoinLateral(lastThere(workspace, 1).as('last'), (join) => join.onTrue())
    .innerJoin('releases', (join) =>
      join.onRef('releases.id', '=', 'last.release_id').on('releases.workspace_id', '=', workspace),
    )
    .select(SUCCESS)
    .execute();
  return rows.map(toSuccess);
};

/** Releases whose emergency is in force, or not judged yet. */
export const openEmergencies = async (db: Db, workspace: WorkspaceId, now: Instant): Promise<readonly ReleaseId[]> => {
  const rows = await db
    .selectFrom('break_glass')
    .select('release_id')
    .where('workspace_id', '=', workspace)
    .where('verdict', 'is', null)
    .where((eb) => eb.or([eb('used_by', 'is not', null), eb('expires_at', '>', now)]))
    .limit(40)
    .execute();
  return rows.map(({ release_id }) => release_id);
};

/** The emergencies of these releases that nobody has judged, used or not. */
export const emergenciesOf = async (
  db: Db,
  workspace: WorkspaceId,
  releases: readonly ReleaseId[],
): Promise<readonly BreakGlass['id'][]> => {
  const rows = await db
    .selectFrom('break_glass')
    .select('id')
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`release_id = any(${[...releases]}::text[])`)
    .where('verdict', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
};

export const runningDeployments = async (
  db: Db,
  workspace: WorkspaceId,
  services: readonly string[],
): Promise<readonly Deployment[]> => {
  const rows = await db
    .selectFrom('deployments')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`state = 'running'`)
    .where(sql<boolean>`service = any(${[...services]}::text[])`)
    .limit(100)
    .execute();
  return rows.map(toDeployment);
};

/** Locks that nobody has lifted; one that is over since a moment is among them. */
export const unliftedLocks = async (
  db: Db,
  workspace: WorkspaceId,
  services: readonly string[],
): Promise<readonly Lock[]> => {
  const rows = await db
    .selectFrom('locks')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`service = any(${[...services]}::text[])`)
    .where('lifted_at', 'is', null)
    .execute();
  return rows.map(toLock);
};

export const heldLocks = async (
  db: Db,
  workspace: WorkspaceId,
  services: readonly string[],
  now: Instant,
): Promise<readonly Lock[]> => (await unliftedLocks(db, workspace, services)).filter((lock) => isHeld(lock, now));

export const readLock = async (db: Db, workspace: WorkspaceId, id: Id<'lock'>): Promise<Lock | null> => {
  const row = await db
    .selectFrom('locks')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : toLock(row);
};

export const insertLock = async (tx: Tx, workspace: WorkspaceId, lock: Lock): Promise<void> => {
  await tx.insertInto('locks').values(lockRow(workspace, lock)).execute();
};

export const updateLock = async (tx: Tx, workspace: WorkspaceId, lock: Lock): Promise<void> => {
  await tx
    .updateTable('locks')
    .set({ lifted_at: lock.liftedAt, lifted_by: lock.liftedBy, wake_at: null })
    .where('workspace_id', '=', workspace)
    .where('id', '=', lock.id)
    .execute();
};

export type ProbeDue = { workspace: WorkspaceId; deployment: Deployment };

/** Between two looks at one address, at least: two bad answers of one moment are one. */
const APART = 15_000;

/** Takes what is to be asked how it is, for this process alone: others take other rows. What nobody watches any more is asked no more. */
export const claimProbes = async (
  database: Database,
  now: Instant,
  again: Instant,
  most: number,
): Promise<readonly ProbeDue[]> => {
  const { rows } = await sql<Selectable<DeploymentsTable>>`
    update deployments set probe_at = case when due.watched then ${again}::timestamptz end
    from (
      select d.workspace_id, d.id, d.state = 'running' or (
          r.status = 'deployed' and r.state ->> 'healthy' is null and d.finished_at > ${now}::timestamptz - interval '7 days'
        ) as watched
      from deployments d
        join releases r on r.workspace_id = d.workspace_id and r.id = d.release_id
        join workspaces w on w.id = d.workspace_id and w.paused_at is null
      where d.probe_at <= ${now} and (d.probed_at is null or d.probed_at <= ${after(now, -APART)} or d.probed_at > ${now})
      order by d.probe_at limit ${most} for update of d skip locked) due
    where deployments.workspace_id = due.workspace_id and deployments.id = due.id
    returning deployments.*`.execute(database.kysely);
  return rows
    .filter((row) => row.probe_at !== null)
    .map((row) => ({ workspace: row.workspace_id, deployment: toDeployment(row) }));
};

/** Its addresses were asked, and said nothing new. */
export const noteProbed = async (
  { kysely }: Database,
  { workspace, deployment }: ProbeDue,
  now: Instant,
): Promise<void> => {
  await sql`update deployments set probed_at = ${now} where workspace_id = ${workspace} and id = ${deployment.id}`.execute(
    kysely,
  );
};
