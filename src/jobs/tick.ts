/**
 * What time has made due. A tick takes one workspace at a time, does what is due there and stores the next time in the same transaction:
 * any number of replicas may tick at once, nothing is done twice and nothing is lost with a process.
 */
import { sql } from 'kysely';
import type { Tx } from '../db/connection.ts';
import { type Ctx, transact } from '../db/transact.ts';
import { endLockAtItsTime } from '../deployments/lock-verbs.ts';
import type { Deps } from '../deps.ts';
import { type WorkspaceId } from '../domain/ids.ts';
import { allow } from '../domain/refusal.ts';
import { after, type Instant, MINUTE } from '../domain/time.ts';

import {
  type Due,
  promptReview,
  remindAction,
  send,
  settleRelease,
  type Table,
  type Turn,
  tellFreeze,
  tellMorning,
  wakingAgain,
} from './due.ts';

/** The one table of what is due: where its time stands, and what then happens. Each clears the time, or puts the next in its place. */
const JOBS: readonly { name: string; table: Table; run: (turn: Turn, due: Due) => Promise<void> }[] = [
  // First, because what a freeze held is woken when it is over.
  { name: 'tell freezes', table: 'freezes', run: tellFreeze },
  { name: 'end locks', table: 'locks', run: (turn, { id }) => endLockAtItsTime(turn, turn.ctx.workspace, id) },
  { name: 'settle releases', table: 'releases', run: settleRelease },
  { name: 'prompt reviews', table: 'reviews', run: promptReview },
  { name: 'remind of actions', table: 'actions', run: remindAction },
  { name: 'tell the morning', table: 'people', run: tellMorning },
];

const ctxOf = (workspace: WorkspaceId, now: Instant): Ctx => ({
  workspace,
  actor: 'signalbox',
  surface: 'clock',
  now,
  requestKey: null,
});

/** Workspaces that have something due, the one that waits longest first. Paused ones wait. */
const workspacesWithDue = async (deps: Deps, now: Instant): Promise<readonly WorkspaceId[]> => {
  const { rows } = await sql<{ workspace_id: WorkspaceId }>`
    select workspace_id from (
      select workspace_id, wake_at from releases where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from freezes where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from locks where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from reviews where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from actions where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from people where wake_at is not null and wake_at <= ${now}) due
    where workspace_id not in (select id from workspaces where paused_at is not null)
    group by workspace_id order by min(wake_at)`.execute(deps.database.kysely);
  return rows.map(({ workspace_id }) => workspace_id);
};

const MOST_AT_ONCE = 10;

/** How many in one step, and which not: what could not even be put off. */
type Some = { most: number; without: readonly string[] };

const dueRows = async (
  tx: Tx,
  table: Table,
  workspace: WorkspaceId,
  now: Instant,
  { most, without }: Some,
): Promise<readonly Due[]> => {
  const { rows } = await sql<Due>`
    select id from ${sql.table(table)} where workspace_id = ${workspace} and wake_at is not null and wake_at <= ${now}
      and id <> all(${[...without]}::text[])
    order by wake_at limit ${most}`.execute(tx);
  return rows;
};

/** Does some due rows of one job in one workspace, in one step. Returns how many, or the row that could not be done. */
const doSome = async (
  deps: Deps,
  job: (typeof JOBS)[number],
  workspace: WorkspaceId,
  some: Some,
): Promise<{ done: number } | { failed: string | null; error: unknown }> => {
  const now = deps.clock.now();
  const ctx = ctxOf(workspace, now);
  let at: string | null = null;
  try {
    const result = await transact(deps, ctx, job.name, workspace, async (tx, writer) => {
      if (writer.catalogVersion === null) return allow(0);
      const catalog = await deps.catalogs.at(tx, workspace, writer.catalogVersion);
      const rows = await dueRows(tx, job.table, workspace, now, some);
      for (const due of rows) {
        at = due.id;
        await job.run({ deps, ctx, tx, writer, catalog, now }, due);
      }
      return allow(rows.length);
    });
    return result.ok ? { done: result.value } : { failed: at, error: new Error(result.refusal.code) };
  } catch (error) {
    return { failed: at, error };
  }
};

const AFTER_A_FAILURE = 5 * MINUTE;

/** A row that cannot be done must not stop the others: it is tried again in five minutes. False when not even this could be written: at the next tick, then. */
const putOff = async (
  deps: Deps,
  { name, table }: (typeof JOBS)[number],
  workspace: WorkspaceId,
  id: string,
  error: unknown,
) => {
  deps.log.error(
    { err: error, job: name, workspace, row: id },
    'a due row could not be done; it is tried again in five minutes',
  );
  const now = deps.clock.now();
  const put = await transact(deps, ctxOf(workspace, now), 'put off a due row', id, async (tx) => {
    await send(tx, [wakingAgain(table, workspace, id, after(now, AFTER_A_FAILURE))]);
    return allow(null);
  });
  return put.ok;
};

/** Everything of one job that is due in one workspace. What fails among others is done alone, and put off when it fails again. */
const doJob = async (deps: Deps, job: (typeof JOBS)[number], workspace: WorkspaceId): Promise<number> => {
  let done = 0;
  let most = MOST_AT_ONCE;
  const without: string[] = [];
  for (;;) {
    const result = await doSome(deps, job, workspace, { most, without });
    if ('done' in result) {
      done += result.done;
      if (result.done < most) return done;
    } else if (result.failed === null) {
      // Somebody else holds the workspace: the next tick comes in seconds.
      deps.log.warn(
        { err: result.error, job: job.name, workspace },
        'a workspace could not be looked at; the next tick tries again',
      );
      return done;
    } else if (most > 1) most = 1;
    else {
      if (!(await putOff(deps, job, workspace, result.failed, result.error))) without.push(result.failed);
      done += 1;
    }
  }
};

/** Does everything that is due, one workspace at a time: one that has trouble holds up no other. Returns how many rows it did. */
export const tick = async (deps: Deps): Promise<number> => {
  let done = 0;
  for (const workspace of await workspacesWithDue(deps, deps.clock.now())) {
    for (const job of JOBS) done += await doJob(deps, job, workspace);
  }
  return done;
};

/** Requests older than two days cannot be repeated by Slack any more. */
export const forgetOldRequests = async (deps: Deps): Promise<void> => {
  await sql`delete from inbox where at < ${deps.clock.now()}::timestamptz - interval '48 hours'`.execute(
    deps.database.kysely,
  );
};
