/** How a deployment ends: it went through, it failed, nobody finished it. */
import { describe, expect, it } from 'vitest';
import { submit } from '../../../src/domain/approval/submit.ts';
import { countedAsFailed, failDeployment, succeedDeployment, timeOut } from '../../../src/domain/deployment/outcome.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR, instant, MINUTE } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  aDeployment,
  aRelease,
  aSituation,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';
import { approved, by, deploying, started } from '../../support/deploying.ts';

describe('a deployment that went through', () => {
  it('makes the release deployed, with what ran before', () => {
    const s = done(succeedDeployment(deploying(), { environment: null }, by(ADAM, after(NOW, 18 * MINUTE)))).after;
    expect(s.release.state).toEqual({
      status: 'deployed',
      since: after(NOW, 18 * MINUTE),
      before: '2.13.1',
      healthy: null,
    });
    expect(s.deployments).toMatchObject([
      { state: 'succeeded', finishedAt: after(NOW, 18 * MINUTE), finishedBy: ADAM, reason: null },
    ]);
  });

  it.each([
    [0, 0],
    [29_999, 0],
    [30_000, 1],
    [18 * MINUTE, 18],
    [18 * MINUTE + 29_000, 18],
    [3 * HOUR, 180],
  ])('after %i ms is announced as %i minutes', (ms, minutes) => {
    const { events } = done(succeedDeployment(deploying(), { environment: null }, by(OWNER, after(NOW, ms))));
    expect(events[0]).toMatchObject({
      kind: 'deployment.succeeded',
      data: { environment: 'production', version: '2.14.0', before: '2.13.1', minutes },
    });
  });

  it('uses up the approval, and opens the review', () => {
    const { after: s, events } = done(succeedDeployment(started(), { environment: 'production' }, by()));
    expect(s.round).toMatchObject({ n: 1, state: 'consumed' });
    expect(s.reviews).toMatchObject([{ state: 'due', owner: OWNER, openedAt: NOW }]);
    expect(events.map(({ kind }) => kind)).toEqual(['deployment.succeeded', 'review.opened']);
  });

  it('opens no review where only failures are reviewed', () => {
    const s = { ...deploying(), around: aSituation({ around: { catalog: aCatalog({ preset: 'light' }) } }).around };
    expect(done(succeedDeployment(s, { environment: null }, by())).after.reviews).toEqual([]);
  });

  it('to one of two targets leaves it deploying; to both, it is deployed', () => {
    const both = deploying([aDeployment({ environment: 'eu' }), aDeployment({ environment: 'us' })], ['eu', 'us']);
    const one = done(succeedDeployment(both, { environment: 'us' }, by()));
    expect(one.after.release.state.status).toBe('deploying');
    expect(one.events.map(({ kind }) => kind)).toEqual(['deployment.succeeded']);
    expect(done(succeedDeployment(one.after, { environment: 'eu' }, by())).after.release.state.status).toBe('deployed');
  });

  it('what was taken back before anything was touched takes nothing away', () => {
    const eu = [
      aDeployment({ environment: 'eu', state: 'succeeded' }),
      aDeployment({ environment: 'eu', state: 'aborted' }),
    ];
    const s = done(
      succeedDeployment(
        deploying([...eu, aDeployment({ environment: 'us' })], ['eu', 'us']),
        { environment: 'us' },
        by(),
      ),
    ).after;
    expect(s.release.state.status).toBe('deployed');
  });

  it('is no success of the release while another place is not well', () => {
    const eu = aDeployment({ environment: 'eu', state: 'succeeded', unhealthyAt: NOW, reason: 'errors' });
    const s = done(
      succeedDeployment(deploying([eu, aDeployment({ environment: 'us' })], ['eu', 'us']), { environment: 'us' }, by()),
    ).after;
    expect(s.release.state).toMatchObject({ status: 'failed', reason: 'errors' });
    expect(s.reviews.filter(({ form }) => form !== 'failure')).toEqual([]);
  });

  it.each([
    ['with another artifact', { state: 'succeeded', revision: 2 } as const],
    ['before the latest, which failed', { state: 'failed' } as const],
    ['only as a rollback', { state: 'succeeded', kind: 'rollback' } as const],
  ])('does not complete it when the other target has it %s', (_, last) => {
    const earlier = last.state === 'succeeded' ? [] : [aDeployment({ environment: 'eu', state: 'succeeded' })];
    const list = [...earlier, aDeployment({ environment: 'eu', ...last }), aDeployment({ environment: 'us' })];
    const s = done(succeedDeployment(deploying(list, ['eu', 'us']), { environment: 'us' }, by())).after;
    expect(s.release.state.status).toBe('deploying');
  });

  it.each([
    ['draft', { status: 'draft', since: NOW, returned: null }],
    ['approved', approved],
    ['failed', { status: 'failed', since: NOW, reason: 'x' }],
  ] as const)('in staging leaves the status %s, and opens no review', (_, state: ReleaseState) => {
    const s = aSituation({ release: aRelease({ state }), deployments: [aDeployment({ environment: 'staging' })] });
    const { after: next } = done(succeedDeployment(s, { environment: 'staging' }, by()));
    expect(next.release.state).toEqual(state);
    expect(next.deployments[0]?.state).toBe('succeeded');
    expect(next.reviews).toEqual([]);
  });
});

describe('a deployment that failed', () => {
  it('fails the release with the reason that a person gave', () => {
    const at = after(NOW, 5 * MINUTE);
    const s = done(failDeployment(deploying(), { environment: null, reason: 'no disk' }, by(ADAM, at))).after;
    expect(s.release.state).toEqual({ status: 'failed', since: at, reason: 'no disk' });
    expect(s.deployments).toMatchObject([{ state: 'failed', finishedAt: at, finishedBy: ADAM, reason: 'no disk' }]);
  });

  it('is announced in these words, and reviewed an hour later', () => {
    const { after: s, events } = done(
      failDeployment(deploying(), { environment: 'production', reason: 'no disk' }, by()),
    );
    expect(events).toMatchObject([
      {
        kind: 'deployment.failed',
        data: { environment: 'production', version: '2.14.0', timedOut: false },
        subject: s.deployments[0]?.id,
        words: 'no disk',
        due: null,
      },
      { kind: 'review.opened', data: { form: 'failure', dueAt: after(NOW, HOUR) } },
    ]);
    expect(s.reviews).toMatchObject([{ form: 'failure', state: 'due', dueAt: after(NOW, HOUR) }]);
  });

  it('keeps the approval for a retry', () => {
    const s = done(failDeployment(started(), { environment: null, reason: 'no disk' }, by())).after;
    expect(s.round?.state).toBe('approved');
    expect(startDeployment(s, { environment: 'production', reason: null }, by()).ok).toBe(true);
  });

  it('ends a round that was still open when an emergency overtook it', () => {
    const open = done(submit(aSituation(), by())).after;
    const s: Situation = { ...deploying(), round: open.round };
    const next = done(failDeployment(s, { environment: null, reason: 'no disk' }, by(OWNER, after(NOW, HOUR)))).after;
    expect(next.round).toMatchObject({ state: 'withdrawn', endedAt: after(NOW, HOUR) });
  });

  it('in staging is no failure of the release', () => {
    const s = aSituation({
      release: aRelease({ state: approved }),
      deployments: [aDeployment({ environment: 'staging' })],
    });
    const { after: next, events } = done(failDeployment(s, { environment: 'staging', reason: 'no disk' }, by()));
    expect(next.release.state).toEqual(approved);
    expect(next.deployments[0]?.state).toBe('failed');
    expect(events.map(({ kind }) => kind)).toEqual(['deployment.failed']);
  });

  it.each(['', '  \n'])('needs to be told why: %j is no reason', (reason) => {
    expect(refusalOf(failDeployment(deploying(), { environment: null, reason }, by()))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });

  it('as a rollback is a failure of the release, which stays where it should not be', () => {
    const s: Situation = { ...deploying([aDeployment({ kind: 'rollback' })]) };
    const [rollback] = s.deployments;
    if (rollback === undefined) throw new Error('it has one');
    const effect = countedAsFailed(s, rollback, 'no network', by(), false);
    expect(effect.after.deployments[0]).toMatchObject({ state: 'failed', reason: 'no network', finishedBy: OWNER });
    expect(effect.after.release.state).toMatchObject({ status: 'failed', reason: 'no network' });
    expect(effect.events.map(({ kind }) => kind)).toContain('deployment.failed');
  });
});

describe('a deployment that nobody finished', () => {
  const deadline = instant('2026-03-03T12:00:00Z');
  const late = () => {
    const s = deploying([aDeployment({ deadline })]);
    const [running] = s.deployments;
    if (running === undefined) throw new Error('it runs');
    return timeOut(s, running, by(OWNER, after(deadline, 5 * HOUR)));
  };

  it('failed at its deadline, whenever that is noticed, and nobody did it', () => {
    expect(late().after.deployments).toMatchObject([{ state: 'failed', finishedAt: deadline, finishedBy: null }]);
    expect(late().after.release.state).toMatchObject({ status: 'failed', since: deadline });
  });

  it('is dated by its deadline in the journal, without words of a person', () => {
    expect(late().events[0]).toMatchObject({
      kind: 'deployment.failed',
      data: { environment: 'production', version: '2.14.0', timedOut: true },
      words: null,
      due: deadline,
    });
  });

  it('is reviewed an hour after its deadline', () => {
    expect(late().after.reviews).toMatchObject([{ form: 'failure', dueAt: after(deadline, HOUR) }]);
  });
});
