/** What takes a deployment back: an abort before anything was touched, bad health afterwards; and what has nothing to end. */
import { describe, expect, it } from 'vitest';
import { submit } from '../../../src/domain/approval/submit.ts';
import { abortDeployment, failDeployment, succeedDeployment } from '../../../src/domain/deployment/outcome.ts';
import { reportHealth } from '../../../src/domain/deployment/report-health.ts';
import { startRollback } from '../../../src/domain/deployment/rollback.ts';
import type { StateOf } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR, MINUTE } from '../../../src/domain/time.ts';
import {
  ADAM,
  aDeployment,
  aGrant,
  aRelease,
  aSituation,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';
import { approved, by, deploying, started } from '../../support/deploying.ts';

describe('a deployment that was aborted', () => {
  const states: readonly StateOf<'draft' | 'awaiting_approval' | 'approved' | 'failed'>[] = [
    { status: 'draft', since: after(NOW, -DAY), returned: null },
    { status: 'awaiting_approval', since: after(NOW, -DAY), round: 'rnd_1' as never },
    approved,
    { status: 'failed', since: after(NOW, -DAY), reason: 'no disk' },
  ];
  it.each(states.map((from) => [from.status, from] as const))('takes the release back to %s, as it was', (_, from) => {
    const running = aDeployment();
    const s = {
      ...deploying([running]),
      release: aRelease({ state: { status: 'deploying', since: NOW, deployment: running.id, from } }),
    };
    expect(
      done(abortDeployment(s, { environment: null, reason: null }, by(ADAM, after(NOW, MINUTE)))).after.release.state,
    ).toEqual(from);
  });

  it('counts as no failure: no review, and its approval stays', () => {
    const { after: s, events } = done(abortDeployment(started(), { environment: null, reason: 'wrong window' }, by()));
    expect(s.deployments).toMatchObject([{ state: 'aborted', finishedBy: OWNER, finishedAt: NOW }]);
    expect(s.release.state.status).toBe('approved');
    expect(s.round?.state).toBe('approved');
    expect(s.reviews).toEqual([]);
    expect(events).toMatchObject([
      {
        kind: 'deployment.aborted',
        data: { environment: 'production', version: '2.14.0' },
        subject: s.deployments[0]?.id,
        words: 'wrong window',
      },
    ]);
  });

  it('in one environment leaves the other one deploying', () => {
    const s = deploying([aDeployment({ environment: 'eu' }), aDeployment({ environment: 'us' })], ['eu', 'us']);
    const next = done(abortDeployment(s, { environment: 'us', reason: null }, by())).after;
    expect(next.release.state).toEqual(s.release.state);
    expect(next.deployments.map(({ state }) => state)).toEqual(['running', 'aborted']);
  });

  it('gives back what let it in: an emergency, unless somebody judged it, and an exception', () => {
    const running = aDeployment();
    const used = { usedBy: running.id } as const;
    const ended = (verdict: 'not justified' | null) =>
      done(
        abortDeployment(
          {
            ...deploying([running]),
            breakGlass: aGrant({ ...used, verdict }),
            exceptions: [{ usedBy: running.id } as Situation['exceptions'][number]],
          },
          { environment: null, reason: null },
          by(),
        ),
      ).after;
    expect(ended(null).breakGlass?.usedBy).toBeNull();
    expect(ended('not justified').breakGlass?.usedBy).toBe(running.id);
    expect(ended(null).exceptions.map(({ usedBy }) => usedBy)).toEqual([null]);
  });

  it('in staging changes no status', () => {
    const s = aSituation({ deployments: [aDeployment({ environment: 'staging' })] });
    const next = done(abortDeployment(s, { environment: 'staging', reason: null }, by())).after;
    expect(next.release.state).toEqual(s.release.state);
  });
});

describe('health', () => {
  const deployed = (): Situation => done(succeedDeployment(started(), { environment: null }, by())).after;

  it('that is good is noted, and changes no status', () => {
    const { after: s, events } = done(reportHealth(deployed(), { healthy: true, reason: null }, by()));
    expect(s.release.state).toEqual({ status: 'deployed', since: NOW, before: null, healthy: true });
    expect(events).toMatchObject([{ kind: 'health.reported', data: { healthy: true }, words: null }]);
  });

  it('that is bad makes it a failure, and the review one of a failure', () => {
    const at = after(NOW, HOUR);
    const { after: s, events } = done(
      reportHealth(deployed(), { healthy: false, reason: 'half of the baskets are empty' }, by(ADAM, at)),
    );
    expect(s.release.state).toEqual({
      status: 'failed',
      wellIn: [],
      since: at,
      reason: 'half of the baskets are empty',
    });
    expect(s.reviews.map(({ form, state }) => [form === 'failure', state])).toEqual([
      [false, 'skipped'],
      [true, 'due'],
    ]);
    expect(events).toMatchObject([
      { kind: 'health.reported', data: { healthy: false }, words: 'half of the baskets are empty' },
      { kind: 'review.opened', data: { form: 'failure', dueAt: after(at, HOUR) } },
    ]);
  });

  it('that was good can turn bad', () => {
    const good = done(reportHealth(deployed(), { healthy: true, reason: null }, by())).after;
    const bad = done(reportHealth(good, { healthy: false, reason: 'slow' }, by())).after;
    expect(bad.release.state.status).toBe('failed');
  });

  it('that was called bad by mistake is good again, as long as nothing was done about it', () => {
    const bad = done(reportHealth(deployed(), { healthy: false, reason: 'slow' }, by())).after;
    const at = after(NOW, HOUR);
    const { after: s, events } = done(reportHealth(bad, { healthy: true, reason: null }, by(ADAM, at)));
    expect(s.release.state).toMatchObject({ status: 'deployed', since: at, healthy: true });
    expect(events).toMatchObject([{ kind: 'health.reported', data: { healthy: true } }, { kind: 'review.opened' }]);
    expect(s.reviews.filter(({ state }) => state === 'due').map(({ form }) => form)).not.toContain('failure');
    const target: Situation = {
      ...bad,
      deployments: bad.deployments.map((d) => ({ ...d, before: '2.13.1' })),
    };
    const back = done(startRollback(target, 'slow', by())).after;
    expect(reportHealth(back, { healthy: true, reason: null }, by()).ok).toBe(false);
  });

  it.each([null, '', '   '])('that is bad needs words: %j are none', (reason) => {
    expect(refusalOf(reportHealth(deployed(), { healthy: false, reason }, by()))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });

  it.each([
    ['draft', aSituation()],
    ['waiting for approval', done(submit(aSituation(), by())).after],
    ['approved', aSituation({ release: aRelease({ state: approved }) })],
    ['deploying', deploying()],
    ['failed', aSituation({ release: aRelease({ state: { status: 'failed', since: NOW, reason: 'x' } }) })],
    [
      'rolled back',
      aSituation({ release: aRelease({ state: { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'x' } }) }),
    ],
  ])('is not said of what is %s', (status, s) => {
    expect(refusalOf(reportHealth(s, { healthy: true, reason: null }, by()))).toMatchObject({
      code: 'status',
      did: 'Not recorded',
      name: 'checkout 2.14.0',
      status,
    });
  });
});

describe('where nothing runs', () => {
  const outcomes = [
    [
      'a success',
      'Not recorded',
      (s: Situation, environment: string | null) => succeedDeployment(s, { environment: environment }, by()),
    ],
    [
      'a failure',
      'Not recorded',
      (s: Situation, environment: string | null) => failDeployment(s, { environment, reason: 'no disk' }, by()),
    ],
    [
      'an abort',
      'Not aborted',
      (s: Situation, environment: string | null) => abortDeployment(s, { environment, reason: null }, by()),
    ],
  ] as const;

  it.each(outcomes)('%s is refused with the status', (_, did, end) => {
    expect(refusalOf(end(aSituation({ release: aRelease({ state: approved }) }), null))).toMatchObject({
      code: 'status',
      did,
      name: 'checkout 2.14.0',
      status: 'approved, and no deployment of it is under way',
    });
  });

  it('what a button says that showed an earlier attempt is refused', () => {
    const running = aDeployment();
    const s = deploying([aDeployment({ state: 'failed' }), running]);
    const shown = s.deployments[0]?.id ?? '';
    for (const end of [
      () => succeedDeployment(s, { environment: null, shown }, by()),
      () => failDeployment(s, { environment: null, reason: 'x', shown }, by()),
      () => abortDeployment(s, { environment: null, reason: null, shown }, by()),
    ])
      expect(refusalOf(end())).toMatchObject({
        code: 'status',
        status: 'being deployed anew in production: that button was of an earlier attempt',
      });
    expect(succeedDeployment(s, { environment: null, shown: running.id }, by()).ok).toBe(true);
  });

  it.each(outcomes)('%s is refused of another environment, of a rollback, and of what has ended', (_, did, end) => {
    expect(refusalOf(end(deploying(), 'staging'))).toMatchObject({ code: 'status', did });
    expect(refusalOf(end(deploying([aDeployment({ kind: 'rollback' })]), null))).toMatchObject({ code: 'status', did });
    expect(refusalOf(end(deploying([aDeployment({ state: 'succeeded' })]), null))).toMatchObject({
      code: 'status',
      did,
    });
  });
});
