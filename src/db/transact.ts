/**
 * The one place where state changes: the workspace's lock, de-duplication, deadline, retry, the log line and the wake after commit. Nothing
 * inside talks to Slack or reads through another connection.
 */
import { type CompiledQuery, type Selectable, sql } from 'kysely';
import type { Deps } from '../deps.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import type { Instant } from '../domain/time.ts';
import type { Token } from '../domain/token/token.ts';
import type { Database, Db, Tx } from './connection.ts';
import { json } from './contract.ts';
import { assertOutsideTransaction, insideTransaction } from './guards.ts';
import { build, given, prepare } from './prepared.ts';
import type { WorkspacesTable } from './schema.ts';
import { inTurn, NoTurn } from './turns.ts';

export type Surface =
  | 'api'
  | 'command'
  | 'message'
  | 'modal'
  | 'home'
  | 'shortcut'
  | 'event'
  | 'clock'
  | 'start'
  | 'install';

/** Who acts, from where, at which instant. One instant per use case. `requestKey` is the delivery's own id; `null` for our own jobs. */
export type Ctx = {
  workspace: WorkspaceId;
  actor: UserId | 'signalbox';
  surface: Surface;
  now: Instant;
  requestKey: string | null;
  /** The token by which it is done: it is no person, and may what it says. */
  token?: Token;
  /** What exactly is asked under the request key: the same key for something else is refused. */
  print?: string;
  /** A key of what can be used once, whatever the request key. */
  onceKey?: string;
  /** Slack was asked who this is and did not answer: what it said a little longer ago has to do. */
  slackAway?: boolean;
  /** Whether something of this request was committed: from then on nobody is told that nothing was done. */
  commits?: { done: boolean };
};

/**
 * The row of the workspace, locked: whoever has it is the only one who writes here until the unit ends. It carries what every act needs;
 * what changes it in the unit keeps it up to date.
 */
export type Writer = {
  catalogVersion: number | null;
  journal: { seq: number; hash: string };
  nextRelease: number;
  nextFreeze: number;
};

export type Unit<T> = {
  /** Sent with the beginning of the unit and answered behind the lock. */
  reads: readonly CompiledQuery[];
  /** Decides, and returns what is to be written with the commit. */
  work: (
    tx: Tx,
    writer: Writer,
    found: readonly (readonly unknown[])[],
  ) => Promise<{ decision: Decision<T>; writes: readonly CompiledQuery[] }>;
};

const MOST_TRIES = 4;
const RETRYABLE = new Set(['57P01', '57P02', '57P03', '40001', '40P01', '0A000', '26000']);
const LOST = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE']);
const TIMED_OUT = new Set(['57014', '55P03', '25P03']);

/** Milliseconds. The two seconds in which somebody gets an answer, less what the act itself takes. */
const LONGEST_WAIT = 1_500;

/** Milliseconds. A unit that was interrupted for longer (a stopped process) is not run again: nobody waits for it any more. */
const TOO_LATE = 5_000;

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** A lost connection, a restart, a deadlock: the unit may be run again, because a commit that did happen left its inbox row. */
const mayRetry = (error: unknown): boolean => {
  const code = codeOf(error);
  const lost =
    error instanceof Error && /Connection terminated|ECONNRESET|ECONNREFUSED|EPIPE|not queryable/.test(error.message);
  return RETRYABLE.has(code) || code.startsWith('08') || LOST.has(code) || lost;
};

const isTimeout = (error: unknown): boolean =>
  TIMED_OUT.has(codeOf(error)) ||
  (error instanceof Error && error.message.includes('timeout exceeded when trying to connect'));

const lockWriter = prepare(
  build
    .selectFrom('workspaces')
    .select(['catalog_version', 'journal_seq', 'journal_hash', 'next_release', 'next_freeze'])
    .where('id', '=', given<WorkspaceId>('workspace'))
    .forUpdate(),
);

const storedAnswer = prepare(
  build
    .selectFrom('inbox')
    .select('answer')
    .where('workspace_id', '=', given<WorkspaceId>('workspace'))
    .where('key', '=', given<string>('key')),
);

const keepAnswer = prepare(
  build.insertInto('inbox').values({
    workspace_id: given<WorkspaceId>('workspace'),
    key: given<string>('key'),
    answer: given<string>('answer'),
    at: given<Instant>('at'),
  }),
);

type WriterRow = Pick<
  Selectable<WorkspacesTable>,
  'catalog_version' | 'journal_seq' | 'journal_hash' | 'next_release' | 'next_freeze'
>;

const toWriter = (row: WriterRow): Writer => ({
  catalogVersion: row.catalog_version,
  journal: { seq: row.journal_seq, hash: row.journal_hash },
  nextRelease: row.next_release,
  nextFreeze: row.next_freeze,
});

/** With a print the answer is kept beside what was asked. */
const toKeep = ({ print }: Ctx, value: unknown): unknown =>
  print === undefined ? (value ?? null) : { print, value: value ?? null };

const keptAnswer = <T>({ print }: Ctx, kept: unknown): Decision<T> => {
  if (print === undefined) return allow(kept as T);
  const { print: asked, value } = kept as { print: string; value: T };
  return asked === print ? allow(value) : refuse({ code: 'idempotency.reused' });
};

/** Runs a unit as one transaction: the workspace is locked first, a duplicate of the request gets the stored answer, a success is kept under its key. */
const runUnit = <T>(deps: Deps, ctx: Ctx, { reads, work }: Unit<T>, committing: () => void): Promise<Decision<T>> => {
  const { workspace, requestKey: key } = ctx;
  const keys = [...(key === null ? [] : [key]), ...(ctx.onceKey === undefined ? [] : [ctx.onceKey])];
  const inbox = keys.map((each) => storedAnswer({ workspace, key: each }));
  return deps.database.unit<Decision<T>>(
    [lockWriter({ workspace }), ...inbox, ...reads],
    async (tx, found) => {
      const [row] = found[0] as readonly WriterRow[];
      if (row === undefined) throw new Error(`There is no workspace ${workspace}.`);
      const [stored] = (key === null ? [] : found[1]) as readonly { answer: unknown }[];
      if (stored !== undefined) return { value: keptAnswer<T>(ctx, stored.answer), writes: [] };
      if (ctx.onceKey !== undefined && (found[keys.length] ?? []).length > 0)
        return { value: refuse({ code: 'startToken.used' }), writes: [] };
      const { decision, writes } = await work(tx, toWriter(row), found.slice(1 + inbox.length));
      deps.at('between trips');
      const kept = decision.ok
        ? keys.map((each) =>
            keepAnswer({ workspace, key: each, answer: json(toKeep(ctx, decision.value)), at: ctx.now }),
          )
        : [];
      return { value: decision, writes: [...writes, ...kept] };
    },
    { committing },
  );
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs a unit that may be run again until it ends, or fails in a way that running it again does not cure. */
const persistently = async <T>(may: (error: unknown) => boolean, random: () => number, unit: () => Promise<T>) => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await unit();
    } catch (error) {
      if (tries >= MOST_TRIES || !may(error)) throw error;
      await pause(20 * 2 ** tries * (1 + random()));
    }
  }
};

/** A read, or another unit that is the same when done twice, done again after a lost connection. */
export const untilRead = <T>(unit: () => Promise<T>): Promise<T> => persistently(mayRetry, () => 0, unit);

/** The process was stopped between its trips: what it read is old, and nobody waits for it any more. */
class TooLate extends Error {
  constructor() {
    super(`more than ${TOO_LATE} ms went by before anything was written`);
  }
}

/** Whether it may have been committed is looked up in the inbox by running it again; before that nothing has changed, and late is late. */
const attempt = async <T>(deps: Deps, ctx: Ctx, name: string, unit: Unit<T>): Promise<Decision<T>> => {
  const started = performance.now();
  let committing = false;
  const late = (): boolean => !committing && performance.now() - started > TOO_LATE;
  try {
    return await persistently(
      (error) => mayRetry(error) && !late(),
      deps.random,
      () =>
        inTurn(ctx.workspace, LONGEST_WAIT, () =>
          insideTransaction(name, () =>
            runUnit(deps, ctx, unit, () => {
              if (late()) throw new TooLate();
              committing = true;
            }),
          ),
        ),
    );
  } catch (error) {
    if (isTimeout(error) || error instanceof TooLate || error instanceof NoTurn || (mayRetry(error) && late())) {
      deps.log.warn(
        { err: error, useCase: name, workspace: ctx.workspace },
        'given up in time: rolled back, nothing was changed',
      );
      return refuse({ code: 'busy', did: 'Nothing done' });
    }
    throw error;
  }
};

/**
 * Runs one use case in one transaction, alone in its workspace, and commits what it wrote. The value has to be JSON: it is kept as the
 * answer, and a duplicate of the request gets the same one. A refusal commits too, because settling may have written before it.
 */
export const inUnit = async <T>(
  deps: Deps,
  ctx: Ctx,
  name: string,
  subject: string,
  unit: Unit<T>,
): Promise<Decision<T>> => {
  assertOutsideTransaction('A second transaction');
  const started = performance.now();
  const line = { useCase: name, workspace: ctx.workspace, actor: ctx.actor, surface: ctx.surface, subject };
  try {
    const decision = await attempt(deps, ctx, name, unit);
    const outcome = decision.ok ? 'ok' : decision.refusal.code;
    // A tick comes every few seconds and mostly finds nothing: it is not news.
    const level = ctx.surface === 'clock' ? 'debug' : 'info';
    deps.log[level]({ ...line, outcome, ms: Math.round(performance.now() - started) }, 'use case');
    deps.metrics.useCase(name, decision.ok ? 'ok' : 'refused');
    if (decision.ok && ctx.commits !== undefined) ctx.commits.done = true;
    deps.at('after commit');
    deps.wake();
    return decision;
  } catch (error) {
    deps.log.error({ ...line, outcome: 'failed', err: error, ms: Math.round(performance.now() - started) }, 'use case');
    deps.metrics.useCase(name, 'failed');
    throw error;
  }
};

/** A use case that reads and writes one statement after another: for what nobody waits for in a click. */
export const transact = <T>(
  deps: Deps,
  ctx: Ctx,
  name: string,
  subject: string,
  work: (tx: Tx, writer: Writer) => Promise<Decision<T>>,
): Promise<Decision<T>> =>
  inUnit(deps, ctx, name, subject, {
    reads: [],
    work: async (tx, writer) => ({ decision: await work(tx, writer), writes: [] }),
  });

/** Reads everything inside `read` as of one moment. */
export const snapshot = async <T>(database: Database, read: (db: Db) => Promise<T>): Promise<T> => {
  assertOutsideTransaction('A snapshot');
  return untilRead(() =>
    insideTransaction('snapshot', () =>
      database.unit([], async (tx) => ({ value: await read(tx), writes: [] }), { snapshot: true }),
    ),
  );
};

/** The database's own time, to measure the offset of this machine's clock. */
export const databaseTime = async (database: Database): Promise<Instant> => {
  const { rows } = await sql<{ now: Instant }>`select clock_timestamp() as now`.execute(database.kysely);
  const [row] = rows;
  if (row === undefined) throw new Error('The database did not say what time it is.');
  return row.now;
};
