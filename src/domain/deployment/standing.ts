/** How it stands in each place: what came last there, and whether it is well. What is said of one place says nothing of another. */
import { isProtected } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import type { Deployment } from './deployment.ts';

/** What came last in each environment; a start that was taken back never came. */
export const lastThere = ({ deployments }: Pick<Situation, 'deployments'>): ReadonlyMap<string, Deployment> =>
  new Map(deployments.filter(({ state }) => state !== 'aborted').map((d) => [d.environment, d]));

/** Somebody said that it is not well there, and nobody took that back. */
export const isUnwell = (d: Deployment): boolean => d.unhealthyAt !== null && d.healthyAgainAt === null;

/** Since when it is wrong there. */
export const wrongSince = (d: Deployment): Instant => d.unhealthyAt ?? d.finishedAt ?? d.startedAt;

/** What failed or is not well, in the protected places where that is what came last: the earliest first. */
export const failures = (s: Situation): readonly Deployment[] =>
  [...lastThere(s).values()]
    .filter((d) => isProtected(s, d.environment) && (d.state === 'failed' || isUnwell(d)))
    .sort((a, b) => (wrongSince(a) < wrongSince(b) ? -1 : 1));

/** Where it went through, and is not well. */
export const unwell = (s: Situation): readonly Deployment[] => failures(s).filter(isUnwell);

/** Whether what failed last is that it is not well where it went through. */
export const isUnhealthy = (s: Situation): boolean => {
  const last = s.release.state.status === 'failed' ? failures(s).at(-1) : undefined;
  return last !== undefined && isUnwell(last);
};

/** Whether this artifact is what came last there, and went through. */
export const stands = (s: Situation, environment: string): boolean => {
  const last = lastThere(s).get(environment);
  return last?.kind === 'deploy' && last.state === 'succeeded' && last.revision === s.release.artifact.revision;
};

/** Where it went through in a place that matters and nothing came since, in the order in which it came. */
export const standingPlaces = (s: Situation): readonly Deployment[] =>
  [...lastThere(s).values()]
    .filter((d) => isProtected(s, d.environment) && d.kind === 'deploy' && d.state === 'succeeded')
    .sort((a, b) => s.deployments.indexOf(a) - s.deployments.indexOf(b));
