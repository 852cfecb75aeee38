/** A Postgres with fsync on for the benchmark: the one at TEST_DATABASE_URL, or the distribution's server in a temporary folder. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { serverClock, wait } from './measure.mjs';

/** Runs one text on a connection of its own. */
export const administer = async (url, text, use = ({ rows }) => rows) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return use(await client.query(text));
  } finally {
    await client.end();
  }
};

const untilReady = async (url) => {
  for (let tries = 0; tries < 100; tries += 1) {
    const ready = await administer(url, 'select 1').then(
      () => true,
      () => false,
    );
    if (ready) return;
    await wait(100);
  }
  throw new Error('Postgres did not start.');
};

/** The distribution's server, which root may only run as somebody else. */
const ownServer = async () => {
  const root = '/usr/lib/postgresql';
  const version = existsSync(root) ? readdirSync(root).sort().at(-1) : undefined;
  if (version === undefined) throw new Error('The benchmark needs a Postgres: install one, or set TEST_DATABASE_URL.');
  const bin = join(root, version, 'bin');
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-pg-'));
  const asRoot = userInfo().uid === 0;
  const as = (command, args) =>
    asRoot ? ['runuser', ['-u', 'nobody', '--', join(bin, command), ...args]] : [join(bin, command), args];
  if (asRoot) execFileSync('chown', ['nobody', folder]);
  const data = join(folder, 'data');
  const quiet = { stdio: 'pipe', cwd: folder };
  execFileSync(...as('initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C']), quiet);
  const port = 40_000 + (process.pid % 10_000);
  const started = as('postgres', ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1']);
  spawn(...started, { stdio: 'ignore', cwd: folder });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilReady(url);
  let running = true;
  const stop = () => {
    if (!running) return;
    running = false;
    execFileSync(...as('pg_ctl', ['stop', '-D', data, '-m', 'immediate']), quiet);
    rmSync(folder, { recursive: true, force: true });
  };
  // However the run ends, nothing is left behind.
  process.on('exit', stop);
  return { url, stop };
};

/** The server; `database` makes a new one in it, `clock` is the CPU that all of it has used. */
export const startServer = async () => {
  const given = process.env.TEST_DATABASE_URL;
  const { url, stop } = given === undefined ? await ownServer() : { url: given, stop: () => undefined };
  const made = [];
  const clock = await administer(url, 'select pg_backend_pid() as pid', ({ rows: [{ pid }] }) => serverClock(pid));
  return {
    clock,
    database: async () => {
      const name = `bench_${process.pid}_${made.length}`;
      await administer(url, `create database ${name}`);
      made.push(name);
      return Object.assign(new URL(url), { pathname: `/${name}` }).toString();
    },
    stop: async () => {
      if (given !== undefined) for (const name of made) await administer(url, `drop database ${name} with (force)`);
      stop();
    },
  };
};
