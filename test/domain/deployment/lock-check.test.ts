/** Whether a place is taken: by a deployment, or by a lock. */

import { describe, expect, it } from 'vitest';
import type { Lock } from '../../../src/domain/deployment/lock.ts';
import { lockCheck } from '../../../src/domain/deployment/lock-check.ts';
import { pipelineAnswer } from '../../../src/domain/deployment/pipeline.ts';
import type { UserId } from '../../../src/domain/ids.ts';
import { readiness } from '../../../src/domain/readiness.ts';
import { NOTHING_GIVEN } from '../../../src/domain/release/artifact.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import { tokenActor } from '../../../src/domain/token/token.ts';
import { ADAM, aDeployment, aRelease, BELLA, NOW } from '../../support/builders.ts';
import { check, ready } from '../../support/ready.ts';

describe('locks', () => {
  const lock = (more: Partial<Lock> = {}): Lock => ({
    id: 'lck_1' as Lock['id'],
    service: 'checkout',
    environment: 'production',
    release: aRelease().id,
    reason: 'address the cause first',
    holder: BELLA,
    since: NOW,
    expiresAt: null,
    liftedAt: null,
    liftedBy: null,
    ...more,
  });
  const busy = aDeployment({ version: '2.13.2', startedBy: ADAM, startedAt: after(NOW, -HOUR) });

  it('by a deployment that runs: what, who, since when', () => {
    const { state, until, sentence } = check(ready({ busy: [busy] }), 'lock.held');
    expect([state, until]).toEqual(['wait', null]);
    expect(sentence).toEqual(expect.arrayContaining(['2.13.2', { person: ADAM }, { at: after(NOW, -HOUR) }]));
  });

  it('by its own deployment come before those of others', () => {
    const s = { ...ready({ busy: [busy] }), deployments: [aDeployment({ startedBy: BELLA })] };
    expect(check(s, 'lock.held').sentence).toContainEqual({ person: BELLA });
  });

  it('after a rollback: who holds it, why, and how it is lifted', () => {
    const { state, sentence, fix } = check({ ...ready(), locks: [lock()] }, 'lock.held');
    expect(state).toBe('wait');
    expect(sentence).toEqual(expect.arrayContaining([{ person: BELLA }, ' says what the cause was']));
    expect(fix).toContainEqual({ command: 'unlock checkout production "cause"' });
  });

  it.each([
    ['a deployment elsewhere', ready({ busy: [aDeployment({ environment: 'staging' })] })],
    ['its own deployment that has ended', { ...ready(), deployments: [aDeployment({ state: 'failed' })] }],
    ['a lock of another environment', { ...ready(), locks: [lock({ environment: 'staging' })] }],
    ['a lock of another service', { ...ready(), locks: [lock({ service: 'search' })] }],
    ['a lock that was lifted', { ...ready(), locks: [lock({ liftedAt: NOW, liftedBy: BELLA })] }],
  ])('are none by %s', (_, s) => {
    expect(check(s, 'lock.held').state).toBe('pass');
  });

  it('by hand keep everybody out but who made them; those after a rollback keep everybody out', () => {
    const asked = (s: Situation, by: UserId | null): string => lockCheck(s, 'production', NOW, by).state;
    const byHand = { ...ready(), locks: [lock({ release: null })] };
    expect([asked(byHand, BELLA), asked(byHand, ADAM), asked(byHand, null)]).toEqual(['pass', 'wait', 'wait']);
    expect(asked({ ...ready(), locks: [lock()] }, BELLA)).toBe('wait');
    // What is under way there is nobody's to pass.
    expect(asked({ ...byHand, ...ready({ busy: [aDeployment({})] }), locks: byHand.locks }, BELLA)).toBe('wait');
    // Whoever may start is told so, at the gate too.
    expect(readiness(byHand, 'production', NOW, BELLA).checks.map(({ state }) => state)).not.toContain('wait');
    const by = tokenActor({ name: 'checkout-ci' });
    const ci = { ...ready(), locks: [lock({ release: null, holder: by })] };
    expect(pipelineAnswer(ci, 'production', NOTHING_GIVEN, NOW, by).decision).toBe('allow');
    expect(pipelineAnswer(ci, 'production', NOTHING_GIVEN, NOW).decision).toBe('wait');
  });
});
