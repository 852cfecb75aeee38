/** Working hours, working days and cron slots, each in a person's or a service's IANA zone. */
import { CronExpressionParser } from 'cron-parser';
import { fromWallTime, fromZoned, type Instant, instant, inZone } from './time.ts';

/** Monday to Friday, 09:00 to 18:00, wall time of the zone. */
const WORKING_HOURS = { from: 9, to: 18 } as const;

/** Whether nobody works on a day, `2026-12-25`: public holidays. */
export type DaysOff = (day: string) => boolean;
const none: DaysOff = () => false;

type Day = { dayOfWeek: number; toPlainDate: () => { toString: () => string } };
const isWork = (day: Day, off: DaysOff): boolean => day.dayOfWeek <= 5 && !off(day.toPlainDate().toString());

export const isWorkingDay = (at: Instant, zone: string, off: DaysOff = none): boolean => isWork(inZone(at, zone), off);

export const isWorkingTime = (at: Instant, zone: string, off: DaysOff = none): boolean => {
  const { hour } = inZone(at, zone);
  return isWorkingDay(at, zone, off) && hour >= WORKING_HOURS.from && hour < WORKING_HOURS.to;
};

/** `at` itself when it is working time, else the next morning on which work begins. */
export const nextWorkingTime = (at: Instant, zone: string, off: DaysOff = none): Instant => {
  if (isWorkingTime(at, zone, off)) return at;
  const here = inZone(at, zone);
  const opening = here.hour < WORKING_HOURS.from ? here : here.add({ days: 1 });
  let morning = opening.with({ hour: WORKING_HOURS.from, minute: 0, second: 0, millisecond: 0 });
  while (!isWork(morning, off)) morning = morning.add({ days: 1 });
  return fromZoned(morning);
};

/** The same wall time `days` working days later (earlier when negative), counted on the calendar: a change of the clocks moves nothing. */
export const addWorkingDays = (at: Instant, days: number, zone: string, off: DaysOff = none): Instant => {
  if (days === 0) return at;
  const step = Math.sign(days);
  let here = inZone(at, zone).toPlainDateTime();
  for (let left = Math.abs(days); left > 0; ) {
    here = here.add({ days: step });
    if (isWork(here, off)) left -= 1;
  }
  return fromWallTime(here.toString(), zone, 'start');
};

/**
 * The first slot of a five-field cron expression at or after `from`, read as wall time of `zone`. A slot that the clocks skip in spring is the
 * first minute after, never dropped; one that comes twice in autumn is the first; none is on a day off. The parser counts in UTC, which has neither.
 */
export const cronSlotAtOrAfter = (expression: string, zone: string, from: Instant, off: DaysOff = none): Instant => {
  const justBefore = inZone(instant(Date.parse(from) - 1), zone).toPlainDateTime();
  const slots = CronExpressionParser.parse(expression, {
    tz: 'UTC',
    currentDate: new Date(`${justBefore.toString()}Z`),
  });
  for (;;) {
    const at = fromWallTime(slots.next().toDate().toISOString().slice(0, 16), zone, 'start');
    if (at >= from && !off(dayIn(at, zone))) return at;
  }
};

/** The next working morning in the zone, after `now`. */
export const nextMorning = (now: Instant, zone: string, off: DaysOff = none): Instant =>
  cronSlotAtOrAfter(`0 ${WORKING_HOURS.from} * * 1-5`, zone, instant(Date.parse(now) + 1), off);

/** Whether the expression is a cron set of slots with five fields, of which there is a next one: 30 February never comes. */
export const isCron = (expression: string): boolean => {
  if (expression.trim().split(/\s+/).length !== 5) return false;
  try {
    CronExpressionParser.parse(expression, { tz: 'UTC' }).next();
    return true;
  } catch {
    return false;
  }
};

/** The calendar day (`2026-11-21`) that this instant falls on in the zone. */
export const dayIn = (at: Instant, zone: string): string => inZone(at, zone).toPlainDate().toString();
