/** What values look like on both engines. */
import { type Instant, instant } from '../domain/time.ts';

/** int8 as a number. Throws beyond 2^53, where a number would lie. */
export const parseInt8 = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit into a number.`);
  return value;
};

/** timestamptz as an Instant. Sessions run in UTC, so the text is `2026-11-21 10:57:00.123+00`. */
export const parseTimestamp = (text: string): Instant =>
  instant(text.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00'));

/** Every column that holds an instant. Inside JSON the engine does not say so; a test compares the list with the schema of the database. */
export const INSTANT_COLUMNS: ReadonlySet<string> = new Set([
  'active_at',
  'answered_at',
  'applied_at',
  'asked_at',
  'at',
  'confirmed_at',
  'created_at',
  'deadline',
  'decided_at',
  'done_at',
  'due',
  'due_at',
  'ended_at',
  'ended_early_at',
  'ends_at',
  'expires_at',
  'finished_at',
  'granted_at',
  'healthy_again_at',
  'installed_at',
  'judge_by',
  'judged_at',
  'lease_until',
  'lifted_at',
  'made_at',
  'next_at',
  'opened_at',
  'paused_at',
  'probe_at',
  'probed_at',
  'refreshing_until',
  'remind_at',
  'reminded_at',
  'requested_at',
  'rests_until',
  'retracted_at',
  'revoked_at',
  'sending_since',
  'shown_at',
  'since',
  'started_at',
  'starts_at',
  'stopped_at',
  'stuck_since',
  'submitted_at',
  'told_at',
  'tried_at',
  'unhealthy_at',
  'used_at',
  'valid_until',
  'wake_at',
]);

/** A value for a jsonb column. Given as an array it would be taken for one of Postgres, as a string for its JSON. */
export const json = (value: unknown): string => JSON.stringify(value);
