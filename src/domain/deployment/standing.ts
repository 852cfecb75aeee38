/** How it stands in each place: what came last there, and whether it is well. What is said of one place says nothing of another. */

import { isProtected } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { enumerated } from '../words.ts';
import type { Deployment } from './deployment.ts';
import { isTaken, laterThere } from './newer.ts';
import { stepOf } from './rollout.ts';

/** What came last in each environment; a start that was taken back never came. */
export const lastThere = ({ deployments }: Pick<Situation, 'deployments'>): ReadonlyMap<string, Deployment> =>
  new Map(deployments.filter(({ state }) => state !== 'aborted').map((d) => [d.environment, d]));

/** Somebody said that it is not well there, and nobody took that back. */
export const isUnwell = (d: Deployment): boolean => d.unhealthyAt !== null && d.healthyAgainAt === null;

/** When its health, or what runs, last turned: there, or in all of its places. What a button about its health was shown for. */
export const lastTurn = ({ deployments }: Pick<Situation, 'deployments'>, environment: string | null): string =>
  deployments
    .filter((d) => environment === null || d.environment === environment)
    .flatMap((d) => [d.startedAt, d.finishedAt ?? '', d.unhealthyAt ?? '', d.healthyAgainAt ?? ''])
    .reduce((last, at) => (at > last ? at : last), '');

/** Since when it is wrong there. */
export const wrongSince = (d: Deployment): Instant => d.unhealthyAt ?? d.finishedAt ?? d.startedAt;

/** What went wrong last in the places that matter: the earliest first. */
const wrong = (s: Situation): readonly Deployment[] =>
  [...lastThere(s).values()]
    .filter((d) => isProtected(s, d.environment) && (d.state === 'failed' || isUnwell(d)))
    .sort((a, b) => (wrongSince(a) < wrongSince(b) ? -1 : 1));

/** What failed or is not well, in the protected places where that is what came last, of any release: the earliest first. */
export const failures = (s: Situation): readonly Deployment[] =>
  wrong(s).filter(({ environment }) => !isTaken(s, environment) && laterThere(s, environment) === null);

/** Where it went back, or is going back, and nothing came since: of the other places somebody decides. */
export const goneBack = (s: Situation): readonly string[] =>
  [...lastThere(s).values()]
    .filter((d) => isProtected(s, d.environment) && !isTaken(s, d.environment))
    .filter(({ kind, state }) => kind === 'rollback' && state !== 'failed')
    .map(({ environment }) => environment);

/** What went wrong went wrong where a newer one runs by now, or went back and a newer one runs elsewhere: nothing of it is left to be decided about. */
export const isOvertaken = (s: Situation): boolean => {
  if (s.release.state.status !== 'failed' || failures(s).length > 0) return false;
  const nowhere = standingPlaces(s).length + leftIn(s).length === 0;
  const taken = [...lastThere(s).keys()].some((place) => isProtected(s, place) && isTaken(s, place));
  return goneBack(s).length === 0 ? wrong(s).length > 0 : nowhere && taken;
};

/** Where it went through, and is not well. */
export const unwell = (s: Situation): readonly Deployment[] => failures(s).filter(isUnwell);

/** Whether what failed last is that it is not well where it went through. */
export const isUnhealthy = (s: Situation): boolean => {
  const last = s.release.state.status === 'failed' ? (failures(s).at(-1) ?? wrong(s).at(-1)) : undefined;
  return last !== undefined && isUnwell(last);
};

const COMING: ReadonlySet<string> = new Set(['awaiting_approval', 'approved', 'deploying']);

/** The hotfix of it that was asked for and is not there yet: somebody has decided how it goes on. */
export const fixUnderWay = ({ release, around }: Situation): Situation['around']['siblings'][number] | null =>
  release.state.status === 'failed'
    ? (around.siblings.find(({ fixes, status }) => fixes === release.id && COMING.has(status)) ?? null)
    : null;

/** What runs now may end what is wrong: it goes back, comes again where it had failed, or its fix is on its way. */
export const isBeingMended = (s: Situation): boolean =>
  fixUnderWay(s) !== null ||
  s.deployments.some(
    (d) =>
      d.state === 'running' && (d.kind === 'rollback' || (isProtected(s, d.environment) && failures(s).length === 0)),
  );

/** Where it went back in a place where it was meant to be, and to what, and nothing of it came since. */
export const backIn = (s: Situation): readonly Deployment[] => {
  const last = lastThere(s);
  return s.release.targets.flatMap((place) => {
    const there = last.get(place);
    return there?.kind === 'rollback' && there.state === 'succeeded' ? [there] : [];
  });
};

/** `2.13.0`; of places that went back to different versions `2.14.0 in eu and 2.13.0 in us`. Null where it went back nowhere. */
export const backOn = (s: Situation): string | null => {
  const back = backIn(s);
  const [first] = back;
  if (first === undefined) return null;
  return back.every(({ version }) => version === first.version)
    ? first.version
    : enumerated(back.map(({ version, environment }) => `${version} in ${environment}`));
};

/** Where it came, whatever came after it. */
export const cameTo = (s: Situation): readonly string[] => {
  const last = lastThere(s);
  return s.release.targets.filter((place) => {
    const there = last.get(place);
    return there?.kind === 'deploy' && there.state === 'succeeded';
  });
};

/** It has begun and nothing of it runs: it is in one of its places, and still to come to another. */
export const isBetweenPlaces = ({ release, deployments }: Situation): boolean =>
  release.state.status === 'deploying' && !deployments.some(({ state }) => state === 'running');

/** Whether this artifact is what came last there, and went through. */
export const stands = (s: Situation, environment: string): boolean => {
  const last = lastThere(s).get(environment);
  return last?.kind === 'deploy' && last.state === 'succeeded' && last.revision === s.release.artifact.revision;
};

/** Where it went through in a place that matters and nothing came since, of any release, in the order in which it came. */
export const standingPlaces = (s: Situation): readonly Deployment[] =>
  [...lastThere(s).values()]
    .filter((d) => isProtected(s, d.environment) && !isTaken(s, d.environment))
    .filter((d) => d.kind === 'deploy' && d.state === 'succeeded')
    .sort((a, b) => s.deployments.indexOf(a) - s.deployments.indexOf(b));

/** Some of it was reached before it failed: a part of its steps. */
const cameInPart = ({ kind, rollout }: Deployment): boolean =>
  kind === 'deploy' && rollout !== null && (rollout.index > 0 || (stepOf(rollout).percent ?? 0) > 0);

/** It had come there before, and has not gone back: that another try failed takes nothing away. */
const cameBefore = ({ deployments }: Situation, { environment }: Deployment): boolean =>
  deployments.findLast((d) => d.environment === environment && d.state === 'succeeded')?.kind === 'deploy';

/** Where it may run still, in part or as a whole, as far as anybody knows: it failed in the middle of its steps or at another try, or going back failed. */
export const leftIn = (s: Situation): readonly string[] =>
  [...lastThere(s).values()]
    .filter((d) => isProtected(s, d.environment) && !isTaken(s, d.environment) && d.state === 'failed')
    .filter((d) => d.kind === 'rollback' || cameInPart(d) || cameBefore(s, d))
    .map(({ environment }) => environment);

/** Why it has failed: what is wrong last; where nothing is any more, why it went back where it did. */
export const wrongReason = (s: Situation): string | null =>
  (failures(s).at(-1) ?? s.deployments.findLast((d) => d.kind === 'rollback' && d.state === 'succeeded'))?.reason ??
  null;

/** Where something else is wrong still, that is why it has failed. */
export const stillWrong = (s: Situation): Situation['release'] => {
  const { state } = s.release;
  const reason = wrongReason(s);
  return state.status !== 'failed' || reason === null ? s.release : { ...s.release, state: { ...state, reason } };
};
