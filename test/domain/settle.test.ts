/** What time does to a release: holds end, deployments run out of it, a newer version replaces it. */
import { describe, expect, it } from 'vitest';
import { submit } from '../../src/domain/approval/submit.ts';
import { failDeployment } from '../../src/domain/deployment/outcome.ts';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import type { UserId } from '../../src/domain/ids.ts';
import type { Hold, ReleaseState } from '../../src/domain/release/release.ts';
import { settle } from '../../src/domain/settle.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { aCatalog, aDeployment, anAct, aRelease, aSituation, counting, done, NOW, OWNER } from '../support/builders.ts';

const newId = counting();
const by = (who: UserId = OWNER, now = NOW) => anAct(who, now, newId);
const at = (s: Situation, now = NOW) => settle(s, now, newId);
const kinds = (s: Situation, now = NOW) => at(s, now).events.map(({ kind }) => kind);
const held = (until: Hold['until']): Hold => ({ by: OWNER, reason: 'DBA', since: NOW, until });
const approved: ReleaseState = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: after(NOW, 7 * DAY),
};
const deployed: ReleaseState = { status: 'deployed', since: NOW, before: '2.13.1', healthy: null };
const rolledBack: ReleaseState = { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'x' };
// With no deployment of it that failed nothing is to be decided.
const failed: ReleaseState = { status: 'failed', since: NOW, reason: 'x', openSince: null };
const production = { environment: 'production', reason: null };

describe('settling', () => {
  it.each([
    ['a draft', aSituation()],
    ['what was approved', aSituation({ release: aRelease({ state: approved }) })],
    ['what failed', aSituation({ release: aRelease({ state: failed }) })],
  ])('does nothing to %s before its time', (_, s) => {
    expect(at(s)).toEqual({ after: s, events: [] });
  });

  it('does nothing a second time', () => {
    const deployment = aDeployment({ deadline: after(NOW, HOUR) });
    const state: ReleaseState = { status: 'deploying', since: NOW, deployment: deployment.id, from: approved as never };
    const s = aSituation({
      release: aRelease({ state, hold: held(after(NOW, MINUTE)) }),
      deployments: [deployment],
    });
    const first = at(s, after(NOW, DAY));
    expect(first.events.map(({ kind }) => kind).sort()).toEqual([
      'deployment.failed',
      'release.hold_ended',
      'review.opened',
    ]);
    expect(at(first.after, after(NOW, DAY)).events).toEqual([]);
  });
});

describe('a hold', () => {
  const s = (until: Hold['until']) => aSituation({ release: aRelease({ hold: held(until) }) });

  it('ends at its time, and is dated by it however late that is noticed', () => {
    const effect = at(s(after(NOW, HOUR)), after(NOW, 5 * DAY));
    expect(effect.after.release.hold).toBeNull();
    expect(effect.events).toMatchObject([{ kind: 'release.hold_ended', due: after(NOW, HOUR), words: null }]);
  });

  it.each([
    ['to its last moment', after(NOW, HOUR), HOUR - 1, true],
    ['not at its end', after(NOW, HOUR), HOUR, false],
    ['for ever without an end', null, 900 * DAY, true],
  ])('lasts %s', (_, until, ms, lasts) => {
    expect(at(s(until), after(NOW, ms)).after.release.hold !== null).toBe(lasts);
  });
});

describe('a deployment that nobody finishes', () => {
  const deadline = after(NOW, 2 * HOUR);
  const running = (): Situation => {
    const s = aSituation({ release: aRelease({ state: approved }) });
    return done(startDeployment(s, production, by())).after;
  };

  it.each([
    ['runs until its deadline', -1, 'deploying', 'running'],
    ['has failed at its deadline', 0, 'failed', 'failed'],
    ['has failed after its deadline', DAY, 'failed', 'failed'],
  ])('%s', (_, more, status, state) => {
    const { after: s } = at(running(), after(deadline, more));
    expect(s.release.state.status).toBe(status);
    expect(s.deployments[0]?.state).toBe(state);
  });

  it('failed at its deadline, also when that is noticed a day later', () => {
    const { after: s, events } = at(running(), after(deadline, DAY));
    expect(s.release.state).toMatchObject({ status: 'failed', since: deadline });
    expect(s.deployments[0]).toMatchObject({ finishedAt: deadline, finishedBy: null });
    expect(s.reviews).toMatchObject([{ form: 'failure', dueAt: after(deadline, HOUR) }]);
    expect(events[0]).toMatchObject({ kind: 'deployment.failed', data: { timedOut: true }, due: deadline });
  });

  it('fails each of several by its own deadline', () => {
    const deployments = [1, 3, 9].map((hours) =>
      aDeployment({ environment: 'staging', deadline: after(NOW, hours * HOUR) }),
    );
    const { after: s } = at(aSituation({ deployments }), after(NOW, 4 * HOUR));
    expect(s.deployments.map(({ state, finishedAt }) => [state, finishedAt])).toEqual([
      ['failed', after(NOW, HOUR)],
      ['failed', after(NOW, 3 * HOUR)],
      ['running', null],
    ]);
  });

  it('counts no more once somebody said how it ended', () => {
    const ended = done(failDeployment(running(), { environment: null, reason: 'no disk' }, by())).after;
    expect(kinds(ended, after(deadline, DAY))).toEqual([]);
  });
});

describe('a newer version that was deployed', () => {
  const newer = { release: aRelease().id, number: 150, version: '2.15.0' };
  const waiting = (): Situation => done(submit(aSituation(), by())).after;

  it.each([
    ['a draft', aSituation()],
    ['what waits for approval', waiting()],
    ['what was approved', aSituation({ release: aRelease({ state: approved }) })],
  ])('replaces %s, and is named', (_, s) => {
    const effect = at({ ...s, around: { ...s.around, newer } });
    expect(effect.after.release.state).toMatchObject({
      status: 'cancelled',
      by: null,
      replacedBy: newer.release,
    });
    expect(effect.events).toMatchObject([{ kind: 'release.cancelled', data: { replacedBy: 'REL-150' } }]);
  });

  it('ends an open round with it', () => {
    const s = waiting();
    expect(at({ ...s, around: { ...s.around, newer } }).after.round).toMatchObject({
      state: 'withdrawn',
      endedAt: NOW,
    });
  });

  it.each([
    ['failed', failed],
    ['rolled back', rolledBack],
    ['deployed', deployed],
  ])('does not replace what is %s', (_, state) => {
    const s = aSituation({ release: aRelease({ state }), around: { newer, catalog: aCatalog({ closes: 'by hand' }) } });
    expect(at(s)).toEqual({ after: s, events: [] });
  });
});
