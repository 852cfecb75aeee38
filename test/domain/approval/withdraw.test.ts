import { describe, expect, it } from 'vitest';
import { approve, reject } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { withdraw } from '../../../src/domain/approval/withdraw.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  afterOf,
  anAct,
  aRelease,
  aRound,
  aSituation,
  aVote,
  aWaiting,
  counting,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const later = after(NOW, HOUR);
const yes = { hash: null, comment: null };

describe('withdrawing', () => {
  it('takes the release back to draft and says who did it, when and why', () => {
    const s = afterOf(withdraw(aWaiting(), 'wrong build', anAct(OWNER, later)));
    expect(s.release.state).toEqual({
      status: 'draft',
      since: later,
      returned: { why: 'withdrawn', by: OWNER, reason: 'wrong build' },
    });
    expect(s.round).toMatchObject({ state: 'withdrawn', endedAt: later });
  });

  it('needs no reason', () => {
    const s = afterOf(withdraw(aWaiting(), null, anAct(OWNER)));
    expect(s.release.state).toMatchObject({ returned: { why: 'withdrawn', reason: null } });
  });

  it('is one event of the round with the words beside it', () => {
    const s = aWaiting(aRound({ n: 3 }));
    expect(done(withdraw(s, 'wrong build', anAct(OWNER))).events).toMatchObject([
      { kind: 'round.withdrawn', release: s.release.id, data: { round: 3 }, words: 'wrong build' },
    ]);
  });

  it('keeps the content and the decisions, and does not ask again by itself', () => {
    const waiting = aWaiting(aRound({ decisions: [aVote(ADAM)] }), { release: aRelease({ askWhenReady: true }) });
    const s = afterOf(withdraw(waiting, null, anAct(OWNER)));
    expect(s.release).toEqual({ ...waiting.release, state: s.release.state, askWhenReady: false });
    expect(s.round?.decisions).toEqual(waiting.round?.decisions);
  });

  it('leaves nothing that could be decided', () => {
    const s = afterOf(withdraw(aWaiting(), null, anAct(OWNER)));
    expect(refusalOf(approve(s, yes, anAct(ADAM)))).toMatchObject({
      code: 'approval.no_round',
      status: 'a draft: it was taken back',
    });
    expect(refusalOf(reject(s, { hash: null, reason: 'no' }, anAct(ADAM))).code).toBe('approval.no_round');
    expect(refusalOf(withdraw(s, null, anAct(OWNER))).code).toBe('approval.no_round');
  });

  it('can be asked again as the next round, with nobody having decided yet', () => {
    const newId = counting();
    const first = afterOf(submit(aSituation(), anAct(OWNER, NOW, newId)));
    const back = afterOf(withdraw(first, null, anAct(OWNER, later, newId)));
    const again = afterOf(submit(back, anAct(OWNER, later, newId)));
    expect(again.round).toMatchObject({ n: 2, state: 'open', openedAt: later, decisions: [] });
    expect(again.round?.id).not.toBe(first.round?.id);
  });
});
