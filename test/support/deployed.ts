/** Releases that are somewhere, for what is said of going back. */
import type { Deployment } from '../../src/domain/deployment/deployment.ts';
import type { Lock } from '../../src/domain/deployment/lock.ts';
import { startRollback } from '../../src/domain/deployment/rollback.ts';
import type { ReleaseState } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY } from '../../src/domain/time.ts';
import { ADAM, aDeployment, anAct, aRelease, aSituation, counting, done, NOW, OWNER } from './builders.ts';

const newId = counting();
export const by = (who = OWNER, now = NOW) => anAct(who, now, newId);
export const shipped = (more: Partial<Deployment> = {}) =>
  aDeployment({ state: 'succeeded', finishedAt: NOW, ...more });
export const DEPLOYED: ReleaseState = { status: 'deployed', since: NOW, before: '2.13.1', healthy: null };
export const FAILED: ReleaseState = { status: 'failed', since: NOW, reason: 'no disk' };
export type Parts = NonNullable<Parameters<typeof aSituation>[0]>;
export const deployed = (
  { deployments = [shipped()], ...more }: Parts = {},
  state: ReleaseState = DEPLOYED,
): Situation => aSituation({ release: aRelease({ state }), deployments, ...more });
export const goingBack = (state: ReleaseState = DEPLOYED): Situation =>
  done(startRollback(deployed({}, state), 'empty baskets', by(ADAM))).after;
export const locked: Lock = {
  id: 'lck_1' as Lock['id'],
  service: 'checkout',
  environment: 'production',
  release: aRelease().id,
  reason: 'address the cause first',
  holder: ADAM,
  since: after(NOW, -DAY),
  expiresAt: null,
  liftedAt: null,
  liftedBy: null,
};
