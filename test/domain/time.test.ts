import { describe, expect, it } from 'vitest';
import {
  after,
  between,
  DAY,
  earliest,
  epochMs,
  fromWallTime,
  fromZoned,
  HOUR,
  instant,
  inZone,
  isZone,
  latest,
  MINUTE,
  plainTime,
} from '../../src/domain/time.ts';
import { NOW } from '../support/builders.ts';

describe('an instant', () => {
  it.each([
    ['2026-03-03T10:00:00Z', '2026-03-03T10:00:00.000Z'],
    ['2026-03-03T10:00:00.5+02:00', '2026-03-03T08:00:00.500Z'],
    [0, '1970-01-01T00:00:00.000Z'],
    [new Date(Date.UTC(2026, 2, 3, 10)), '2026-03-03T10:00:00.000Z'],
  ])('of %s is always the same 24 characters in UTC', (value, expected) => {
    expect(instant(value)).toBe(expected);
    expect(instant(value)).toHaveLength(24);
  });

  it.each(['soon', '2026-13-01', Number.NaN])('is not made of %s', (value) => {
    expect(() => instant(value)).toThrow(RangeError);
  });

  it('compares like the time it is', () => {
    const times = [DAY, -1, 0, MINUTE, -DAY, HOUR].map((ms) => after(NOW, ms));
    expect([...times].sort()).toEqual([-DAY, -1, 0, MINUTE, HOUR, DAY].map((ms) => after(NOW, ms)));
  });

  it.each([
    [90 * MINUTE, '2026-03-03T11:30:00.000Z'],
    [-10 * HOUR, '2026-03-03T00:00:00.000Z'],
    [-10 * HOUR - 1, '2026-03-02T23:59:59.999Z'],
    [26 * DAY, '2026-03-29T10:00:00.000Z'],
  ])('%i ms later is %s', (ms, expected) => {
    expect(after(NOW, ms)).toBe(expected);
    expect(between(NOW, instant(expected))).toBe(ms);
    expect(epochMs(after(NOW, ms)) - epochMs(NOW)).toBe(ms);
  });

  it('is the earliest or latest of those that are there', () => {
    const times = [null, after(NOW, HOUR), NOW, undefined, after(NOW, DAY)];
    expect([earliest(times), latest(times)]).toEqual([NOW, after(NOW, DAY)]);
    expect([earliest([]), latest([null, undefined])]).toEqual([null, null]);
  });
});

describe('wall times across a change of the clocks', () => {
  it.each([
    ['in winter', '2026-01-10T02:30', 'start', '2026-01-10T02:30:00.000Z'],
    ['in summer', '2026-07-10T02:30', 'start', '2026-07-10T01:30:00.000Z'],
    ['that does not exist is the first minute that does', '2026-03-29T01:30', 'start', '2026-03-29T01:00:00.000Z'],
    ['that does not exist, as an end as well', '2026-03-29T01:59', 'end', '2026-03-29T01:00:00.000Z'],
    ['right after the gap', '2026-03-29T02:00', 'start', '2026-03-29T01:00:00.000Z'],
    ['that exists twice starts a freeze at the first', '2026-10-25T01:30', 'start', '2026-10-25T00:30:00.000Z'],
    ['that exists twice ends a freeze at the second', '2026-10-25T01:30', 'end', '2026-10-25T01:30:00.000Z'],
    ['right before the hour that comes twice', '2026-10-25T00:59', 'end', '2026-10-24T23:59:00.000Z'],
    ['right after the hour that comes twice', '2026-10-25T02:00', 'start', '2026-10-25T02:00:00.000Z'],
  ] as const)('%s', (_, wall, edge, expected) => {
    expect(fromWallTime(wall, 'Europe/London', edge)).toBe(expected);
  });

  it.each([
    ['Asia/Kolkata', '2026-03-03T04:30:00.000Z'],
    ['America/New_York', '2026-03-03T15:00:00.000Z'],
    ['Australia/Lord_Howe', '2026-03-02T23:00:00.000Z'],
    ['UTC', '2026-03-03T10:00:00.000Z'],
  ])('ten in the morning in %s', (zone, expected) => {
    expect(fromWallTime('2026-03-03T10:00', zone, 'start')).toBe(expected);
  });
});

describe('zones', () => {
  it('are IANA names, and no offsets', () => {
    expect(['Europe/London', 'Asia/Kolkata', 'UTC'].every(isZone)).toBe(true);
    expect(['Mars/Base', '+02:00', '-05:00', ''].some(isZone)).toBe(false);
    // A whole time is taken for its zone by one half of the runtime, and by the other for nothing.
    expect(['9999-12-31T23:59:59Z', '2026-01-01T00:00[Europe/Berlin]'].some(isZone)).toBe(false);
  });

  it('show an instant as a wall time, and give it back', () => {
    const here = inZone(NOW, 'Asia/Tokyo');
    expect([here.hour, here.dayOfWeek, here.day]).toEqual([19, 2, 3]);
    expect(fromZoned(here)).toBe(NOW);
  });

  it.each([
    ['Asia/Tokyo', '2026-03-03T10:00:00Z', 'Tue 3 Mar 19:00 Tokyo'],
    ['Europe/London', '2026-07-10T23:30:00Z', 'Sat 11 Jul 00:30 London'],
    ['UTC', '2026-12-31T00:05:00Z', 'Thu 31 Dec 00:05 UTC'],
  ])('in %s, %s is written as %s', (zone, at, expected) => {
    expect(plainTime(instant(at), zone)).toBe(expected);
  });
});
