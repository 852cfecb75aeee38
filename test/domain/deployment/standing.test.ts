/** How it stands in each place, by what came last there. */

import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../src/domain/deployment/deployment.ts';
import {
  failures,
  fixUnderWay,
  isBeingMended,
  isUnhealthy,
  isUnwell,
  lastThere,
  lastTurn,
  leftIn,
  standingPlaces,
  stands,
  unwell,
  wrongSince,
} from '../../../src/domain/deployment/standing.ts';
import { targetsLeft } from '../../../src/domain/readiness.ts';
import type { Sibling, Situation } from '../../../src/domain/situation.ts';
import { after, MINUTE } from '../../../src/domain/time.ts';
import { aDeployment, NOW, OWNER } from '../../support/builders.ts';
import { deploying } from '../../support/deploying.ts';
import { rollingOut } from '../../support/rolling.ts';

const at = (minutes: number) => after(NOW, minutes * MINUTE);
const eu = (more: Partial<Deployment> = {}): Deployment =>
  aDeployment({ environment: 'eu', state: 'succeeded', startedAt: NOW, finishedAt: at(5), ...more });
const us = (more: Partial<Deployment> = {}): Deployment => eu({ environment: 'us', ...more });
const staging = (more: Partial<Deployment> = {}): Deployment => eu({ environment: 'staging', ...more });
const having = (...deployments: readonly Deployment[]) => deploying(deployments, ['eu', 'us']);
const places = (all: readonly Deployment[]) => all.map(({ environment }) => environment);

describe('what came last', () => {
  it('counts, and what was taken back never came', () => {
    const tried = eu({ state: 'aborted' });
    const went = eu();
    expect(lastThere(having(went, tried)).get('eu')).toBe(went);
    expect(lastThere(having(tried)).get('eu')).toBeUndefined();
  });

  it.each([
    ['went through', [eu()], true],
    ['is being deployed again', [eu(), eu({ state: 'running' })], false],
    ['failed the second time', [eu(), eu({ state: 'failed' })], false],
    ['went back', [eu(), eu({ kind: 'rollback' })], false],
    ['is of another artifact', [eu({ revision: 2 })], false],
    ['is not well, and runs', [eu({ unhealthyAt: at(9) })], true],
  ])('it stands where it %s', (_, all, expected) => {
    const s = having(...all);
    expect(stands(s, 'eu')).toBe(expected);
    expect(targetsLeft(s)).toEqual(expected ? ['us'] : ['eu', 'us']);
  });

  it('stands in the order in which it came, where that matters', () => {
    expect(places(standingPlaces(having(us(), staging(), eu())))).toEqual(['us', 'eu']);
  });
});

describe('a fix that was asked for', () => {
  const failed = having(eu({ state: 'failed' }));
  const fix = (more: Partial<Sibling> = {}): Sibling => ({
    release: failed.release.id,
    number: 143,
    version: '2.14.1',
    owner: OWNER,
    targets: ['eu'],
    when: { kind: 'asap' },
    status: 'approved',
    everAsked: true,
    fixes: failed.release.id,
    ...more,
  });
  const withFix = (more: Partial<Sibling> = {}): Situation => ({
    ...failed,
    release: { ...failed.release, state: { status: 'failed', since: NOW, reason: 'x' } },
    around: { ...failed.around, siblings: [fix(more)] },
  });

  it('is how it goes on, from the request to its end', () => {
    for (const status of ['awaiting_approval', 'approved', 'deploying'] as const) {
      expect(fixUnderWay(withFix({ status }))?.version).toBe('2.14.1');
      expect(isBeingMended(withFix({ status }))).toBe(true);
    }
  });

  it.each([
    ['is a draft', withFix({ status: 'draft' })],
    ['failed itself', withFix({ status: 'failed' })],
    ['is of another one', withFix({ fixes: null })],
    ['is of what has not failed', { ...withFix(), release: failed.release }],
  ])('decides nothing where it %s', (_, s) => expect(fixUnderWay(s)).toBeNull());
});

describe('when something last turned', () => {
  it('is the latest that is known of a place, or of all', () => {
    const s = having(eu({ finishedAt: at(5) }), us({ finishedAt: at(6), unhealthyAt: at(9) }));
    expect(lastTurn(s, 'eu')).toBe(at(5));
    expect(lastTurn(s, 'us')).toBe(at(9));
    expect(lastTurn(s, null)).toBe(at(9));
    expect(lastTurn(having(), null)).toBe('');
  });
});

describe('what is wrong', () => {
  it('is what failed or is not well where nothing came since, the earliest first', () => {
    const sick = us({ unhealthyAt: at(9) });
    const failed = eu({ state: 'failed', finishedAt: at(7) });
    const s = having(sick, failed, staging({ state: 'failed' }));
    expect(places(failures(s))).toEqual(['eu', 'us']);
    expect(places(unwell(s))).toEqual(['us']);
    expect([wrongSince(sick), wrongSince(failed)]).toEqual([at(9), at(7)]);
    expect(failures(having(sick, failed, eu({ state: 'running' }), us({ kind: 'rollback' })))).toEqual([]);
  });

  it('is taken back where it was no failure', () => {
    expect([isUnwell(us({ unhealthyAt: NOW })), isUnwell(us({ unhealthyAt: NOW, healthyAgainAt: at(1) }))]).toEqual([
      true,
      false,
    ]);
  });

  it('is called not healthy where that came last', () => {
    const as = (...all: readonly Deployment[]) => {
      const s = having(...all);
      return { ...s, release: { ...s.release, state: { status: 'failed' as const, since: NOW, reason: 'x' } } };
    };
    expect(isUnhealthy(as(us({ unhealthyAt: at(9) }), eu({ state: 'failed', finishedAt: at(7) })))).toBe(true);
    expect(isUnhealthy(as(us({ unhealthyAt: at(6) }), eu({ state: 'failed', finishedAt: at(7) })))).toBe(false);
    expect(isUnhealthy(as(eu(), us({ kind: 'rollback' })))).toBe(false);
    expect(isUnhealthy(having(us({ unhealthyAt: at(9) })))).toBe(false);
  });
});

describe('where it may run still', () => {
  const canary = (index: number): Deployment['rollout'] => {
    const { rollout } = rollingOut('canary').deployments[0] ?? {};
    return rollout == null ? null : { ...rollout, index };
  };
  it.each<[string, Deployment, readonly string[]]>([
    ['failed in the middle of its steps', eu({ state: 'failed', rollout: canary(1) }), ['eu']],
    ['failed at once', eu({ state: 'failed' }), []],
    ['could not go back', eu({ kind: 'rollback', state: 'failed', version: '2.13.0' }), ['eu']],
    ['went back', eu({ kind: 'rollback', version: '2.13.0' }), []],
    ['went through', eu(), []],
    ['was taken back', eu({ state: 'aborted', rollout: canary(1) }), []],
    ['is not protected', staging({ state: 'failed', rollout: canary(1) }), []],
  ])('is where it %s', (_, deployment, expected) => {
    expect(leftIn(having(deployment))).toEqual(expected);
  });
});
