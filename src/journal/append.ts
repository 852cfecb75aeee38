/** Appends events to the journal, in the transaction of the change that they tell. The head row is locked last of all locks. */
import { randomBytes } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Tx } from '../db/connection.ts';
import type { JournalTable, JournalWordsTable } from '../db/schema.ts';
import type { Ctx } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { EventDraft } from '../domain/events.ts';
import type { Id } from '../domain/ids.ts';
import { type Entry, entryText, linkHash, wordsHash } from './chain.ts';

export type NamedEvent = EventDraft & { id: Id<'event'> };

/** Gives each event its id, so that messages can speak of it before it has a place in the chain. */
export const named = (deps: Deps, events: readonly EventDraft[]): readonly NamedEvent[] =>
  events.map((event) => ({ ...event, id: deps.newId('event') }));

export const appendEvents = async (tx: Tx, deps: Deps, ctx: Ctx, events: readonly NamedEvent[]): Promise<void> => {
  if (events.length === 0) return;
  const { workspace } = ctx;
  const head = await tx
    .selectFrom('journal_heads')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .forUpdate()
    .executeTakeFirstOrThrow();
  let { seq, hash } = head;
  const rows: Insertable<JournalTable>[] = [];
  const words: Insertable<JournalWordsTable>[] = [];
  for (const event of events) {
    seq += 1;
    const salt = randomBytes(8).toString('hex');
    const entry: Entry = {
      workspace,
      seq,
      id: event.id,
      at: ctx.now,
      due: event.due,
      // What time did was done by nobody, whoever happened to look first.
      actor: event.due === null ? ctx.actor : 'signalbox',
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
      workspace_id: workspace,
      seq,
      id: event.id,
      release_id: event.release,
      kind: event.kind,
      canonical: text,
      prev: hash,
      hash: next,
    });
    if (event.words !== null) words.push({ workspace_id: workspace, seq, salt, words: event.words });
    hash = next;
  }
  const told = tx.with('told', (query) => query.insertInto('journal').values(rows).returning('seq'));
  const spoken =
    words.length === 0
      ? told
      : told.with('spoken', (query) => query.insertInto('journal_words').values(words).returning('seq'));
  await spoken.updateTable('journal_heads').set({ seq, hash }).where('workspace_id', '=', workspace).execute();
};
