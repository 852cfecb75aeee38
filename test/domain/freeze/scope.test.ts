/** What a freeze is about: what was picked, and the names that it comes to. */
import { describe, expect, it } from 'vitest';
import {
  type Picked,
  picked,
  regionsOf,
  scopeIn,
  scopeProblems,
  scopeWords,
} from '../../../src/domain/freeze/scope.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { aCatalog } from '../../support/builders.ts';

const [checkout] = Object.values(aCatalog().services);
if (checkout === undefined) throw new Error('The catalog of the tests has no service.');
const catalog = aCatalog({
  services: {
    checkout: { ...checkout, tier: 1 },
    search: { ...checkout, tier: 2 },
    ledger: { ...checkout, tier: 1 },
  },
  serviceGroups: { money: ['checkout', 'ledger'] },
  environments: [
    { name: 'staging', protected: false, requires: null },
    { name: 'eu', protected: true, requires: 'staging', region: 'europe' },
    { name: 'ch', protected: true, requires: 'staging', region: 'europe' },
    { name: 'us', protected: true, requires: 'staging', region: 'america' },
  ],
});
const of = (pick: Partial<Picked>) => scopeIn(catalog, picked({ services: [], environments: [], ...pick }));

describe('the scope of a freeze', () => {
  it.each<[string, Partial<Picked>, string[], string[]]>([
    ['nothing picked is everything', {}, [], []],
    ['names', { services: ['search'], environments: ['us'] }, ['search'], ['us']],
    ['a group', { groups: ['money'] }, ['checkout', 'ledger'], []],
    ['a tier and a name', { tiers: [2], services: ['ledger'] }, ['search', 'ledger'], []],
    ['a group but not one of it', { groups: ['money'], except: ['ledger'] }, ['checkout'], []],
    ['everything but one', { except: ['ledger'] }, ['checkout', 'search'], []],
    ['a region', { regions: ['europe'] }, [], ['eu', 'ch']],
    ['a region and a name', { regions: ['america'], environments: ['staging'] }, [], ['staging', 'us']],
  ])('%s', (_, pick, services, environments) => expect(of(pick)).toEqual({ services, environments }));

  it('that has nothing in it any more is nothing, never everything', () => {
    expect(of({ groups: ['gone'] }).services).toEqual(['(none)']);
    expect(of({ tiers: [3] }).services).toEqual(['(none)']);
    expect(of({ regions: ['asia'] }).environments).toEqual(['(none)']);
  });

  it.each<[string, Partial<Picked>, RegExp]>([
    ['a service', { services: ['serch'] }, /no service “serch”/],
    ['a service that is left out', { except: ['serch'] }, /no service “serch”/],
    ['a group', { groups: ['munny'] }, /no group of services “munny”. Known: money/],
    ['an environment', { environments: ['prod'] }, /no environment “prod”/],
    ['a region', { regions: ['asia'] }, /no region “asia”. Known: europe, america/],
    ['nothing at all', { services: ['search'], except: ['search'] }, /stops nothing/],
  ])('names %s that is not there', (_, pick, words) => {
    const problems = scopeProblems(picked({ services: [], environments: [], ...pick }), catalog);
    expect(
      problems.map((problem) => sentenceText(problem, { names: {}, command: '/release', zone: 'UTC' })).join(),
    ).toMatch(words);
  });

  it('is told by its names', () => {
    expect(regionsOf(catalog)).toEqual(['europe', 'america']);
    expect(scopeWords(of({ groups: ['money'], regions: ['europe'] }))).toBe(
      'deployments of checkout, ledger to eu, ch',
    );
    expect(scopeWords(of({}))).toBe('deployments of all services to every environment');
  });
});
