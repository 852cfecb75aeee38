/** What everything above the database sees of it. */
import type { CompiledQuery, Kysely, Transaction } from 'kysely';
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
