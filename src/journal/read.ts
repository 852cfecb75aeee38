/** Readings of the journal: one release's timeline, or some events. */
import { sql } from 'kysely';
import type { Db } from '../db/connection.ts';
import type { StoredEvent } from '../domain/events.ts';
import type { ReleaseId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

const toEvent = (row: { canonical: string; words: string | null }): StoredEvent => {
  const entry = JSON.parse(row.canonical) as Omit<StoredEvent, 'words'>;
  return { ...entry, words: row.words } as StoredEvent;
};

const rows = (db: Db, workspace: WorkspaceId) =>
  db
    .selectFrom('journal')
    .leftJoin('journal_words', (join) =>
      join
        .onRef('journal_words.workspace_id', '=', 'journal.workspace_id')
        .onRef('journal_words.seq', '=', 'journal.seq'),
    )
    .select(['journal.canonical', 'journal_words.words'])
    .where('journal.workspace_id', '=', workspace);

/** The last `limit` events of a release, or the last before one of them, oldest first. */
export const readTimeline = async (
  db: Db,
  workspace: WorkspaceId,
  release: ReleaseId,
  limit: number,
  before: number | null = null,
): Promise<readonly StoredEvent[]> => {
  const found = await rows(db, workspace)
    .where('journal.release_id', '=', release)
    .$if(before !== null, (query) => query.where('journal.seq', '<', before ?? 0))
    .orderBy('journal.seq', 'desc')
    .limit(limit)
    .execute();
  return found.reverse().map(toEvent);
};

const ACTS_A_PAGE = 200;
const MOST_PAGES = 50;

/** Who of these people did something since then, looked for from the newest event back. */
export const whoActed = async (
  db: Db,
  workspace: WorkspaceId,
  people: readonly string[],
  since: Instant,
): Promise<ReadonlySet<string>> => {
  const wanted = new Set(people);
  const found = new Set<string>();
  let before = Number.MAX_SAFE_INTEGER;
  for (let page = 0; page < MOST_PAGES && found.size < wanted.size; page += 1) {
    const acts = await db
      .selectFrom('journal')
      .select(['seq', 'canonical'])
      .where('workspace_id', '=', workspace)
      .where('seq', '<', before)
      .orderBy('seq', 'desc')
      .limit(ACTS_A_PAGE)
      .execute();
    for (const { seq, canonical } of acts) {
      const { actor, at } = JSON.parse(canonical) as Pick<StoredEvent, 'actor' | 'at'>;
      if (at <= since) return found;
      if (wanted.has(actor)) found.add(actor);
      before = seq;
    }
    if (acts.length < ACTS_A_PAGE) break;
  }
  return found;
};

export const readEvents = async (
  db: Db,
  workspace: WorkspaceId,
  ids: readonly StoredEvent['id'][],
): Promise<readonly StoredEvent[]> => {
  const found = await rows(db, workspace)
    .where(sql<boolean>`journal.id = any(${[...ids]}::text[])`)
    .execute();
  return found.map(toEvent);
};

/** The events after one and up to another, oldest first, at most so many. */
export const readAfter = async (
  db: Db,
  workspace: WorkspaceId,
  seq: number,
  upTo: number,
  limit: number,
): Promise<readonly StoredEvent[]> => {
  const found = await rows(db, workspace)
    .where('journal.seq', '>', seq)
    .where('journal.seq', '<=', upTo)
    .orderBy('journal.seq')
    .limit(limit)
    .execute();
  return found.map(toEvent);
};
