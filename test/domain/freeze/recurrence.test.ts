/** Freezes that come again: by the wall clock, in every zone and year, against a calendar that knows nothing of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  around,
  type Changes,
  dayOf,
  type Every,
  firstDayProblem,
  lastEnd,
  NEVER,
  nextOfThem,
  occurrenceOn,
  occurrences,
  overlapsItself,
  REPEATS,
  type Repeats,
  repeatWords,
} from '../../../src/domain/freeze/recurrence.ts';
import { after, DAY, epochMs, HOUR, type Instant, instant } from '../../../src/domain/time.ts';
import { aFreeze } from '../../support/builders.ts';

const declared = (
  repeats: Repeats,
  zone = 'Europe/London',
  changes: Changes = {},
  endedEarlyAt: Instant | null = null,
) => {
  const freeze = aFreeze({ repeats, zone, endedEarlyAt });
  return { freeze: { ...freeze, endsAt: NEVER }, changes };
};
const weekend: Repeats = { every: 'week', start: '2026-03-06T18:00', end: '2026-03-09T07:00', until: null };
const starts = (repeats: Repeats, from: string, to: string, zone?: string) =>
  occurrences(declared(repeats, zone), instant(from), instant(to)).map(({ startsAt, endsAt }) =>
    [startsAt, endsAt].map((at) => at.slice(0, 16)).join(' '),
  );

describe('a freeze that comes again', () => {
  it('keeps its hours when the clocks change', () => {
    expect(starts(weekend, '2026-03-20T00:00:00Z', '2026-04-06T00:00:00Z')).toEqual([
      '2026-03-20T18:00 2026-03-23T07:00',
      '2026-03-27T18:00 2026-03-30T06:00',
      '2026-04-03T17:00 2026-04-06T06:00',
    ]);
  });

  it.each<[string, Repeats, string[]]>([
    [
      'Monday to Friday',
      { every: 'workday', start: '2026-03-05T16:00', end: '2026-03-05T20:00', until: null },
      ['2026-03-05', '2026-03-06', '2026-03-09', '2026-03-10'],
    ],
    [
      'the last two days of each month',
      { every: 'month end', start: '2026-01-30T00:00', end: '2026-02-01T00:00', until: null },
      ['2026-01-30', '2026-02-27', '2026-03-30', '2026-04-29'],
    ],
    [
      'the last day of each quarter',
      { every: 'quarter end', start: '2026-03-31T08:00', end: '2026-03-31T20:00', until: null },
      ['2026-03-31', '2026-06-30', '2026-09-30', '2026-12-31'],
    ],
    [
      'the same dates of each year',
      { every: 'year', start: '2026-12-18T18:00', end: '2027-01-04T07:00', until: null },
      ['2026-12-18', '2027-12-18', '2028-12-18', '2029-12-18'],
    ],
    [
      'a leap day in years that have none',
      { every: 'year', start: '2028-02-29T00:00', end: '2028-03-01T00:00', until: null },
      ['2028-02-29', '2029-02-28', '2030-02-28', '2031-02-28'],
    ],
  ])('%s', (_, repeats, days) => {
    const found = occurrences(
      declared(repeats, 'UTC'),
      instant('2026-01-01T00:00:00Z'),
      instant('2035-01-01T00:00:00Z'),
    );
    expect(found.slice(0, 4).map(({ id }) => dayOf(id))).toEqual(days);
  });

  it('ends after its last day, or never', () => {
    const until = { ...weekend, until: '2026-03-20' };
    expect(starts(until, '2026-03-01T00:00:00Z', '2027-01-01T00:00:00Z')).toHaveLength(3);
    expect(lastEnd(declared(until))).toBe('2026-03-23T07:00:00.000Z');
    expect(lastEnd(declared(weekend))).toBe(NEVER);
  });

  it('has single ones that end elsewhere, or do not take place; and ends as a whole', () => {
    const changes: Changes = {
      '2026-03-06': { endsAt: instant('2026-03-11T07:00:00Z') },
      '2026-03-13': { endedEarlyAt: instant('2026-03-12T10:00:00Z') },
    };
    const all = occurrences(
      declared(weekend, 'UTC', changes),
      instant('2026-03-10T00:00:00Z'),
      instant('2026-03-21T00:00:00Z'),
    );
    expect(
      all.map(({ startsAt, endsAt, endedEarlyAt }) => [startsAt, endsAt, endedEarlyAt].map((at) => at?.slice(5, 13))),
    ).toEqual([
      ['03-06T18', '03-11T07', undefined],
      ['03-13T18', '03-16T07', '03-12T10'],
      ['03-20T18', '03-23T07', undefined],
    ]);
    const stopped = declared(weekend, 'UTC', {}, instant('2026-03-14T12:00:00Z'));
    const left = occurrences(stopped, instant('2026-03-01T00:00:00Z'), instant('2027-03-01T00:00:00Z'));
    expect(left.map(({ endedEarlyAt }) => endedEarlyAt)).toEqual([null, '2026-03-14T12:00:00.000Z']);
  });

  it('is found by its day, and looked at around now', () => {
    expect(occurrenceOn(declared(weekend), '2027-03-05')?.startsAt).toBe('2027-03-05T18:00:00.000Z');
    expect(occurrenceOn(declared(weekend), '2027-03-06')).toBeNull();
    const now = instant('2026-03-17T12:00:00Z');
    expect(around(declared(weekend), now).map(({ id }) => dayOf(id))).toEqual(['2026-03-13', '2026-03-20']);
    expect(nextOfThem(declared(weekend), now, ({ endsAt }) => [endsAt])).toBe('2026-03-23T07:00:00.000Z');
    const yearly: Repeats = { every: 'year', start: '2026-01-02T00:00', end: '2026-01-03T00:00', until: null };
    expect(nextOfThem(declared(yearly), now, ({ startsAt }) => [startsAt])).toBe('2027-01-02T00:00:00.000Z');
    const over = { ...weekend, until: '2026-03-06' };
    expect(nextOfThem(declared(over), now, ({ startsAt }) => [startsAt])).toBeNull();
  });

  it('is refused where it would meet itself, or not begin on a day of its rule', () => {
    expect(overlapsItself({ ...weekend, end: '2026-03-13T17:59' })).toBe(false);
    // End to end it would never open.
    expect(overlapsItself({ ...weekend, end: '2026-03-13T18:00' })).toBe(true);
    expect(overlapsItself({ ...weekend, every: 'workday', end: '2026-03-07T18:00' })).toBe(false);
    expect(overlapsItself({ ...weekend, every: 'workday' })).toBe(true);
    expect(firstDayProblem({ ...weekend, every: 'workday', start: '2026-03-07T10:00' })).toBe('workday');
    expect(firstDayProblem({ ...weekend, start: '2026-03-07T10:00' })).toBeNull();
  });

  it.each<[Every, string, string]>([
    ['workday', '2026-03-05T16:00', 'Monday to Friday, 16:00–16:00'],
    ['week', '2026-03-06T18:00', 'every week, Fri 18:00 – Fri 18:00'],
    ['month end', '2026-03-30T00:00', 'each month, from 1 day before its last'],
    ['quarter end', '2026-03-31T00:00', 'each quarter, on its last day'],
    ['year', '2026-12-18T18:00', 'every year'],
  ])('%s in words', (every, start, words) => {
    expect(repeatWords({ every, start, end: start, until: null })).toBe(words);
    expect(repeatWords({ every, start, end: start, until: '2027-01-01' })).toBe(`${words}, until 2027-01-01`);
  });
});

/** The platform's own clock, minute by minute: it knows nothing of Temporal, and nothing of freezes. */
const wallClock = (zone: string) => {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (ms: number): string => format.format(ms).replace(' ', 'T');
};

const ZONES = [
  'Europe/London',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'America/Santiago',
  'Asia/Tokyo',
  'Africa/Casablanca',
];

/** Whether a rule has this day, told by counting days of the calendar alone. */
const isDay = (every: Every, first: string, day: string): boolean => {
  const [a, b] = [new Date(`${first}T00:00:00Z`), new Date(`${day}T00:00:00Z`)];
  const days = Math.round((b.getTime() - a.getTime()) / DAY);
  if (days < 0) return false;
  const toEnd = (of: Date, months: number): number => {
    const last = Date.UTC(of.getUTCFullYear(), Math.floor(of.getUTCMonth() / months) * months + months, 0);
    return Math.round((last - of.getTime()) / DAY);
  };
  switch (every) {
    case 'workday':
      return b.getUTCDay() % 6 !== 0;
    case 'week':
      return days % 7 === 0;
    case 'month end':
      return toEnd(a, 1) === toEnd(b, 1);
    case 'quarter end':
      return toEnd(a, 3) === toEnd(b, 3);
    case 'year':
      return first.slice(5) === day.slice(5);
  }
};

describe('over every change of the clocks of 2026–2030', () => {
  it('begins and ends when the clocks of its zone show it first, and last where they show it twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.constantFrom(...REPEATS),
        fc.integer({ min: 0, max: 4 * 365 }),
        fc.integer({ min: 0, max: 24 * 4 - 1 }),
        fc.integer({ min: 1, max: 3 * 24 * 4 }),
        (zone, every, offset, quarter, length) => {
          const noon = Date.UTC(2026, 0, 5, 12) + offset * DAY;
          const clock = wallClock(zone);
          const hhmm = (quarters: number) =>
            `${String(Math.floor(quarters / 4) % 24).padStart(2, '0')}:${String((quarters % 4) * 15).padStart(2, '0')}`;
          const dayAfter = (day: string, days: number) =>
            new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
          const firstDay = dayAfter('2026-01-05', (offset % 5) + (every === 'workday' ? 0 : offset % 2));
          const lasts = Math.floor((quarter + length) / (24 * 4));
          const [from, to] = [hhmm(quarter), hhmm(quarter + length)];
          const repeats: Repeats = {
            every,
            start: `${firstDay}T${from}`,
            end: `${dayAfter(firstDay, lasts)}T${to}`,
            until: null,
          };
          fc.pre(!overlapsItself(repeats) && firstDayProblem(repeats) === null);
          const span = { from: instant(noon), to: instant(noon + 40 * DAY) };
          const found = occurrences(declared(repeats, zone), span.from, span.to);
          for (const one of found) {
            const day = dayOf(one.id) ?? '';
            expect(isDay(every, firstDay, day)).toBe(true);
            const [begin, end] = [epochMs(one.startsAt), epochMs(one.endsAt)];
            const [wantBegin, wantEnd] = [`${day}T${from}`, `${dayAfter(day, lasts)}T${to}`];
            // Where the clocks show it, and nowhere before.
            expect(clock(begin) >= wantBegin).toBe(true);
            expect(clock(begin - 60_000) < wantBegin || clock(begin) === wantBegin).toBe(true);
            expect(clock(begin - HOUR)).not.toBe(wantBegin);
            expect(clock(end) >= wantEnd).toBe(true);
            // The last time that the clocks show it: an hour later, or half of one, they do not again.
            expect(clock(end + HOUR)).not.toBe(wantEnd);
            expect(clock(end + HOUR / 2)).not.toBe(wantEnd);
          }
          // None is left out.
          const days = new Set(found.map(({ id }) => dayOf(id)));
          for (let n = -lasts; n < 40; n += 1) {
            const day = dayAfter(new Date(noon).toISOString().slice(0, 10), n);
            const inside = day > clock(noon).slice(0, 10) && day < clock(noon + 40 * DAY).slice(0, 10);
            if (inside && isDay(every, firstDay, day)) expect(days.has(day)).toBe(true);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('in every zone that there is, on each day on which its clocks change', () => {
    const [from, to] = [Date.UTC(2026, 0, 1, 12), Date.UTC(2031, 0, 1, 12)];
    let changes = 0;
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      const clock = wallClock(zone);
      const offset = (ms: number): number => Date.parse(`${clock(ms)}Z`) - ms;
      const days: number[] = [];
      for (let week = from; week < to; week += 7 * DAY) {
        if (offset(week) === offset(week + 7 * DAY)) continue;
        for (let day = week; day < week + 7 * DAY; day += DAY)
          if (offset(day) !== offset(day + DAY)) days.push(day + DAY);
      }
      for (const ms of days) {
        const day = clock(ms).slice(0, 10);
        changes += 1;
        for (const [begins, ends] of [
          ['00:00', '01:00'],
          ['01:30', '02:30'],
          ['02:00', '02:15'],
          ['02:30', '03:30'],
          ['03:00', '23:00'],
        ]) {
          const repeats: Repeats = { every: 'year', start: `${day}T${begins}`, end: `${day}T${ends}`, until: null };
          const one = occurrences(declared(repeats, zone), instant(ms - 2 * DAY), instant(ms + DAY))[0];
          const [wantBegin, wantEnd] = [`${day}T${begins}`, `${day}T${ends}`];
          if (one === undefined) {
            // Hours that there are not cannot be frozen.
            for (let at = ms - 2 * DAY; at < ms + DAY; at += HOUR / 4)
              expect([zone, clock(at) >= wantBegin && clock(at) < wantEnd]).toEqual([zone, false]);
            continue;
          }
          const [begin, end] = [epochMs(one.startsAt), epochMs(one.endsAt)];
          // First when the clocks show it, or the first that they show after it; last when they show it for the last time.
          expect([zone, wantBegin, clock(begin) >= wantBegin]).toEqual([zone, wantBegin, true]);
          expect([zone, wantBegin, clock(begin - 60_000) < wantBegin || clock(begin) === wantBegin]).toEqual([
            zone,
            wantBegin,
            true,
          ]);
          for (const before of [HOUR / 2, HOUR]) expect([zone, clock(begin - before)]).not.toEqual([zone, wantBegin]);
          expect([zone, wantEnd, clock(end) >= wantEnd]).toEqual([zone, wantEnd, true]);
          for (const later of [HOUR / 2, HOUR]) expect([zone, clock(end + later)]).not.toEqual([zone, wantEnd]);
        }
      }
    }
    expect(changes).toBeGreaterThan(500);
  });

  it('is one row in the order of time, whatever part of it is asked for', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...REPEATS),
        fc.constantFrom(...ZONES),
        fc.integer({ min: 0, max: 900 }),
        (every, zone, n) => {
          const repeats: Repeats = { every, start: '2026-01-30T16:00', end: '2026-01-30T20:00', until: null };
          const of = declared(repeats, zone);
          const [from, mid, to] = [0, n, 1_000].map((days) => after(instant('2026-01-01T00:00:00Z'), days * DAY)) as [
            Instant,
            Instant,
            Instant,
          ];
          const ids = (a: Instant, b: Instant) => occurrences(of, a, b).map(({ id }) => id);
          expect([...new Set([...ids(from, mid), ...ids(mid, to)])]).toEqual(ids(from, to));
        },
      ),
    );
  });
});
