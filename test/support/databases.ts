/** Databases for tests: an embedded one restored from a migrated dump, or a Postgres database cloned from a migrated template. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { inject } from 'vitest';
import { connectPostgres, wrapEmbedded } from '../../src/db/connect.ts';
import type { Database, Engine } from '../../src/db/connection.ts';
import { openInMemory } from '../../src/db/embedded.ts';
import { tenantGuard } from '../../src/db/guards.ts';

export type TestDatabase = { database: Database; url: string | null; drop: () => Promise<void> };

declare module 'vitest' {
  export interface ProvidedContext {
    embeddedDump: string;
    postgresUrl: string;
  }
}

const onEmbedded = async (): Promise<TestDatabase> => {
  const dump = new Blob([readFileSync(inject('embeddedDump'))]);
  const database = wrapEmbedded(await openInMemory(dump), [tenantGuard]);
  return { database, url: null, drop: () => database.close() };
};

export const administer = async (url: string, sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** A new database on the test server, migrated, and its address. */
export const newPostgresDatabase = async (): Promise<{ url: string; drop: () => Promise<void> }> => {
  const server = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(server, `create database ${name} template signalbox_template`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => administer(server, `drop database ${name} with (force)`) };
};

const onPostgres = async (): Promise<TestDatabase> => {
  const { url, drop } = await newPostgresDatabase();
  const database = connectPostgres(url, { plugins: [tenantGuard] });
  return {
    database,
    url,
    drop: async () => {
      await database.close();
      await drop();
    },
  };
};

export const openTestDatabase = (engine: Engine): Promise<TestDatabase> =>
  engine === 'postgres' ? onPostgres() : onEmbedded();
