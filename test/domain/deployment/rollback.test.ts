/** Where a release goes back to, what that starts, and what refuses it. */
import { describe, expect, it } from 'vitest';
import { rollbackTarget, startRollback } from '../../../src/domain/deployment/rollback.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import { ADAM, aDeployment, aFreeze, aRelease, done, NOW, OWNER, refusalOf } from '../../support/builders.ts';
import { by, DEPLOYED, deployed, FAILED, goingBack, locked, shipped } from '../../support/deployed.ts';

describe('the version to go back to', () => {
  it.each([
    ['is what ran before', [shipped()], '2.13.1'],
    ['is none where nothing ran before', [shipped({ before: null })], null],
    ['is none where it was never deployed', [], null],
    [
      'is that of the environment, not of another',
      [shipped(), shipped({ environment: 'eu', before: '2.9.0' })],
      '2.13.1',
    ],
    ['is not itself, after it was deployed once more', [shipped(), shipped({ before: '2.14.0' })], '2.13.1'],
    [
      'is not what an earlier rollback left behind it',
      [shipped(), shipped({ kind: 'rollback', version: '2.13.1', before: '2.12.0' })],
      '2.13.1',
    ],
    ['is what ran before its latest attempt', [shipped({ before: '2.12.0', state: 'failed' }), shipped()], '2.13.1'],
  ])('%s', (_, deployments, expected) => {
    expect(rollbackTarget(deployed({ deployments }), 'production')).toBe(expected);
  });

  it('is what ran before this release, not what came after it', () => {
    const row = { environment: 'production', version: '2.13.1', release: aRelease().id, since: after(NOW, -DAY) };
    const s = deployed({ around: { succeeded: [row, { ...row, version: '2.15.0' }] } });
    expect(rollbackTarget(s, 'production')).toBe('2.13.1');
  });
});

describe('going back', () => {
  it('is a deployment of the version before, with the reason', () => {
    const { after: s, events } = done(startRollback(deployed(), 'empty baskets', by(ADAM, after(NOW, HOUR))));
    expect(s.deployments).toHaveLength(2);
    expect(s.deployments[1]).toMatchObject({
      kind: 'rollback',
      environment: 'production',
      version: '2.13.1',
      state: 'running',
      attempt: 1,
      startedBy: ADAM,
      startedAt: after(NOW, HOUR),
      deadline: after(NOW, 3 * HOUR),
      reason: 'empty baskets',
    });
    expect(events).toEqual([
      {
        kind: 'deployment.started',
        data: {
          environment: 'production',
          version: '2.13.1',
          before: '2.14.0',
          attempt: 1,
          reasons: ['rollback'],
        },
        release: s.release.id,
        subject: s.deployments[1]?.id,
        words: 'empty baskets',
        due: null,
      },
    ]);
  });

  it.each([
    ['deployed', DEPLOYED],
    ['failed', FAILED],
  ])('leaves the status %s until it is back', (status, state) => {
    expect(goingBack(state).release.state.status).toBe(status);
  });

  it('counts a deployment that still runs there as failed first', () => {
    const running = aDeployment();
    const from = { status: 'draft', since: NOW, returned: null } as const;
    const s = deployed({ deployments: [running] }, { status: 'deploying', since: NOW, deployment: running.id, from });
    const { after: next, events } = done(startRollback(s, 'empty baskets', by()));
    expect(next.deployments.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'deploy failed',
      'rollback running',
    ]);
    expect(next.release.state).toMatchObject({ status: 'failed', reason: 'empty baskets' });
    expect(events.map(({ kind }) => kind)).toEqual(['deployment.failed', 'review.opened', 'deployment.started']);
  });

  it.each([
    ['a hard freeze', deployed({ around: { freezes: [aFreeze()] } })],
    [
      'a hold',
      deployed({ release: aRelease({ state: DEPLOYED, hold: { by: ADAM, reason: 'DBA', since: NOW, until: null } }) }),
    ],
    ['the lock of its environment', deployed({ locks: [locked] })],
    ['an approval that has lapsed', deployed({ round: null }, FAILED)],
    ['what runs elsewhere', deployed({ around: { busy: [aDeployment({ environment: 'staging' })] } })],
  ])('is not refused by %s', (_, s) => {
    expect(startRollback(s, 'empty baskets', by()).ok).toBe(true);
  });

  it('goes back where it came last, not where a start was aborted or needs no protection', () => {
    const deployments = [
      shipped(),
      aDeployment({ environment: 'staging', state: 'succeeded', before: '2.13.9' }),
      aDeployment({ state: 'aborted', attempt: 2, before: '2.14.0' }),
    ];
    const s = done(startRollback(deployed({ deployments }), 'empty baskets', by())).after;
    expect(s.deployments.at(-1)).toMatchObject({ environment: 'production', version: '2.13.1' });
  });
});

describe('going back is refused', () => {
  const states: readonly ReleaseState[] = [
    { status: 'draft', since: NOW, returned: null },
    { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'x' },
    { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null },
  ];
  it.each(states.map((state) => [state.status.replace('_', ' '), state] as const))('when it is %s', (status, state) => {
    expect(refusalOf(startRollback(deployed({}, state), 'x', by()))).toMatchObject({
      code: 'status',
      did: 'Not rolled back',
      status: `${status}, and no deployment of it is under way`,
    });
  });

  it('when it never reached a protected environment', () => {
    const deployments = [shipped({ environment: 'staging' }), aDeployment({ state: 'aborted' })];
    expect(refusalOf(startRollback(deployed({ deployments }, FAILED), 'x', by()))).toMatchObject({
      code: 'status',
      did: 'Not rolled back',
    });
  });

  it('twice at once, with what is going on', () => {
    expect(refusalOf(startRollback(goingBack(), 'x', by()))).toMatchObject({
      code: 'status',
      did: 'Not rolled back',
      name: 'checkout in production',
      status: 'going back to 2.13.1 already',
    });
  });

  it.each([
    ['deploy', 'being changed to 2.15.0 now'],
    ['rollback', 'going back to 2.15.0 already'],
  ] as const)('while a %s of another release runs there', (kind, status) => {
    const s = deployed({ around: { busy: [aDeployment({ kind, version: '2.15.0' })] } });
    expect(refusalOf(startRollback(s, 'x', by()))).toMatchObject({ code: 'status', status });
  });

  it('when another release was deployed there since, and names that one', () => {
    const live = { environment: 'production', version: '2.15.0', release: aRelease().id, since: after(NOW, 1) };
    const refusal = refusalOf(startRollback(deployed({ around: { succeeded: [live] } }), 'x', by()));
    expect(refusal).toMatchObject({ code: 'status', status: 'on 2.15.0, which was deployed after this release' });
    expect(refusal.code === 'status' && refusal.fix).toContainEqual({ command: 'rollback checkout@2.15.0' });
  });

  it.each([
    ['it is this one', (s: Situation) => ({ release: s.release.id, since: after(NOW, HOUR) })],
    ['it was there before', () => ({ release: aRelease().id, since: after(NOW, -HOUR) })],
  ])('not because of what is live when %s', (_, row) => {
    const s = deployed();
    const live = { environment: 'production', version: '2.14.0', ...row(s) };
    expect(startRollback({ ...s, around: { ...s.around, succeeded: [live] } }, 'x', by()).ok).toBe(true);
  });

  it('when there is no earlier version', () => {
    expect(refusalOf(startRollback(deployed({ deployments: [shipped({ before: null })] }), 'x', by()))).toEqual({
      code: 'no_rollback',
      environment: 'production',
      name: 'checkout',
    });
  });

  it.each(['', '   '])('without saying why: %j says nothing', (reason) => {
    expect(refusalOf(startRollback(deployed(), reason, by()))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });
});
