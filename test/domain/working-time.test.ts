import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, DAY, HOUR, type Instant, instant } from '../../src/domain/time.ts';
import {
  addWorkingDays,
  cronSlotAtOrAfter,
  dayIn,
  isCron,
  isWorkingDay,
  isWorkingTime,
  nextWorkingTime,
} from '../../src/domain/working-time.ts';
import { NOW } from '../support/builders.ts';

const LONDON = 'Europe/London';

describe('working time', () => {
  it.each([
    ['Tuesday morning', '2026-03-03T10:00:00Z', LONDON, true],
    ['right before nine', '2026-03-03T08:59:59.999Z', LONDON, false],
    ['nine', '2026-03-03T09:00:00Z', LONDON, true],
    ['right before six', '2026-03-03T17:59:59.999Z', LONDON, true],
    ['six', '2026-03-03T18:00:00Z', LONDON, false],
    ['Tuesday night', '2026-03-03T20:00:00Z', LONDON, false],
    ['Friday noon', '2026-03-06T12:00:00Z', LONDON, true],
    ['Saturday', '2026-03-07T10:00:00Z', LONDON, false],
    ['Sunday', '2026-03-08T10:00:00Z', LONDON, false],
    ['nine in summer', '2026-07-07T08:00:00Z', LONDON, true],
    ['Monday morning there, Sunday here', '2026-03-08T23:00:00Z', 'Pacific/Auckland', true],
  ])('%s', (_, at, zone, expected) => expect(isWorkingTime(instant(at), zone)).toBe(expected));

  it('is on days that are those of the zone', () => {
    const at = instant('2026-03-06T20:00:00Z');
    expect([isWorkingDay(at, LONDON), isWorkingDay(at, 'Asia/Tokyo')]).toEqual([true, false]);
  });

  it.each([
    ['is now in the middle of the day', '2026-03-03T10:00:00Z', '2026-03-03T10:00:00.000Z'],
    ['is nine on the same morning', '2026-03-03T05:00:00Z', '2026-03-03T09:00:00.000Z'],
    ['is nine on the next morning', '2026-03-03T18:00:00Z', '2026-03-04T09:00:00.000Z'],
    ['is Monday, after Friday evening', '2026-03-06T19:00:00Z', '2026-03-09T09:00:00.000Z'],
    ['is Monday, on Saturday before nine', '2026-03-07T05:00:00Z', '2026-03-09T09:00:00.000Z'],
    ['is Monday, on Sunday evening', '2026-03-08T21:00:00Z', '2026-03-09T09:00:00.000Z'],
    ['is nine after the clocks have changed', '2026-03-27T19:00:00Z', '2026-03-30T08:00:00.000Z'],
  ])('the next %s', (_, at, expected) => {
    expect(nextWorkingTime(instant(at), LONDON)).toBe(expected);
  });

  it('the next is the first hour that is one, found by looking at each', () => {
    const isOne = (at: Instant): boolean => {
      const [day = '', hour = ''] = new Intl.DateTimeFormat('en-GB', {
        timeZone: LONDON,
        weekday: 'short',
        hour: '2-digit',
        hourCycle: 'h23',
      })
        .format(new Date(at))
        .split(/,? /);
      return !['Sat', 'Sun'].includes(day) && Number(hour) >= 9 && Number(hour) < 18;
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 24 * 365 }), (hours) => {
        const from = after(NOW, hours * HOUR);
        let first = from;
        while (!isOne(first)) first = after(first, HOUR);
        expect(nextWorkingTime(from, LONDON)).toBe(first);
      }),
    );
  });
});

describe('working days', () => {
  it.each([
    ['2026-03-06T10:00:00Z', 1, '2026-03-09T10:00:00.000Z'],
    ['2026-03-09T10:00:00Z', -1, '2026-03-06T10:00:00.000Z'],
    ['2026-03-03T10:00:00Z', 0, '2026-03-03T10:00:00.000Z'],
    ['2026-03-03T10:00:00Z', 3, '2026-03-06T10:00:00.000Z'],
    ['2026-03-03T10:00:00Z', 4, '2026-03-09T10:00:00.000Z'],
    ['2026-03-03T10:00:00Z', 10, '2026-03-17T10:00:00.000Z'],
    ['2026-03-07T10:00:00Z', 1, '2026-03-09T10:00:00.000Z'],
    ['2026-03-07T10:00:00Z', -1, '2026-03-06T10:00:00.000Z'],
    ['2026-03-27T10:00:00Z', 1, '2026-03-30T09:00:00.000Z'],
    ['2026-10-23T09:00:00Z', 1, '2026-10-26T10:00:00.000Z'],
  ])('from %s, %i of them later, at the same wall time', (at, days, expected) => {
    expect(addWorkingDays(instant(at), days, LONDON)).toBe(expected);
  });

  it('go over a change of the clocks, and one that falls into it does not move those after', () => {
    // 02:30 does not exist on Sunday 8 March in New York; a Monday's is there again.
    expect(addWorkingDays(instant('2026-03-06T07:30:00Z'), 1, 'America/New_York')).toBe('2026-03-09T06:30:00.000Z');
    expect(addWorkingDays(instant('2026-03-08T07:00:00Z'), -1, 'America/New_York')).toBe('2026-03-06T08:00:00.000Z');
    // The clocks of Cairo go forward on a Friday at midnight.
    const thursday = instant('2026-04-22T22:30:00Z');
    expect(addWorkingDays(thursday, 1, 'Africa/Cairo')).toBe('2026-04-23T22:00:00.000Z');
    expect(addWorkingDays(thursday, 2, 'Africa/Cairo')).toBe('2026-04-26T21:30:00.000Z');
  });

  it('are counted in the zone', () => {
    expect(addWorkingDays(instant('2026-03-05T20:00:00Z'), 1, 'Asia/Tokyo')).toBe('2026-03-08T20:00:00.000Z');
  });

  it('have the date of the zone', () => {
    const at = instant('2026-03-03T23:30:00Z');
    expect([dayIn(at, 'UTC'), dayIn(at, 'Asia/Tokyo'), dayIn(at, 'America/New_York')]).toEqual([
      '2026-03-03',
      '2026-03-04',
      '2026-03-03',
    ]);
  });
});

describe('cron slots', () => {
  const weekdays = '0 10 * * 1-5';

  it.each([
    ['the moment itself included', weekdays, '2026-03-03T10:00:00Z', '2026-03-03T10:00:00.000Z'],
    ['not a moment later', weekdays, '2026-03-03T10:00:00.001Z', '2026-03-04T10:00:00.000Z'],
    ['over the weekend', weekdays, '2026-03-06T10:00:01Z', '2026-03-09T10:00:00.000Z'],
    ['in summer', weekdays, '2026-07-07T00:00:00Z', '2026-07-07T09:00:00.000Z'],
    ['in lists', '30 9,14 * * *', '2026-03-03T10:00:00Z', '2026-03-03T14:30:00.000Z'],
  ])('are found in the zone, %s', (_, expression, from, expected) => {
    expect(cronSlotAtOrAfter(expression, LONDON, instant(from))).toBe(expected);
  });

  it('are not lost in the hour that the clock skips', () => {
    const slot = cronSlotAtOrAfter('30 1 * * *', LONDON, instant('2026-03-29T00:00:00Z'));
    expect(slot).toBe('2026-03-29T01:00:00.000Z');
  });

  /** Zones that move by half an hour, at midnight, at odd minutes, or not at all. What a clock on the wall shows is Intl's answer. */
  it.each([
    'Australia/Lord_Howe',
    'Pacific/Chatham',
    'Africa/Cairo',
    'America/Santiago',
    'America/Havana',
    'Asia/Beirut',
    'America/New_York',
    'Europe/London',
    'Asia/Kathmandu',
  ])('come once on each day of two years in %s, at their time or the first minute after', (zone) => {
    const format = new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
    const wallAt = (at: number): string => format.format(new Date(at));
    for (const [expression, time] of [
      ['0 0 * * *', '00:00'],
      ['15 2 * * *', '02:15'],
      ['30 2 * * *', '02:30'],
      ['0 3 * * *', '03:00'],
    ] as const) {
      let at = instant('2026-01-01T12:00:00Z');
      const late: string[] = [];
      let days = 0;
      let firstDay = '';
      for (let day = ''; day < '2027-12-31'; days += 1) {
        at = cronSlotAtOrAfter(expression, zone, instant(Date.parse(at) + 1));
        const wall = wallAt(Date.parse(at));
        expect(wall.slice(0, 10) > day).toBe(true);
        day = wall.slice(0, 10);
        if (days === 0) firstDay = day;
        if (wall.slice(11) === time) continue;
        late.push(wall);
        // The clock showed an earlier time than the slot's a minute before, and a later one now.
        expect(wallAt(Date.parse(at) - 60_000).slice(11) < time || time === '00:00').toBe(true);
        expect(wall.slice(11) > time).toBe(true);
      }
      expect(days).toBe((Date.parse('2027-12-31') - Date.parse(firstDay)) / DAY + 1);
      expect(days).toBeGreaterThan(720);
      expect(late.length).toBeLessThanOrEqual(2);
    }
  });

  it('come once where an hour comes twice', () => {
    const from = instant('2026-10-24T12:00:00Z');
    const first = cronSlotAtOrAfter('30 1 * * *', LONDON, from);
    const next = cronSlotAtOrAfter('30 1 * * *', LONDON, instant(Date.parse(first) + 1));
    expect([first, next]).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
    // Asked for in the second one, the first is over.
    expect(cronSlotAtOrAfter('30 1 * * *', LONDON, instant('2026-10-25T01:10:00Z'))).toBe(next);
  });

  it.each([
    ['0 10 * * 1-5', true],
    ['*/15 9-17 * * *', true],
    ['* * * * * *', false],
    ['0 10 * *', false],
    ['61 10 * * *', false],
    ['0 10 30 2 *', false],
    ['0 10 29 2 *', true],
    ['soon', false],
    ['', false],
  ])('%j: %s', (expression, expected) => {
    expect(isCron(expression)).toBe(expected);
  });
});
