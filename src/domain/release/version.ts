/** Versions of a service: which scheme they follow, which is newer, what comes next. */
import { compare, inc, parse } from 'semver';
import type { VersionScheme } from '../catalog/catalog.ts';
import { type Instant, inZone } from '../time.ts';

const LONGEST = 40;
const CALVER = /^(\d{4})\.(1[0-2]|0?[1-9])(?:\.(\d{1,6}))?$/;
const FREE = /^[\w.+-]+$/;

/** As semver.org writes it: without the `v` that a tag may have. */
const isSemver = (version: string): boolean => /^\d\S*$/.test(version) && parse(version) !== null;

export const isVersion = (scheme: VersionScheme, version: string): boolean => {
  if (version.length > LONGEST) return false;
  switch (scheme) {
    case 'semver':
      return isSemver(version);
    case 'calver':
      return CALVER.test(version);
    case 'free':
      return FREE.test(version);
  }
};

/** What a tag names: `v2.14.0` is 2.14.0, but where anything is a version. Nothing around it counts. */
export const versionMeant = (scheme: VersionScheme, text: string): string =>
  scheme === 'free' ? text.trim() : withoutV(text.trim());

/** A tag may have a `v` before its version. */
export const withoutV = (tag: string): string => tag.replace(/^v(?=\d)/i, '');

/** What a valid version looks like, for the sentence of a refusal. */
export const versionExample = (scheme: VersionScheme): string =>
  ({ semver: '2.14.0', calver: '2026.11.1', free: 'build-512' })[scheme];

type Month = { year: number; month: number; count: number };

const monthOf = (version: string): Month | null => {
  const match = CALVER.exec(version);
  return match === null ? null : { year: Number(match[1]), month: Number(match[2]), count: Number(match[3] ?? 0) };
};

const compareMonths = (a: string, b: string): number => {
  const [left, right] = [monthOf(a), monthOf(b)];
  if (left === null || right === null) return 0;
  return left.year - right.year || left.month - right.month || left.count - right.count;
};

/**
 * Negative when `a` is older, by precedence (semver.org §11: `rc.9` before `rc.10`, a pre-release before its release, build metadata counts
 * for nothing). Versions without an order (`free`) compare as equal.
 */
export const compareVersions = (scheme: VersionScheme, a: string, b: string): number => {
  switch (scheme) {
    case 'semver':
      return isSemver(a) && isSemver(b) ? compare(a, b) : 0;
    case 'calver':
      return compareMonths(a, b);
    case 'free':
      return 0;
  }
};

/** The highest of them; where there is no order, the first. */
export const highestVersion = (scheme: VersionScheme, versions: readonly string[]): string | null =>
  [...versions].sort((a, b) => compareVersions(scheme, b, a))[0] ?? null;

/**
 * The version to propose after `last`: for semver the next minor (of a pre-release, the release that it leads to), for calver this month's next
 * count; `null` where no order is known.
 */
export const nextVersion = (scheme: VersionScheme, last: string | null, now: Instant, zone: string): string | null => {
  if (scheme === 'free') return null;
  if (scheme === 'semver') return inc(last ?? '0.0.0', 'minor');
  const { year, month } = inZone(now, zone);
  const used = last === null ? null : monthOf(last);
  // Never backwards: after a version of a month to come, that month goes on.
  if (used !== null && (used.year - year || used.month - month) >= 0)
    return `${used.year}.${used.month}.${used.count + 1}`;
  return `${year}.${month}.1`;
};

/** The version of a quick repair on top of `last`. */
export const patchVersion = (scheme: VersionScheme, last: string): string | null =>
  scheme === 'semver' && isSemver(last) ? inc(last, 'patch') : null;
