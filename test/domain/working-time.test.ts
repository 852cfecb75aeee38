import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, HOUR, type Instant, instant } from '../../src/domain/time.ts';
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
    expect(slot.slice(0, 10)).toBe('2026-03-29');
  });

  it.each([
    ['0 10 * * 1-5', true],
    ['*/15 9-17 * * *', true],
    ['* * * * * *', false],
    ['0 10 * *', false],
    ['61 10 * * *', false],
    ['soon', false],
    ['', false],
  ])('%j: %s', (expression, expected) => {
    expect(isCron(expression)).toBe(expected);
  });
});
