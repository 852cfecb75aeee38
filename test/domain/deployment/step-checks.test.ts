/** What keeps a deployment from its next step, and what a reason gets past. */
import { describe, expect, it } from 'vitest';
import { nextStep } from '../../../src/domain/deployment/rollout-acts.ts';
import { stepChecks } from '../../../src/domain/deployment/step-checks.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, MINUTE } from '../../../src/domain/time.ts';
import { ADAM, aFreeze, aGrant, NOW, refusalOf } from '../../support/builders.ts';
import { minutesLater, rollingOut } from '../../support/rolling.ts';

const go = (s: Situation, minutes: number, reason: string | null = null) =>
  nextStep(s, { environment: null, reason }, minutesLater(minutes));

const kept = (s: Situation, minutes: number) => {
  const [d] = s.deployments;
  if (d === undefined) throw new Error('Nothing runs.');
  return stepChecks(s, d, after(NOW, minutes * MINUTE)).map(({ by }) => by);
};

describe('the next step', () => {
  it('is kept by nothing once the one before has baked; before that a reason gets past', () => {
    expect([kept(rollingOut(), 14), kept(rollingOut(), 15)]).toEqual([['reason'], []]);
  });

  it('is barred by no freeze that was got past at the start, and by none in an emergency', () => {
    const s = rollingOut();
    const [d] = s.deployments;
    const freeze = aFreeze();
    const frozen = { ...s, around: { ...s.around, freezes: [freeze] } };
    if (d?.rollout == null) throw new Error('It has no steps.');
    const passed = { ...frozen, deployments: [{ ...d, rollout: { ...d.rollout, passed: [freeze.id] } }] };
    expect(go(passed, 20).ok).toBe(true);
    expect(go({ ...frozen, breakGlass: aGrant({ usedBy: d.id }) }, 20).ok).toBe(true);
    expect(go(frozen, 20).ok).toBe(false);
  });

  it('waits for a freeze that came meanwhile, unless there is an exception; going back never does', () => {
    const frozen = { ...rollingOut(), around: { ...rollingOut().around, freezes: [aFreeze()] } };
    expect(refusalOf(go(frozen, 20, 'reason'))).toMatchObject({ code: 'step.stopped' });
    const soft = { ...frozen, around: { ...frozen.around, freezes: [aFreeze({ severity: 'soft' })] } };
    expect(go(soft, 20).ok).toBe(true);
  });

  it('waits for a hold', () => {
    const s = rollingOut();
    const held = { ...s, release: { ...s.release, hold: { by: ADAM, reason: 'the DBA', since: NOW, until: null } } };
    expect(refusalOf(go(held, 20, 'reason'))).toMatchObject({ code: 'step.stopped' });
  });
});
