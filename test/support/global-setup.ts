/** Once for all tests: a dump of a migrated embedded database, and a Postgres server with a migrated template. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { connectPostgres, wrapEmbedded } from '../../src/db/connect.ts';
import { openInMemory } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { administer } from './databases.ts';
import { startServer } from './postgres-server.ts';

const writeDump = async (file: string): Promise<void> => {
  const embedded = await openInMemory();
  const database = wrapEmbedded(embedded);
  await migrate(database);
  const dump = await embedded.pglite.dumpDataDir('none');
  writeFileSync(file, Buffer.from(await dump.arrayBuffer()));
  await database.close();
};

const makeTemplate = async (server: string): Promise<void> => {
  await administer(server, 'drop database if exists signalbox_template with (force)');
  await administer(server, 'create database signalbox_template');
  const url = new URL(server);
  url.pathname = '/signalbox_template';
  const database = connectPostgres(url.toString());
  await migrate(database);
  await database.close();
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Child processes run what is compiled: Node 20 does not read TypeScript.
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  const dump = join(folder, 'embedded.tar');
  const [server] = await Promise.all([startServer(), writeDump(dump)]);
  await makeTemplate(server.url);
  project.provide('embeddedDump', dump);
  project.provide('postgresUrl', server.url);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
