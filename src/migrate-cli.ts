/** `npm run migrate`: brings the configured database up to date and says what was applied. */
import { readConfig } from './config.ts';
import { migrate } from './db/migrate.ts';
import { openDatabase } from './open-database.ts';

const database = await openDatabase(readConfig(process.env), [], (error) => process.stderr.write(`${error.message}\n`));
try {
  const applied = await migrate(database);
  process.stdout.write(applied.length === 0 ? 'The database is up to date.\n' : `Applied ${applied.join(', ')}.\n`);
} finally {
  await database.close();
}
