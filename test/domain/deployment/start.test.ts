/** What a start records, and which status it leaves behind. */
import { describe, expect, it } from 'vitest';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import { ADAM, aCatalog, aDeployment, anAct, aRelease, aSituation, done, NOW, OWNER } from '../../support/builders.ts';

const production = { environment: 'production', reason: null };
const staging = { environment: 'staging', reason: null };
const byPolicy: ReleaseState = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: after(NOW, 7 * DAY),
};
const failed: ReleaseState = { status: 'failed', since: NOW, reason: 'no disk' };
const deploying: ReleaseState = { status: 'deploying', since: NOW, deployment: aDeployment().id, from: byPolicy };
type Around = NonNullable<NonNullable<Parameters<typeof aSituation>[0]>['around']>;
const ready = (around: Around = {}) => aSituation({ release: aRelease({ state: byPolicy }), around });
const running = (environment: string, version: string) => ({
  environment,
  version,
  release: aRelease().id,
  since: NOW,
});

describe('what a start records', () => {
  it('is who, when, which artifact, what ran before, and until when it has to be finished', () => {
    const around = { running: [running('staging', '2.14.0-rc.1'), running('production', '2.13.1')] };
    const artifact = { revision: 3, sha: null, digest: null };
    const s = { ...ready(around), release: aRelease({ state: byPolicy, artifact }) };
    const { after: next } = done(startDeployment(s, production, anAct(ADAM)));
    expect(next.deployments).toEqual([
      {
        id: next.deployments[0]?.id,
        release: s.release.id,
        service: 'checkout',
        environment: 'production',
        version: '2.14.0',
        revision: 3,
        kind: 'deploy',
        attempt: 1,
        state: 'running',
        startedBy: ADAM,
        runBy: ADAM,
        cause: null,
        inARow: null,
        rollout: null,
        checklist: [],
        signals: [],
        probedAt: null,
        unhealthyAt: null,
        unhealthyBy: null,
        healthyAgainAt: null,
        sha: null,
        digest: null,
        step: null,
        run: null,
        startedAt: NOW,
        finishedAt: null,
        finishedBy: null,
        deadline: '2026-03-03T12:00:00.000Z',
        reason: null,
        before: '2.13.1',
      },
    ]);
  });

  it('has nothing before it where nothing of the service ran', () => {
    const s = ready({ running: [running('staging', '2.13.1')] });
    expect(done(startDeployment(s, production, anAct())).after.deployments[0]?.before).toBeNull();
  });

  it('is one event, that names the deployment', () => {
    const s = ready({ running: [running('production', '2.13.1')] });
    const { after: next, events } = done(startDeployment(s, production, anAct()));
    expect(events).toEqual([
      {
        kind: 'deployment.started',
        data: { environment: 'production', version: '2.14.0', before: '2.13.1', attempt: 1, reasons: [] },
        release: next.release.id,
        subject: next.deployments[0]?.id,
        words: null,
        due: null,
      },
    ]);
  });

  it.each([
    [30, '2026-03-03T10:30:00.000Z'],
    [120, '2026-03-03T12:00:00.000Z'],
    [24 * 60, '2026-03-04T10:00:00.000Z'],
  ])('gives a service of %i minutes until %s', (deployMinutes, deadline) => {
    const { checkout } = aCatalog().services;
    if (checkout === undefined) throw new Error('the builder has a service checkout');
    const s = ready({ catalog: aCatalog({ services: { checkout: { ...checkout, deployMinutes } } }) });
    expect(done(startDeployment(s, production, anAct())).after.deployments[0]?.deadline).toBe(deadline);
  });

  it('counts the attempts of one environment, rollbacks not among them', () => {
    const deployments = [
      aDeployment({ state: 'failed' }),
      aDeployment({ state: 'aborted', attempt: 2 }),
      aDeployment({ state: 'failed', kind: 'rollback' }),
      aDeployment({ state: 'succeeded', environment: 'staging' }),
    ];
    const s = { ...ready(), deployments };
    expect(done(startDeployment(s, production, anAct())).after.deployments.at(-1)?.attempt).toBe(3);
    expect(done(startDeployment(s, staging, anAct())).after.deployments.at(-1)?.attempt).toBe(2);
  });
});

describe('the status after a start', () => {
  it('to a protected environment is deploying, and remembers where it came from', () => {
    const { after: next } = done(startDeployment(ready(), production, anAct(OWNER, after(NOW, HOUR))));
    expect(next.release.state).toEqual({
      status: 'deploying',
      since: after(NOW, HOUR),
      deployment: next.deployments[0]?.id,
      from: byPolicy,
    });
  });

  it('of a retry remembers the failure', () => {
    const s = aSituation({
      release: aRelease({ state: failed }),
      deployments: [aDeployment({ state: 'failed' })],
      around: { catalog: aCatalog({ preset: 'light' }) },
    });
    const { after: next } = done(startDeployment(s, production, anAct()));
    expect(next.release.state).toMatchObject({ status: 'deploying', from: failed });
    expect(next.deployments.at(-1)?.attempt).toBe(2);
  });

  it('to a second environment, while the first is under way, stays that of the first', () => {
    const environments = ['eu', 'us'].map((name) => ({ name, protected: true, requires: null }));
    const s = aSituation({
      release: aRelease({ state: deploying, targets: ['eu', 'us'] }),
      deployments: [aDeployment({ environment: 'eu' })],
      around: { catalog: aCatalog({ preset: 'light', environments }) },
    });
    const { after: next } = done(startDeployment(s, { environment: 'us', reason: null }, anAct()));
    expect(next.release.state).toEqual(deploying);
    expect(next.deployments.map(({ environment, state }) => `${environment} ${state}`)).toEqual([
      'eu running',
      'us running',
    ]);
  });

  const returned = { why: 'withdrawn', by: OWNER, reason: null } as const;
  const states: readonly (readonly [string, ReleaseState])[] = [
    ['draft', { status: 'draft', since: NOW, returned: null }],
    ['draft, when it came back', { status: 'draft', since: NOW, returned }],
    ['waiting for approval', { status: 'awaiting_approval', since: NOW, round: 'rnd_1' as never }],
    ['approved', byPolicy],
    ['failed', failed],
    ['deploying', deploying],
    ['deployed', { status: 'deployed', since: NOW, before: null, healthy: null }],
  ];
  it.each(states)('to an environment that is not protected stays %s', (_, state) => {
    const { after: next } = done(startDeployment(aSituation({ release: aRelease({ state }) }), staging, anAct()));
    expect(next.release.state).toEqual(state);
    expect(next.deployments).toHaveLength(1);
  });
});
