/** When a deployment counts as failed that nobody finishes. */
import { describe, expect, it } from 'vitest';
import { deadlineOf } from '../../../src/domain/deployment/deadline.ts';
import { bakesUntil, pauseNudges } from '../../../src/domain/deployment/rollout.ts';
import { pauseRollout, resumeRollout } from '../../../src/domain/deployment/rollout-acts.ts';
import { reportStep } from '../../../src/domain/deployment/step.ts';
import { resumeRelease } from '../../../src/domain/plan/hold.ts';
import { settle } from '../../../src/domain/settle.ts';
import { after, between, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { ADAM, aFreeze, afterOf, counting, NOW } from '../../support/builders.ts';
import { minutesLater, rollingOut, rolloutIn } from '../../support/rolling.ts';

describe('the time of a deployment', () => {
  it('stands while it is on hold, paused, or frozen in the middle, and goes on after that', () => {
    const s = rollingOut();
    const [d] = s.deployments;
    if (d === undefined) throw new Error('It vanished.');
    const late = after(d.deadline, HOUR);
    const held = { ...s, release: { ...s.release, hold: { by: ADAM, reason: 'x', since: NOW, until: null } } };
    const frozen = { ...s, around: { ...s.around, freezes: [aFreeze()] } };
    for (const each of [held, frozen]) expect(settle(each, late, counting()).events).toEqual([]);
    expect(settle(s, late, counting()).events[0]).toMatchObject({ kind: 'deployment.failed' });
    const resumed = afterOf(resumeRelease(held, late));
    expect(resumed.deployments[0]?.deadline).toBe(after(d.deadline, between(NOW, late)));
    expect(bakesUntil(rolloutIn(resumed), late)).toBe(after(late, 15 * MINUTE));
    const over = { ...s, around: { ...s.around, endedFreezes: [aFreeze({ endsAt: late })] } };
    expect(deadlineOf(over, d, late)).toBe(after(late, between(d.startedAt, d.deadline)));
  });

  it('stands once for a step that began during a pause', () => {
    const paused = afterOf(pauseRollout(rollingOut(), { environment: null, reason: 'x' }, minutesLater(0)));
    const moved = afterOf(reportStep(paused, { environment: null, step: '10 %', percent: 10 }, minutesLater(30)));
    const on = afterOf(resumeRollout(moved, { environment: null }, minutesLater(90)));
    expect(bakesUntil(rolloutIn(on), after(NOW, 90 * MINUTE))).toBe(after(NOW, 120 * MINUTE));
  });

  it('is asked about while it is paused', () => {
    const paused = afterOf(pauseRollout(rollingOut(), { environment: null, reason: 'x' }, minutesLater(0)));
    expect(pauseNudges({ rollout: rolloutIn(paused) })).toEqual([after(NOW, 2 * HOUR), after(NOW, 24 * HOUR)]);
  });
});
