/** What a deployment is, and which of them runs. */
import { describe, expect, it } from 'vitest';
import {
  endedAs,
  minutes,
  newDeployment,
  nothingRuns,
  runningDeployment,
} from '../../../src/domain/deployment/deployment.ts';
import type { DeploymentId } from '../../../src/domain/ids.ts';
import { after, MINUTE } from '../../../src/domain/time.ts';
import { ADAM, aDeployment, anAct, aSituation, NOW, refusalOf } from '../../support/builders.ts';

const rows = [
  aDeployment({ id: 'dep_1' as DeploymentId, environment: 'staging', state: 'succeeded' }),
  aDeployment({ id: 'dep_2' as DeploymentId, environment: 'production' }),
  aDeployment({ id: 'dep_3' as DeploymentId, environment: 'eu', kind: 'rollback' }),
];
const s = { ...aSituation(), deployments: rows };

describe('what runs', () => {
  it.each([
    [null, 'deploy', 'dep_2'],
    ['production', 'deploy', 'dep_2'],
    ['staging', 'deploy', undefined],
    ['eu', 'deploy', undefined],
    ['eu', 'rollback', 'dep_3'],
  ] as const)('in %s, of kind %s: %s', (environment, kind, found) => {
    expect(runningDeployment(s, environment, kind)?.id).toBe(found);
  });

  it('is nothing: refused with the status', () => {
    expect(refusalOf(nothingRuns(aSituation(), 'Not recorded'))).toMatchObject({ code: 'status', did: 'Not recorded' });
  });
});

it('one that ends says how, when and by whom; the others stay', () => {
  const ended = endedAs(s, 'dep_2' as DeploymentId, 'failed', ADAM, 'no disk', after(NOW, MINUTE));
  expect(ended.deployments[1]).toMatchObject({ state: 'failed', finishedBy: ADAM, reason: 'no disk' });
  expect(minutes(NOW, ended.deployments[1]?.finishedAt ?? NOW)).toBe(1);
  expect([ended.deployments[0], ended.deployments[2]]).toEqual([rows[0], rows[2]]);
});

it('a new one counts its attempts by place and kind', () => {
  const attempt = (environment: string, kind: 'deploy' | 'rollback') =>
    newDeployment(s, environment, kind, '2.14.0', anAct()).attempt;
  expect([attempt('production', 'deploy'), attempt('eu', 'deploy'), attempt('eu', 'rollback')]).toEqual([2, 1, 2]);
});
