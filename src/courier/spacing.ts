/**
 * Keeps posts to one place apart by the clock of this process as well. The database paces the claims; what lies between claim and call takes now
 * longer, now shorter, and Slack counts the calls.
 */
const LOOKED_AFTER = 5_000;

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
