import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { undoApproval } from '../../../src/domain/approval/undo.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import { settle } from '../../../src/domain/settle.ts';
import { after, DAY, HOUR, instant } from '../../../src/domain/time.ts';
import {
  ADAM,
  afterOf,
  anAct,
  aRelease,
  aRound,
  aRule,
  aSituation,
  aVote,
  aWaiting,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
  RITA,
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const later = after(NOW, HOUR);
const by = (who: typeof ADAM, now = later) => anAct(who, now, newId);
const yes = { hash: null, comment: null };
const two = { rules: { all: [aRule({ count: 2 })] } };
const approved = () => afterOf(approve(aWaiting(), yes, by(ADAM, NOW)));

describe('taking one’s approval back', () => {
  it('keeps the decision with the time at which it was taken back', () => {
    const s = aWaiting(aRound({ ...two, decisions: [aVote(ADAM, { comment: 'Fine' }), aVote(QUINN)] }));
    const decision = undoApproval(s, by(ADAM));
    expect(afterOf(decision).round?.decisions).toMatchObject([
      { actor: ADAM, verdict: 'approve', comment: 'Fine', at: NOW, retractedAt: later },
      { actor: QUINN, retractedAt: null },
    ]);
    expect(done(decision).events).toMatchObject([
      { kind: 'approval.undone', release: s.release.id, data: { round: 1 }, words: null },
    ]);
  });

  it('leaves a round that still waits as it is otherwise', () => {
    const s = aWaiting(aRound({ ...two, decisions: [aVote(ADAM)] }));
    const undone = afterOf(undoApproval(s, by(ADAM)));
    expect(undone.release).toEqual(s.release);
    expect({ ...undone.round, decisions: [] }).toEqual({ ...s.round, decisions: [] });
  });

  it('lets what was approved wait for approval again', () => {
    const undone = afterOf(undoApproval(approved(), by(ADAM)));
    expect(undone.release.state).toEqual({ status: 'awaiting_approval', since: later, round: undone.round?.id });
    expect(undone.round).toMatchObject({ n: 1, state: 'open', endedAt: null, validUntil: null });
  });

  it('can be followed by somebody else’s approval', () => {
    const undone = afterOf(undoApproval(approved(), by(ADAM)));
    const again = afterOf(approve(undone, yes, by(BELLA)));
    expect(again.release.state).toMatchObject({ status: 'approved', since: later });
  });

  it('leaves it approved where the others are enough', () => {
    const any = [aRule({ name: 'two', count: 2 }), aRule({ name: 'manager', groups: ['managers'] })];
    const first = afterOf(approve(aWaiting(aRound({ rules: { any } })), yes, by(ADAM, NOW)));
    const both = afterOf(approve(first, yes, by(RITA, NOW)));
    const undone = undoApproval(both, by(ADAM));
    expect(afterOf(undone).release.state).toMatchObject({ status: 'approved', by: { kind: 'round' } });
    expect(afterOf(undone).round?.state).toBe('approved');
    expect(afterOf(undoApproval(both, by(RITA))).release.state.status).toBe('awaiting_approval');
  });

  it('works for an approval that was carried over from an earlier round', () => {
    const carried = aVote(ADAM, { carriedFrom: newId('round') });
    const undone = afterOf(undoApproval(aWaiting(aRound({ ...two, n: 2, decisions: [carried] })), by(ADAM)));
    expect(undone.round?.decisions).toMatchObject([{ retractedAt: later, carriedFrom: carried.carriedFrom }]);
  });

  it.each([
    ['somebody who did not decide', BELLA, []],
    ['somebody whose approval it is not', BELLA, [aVote(ADAM)]],
    ['one who took it back already', ADAM, [aVote(ADAM, { retractedAt: instant('2026-03-03T10:05:00Z') })]],
  ])('is refused to %s', (_, who, decisions) => {
    expect(refusalOf(undoApproval(aWaiting(aRound({ n: 2, decisions })), by(who)))).toEqual({
      code: 'approval.not_yours',
      round: 2,
    });
  });

  it.each<[ReleaseState]>([
    [
      {
        status: 'deploying',
        since: NOW,
        deployment: newId('deployment'),
        from: { status: 'draft', since: NOW, returned: null },
      },
    ],
    [{ status: 'deployed', since: NOW, before: null, healthy: null }],
    [{ status: 'draft', since: NOW, returned: null }],
    [{ status: 'failed', since: NOW, reason: 'x' }],
  ])('is over once it is $status', (state) => {
    const s = approved();
    expect(refusalOf(undoApproval({ ...s, release: { ...s.release, state } }, by(ADAM)))).toMatchObject({
      code: 'approval.no_round',
    });
  });

  it('is not possible where a policy approved it: nobody decided', () => {
    const byPolicy = { kind: 'policy', policy: 'default', catalogVersion: 7 } as const;
    const state = { status: 'approved', since: NOW, by: byPolicy, validUntil: after(NOW, 8 * HOUR) } as const;
    const rejected = aRound({ state: 'rejected', decisions: [aVote(ADAM)] });
    for (const round of [null, rejected]) {
      const s = aSituation({ round, release: aRelease({ state }) });
      expect(refusalOf(undoApproval(s, by(ADAM))).code).toBe('approval.no_round');
    }
  });

  it('does nothing for the owner, who has no approval to take back', () => {
    expect(refusalOf(undoApproval(approved(), by(OWNER))).code).toBe('approval.not_yours');
  });
});

it('gives the round its time again: it waits from the undo on, however long ago it was asked', () => {
  const long = after(NOW, 5 * DAY);
  const round = aRound({ state: 'approved', endedAt: NOW, validUntil: after(NOW, 7 * DAY), decisions: [aVote(ADAM)] });
  const state = {
    status: 'approved',
    since: NOW,
    by: { kind: 'round', round: round.id },
    validUntil: after(NOW, 7 * DAY),
  } as const;
  const approved = aSituation({ round, release: aRelease({ state, everAsked: true }) });
  const undone = afterOf(undoApproval(approved, by(ADAM, long)));
  expect(undone.round).toMatchObject({ state: 'open' });
  expect([undone.round?.expiresAt, undone.round?.remindAt].every((time) => time !== undefined && time > long)).toBe(
    true,
  );
  const settled = settle(undone, after(long, HOUR), counting());
  expect(settled.after.release.state.status).toBe('awaiting_approval');
});
