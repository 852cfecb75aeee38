/** One database, two engines: a server through `pg`, or PGlite in this process. Everything above sees only `Db` and `Tx`. */
import { AsyncResource } from 'node:async_hooks';
import {
  type CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type KyselyPlugin,
  PGliteDialect,
  PostgresAdapter,
  PostgresDialect,
  PostgresIntrospector,
  type PostgresPool,
  type PostgresPoolClient,
  PostgresQueryCompiler,
  type Transaction,
} from 'kysely';
import pg from 'pg';
import { parseInt8, parseTimestamp } from './contract.ts';
import { type Embedded, openEmbedded } from './embedded.ts';
import { assertOutsideTransaction, outsideTransactionOnly } from './guards.ts';
import type { Schema } from './schema.ts';

/** Reads only. Refused while a transaction is open in the same async scope. */
export type Db = Pick<Kysely<Schema>, 'selectFrom' | 'fn' | 'dynamic' | 'executeQuery'>;
/** Inside a transaction: reads and writes. Queries that are awaited together go out together. */
export type Tx = Transaction<Schema>;

type Rows = readonly unknown[];

/** What a transaction was for: its value, and what is written with the commit, in one trip. */
export type Ending<Value> = { value: Value; writes: readonly CompiledQuery[] };

export type How = {
  /** Sees the database as of one moment, and writes nothing. */
  snapshot?: boolean;
  /** Called before the second trip leaves: what fails earlier has changed nothing. */
  committing?: () => void;
};

/** What a unit does between its trips. `found` are the rows of the queries that were sent with its beginning, in their order. */
export type Work<Value> = (tx: Tx, found: readonly Rows[]) => Promise<Ending<Value>>;

export type Engine = 'postgres' | 'embedded';
export type Database = {
  engine: Engine;
  /** For `transact`, `snapshot`, courier and jobs only: everything else reads with `db`. */
  kysely: Kysely<Schema>;
  db: Db;
  /**
   * One transaction in as few trips as it can be: its beginning and `reads` go out together, `writes` and the commit as well.
   */
  unit: <Value>(reads: readonly CompiledQuery[], work: Work<Value>, how?: How) => Promise<Value>;
  /** Runs several statements in one transaction, under a lock that only one process holds. */
  exclusively: (
    work: (
      run: (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>,
    ) => Promise<void>,
  ) => Promise<void>;
  /**
   * Hears what is told on the channel, until the returned function is called. A lost connection is taken up again; what was told meanwhile is
   * lost, so that nobody may wait for it alone.
   */
  listen: (
    channel: string,
    hear: (payload: string) => void,
    onLost: (error: unknown) => void,
  ) => Promise<() => Promise<void>>;
  /** Vacuum and statistics. A server looks after itself; the embedded engine has nobody who does, and would plan for empty tables. */
  maintain: () => Promise<void>;
  close: () => Promise<void>;
};

/** Milliseconds. The interactive deadline of 2.0 s covers waiting for the pool, for locks and for statements. */
const TIMEOUTS = { connect: 1_500, lock: 1_000, statement: 1_800, idleInTransaction: 5_000 } as const;
const MIGRATION_LOCK = 7_462_913_551;

/**
 * One plan serves a text for good: planning anew took a third of the server's time. Such a plan cannot know how few rows it will meet, and would
 * read small tables whole until they have grown: everything here is found by an index. Compiling a plan takes longer than running it.
 */
const SESSION = ['TimeZone=UTC', 'plan_cache_mode=force_generic_plan', 'enable_seqscan=off', 'jit=off']
  .map((setting) => `-c ${setting}`)
  .join(' ');

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
type PreparedClient = PostgresPoolClient & {
  send: (text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>;
  /** What is sent inside leaves as one: each write of its own is a call of the system, and a third of what a click cost. */
  atOnce: <T>(sending: () => T) => T;
};

/** node-postgres corks its socket for each query, and so do we around several of them. */
type WithSocket = { connection: { stream: { cork: () => void; uncork: () => void } } };

type PreparedPool = Omit<PostgresPool, 'connect'> & { connect: () => Promise<PreparedClient> };

const preparing = (pool: pg.Pool): PreparedPool => {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    if (!names.has(text) && names.size < MOST_PREPARED) names.set(text, `signalbox_${names.size}`);
    return names.get(text);
  };
  const prepared = (client: pg.PoolClient): PreparedClient => {
    let stale = false;
    const send = (text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> => {
      const name = values.length === 0 ? undefined : nameOf(text);
      return client
        .query({ text, values: [...values], ...(name === undefined ? {} : { name }) })
        .catch((error: unknown) => {
          // A migration changed a table under a prepared statement, or a proxy forgot it: this connection is of no more use.
          stale ||= STALE.has(String((error as { code?: unknown }).code));
          throw error;
        });
    };
    const { stream } = (client as pg.PoolClient & WithSocket).connection;
    return {
      send,
      atOnce: (sending) => {
        stream.cork();
        try {
          return sending();
        } finally {
          stream.uncork();
        }
      },
      // Its other form takes a cursor, which Kysely only makes where one is configured.
      query: send as never,
      release: (destroy) => client.release(destroy === true || stale),
    };
  };
  return { options: pool.options, connect: async () => prepared(await pool.connect()), end: () => pool.end() };
};

const withPlugins = (kysely: Kysely<Schema>, plugins: readonly KyselyPlugin[]): Kysely<Schema> =>
  plugins.reduce<Kysely<Schema>>((instance, plugin) => instance.withPlugin(plugin), kysely);

const handles = (kysely: Kysely<Schema>, plugins: readonly KyselyPlugin[]): Pick<Database, 'kysely' | 'db'> => {
  const guarded = withPlugins(kysely, plugins);
  const reading = guarded.withPlugin(outsideTransactionOnly);
  const db: Db = {
    selectFrom: reading.selectFrom.bind(reading),
    fn: reading.fn,
    dynamic: reading.dynamic,
    executeQuery: (query) => {
      assertOutsideTransaction('A query on the reading handle');
      return reading.executeQuery(query);
    },
  };
  return { kysely: guarded, db };
};

/**
 * Kysely on one client that does not queue: its own transactions wait for each statement before they send the next, and a unit of twelve
 * statements would be twelve trips.
 */
const onClient = (client: PreparedClient, plugins: readonly KyselyPlugin[]): Tx => {
  const connection: DatabaseConnection = {
    executeQuery: async <Row>({ sql, parameters }: CompiledQuery) => {
      const { command, rowCount, rows } = await client.send(sql, parameters);
      const changed = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
      return { rows: rows as Row[], ...(changed ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
    },
    streamQuery: () => {
      throw new Error('Nothing is streamed inside a transaction.');
    },
  };
  const nothing = (): Promise<void> => Promise.resolve();
  const driver = {
    init: nothing,
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    releaseConnection: nothing,
    destroy: nothing,
  };
  const kysely = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  return withPlugins(kysely, plugins) as Tx;
};

/** A batch that fails answers its COMMIT with ROLLBACK: the statement that failed says why. */
const committed = async (sent: readonly Promise<pg.QueryResult>[]): Promise<void> => {
  const results = await Promise.allSettled(sent);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  const last = results.at(-1);
  if (last?.status !== 'fulfilled' || last.value.command !== 'COMMIT')
    throw new Error('The database answered a commit with something else.');
};

const unitOn =
  (pool: PreparedPool, plugins: readonly KyselyPlugin[]): Database['unit'] =>
  async (reads, work, { snapshot, committing } = {}) => {
    const client = await pool.connect();
    let broken = false;
    try {
      const [, ...found] = await Promise.all(
        client.atOnce(() => [
          client.send(snapshot === true ? 'begin isolation level repeatable read read only' : 'begin'),
          ...reads.map(({ sql, parameters }) => client.send(sql, parameters)),
        ]),
      );
      const { value, writes } = await work(
        onClient(client, plugins),
        found.map(({ rows }) => rows),
      );
      committing?.();
      await committed(
        client.atOnce(() => [
          ...writes.map(({ sql, parameters }) => client.send(sql, parameters)),
          client.send('commit'),
        ]),
      );
      return value;
    } catch (error) {
      // Whatever is still under way comes before it; a client that cannot even do this is of no more use.
      await client.send('rollback').catch(() => {
        broken = true;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  };

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
  const prepared = preparing(pool);
  const plugins = options.plugins ?? [];
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: prepared }) });
  return {
    engine: 'postgres',
    ...handles(kysely, plugins),
    unit: unitOn(prepared, plugins),
    exclusively: (work) => exclusivelyOnPostgres(connection, onError, work),
    listen: (channel, hear, onLost) => listenOnPostgres(connection, channel, hear, onLost),
    maintain: () => Promise.resolve(),
    close: () => kysely.destroy(),
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
    await work(async (sql, values = []) => {
      const result: unknown = await client.query(sql, [...values]);
      return (result as { rows?: Record<string, unknown>[] }).rows ?? [];
    });
    await client.query('commit');
  } finally {
    await client.end();
  }
};

/** The engine runs in this process and never waits: in each unit what has come from outside is looked at, so that it can be refused in time. */
const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Wraps an open PGlite. Its single connection serialises transactions, so no further lock is needed. */
export const wrapEmbedded = ({ pglite, close }: Embedded, plugins: readonly KyselyPlugin[] = []): Database => {
  const kysely = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
  const both = handles(kysely, plugins);
  return {
    engine: 'embedded',
    ...both,
    // One connection: nothing else runs meanwhile, so every unit is a snapshot.
    unit: (reads, work, { committing } = {}) =>
      both.kysely.transaction().execute(async (tx) => {
        await breath();
        const found: Rows[] = [];
        for (const read of reads) found.push((await tx.executeQuery(read)).rows);
        const { value, writes } = await work(tx, found);
        committing?.();
        for (const write of writes) await tx.executeQuery(write);
        return value;
      }),
    exclusively: async (work) => {
      await pglite.transaction(async (tx) => {
        await work(async (sql, values = []) => {
          if (values.length > 0) return (await tx.query<Record<string, unknown>>(sql, [...values])).rows;
          const results = await tx.exec(sql);
          return (results.at(-1)?.rows ?? []) as Record<string, unknown>[];
        });
      });
    },
    listen: async (channel, hear) => {
      // It is told in the midst of whoever's commit tells it: what comes of it is not part of that.
      const unlisten = await pglite.listen(channel, AsyncResource.bind(hear));
      return () => (pglite.closed ? Promise.resolve() : unlisten());
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
