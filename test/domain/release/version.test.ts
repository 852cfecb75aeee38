import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareVersions,
  highestVersion,
  isVersion,
  nextVersion,
  patchVersion,
  versionExample,
  versionMeant,
} from '../../../src/domain/release/version.ts';
import { instant } from '../../../src/domain/time.ts';
import { NOW } from '../../support/builders.ts';

const SCHEMES = ['semver', 'calver', 'free'] as const;
const number = fc.integer({ min: 0, max: 99_999 });
const triple = fc.tuple(number, number, number);
type Triple = readonly [number, number, number];

/** Ten lines of reference: three numbers, the first that differs decides. */
const older = (a: Triple, b: Triple): number => {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return a[2] === b[2] ? 0 : a[2] < b[2] ? -1 : 1;
};

it.each([
  ['semver', 'v2.14.0', '2.14.0'],
  ['semver', ' 2.14.0\n', '2.14.0'],
  ['semver', 'version', 'version'],
  ['calver', 'V2026.11.1', '2026.11.1'],
  ['free', 'v12', 'v12'],
  ['free', 'build-512\n', 'build-512'],
] as const)('a %s tag %j means %s', (scheme, tag, version) => expect(versionMeant(scheme, tag)).toBe(version));

describe('a version of a scheme', () => {
  it.each([
    ['semver', '2.14.0', true],
    ['semver', '0.0.0', true],
    ['semver', '2.14.0-rc.1', true],
    ['semver', '2.14.0-alpha-7.x', true],
    ['semver', '2.14.0+build.7', true],
    ['semver', '02.14.0', false],
    ['semver', '2.14.0-rc.01', false],
    ['semver', '2.14.0-rc..1', false],
    ['semver', `2.14.0-${'r'.repeat(33)}`, true],
    ['semver', `2.14.0-${'r'.repeat(34)}`, false],
    ['semver', '2.14', false],
    ['semver', '2', false],
    ['semver', '2.14.0.1', false],
    ['semver', 'v2.14.0', false],
    ['semver', '2.14.x', false],
    ['semver', '2.14.0-', false],
    ['semver', '-1.0.0', false],
    ['semver', ' 2.14.0', false],
    ['semver', '', false],
    ['calver', '2026.3.1', true],
    ['calver', '2026.12.31', true],
    ['calver', '2026.3', true],
    ['calver', '2026.03.1', true],
    ['calver', '2026.0.1', false],
    ['calver', '2026.13.1', false],
    ['calver', '26.3.1', false],
    ['calver', '2026', false],
    ['calver', '2026.March.1', false],
    ['calver', '2026-03-01', false],
    ['free', 'build-512', true],
    ['free', '1.0+b.7_x', true],
    ['free', '1'.repeat(40), true],
    ['free', '1'.repeat(41), false],
    ['free', 'a b', false],
    ['free', 'a/b', false],
    ['free', '', false],
  ] as const)('%s %s: %s', (scheme, version, valid) => expect(isVersion(scheme, version)).toBe(valid));

  it.each(SCHEMES)('the example of %s is one', (scheme) => {
    expect(isVersion(scheme, versionExample(scheme))).toBe(true);
  });
});

describe('which is older', () => {
  it.each([
    ['semver', '2.9.0', '2.10.0', 'by number and not by text'],
    ['semver', '2.14.9', '2.14.10', 'by number and not by text'],
    ['semver', '9.99.99', '10.0.0', 'the first number weighs most'],
    ['semver', '2.13.9', '2.14.0', 'the second weighs more than the third'],
    ['semver', '2.10.0-rc.1', '2.10.0', 'a pre-release comes before its release'],
    ['semver', '2.9.9', '2.10.0-rc.1', 'a pre-release comes after the release before it'],
    ['semver', '1.0.0-alpha', '1.0.0-alpha.1', 'fewer fields come first'],
    ['semver', '1.0.0-alpha.1', '1.0.0-alpha.beta', 'numbers come before words'],
    ['semver', '1.0.0-alpha.beta', '1.0.0-beta', 'words by their letters'],
    ['semver', '1.0.0-beta.2', '1.0.0-rc.1', 'words by their letters'],
    ['semver', '1.0.0-rc.1', '1.0.0-rc.2', 'numbers by their size'],
    ['semver', '1.0.0-rc.9', '1.0.0-rc.10', 'numbers by their size and not by text'],
    ['semver', '1.0.0-1', '1.0.0-a', 'numbers come before words'],
    ['calver', '2026.9.1', '2026.10.1', 'months are numbers'],
    ['calver', '2026.09.1', '2026.10.1', 'months are numbers'],
    ['calver', '2026.3.9', '2026.3.10', 'counts are numbers'],
    ['calver', '2025.12.40', '2026.1.1', 'the year weighs most'],
    ['calver', '2026.3', '2026.3.1', 'a month alone comes before its first count'],
  ] as const)('%s: %s before %s, %s', (scheme, a, b, _why) => {
    expect(Math.sign(compareVersions(scheme, a, b))).toBe(-1);
    expect(Math.sign(compareVersions(scheme, b, a))).toBe(1);
  });

  it('is neither when they are the same', () => {
    expect(compareVersions('semver', '2.14.0-rc.1', '2.14.0-rc.1')).toBe(0);
    expect(compareVersions('semver', '2.14.0+build.7', '2.14.0+build.8')).toBe(0);
    expect(compareVersions('calver', '2026.3.1', '2026.03.1')).toBe(0);
  });

  it.each([
    ['semver', 'nightly', '1.0.0'],
    ['calver', '2026.3.1', 'spring'],
  ] as const)('%s: is neither when one is of another scheme', (scheme, a, b) => {
    expect(compareVersions(scheme, a, b)).toBe(0);
    expect(compareVersions(scheme, b, a)).toBe(0);
  });

  it('sorts a whole row by precedence, from any order', () => {
    const row = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11'];
    const whole = [...row, '1.0.0-rc.9', '1.0.0-rc.10', '1.0.0', '1.0.1-rc.1', '1.0.1'];
    fc.assert(
      fc.property(fc.shuffledSubarray(whole, { minLength: whole.length }), (shuffled) => {
        expect([...shuffled].sort((a, b) => compareVersions('semver', a, b))).toEqual(whole);
      }),
    );
  });

  it('is neither in a scheme without an order', () => {
    expect(compareVersions('free', 'build-1', 'build-2')).toBe(0);
    expect(compareVersions('free', '1.0.0', '2.0.0')).toBe(0);
  });

  it('agrees with three numbers compared one by one', () => {
    fc.assert(
      fc.property(triple, triple, (a, b) => {
        expect(Math.sign(compareVersions('semver', a.join('.'), b.join('.')))).toBe(older(a, b));
      }),
    );
  });

  it('puts a pre-release between the release before it and its own', () => {
    fc.assert(
      fc.property(triple, fc.constantFrom('rc.1', 'alpha', 'beta-2'), ([major, minor, patch], label) => {
        const its = `${major}.${minor}.${patch + 1}`;
        expect(compareVersions('semver', `${its}-${label}`, its)).toBeLessThan(0);
        expect(compareVersions('semver', `${major}.${minor}.${patch}`, `${its}-${label}`)).toBeLessThan(0);
      }),
    );
  });
});

describe('the highest', () => {
  it.each([
    ['semver', ['2.9.0', '2.13.2', '2.10.0'], '2.13.2'],
    ['semver', ['2.14.0-rc.1', '2.13.9'], '2.14.0-rc.1'],
    ['semver', ['2.14.0-rc.1', '2.14.0'], '2.14.0'],
    ['semver', ['2.14.0-rc.9', '2.14.0-rc.10'], '2.14.0-rc.10'],
    ['calver', ['2026.2.9', '2025.12.1', '2026.10.1'], '2026.10.1'],
    ['free', ['build-7', 'build-9'], 'build-7'],
    ['semver', [], null],
  ] as const)('%s %j: %s', (scheme, versions, highest) => expect(highestVersion(scheme, versions)).toBe(highest));

  it('is one of them, and none of them is higher', () => {
    fc.assert(
      fc.property(fc.array(triple, { minLength: 1, maxLength: 8 }), (list) => {
        const highest = highestVersion(
          'semver',
          list.map((each) => each.join('.')),
        );
        const [best] = [...list].sort((a, b) => older(b, a));
        expect(highest).toBe(best?.join('.'));
      }),
    );
  });
});

describe('the next', () => {
  it.each([
    ['semver', null, '0.1.0', 'the first of all'],
    ['semver', '2.13.1', '2.14.0', 'a minor one, without the repairs of the last'],
    ['semver', '2.9.0', '2.10.0', 'counted and not spelled'],
    ['semver', '2.14.0-rc.10', '2.14.0', 'the release that a pre-release leads to'],
    ['semver', '2.13.1+build.7', '2.14.0', 'without the build'],
    ['semver', 'nightly', null, 'nothing follows what is no version'],
    ['calver', null, '2026.3.1', 'the first of this month'],
    ['calver', '2026.3.4', '2026.3.5', 'one more in this month'],
    ['calver', '2026.3.9', '2026.3.10', 'counted and not spelled'],
    ['calver', '2026.2.17', '2026.3.1', 'begins again in a new month'],
    ['calver', '2025.3.4', '2026.3.1', 'begins again in a new year'],
    ['free', 'build-512', null, 'nobody knows'],
    ['free', null, null, 'nobody knows'],
  ] as const)('%s after %s is %s: %s', (scheme, last, next, _why) => {
    expect(nextVersion(scheme, last, NOW, 'UTC')).toBe(next);
  });

  it('is of the month that it is in the zone of the service', () => {
    const newYear = instant('2025-12-31T23:30:00Z');
    expect(nextVersion('calver', '2025.12.8', newYear, 'UTC')).toBe('2025.12.9');
    expect(nextVersion('calver', '2025.12.8', newYear, 'Europe/Berlin')).toBe('2026.1.1');
    expect(nextVersion('calver', '2025.12.8', newYear, 'America/New_York')).toBe('2025.12.9');
  });

  it('is newer than the last, and valid', () => {
    fc.assert(
      fc.property(triple, (last) => {
        const next = nextVersion('semver', last.join('.'), NOW, 'UTC') ?? '';
        expect(isVersion('semver', next)).toBe(true);
        expect(compareVersions('semver', next, last.join('.'))).toBeGreaterThan(0);
      }),
    );
  });
});

describe('the version of a quick repair', () => {
  it.each([
    ['semver', '2.14.0', '2.14.1'],
    ['semver', '2.14.9', '2.14.10'],
    ['calver', '2026.3.1', null],
    ['free', 'build-512', null],
    ['semver', 'build-512', null],
  ] as const)('%s of %s is %s', (scheme, last, repair) => expect(patchVersion(scheme, last)).toBe(repair));

  it('is newer than what it repairs and older than the next planned one', () => {
    fc.assert(
      fc.property(triple, (last) => {
        const text = last.join('.');
        const repair = patchVersion('semver', text) ?? '';
        expect(compareVersions('semver', repair, text)).toBeGreaterThan(0);
        expect(compareVersions('semver', repair, nextVersion('semver', text, NOW, 'UTC') ?? '')).toBeLessThan(0);
      }),
    );
  });
});
