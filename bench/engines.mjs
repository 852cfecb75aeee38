/** The two engines, each opened fresh for a part: a new database on the one server, or a new folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEmbedded, connectPostgres } from '../dist/db/connect.js';
import { startServer } from './postgres.mjs';

let server = null;

/** The Postgres server of this run, started when a part first wants it. */
export const postgres = () => (server ??= startServer());

const folders = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder, gone with this process. */
export const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  folders.push(folder);
  return folder;
};

const onPostgres = async () => {
  const { database, clock } = await postgres();
  const url = await database();
  return { engine: 'postgres', database: connectPostgres(url), clock, url };
};

const onEmbedded = async () => ({
  engine: 'embedded',
  database: await connectEmbedded(newFolder()),
  clock: null,
  url: null,
});

/** Both, or those of BENCH_ENGINES. */
export const ENGINES = (process.env.BENCH_ENGINES ?? 'postgres,embedded').split(',').filter(Boolean);

export const openEngine = (name) => (name === 'postgres' ? onPostgres() : onEmbedded());

export const stopServer = async () => {
  if (server !== null) await (await server).stop();
};
