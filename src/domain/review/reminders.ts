/** When people are to be told something because time has passed. Pure: being told is stored elsewhere, under a key that exists once. */
import { type Catalog, daysOff } from '../catalog/catalog.ts';
import { after, DAY, HOUR, type Instant, instant, inZone, MINUTE } from '../time.ts';
import { addWorkingDays, cronSlotAtOrAfter, type DaysOff, nextWorkingTime } from '../working-time.ts';
import type { ActionItem } from './action.ts';
import { MOST_NUDGES, type Review } from './review.ts';

/**
 * The times at which the owner of a due review is prompted: when it falls due, then at the prompt's slots, five in all. A slot within
 * the first two hours after a failure's prompt would be a second message about the same thing and is left out.
 */
export const reviewPrompts = (review: Review, catalog: Catalog, zone: string): readonly Instant[] => {
  const prompts: Instant[] = [review.dueAt];
  while (prompts.length < MOST_NUDGES) {
    const last = prompts.at(-1) ?? review.dueAt;
    const quiet = prompts.length === 1 && review.form === 'failure' ? 120 * MINUTE : MINUTE;
    prompts.push(cronSlotAtOrAfter(catalog.reviews.prompt, zone, after(last, quiet), daysOff(catalog, zone)));
  }
  return prompts;
};

/** The prompt that is due now, as its number from 1; `null` when the next one is still to come or all five were sent. */
export const promptDue = (prompts: readonly Instant[], now: Instant): { number: number; at: Instant } | null => {
  const passed = prompts.filter((at) => at <= now);
  const at = passed.at(-1);
  return at === undefined ? null : { number: passed.length, at };
};

/** So many weeks after its date its owner hears of it still; then it stands in lists alone. */
const WEEKS_TOLD = 8;

/**
 * When the owner of an action is reminded, in their hours: two working days before its date, in the morning of its day, and each week after it while
 * it is open. Added later than two days before: on its day alone.
 */
export const actionReminders = (action: ActionItem, zone: string, off?: DaysOff): readonly Instant[] => {
  const { due, createdAt } = action;
  if (action.state !== 'open' || due === null || action.owner === null) return [];
  const ahead = nextWorkingTime(addWorkingDays(due, -2, zone, off), zone, off);
  const morning = nextWorkingTime(instant(inZone(due, zone).startOfDay().epochMilliseconds), zone, off);
  const onItsDay = morning < due && morning > createdAt ? [morning] : ahead >= createdAt ? [] : [after(due, -HOUR)];
  const weekly = Array.from({ length: WEEKS_TOLD }, (_, n) =>
    nextWorkingTime(after(due, (n + 1) * 7 * DAY), zone, off),
  );
  return [...(ahead >= createdAt ? [ahead] : []), ...onItsDay, ...weekly].filter(
    (time, index, all) => (time > createdAt || time === ahead) && all.indexOf(time) === index,
  );
};
