/** The hours that are offered for a deployment. */
import { describe, expect, it } from 'vitest';
import type { Catalog, Service } from '../../../src/domain/catalog/catalog.ts';
import type { Freeze } from '../../../src/domain/freeze/calendar.ts';
import { bestSlots } from '../../../src/domain/plan/slots.ts';
import { after, DAY, HOUR, instant } from '../../../src/domain/time.ts';
import { ADAM, aCatalog, aFreeze, aSituation, BELLA, NOW, OWNER } from '../../support/builders.ts';

const [checkout] = Object.values(aCatalog().services);
if (checkout === undefined) throw new Error('The catalog of the tests has no service.');
const having = (more: Partial<Service>, rest: Partial<Catalog> = {}): Catalog =>
  aCatalog({ services: { checkout: { ...checkout, ...more }, search: checkout }, ...rest });
type Around = NonNullable<NonNullable<Parameters<typeof aSituation>[0]>['around']>;
const starts = (now: string, catalog = aCatalog(), around: Around = {}, most = 1) =>
  bestSlots(aSituation({ around: { catalog, ...around } }), instant(now), most).map(({ start }) => start.slice(0, 16));

describe('the quiet hours that are offered', () => {
  it.each([
    ['the same morning, before six', '2026-03-03T05:59:00Z', 'Europe/London', '2026-03-03T06:00'],
    ['the next morning, at six', '2026-03-03T06:00:00Z', 'Europe/London', '2026-03-04T06:00'],
    ['Monday, after a Friday', '2026-03-06T10:00:00Z', 'Europe/London', '2026-03-09T06:00'],
    ['Monday, on a Saturday before six', '2026-03-07T05:00:00Z', 'Europe/London', '2026-03-09T06:00'],
    ['six in the zone of the service', '2026-03-03T10:00:00Z', 'Asia/Tokyo', '2026-03-03T21:00'],
    ['six after the clocks have changed', '2026-03-27T10:00:00Z', 'Europe/London', '2026-03-30T05:00'],
  ])('are %s', (_, now, zone, expected) => expect(starts(now, having({ zone }))).toEqual([expected]));

  it('are those of the service, where it has some, on its days', () => {
    const quiet = { from: '22:00', to: '01:00', days: [2, 7] };
    const [slot] = bestSlots(aSituation({ around: { catalog: having({ quiet }) } }), NOW, 1);
    expect(slot).toEqual({ start: '2026-03-03T22:00:00.000Z', end: '2026-03-04T01:00:00.000Z' });
    // Not on a Sunday: few people are there.
    expect(starts('2026-03-04T10:00:00Z', having({ quiet }), {}, 2)).toEqual(['2026-03-10T22:00', '2026-03-17T22:00']);
  });

  it('are three, in the order of time, those first at which an owner is at work', () => {
    const quiet = { from: '06:00', to: '07:00' };
    expect(starts('2026-03-03T10:00:00Z', having({ quiet }), {}, 3)).toHaveLength(3);
    const zones = { [OWNER]: 'Europe/London', [ADAM]: 'Asia/Kolkata', [BELLA]: 'Europe/London' };
    const late = { from: '06:00', to: '07:00', days: [1, 2, 3, 4, 5] };
    expect(starts('2026-03-03T10:00:00Z', having({ quiet: late }), { zones }, 2)).toEqual([
      '2026-03-04T06:00',
      '2026-03-05T06:00',
    ]);
  });

  it.each<[string, Partial<Freeze>, string]>([
    ['lie behind a freeze', {}, '2026-03-05T06:00'],
    [
      'are free on the morning on which a freeze has ended',
      { endsAt: instant('2026-03-04T06:00:00Z') },
      '2026-03-04T06:00',
    ],
    [
      'are free of a freeze of another service',
      { scope: { services: ['search'], environments: [] } },
      '2026-03-04T06:00',
    ],
    [
      'are free of a freeze that was ended early',
      { endedEarlyAt: instant('2026-03-03T12:00:00Z') },
      '2026-03-04T06:00',
    ],
  ])('%s', (_, more, expected) =>
    expect(starts('2026-03-03T10:00:00Z', aCatalog(), { freezes: [aFreeze(more)] })).toEqual([expected]),
  );

  it('are none on holidays and just before them, nor beside another release of the service', () => {
    const holidays = { GB: { '2026-03-05': 'a holiday' } };
    const catalog = having({ country: 'GB' }, { holidays });
    expect(starts('2026-03-03T10:00:00Z', catalog, {}, 2)).toEqual(['2026-03-06T06:00', '2026-03-09T06:00']);
    const start = instant('2026-03-04T06:30:00Z');
    const sibling = {
      release: 'rel_2' as never,
      number: 2,
      version: '3.0.0',
      owner: OWNER,
      targets: ['production'],
      when: { kind: 'at' as const, start, end: null },
      status: 'approved' as const,
      everAsked: true,
      fixes: null,
    };
    expect(starts('2026-03-03T10:00:00Z', aCatalog(), { siblings: [sibling] })).toEqual(['2026-03-05T06:00']);
  });

  it('are none when everything is frozen for months, and an hour long', () => {
    expect(
      starts('2026-03-03T10:00:00Z', aCatalog(), { freezes: [aFreeze({ endsAt: after(NOW, 90 * DAY) })] }),
    ).toEqual([]);
    const [slot] = bestSlots(aSituation(), NOW, 1);
    expect(slot?.end).toBe(after(slot?.start ?? NOW, HOUR));
  });
});
