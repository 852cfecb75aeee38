/** One database, two engines: a server through `pg`, or PGlite in this process. Everything above sees only `Db` and `Tx`. */
import {
  Kysely,
  type KyselyPlugin,
  PGliteDialect,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type Transaction,
} from 'kysely';
import pg from 'pg';
import { parseInt8, parseTimestamp } from './contract.ts';
import { type Embedded, openEmbedded } from './embedded.ts';
import { outsideTransactionOnly } from './guards.ts';
import type { Schema } from './schema.ts';

/** Reads only. Refused while a transaction is open in the same async scope. */
export type Db = Pick<Kysely<Schema>, 'selectFrom' | 'fn' | 'dynamic'>;
/** Inside a transaction: reads and writes. */
export type Tx = Transaction<Schema>;

export type Engine = 'postgres' | 'embedded';
export type Database = {
  engine: Engine;
  /** For `transact`, `snapshot`, courier and jobs only: everything else reads with `db`. */
  kysely: Kysely<Schema>;
  db: Db;
  /** Runs several statements in one transaction, under a lock that only one process holds. */
  exclusively: (
    work: (run: (sql: string) => Promise<readonly Record<string, unknown>[]>) => Promise<void>,
  ) => Promise<void>;
  /** Vacuum and statistics. A server looks after itself; the embedded engine has nobody who does, and would plan for empty tables. */
  maintain: () => Promise<void>;
  close: () => Promise<void>;
};

/** Milliseconds. The interactive deadline of 2.0 s covers waiting for the pool, for locks and for statements. */
const TIMEOUTS = { connect: 1_500, lock: 1_000, statement: 1_800, idleInTransaction: 5_000 } as const;
const MIGRATION_LOCK = 7_462_913_551;

const INT8 = 20;
const NUMERIC = 1700;
const TIMESTAMPTZ = 1184;

const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text') => {
    if (oid === INT8) return parseInt8;
    if (oid === TIMESTAMPTZ) return parseTimestamp;
    if (oid === NUMERIC) return (text: string) => text;
    return pg.types.getTypeParser(oid, format);
  }) as pg.CustomTypesConfig['getTypeParser'],
};

const MOST_PREPARED = 500;
const STALE = new Set(['0A000', '26000']);

/**
 * The pool, with each statement prepared once by a connection and named from then on: planning a situation costs the server as much as
 * reading it. Texts are few, because lists have only a handful of lengths; what comes after the first five hundred goes unnamed.
 */
const preparing = (pool: pg.Pool): PostgresPool => {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    if (!names.has(text) && names.size < MOST_PREPARED) names.set(text, `signalbox_${names.size}`);
    return names.get(text);
  };
  const prepared = (client: pg.PoolClient): PostgresPoolClient => {
    let stale = false;
    const query = (text: string, values: readonly unknown[] = []) => {
      const name = values.length === 0 ? undefined : nameOf(text);
      return client
        .query({ text, values: [...values], ...(name === undefined ? {} : { name }) })
        .catch((error: unknown) => {
          // A migration changed a table under a prepared statement, or a proxy forgot it: this connection is of no more use.
          stale ||= STALE.has(String((error as { code?: unknown }).code));
          throw error;
        });
    };
    return {
      // Its other form takes a cursor, which Kysely only makes where one is configured.
      query: query as never,
      release: (destroy) => client.release(destroy === true || stale),
    };
  };
  return { options: pool.options, connect: async () => prepared(await pool.connect()), end: () => pool.end() };
};

const handles = (kysely: Kysely<Schema>, plugins: readonly KyselyPlugin[]): Pick<Database, 'kysely' | 'db'> => {
  const guarded = plugins.reduce<Kysely<Schema>>((instance, plugin) => instance.withPlugin(plugin), kysely);
  return { kysely: guarded, db: guarded.withPlugin(outsideTransactionOnly) };
};

export type ConnectOptions = { poolSize?: number; plugins?: readonly KyselyPlugin[]; onError?: (error: Error) => void };

/** Connects to a Postgres server. Lost connections are reported to `onError` and replaced; they never end the process. */
export const connectPostgres = (url: string, options: ConnectOptions = {}): Database => {
  const onError = options.onError ?? (() => undefined);
  const connection: pg.ClientConfig = {
    connectionString: url,
    types: typeParsers,
    application_name: 'signalbox',
    options: '-c TimeZone=UTC',
  };
  const pool = new pg.Pool({
    ...connection,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: TIMEOUTS.connect,
    statement_timeout: TIMEOUTS.statement,
    lock_timeout: TIMEOUTS.lock,
    idle_in_transaction_session_timeout: TIMEOUTS.idleInTransaction,
  });
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', onError));
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: preparing(pool) }) });
  return {
    engine: 'postgres',
    ...handles(kysely, options.plugins ?? []),
    exclusively: (work) => exclusivelyOnPostgres(connection, onError, work),
    maintain: () => Promise.resolve(),
    close: () => kysely.destroy(),
  };
};

const exclusivelyOnPostgres = async (
  connection: pg.ClientConfig,
  onError: (error: Error) => void,
  work: Parameters<Database['exclusively']>[0],
): Promise<void> => {
  const client = new pg.Client(connection);
  client.on('error', onError);
  await client.connect();
  try {
    await client.query('begin');
    // Held to the end of the transaction, so that a killed process gives it back with its connection.
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await work(async (sql) => {
      const result: unknown = await client.query(sql);
      return (result as { rows?: Record<string, unknown>[] }).rows ?? [];
    });
    await client.query('commit');
  } finally {
    await client.end();
  }
};

/** Wraps an open PGlite. Its single connection serialises transactions, so no further lock is needed. */
export const wrapEmbedded = ({ pglite, close }: Embedded, plugins: readonly KyselyPlugin[] = []): Database => {
  const kysely = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
  return {
    engine: 'embedded',
    ...handles(kysely, plugins),
    exclusively: async (work) => {
      await pglite.transaction(async (tx) => {
        await work(async (sql) => {
          const results = await tx.exec(sql);
          return (results.at(-1)?.rows ?? []) as Record<string, unknown>[];
        });
      });
    },
    maintain: async () => {
      await pglite.exec('vacuum analyze');
    },
    close: async () => {
      await kysely.destroy();
      await close();
    },
  };
};

export const connectEmbedded = async (dataDir: string, plugins: readonly KyselyPlugin[] = []): Promise<Database> =>
  wrapEmbedded(await openEmbedded(dataDir), plugins);
