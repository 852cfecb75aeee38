/** Hours at which a deployment is a risk by itself. */
import { describe, expect, it } from 'vitest';
import { outsideHours, riskyTime } from '../../../src/domain/release/risky-time.ts';
import { instant } from '../../../src/domain/time.ts';
import { aCatalog, aSituation, OWNER } from '../../support/builders.ts';

const [checkout] = Object.values(aCatalog().services);
if (checkout === undefined) throw new Error('The catalog of the tests has no service.');
const holidays = { GB: { '2026-04-03': 'Good Friday', '2026-12-25': 'Christmas Day' } };
const s = aSituation({
  around: { catalog: aCatalog({ services: { checkout: { ...checkout, country: 'GB' } }, holidays }) },
});

describe('a risky time', () => {
  it.each([
    ['2026-03-06T13:59:00Z', null],
    ['2026-03-06T14:00:00Z', 'on a Friday afternoon'],
    ['2026-03-07T10:00:00Z', 'at a weekend'],
    ['2026-03-09T10:00:00Z', null],
    ['2026-12-24T10:00:00Z', 'the day before Christmas Day'],
    ['2026-12-25T10:00:00Z', 'on Christmas Day'],
    ['2026-04-02T22:59:00Z', 'the day before Good Friday'],
    ['2026-04-02T23:00:00Z', 'on Good Friday'],
  ])('%s: %s', (at, words) => expect(riskyTime(s, instant(at))?.words ?? null).toBe(words));

  it('knows no holidays of a service without a country', () => {
    expect(
      riskyTime(aSituation({ around: { catalog: aCatalog({ holidays }) } }), instant('2026-12-25T10:00:00Z'))?.words ??
        null,
    ).toBe(null);
  });

  it('is outside of hours where its owner sleeps, unless the service chose it', () => {
    const at = instant('2026-03-03T20:00:00Z');
    expect(outsideHours(s, at)).toBe(true);
    const zones = { [OWNER]: 'America/New_York' };
    expect(outsideHours({ ...s, around: { ...s.around, zones } }, at)).toBe(false);
    const quiet = aCatalog({ services: { checkout: { ...checkout, quiet: { from: '20:00', to: '21:00' } } } });
    expect(outsideHours(aSituation({ around: { catalog: quiet } }), at)).toBe(false);
  });
});
