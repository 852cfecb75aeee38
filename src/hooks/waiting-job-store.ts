/** Jobs of other systems that stand still until they may deploy, and the answers that go out to them. */
import { type Selectable, sql } from 'kysely';
import type { Database, Db } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import type { WaitingJobsTable } from '../db/schema.ts';
import type { Id, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { What } from './meaning.ts';

export type System = 'github' | 'gitlab';

export type WaitingJob = {
  workspace: WorkspaceId;
  id: Id<'waitingJob'>;
  token: Id<'token'>;
  system: System;
  what: What;
  run: string | null;
  target: unknown;
  askedAt: Instant;
  /** What it was answered last: the same is not said twice. */
  told: string | null;
};

const toJob = (row: Selectable<WaitingJobsTable>): WaitingJob => ({
  workspace: row.workspace_id,
  id: row.id,
  token: row.token_id,
  system: row.system,
  what: row.what,
  run: row.run,
  target: row.target,
  askedAt: row.asked_at,
  told: row.told,
});

/** Kept once, however often it is delivered. */
export const keepJob = async ({ kysely }: Database, job: Omit<WaitingJob, 'told'>): Promise<void> => {
  await kysely
    .insertInto('waiting_jobs')
    .values({
      workspace_id: job.workspace,
      id: job.id,
      token_id: job.token,
      system: job.system,
      what: json(job.what),
      run: job.run,
      target: JSON.stringify(job.target),
      asked_at: job.askedAt,
      told: null,
      answered_at: null,
    })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'id']).doNothing())
    .execute();
};

/** All that wait; of one workspace where it is named. */
export const openJobs = async ({ kysely }: Database, workspace: string | null): Promise<readonly WaitingJob[]> => {
  const { rows } = await sql<Selectable<WaitingJobsTable>>`
    select j.* from waiting_jobs j join workspaces w on w.id = j.workspace_id
    where j.answered_at is null and w.paused_at is null and (${workspace}::text is null or j.workspace_id = ${workspace})
    order by j.asked_at`.execute(kysely);
  return rows.map(toJob);
};

export const readJob = async (db: Db, workspace: WorkspaceId, id: Id<'waitingJob'>): Promise<WaitingJob | null> => {
  const row = await db
    .selectFrom('waiting_jobs')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .where('answered_at', 'is', null)
    .executeTakeFirst();
  return row === undefined ? null : toJob(row);
};

/** `version`: what was started, where it was. */
export type JobAnswer = { state: 'approved' | 'rejected' | null; comment: string; version?: string };

/** What a delivery of an answer carries. */
export type SentAnswer = JobAnswer & { job: WaitingJob['id']; token: WaitingJob['token']; what: What };

/** Notes what it is answered, and what is to be sent, in one statement: the same answer goes out once, from whichever replica. */
export const answerJob = async (
  { kysely }: Database,
  job: WaitingJob,
  delivery: Id<'delivery'>,
  answer: JobAnswer,
  now: Instant,
): Promise<void> => {
  const ends = answer.state !== null;
  await sql`
    with noted as (
      update waiting_jobs set told = ${answer.comment}, answered_at = case when ${ends} then ${now}::timestamptz end
      where workspace_id = ${job.workspace} and id = ${job.id} and answered_at is null
        and (${ends} or told is distinct from ${answer.comment}) returning id)
    insert into deliveries (workspace_id, id, webhook_id, kind, event, body, target, made_at, state, attempts, next_at)
    select ${job.workspace}, ${delivery}, null, ${job.system}, ${answer.state ?? 'comment'}, ${JSON.stringify({ ...answer, job: job.id, token: job.token, what: job.what } satisfies SentAnswer)},
      ${JSON.stringify(job.target)}::jsonb, ${now}, 'waiting', 0, clock_timestamp()
    where exists (select from noted)`.execute(kysely);
};

type OutsideState = 'started' | 'succeeded' | 'failed';

/** How far a deployment of another system is known to be; `null`: nothing was told of it. */
export const outsideState = async (db: Db, workspace: WorkspaceId, id: string): Promise<OutsideState | null> => {
  const row = await db
    .selectFrom('outside_deployments')
    .select('state')
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.state ?? null;
};

export const keepOutside = async (
  { kysely }: Database,
  workspace: WorkspaceId,
  id: string,
  state: OutsideState,
): Promise<void> => {
  await sql`
    insert into outside_deployments (workspace_id, id, state, told_at) values (${workspace}, ${id}, ${state}, clock_timestamp())
    on conflict (workspace_id, id) do update set state = excluded.state, told_at = excluded.told_at
    where outside_deployments.state = 'started'`.execute(kysely);
};
