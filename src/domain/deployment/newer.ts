/** What has taken the place of a release: everywhere, or only where it has come so far. */

import { isProtected } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import { enumerated } from '../words.ts';

/** Whether a newer one runs there by now: what this release did there is over. */
export const isTaken = ({ release, around: { newer } }: Situation, environment: string): boolean =>
  newer !== null && (newer.taken ?? newer.places ?? release.targets).includes(environment);

/** What came there after this release, or was gone back to by another: it is not this one's to go back from. */
export const laterThere = (s: Situation, environment: string): Situation['around']['succeeded'][number] | null => {
  const live = s.around.succeeded.filter((row) => row.environment === environment).at(-1);
  const mine = s.deployments.filter((d) => d.environment === environment);
  const arrived = mine.findLast(({ kind, state }) => kind === 'deploy' && state === 'succeeded')?.finishedAt;
  const last = arrived ?? mine.at(-1)?.startedAt;
  return live !== undefined &&
    live.release !== s.release.id &&
    // Another one may have gone back to this very version.
    live.version !== s.release.version &&
    (last === undefined || live.since > last)
    ? live
    : null;
};

/** A newer one runs wherever this one had come, so that nothing is left to be said or decided of it. */
export const isReplaced = (s: Situation): boolean =>
  s.around.newer !== null &&
  s.deployments.every(
    ({ environment, state }) => state === 'aborted' || !isProtected(s, environment) || isTaken(s, environment),
  );

/** `2.14.0 (REL-2) now runs`, and where, if not everywhere. */
export const newerWords = ({ release, around: { newer } }: Situation): string => {
  if (newer === null) return '';
  const places = newer.places ?? release.targets;
  const where = places.length < release.targets.length ? ` in ${enumerated(places)}` : '';
  const others = (newer.taken ?? places).filter((place) => !places.includes(place));
  const besides = others.length === 0 ? '' : `, and another newer one in ${enumerated(others)}`;
  return `${newer.version} (REL-${newer.number}) now runs${where}${besides}`;
};
