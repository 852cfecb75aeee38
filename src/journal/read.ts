/** Readings of the journal: one release's timeline, or one event. */
import type { Db } from '../db/connection.ts';
import type { StoredEvent } from '../domain/events.ts';
import type { ReleaseId, WorkspaceId } from '../domain/ids.ts';
import type { Entry } from './chain.ts';

const toEvent = (row: { canonical: string; words: string | null }): StoredEvent => {
  const entry = JSON.parse(row.canonical) as Entry;
  return { ...entry, words: row.words } as unknown as StoredEvent;
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

/** The last `limit` events of a release, oldest first. */
export const readTimeline = async (
  db: Db,
  workspace: WorkspaceId,
  release: ReleaseId,
  limit = 100,
): Promise<readonly StoredEvent[]> => {
  const found = await rows(db, workspace)
    .where('journal.release_id', '=', release)
    .orderBy('journal.seq', 'desc')
    .limit(limit)
    .execute();
  return found.reverse().map(toEvent);
};

export const readEvent = async (db: Db, workspace: WorkspaceId, id: string): Promise<StoredEvent | null> => {
  const row = await rows(db, workspace)
    .where('journal.id', '=', id as StoredEvent['id'])
    .executeTakeFirst();
  return row === undefined ? null : toEvent(row);
};
