/** Replaced by a newer version that was deployed; back again when that one was rolled back everywhere. */
import type { Catalog } from '../catalog/catalog.ts';
import type { Deployment, Running } from '../deployment/deployment.ts';
import { happened } from '../events.ts';
import type { ReleaseId } from '../ids.ts';
import { type BeforeCancelling, keyOf, move, type Release } from '../release/release.ts';
import { compareVersions } from '../release/version.ts';
import type { Effect, Sibling, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';

/** One success in an environment, by which release of which number: brought there, or gone back to. */
export type Success = Running & { number: number; kind: Deployment['kind'] };

/**
 * What has taken its place in a target environment: a later release of the service with a version that is not older, or whatever was deployed over
 * it there. `succeeded`: oldest first. What was gone
 * back to is of the release that had brought it, not of the one that left.
 */
export const newerThan = (
  release: Release,
  catalog: Catalog,
  succeeded: readonly Success[],
): Situation['around']['newer'] => {
  const scheme = catalog.services[release.service]?.versioning ?? 'free';
  const broughtBy = (row: Success): Success | undefined =>
    row.kind === 'deploy'
      ? row
      : succeeded.findLast(
          ({ kind, environment, version }) =>
            kind === 'deploy' && environment === row.environment && version === row.version,
        );
  /** Another one was deployed over it, whatever its version, and nothing went back to it since. */
  const isOver = (environment: string): boolean => {
    const there = succeeded.filter((row) => row.environment === environment);
    const own = there.findLastIndex((row) => broughtBy(row)?.release === release.id);
    return own !== -1 && there[own + 1]?.kind === 'deploy';
  };
  const all = release.targets
    .flatMap((environment) => succeeded.findLast((row) => row.environment === environment) ?? [])
    .flatMap((row) => broughtBy(row) ?? [])
    .filter(
      (row) =>
        row.release !== release.id &&
        (isOver(row.environment) ||
          (row.number > release.number && compareVersions(scheme, row.version, release.version) >= 0)),
    );
  const [newer] = all;
  if (newer === undefined) return null;
  const places = all.filter((row) => row.release === newer.release).map(({ environment }) => environment);
  const taken = all.map(({ environment }) => environment);
  return { release: newer.release, number: newer.number, version: newer.version, places, taken };
};

/** Whether a deployment of this release would replace that one: an older plan for one of the same places. */
const replaces = (s: Situation, { number, version, targets, status }: Sibling): boolean => {
  const scheme = s.around.catalog.services[s.release.service]?.versioning ?? 'free';
  const planned = status === 'draft' || status === 'awaiting_approval' || status === 'approved';
  return (
    planned &&
    number < s.release.number &&
    targets.some((name) => s.release.targets.includes(name)) &&
    compareVersions(scheme, s.release.version, version) >= 0
  );
};

/** An older one that is in some of its places: it would go no further. */
const stops = (s: Situation, { number, status, version, targets }: Sibling): boolean =>
  status === 'deploying' &&
  targets.length > 1 &&
  number < s.release.number &&
  compareVersions(s.around.catalog.services[s.release.service]?.versioning ?? 'free', s.release.version, version) >= 0;

/** What deploying this release to that environment would replace, as far as anybody else may know of it. */
export const wouldReplace = (s: Situation, environment: string): readonly Sibling[] =>
  s.around.siblings.filter(
    (sibling) =>
      sibling.everAsked && sibling.targets.includes(environment) && (replaces(s, sibling) || stops(s, sibling)),
  );

/** A newer version of the service was deployed: what was not started is replaced by it, for as long as that one stays. */
export const replace = (
  s: Situation,
  newer: { release: ReleaseId; number: number; version: string },
  now: Instant,
): Effect => {
  const from = s.release.state as BeforeCancelling;
  const by = keyOf(newer);
  const release = move(s.release, {
    status: 'cancelled',
    since: now,
    by: null,
    reason: `replaced by ${s.release.service} ${newer.version} (${by})`,
    replacedBy: newer.release,
    from,
  });
  const live = s.round !== null && (s.round.state === 'open' || s.round.state === 'approved');
  const round = live && s.round !== null ? { ...s.round, state: 'withdrawn' as const, endedAt: now } : s.round;
  return {
    after: { ...s, release, round },
    events: [happened(release.id, 'release.cancelled', { replacedBy: by, version: newer.version })],
  };
};

/** The newer one is gone: back where it came from while its approval still holds, else a draft. `null` when nothing is to be done. */
export const comeBack = (s: Situation, now: Instant): Effect | null => {
  const { state } = s.release;
  if (state.status !== 'cancelled' || state.replacedBy === null || state.from === null || s.around.newer !== null)
    return null;
  // Its version was planned anew meanwhile: that plan goes on.
  if (s.around.siblings.some(({ version }) => version === s.release.version)) return null;
  const { from } = state;
  const holds = from.status === 'approved' && from.validUntil > now;
  const release: Release = holds
    ? move(s.release, { ...from, since: now })
    : move(s.release, {
        status: 'draft',
        since: now,
        returned: from.status === 'draft' ? from.returned : { why: 'no longer replaced', by: null, reason: null },
      });
  const back =
    holds && from.by.kind === 'round' && s.round?.id === from.by.round
      ? { ...s.round, state: 'approved' as const }
      : s.round;
  return {
    after: {
      ...s,
      release: { ...release, askWhenReady: release.askWhenReady && from.status === 'draft' },
      round: back,
    },
    events: [happened(release.id, 'release.came_back', { status: release.state.status })],
  };
};
