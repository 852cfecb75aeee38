/** A Postgres with fsync on for the benchmark: TEST_DATABASE_URL, or the distribution's own in a temporary folder. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const run = async (url, text) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
};

const untilReady = async (url) => {
  for (let tries = 0; tries < 100; tries += 1) {
    const ready = await run(url, 'select 1').then(() => true, () => false);
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('Postgres did not start.');
};

export const startServer = async () => {
  let count = 0;
  const withFresh = (url, stop) => ({
    url,
    stop,
    fresh: async () => {
      count += 1;
      const name = `bench_${process.pid}_${count}`;
      await run(url, `create database ${name}`);
      const fresh = new URL(url);
      fresh.pathname = `/${name}`;
      return fresh.toString();
    },
  });
  if (process.env.TEST_DATABASE_URL !== undefined) return withFresh(process.env.TEST_DATABASE_URL, () => Promise.resolve());
  const root = '/usr/lib/postgresql';
  const version = existsSync(root) ? readdirSync(root).sort().at(-1) : undefined;
  if (version === undefined) throw new Error('The benchmark needs a Postgres: install one, or set TEST_DATABASE_URL.');
  const bin = join(root, version, 'bin');
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-pg-'));
  const asRoot = userInfo().uid === 0;
  const as = (command, args) => (asRoot ? ['runuser', ['-u', 'nobody', '--', join(bin, command), ...args]] : [join(bin, command), args]);
  if (asRoot) execFileSync('chown', ['nobody', folder]);
  const data = join(folder, 'data');
  execFileSync(...as('initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C']), { stdio: 'pipe', cwd: folder });
  const port = 40_000 + (process.pid % 10_000);
  const [command, args] = as('postgres', ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1']);
  const server = spawn(command, args, { stdio: 'ignore', cwd: folder });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilReady(url);
  return withFresh(url, async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    execFileSync(...as('pg_ctl', ['stop', '-D', data, '-m', 'immediate']), { stdio: 'pipe', cwd: folder });
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
};
