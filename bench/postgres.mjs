/** A Postgres with fsync on for the benchmark: a database of its own on TEST_DATABASE_URL, or the distribution's server in a temporary folder. */
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
    const ready = await run(url, 'select 1').then(
      () => true,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('Postgres did not start.');
};

export const startServer = async () => {
  if (process.env.TEST_DATABASE_URL !== undefined) {
    const url = new URL(process.env.TEST_DATABASE_URL);
    const name = `bench_${process.pid}`;
    await run(url.toString(), `create database ${name}`);
    return {
      url: Object.assign(new URL(url), { pathname: `/${name}` }).toString(),
      stop: () => run(url.toString(), `drop database ${name}`),
    };
  }
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
  execFileSync(...as('initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C']), {
    stdio: 'pipe',
    cwd: folder,
  });
  const port = 40_000 + (process.pid % 10_000);
  const [command, args] = as('postgres', ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1']);
  const server = spawn(command, args, { stdio: 'ignore', cwd: folder });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilReady(url);
  const stop = async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    execFileSync(...as('pg_ctl', ['stop', '-D', data, '-m', 'immediate']), { stdio: 'pipe', cwd: folder });
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, stop };
};
