import { describe, expect, it } from 'vitest';
import { reportStep } from '../../../src/domain/deployment/step.ts';
import { aDeployment, anAct, aRelease, aSituation, done, NOW, OWNER, refusalOf } from '../../support/builders.ts';
import { approved } from '../../support/deploying.ts';

const running = aDeployment();
const s = aSituation({
  release: aRelease({ state: { status: 'deploying', since: NOW, deployment: running.id, from: approved } }),
  deployments: [aDeployment({ environment: 'staging', state: 'succeeded', finishedAt: NOW }), running],
});
const step = (input: Partial<Parameters<typeof reportStep>[1]>, of = s) =>
  reportStep(of, { environment: null, step: 'canary', percent: null, ...input }, anAct(OWNER));

describe('a step', () => {
  it('is kept at what runs, and told', () => {
    const { after, events } = done(step({ percent: 25 }));
    expect(after.deployments.at(-1)?.step).toEqual({ words: 'canary', percent: 25, at: NOW });
    expect(after.deployments[0]?.step).toBeNull();
    expect(events).toMatchObject([
      {
        kind: 'deployment.step',
        words: 'canary',
        subject: running.id,
        data: { environment: 'production', percent: 25 },
      },
    ]);
  });

  it('of a rollback is one as well', () => {
    const back = { ...s, deployments: [aDeployment({ kind: 'rollback' })] };
    expect(done(step({}, back)).after.deployments[0]?.step?.words).toBe('canary');
  });

  it.each([
    ['where nothing runs', { environment: 'staging' }, 'status'],
    ['without words', { step: ' ' }, 'fields'],
    ['with too many', { step: 'x'.repeat(121) }, 'fields'],
    ['with a share below nothing', { percent: -1 }, 'fields'],
    ['with more than all', { percent: 101 }, 'fields'],
    ['with a share that is none', { percent: Number.NaN }, 'fields'],
  ])('is refused %s', (_, input, code) => expect(refusalOf(step(input)).code).toBe(code));
});
