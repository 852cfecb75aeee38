/** What has to be so before it counts as healthy: the catalog's word, else the preset's. */
import { describe, expect, it } from 'vitest';
import { isHealthyAtOnce, probeName, probesIn, verificationOf } from '../../../src/domain/deployment/verification.ts';
import { aCatalog } from '../../support/builders.ts';
import { verifying } from '../../support/verifying.ts';

describe('what is verified', () => {
  it.each([
    ['light', 0],
    ['standard', 1],
    ['strict', 1],
  ] as const)('%s wants the word of %d', (preset, people) => {
    const catalog = aCatalog({ preset });
    expect(verificationOf(catalog, 'checkout')).toEqual({ people, minutes: 30, checklist: [], probes: [] });
    expect(isHealthyAtOnce(catalog, 'checkout')).toBe(people === 0);
  });

  it('is the catalog’s where it says something, and the preset’s for the rest', () => {
    const catalog = verifying({ verify: { people: null, minutes: 5, checklist: ['buy one'] } });
    expect(verificationOf(catalog, 'checkout')).toMatchObject({ people: 1, minutes: 5, checklist: ['buy one'] });
  });

  it('is nothing of a service that is not in the catalog any more', () => {
    expect(verificationOf(aCatalog(), 'gone')).toMatchObject({ people: 1, checklist: [], probes: [] });
  });

  it.each([
    { verify: { people: 0, minutes: 5, checklist: ['buy one'] } },
    {
      verify: { people: 0, minutes: 5, checklist: [] },
      probes: [{ url: 'https://shop.example.com/health', environment: null }],
    },
  ])('is not at once where there is something to look at', (more) => {
    expect(isHealthyAtOnce(verifying(more), 'checkout')).toBe(false);
  });

  it('asks the addresses of a place, and shows no more of them than host and path', () => {
    const probes = [
      { url: 'https://shop.example.com/', environment: null },
      { url: 'https://eu.example.com/health?token=x#y', environment: 'eu' },
    ];
    const catalog = verifying({ probes });
    expect(probesIn(catalog, 'checkout', 'us')).toEqual(probes.slice(0, 1));
    expect(probesIn(catalog, 'checkout', 'eu')).toEqual(probes);
    expect(probes.map(({ url }) => probeName(url))).toEqual(['shop.example.com', 'eu.example.com/health']);
  });
});
