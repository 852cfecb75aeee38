/** What has taken the place of a release, in words. */
import type { Situation } from '../situation.ts';

/** `2.14.0 (REL-2) runs by now`, and where, if not everywhere. */
export const newerWords = ({ release, around: { newer } }: Situation): string => {
  if (newer === null) return '';
  const places = newer.places ?? release.targets;
  const where = places.length < release.targets.length ? ` in ${places.join(', ')}` : '';
  return `${newer.version} (REL-${newer.number}) runs${where} by now`;
};
