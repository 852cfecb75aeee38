import { describe, expect, it } from 'vitest';
import { approvalClock } from '../../../src/domain/approval/approval-clock.ts';
import { holdNudges, holdRelease, resumeRelease, takenOffHold } from '../../../src/domain/plan/hold.ts';
import { refusalSentence } from '../../../src/domain/refusal.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import { settle } from '../../../src/domain/settle.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import {
  ADAM,
  afterOf,
  anAct,
  aRelease,
  aSituation,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const reason = 'waiting for the DBA';
const deployed: ReleaseState = { status: 'deployed', since: NOW, before: null, healthy: null };
const closed: ReleaseState = { status: 'closed', since: NOW, by: OWNER, outcome: 'success', from: deployed };
const cancelled: ReleaseState = {
  status: 'cancelled',
  since: NOW,
  by: OWNER,
  reason: 'x',
  replacedBy: null,
  from: null,
};
const in_ = (state: ReleaseState) => aSituation({ release: aRelease({ state }) });

describe('holding', () => {
  it('says who holds it, why, since when and until when', () => {
    const until = after(NOW, HOUR);
    const { after: s, events } = done(holdRelease(aSituation(), { reason, until }, anAct(ADAM)));
    expect(s.release.hold).toEqual({ by: ADAM, reason, since: NOW, until });
    expect(events).toMatchObject([{ kind: 'release.held', data: { until }, words: reason, due: null }]);
  });

  it('may have no end', () => {
    expect(afterOf(holdRelease(aSituation(), { reason, until: null }, anAct())).release.hold?.until).toBeNull();
  });

  it('lies over the status and leaves it as it is', () => {
    expect(afterOf(holdRelease(in_(deployed), { reason, until: null }, anAct())).release.state).toEqual(deployed);
  });

  it.each([
    ['draft', { status: 'draft', since: NOW, returned: null }],
    ['waiting for approval', { status: 'awaiting_approval', since: NOW, round: 'rnd_1' as never }],
    ['failed', { status: 'failed', since: NOW, reason: 'error rate' }],
    ['rolled back', { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'error rate' }],
  ] as const)('lies over what is %s', (_, state) => {
    expect(holdRelease(in_(state), { reason, until: null }, anAct()).ok).toBe(true);
  });

  it('a second hold takes the place of the first', () => {
    const once = afterOf(holdRelease(aSituation(), { reason, until: null }, anAct(ADAM)));
    const later = after(NOW, HOUR);
    const twice = afterOf(holdRelease(once, { reason: 'audit', until: null }, anAct(BELLA, later)));
    expect(twice.release.hold).toEqual({ by: BELLA, reason: 'audit', since: later, until: null });
  });
});

describe('holding is refused', () => {
  it.each([
    ['closed', closed],
    ['cancelled', cancelled],
  ] as const)('for what is %s', (status, state) => {
    const refusal = refusalOf(holdRelease(in_(state), { reason, until: null }, anAct()));
    expect(refusal).toMatchObject({ code: 'status', did: 'Not held', name: 'checkout 2.14.0', status });
  });

  it.each(['', '   '])('without a reason (%j)', (nothing) => {
    const refusal = refusalOf(holdRelease(aSituation(), { reason: nothing, until: null }, anAct()));
    expect(refusal).toMatchObject({ code: 'fields', problems: [{ field: 'reason' }] });
  });

  it('until a time that is past, and until now', () => {
    for (const until of [NOW, after(NOW, -1)]) {
      const refusal = refusalOf(holdRelease(aSituation(), { reason, until }, anAct()));
      expect(refusal).toMatchObject({ code: 'fields', problems: [{ field: 'until' }] });
    }
    expect(holdRelease(aSituation(), { reason, until: after(NOW, 1) }, anAct()).ok).toBe(true);
  });
});

describe('resuming', () => {
  it('ends the hold', () => {
    const held = afterOf(holdRelease(in_(deployed), { reason, until: null }, anAct()));
    const { after: s, events } = done(resumeRelease(held, NOW));
    expect(s.release).toEqual({ ...held.release, hold: null });
    expect(events).toMatchObject([{ kind: 'release.resumed', release: held.release.id }]);
  });

  it('is refused when nothing is held', () => {
    const refusal = refusalOf(resumeRelease(aSituation(), NOW));
    expect(refusal).toMatchObject({ code: 'status', name: 'checkout 2.14.0' });
    expect(sentenceText(refusalSentence(refusal), { names: {}, command: '/release', zone: 'UTC' })).toMatch(
      /^Nothing changed: checkout 2\.14\.0 is not on hold\./,
    );
  });
});

describe('the clock of its approval', () => {
  const approved = aRelease({
    state: {
      status: 'approved',
      since: NOW,
      by: { kind: 'round', round: 'rnd_1' as never },
      validUntil: after(NOW, DAY),
    },
  });
  const held = afterOf(holdRelease(aSituation({ release: approved }), { reason, until: null }, anAct()));

  it('stands while it is on hold, and goes on where it stood', () => {
    const later = after(NOW, 30 * HOUR);
    expect(approvalClock(held, later)).toBe(NOW);
    expect(settle(held, later, counting()).events).toEqual([]);
    const freed = afterOf(resumeRelease(held, later));
    expect(freed.release.state).toMatchObject({ status: 'approved', validUntil: after(NOW, DAY + 30 * HOUR) });
    expect(settle(freed, after(later, DAY), counting()).after.release.state.status).toBe('draft');
  });

  it('stands until the hold’s own end, and no longer', () => {
    const until = after(NOW, 2 * HOUR);
    const timed = afterOf(holdRelease(aSituation({ release: approved }), { reason, until }, anAct()));
    expect(approvalClock(timed, after(NOW, 5 * HOUR))).toBe(after(NOW, 3 * HOUR));
    const freed = settle(timed, after(NOW, 5 * HOUR), counting()).after;
    expect(freed.release).toMatchObject({ hold: null, state: { validUntil: after(NOW, DAY + 2 * HOUR) } });
  });

  it('of what was approved while it was on hold stands only from then on', () => {
    const hold = { by: OWNER, reason, since: after(NOW, -70 * HOUR), until: null };
    const since = aSituation({ release: { ...approved, hold } });
    expect(takenOffHold(since, after(NOW, HOUR)).release.state).toMatchObject({ validUntil: after(NOW, DAY + HOUR) });
  });

  it('touches no deployment where none runs: other releases are not looked at for it', () => {
    expect(takenOffHold(held, after(NOW, HOUR)).deployments).toBe(held.deployments);
  });

  it('loses nothing when it is held again', () => {
    const again = afterOf(holdRelease(held, { reason: 'and the network', until: null }, anAct(ADAM, after(NOW, HOUR))));
    expect(again.release.state).toMatchObject({ validUntil: after(NOW, DAY + HOUR) });
    expect(takenOffHold(again, after(NOW, 3 * HOUR)).release.state).toMatchObject({
      validUntil: after(NOW, DAY + 3 * HOUR),
    });
  });
});

describe('whether it still waits', () => {
  it('is asked a day and a week later, where no end is known', () => {
    const hold = { by: ADAM, reason, since: NOW, until: null };
    expect(holdNudges({ hold })).toEqual([after(NOW, DAY), after(NOW, 7 * DAY)]);
    expect(holdNudges({ hold: { ...hold, until: after(NOW, HOUR) } })).toEqual([]);
    expect(holdNudges({ hold: null })).toEqual([]);
  });
});
