/**
 * What is to be seen in Slack, as rows. Saying it again raises `wanted` and nothing else: collapsing, “told once” and “all copies follow”
 * come from the unique key.
 */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import type { Deps } from '../deps.ts';
import type { MessageId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';

/** Every kind of message; app.ts has a renderer for each, or it does not compile. */
export const MESSAGE_KINDS = [
  'card',
  'thread-line',
  'deployment-post',
  'deployment-outcome',
  'failure-ask',
  'stakeholder-post',
  'stakeholder-problem',
  'approval-ask',
  'question',
  'notice',
  'exception-ask',
  'emergency-judge',
  'freeze-notice',
  'freeze-held',
  'review-prompt',
  'action-reminder',
  'catalog-ask',
  'home',
  'welcome',
  'trouble',
] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Kinds that tell an event once; the others show the state of their subject and follow it. */
const TOLD_ONCE: ReadonlySet<MessageKind> = new Set(['thread-line', 'notice', 'trouble']);
const LIVING = MESSAGE_KINDS.filter((kind) => !TOLD_ONCE.has(kind));

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
};

const keyOf = ({ subject, kind, audience, place, occurrence }: Wanted): string =>
  [subject, kind, audience, place, occurrence ?? ''].join('\n');

/** The card in whose thread a message goes: the one that is there, else the one that is asked for in the same step. */
const threadOf = (workspace: WorkspaceId, subject: string, place: string, asked: MessageId | null) =>
  sql<MessageId | null>`coalesce((
    select id from messages
    where workspace_id = ${workspace} and subject = ${subject} and kind = 'card' and place = ${place} limit 1), ${asked}::text)`;

/** Asks for each message to be seen, all in one statement. Idempotent by (subject, kind, audience, place, occurrence). */
export const enqueue = async (tx: Tx, deps: Deps, workspace: WorkspaceId, list: readonly Wanted[]): Promise<void> => {
  const wanted = [...new Map(list.map((item) => [keyOf(item), item])).values()].map((item) => ({
    ...item,
    id: deps.newId('message'),
  }));
  if (wanted.length === 0) return;
  const cardAsked = (subject: string, place: string): MessageId | null =>
    wanted.find((item) => item.kind === 'card' && item.subject === subject && item.place === place)?.id ?? null;
  const rows = wanted.map((item) => ({
    workspace_id: workspace,
    id: item.id,
    subject: item.subject,
    kind: item.kind,
    audience: item.audience,
    place: item.place,
    occurrence: item.occurrence ?? '',
    thread_of:
      item.threadOf === undefined
        ? null
        : threadOf(workspace, item.threadOf, item.place, cardAsked(item.threadOf, item.place)),
    broadcast: item.broadcast ?? false,
    lane: item.place,
    // Machine time of the database: a moved business clock must not hold a message back.
    next_at: sql<Instant>`clock_timestamp()`,
  }));
  await tx
    .insertInto('messages')
    .values(rows)
    .onConflict((oc) =>
      oc
        .columns(['workspace_id', 'subject', 'kind', 'audience', 'place', 'occurrence'])
        .doUpdateSet((eb) => ({ wanted: eb('messages.wanted', '+', 1) })),
    )
    .execute();
};

/** The state of these subjects changed: every living message about them is to be shown anew. */
export const refresh = async (tx: Tx, workspace: WorkspaceId, subjects: readonly string[]): Promise<void> => {
  if (subjects.length === 0) return;
  await tx
    .updateTable('messages')
    .set((eb) => ({ wanted: eb('wanted', '+', 1) }))
    .where('workspace_id', '=', workspace)
    .where('subject', 'in', [...subjects])
    .where('kind', 'in', [...LIVING])
    .execute();
};

export type Placed = { channel: string; ts: string };

/** Where a message about the subject stands, when it is posted. */
export const placeOf = async (
  db: Db,
  workspace: WorkspaceId,
  subject: string,
  kind: MessageKind,
): Promise<Placed | null> => {
  const row = await db
    .selectFrom('messages')
    .select(['channel', 'ts'])
    .where('workspace_id', '=', workspace)
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .where('ts', 'is not', null)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.channel == null || row.ts === null ? null : { channel: row.channel, ts: row.ts };
};

/** The newest occurrence of a message for this person: the older ones are only a line. */
export const newestOccurrence = async (
  db: Db,
  workspace: WorkspaceId,
  subject: string,
  kind: MessageKind,
  audience: string,
): Promise<string | null> => {
  const row = await db
    .selectFrom('messages')
    .select('occurrence')
    .where('workspace_id', '=', workspace)
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .where('audience', '=', audience)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.occurrence ?? null;
};

export type TroubleRow = {
  id: MessageId;
  kind: string;
  subject: string;
  place: string;
  trouble: string;
  error: string | null;
  attempts: number;
};

export const troubledMessages = async (db: Db, workspace: WorkspaceId): Promise<readonly TroubleRow[]> => {
  const rows = await db
    .selectFrom('messages')
    .select(['id', 'kind', 'subject', 'place', 'trouble', 'error', 'attempts'])
    .where('workspace_id', '=', workspace)
    .where('trouble', 'is not', null)
    .orderBy('seq')
    .limit(20)
    .execute();
  return rows.map((row) => ({ ...row, trouble: row.trouble ?? 'dead' }));
};

/** Tries a message that was set aside again, as if it were new. False when there is none. */
export const replayMessage = async (tx: Tx, workspace: WorkspaceId, id: MessageId): Promise<boolean> => {
  const result = await tx
    .updateTable('messages')
    .set({
      trouble: null,
      error: null,
      attempts: 0,
      looked: 0,
      sending_since: null,
      lease_until: null,
      leased_by: null,
      // Machine time of the database: a moved business clock must not hold a message back.
      next_at: sql<Instant>`clock_timestamp()`,
    })
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .where('trouble', 'is not', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

/** Something that everybody's Home shows has changed. */
export const refreshHomes = async (tx: Tx, workspace: WorkspaceId): Promise<void> => {
  await tx
    .updateTable('messages')
    .set((eb) => ({ wanted: eb('wanted', '+', 1) }))
    .where('workspace_id', '=', workspace)
    .where('kind', '=', 'home')
    .execute();
};
