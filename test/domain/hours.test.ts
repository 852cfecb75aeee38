/** When people work, by their zones and the holidays there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expiry, reminder } from '../../src/domain/approval/times.ts';
import { daysOff } from '../../src/domain/catalog/catalog.ts';
import { freezeNotices } from '../../src/domain/freeze/calendar.ts';
import { awake, dayBeginsOf, nextAwake, nextOpen, workingDaysLater, zoneFor } from '../../src/domain/hours.ts';
import { reviewPrompts } from '../../src/domain/review/reminders.ts';
import { after, DAY, HOUR, instant } from '../../src/domain/time.ts';
import { addWorkingDays, nextWorkingTime } from '../../src/domain/working-time.ts';
import { ADAM, aCatalog, aFreeze, aReview, aSituation, NOW, OWNER } from '../support/builders.ts';
import { verifying } from '../support/verifying.ts';

/** 3 April 2026 is Good Friday, 6 April Easter Monday. */
const EASTER = { '2026-04-03': 'Good Friday', '2026-04-06': 'Easter Monday' };
const catalog = verifying({ country: 'GB' }, { holidays: { GB: EASTER } });
const s = aSituation({ around: { catalog, zones: { [ADAM]: 'Asia/Tokyo' } } });
const THURSDAY = instant('2026-04-02T16:00:00Z');

describe('a public holiday', () => {
  it('is off where the services of its country live, and nowhere else', () => {
    const off = daysOff(catalog, 'Europe/London');
    expect([off('2026-04-03'), off('2026-04-02')]).toEqual([true, false]);
    expect(daysOff(catalog, 'Asia/Tokyo')('2026-04-03')).toBe(false);
    expect(daysOff(aCatalog(), 'Europe/London')('2026-04-03')).toBe(false);
    expect(daysOff(catalog, 'Europe/London')('constructor')).toBe(false);
  });

  it('the day of several begins with the first of them, and has begun while one works', () => {
    const night = instant('2026-04-01T20:00:00Z');
    expect(dayBeginsOf(s, [OWNER, ADAM], night)).toBe('2026-04-02T00:00:00.000Z');
    expect(dayBeginsOf(s, [OWNER], night)).toBe('2026-04-02T08:00:00.000Z');
    expect(dayBeginsOf(s, [OWNER, ADAM], instant('2026-04-02T09:00:00Z'))).toBeNull();
    expect(dayBeginsOf(s, [], night)).toBeNull();
  });

  it('nobody is awake to decide there, and somebody elsewhere is', () => {
    const friday = instant('2026-04-03T08:30:00Z');
    expect(awake(s, OWNER, instant('2026-04-03T10:00:00Z'))).toBe(false);
    expect(awake(s, ADAM, friday)).toBe(true);
    expect([zoneFor(s, OWNER), zoneFor(s, ADAM)]).toEqual(['Europe/London', 'Asia/Tokyo']);
    expect(nextAwake(s, OWNER, friday)).toBe('2026-04-07T08:00:00.000Z');
    expect(nextOpen(s, friday)).toBe('2026-04-07T08:00:00.000Z');
    expect(nextAwake(s, ADAM, friday)).toBe(friday);
  });

  it('is no working day of a request, its reminder, a review, or a notice ahead', () => {
    expect(expiry(s, THURSDAY)).toBe('2026-04-09T16:00:00.000Z');
    expect(reminder(s, THURSDAY, [])).toBe('2026-04-07T08:00:00.000Z');
    const due = aReview({ dueAt: instant('2026-04-02T09:00:00Z') });
    expect(reviewPrompts(due, catalog, 'Europe/London').map((at) => at.slice(0, 10))).toEqual([
      '2026-04-02',
      '2026-04-07',
      '2026-04-08',
      '2026-04-09',
      '2026-04-10',
    ]);
    const freeze = aFreeze({ startsAt: instant('2026-04-09T08:00:00Z'), endsAt: instant('2026-04-12T08:00:00Z') });
    const [ahead] = freezeNotices(freeze, NOW, daysOff(catalog, freeze.zone));
    expect(ahead).toEqual({ kind: 'ahead_5d', at: '2026-03-31T08:00:00.000Z' });
    expect(workingDaysLater(s, THURSDAY, 1)).toBe('2026-04-07T16:00:00.000Z');
  });

  it('never makes anything earlier, nor longer than the days off: against counting days one by one', () => {
    const day = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(fc.uniqueArray(day, { maxLength: 8 }), day, fc.integer({ min: 1, max: 6 }), (offs, start, days) => {
        const dates = new Set(offs.map((n) => after(NOW, n * DAY).slice(0, 10)));
        const off = (date: string): boolean => dates.has(date);
        const from = after(NOW, start * DAY);
        // By hand: day by day at the same hour, in UTC.
        let [at, left] = [from, days];
        while (left > 0) {
          at = after(at, DAY);
          const weekday = new Date(at).getUTCDay();
          if (weekday !== 0 && weekday !== 6 && !off(at.slice(0, 10))) left -= 1;
        }
        expect(addWorkingDays(from, days, 'UTC', off)).toBe(at);
        const next = nextWorkingTime(after(from, 10 * HOUR), 'UTC', off);
        expect(off(next.slice(0, 10))).toBe(false);
        expect(next >= after(from, 10 * HOUR)).toBe(true);
      }),
    );
  });
});
