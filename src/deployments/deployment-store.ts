/** Deployments, locks and emergency grants. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import { reading } from '../db/reading.ts';
import type { BreakGlassTable, DeploymentsTable, LocksTable } from '../db/schema.ts';
import type { DeploymentId, Id, ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { BreakGlass, Deployment, Lock, Running } from '../domain/situation.ts';

export const toDeployment = (row: Selectable<DeploymentsTable>): Deployment => ({
  id: row.id,
  release: row.release_id,
  service: row.service,
  environment: row.environment,
  version: row.version,
  revision: row.revision,
  kind: row.kind,
  attempt: row.attempt,
  state: row.state,
  startedBy: row.started_by,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  finishedBy: row.finished_by,
  deadline: row.deadline,
  reason: row.reason,
  before: row.before,
});

export const saveDeployment = async (tx: Tx, workspace: WorkspaceId, deployment: Deployment): Promise<void> => {
  const row = {
    workspace_id: workspace,
    id: deployment.id,
    release_id: deployment.release,
    service: deployment.service,
    environment: deployment.environment,
    version: deployment.version,
    revision: deployment.revision,
    kind: deployment.kind,
    attempt: deployment.attempt,
    state: deployment.state,
    started_by: deployment.startedBy,
    started_at: deployment.startedAt,
    finished_at: deployment.finishedAt,
    finished_by: deployment.finishedBy,
    deadline: deployment.deadline,
    reason: deployment.reason,
    before: deployment.before,
  };
  await tx
    .insertInto('deployments')
    .values(row)
    .onConflict((oc) => oc.columns(['workspace_id', 'id']).doUpdateSet(row))
    .execute();
};

const toLock = (row: Selectable<LocksTable>): Lock => ({
  id: row.id,
  service: row.service,
  environment: row.environment,
  release: row.release_id,
  reason: row.reason,
  holder: row.holder,
  since: row.since,
  liftedAt: row.lifted_at,
  liftedBy: row.lifted_by,
});

export const saveLock = async (tx: Tx, workspace: WorkspaceId, lock: Lock): Promise<void> => {
  const row = {
    workspace_id: workspace,
    id: lock.id,
    service: lock.service,
    environment: lock.environment,
    release_id: lock.release,
    reason: lock.reason,
    holder: lock.holder,
    since: lock.since,
    lifted_at: lock.liftedAt,
    lifted_by: lock.liftedBy,
  };
  await tx
    .insertInto('locks')
    .values(row)
    .onConflict((oc) => oc.columns(['workspace_id', 'id']).doUpdateSet(row))
    .execute();
};

export const toBreakGlass = (row: Selectable<BreakGlassTable>): BreakGlass => ({
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

export const saveBreakGlass = async (
  tx: Tx,
  workspace: WorkspaceId,
  release: ReleaseId,
  grant: BreakGlass,
): Promise<void> => {
  const row = {
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
  };
  await tx
    .insertInto('break_glass')
    .values(row)
    .onConflict((oc) => oc.columns(['workspace_id', 'id']).doUpdateSet(row))
    .execute();
};

/** The key of the release whose emergency by this person nobody has judged yet. */
export const unjudgedEmergency = async (db: Db, workspace: WorkspaceId, person: UserId): Promise<string | null> => {
  const row = await db
    .selectFrom('break_glass')
    .innerJoin('releases', (join) =>
      join
        .onRef('releases.workspace_id', '=', 'break_glass.workspace_id')
        .onRef('releases.id', '=', 'break_glass.release_id'),
    )
    .select(['releases.number'])
    .where('break_glass.workspace_id', '=', workspace)
    .where('break_glass.granted_to', '=', person)
    .where('break_glass.verdict', 'is', null)
    .where('break_glass.used_by', 'is not', null)
    .executeTakeFirst();
  return row === undefined ? null : `REL-${row.number}`;
};

export type SuccessRow = Running & { service: string; number: number };

/** The last ten successes in each environment of each service, oldest first: what runs there, and what to go back to. */
export const lastSuccesses = (
  db: Db,
  workspace: WorkspaceId,
  services: readonly string[],
  environments: readonly string[],
) => {
  const places = sql<{ service: string; environment: string }>`(
    select * from unnest(${[...services]}::text[]) as s (service)
    cross join unnest(${[...environments]}::text[]) as e (environment))`;
  return reading(
    db
      .selectFrom(places.as('place'))
      .innerJoinLateral(
        (eb) =>
          eb
            .selectFrom('deployments')
            .select(['version', 'release_id', 'finished_at'])
            .where('workspace_id', '=', workspace)
            .whereRef('deployments.service', '=', 'place.service')
            .whereRef('deployments.environment', '=', 'place.environment')
            .where(sql<boolean>`state = 'succeeded'`)
            .orderBy('finished_at', 'desc')
            .limit(10)
            .as('last'),
        (join) => join.onTrue(),
      )
      .innerJoin('releases', (join) =>
        join.onRef('releases.id', '=', 'last.release_id').on('releases.workspace_id', '=', workspace),
      )
      .select([
        'place.service',
        'place.environment',
        'last.version',
        'last.release_id',
        'last.finished_at',
        'releases.number',
      ])
      .orderBy('last.finished_at'),
    (rows): readonly SuccessRow[] =>
      rows.map((row) => ({
        service: row.service,
        environment: row.environment,
        version: row.version,
        release: row.release_id,
        since: row.finished_at as Instant,
        number: row.number,
      })),
  );
};

export const runningDeployments = (db: Db, workspace: WorkspaceId, services: readonly string[] | null) => {
  let query = db
    .selectFrom('deployments')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`state = 'running'`);
  if (services !== null) query = query.where('service', 'in', [...services]);
  return reading(query.limit(100), (rows) => rows.map(toDeployment));
};

export const heldLocks = (db: Db, workspace: WorkspaceId, services: readonly string[]) =>
  reading(
    db
      .selectFrom('locks')
      .selectAll()
      .where('workspace_id', '=', workspace)
      .where('service', 'in', [...services])
      .where('lifted_at', 'is', null),
    (rows) => rows.map(toLock),
  );

export const failuresSince = (db: Db, workspace: WorkspaceId, services: readonly string[], since: Instant) =>
  reading(
    db
      .selectFrom('deployments')
      .select((eb) => ['service', eb.fn.countAll<number>().as('failures')])
      .where('workspace_id', '=', workspace)
      .where('service', 'in', [...services])
      .where(sql<boolean>`state = 'failed'`)
      .where('finished_at', '>', since)
      .groupBy('service'),
    (rows): ReadonlyMap<string, number> => new Map(rows.map(({ service, failures }) => [service, Number(failures)])),
  );

export const releaseOfDeployment = async (
  db: Db,
  workspace: WorkspaceId,
  id: DeploymentId,
): Promise<ReleaseId | null> => {
  const row = await db
    .selectFrom('deployments')
    .select('release_id')
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.release_id ?? null;
};

export const releaseOfGrant = async (
  db: Db,
  workspace: WorkspaceId,
  id: Id<'breakGlass'>,
): Promise<ReleaseId | null> => {
  const row = await db
    .selectFrom('break_glass')
    .select('release_id')
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.release_id ?? null;
};
