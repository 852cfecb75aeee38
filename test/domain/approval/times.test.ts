/** How long a round waits, when it reminds, and how long an approval lasts. */
import { describe, expect, it } from 'vitest';
import { submit } from '../../../src/domain/approval/submit.ts';
import { expiry, reminder, validUntil } from '../../../src/domain/approval/times.ts';
import { instant } from '../../../src/domain/time.ts';
import { isWorkingTime } from '../../../src/domain/working-time.ts';
import {
  ADAM,
  aCatalog,
  aCatalogOf,
  afterOf,
  anAct,
  aRelease,
  aRule,
  aSituation,
  BELLA,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../../support/builders.ts';

const inZone = (zone: string) => {
  const catalog = aCatalog();
  const { checkout } = catalog.services;
  if (checkout === undefined) throw new Error('no checkout');
  return { catalog: { ...catalog, services: { checkout: { ...checkout, zone } } } };
};
const at = (start: string, end: string | null = null) => ({
  kind: 'at' as const,
  start: instant(start),
  end: end === null ? null : instant(end),
});

describe('a round expires', () => {
  it.each([
    ['within the week', '2026-03-03T10:00:00Z', '2026-03-06T10:00:00.000Z'],
    ['over the weekend', '2026-03-06T15:00:00Z', '2026-03-11T15:00:00.000Z'],
    ['asked on a Saturday', '2026-03-07T15:00:00Z', '2026-03-11T15:00:00.000Z'],
    ['at the same wall time when the clock is changed', '2026-03-27T10:00:00Z', '2026-04-01T09:00:00.000Z'],
  ])('after three working days, %s', (_, now, expected) => {
    expect(expiry(aSituation(), instant(now))).toBe(expected);
    expect(afterOf(submit(aSituation(), anAct(OWNER, instant(now)))).round?.expiresAt).toBe(expected);
  });

  it('by the working days of the service: Friday evening in London is Saturday in Tokyo', () => {
    const friday = instant('2026-03-06T16:00:00Z');
    expect(expiry(aSituation({ around: inZone('Europe/London') }), friday)).toBe('2026-03-11T16:00:00.000Z');
    expect(expiry(aSituation({ around: inZone('Asia/Tokyo') }), friday)).toBe('2026-03-10T16:00:00.000Z');
  });

  it.each(['2026-03-03T10:00:00Z', '2026-03-07T23:00:00Z'])('after four hours for an emergency, at any hour', (now) => {
    const s = aSituation({ release: aRelease({ type: 'emergency' }) });
    expect(Date.parse(expiry(s, instant(now))) - Date.parse(now)).toBe(4 * 3_600_000);
  });

  it('does not hurry for a hotfix', () => {
    expect(expiry(aSituation({ release: aRelease({ type: 'hotfix' }) }), NOW)).toBe('2026-03-06T10:00:00.000Z');
  });
});

describe('a round reminds', () => {
  const remindAt = (now: string) => afterOf(submit(aSituation(), anAct(OWNER, instant(now)))).round?.remindAt ?? NOW;

  it('four hours after it was asked, within a working day', () => {
    expect(remindAt('2026-03-03T10:00:00Z')).toBe('2026-03-03T14:00:00.000Z');
    expect(remindAt('2026-03-03T13:30:00Z')).toBe('2026-03-03T17:30:00.000Z');
  });

  it('four hours after it has reached the first of those who are asked: the night does not count', () => {
    expect(remindAt('2026-03-03T23:30:00Z')).toBe('2026-03-04T13:00:00.000Z');
    expect(reminder(aSituation(), instant('2026-03-03T23:30:00Z'), [])).toBe('2026-03-04T09:00:00.000Z');
  });

  it.each(['2026-03-03T16:00:00Z', '2026-03-03T23:30:00Z', '2026-03-06T16:00:00Z', '2026-03-07T12:00:00Z'])(
    'never at night or at the weekend: asked at %s',
    (now) => {
      expect(isWorkingTime(remindAt(now), 'Europe/London')).toBe(true);
    },
  );
});

describe('an approval lasts', () => {
  it.each([
    ['seven days without a time', { kind: 'asap' as const }, '2026-03-10T10:00:00.000Z'],
    ['seven days while the time is undecided', { kind: 'undecided' as const }, '2026-03-10T10:00:00.000Z'],
    [
      'until four hours after the end of its window',
      at('2026-03-05T06:00:00Z', '2026-03-05T08:30:00Z'),
      '2026-03-05T12:30:00.000Z',
    ],
    ['as if the window were an hour long when it has no end', at('2026-03-05T06:00:00Z'), '2026-03-05T11:00:00.000Z'],
  ])('%s', (_, when, expected) => {
    expect(validUntil(aRelease({ when }), NOW)).toBe(expected);
  });
});

describe('those who are asked', () => {
  it('are in working hours first, then those asked least', () => {
    const rules = { all: [aRule({ groups: [], people: [ADAM, BELLA, QUINN, RITA] })] };
    const zones = { [ADAM]: 'Asia/Tokyo', [BELLA]: 'Europe/London', [QUINN]: 'Europe/London', [RITA]: 'Europe/London' };
    const around = { catalog: aCatalogOf(rules), zones, askedLately: { [BELLA]: 3 } };
    const s = afterOf(submit(aSituation({ around }), anAct(OWNER)));
    expect(s.round?.asks.map(({ person }) => person)).toEqual([QUINN, RITA]);
  });
});
