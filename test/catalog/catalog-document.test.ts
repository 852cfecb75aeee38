/** What a catalog must not say, although every line of it is well formed. */
import { describe, expect, it } from 'vitest';
import { problemLine, readCatalogText } from '../../src/catalog/catalog-document.ts';

const WHOLE = `
environments: [dev, { name: staging, requires: dev }, { name: production, protected: true, requires: staging }]
groups:
  owners: { people: [U012ABC] }
services:
  checkout: { owners: owners, channel: "#team-checkout" }
gates:
  - { name: regression, before: production, when: { service: checkout } }
policies:
  default: { all: [{ name: owners, groups: [owners], when: { service: [checkout] } }] }
announce:
  - { when: { service: checkout }, to: ["#releases"] }
`;

const problems = (from: string, to: string): readonly string[] => {
  expect(WHOLE).toContain(from);
  const read = readCatalogText(WHOLE.replace(from, to));
  return read.ok ? [] : read.problems.map(problemLine);
};

describe('a catalog', () => {
  it('as it stands is read', () => expect(readCatalogText(WHOLE).ok).toBe(true));

  it.each([
    ['preset: light', 'line 1, environments: is missing'],
    ['environments: production', 'environments: has to be a list'],
    ['environments: [production]\nservices: [checkout]', 'services: has to be names with what belongs to each'],
    ['environments: [production]\nservices: { a: { owners: x, tier: 9 } }', 'services.a.tier: is one of'],
    ['environments: [production]\nservicse: {}', 'servicse is not known here'],
  ])('%j is refused in words that say what is wrong', (text, words) => {
    const read = readCatalogText(text);
    const found = read.ok ? [] : read.problems.map(problemLine);
    expect(found.join('\n')).toContain(words);
    expect(found.join('\n')).not.toMatch(/Invalid input|expected|received/);
  });

  it.each([
    [
      'name: staging, requires: dev',
      'name: staging, requires: production',
      'it waits for itself: staging → production → staging',
    ],
    ['name: staging, requires: dev', 'name: staging, requires: staging', 'it waits for itself: staging → staging'],
    ['[dev,', '[dev, dev,', 'there are two environments “dev”: each has a name of its own'],
    ['gates:', 'gates:\n  - { name: regression, before: staging }', 'there are two gates “regression”'],
    [
      'when: { service: checkout } }\npolicies',
      'when: { service: chekout } }\npolicies',
      'there is no service “chekout”; did you mean “checkout”?',
    ],
    ['service: [checkout]', 'service: [checkout, serch]', 'there is no service “serch”; known: checkout'],
    [
      'when: { service: checkout }, to',
      'when: { service: chckout }, to',
      'there is no service “chckout”; did you mean “checkout”?',
    ],
    ['owners: owners,', 'owners: owner,', 'there is no group “owner”; did you mean “owners”?'],
    ['owners: owners,', 'owners: owners, teir: 2,', 'teir is not known here; did you mean tier?'],
    ['groups: [owners], when', 'groups: [], when', 'it names nobody: groups, or people, who may approve'],
    [
      '{ all: [{ name: owners',
      '{ all: [{ name: owners, groups: [owners] }, { name: owners',
      'there are two rules “owners”',
    ],
    ['when: { service: [checkout] }', 'when: { type: hotfx }', 'is one of standard, normal, hotfix, emergency'],
    ['gates:', 'service_groups: { checkout: [checkout] }\ngates:', 'a service is called “checkout” already'],
    ['[dev,', '[approval, dev,', '“approval” means something else for gates'],
    [
      'gates:',
      'windows: [{ name: day, from: "09:00", to: "17:00" }, { name: day, from: "10:00", to: "11:00" }]\ngates:',
      'there are two windows “day”',
    ],
    [
      'gates:',
      'strategies: { odd: { steps: [{ name: a, percent: 50 }, { name: b, percent: 10 }] } }\ngates:',
      'a step before it has 50 already',
    ],
    ['gates:', '__proto__: {}\ngates:', 'is not a name that can be kept'],
    ['requires: staging', 'requires: stagin', 'there is no environment “stagin”; did you mean “staging”?'],
    [
      'channel: "#team-checkout"',
      'channel: "#team-checkout", policy: strickt',
      'there is no policy “strickt”; did you mean “strict”?',
    ],
  ])('that says %j as %j is refused, with the line', (from, to, expected) => {
    const found = problems(from, to);
    expect(found.join('\n')).toContain(expected);
    for (const line of found) expect(line).toMatch(/^line \d+, /);
  });

  it('of a circle names every environment that is in it, and none that only waits for it', () => {
    const found = problems('[dev,', '[{ name: dev, requires: staging },');
    expect(found.map((line) => line.split(': ')[0])).toEqual([
      'line 2, environments.0.requires',
      'line 2, environments.1.requires',
    ]);
  });
});
