/** How long a request and an approval last, and when those who are asked are reminded. */
import { nextAwake, nextOpen, workingDaysLater } from '../hours.ts';
import type { UserId } from '../ids.ts';
import { type Release } from '../release/release.ts';
import type { Situation } from '../situation.ts';
import { after, DAY, earliest, HOUR, type Instant, latest } from '../time.ts';

const ROUND_WORKING_DAYS = 3;

const EMERGENCY_ROUND = 4 * HOUR;

export const REMIND_AFTER = 4 * HOUR;

const APPROVAL_LASTS = 7 * DAY;

const AFTER_WINDOW = 4 * HOUR;
/** When the time that it was planned for is over. */
const slotEnd = ({ when }: Pick<Release, 'when'>): Instant | null =>
  when.kind === 'at' ? (when.end ?? after(when.start, HOUR)) : null;

/** Approvals last until the window's end + 4 hours, or 7 days. */
export const validUntil = (release: Release, now: Instant): Instant => {
  const over = slotEnd(release);
  return over === null ? after(now, APPROVAL_LASTS) : after(over, AFTER_WINDOW);
};

/** Until when can be decided: no longer than its time, for one that has passed nothing is approved. Over from now on, never from before. */
export const inItsTime = (release: Pick<Release, 'when'>, until: Instant, now: Instant): Instant => {
  const over = slotEnd(release);
  return over === null || over > until ? until : (latest([over, now]) ?? now);
};

/** Three working days, four hours for an emergency. */
export const expiry = (s: Situation, now: Instant): Instant =>
  inItsTime(
    s.release,
    s.release.type === 'emergency' ? after(now, EMERGENCY_ROUND) : workingDaysLater(s, now, ROUND_WORKING_DAYS),
    now,
  );

/** Four hours after it has reached the first of those who are asked: nobody is written to outside of their hours. */
export const reminder = (s: Situation, now: Instant, asked: readonly UserId[]): Instant => {
  const reached = earliest(asked.map((id) => nextAwake(s, id, now))) ?? now;
  return nextOpen(s, after(reached, REMIND_AFTER));
};
