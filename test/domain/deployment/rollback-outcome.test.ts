/** How going back ends: it is back and locked, or it failed and is tried again. */
import { describe, expect, it } from 'vitest';
import { failRollback, startRollback, succeedRollback } from '../../../src/domain/deployment/rollback.ts';
import { after, HOUR, instant, MINUTE } from '../../../src/domain/time.ts';
import { ADAM, aDeployment, done, NOW, OWNER, refusalOf } from '../../support/builders.ts';
import { by, DEPLOYED, deployed, FAILED, goingBack, locked } from '../../support/deployed.ts';

describe('a rollback that went through', () => {
  const at = after(NOW, 12 * MINUTE);

  it.each([
    ['deployed', DEPLOYED],
    ['failed', FAILED],
  ])('makes what was %s rolled back, to that version and for that reason', (_, state) => {
    const { after: s, events } = done(succeedRollback(goingBack(state), {}, by(OWNER, at)));
    expect(s.release.state).toEqual({ status: 'rolled_back', since: at, to: '2.13.1', reason: 'empty baskets' });
    expect(s.deployments[1]).toMatchObject({ state: 'succeeded', finishedAt: at, finishedBy: OWNER });
    expect(events).toMatchObject([
      {
        kind: 'deployment.rolled_back',
        data: { environment: 'production', version: '2.14.0', to: '2.13.1', minutes: 12 },
        subject: s.deployments[1]?.id,
      },
      { kind: 'lock.set', data: { environment: 'production' } },
      { kind: 'review.opened', data: { form: 'failure', dueAt: after(at, HOUR) } },
    ]);
  });

  it('locks the environment until the owner has addressed the cause', () => {
    const s = done(succeedRollback(goingBack(), {}, by(ADAM, at))).after;
    expect(s.locks).toMatchObject([
      {
        service: 'checkout',
        environment: 'production',
        release: s.release.id,
        reason: 'address the cause first',
        holder: OWNER,
        since: at,
        liftedAt: null,
      },
    ]);
  });

  it('sets one lock an environment: the first keeps it', () => {
    expect(done(succeedRollback({ ...goingBack(), locks: [locked] }, {}, by(OWNER, at))).after.locks).toEqual([locked]);
  });

  it.each([
    ['of another environment', { environment: 'staging' }],
    ['that was lifted', { liftedAt: NOW, liftedBy: ADAM }],
  ])('sets its lock beside one %s', (_, more) => {
    const locks = [{ ...locked, ...more }];
    expect(done(succeedRollback({ ...goingBack(), locks }, {}, by(OWNER, at))).after.locks).toHaveLength(2);
  });

  it('is not recorded where none runs', () => {
    expect(refusalOf(succeedRollback(deployed({ deployments: [aDeployment()] }), {}, by()))).toMatchObject({
      code: 'status',
      did: 'Not recorded',
    });
  });
});

describe('a rollback that failed', () => {
  it.each([
    ['deployed', DEPLOYED],
    ['failed', FAILED],
  ])('leaves what was %s failed', (_, state) => {
    const { after: s, events } = done(
      failRollback(goingBack(state), { reason: 'no network' }, by(ADAM, after(NOW, MINUTE))),
    );
    expect(s.release.state.status).toBe('failed');
    expect(s.deployments[1]).toMatchObject({ state: 'failed', reason: 'no network', finishedBy: ADAM });
    expect(s.locks).toEqual([]);
    expect(events[0]).toMatchObject({
      kind: 'deployment.failed',
      data: { environment: 'production', version: '2.13.1', timedOut: false },
      words: 'no network',
    });
  });

  it('can be tried again, as the second attempt to the same version', () => {
    const s = done(failRollback(goingBack(), { reason: 'no network' }, by())).after;
    const again = done(startRollback(s, 'empty baskets', by(OWNER, instant('2026-03-03T11:00:00Z')))).after;
    expect(again.deployments.at(-1)).toMatchObject({ kind: 'rollback', attempt: 2, version: '2.13.1' });
    expect(done(succeedRollback(again, {}, by())).after.release.state.status).toBe('rolled_back');
  });

  it('is not recorded where none runs', () => {
    expect(refusalOf(failRollback(deployed(), { reason: 'x' }, by()))).toMatchObject({
      code: 'status',
      did: 'Not recorded',
    });
  });
});
