/** `npm run audit`: verifies the journal of every workspace. Exits with 1 at the first broken row, which it names. */
import { readConfig } from './config.ts';
import { verifyJournal } from './journal/verify.ts';
import { openDatabase, readJournalKey } from './open-database.ts';

const config = readConfig(process.env);
const database = await openDatabase(config, [], (error) => process.stderr.write(`${error.message}\n`));
try {
  const workspaces = await database.db.selectFrom('workspaces').select(['id', 'name']).execute();
  if (workspaces.length === 0) process.stdout.write('There is no workspace yet, so there is no journal.\n');
  for (const { id, name } of workspaces) {
    const verdict = await verifyJournal(database.db, id, readJournalKey(config));
    process.stdout.write(
      verdict.ok
        ? `${name}: ${verdict.rows} rows, whole.\n`
        : `${name}: broken at row ${verdict.seq}: ${verdict.broken}.\n`,
    );
    if (!verdict.ok) process.exitCode = 1;
  }
} finally {
  await database.close();
}
