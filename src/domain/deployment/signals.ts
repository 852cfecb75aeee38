/** What its probes and its numbers say of a deployment: whether each is well, and since when. */
import type { Instant } from '../time.ts';

export type Signal = {
  /** The address that is asked, or the number that is posted. */
  name: string;
  ok: boolean;
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

/** The signals after a look at one of them. `patience`: so many bad looks in a row make it bad. */
export const looked = (
  signals: readonly Signal[],
  { name, ok, said }: Look,
  now: Instant,
  patience: number,
): readonly Signal[] => {
  const before = signals.find((signal) => signal.name === name);
  const bad = ok ? 0 : (before?.bad ?? 0) + 1;
  const well = ok || (bad < patience && before?.ok !== false);
  const since = before !== undefined && before.ok === well ? before.since : now;
  const next: Signal = { name, ok: well, said, since, bad: Math.min(bad, patience) };
  return before === undefined ? [...signals, next] : signals.map((signal) => (signal.name === name ? next : signal));
};

/** Whether a look would tell anything that is not known. */
export const isNews = (signals: readonly Signal[], { name, ok }: Look, patience: number): boolean => {
  const before = signals.find((signal) => signal.name === name);
  return before === undefined || (ok ? before.bad > 0 : before.bad < patience);
};
