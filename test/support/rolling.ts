/** Deployments in steps, for what is said and done of them. */
import type { Catalog } from '../../src/domain/catalog/catalog.ts';
import type { Rollout } from '../../src/domain/deployment/rollout.ts';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, MINUTE } from '../../src/domain/time.ts';
import { aCatalog, afterOf, anAct, aRelease, aSituation, NOW, OWNER } from './builders.ts';
import { approved } from './deploying.ts';

const [checkout] = Object.values(aCatalog().services);
if (checkout === undefined) throw new Error('The catalog of the tests has no service.');

/** checkout goes out by this strategy, and has a rule about its errors. */
export const having = (strategy: string | null, more: Partial<Catalog> = {}): Catalog =>
  aCatalog({
    services: {
      checkout: { ...checkout, strategy, health: [{ metric: 'errors', above: 2, below: null }] },
      search: checkout,
    },
    ...more,
  });

export const rollingOut = (strategy: string | null = 'canary'): Situation =>
  afterOf(
    startDeployment(
      aSituation({ release: aRelease({ state: approved }), around: { catalog: having(strategy) } }),
      { environment: 'production', reason: null },
      anAct(),
    ),
  );

export const minutesLater = (minutes: number, by = OWNER) => anAct(by, after(NOW, minutes * MINUTE));

export const rolloutIn = (s: Situation): Rollout => {
  const [d] = s.deployments;
  if (d?.rollout == null) throw new Error('It has no steps.');
  return d.rollout;
};
