/** Walks a workspace's chain and names the first row that does not fit: edited, deleted, out of place, or with other words than it was written with. */
import type { Db } from '../db/connection.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { type Entry, GENESIS, type JournalKey, linkHash, wordsHash } from './chain.ts';

export type Verdict = { ok: true; rows: number } | { ok: false; rows: number; seq: number; broken: string };

const BATCH = 500;

const batchAfter = (db: Db, workspace: WorkspaceId, seq: number) =>
  db
    .selectFrom('journal')
    .leftJoin('journal_words', (join) =>
      join
        .onRef('journal_words.workspace_id', '=', 'journal.workspace_id')
        .onRef('journal_words.seq', '=', 'journal.seq'),
    )
    .select([
      'journal.seq',
      'journal.id',
      'journal.release_id',
      'journal.canonical',
      'journal.prev',
      'journal.hash',
      'journal.kind',
      'journal_words.words',
      'journal_words.salt',
    ])
    .where('journal.workspace_id', '=', workspace)
    .where('journal.seq', '>', seq)
    .orderBy('journal.seq')
    .limit(BATCH)
    .execute();

type Row = Awaited<ReturnType<typeof batchAfter>>[number];

const fault = (row: Row, expected: number, prev: string, key: JournalKey): string | null => {
  if (row.seq !== expected)
    return row.seq === expected + 1 ? `row ${expected} is missing` : `rows ${expected} to ${row.seq - 1} are missing`;
  if (row.prev !== prev) return 'it does not follow the row before it';
  if (linkHash(key, row.prev, row.canonical) !== row.hash)
    return 'its text was changed, or it was written with another key';
  const entry = JSON.parse(row.canonical) as Entry;
  const same =
    entry.kind === row.kind && entry.seq === row.seq && entry.id === row.id && entry.release === row.release_id;
  if (!same) return 'its columns were changed';
  // Erased words are allowed: the chain keeps their hash.
  const words = row.words !== null && row.salt !== null ? wordsHash(row.salt, row.words) : null;
  return words !== null && words !== entry.words ? 'the words beside it were changed' : null;
};

/** Verifies every row of a workspace in batches. */
export const verifyJournal = async (db: Db, workspace: WorkspaceId, key: JournalKey): Promise<Verdict> => {
  let expected = 1;
  let prev = GENESIS;
  for (;;) {
    const rows = await batchAfter(db, workspace, expected - 1);
    for (const row of rows) {
      const broken = fault(row, expected, prev, key);
      if (broken !== null) return { ok: false, rows: expected - 1, seq: expected, broken };
      prev = row.hash;
      expected += 1;
    }
    if (rows.length < BATCH) break;
  }
  const head = await db
    .selectFrom('workspaces')
    .select(['journal_seq as seq', 'journal_hash as hash'])
    .where('id', '=', workspace)
    .executeTakeFirst();
  const rows = expected - 1;
  if (head !== undefined && (head.seq !== rows || (rows > 0 && head.hash !== prev))) {
    return { ok: false, rows, seq: expected, broken: `the journal ends at row ${rows}, its head says ${head.seq}` };
  }
  return { ok: true, rows };
};
