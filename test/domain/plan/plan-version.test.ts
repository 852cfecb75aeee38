/** The version of a release that is planned: proposed, refused when it is used or goes backwards. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Service, VersionScheme } from '../../../src/domain/catalog/catalog.ts';
import { createRelease, proposedVersion, type VersionFacts } from '../../../src/domain/plan/plan.ts';
import { instant } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { aCatalog, anAct, aRelease, BELLA, NOW } from '../../support/builders.ts';

const service = { versioning: 'semver', zone: 'UTC' } as const;
const none: VersionFacts = { taken: null, deployed: null, recent: [] };
const inProduction = (version: string): VersionFacts => ({ ...none, deployed: { version, since: NOW } });

/** The problem of the version, as words; `null` when there is none. */
const problem = (version: string, facts: VersionFacts, versioning: VersionScheme = 'semver'): string | null => {
  const { services } = aCatalog();
  const catalog = aCatalog({ services: { checkout: { ...(services.checkout as Service), versioning } } });
  const { answers, ...identity } = aRelease();
  const input = {
    service: 'checkout',
    version,
    title: 'Faster basket',
    customers: null,
    when: { kind: 'asap' } as const,
    rollbackPlan: null,
    answers,
    hotfix: false,
    askWhenReady: true,
  };
  const decision = createRelease(input, facts, catalog, identity, anAct());
  if (decision.ok) return null;
  const [first, ...others] = decision.refusal.code === 'fields' ? decision.refusal.problems : [];
  if (first?.field !== 'version' || others.length > 0) throw new Error(JSON.stringify(decision.refusal));
  return sentenceText(first.problem, { names: {}, command: '/release', zone: 'Europe/London' });
};

describe('the version that a form proposes', () => {
  it.each([
    ['after the newest', ['2.14.0', '2.13.1'], null, '2.15.0'],
    ['after the highest, when a repair of an older one came last', ['2.13.2', '2.14.0'], null, '2.15.0'],
    ['after what is deployed', [], '3.0.0', '3.1.0'],
    ['after a plan that is ahead of what is deployed', ['3.2.0'], '3.0.0', '3.3.0'],
    ['after what is deployed when the last plans were older', ['2.9.0'], '3.0.0', '3.1.0'],
    ['after those of its scheme, when others were used', ['nightly', '2.1.0', '2026-03'], null, '2.2.0'],
    ['a first one', [], null, '0.1.0'],
    ['a first one, when none was of its scheme', ['nightly'], 'v1', '0.1.0'],
  ])('%s', (_, recent, deployed, expected) => {
    const facts = { recent, deployed: deployed === null ? null : { version: deployed, since: NOW } };
    expect(proposedVersion(service, facts, NOW)).toBe(expected);
  });

  it('counts within the month, in the zone of the service', () => {
    const tokyo = { versioning: 'calver', zone: 'Asia/Tokyo' } as const;
    const facts = { recent: ['2026.3.4'], deployed: null };
    expect(proposedVersion(tokyo, facts, instant('2026-03-31T14:59:00Z'))).toBe('2026.3.5');
    expect(proposedVersion(tokyo, facts, instant('2026-03-31T15:00:00Z'))).toBe('2026.4.1');
  });

  it('is none where the scheme has no order', () => {
    expect(proposedVersion({ versioning: 'free', zone: 'UTC' }, { recent: ['b1'], deployed: null }, NOW)).toBeNull();
  });

  it('is never one that creating would refuse', () => {
    const version = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(fc.array(version, { maxLength: 5 }), fc.option(version), (recent, deployed) => {
        const facts = { ...(deployed === null ? none : inProduction(deployed)), recent };
        const proposal = proposedVersion(service, facts, NOW) ?? '';
        expect(recent).not.toContain(proposal);
        expect(problem(proposal, facts)).toBeNull();
      }),
    );
  });
});

describe('a version that does not fit the scheme', () => {
  it.each([
    ['semver', '2.14', 'Write one like 2.14.0.'],
    ['calver', '2.14.0', 'Write one like 2026.11.1.'],
    ['free', 'build 512', 'Write one like build-512.'],
  ] as const)('%s: is refused with an example', (scheme, version, example) => {
    expect(problem(version, none, scheme)).toBe(`“${version}” is not a version as checkout numbers them. ${example}`);
  });
});

describe('a version that exists', () => {
  const taken = aRelease({
    state: { status: 'awaiting_approval', since: NOW, round: 'rnd_1' as never },
    everAsked: true,
  });

  it('is refused with the release that has it, its status, since when, and the next one', () => {
    expect(problem('2.14.0', { ...none, taken, recent: ['2.14.0'] })).toBe(
      'Not created: checkout 2.14.0 exists (REL-142, waiting for approval since Tue 3 Mar 10:00 London). Next is 2.15.0.',
    );
  });

  it('is refused without a proposal where there is no next', () => {
    expect(
      problem(
        'b1',
        {
          ...none,
          taken: { ...taken, state: { status: 'deployed', since: NOW, before: null, healthy: null } },
          recent: ['b1'],
        },
        'free',
      ),
    ).toBe('Not created: checkout b1 exists (REL-142, deployed since Tue 3 Mar 10:00 London).');
  });

  it('is not told of as whose it is to whoever may not see it', () => {
    const draft = aRelease({ owner: BELLA, creator: BELLA, state: { status: 'draft', since: NOW, returned: null } });
    expect(problem('2.14.0', { ...none, taken: draft })).toMatch(
      /^Not created: checkout 2\.14\.0 exists \(a draft that only those named on it see\)\./,
    );
  });

  it('counts the next one in the month that it is', () => {
    expect(problem('2026.3.4', { ...none, taken, recent: ['2026.3.4'] }, 'calver')).toMatch(/ Next is 2026\.3\.5\.$/);
    expect(problem('2026.2.4', { ...none, taken, recent: ['2026.2.4'] }, 'calver')).toMatch(/ Next is 2026\.3\.1\.$/);
  });

  it('is said before that it is old', () => {
    expect(problem('2.12.0', { ...inProduction('2.13.1'), taken })).toMatch(/^Not created: checkout 2\.12\.0 exists/);
  });
});

describe('a version that goes backwards', () => {
  it('is refused with what runs, the next one, and how to go back', () => {
    expect(problem('2.13.0', inProduction('2.13.1'))).toBe(
      '2.13.0 is older than 2.13.1 in production. Next is 2.14.0. To go back, use /release rollback checkout "why".',
    );
  });

  it.each([
    ['semver', '2.9.9', '2.10.0', 'refused'],
    ['semver', '2.10.1', '2.10.0', 'taken'],
    ['semver', '3.0.0', '2.99.0', 'taken'],
    ['semver', '2.10.0-rc.1', '2.10.0', 'refused'],
    ['semver', '2.11.0-rc.1', '2.10.0', 'taken'],
    ['calver', '2026.9.1', '2026.10.1', 'refused'],
    ['calver', '2026.10.2', '2026.10.1', 'taken'],
    ['free', 'build-1', 'build-2', 'taken'],
  ] as const)('%s %s while %s runs is %s', (scheme, version, running, verdict) => {
    expect(problem(version, inProduction(running), scheme) === null ? 'taken' : 'refused').toBe(verdict);
  });

  it('is not looked at when what runs is of no known order', () => {
    expect(problem('0.1.0', inProduction('nightly-7'))).toBeNull();
  });
});
