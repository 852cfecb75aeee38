/**
 * Claiming messages to deliver, many at once. Leases and pacing run on the machine clock of the database (`clock_timestamp()`), never on
 * business time. Posts to a place go strictly in order, one a second; edits may overtake.
 */
import { type Selectable, sql } from 'kysely';
import type { Database } from '../db/connection.ts';
import type { MessagesTable } from '../db/schema.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

export type Claimed = Selectable<MessagesTable> & {
  /** A message in the same thread has to be posted first; its place is this one's thread. */
  parent_ts: string | null;
  /** An earlier attempt ended without an answer, or its process died. */
  doubtful: boolean;
  /** Where whoever reads a direct message lives; null for others, and for people who are not known. */
  zone: string | null;
  /** No later message says the same to the same person, or in the same channel. */
  newest: boolean;
  /** One that says the same later is on its way, and takes its place when it is there. */
  followed: boolean;
};

/** In milliseconds, and `editsAMinute` of one workspace by one process, whatever the messages. */
export type Pace = { postEveryMs: number; editEveryMs: number; editsAMinute: number; leaseMs: number };

/** Slack takes a post a second in a place; a little more, so that a call that travels faster than the one before comes no earlier. */
export const PACE: Pace = { postEveryMs: 1_030, editEveryMs: 1_000, editsAMinute: 50, leaseMs: 60_000 };

/** The paces of all edits of a workspace and of all its Homes, beside those of its places: Slack counts each of them by itself. */
const EDITS = 'edits';
const HOMES = 'homes';

/** What may be sent now, by everything but its lease; whoever reads it is in their hours, by business time. */
const deliverable = (now: Instant) => sql`
  m.wanted > m.shown and m.trouble is null and (m.rests_until is null or m.rests_until <= ${now}::timestamptz)
  -- A channel that Slack did not show yet is known by its name only: what is meant for it waits.
  and m.place not like '#%'
  and m.workspace_id not in (select id from workspaces where paused_at is not null)
  and (m.thread_of is null or m.ts is not null or exists (
    select 1 from messages parent
    where parent.workspace_id = m.workspace_id and parent.id = m.thread_of and (parent.ts is not null or parent.trouble is not null)))
  and (m.ts is not null or m.kind = 'home' or not exists (
    select 1 from messages earlier
    where earlier.workspace_id = m.workspace_id and earlier.place = m.place and earlier.seq < m.seq
      and earlier.kind <> 'home' and earlier.ts is null and earlier.wanted > earlier.shown and earlier.trouble is null
      and (earlier.rests_until is null or earlier.rests_until <= ${now}::timestamptz)))`;

/** Lateral: a look for each message that waits, never a walk through all that ever were. */
const paced = sql`left join lateral (
  select next_at from paces where workspace_id = m.workspace_id and place = case when m.kind = 'home' then ${HOMES} when m.ts is null then m.place else ${EDITS} end limit 1) p on true`;

export type Room = {
  /** So many at once. */
  most: number;
  /** So many of one workspace. */
  mostOfOne: number;
  /** Workspaces that have enough under way. */
  full: readonly WorkspaceId[];
};

/**
 * Takes what may be delivered for `owner`, in one statement. The lease is looked at once more where the row is locked: two processes that
 * looked at the same moment do not take it twice.
 */
export const claim = async (
  database: Database,
  owner: string,
  pace: Pace,
  { most, mostOfOne, full }: Room,
  now: Instant,
): Promise<readonly Claimed[]> => {
  const { rows } = await sql<Claimed>`
    with ready as (
      select m.workspace_id, m.id, m.next_at, m.seq,
        row_number() over (partition by m.workspace_id order by m.next_at, m.seq) as place_in_line
      from messages m ${paced}
      where ${deliverable(now)}
        and m.workspace_id <> all(${[...full]}::text[])
        and m.next_at <= clock_timestamp() and (p.next_at is null or p.next_at <= clock_timestamp())
        and (m.lease_until is null or m.lease_until < clock_timestamp())),
    chosen as (
      select m.workspace_id, m.id, m.place, m.kind, m.ts, m.sending_since is not null as doubtful
      from messages m join ready r on r.workspace_id = m.workspace_id and r.id = m.id
      where r.place_in_line <= ${mostOfOne} and m.wanted > m.shown and m.trouble is null
        and (m.lease_until is null or m.lease_until < clock_timestamp())
      order by r.next_at, r.seq limit ${most}
      for update of m skip locked),
    taken as (
      insert into paces (workspace_id, place, next_at)
      select distinct workspace_id, place, clock_timestamp() + ${pace.postEveryMs} * interval '1 millisecond' from chosen where ts is null and kind <> 'home'
      on conflict (workspace_id, place) do update set next_at = excluded.next_at)
    update messages m
    set lease_until = clock_timestamp() + ${pace.leaseMs} * interval '1 millisecond',
        leased_by = ${owner},
        sending_since = coalesce(m.sending_since, clock_timestamp())
    from chosen c where m.workspace_id = c.workspace_id and m.id = c.id
    returning m.*, c.doubtful,
      (select parent.ts from messages parent where parent.workspace_id = m.workspace_id and parent.id = m.thread_of) as parent_ts,
      (select people.zone from people where people.workspace_id = m.workspace_id and people.id = m.place) as zone,
      not exists (
        select 1 from messages later
        where later.workspace_id = m.workspace_id and later.subject = m.subject and later.kind = m.kind and later.audience = m.audience
          and later.place = m.place and later.seq > m.seq
          -- A direct message may wait for its reader’s hours: until it is there, the one before it stands.
          and (later.ts is not null or m.place !~ '^[UW]')) as newest,
      exists (
        select 1 from messages later
        where later.workspace_id = m.workspace_id and later.subject = m.subject and later.kind = m.kind and later.audience = m.audience
          and later.place = m.place and later.seq > m.seq and later.wanted > later.shown) as followed`.execute(
    database.kysely,
  );
  return rows;
};

/** Milliseconds until something may become deliverable; null when nothing is pending. What rests until somebody's morning is not. */
export const nextDeliveryIn = async (database: Database, now: Instant): Promise<number | null> => {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(greatest(m.next_at, coalesce(m.lease_until, m.next_at), coalesce(p.next_at, m.next_at))) - clock_timestamp()) * 1000)::float8 as ms
    from messages m ${paced}
    where ${deliverable(now)}`.execute(database.kysely);
  const ms = rows[0]?.ms;
  return ms == null ? null : Math.max(0, Number(ms));
};

type Settled = Partial<
  Pick<Selectable<MessagesTable>, 'ts' | 'channel' | 'content_hash' | 'trouble' | 'error' | 'looked' | 'attempts'>
> & {
  shown?: number;
  over?: boolean;
  rests_until?: Instant;
  /** Milliseconds from now until it may be claimed again. */
  againIn?: number;
  /** It stands where others of its kind stood before: they are taken away. */
  supersedes?: boolean;
  /** Nothing of it is under way any more: the next attempt needs no look at history first. */
  certain: boolean;
};

/** What this message takes the place of is looked at once more, in the same step. */
const raisingEarlier = (
  db: Pick<Database['kysely'], 'updateTable'>,
  { workspace_id, subject, kind, audience, place, seq }: Claimed,
) =>
  db
    .updateTable('messages')
    .set({ wanted: sql<number>`wanted + 1` })
    .where('workspace_id', '=', workspace_id)
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .where('audience', '=', audience)
    .where('place', '=', place)
    .where('seq', '<', seq)
    // One that is on its way there as well: it stands before it goes.
    .where(sql<boolean>`content_hash is distinct from 'gone'`);

/** Gives the message back with what became of it. Fenced by the lease: whoever lost it writes nothing. False when it was lost. */
export const release = async (
  database: Database,
  message: Claimed,
  { certain, againIn, supersedes, ...columns }: Settled,
): Promise<boolean> => {
  const { kysely } = database;
  const result = await (supersedes === true ? kysely.with('earlier', (db) => raisingEarlier(db, message)) : kysely)
    .updateTable('messages')
    .set({
      ...columns,
      lease_until: null,
      leased_by: null,
      ...(columns.shown === undefined ? {} : { shown_at: sql`clock_timestamp()` }),
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

/** Slack asked for a pause: of the place for a post, of the whole workspace's edits for an edit, of its Homes for one of them. */
export const pause = async (database: Database, message: Claimed, ms: number): Promise<void> => {
  const paced = message.kind === 'home' ? HOMES : message.ts === null ? message.place : EDITS;
  await sql`
    insert into paces (workspace_id, place, next_at)
    values (${message.workspace_id}, ${paced}, clock_timestamp() + ${ms} * interval '1 millisecond')
    on conflict (workspace_id, place) do update set next_at = excluded.next_at`.execute(database.kysely);
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

/** What was shown and is over goes after 90 days; living messages stay. Returns how many went. */
export const forgetSettled = async (database: Database): Promise<number> => {
  const { numAffectedRows } = await sql`
    delete from messages where over and wanted <= shown and trouble is null
      and shown_at < clock_timestamp() - interval '90 days'
      and not exists (select 1 from messages child where child.workspace_id = messages.workspace_id and child.thread_of = messages.id and child.ts is null)`.execute(
    database.kysely,
  );
  return Number(numAffectedRows ?? 0);
};
