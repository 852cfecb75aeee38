/** Where an emergency stands. */
import type { DeploymentId, Id, UserId } from '../ids.ts';
import { notStarted } from '../release/release.ts';
import type { Situation } from '../situation.ts';
import type { Instant } from '../time.ts';

/**
 * Where an emergency stands: it waits for its second person, it is open for its one deployment, used, stopped by a judge before that, or
 * over without having been used.
 */
export type EmergencyPhase = 'waits' | 'open' | 'used' | 'stopped' | 'over';

export const emergencyPhase = (grant: BreakGlass, now: Instant): EmergencyPhase => {
  if (grant.usedBy !== null) return 'used';
  if (grant.verdict === 'not justified') return 'stopped';
  if (now < grant.grantedAt) return 'waits';
  return now < grant.expiresAt ? 'open' : 'over';
};

/** What has nothing left to start. */
const ENDED: ReadonlySet<string> = new Set(['cancelled', 'closed', 'deployed', 'rolled_back']);

/** As of this release: what was cancelled, went out without it, or is on its way without it, does not start under it any more. */
export const phaseIn = (
  { release, breakGlass: grant, deployments }: Situation,
  now: Instant,
): EmergencyPhase | null => {
  if (grant === null) return null;
  const phase = emergencyPhase(grant, now);
  const onItsWay = deployments.some(
    ({ kind, state, environment }) => kind === 'deploy' && state === 'running' && environment === grant.environment,
  );
  return (onItsWay || ENDED.has(release.state.status)) && (phase === 'waits' || phase === 'open') ? 'over' : phase;
};

/** Used, and nobody has said yet whether it was justified. */
export const isUnjudged = (grant: BreakGlass | null): boolean =>
  grant !== null && grant.usedBy !== null && grant.verdict === null;

/** Nobody started under it in its time, and nobody stopped it. */
export const ranOut = (s: Situation, now: Instant): boolean =>
  s.breakGlass !== null && emergencyPhase(s.breakGlass, now) === 'over' && notStarted(s.release);

export type BreakGlass = {
  id: Id<'breakGlass'>;
  environment: string;
  justification: string;
  incident: string | null;
  by: UserId;
  second: UserId | null;
  grantedAt: Instant;
  expiresAt: Instant;
  usedBy: DeploymentId | null;
  judgeBy: Instant;
  verdict: 'justified' | 'not justified' | null;
  judgedBy: UserId | null;
  judgedAt: Instant | null;
};
