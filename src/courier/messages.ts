/**
 * What is to be seen in Slack, as rows. Saying it again raises `wanted` and nothing else: collapsing, “told once” and “all copies follow”
 * come from the unique key.
 */

import { CompiledQuery, sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import { build, given, prepare } from '../db/prepared.ts';
import type { Trouble } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import type { FreezeId, MessageId, ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import { tokenName } from '../domain/token/token.ts';

/** Every kind of message; app.ts has a renderer for each, or it does not compile. */
export const MESSAGE_KINDS = [
  'card',
  'thread-line',
  'deployment-post',
  'deployment-outcome',
  'checklist',
  'failure-ask',
  'stakeholder-post',
  'stakeholder-problem',
  'approval-ask',
  'question',
  'notice',
  'news',
  'gate-ask',
  'emergency-post',
  'exception-ask',
  'emergency-judge',
  'freeze-notice',
  'freeze-held',
  'lock-notice',
  'review-prompt',
  'action-reminder',
  'catalog-ask',
  'home',
  'morning',
  'welcome',
  'trouble',
] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Kinds that tell an event once, unless their message says that it follows; the others show the state of their subject. */
export const TOLD_ONCE: ReadonlySet<MessageKind> = new Set(['thread-line', 'notice', 'morning']);

/** What asks somebody for something: where it is wanted again after it was over, it comes anew, because an edit rings for nobody. */
const ASKS: ReadonlySet<string> = new Set<MessageKind>([
  'approval-ask',
  'question',
  'gate-ask',
  'exception-ask',
  'emergency-judge',
  'failure-ask',
  'freeze-held',
  // That nobody owns it is over when somebody does.
  'news',
]);

/** Whether it stands there as what nobody has to answer any more, and would come anew if somebody had to. */
export const mayComeAnew = ({ kind, ts, over }: { kind: string; ts: string | null; over: boolean }): boolean =>
  ASKS.has(kind) && ts !== null && over;

export type Wanted = {
  subject: string;
  kind: MessageKind;
  /** `team`, `stakeholders` or a user id. */
  audience: string;
  /** A channel id, or a user id for a direct message. */
  place: string;
  occurrence?: string;
  /** The key of the message in whose thread it goes: the card of this subject in the same place. */
  threadOf?: string;
  broadcast?: boolean;
  /** A direct message that does not wait for its reader's hours, whatever its kind. */
  anyHour?: boolean;
  /** Wanted only where this person has no message about this subject of this kind yet, for whatever reason it came. */
  standing?: boolean;
  /** The release that it is about. */
  release?: ReleaseId;
};

/** What goes to people at any hour: failures and emergencies that are theirs, what has a time of its own, and what is no message. */
export const AT_ANY_HOUR: ReadonlySet<MessageKind> = new Set([
  'failure-ask',
  'emergency-judge',
  'trouble',
  'welcome',
  'home',
]);

/** The subject of a person's Home. */
export const homeSubject = (person: string): string => `home:${person}`;

const keyOf = ({ subject, kind, audience, place, occurrence }: Wanted): string =>
  [subject, kind, audience, place, occurrence ?? ''].join('\n');

const isLike = (a: Wanted, b: Wanted): boolean =>
  a.subject === b.subject && a.kind === b.kind && a.audience === b.audience;

/**
 * One text for any number of messages. The card in whose thread a message goes is the one that is there, else the one that is asked for in
 * the same step. Machine time of the database: a moved business clock must not hold a message back.
 */
const ENQUEUE = `
  insert into messages (workspace_id, id, subject, kind, audience, place, occurrence, release_id, thread_of, broadcast, any_hour, next_at)
  select $1, w.id, w.subject, w.kind, w.audience, w.place, w.occurrence, w.release,
    case when w.thread is null then null else coalesce((
      select card.id from messages card
      where card.workspace_id = $1 and card.subject = w.thread and card.kind = 'card' and card.place = w.place limit 1), w.card) end,
    w.broadcast, w.any_hour, clock_timestamp()
  from jsonb_to_recordset($2::jsonb) as w (
    id text, subject text, kind text, audience text, place text, occurrence text, release text, thread text, card text, broadcast boolean, any_hour boolean, standing boolean)
  where not w.standing or not exists (
    select from messages there
    where there.workspace_id = $1 and there.subject = w.subject and there.kind = w.kind and there.audience = w.audience)
  on conflict (workspace_id, subject, kind, audience, place, occurrence) do update set
    wanted = messages.wanted + 1,
    trouble = nullif(messages.trouble, 'refused'),
    any_hour = messages.any_hour or excluded.any_hour,
    rests_until = case when excluded.any_hour then null else messages.rests_until end`;

/** The statement that asks for each message to be seen. Idempotent by (subject, kind, audience, place, occurrence). */
export const enqueueing = (
  deps: Pick<Deps, 'newId'>,
  workspace: WorkspaceId,
  list: readonly Wanted[],
): readonly CompiledQuery[] => {
  // Nobody reads what is written to a token.
  const read = list
    .filter(({ place }) => tokenName(place) === null)
    .filter((item) => item.standing !== true || !list.some((other) => other.standing !== true && isLike(item, other)));
  const wanted = [...new Map(read.map((item) => [keyOf(item), item])).values()].map((item) => ({
    ...item,
    id: deps.newId('message'),
  }));
  if (wanted.length === 0) return [];
  const cardAsked = (subject: string | undefined, place: string): MessageId | null =>
    wanted.find((item) => item.kind === 'card' && item.subject === subject && item.place === place)?.id ?? null;
  const rows = wanted.map(({ threadOf, occurrence, broadcast, anyHour, standing, ...item }) => ({
    ...item,
    occurrence: occurrence ?? '',
    thread: threadOf ?? null,
    card: cardAsked(threadOf, item.place),
    broadcast: broadcast ?? false,
    any_hour: anyHour ?? false,
    standing: standing ?? false,
  }));
  return [CompiledQuery.raw(ENQUEUE, [workspace, JSON.stringify(rows)])];
};

/** Shown anew. What Slack refused as it was is tried again as it is now. */
const raised = { wanted: sql<number>`wanted + 1`, trouble: sql<Trouble | null>`nullif(trouble, 'refused')` };

const refreshSubjects = prepare(
  build
    .updateTable('messages')
    .set(raised)
    .where('workspace_id', '=', given<WorkspaceId>('workspace'))
    .where(sql<boolean>`subject = any(${given<string[]>('subjects')}::text[])`)
    // A prompt of another morning that is over stays so: an owner has more of them each week, and what is due again is prompted anew.
    .where((eb) => eb.not(eb.and([eb('over', '=', true), eb('kind', 'in', [...TOLD_ONCE, 'review-prompt'])]))),
);

/** The statement by which every living message about these subjects is shown anew: their state changed. */
export const refreshing = (workspace: WorkspaceId, subjects: readonly string[]): readonly CompiledQuery[] =>
  subjects.length === 0 ? [] : [refreshSubjects({ workspace, subjects: [...new Set(subjects)] })];

const refreshKindHome = prepare(
  build
    .updateTable('messages')
    .set(raised)
    .where('workspace_id', '=', given<WorkspaceId>('workspace'))
    .where('kind', '=', 'home'),
);

/** Something that everybody's Home shows has changed. */
export const refreshingHomes = (workspace: WorkspaceId): CompiledQuery => refreshKindHome({ workspace });

/** What is asked about these releases, of anybody: what can be done has changed. */
export const refreshingAsks = (workspace: WorkspaceId, releases: readonly ReleaseId[]): CompiledQuery =>
  // The kinds as they stand in the index, which parameters would not be known to match.
  sql`update messages set wanted = wanted + 1, trouble = nullif(trouble, 'refused')
    where workspace_id = ${workspace} and kind in ('gate-ask', 'exception-ask', 'emergency-judge', 'failure-ask') and not over
      and release_id = any(${[...releases]}::text[])`.compile(build);

/** What was said of a release as it happened, in its words of then: who may read them has changed. */
export const refreshingWords = (workspace: WorkspaceId, release: ReleaseId): CompiledQuery =>
  sql`update messages set wanted = wanted + 1, trouble = nullif(trouble, 'refused')
    where workspace_id = ${workspace} and release_id = ${release} and kind = 'thread-line'`.compile(build);

/** What was said of any occurrence of a freeze: somebody has changed it. */
export const refreshingOccurrences = (workspace: WorkspaceId, freeze: FreezeId): CompiledQuery =>
  sql`update messages set wanted = wanted + 1, trouble = nullif(trouble, 'refused')
    where workspace_id = ${workspace} and kind in ('freeze-notice', 'freeze-held') and subject like ${`${freeze}.%`}`.compile(
    build,
  );

/** Whoever does something is there: what waits for their hours comes now, in its order. */
export const noLongerResting = (workspace: WorkspaceId, person: UserId): CompiledQuery =>
  sql`update messages set rests_until = null
    where workspace_id = ${workspace} and place = ${person} and rests_until is not null
      and wanted > shown and trouble is null`.compile(build);

export const enqueue = async (tx: Tx, deps: Deps, workspace: WorkspaceId, list: readonly Wanted[]): Promise<void> => {
  for (const query of enqueueing(deps, workspace, list)) await tx.executeQuery(query);
};
export const refresh = async (tx: Tx, workspace: WorkspaceId, subjects: readonly string[]): Promise<void> => {
  for (const query of refreshing(workspace, subjects)) await tx.executeQuery(query);
};

/** Releases about which this person was asked for something that is not over, newest first. */
export const releasesAsking = async (db: Db, workspace: WorkspaceId, person: UserId): Promise<readonly ReleaseId[]> => {
  const rows = await db
    .selectFrom('messages')
    .select('release_id')
    .where('workspace_id', '=', workspace)
    .where('audience', '=', person)
    // As they stand in the index, which parameters would not be known to match.
    .where(sql<boolean>`kind in ('gate-ask', 'exception-ask', 'emergency-judge', 'failure-ask') and not over`)
    .orderBy('seq', 'desc')
    .limit(40)
    .execute();
  return [...new Set(rows.flatMap(({ release_id }) => release_id ?? []))];
};

export type TroubleRow = {
  id: MessageId;
  kind: string;
  subject: string;
  place: string;
  trouble: string;
  error: string | null;
  attempts: number;
  /** What stands there is its words alone. */
  arrived: boolean;
};

export const troubledMessages = async (db: Db, workspace: WorkspaceId): Promise<readonly TroubleRow[]> => {
  const rows = await db
    .selectFrom('messages')
    .select(['id', 'kind', 'subject', 'place', 'trouble', 'error', 'attempts', 'ts'])
    .where('workspace_id', '=', workspace)
    .where('trouble', 'is not', null)
    .orderBy('seq')
    .limit(20)
    .execute();
  return rows.map(({ ts, ...row }) => ({
    ...row,
    trouble: row.trouble ?? 'dead',
    arrived: row.trouble === 'refused' && ts !== null,
  }));
};

/** Everything that was set aside is tried again: all of it, or what was meant for one place. The releases that it is about. */
export const replayTroubled = async (
  tx: Tx,
  workspace: WorkspaceId,
  place: string | null,
): Promise<readonly (ReleaseId | null)[]> => {
  const rows = await tx
    .updateTable('messages')
    .set(asNew)
    .where('workspace_id', '=', workspace)
    .where('trouble', 'in', place === null ? ['dead', 'ambiguous', 'refused'] : ['dead', 'refused'])
    .$if(place !== null, (query) => query.where('place', '=', place ?? ''))
    .returning('release_id')
    .execute();
  return rows.map(({ release_id }) => release_id);
};

/** What was meant for one place is meant for another: as if it had never been tried. */
export const moveMessages = async (tx: Tx, workspace: WorkspaceId, from: string, to: string): Promise<void> => {
  // What is meant for the other place anyway is not meant for it twice.
  await sql`
    delete from messages m where m.workspace_id = ${workspace} and m.place = ${from} and exists (
      select from messages there where there.workspace_id = m.workspace_id and there.place = ${to} and there.subject = m.subject
        and there.kind = m.kind and there.audience = m.audience and there.occurrence = m.occurrence)`.execute(tx);
  await tx
    .updateTable('messages')
    .set({ ...asNew, place: to })
    .where('workspace_id', '=', workspace)
    .where('place', '=', from)
    .execute();
};

/** As if it had never been tried. Machine time of the database: a moved business clock must not hold a message back. */
const asNew = {
  wanted: sql<number>`case when trouble = 'refused' then wanted + 1 else wanted end`,
  trouble: null,
  error: null,
  attempts: 0,
  looked: 0,
  sending_since: null,
  lease_until: null,
  leased_by: null,
  next_at: sql<Instant>`clock_timestamp()`,
};
