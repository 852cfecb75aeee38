/** Releases on their way, for what is said of a deployment that ends. */
import { approve } from '../../src/domain/approval/decide.ts';
import { submit } from '../../src/domain/approval/submit.ts';
import { type Deployment } from '../../src/domain/deployment/deployment.ts';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import type { StateOf } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY, HOUR } from '../../src/domain/time.ts';
import { ADAM, aCatalog, aDeployment, anAct, aRelease, aSituation, counting, done, NOW, OWNER } from './builders.ts';

const newId = counting();
export const by = (who = OWNER, now = NOW) => anAct(who, now, newId);
export const approved: StateOf<'approved'> = {
  status: 'approved',
  since: after(NOW, -HOUR),
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: after(NOW, 7 * DAY),
};
const EU_US = [
  { name: 'staging', protected: false, requires: null },
  { name: 'eu', protected: true, requires: null },
  { name: 'us', protected: true, requires: null },
];

/** A release that is deploying, with these deployments; the first of them made it so. */
export const deploying = (
  deployments: readonly Deployment[] = [aDeployment()],
  targets = ['production'],
): Situation => ({
  ...aSituation({ around: { catalog: aCatalog(targets.includes('eu') ? { environments: EU_US } : {}) } }),
  deployments,
  release: aRelease({
    targets,
    state: { status: 'deploying', since: NOW, deployment: deployments[0]?.id ?? newId('deployment'), from: approved },
  }),
});
/** Approved by a person, and started. */
export const started = (): Situation =>
  done(
    startDeployment(
      done(approve(done(submit(aSituation(), by())).after, { hash: null, comment: null }, by(ADAM))).after,
      { environment: 'production', reason: null },
      by(),
    ),
  ).after;
