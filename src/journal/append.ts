/** Appends events to the journal, in the transaction of the change that they tell. Its head stands in the workspace's row, which the writer holds. */
import { randomBytes } from 'node:crypto';
import { CompiledQuery } from 'kysely';
import type { Tx } from '../db/connection.ts';
import type { Ctx, Writer } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { EventDraft } from '../domain/events.ts';
import type { Id } from '../domain/ids.ts';
import { type Entry, entryText, linkHash, wordsHash } from './chain.ts';

export type NamedEvent = EventDraft & { id: Id<'event'> };

/** Gives each event its id, so that messages can speak of it before it has a place in the chain. */
export const named = (deps: Deps, events: readonly EventDraft[]): readonly NamedEvent[] =>
  events.map((event) => ({ ...event, id: deps.newId('event') }));

/** Both tables and the head in one statement, with one text for any number of events. */
const APPEND = `
  with told as (
    insert into journal (workspace_id, seq, id, release_id, kind, canonical, prev, hash)
    select $1, e.seq, e.id, e.release_id, e.kind, e.canonical, e.prev, e.hash
    from jsonb_to_recordset($2::jsonb) as e (seq bigint, id text, release_id text, kind text, canonical text, prev text, hash text)),
  spoken as (
    insert into journal_words (workspace_id, seq, salt, words)
    select $1, w.seq, w.salt, w.words from jsonb_to_recordset($3::jsonb) as w (seq bigint, salt text, words text))
  update workspaces set journal_seq = $4, journal_hash = $5 where id = $1`;

/** The statement that appends the events, in the order of the workspace's writer; its head moves with them. */
export const appending = (
  deps: Pick<Deps, 'journalKey'>,
  ctx: Ctx,
  writer: Writer,
  events: readonly NamedEvent[],
): readonly CompiledQuery[] => {
  if (events.length === 0) return [];
  const { workspace } = ctx;
  let { seq, hash } = writer.journal;
  const rows: object[] = [];
  const words: object[] = [];
  for (const event of events) {
    seq += 1;
    const salt = randomBytes(8).toString('hex');
    const entry: Entry = {
      workspace,
      seq,
      id: event.id,
      at: ctx.now,
      due: event.due,
      // What time did, or followed by itself, was done by nobody, whoever happened to look first.
      actor: event.due === null && event.byItself !== true ? ctx.actor : 'signalbox',
      surface: ctx.surface,
      kind: event.kind,
      release: event.release,
      subject: event.subject,
      data: event.data,
      words: event.words === null ? null : wordsHash(salt, event.words),
      key: deps.journalKey.id,
    };
    const text = entryText(entry);
    const next = linkHash(deps.journalKey, hash, text);
    rows.push({
      seq,
      id: event.id,
      release_id: event.release,
      kind: event.kind,
      canonical: text,
      prev: hash,
      hash: next,
    });
    if (event.words !== null) words.push({ seq, salt, words: event.words });
    hash = next;
  }
  writer.journal = { seq, hash };
  return [CompiledQuery.raw(APPEND, [workspace, JSON.stringify(rows), JSON.stringify(words), seq, hash])];
};

export const appendEvents = async (
  tx: Tx,
  deps: Deps,
  ctx: Ctx,
  writer: Writer,
  events: readonly NamedEvent[],
): Promise<void> => {
  for (const query of appending(deps, ctx, writer, events)) await tx.executeQuery(query);
};
