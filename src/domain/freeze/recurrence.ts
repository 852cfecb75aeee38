/**
 * Freezes that come again: by the wall clock of their zone, each occurrence a freeze of its own. What is repeated is the first one, as it was
 * declared; stored besides is only what somebody changed about one of them.
 */
import { Temporal } from 'temporal-polyfill';
import type { FreezeId } from '../ids.ts';
import { after, DAY, earliest, fromWallTime, type Instant, instant, inZone, isOnCalendar, latest } from '../time.ts';
import type { Freeze } from './calendar.ts';

export const REPEATS = ['workday', 'week', 'month end', 'quarter end', 'year'] as const;
export type Every = (typeof REPEATS)[number];

/** How a freeze repeats. `start` and `end` are the wall times of the first one; `until` is the last day on which one may begin. */
export type Repeats = { every: Every; start: string; end: string; until: string | null };

/** What was changed about single occurrences, by their day (`2026-12-18`). */
export type Changes = Readonly<Record<string, { endsAt?: Instant; endedEarlyAt?: Instant }>>;

/** A freeze as it was declared. One that repeats spans all of its occurrences; any other is its only one. */
export type Declared = { freeze: Freeze; changes: Changes };

/** The end of what has no end. */
export const NEVER: Instant = instant('9999-12-31T00:00:00Z');

/** Who a freeze was declared as: the occurrences of one share it. */
export const declaredId = (id: FreezeId): FreezeId => (id.split('.')[0] ?? id) as FreezeId;
/** The day of an occurrence; `null` for a freeze that does not repeat. */
export const dayOf = (id: FreezeId): string | null => (id.includes('.') ? id.slice(id.indexOf('.') + 1) : null);
export const occurrenceId = (id: FreezeId, day: string): FreezeId => `${id}.${day}` as FreezeId;

type Day = Temporal.PlainDate;
const dayIn = (wall: string): Day => Temporal.PlainDateTime.from(wall).toPlainDate();
const lastOf = (day: Day): Day => day.with({ day: day.daysInMonth });
const quarterEnd = (day: Day): Day => lastOf(day.with({ day: 1, month: Math.ceil(day.month / 3) * 3 }));
const daysBetween = (from: Day, to: Day): number => from.until(to, { largestUnit: 'day' }).days;

/** The nth day on which one begins, counted from the first; `null` where that day has none. */
const nthDay = (every: Every, first: Day, n: number): Day | null => {
  switch (every) {
    case 'workday': {
      const day = first.add({ days: n });
      return day.dayOfWeek > 5 ? null : day;
    }
    case 'week':
      return first.add({ weeks: n });
    // So many days before the month's end, as the first one.
    case 'month end': {
      const before = daysBetween(first, lastOf(first));
      return lastOf(first.with({ day: 1 }).add({ months: n })).subtract({ days: before });
    }
    case 'quarter end': {
      const end = quarterEnd(first);
      return lastOf(end.with({ day: 1 }).add({ months: 3 * n })).subtract({ days: daysBetween(first, end) });
    }
    case 'year':
      return first.add({ years: n });
  }
};

/** How long the first one takes by the clock, in milliseconds: what a rule is, whatever becomes of one. */
export const nominalLength = ({ start, end }: Repeats): number =>
  Temporal.PlainDateTime.from(start)
    .until(Temporal.PlainDateTime.from(end), { largestUnit: 'hour' })
    .total('milliseconds');

/** About how many of them lie between two days, so that what is long ago is not walked through. */
const PERIOD_DAYS: Readonly<Record<Every, number>> = {
  workday: 1,
  week: 7,
  'month end': 31,
  'quarter end': 92,
  year: 366,
};

/** Whether one would begin before the one before it has ended; end to end it would never open, but Monday to Friday. */
export const overlapsItself = ({ every, start, end }: Repeats): boolean => {
  const shortest = { workday: 1, week: 7, 'month end': 28, 'quarter end': 90, year: 365 }[every];
  const [from, to] = [Temporal.PlainDateTime.from(start), Temporal.PlainDateTime.from(end)];
  const hours = from.until(to, { largestUnit: 'hour' }).total('hours');
  return every === 'workday' ? hours > shortest * 24 : hours >= shortest * 24;
};

/** Whether the first one begins on a day that the rule has: `null`, or which days those are. */
export const firstDayProblem = ({ every, start }: Repeats): 'workday' | null =>
  every === 'workday' && dayIn(start).dayOfWeek > 5 ? 'workday' : null;

const changed = (freeze: Freeze, change: Changes[string] | undefined, whole: Instant | null): Freeze | null => {
  if (whole !== null && freeze.startsAt >= whole) return null;
  const endsAt = change?.endsAt ?? freeze.endsAt;
  const stopped = whole !== null && whole < endsAt ? whole : null;
  return { ...freeze, endsAt, endedEarlyAt: earliest([change?.endedEarlyAt, stopped]) };
};

/**
 * The occurrences that touch a span of time, in their order. By the rule of every freeze, an hour that does not exist begins or ends one at the first
 * hour that does, and one that comes twice never shortens it; what has no length on a day is none.
 */
export const occurrences = ({ freeze, changes }: Declared, from: Instant, to: Instant): readonly Freeze[] => {
  const { repeats } = freeze;
  if (repeats === null) return freeze.startsAt < to && freeze.endsAt > from ? [freeze] : [];
  const first = dayIn(repeats.start);
  const lasts = daysBetween(first, dayIn(repeats.end));
  const [startTime, endTime] = [repeats.start.slice(11), repeats.end.slice(11)];
  // One that somebody let end later began longer ago than the others that are not over.
  const [longest] = Object.keys(changes)
    .filter((day) => (changes[day]?.endsAt ?? from) > from)
    .sort();
  const reached = Math.min(
    daysBetween(first, inZone(from, freeze.zone).toPlainDate()) - lasts,
    longest === undefined ? Number.MAX_SAFE_INTEGER : daysBetween(first, Temporal.PlainDate.from(longest)),
  );
  const found: Freeze[] = [];
  for (let n = Math.max(0, Math.floor(reached / PERIOD_DAYS[repeats.every]) - 2); ; n += 1) {
    const day = nthDay(repeats.every, first, n);
    if (day === null) continue;
    const key = day.toString();
    if (repeats.until !== null && key > repeats.until) return found;
    const startsAt = fromWallTime(`${key}T${startTime}`, freeze.zone, 'start');
    if (startsAt >= to) return found;
    const endsAt = fromWallTime(`${day.add({ days: lasts }).toString()}T${endTime}`, freeze.zone, 'end');
    const one = { ...freeze, id: occurrenceId(freeze.id, key), startsAt, endsAt, endedEarlyAt: null };
    const asIs = endsAt > startsAt ? changed(one, changes[key], freeze.endedEarlyAt) : null;
    if (asIs !== null && asIs.endsAt > from) found.push(asIs);
  }
};

/** Far enough for everything that is told ahead of a start. */
const SOON = 10 * DAY;
/** So long after its end it is still told what became of it. */
const LATELY = 7 * DAY;
/** Until then several of any rule come, the next few left out or not. */
export const horizon = ({ freeze }: Declared, now: Instant): Instant =>
  after(latest([now, freeze.startsAt]) ?? now, (freeze.repeats?.every === 'year' ? 4 * 366 : 400) * DAY);

/** Those that are told about now: over lately, on, or soon. A freeze that does not repeat is always among them. */
export const around = (declared: Declared, now: Instant): readonly Freeze[] =>
  declared.freeze.repeats === null ? [declared.freeze] : occurrences(declared, after(now, -LATELY), after(now, SOON));

/** The next of something that each of them has, after now; `null` where none comes. */
export const nextOfThem = (
  declared: Declared,
  now: Instant,
  timesOf: (freeze: Freeze) => readonly Instant[],
): Instant | null => {
  const next = (freezes: readonly Freeze[]) => earliest(freezes.flatMap(timesOf).filter((time) => time > now));
  return next(around(declared, now)) ?? next(occurrences(declared, now, horizon(declared, now)));
};

/** The one that is on, else the next that takes place; `null` where none comes any more. */
export const nextOne = (declared: Declared, now: Instant): Freeze | null =>
  occurrences(declared, now, horizon(declared, now)).find((freeze) => (freeze.endedEarlyAt ?? freeze.endsAt) > now) ??
  null;

/** The one that begins on that day, by the rule; of one that was stopped before, that it does not take place. `null` where none does. */
export const occurrenceOn = (declared: Declared, day: string): Freeze | null => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || !isOnCalendar(day)) return null;
  const { freeze, changes } = declared;
  const id = occurrenceId(freeze.id, day);
  const from = fromWallTime(`${day}T00:00`, freeze.zone, 'start');
  const asIfOn: Declared = { freeze: { ...freeze, endedEarlyAt: null }, changes };
  const found = occurrences(asIfOn, after(from, -DAY), after(from, 2 * DAY)).find((each) => each.id === id);
  if (found === undefined) return null;
  const stopped = freeze.endedEarlyAt !== null && freeze.endedEarlyAt < found.endsAt ? freeze.endedEarlyAt : null;
  return { ...found, endedEarlyAt: earliest([found.endedEarlyAt, stopped]) };
};

const dayAfter = (day: string): string => Temporal.PlainDate.from(day).add({ days: 1 }).toString();

/** When everything of it is over: the end of the last one, or never. */
export const lastEnd = (declared: Declared): Instant => {
  const { freeze } = declared;
  const { repeats } = freeze;
  if (repeats === null) return freeze.endsAt;
  if (repeats.until === null) return NEVER;
  // The last few alone: what lies before them is not walked through.
  const past = fromWallTime(`${dayAfter(repeats.until)}T00:00`, freeze.zone, 'end');
  const lasts = daysBetween(dayIn(repeats.start), dayIn(repeats.end));
  const few = after(past, -(lasts + 2 * PERIOD_DAYS[repeats.every] + 3) * DAY);
  return occurrences(declared, few, past).at(-1)?.endsAt ?? freeze.endsAt;
};

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `every week, Fri 18:00 – Mon 07:00`; `each quarter, from 2 days before its end`. */
export const repeatWords = ({ every, start, end, until }: Repeats): string => {
  const day = dayIn(start);
  const weekday = (wall: string): string => `${DAYS[dayIn(wall).dayOfWeek - 1] ?? ''} ${wall.slice(11)}`;
  const before = (end: Day): string => {
    const days = daysBetween(day, end);
    return days === 0 ? 'on its last day' : `from ${days} ${days === 1 ? 'day' : 'days'} before its last`;
  };
  const words: Readonly<Record<Every, () => string>> = {
    workday: () => `Monday to Friday, ${start.slice(11)}–${end.slice(11)}`,
    week: () => `every week, ${weekday(start)} – ${weekday(end)}`,
    'month end': () => `each month, ${before(lastOf(day))}`,
    'quarter end': () => `each quarter, ${before(quarterEnd(day))}`,
    year: () => 'every year',
  };
  return `${words[every]()}${until === null ? '' : `, until ${until}`}`;
};
