/** Versions of a service: which scheme they follow, which is newer, what comes next. */
import type { VersionScheme } from '../catalog/catalog.ts';
import { type Instant, inZone } from '../time.ts';

const SEMVER = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-([0-9A-Za-z.-]+))?$/;
const CALVER = /^(\d{4})\.(\d{1,2})(?:\.(\d{1,6}))?$/;
const FREE = /^[\w.+-]{1,40}$/;

export const isVersion = (scheme: VersionScheme, version: string): boolean =>
  scheme === 'semver' ? SEMVER.test(version) : scheme === 'calver' ? CALVER.test(version) : FREE.test(version);

/** What a valid version looks like, for the sentence of a refusal. */
export const versionExample = (scheme: VersionScheme): string =>
  ({ semver: '2.14.0', calver: '2026.11.1', free: 'build-512' })[scheme];

const numbers = (pattern: RegExp, version: string): number[] | null => {
  const match = pattern.exec(version);
  return match === null ? null : match.slice(1, 4).map((part) => Number(part ?? 0));
};

/** Negative when `a` is older. Versions without an order (`free`) compare as equal; a pre-release is older than its release (semver.org §11). */
export const compareVersions = (scheme: VersionScheme, a: string, b: string): number => {
  if (scheme === 'free') return 0;
  const pattern = scheme === 'semver' ? SEMVER : CALVER;
  const [left, right] = [numbers(pattern, a), numbers(pattern, b)];
  if (left === null || right === null) return 0;
  const difference = left.map((part, index) => part - (right[index] ?? 0)).find((part) => part !== 0);
  return difference ?? preRelease(a, b);
};

const preRelease = (a: string, b: string): number => {
  const [left, right] = [SEMVER.exec(a)?.[4], SEMVER.exec(b)?.[4]];
  if (left === right) return 0;
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  return left < right ? -1 : 1;
};

/** The highest of them; where there is no order, the first. */
export const highestVersion = (scheme: VersionScheme, versions: readonly string[]): string | null =>
  [...versions].sort((a, b) => compareVersions(scheme, b, a))[0] ?? null;

/** The version to propose after `last`: next minor for semver, this month's next count for calver; `null` where no order is known. */
export const nextVersion = (scheme: VersionScheme, last: string | null, now: Instant, zone: string): string | null => {
  if (scheme === 'free') return null;
  if (scheme === 'semver') {
    const parts = last === null ? [0, 0, 0] : numbers(SEMVER, last);
    return parts === null ? null : `${parts[0]}.${(parts[1] ?? 0) + 1}.0`;
  }
  const { year, month } = inZone(now, zone);
  const parts = last === null ? null : numbers(CALVER, last);
  const count = parts !== null && parts[0] === year && parts[1] === month ? (parts[2] ?? 0) + 1 : 1;
  return `${year}.${month}.${count}`;
};

/** The version of a quick repair on top of `last`. */
export const patchVersion = (scheme: VersionScheme, last: string): string | null => {
  const parts = numbers(SEMVER, last);
  return scheme !== 'semver' || parts === null ? null : `${parts[0]}.${parts[1]}.${(parts[2] ?? 0) + 1}`;
};
