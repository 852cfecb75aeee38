/** `npm run move -- postgres://…`: from the embedded database to an empty server, verified; the source stays as it is. */
import { parseArgs } from 'node:util';
import { readConfig } from './config.ts';
import { connectPostgres } from './db/connect.ts';
import type { Database } from './db/connection.ts';
import { migrate } from './db/migrate.ts';
import { move } from './db/move.ts';
import type { WorkspaceId } from './domain/ids.ts';
import { verifyJournal } from './journal/verify.ts';
import { openDatabase, readJournalKey } from './open-database.ts';
import { databaseProblem, StartError } from './start-error.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const warn = (error: Error): void => void process.stderr.write(`${error.message}\n`);

const config = (): ReturnType<typeof readConfig> => {
  const read = readConfig({ ...process.env, DATABASE_URL: '' });
  if (process.env['DATABASE_URL'] !== undefined && process.env['DATABASE_URL'] !== '')
    throw new StartError(
      'DATABASE_URL is set: what would be moved is the embedded database in DATA_DIR. Leave it out, and name the server at the end of the command.',
    );
  return read;
};

const targetOf = (): string => {
  const [url] = parseArgs({ allowPositionals: true }).positionals;
  if (url === undefined || !/^postgres(ql)?:\/\//.test(url))
    throw new StartError('Name the server to move to: npm run move -- postgres://user@host/signalbox');
  return url;
};

/** Every journal, row by row, with the key that signed it. */
const verified = async ({ db }: Database, key: ReturnType<typeof readJournalKey>, where: string): Promise<number> => {
  const workspaces = await db.selectFrom('workspaces').select(['id', 'name']).execute();
  let rows = 0;
  for (const { id, name } of workspaces) {
    const verdict = await verifyJournal(db, id as WorkspaceId, key);
    if (!verdict.ok)
      throw new StartError(
        `The journal of ${name} in the ${where} is broken at row ${verdict.seq}: ${verdict.broken}. Keep a copy of both before anything else.`,
      );
    rows += verdict.rows;
  }
  return rows;
};

const run = async (): Promise<void> => {
  const url = targetOf();
  const settings = config();
  const key = readJournalKey(settings);
  const source = await openDatabase(settings, [], warn);
  const target = connectPostgres(url, { onError: warn });
  try {
    await verified(source, key, 'source');
    await migrate(target).catch((error: unknown) => {
      throw databaseProblem(error, url);
    });
    const moved = await move(source, target);
    for (const { table, rows } of moved) if (rows > 0) say(`${table.padEnd(16)}${String(rows).padStart(8)} rows`);
    const rows = await verified(target, key, 'target');
    say(`Moved, and counted on both sides; ${rows} rows of the journal verified. The source was not changed.`);
    say(
      `Start with DATABASE_URL and SIGNALBOX_JOURNAL_KEY: the key that signed the journal is the text of journal.key.`,
    );
  } finally {
    await target.close();
    await source.close();
  }
};

await run().catch((error: unknown) => {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
