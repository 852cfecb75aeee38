/** The configured database and the journal's key: for the app and for the command-line tools. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KyselyPlugin } from 'kysely';
import type { Config } from './config.ts';
import { connectEmbedded, connectPostgres } from './db/connect.ts';
import type { Database } from './db/connection.ts';
import type { JournalKey } from './journal/chain.ts';

export const openDatabase = (
  config: Config,
  plugins: readonly KyselyPlugin[],
  onError: (error: Error) => void,
): Promise<Database> => {
  if (config.database.kind === 'embedded') return connectEmbedded(config.database.dataDir, plugins, onError);
  return Promise.resolve(connectPostgres(config.database.url, { poolSize: config.database.pool, plugins, onError }));
};

/** From the environment; beside the embedded database it is made once and kept in a file. */
export const readJournalKey = (config: Config): JournalKey => {
  const { database } = config;
  if (database.journalKey !== null) return { id: 'env', secret: database.journalKey };
  if (database.kind === 'postgres') throw new Error('A journal key is needed with DATABASE_URL.');
  const file = join(database.dataDir, 'journal.key');
  mkdirSync(database.dataDir, { recursive: true });
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  return { id: 'file', secret: readFileSync(file, 'utf8').trim() };
};
