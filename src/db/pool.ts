/**
 * One way to a database for both engines: `pg` with named statements over a pool. A server is reached by its socket, the engine in this process by
 * the connection that it has for node-postgres.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type KyselyPlugin,
  PostgresAdapter,
  PostgresDialect,
  PostgresIntrospector,
  type PostgresPool,
  type PostgresPoolClient,
  PostgresQueryCompiler,
} from 'kysely';
import pg from 'pg';
import type { Database, Db, Tx } from './connection.ts';
import { parseInt8, parseTimestamp } from './contract.ts';
import { assertOutsideTransaction, outsideTransactionOnly } from './guards.ts';
import type { Schema } from './schema.ts';

const INT8 = 20;
const NUMERIC = 1700;
const TIMESTAMPTZ = 1184;

/** What the columns' types are read as. */
export const typeParsers: pg.CustomTypesConfig = {
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

/** node-postgres corks its socket for each query, and so do we around several of them; an engine in this process has no socket. */
type WithSocket = { connection: { stream: { cork?: () => void; uncork?: () => void } } };

type PreparedPool = Omit<PostgresPool, 'connect'> & { connect: () => Promise<PreparedClient> };

/** What a value is sent as. Made before anything leaves: what cannot be sent concerns whoever sends it, and nobody else on the connection. */
const sendable = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sendable);
  const whole = value === null || typeof value !== 'object' || value instanceof Date || value instanceof Uint8Array;
  return whole ? value : JSON.stringify(value);
};

/** Makes a client good again that cannot be replaced. */
type Cure = (client: pg.PoolClient) => Promise<void>;

const preparing = (pool: pg.Pool, cure: Cure | undefined): PreparedPool => {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    if (!names.has(text) && names.size < MOST_PREPARED) names.set(text, `signalbox_${names.size}`);
    return names.get(text);
  };
  const prepared = (client: pg.PoolClient): PreparedClient => {
    let stale = false;
    const send = async (text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> => {
      const name = values.length === 0 ? undefined : nameOf(text);
      try {
        return await client.query({ text, values: values.map(sendable), ...(name === undefined ? {} : { name }) });
      } catch (error) {
        // A migration changed a table under a prepared statement, or a proxy forgot it: its statements are of no more use.
        stale ||= STALE.has(String((error as { code?: unknown }).code));
        throw error;
      }
    };
    const { stream } = (client as pg.PoolClient & WithSocket).connection;
    return {
      send,
      atOnce: (sending) => {
        stream.cork?.();
        try {
          return sending();
        } finally {
          stream.uncork?.();
        }
      },
      // Its other form takes a cursor, which Kysely only makes where one is configured.
      query: send as never,
      release: (destroy) => {
        const spoilt = destroy === true || stale;
        if (!spoilt || cure === undefined) return client.release(spoilt);
        return void cure(client).then(
          () => client.release(),
          (error: Error) => client.release(error),
        );
      },
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

type UnitOptions = { plugins: readonly KyselyPlugin[]; beginning?: () => Promise<void>; cure?: Cure };

const unitOn =
  (pool: PreparedPool, { plugins, beginning }: UnitOptions): Database['unit'] =>
  async (reads, work, { snapshot, committing } = {}) => {
    const client = await pool.connect();
    let broken = false;
    try {
      await beginning?.();
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

/**
 * Reading, units and the end, over a pool. `beginning` is waited for before the first statement of each unit; with a `cure` no client is ever
 * given up.
 */
export const overPool = (pool: pg.Pool, options: UnitOptions): Pick<Database, 'kysely' | 'db' | 'unit' | 'close'> => {
  const prepared = preparing(pool, options.cure);
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: prepared }) });
  return {
    ...handles(kysely, options.plugins),
    unit: unitOn(prepared, options),
    close: async () => {
      await kysely.destroy();
      // Kysely ends only what it has used itself.
      if (!pool.ending) await pool.end();
    },
  };
};
