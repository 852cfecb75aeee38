/**
 * Claiming a message to deliver. Leases and pacing run on the machine clock of the database (`clock_timestamp()`), never on business time.
 * Posts of a lane go strictly in order, one a second; edits may overtake.
 */
import { type Selectable, sql } from 'kysely';
import type { Database, Tx } from '../db/connection.ts';
import { insideTransaction } from '../db/guards.ts';
import type { MessagesTable } from '../db/schema.ts';
import type { MessageId, WorkspaceId } from '../domain/ids.ts';

export type Claimed = Selectable<MessagesTable> & {
  /** A message in the same thread has to be posted first; its place is this one's thread. */
  parent_ts: string | null;
  /** An earlier attempt ended without an answer, or its process died. */
  doubtful: boolean;
};

export type Pace = { postEveryMs: number; editEveryMs: number; leaseMs: number };
export const PACE: Pace = { postEveryMs: 1_000, editEveryMs: 1_000, leaseMs: 60_000 };

const candidates = (tx: Tx) =>
  sql<{ workspace_id: WorkspaceId; id: MessageId; lane: string; ts: string | null }>`
  select m.workspace_id, m.id, m.lane, m.ts
  from messages m
  left join lanes l on l.workspace_id = m.workspace_id and l.lane = m.lane
  where m.wanted > m.shown and m.trouble is null
    and m.workspace_id not in (select id from workspaces where paused_at is not null)
    and m.next_at <= clock_timestamp()
    and (m.lease_until is null or m.lease_until < clock_timestamp())
    and (m.ts is not null or l.next_at is null or l.next_at <= clock_timestamp())
    and (m.thread_of is null or m.ts is not null or exists (
      select 1 from messages parent
      where parent.workspace_id = m.workspace_id and parent.id = m.thread_of and (parent.ts is not null or parent.trouble is not null)))
    and (m.ts is not null or not exists (
      select 1 from messages earlier
      where earlier.workspace_id = m.workspace_id and earlier.lane = m.lane and earlier.seq < m.seq
        and earlier.ts is null and earlier.wanted > earlier.shown and earlier.trouble is null))
  order by m.next_at, m.seq
  limit 1
  for update of m skip locked`.execute(tx);

const lease = async (tx: Tx, workspace: WorkspaceId, id: MessageId, owner: string, pace: Pace): Promise<Claimed> => {
  const { rows } = await sql<Claimed>`
    update messages m
    set lease_until = clock_timestamp() + ${pace.leaseMs} * interval '1 millisecond',
        leased_by = ${owner},
        sending_since = coalesce(m.sending_since, clock_timestamp())
    from (select workspace_id, id, sending_since is not null as doubtful from messages where workspace_id = ${workspace} and id = ${id}) before
    where m.workspace_id = before.workspace_id and m.id = before.id
    returning m.*, before.doubtful,
      (select parent.ts from messages parent where parent.workspace_id = m.workspace_id and parent.id = m.thread_of) as parent_ts`.execute(
    tx,
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`Message ${id} vanished while it was being claimed.`);
  return row;
};

const takeLane = (tx: Tx, workspace: WorkspaceId, lane: string, pace: Pace) =>
  sql`
  insert into lanes (workspace_id, lane, next_at)
  values (${workspace}, ${lane}, clock_timestamp() + ${pace.postEveryMs} * interval '1 millisecond')
  on conflict (workspace_id, lane) do update set next_at = excluded.next_at`.execute(tx);

/** Takes the next deliverable message for `owner`, or null. */
export const claimNext = (database: Database, owner: string, pace: Pace): Promise<Claimed | null> =>
  insideTransaction('claim a message', () =>
    database.kysely.transaction().execute(async (tx) => {
      const { rows } = await candidates(tx);
      const [candidate] = rows;
      if (candidate === undefined) return null;
      if (candidate.ts === null) await takeLane(tx, candidate.workspace_id, candidate.lane, pace);
      return lease(tx, candidate.workspace_id, candidate.id, owner, pace);
    }),
  );

/** Milliseconds until something may become deliverable; null when nothing is pending. */
export const nextDeliveryIn = async (database: Database): Promise<number | null> => {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(greatest(m.next_at, coalesce(m.lease_until, m.next_at), case when m.ts is null then coalesce(l.next_at, m.next_at) else m.next_at end)) - clock_timestamp()) * 1000)::float8 as ms
    from messages m left join lanes l on l.workspace_id = m.workspace_id and l.lane = m.lane
    where m.wanted > m.shown and m.trouble is null
      and m.workspace_id not in (select id from workspaces where paused_at is not null)
      and (m.ts is not null or not exists (
        select 1 from messages earlier
        where earlier.workspace_id = m.workspace_id and earlier.lane = m.lane and earlier.seq < m.seq
          and earlier.ts is null and earlier.wanted > earlier.shown and earlier.trouble is null))`.execute(
    database.kysely,
  );
  const ms = rows[0]?.ms;
  return ms == null ? null : Math.max(0, Number(ms));
};

type Settled = Partial<
  Pick<Selectable<MessagesTable>, 'ts' | 'channel' | 'content_hash' | 'trouble' | 'error' | 'looked' | 'attempts'>
> & {
  shown?: number;
  /** Milliseconds from now until it may be claimed again. */
  againIn?: number;
  /** Nothing of it is under way any more: the next attempt needs no look at history first. */
  certain: boolean;
};

/** Gives the message back with what became of it. Fenced by the lease: whoever lost it writes nothing. False when it was lost. */
export const release = async (
  database: Database,
  message: Claimed,
  { certain, againIn, ...columns }: Settled,
): Promise<boolean> => {
  const result = await database.kysely
    .updateTable('messages')
    .set({
      ...columns,
      lease_until: null,
      leased_by: null,
      ...(certain ? { sending_since: null } : {}),
      next_at: sql`clock_timestamp() + ${againIn ?? 0} * interval '1 millisecond'`,
    })
    .where('workspace_id', '=', message.workspace_id)
    .where('id', '=', message.id)
    .where('leased_by', '=', message.leased_by)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

/** At the end of the process: what was claimed by it and not sent may be claimed at once. */
export const releaseLeases = async (database: Database, owner: string): Promise<void> => {
  await sql`update messages set lease_until = null, leased_by = null where leased_by = ${owner}`.execute(
    database.kysely,
  );
};

export const pauseLane = async (database: Database, message: Claimed, ms: number): Promise<void> => {
  await sql`
    insert into lanes (workspace_id, lane, next_at) values (${message.workspace_id}, ${message.lane}, clock_timestamp() + ${ms} * interval '1 millisecond')
    on conflict (workspace_id, lane) do update set next_at = excluded.next_at`.execute(database.kysely);
};

/** The token is no good: nothing of this workspace is sent until Slack takes it again. */
export const pauseWorkspace = async (database: Database, workspace: WorkspaceId, error: string): Promise<void> => {
  await database.kysely
    .updateTable('messages')
    .set({ trouble: 'paused', error })
    .where('workspace_id', '=', workspace)
    .where('trouble', 'is', null)
    .whereRef('wanted', '>', 'shown')
    .execute();
};

/** Whether messages wait because Slack refused the token. */
export const isHeldUp = async ({ db }: Database, workspace: WorkspaceId): Promise<boolean> =>
  (await db
    .selectFrom('messages')
    .select('id')
    .where('workspace_id', '=', workspace)
    .where('trouble', '=', 'paused')
    .limit(1)
    .executeTakeFirst()) !== undefined;

/** Slack takes the token, or there is another one: what waited for it goes on. */
export const resumeWorkspace = async (database: Database, workspace: WorkspaceId): Promise<void> => {
  await database.kysely
    .updateTable('messages')
    .set({ trouble: null, error: null })
    .where('workspace_id', '=', workspace)
    .where('trouble', '=', 'paused')
    .execute();
};
