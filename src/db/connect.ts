/** One database, two engines: a server through `pg`, or PGlite in this process. */
import { AsyncResource } from 'node:async_hooks';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import type { KyselyPlugin } from 'kysely';
import pg from 'pg';
import type { Database } from './connection.ts';
import { type Embedded, openEmbedded } from './embedded.ts';
import { overPool, typeParsers } from './pool.ts';

/** Milliseconds. The interactive deadline of 2.0 s covers waiting for the pool, for locks and for statements. */
const TIMEOUTS = { connect: 1_500, lock: 1_000, statement: 1_800, idleInTransaction: 5_000 } as const;
const MIGRATION_LOCK = 7_462_913_551;

/**
 * One plan serves a text for good: planning anew took a third of the server's time. Such a plan cannot know how few rows it will meet, and would
 * read small tables whole until they have grown: everything here is found by an index. Compiling a plan takes longer than running it.
 */
const SESSION = [
  'TimeZone=UTC',
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  // Few rows are joined by their keys: to hash or to sort a table for them costs more than all the rest.
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'jit=off',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

export type ConnectOptions = { poolSize?: number; plugins?: readonly KyselyPlugin[]; onError?: (error: Error) => void };

/** Connects to a Postgres server. Lost connections are reported to `onError` and replaced; they never end the process. */
export const connectPostgres = (url: string, options: ConnectOptions = {}): Database => {
  const onError = options.onError ?? (() => undefined);
  const connection: pg.ClientConfig = {
    connectionString: url,
    types: typeParsers,
    application_name: 'signalbox',
    options: SESSION,
  };
  const pool = new pg.Pool({
    ...connection,
    pipeline: true,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: TIMEOUTS.connect,
    statement_timeout: TIMEOUTS.statement,
    lock_timeout: TIMEOUTS.lock,
    idle_in_transaction_session_timeout: TIMEOUTS.idleInTransaction,
  });
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', onError));
  return {
    engine: 'postgres',
    ...overPool(pool, { plugins: options.plugins ?? [] }),
    exclusively: (work) => exclusivelyOnPostgres(connection, onError, work),
    listen: (channel, hear, onLost) => listenOnPostgres(connection, channel, hear, onLost),
    maintain: () => Promise.resolve(),
  };
};

/** Milliseconds. */
const LISTEN_AGAIN = 1_000;

/** A connection of its own that only hears; when it is lost, another one. */
const listenOnPostgres: (
  connection: pg.ClientConfig,
  ...rest: Parameters<Database['listen']>
) => Promise<() => Promise<void>> = async (connection, channel, hear, onLost) => {
  let client: pg.Client | null = null;
  let ended = false;
  let timer: NodeJS.Timeout | null = null;
  const again = (error: unknown): void => {
    if (ended || timer !== null) return;
    onLost(error);
    timer = setTimeout(() => {
      timer = null;
      connect().catch(again);
    }, LISTEN_AGAIN);
    timer.unref();
  };
  const connect = async (): Promise<void> => {
    const next = new pg.Client({ ...connection, connectionTimeoutMillis: TIMEOUTS.connect, keepAlive: true });
    const lost = (error: unknown): void => {
      if (client === next) again(error);
    };
    next.on('error', lost);
    next.on('end', () => lost(new Error('the connection ended')));
    next.on('notification', ({ payload }) => hear(payload ?? ''));
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
    } catch (error) {
      await next.end().catch(onLost);
      throw error;
    }
    client = next;
    if (ended) await next.end();
  };
  await connect().catch(again);
  return async () => {
    ended = true;
    if (timer !== null) clearTimeout(timer);
    await client?.end().catch(onLost);
  };
};

type Exclusive = Parameters<Database['exclusively']>[0];

/** Runs a text: one statement with its values, or many without. */
const running =
  (client: pg.ClientBase): Parameters<Exclusive>[0] =>
  async (sql, values = []) => {
    const result: unknown = await client.query(sql, [...values]);
    return (result as { rows?: Record<string, unknown>[] }).rows ?? [];
  };

/** All of it or nothing: an error that `work` did not pass on is found by the answer to the commit. */
const inTransaction = async (
  client: pg.ClientBase,
  onError: (error: Error) => void,
  work: Exclusive,
): Promise<void> => {
  await client.query('begin');
  try {
    await work(running(client));
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') throw new Error('A statement had failed: nothing of it was committed.');
  } catch (error) {
    // What failed first is what is thrown; that going back failed as well is reported beside it.
    await client.query('rollback').catch(onError);
    throw error;
  }
};

const exclusivelyOnPostgres = async (
  connection: pg.ClientConfig,
  onError: (error: Error) => void,
  work: Exclusive,
): Promise<void> => {
  const client = new pg.Client(connection);
  client.on('error', onError);
  await client.connect();
  try {
    // Held to the end of the transaction, so that a killed process gives it back with its connection.
    await inTransaction(client, onError, async (run) => {
      await run('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
      await work(run);
    });
  } finally {
    await client.end();
  }
};

/** The engine runs in this process and never waits: in each unit what has come from outside is looked at, so that it can be refused in time. */
const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Everything goes over the one connection that the engine has: it is never given up, because what takes its place would be the same one. */
export const wrapEmbedded = (
  { pglite, close }: Embedded,
  plugins: readonly KyselyPlugin[] = [],
  onError: (error: Error) => void = () => undefined,
): Database => {
  const reached = createPgConfig(pglite);
  const pool = new pg.Pool({
    ...(reached as pg.ClientConfig),
    types: typeParsers,
    pipeline: true,
    max: 1,
    idleTimeoutMillis: 0,
  });
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', onError));
  const over = overPool(pool, {
    plugins,
    beginning: breath,
    cure: async (client) => {
      await client.query('rollback');
      await client.query('deallocate all');
      Object.assign(reached.connection, { parsedStatements: {}, submittedNamedStatements: {} });
    },
  });
  /** `pool.query` would give the client up when the statement fails. */
  const using = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  };
  return {
    engine: 'embedded',
    ...over,
    exclusively: (work) => using((client) => inTransaction(client, onError, work)),
    listen: async (channel, hear) => {
      await using((client) => client.query(`listen ${channel}`));
      // It is told in the midst of whoever's commit tells it: what comes of it is not part of that.
      const heard = AsyncResource.bind(hear);
      const forget = pglite.onNotification((told, payload) => (told === channel ? heard(payload) : undefined));
      return () => Promise.resolve(forget());
    },
    maintain: async () => {
      await using((client) => client.query('vacuum analyze'));
    },
    close: async () => {
      await over.close();
      await close();
    },
  };
};

export const connectEmbedded = async (
  dataDir: string,
  plugins: readonly KyselyPlugin[] = [],
  onError?: (error: Error) => void,
): Promise<Database> => wrapEmbedded(await openEmbedded(dataDir), plugins, onError);
