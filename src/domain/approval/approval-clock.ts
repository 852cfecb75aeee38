/** The clock of an approval: it stands while the release is on hold. */
import type { Release } from '../release/release.ts';
import type { Situation } from '../situation.ts';
import { after, between, type Instant } from '../time.ts';

/** How long it has been on hold by now, in milliseconds; of what began while it was, from then on. */
export const heldFor = ({ hold }: Pick<Release, 'hold'>, now: Instant, began: Instant | null = null): number =>
  hold === null
    ? 0
    : Math.max(
        0,
        between(
          began !== null && began > hold.since ? began : hold.since,
          hold.until !== null && hold.until < now ? hold.until : now,
        ),
      );

/** What the clock of its approval shows. */
export const approvalClock = ({ release }: Situation, now: Instant): Instant => after(now, -heldFor(release, now));
