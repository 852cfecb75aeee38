/**
 * Keeps posts to one place apart by the clock of this process as well. The database paces the claims; what lies between claim and call takes now
 * longer, now shorter, and Slack counts the calls.
 */
const LOOKED_AFTER = 5_000;
const MINUTE = 60_000;

export type Spacing = (place: string) => Promise<void>;

/** Resolves when a post to the place may leave: `everyMs` after the one before. */
export const spacing = (everyMs: number): Spacing => {
  const last = new Map<string, number>();
  const forget = (now: number): void => {
    for (const [place, at] of last) if (at + everyMs < now) last.delete(place);
  };
  return async (place) => {
    const now = performance.now();
    if (last.size > LOOKED_AFTER) forget(now);
    const at = Math.max(now, (last.get(place) ?? Number.NEGATIVE_INFINITY) + everyMs);
    last.set(place, at);
    if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now));
  };
};

/** Milliseconds until one more may leave for this key; 0 takes its place. */
export type Budget = (key: string) => number;

/** So many in any minute, for each key. */
export const perMinute = (most: number): Budget => {
  const taken = new Map<string, number[]>();
  return (key) => {
    const now = performance.now();
    const recent = (taken.get(key) ?? []).filter((at) => at > now - MINUTE);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= most) {
      taken.set(key, recent);
      return Math.ceil(oldest + MINUTE - now);
    }
    taken.set(key, [...recent, now]);
    return 0;
  };
};
