/** Releases that are through, and looked at. */
import type { Catalog, Service } from '../../src/domain/catalog/catalog.ts';
import { succeedDeployment } from '../../src/domain/deployment/outcome.ts';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import type { DeploymentId } from '../../src/domain/ids.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, type Instant, MINUTE } from '../../src/domain/time.ts';
import { aCatalog, afterOf, anAct, aRelease, aSituation, NOW } from './builders.ts';
import { approved } from './deploying.ts';

const [checkout] = Object.values(aCatalog().services);
if (checkout === undefined) throw new Error('The catalog of the tests has no service.');

/** checkout with this of its own. */
export const verifying = (more: Partial<Service>, rest: Partial<Catalog> = {}): Catalog =>
  aCatalog({ services: { checkout: { ...checkout, ...more } }, ...rest });

/** Its deployments have just been started, one in each target. */
export const begun = (catalog: Catalog, targets: readonly string[] = ['production']): Situation => {
  const s = aSituation({ release: aRelease({ state: approved, targets }), around: { catalog } });
  const [first = 'production', ...others] = targets;
  const started = afterOf(startDeployment(s, { environment: first, reason: null }, anAct()));
  const deployments = started.deployments.flatMap((d) => [
    d,
    ...others.map((environment) => ({ ...d, id: `dep_${environment}` as DeploymentId, environment })),
  ]);
  return { ...started, deployments };
};

export const later = (minutes: number): Instant => after(NOW, minutes * MINUTE);

/** It went through, ten minutes later. */
export const through = (catalog: Catalog, targets: readonly string[] = ['production']): Situation =>
  targets.reduce(
    (each, environment) => afterOf(succeedDeployment(each, { environment: environment }, anAct(undefined, later(10)))),
    begun(catalog, targets),
  );
