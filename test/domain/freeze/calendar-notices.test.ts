/** When people are told of a freeze. */
import { describe, expect, it } from 'vitest';
import { type Freeze, freezeNotices } from '../../../src/domain/freeze/calendar.ts';
import { after, DAY, HOUR, instant, MINUTE } from '../../../src/domain/time.ts';
import { aFreeze } from '../../support/builders.ts';

const kinds = (freeze: Freeze, declared = '2026-02-01T00:00:00Z') =>
  freezeNotices(freeze, instant(declared)).map(({ kind, at }) => `${kind} ${at.slice(0, 16)}`);
const FRIDAY = instant('2026-03-13T18:00:00Z');
const MONDAY = instant('2026-03-16T07:00:00Z');
const weekend = (more: Partial<Freeze> = {}) => aFreeze({ startsAt: FRIDAY, endsAt: MONDAY, ...more });

describe('notices of a freeze', () => {
  it('of a day or longer: five working days and one day ahead, start, an hour before the end, end', () => {
    expect(kinds(weekend())).toEqual([
      'ahead_5d 2026-03-06T18:00',
      'ahead_1d 2026-03-12T18:00',
      'start 2026-03-13T18:00',
      'ending 2026-03-16T06:00',
      'end 2026-03-16T07:00',
    ]);
  });

  it('shorter: one hour ahead, start, an hour before the end, end', () => {
    expect(kinds(weekend({ endsAt: instant('2026-03-13T20:00:00Z') }))).toEqual([
      'ahead_1h 2026-03-13T17:00',
      'start 2026-03-13T18:00',
      'ending 2026-03-13T19:00',
      'end 2026-03-13T20:00',
    ]);
  });

  it.each([
    ['a day is long', DAY, ['ahead_5d', 'ahead_1d', 'start', 'ending', 'end']],
    ['a minute less than a day is short', DAY - MINUTE, ['ahead_1h', 'start', 'ending', 'end']],
  ])('%s', (_, length, expected) => {
    const found = freezeNotices(weekend({ endsAt: after(FRIDAY, length) }), instant('2026-02-01T00:00:00Z'));
    expect(found.map(({ kind }) => kind)).toEqual(expected);
  });

  it('of an hour alone: nothing before its end', () => {
    expect(kinds(weekend({ endsAt: after(FRIDAY, HOUR) }))).toEqual([
      'ahead_1h 2026-03-13T17:00',
      'start 2026-03-13T18:00',
      'end 2026-03-13T19:00',
    ]);
  });

  it('of one that comes again: its start, what it holds before its end, and no post at the end', () => {
    const repeats = { every: 'week', start: '2026-03-13T18:00', end: '2026-03-16T07:00', until: null } as const;
    const again = ['start 2026-03-13T18:00', 'ending 2026-03-16T06:00', 'over 2026-03-16T07:00'];
    expect(kinds(weekend({ repeats }))).toEqual(again);
    expect(kinds(weekend({ repeats, endedEarlyAt: instant('2026-03-12T07:00:00Z') }))).toEqual([
      'over 2026-03-12T07:00',
    ]);
    const yearly = weekend({
      repeats: { ...repeats, every: 'year', end: '2026-03-18T07:00' },
      endsAt: instant('2026-03-18T07:00:00Z'),
    });
    expect(kinds(yearly).map((notice) => notice.split(' ')[0])).toEqual([
      'ahead_5d',
      'ahead_1d',
      'start',
      'ending',
      'end',
    ]);
  });

  it('a day ahead is a day of the calendar, however long it is', () => {
    const startsAt = instant('2026-03-29T17:00:00Z');
    const freeze = aFreeze({ startsAt, endsAt: after(startsAt, 3 * DAY), zone: 'Europe/London' });
    expect(kinds(freeze)[1]).toBe('ahead_1d 2026-03-28T18:00');
  });

  it('keep the wall time of its zone, over weekends and a change of the clocks', () => {
    const startsAt = instant('2026-03-30T08:00:00Z');
    const freeze = aFreeze({ startsAt, endsAt: after(startsAt, 3 * DAY), zone: 'Europe/London' });
    expect(kinds(freeze)[0]).toBe('ahead_5d 2026-03-23T09:00');
  });

  it.each([
    [
      'a minute before the first notice, are all there',
      '2026-03-06T17:59:00Z',
      ['ahead_5d', 'ahead_1d', 'start', 'ending', 'end'],
    ],
    [
      'a minute after the first notice, begin with the second',
      '2026-03-06T18:01:00Z',
      ['ahead_1d', 'start', 'ending', 'end'],
    ],
    ['on its last day, are start and end', '2026-03-13T10:00:00Z', ['start', 'ending', 'end']],
  ])('declared %s', (_, declared, expected) => {
    expect(kinds(weekend(), declared).map((notice) => notice.split(' ')[0])).toEqual(expected);
  });

  it('declared late and ended early: start, and the end that it had', () => {
    const freeze = weekend({ endedEarlyAt: instant('2026-03-14T09:00:00Z') });
    expect(kinds(freeze, '2026-03-13T10:00:00Z')).toEqual([
      'start 2026-03-13T18:00',
      'ending 2026-03-14T08:00',
      'end 2026-03-14T09:00',
    ]);
  });

  it.each([
    ['before it began', '2026-03-13T12:00:00Z', ['end 2026-03-13T12:00']],
    ['as it began', '2026-03-13T18:00:00Z', ['end 2026-03-13T18:00']],
    ['after it began', '2026-03-13T18:01:00Z', ['start 2026-03-13T18:00', 'end 2026-03-13T18:01']],
  ])('tell of no start that never was: ended %s', (_, ended, expected) => {
    expect(kinds(weekend({ endedEarlyAt: instant(ended) }), '2026-03-13T10:00:00Z')).toEqual(expected);
  });
});
