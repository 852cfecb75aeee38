import { describe, expect, it } from 'vitest';
import { releaseTraits, riskLevel, servicesOf, tierOf, traitsOf, zoneOf } from '../../../src/domain/release/traits.ts';
import { aCatalog, aRelease, aSituation } from '../../support/builders.ts';

const { services } = aCatalog();
const checkout = services.checkout as NonNullable<typeof services.checkout>;
const catalog = aCatalog({ services: { checkout: { ...checkout, tier: 1, zone: 'Europe/Berlin' } } });
const risk = { score: 60, level: 'high', parts: [] } as const;
const gone = aRelease({ service: 'ledger' });

describe('what a release takes from its service', () => {
  it('is how critical it is, and the zone', () => {
    const s = aSituation({ around: { catalog } });
    expect([tierOf(s), zoneOf(s)]).toEqual([1, 'Europe/Berlin']);
  });

  it('is the least critical, in UTC, for a service that the catalog does not have any more', () => {
    const s = aSituation({ release: gone, around: { catalog } });
    expect([tierOf(s), zoneOf(s)]).toEqual([3, 'UTC']);
    expect(releaseTraits(catalog, gone, 'low').tier).toBe(3);
  });
});

describe('the services of a release', () => {
  it('are its own, then those that it affects', () => {
    expect(servicesOf(aSituation())).toEqual(['checkout']);
    expect(servicesOf(aSituation({ release: aRelease({ affects: ['search', 'ledger'] }) }))).toEqual([
      'checkout',
      'search',
      'ledger',
    ]);
  });
});

describe('its risk', () => {
  it('is medium until it was scored', () => {
    expect(riskLevel(aSituation())).toBe('medium');
    expect(riskLevel(aSituation({ release: aRelease({ risk }) }))).toBe('high');
  });
});

describe('traits', () => {
  it('are what predicates ask about', () => {
    const release = aRelease({
      type: 'hotfix',
      affects: ['search'],
      customers: 'A new basket page',
      answers: { schema: true, irreversible: false, downtime: false, restricted: false },
      risk,
    });
    expect(traitsOf(aSituation({ release, around: { catalog } }))).toEqual({
      type: 'hotfix',
      service: 'checkout',
      affects: ['search'],
      tier: 1,
      risk: 'high',
      schema: true,
      customers: true,
    });
  });

  it('say that customers notice only when there are words for them', () => {
    expect(traitsOf(aSituation()).customers).toBe(false);
    expect(traitsOf(aSituation({ release: aRelease({ customers: 'A new page' }) })).customers).toBe(true);
  });

  it('take another risk than the score when they are asked with one', () => {
    expect(traitsOf(aSituation({ release: aRelease({ risk }) }), 'critical').risk).toBe('critical');
  });
});
