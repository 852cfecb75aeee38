/** What its probes and its numbers say of a deployment: whether each is well, and since when. */
import { between, type Instant, MINUTE } from '../time.ts';

export type Signal = {
  /** The address that is asked, as it may be shown, or the number that is posted. */
  name: string;
  /** Well: its last answers were good, but for one that may be an accident. */
  ok: boolean;
  /** So many bad answers in a row that it is told. */
  alarm: boolean;
  /** `answered 503`, `is 4.1, and the rule is errors at most 2`. */
  said: string;
  /** Since when it is as it is. */
  since: Instant;
  /** How many looks in a row were bad. */
  bad: number;
};

export type Look = { name: string; ok: boolean; said: string };

/** One bad answer is an accident; from the second in a row on an address is not well. */
export const BAD_PROBES = 2;

/** An address that nobody asked for so long may have been anything meanwhile. */
const FRESH = 3 * MINUTE;

export const isFresh = (at: Instant | null, now: Instant): boolean => at !== null && between(at, now) <= FRESH;

/** The signals after a look at one of them. `patience`: so many bad looks in a row are told; `gap`: what was before is too long ago to count. */
export const looked = (
  signals: readonly Signal[],
  { name, ok, said }: Look,
  now: Instant,
  patience: number,
  gap = false,
): readonly Signal[] => {
  const known = signals.find((signal) => signal.name === name);
  const before = gap ? undefined : known;
  // What was alarming stays so until it answers well, however long nobody has asked.
  const bad = ok ? 0 : known?.alarm === true ? patience : Math.min((before?.bad ?? 0) + 1, patience);
  const alarm = bad >= patience;
  const well = ok || (before?.ok === true && !alarm);
  const since = before !== undefined && before.ok === well ? before.since : now;
  const next: Signal = { name, ok: well, alarm, said, since, bad };
  return known === undefined ? [...signals, next] : signals.map((signal) => (signal === known ? next : signal));
};

/** Whether a look would tell anything that is not known. */
export const isNews = (
  signals: readonly Signal[],
  { name, ok, said }: Look,
  patience: number,
  gap = false,
): boolean => {
  const before = signals.find((signal) => signal.name === name);
  if (before === undefined || gap) return true;
  return ok ? before.bad > 0 : before.bad < patience || before.said !== said;
};
