/** What has taken the place of a release: everywhere, or only where it has come so far. */
import { isProtected } from '../release/traits.ts';
import type { Situation } from '../situation.ts';

/** Whether a newer one runs there by now: what this release did there is over. */
export const isTaken = ({ release, around: { newer } }: Situation, environment: string): boolean =>
  newer !== null && (newer.taken ?? newer.places ?? release.targets).includes(environment);

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
  const where = places.length < release.targets.length ? ` in ${places.join(', ')}` : '';
  const others = (newer.taken ?? places).filter((place) => !places.includes(place));
  const besides = others.length === 0 ? '' : `, and another newer one in ${others.join(', ')}`;
  return `${newer.version} (REL-${newer.number}) now runs${where}${besides}`;
};
