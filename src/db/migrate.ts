/** Migrations: numbered plain SQL files, forward only, applied at start. Any number of processes may start at once; each file runs once. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { StartError } from '../start-error.ts';
import type { Database } from './connection.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url));

type Migration = { version: number; name: string; sql: string };

export const readMigrations = (folder: string): readonly Migration[] =>
  readdirSync(folder)
    .filter((name) => /^\d{4}_.+\.sql$/.test(name))
    .sort()
    .map((name) => ({ version: Number(name.slice(0, 4)), name, sql: readFileSync(`${folder}/${name}`, 'utf8') }));

/** Brings the schema up to date and returns what was applied. Refuses a schema that is newer than the code. */
export const migrate = async (database: Database, folder: string = MIGRATIONS_FOLDER): Promise<readonly string[]> => {
  const known = readMigrations(folder);
  const newest = known.at(-1)?.version ?? 0;
  const applied: string[] = [];
  await database.exclusively(async (run) => {
    await run(
      'create table if not exists schema_migrations (version integer primary key, name text not null, applied_at timestamptz not null)',
    );
    const [row] = await run('select coalesce(max(version), 0) as version from schema_migrations');
    const current = Number(row?.['version'] ?? 0);
    if (current > newest) {
      throw new StartError(
        `The database has schema ${current}; this Signalbox knows schemas up to ${newest}. Start the newer Signalbox that migrated it, or restore the backup from before.`,
      );
    }
    for (const { version, name, sql } of known.filter((migration) => migration.version > current)) {
      await run(sql);
      await run(
        `insert into schema_migrations (version, name, applied_at) values (${version}, '${name}', clock_timestamp())`,
      );
      applied.push(name);
    }
  });
  return applied;
};
