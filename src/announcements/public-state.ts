/** Where a release stands for somebody who does not deploy: what stakeholders are told rests on it. */

import type { Deployment } from '../domain/deployment/deployment.ts';
import { isReplaced } from '../domain/deployment/newer.ts';
import { isKnownBad } from '../domain/deployment/rollback.ts';
import {
  backIn,
  cameTo,
  failures,
  isOvertaken,
  lastThere,
  leftIn,
  standingPlaces,
} from '../domain/deployment/standing.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { leftOutOf, type ReleaseState } from '../domain/release/release.ts';
import { isProtected } from '../domain/release/traits.ts';
import { type Instant, latest } from '../domain/time.ts';
import { enumerated } from '../domain/words.ts';
import type { Seen } from '../situation/seen-by.ts';

/** Where a release stands for somebody who does not deploy. */
export type PublicState =
  | 'coming'
  | 'going live'
  | 'live'
  | 'live with a problem'
  | 'problem'
  | 'going back'
  | 'back'
  | 'being repaired'
  | 'not live'
  | 'replaced'
  | 'cancelled';

export const isLive = (s: Seen): boolean =>
  s.around.running.some(
    ({ environment, version }) => s.release.targets.includes(environment) && version === s.release.version,
  );

/** What it came to in the end, where it was closed. */
const closedAs = (s: Seen, from: ReleaseState): PublicState => {
  if (from.status === 'rolled_back') return 'back';
  if (from.status === 'failed' && staysIn(s).length > 0) return failures(s).length > 0 ? 'live with a problem' : 'live';
  return isLive(s) || from.status === 'deployed' ? 'live' : 'not live';
};

/** Attempts where it was meant to go: what went through on the way there reached no customer. */
const attempts = ({ deployments, release }: Seen): readonly Deployment[] =>
  deployments.filter(({ state, environment }) => state !== 'aborted' && release.targets.includes(environment));

/** The rollback that ended what was wrong with this deployment; null while nothing has. */
export const wentBack = (s: Seen, failed: Deployment): Deployment | null =>
  s.deployments.find(
    (d) =>
      d.kind === 'rollback' &&
      d.state === 'succeeded' &&
      d.environment === failed.environment &&
      s.deployments.indexOf(d) > s.deployments.indexOf(failed),
  ) ?? null;

/** Before its next deployment: new, broken where it was brought, or back where it had been before. */
const beforeDeploying = (s: Seen): PublicState => {
  const last = attempts(s).filter(({ kind }) => kind === 'deploy');
  if (last.length === 0) return 'coming';
  if (!last.every((d) => wentBack(s, d) !== null)) return 'being repaired';
  return s.release.state.status === 'draft' ? 'back' : 'coming';
};

export const publicState = (s: Seen): PublicState => {
  const { state } = s.release;
  const rollingBack = s.deployments.some((d) => d.state === 'running' && d.kind === 'rollback');
  if (rollingBack) return 'going back';
  switch (state.status) {
    case 'draft':
    case 'awaiting_approval':
    case 'approved':
      return beforeDeploying(s);
    case 'deploying':
      return 'going live';
    case 'deployed':
      return 'live';
    case 'failed':
      if (isReplaced(s)) return 'replaced';
      return isOvertaken(s) ? (hasCome(s) ? 'live' : 'back') : 'problem';
    case 'rolled_back':
      return 'back';
    case 'closed':
      return closedAs(s, state.from);
    case 'cancelled':
      return state.replacedBy === null ? 'cancelled' : 'replaced';
  }
};

/** When it came to the last of its places: that it was called not healthy in between is no other time. */
export const cameAt = (s: Seen): Instant | null => latest(standingPlaces(s).map(({ finishedAt }) => finishedAt));

/** Where it is, or may be as far as anybody knows. */
const staysIn = (s: Seen): readonly string[] => {
  const there = [...standingPlaces(s).map(({ environment }) => environment), ...leftIn(s)];
  return s.release.targets.filter((place) => there.includes(place));
};

/** Where it stays, when that is not everywhere. */
export const keptWhere = (s: Seen): string => {
  const all = s.release.targets.filter((place) => isProtected(s, place));
  const now = staysIn(s);
  const { state } = s.release;
  const from = state.status === 'closed' ? state.from : state;
  // A newer one came before it was everywhere, and has taken its place: where it came stays true.
  const places = now.length === 0 && from.status === 'deployed' && from.goesOn !== undefined ? cameTo(s) : now;
  const everywhere = places.length === all.length && leftOutOf(s.release.state).length === 0;
  return places.length > 0 && !everywhere ? ` in ${enumerated(places)}` : '';
};

/** What went through is there, well or not. */
export const hasCome = (s: Seen): boolean => standingPlaces(s).length > 0;

/** Where it went back, when that is not wherever it had come, or a newer one runs elsewhere. */
export const backWhere = (s: Seen): string => {
  const last = lastThere(s);
  const reached = s.release.targets.filter((place) => last.has(place));
  const back = backIn(s).map(({ environment }) => environment);
  return back.length === 0 || (back.length === reached.length && s.around.newer === null)
    ? ''
    : ` in ${back.join(', ')}`;
};

/** Its places went back to different versions: each is named with its own. */
export const wentApart = (s: Seen): boolean => new Set(backIn(s).map(({ version }) => version)).size > 1;

/** The newer version that runs by now wherever this release was meant to go; null while it does not everywhere. */
export const newerEverywhere = ({ release, around: { newer, running } }: Seen): string | null =>
  newer !== null &&
  release.targets.every((place) =>
    running.some(({ environment, version }) => environment === place && version === newer.version),
  )
    ? newer.version
    : null;

/** The version that a service runs where this release was meant to go. */
export const runsNow = (s: Seen): string | null =>
  s.around.running.find(({ environment }) => s.release.targets.includes(environment))?.version ?? null;

export const hasFailed = ({ around: { siblings } }: Seen, id: ReleaseId): boolean =>
  siblings.some(({ release, status }) => release === id && status === 'failed');
export const isFixOf = ({ release: { id }, around: { siblings } }: Seen, fix: ReleaseId): boolean =>
  siblings.some(({ release, fixes }) => release === fix && fixes === id);

/** The version that mended it, where what failed was fixed forward, and whether that one is well. */
export const mendedBy = (s: Seen) => {
  const { state } = s.release;
  const { newer, busy } = s.around;
  return state.status === 'deployed' &&
    state.fixedBy !== undefined &&
    state.fixedBy === newer?.release &&
    !busy.some(({ release, kind }) => release === state.fixedBy && kind === 'rollback')
    ? { version: newer.version, well: !hasFailed(s, newer.release) }
    : null;
};

/** What a service went back to worked before, unless that version has a problem of its own. */
export const asBefore = (s: Seen, version: string | null): string =>
  isKnownBad(s, version) ? ', which has a problem of its own' : ' and works as before';

/** It was live, whatever came then. */
export const everCame = (s: Seen): boolean =>
  attempts(s).some(({ kind, state }) => kind === 'deploy' && state === 'succeeded');
