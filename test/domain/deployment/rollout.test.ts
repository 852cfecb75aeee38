/** Deployments in steps: what the catalog gives, and what a pipeline moves. */
import { describe, expect, it } from 'vitest';
import { bakes, reached, rolloutOf, STRATEGIES } from '../../../src/domain/deployment/rollout.ts';
import { reportStep } from '../../../src/domain/deployment/step.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, MINUTE } from '../../../src/domain/time.ts';
import { afterOf, NOW } from '../../support/builders.ts';
import { having, minutesLater, rollingOut, rolloutIn } from '../../support/rolling.ts';

describe('a strategy', () => {
  it('gives steps where it counts, and none where there is one', () => {
    expect(rolloutOf(having('canary'), 'checkout', true, NOW)).toMatchObject({ strategy: 'canary', index: 0 });
    expect(rolloutOf(having('canary'), 'checkout', false, NOW)).toBeNull();
    expect(rolloutOf(having('all-at-once'), 'checkout', true, NOW)).toBeNull();
    expect(rolloutOf(having(null), 'checkout', true, NOW)).toBeNull();
    const own = having('careful', {
      strategies: {
        careful: {
          steps: [
            { name: 'one', percent: 1, bakeMinutes: 5 },
            { name: 'all', percent: 100, bakeMinutes: 0 },
          ],
        },
      },
    });
    expect(rolloutOf(own, 'checkout', true, NOW)?.steps).toHaveLength(2);
  });

  it.each(Object.entries(STRATEGIES))('%s ends with everything', (_, { steps }) => {
    expect(steps.at(-1)?.percent).toBe(100);
    expect(steps.map(({ percent }) => percent ?? 0)).toEqual(
      steps.map(({ percent }) => percent ?? 0).sort((a, b) => a - b),
    );
  });

  it('lengthens the time that a deployment has by what it bakes', () => {
    const [canary] = rollingOut('canary').deployments;
    const [plain] = rollingOut(null).deployments;
    expect(bakes(canary?.rollout ?? null)).toBe(105);
    expect(canary?.deadline).toBe(after(plain?.deadline ?? NOW, 105 * MINUTE));
  });
});

describe('a pipeline', () => {
  it('moves it by what it says, forward only', () => {
    const s = rollingOut();
    const say = (from: Situation, step: string, percent: number | null = null) =>
      afterOf(reportStep(from, { environment: null, step, percent }, minutesLater(3)));
    expect(rolloutIn(say(s, 'half of them', 50)).index).toBe(2);
    expect(rolloutIn(say(say(s, '10 %'), '1 %', 1)).index).toBe(1);
    expect(rolloutIn(say(s, 'warming the cache')).index).toBe(0);
    expect(reached(rolloutIn(s), '100 %', null, NOW).index).toBe(3);
    // A share that is reached already says nothing of a later step.
    expect(rolloutIn(say(rollingOut('blue-green'), 'copying images', 0)).index).toBe(0);
  });
});
