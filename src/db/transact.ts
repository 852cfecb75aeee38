/**
 * The one place where state changes: de-duplication, deadline, retry, the log line and the wake after commit. Nothing inside talks to
 * Slack or reads through another connection.
 */
import { sql } from 'kysely';
import type { Deps } from '../deps.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import { type Decision, refuse } from '../domain/refusal.ts';
import type { Database, Db, Tx } from './connection.ts';
import { json } from './contract.ts';
import { assertOutsideTransaction, insideTransaction } from './guards.ts';

export type Surface = 'command' | 'message' | 'modal' | 'home' | 'shortcut' | 'event' | 'clock' | 'start' | 'install';

/** Who acts, from where, at which instant. One instant per use case. `requestKey` is the delivery's own id; `null` for our own jobs. */
export type Ctx = {
  workspace: WorkspaceId;
  actor: UserId | 'signalbox';
  surface: Surface;
  now: Instant;
  requestKey: string | null;
};

const MOST_TRIES = 4;
const RETRYABLE = new Set(['57P01', '57P02', '57P03', '40001', '40P01', '0A000', '26000']);
const TIMED_OUT = new Set(['57014', '55P03']);

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** A lost connection, a restart, a deadlock: the unit may be run again, because a commit that did happen left its inbox row. */
const mayRetry = (error: unknown): boolean => {
  const code = codeOf(error);
  const lost = error instanceof Error && /Connection terminated|ECONNRESET|ECONNREFUSED/.test(error.message);
  return RETRYABLE.has(code) || code.startsWith('08') || code === 'ECONNRESET' || code === 'ECONNREFUSED' || lost;
};

const isDuplicate = (error: unknown): boolean =>
  codeOf(error) === '23505' &&
  String((error as { constraint?: string; message?: string }).message).includes('inbox_pkey');
/** Two at once took the same environment: the second try sees the first one and refuses properly. */
const lostRace = (error: unknown): boolean =>
  codeOf(error) === '23505' && /deployments_running|locks_held/.test(String((error as { message?: string }).message));
const isTimeout = (error: unknown): boolean =>
  TIMED_OUT.has(codeOf(error)) ||
  (error instanceof Error && error.message.includes('timeout exceeded when trying to connect'));

const storedAnswer = async <T>(tx: Tx, ctx: Ctx): Promise<{ answer: T } | null> => {
  if (ctx.requestKey === null) return null;
  const row = await tx
    .selectFrom('inbox')
    .select('answer')
    .where('workspace_id', '=', ctx.workspace)
    .where('key', '=', ctx.requestKey)
    .executeTakeFirst();
  return row === undefined ? null : { answer: row.answer as T };
};

const unit = async <T>(tx: Tx, ctx: Ctx, work: (tx: Tx) => Promise<Decision<T>>): Promise<Decision<T>> => {
  const stored = await storedAnswer<T>(tx, ctx);
  if (stored !== null) return { ok: true, value: stored.answer };
  const decision = await work(tx);
  if (decision.ok && ctx.requestKey !== null) {
    await tx
      .insertInto('inbox')
      .values({ workspace_id: ctx.workspace, key: ctx.requestKey, answer: json(decision.value ?? null), at: ctx.now })
      .execute();
  }
  return decision;
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

const attempt = async <T>(
  deps: Deps,
  ctx: Ctx,
  name: string,
  work: (tx: Tx) => Promise<Decision<T>>,
): Promise<Decision<T>> => {
  const may = (error: unknown): boolean => mayRetry(error) || isDuplicate(error) || lostRace(error);
  try {
    return await persistently(may, deps.random, () =>
      insideTransaction(name, () => deps.database.kysely.transaction().execute((tx) => unit(tx, ctx, work))),
    );
  } catch (error) {
    if (isTimeout(error)) return refuse({ code: 'busy', did: 'Nothing done' });
    throw error;
  }
};

/**
 * Runs one use case in one transaction and commits what it wrote. The value has to be JSON: it is kept as the answer, and a duplicate of
 * the request gets the same one. A refusal commits too, because settling may have written before it.
 */
export const transact = async <T>(
  deps: Deps,
  ctx: Ctx,
  name: string,
  subject: string,
  work: (tx: Tx) => Promise<Decision<T>>,
): Promise<Decision<T>> => {
  assertOutsideTransaction('A second transaction');
  const started = performance.now();
  const line = { useCase: name, workspace: ctx.workspace, actor: ctx.actor, surface: ctx.surface, subject };
  try {
    const decision = await attempt(deps, ctx, name, work);
    const outcome = decision.ok ? 'ok' : decision.refusal.code;
    // A tick comes every few seconds and mostly finds nothing: it is not news.
    const level = ctx.surface === 'clock' ? 'debug' : 'info';
    deps.log[level]({ ...line, outcome, ms: Math.round(performance.now() - started) }, 'use case');
    deps.metrics.useCase(name, decision.ok ? 'ok' : 'refused');
    deps.at('after commit');
    deps.wake();
    return decision;
  } catch (error) {
    deps.log.error({ ...line, outcome: 'failed', err: error, ms: Math.round(performance.now() - started) }, 'use case');
    deps.metrics.useCase(name, 'failed');
    throw error;
  }
};

/** Reads everything inside `read` as of one moment. */
export const snapshot = async <T>(database: Database, read: (db: Db) => Promise<T>): Promise<T> => {
  assertOutsideTransaction('A snapshot');
  const transaction = database.kysely.transaction();
  const consistent =
    database.engine === 'postgres'
      ? transaction.setIsolationLevel('repeatable read').setAccessMode('read only')
      : transaction;
  return untilRead(() => insideTransaction('snapshot', () => consistent.execute(read)));
};

/** The database's own time, to measure the offset of this machine's clock. */
export const databaseTime = async (database: Database): Promise<Instant> => {
  const { rows } = await sql<{ now: Instant }>`select clock_timestamp() as now`.execute(database.kysely);
  const [row] = rows;
  if (row === undefined) throw new Error('The database did not say what time it is.');
  return row.now;
};
