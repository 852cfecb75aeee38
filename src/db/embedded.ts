/**
 * The embedded engine, made safe. PGlite as shipped never calls fsync, takes no lock on its folder and fails without a word on a folder of
 * another major version; here every commit reaches the disk, a second process is refused by the holder's pid, and the version is checked.
 */
import { execFile } from 'node:child_process';
import {
  existsSync,
  fsyncSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { StartError } from '../start-error.ts';

/** The PostgreSQL major version inside the pinned PGlite. */
const ENGINE_MAJOR = '18';

type EmscriptenModule = { NODEFS: { stream_ops: { fsync?: (stream: { nfd: number }) => number } } };

/** Emscripten's node filesystem has no fsync of its own: without this a commit only reaches the page cache. */
class DurableNodeFS extends NodeFS {
  readonly #sync: (fd: number) => void;

  constructor(dataDir: string, sync: (fd: number) => void) {
    super(dataDir);
    this.#sync = sync;
  }

  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...args);
    const sync = this.#sync;
    const install = (module: EmscriptenModule): void => {
      module.NODEFS.stream_ops.fsync = (stream) => {
        sync(stream.nfd);
        return 0;
      };
    };
    const preRun = [emscriptenOpts.preRun ?? []].flat() as unknown[];
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...preRun, install] as never } };
  }
}

/**
 * `-F` would switch fsync off; the default sync method is one that does not pass through the hook above. The engine's default buffers of 128 MB
 * cost this process 120 MB more than these do. Statistics are of the start, and a table that was small then is read whole for ever: everything
 * is found by an index, as on a server, by plans that are made once.
 */
const startParams = (): string[] => [
  ...PGlite.defaultStartParams.filter((param) => param !== '-F'),
  '-c',
  'wal_sync_method=fsync',
  '-c',
  'shared_buffers=32MB',
  '-c',
  'enable_seqscan=off',
  '-c',
  'enable_hashjoin=off',
  '-c',
  'enable_mergejoin=off',
  '-c',
  'plan_cache_mode=force_generic_plan',
];

const checkVersion = (folder: string): void => {
  const file = join(folder, 'PG_VERSION');
  if (!existsSync(file)) return;
  const found = readFileSync(file, 'utf8').trim();
  if (found === ENGINE_MAJOR) return;
  throw new StartError(
    `The data in ${folder} was written by PostgreSQL ${found}; this Signalbox has ${ENGINE_MAJOR}. Start the Signalbox version that wrote it, move its data to a server with pg_dump (docs/operations.md), or point DATA_DIR to an empty folder.`,
  );
};

type Holder = { pid: number; host: string; boot: string };

const bootId = (): string => {
  const file = '/proc/sys/kernel/random/boot_id';
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
};

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const stale = (holder: Holder): boolean =>
  holder.host === hostname() && (holder.boot !== bootId() || !alive(holder.pid));

/** Takes the folder for this process. Never from a live holder; a lock left by a killed process or an earlier boot is taken over. */
const takeFolder = (dataDir: string): (() => void) => {
  const file = join(dataDir, 'signalbox.lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), boot: bootId() } satisfies Holder);
  for (let turn = 0; turn < 2; turn += 1) {
    try {
      writeFileSync(file, mine, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = JSON.parse(readFileSync(file, 'utf8')) as Holder;
      if (!stale(holder)) {
        throw new StartError(
          `${dataDir} is in use by process ${holder.pid} on ${holder.host}. Stop that one, or give this one another DATA_DIR. If it is gone for good, delete ${file}.`,
          { cause: error },
        );
      }
      rmSync(file, { force: true });
    }
  }
  throw new StartError(`${file} was taken by another process while this one started. Start again.`);
};

const CREATE = `
const [pglite, folder] = process.argv.slice(1);
const { PGlite } = await import(pglite);
await (await PGlite.create(folder)).close();
`;

/** Everything that was written reaches the disk before the folder gets its name. */
const syncAll = async (folder: string): Promise<void> => {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  await Promise.all(
    names.map(async (entry) => {
      const file = await open(join(entry.parentPath, entry.name), 'r');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    }),
  );
};

/**
 * Creating takes half a gigabyte that a process does not give back: it is done in one of its own. Under another name until it is whole, so that
 * a kill in the middle leaves nothing that looks like a database.
 */
const createFolder = async (folder: string): Promise<void> => {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const engine = import.meta.resolve('@electric-sql/pglite');
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', CREATE, engine, unfinished]);
  await syncAll(unfinished);
  renameSync(unfinished, folder);
};

export type Embedded = { pglite: PGlite; close: () => Promise<void> };

/** Opens the database in `dataDir`, creating it when needed. `sync` is fsync, and a counter in tests. */
export const openEmbedded = async (dataDir: string, sync: (fd: number) => void = fsyncSync): Promise<Embedded> => {
  const folder = join(dataDir, 'postgres');
  mkdirSync(dataDir, { recursive: true });
  const giveBack = takeFolder(dataDir);
  try {
    await createFolder(folder);
    checkVersion(folder);
    const pglite = await PGlite.create({
      fs: new DurableNodeFS(folder, sync),
      startParams: startParams(),
    });
    return {
      pglite,
      close: async () => {
        if (!pglite.closed) await pglite.close();
        giveBack();
      },
    };
  } catch (error) {
    giveBack();
    throw error;
  }
};

/** A database in memory, from a dump of a migrated one when given: for tests. */
export const openInMemory = async (dump?: Blob): Promise<Embedded> => {
  const pglite = await PGlite.create({
    startParams: startParams(),
    ...(dump === undefined ? {} : { loadDataDir: dump }),
  });
  return { pglite, close: async () => (pglite.closed ? undefined : pglite.close()) };
};
