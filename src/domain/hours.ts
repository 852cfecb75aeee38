/** When people work, and how days are counted for a release: by their zones, and the public holidays there. */
import { daysOff } from './catalog/catalog.ts';
import type { UserId } from './ids.ts';
import { zoneOf } from './release/traits.ts';
import type { Situation } from './situation.ts';
import { earliest, type Instant } from './time.ts';
import { addWorkingDays, isWorkingTime, nextWorkingTime } from './working-time.ts';

/** Where somebody lives; who has not said so, where the service does. */
export const zoneFor = (s: Situation, person: UserId): string => s.around.zones[person] ?? zoneOf(s);

export const awake = (s: Situation, person: UserId, at: Instant): boolean => {
  const zone = zoneFor(s, person);
  return isWorkingTime(at, zone, daysOff(s.around.catalog, zone));
};

/** `at` while they work, else when they begin to. */
export const nextAwake = (s: Situation, person: UserId, at: Instant): Instant => {
  const zone = zoneFor(s, person);
  return nextWorkingTime(at, zone, daysOff(s.around.catalog, zone));
};

/** When the first of them begins to work; `null` while one of them does, and where there is nobody. */
export const dayBeginsOf = (s: Situation, people: readonly UserId[], now: Instant): Instant | null => {
  const begins = earliest(people.map((id) => nextAwake(s, id, now)));
  return begins === null || begins <= now ? null : begins;
};

/** The next working time of the service. */
export const nextOpen = (s: Situation, at: Instant): Instant =>
  nextWorkingTime(at, zoneOf(s), daysOff(s.around.catalog, zoneOf(s)));

export const workingDaysLater = (s: Situation, at: Instant, days: number, zone = zoneOf(s)): Instant =>
  addWorkingDays(at, days, zone, daysOff(s.around.catalog, zone));
