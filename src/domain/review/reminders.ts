/** When people are to be told something because time has passed. Pure: being told is stored elsewhere, under a key that exists once. */
import { type Catalog, daysOff } from '../catalog/catalog.ts';
import { after, HOUR, type Instant, instant, inZone, MINUTE } from '../time.ts';
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

/** One reminder, in the owner's hours: two working days before the date; added later than that, in the morning of its day. */
export const actionReminders = (action: ActionItem, zone: string, off?: DaysOff): readonly Instant[] => {
  if (action.state !== 'open' || action.due === null || action.owner === null) return [];
  const ahead = nextWorkingTime(addWorkingDays(action.due, -2, zone, off), zone, off);
  if (ahead >= action.createdAt) return [ahead];
  const morning = nextWorkingTime(instant(inZone(action.due, zone).startOfDay().epochMilliseconds), zone, off);
  return [morning > action.createdAt && morning < action.due ? morning : after(action.due, -HOUR)].filter(
    (time) => time > action.createdAt,
  );
};
