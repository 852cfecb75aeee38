import { describe, expect, it } from 'vitest';
import { approvalCheck } from '../../../src/domain/approval/approval-check.ts';
import { dayBegins } from '../../../src/domain/approval/asking.ts';
import { remind, remindsAgainAt } from '../../../src/domain/approval/remind.ts';
import { after, HOUR, instant } from '../../../src/domain/time.ts';
import {
  ADAM,
  afterOf,
  anAct,
  aRound,
  aSituation,
  aWaiting,
  BELLA,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

describe("the owner's reminder", () => {
  it('is kept with its time, and told as an event of the round', () => {
    const s = aWaiting(aRound({ n: 2 }));
    const reminded = remind(s, anAct(OWNER));
    expect(afterOf(reminded).round?.remindedAt).toBe(NOW);
    expect(done(reminded).events).toMatchObject([
      { kind: 'round.reminded', release: s.release.id, data: { round: 2 }, words: null, due: null },
    ]);
  });

  it('changes nothing else: the clock of the round, the asks and the release stay', () => {
    const asks = [{ person: ADAM, at: NOW, wave: 'first' as const }];
    const s = aWaiting(aRound({ asks }));
    const reminded = afterOf(remind(s, anAct(OWNER, after(NOW, HOUR))));
    expect(reminded).toEqual({ ...s, round: { ...s.round, remindedAt: after(NOW, HOUR) } });
  });

  it.each([
    ['13:59:59.999', 'remind.too_soon'],
    ['14:00:00.000', 'ok'],
    ['14:00:00.001', 'ok'],
  ])('goes out once in four hours: at %s after one of 10:00 it is %s', (time, expected) => {
    const s = aWaiting(aRound({ remindedAt: NOW }));
    const decision = remind(s, anAct(OWNER, instant(`2026-03-03T${time}Z`)));
    expect(decision.ok ? 'ok' : decision.refusal.code).toBe(expected);
  });

  it('says when the next one can go, whoever reminds', () => {
    const s = aWaiting(aRound({ remindedAt: NOW }));
    expect(refusalOf(remind(s, anAct(BELLA, after(NOW, HOUR))))).toEqual({
      code: 'remind.too_soon',
      next: '2026-03-03T14:00:00.000Z',
    });
  });

  it('is what the check recommends, as long as it is not refused', () => {
    const night = instant('2026-03-03T22:00:00Z');
    const s = aWaiting(aRound({ asks: [{ person: ADAM, at: after(night, -HOUR), wave: 'first' }] }));
    const fix = (of: typeof s, now = night) => JSON.stringify(approvalCheck(of, 'production', now).fix);
    expect(fix(s)).toContain('They read it when their day begins, ');
    const reminded = afterOf(remind(s, anAct(OWNER, night)));
    const { round } = reminded;
    if (round === null) throw new Error('There is no round.');
    // It waits for their day as well.
    expect(fix(reminded)).toBe(fix(s));
    expect(dayBegins(reminded, round, night)).toBe('2026-03-04T09:00:00.000Z');
    const day = afterOf(remind(s, anAct(OWNER, NOW)));
    expect(fix(day, after(NOW, HOUR))).toContain('They were reminded; from ');
    expect([remindsAgainAt(round, night), remindsAgainAt(round, after(night, 4 * HOUR))]).toEqual([
      after(night, 4 * HOUR),
      null,
    ]);
  });

  it('counts the four hours from the last reminder, not from the first', () => {
    const first = afterOf(remind(aWaiting(), anAct(OWNER)));
    const second = afterOf(remind(first, anAct(OWNER, after(NOW, 5 * HOUR))));
    expect(refusalOf(remind(second, anAct(OWNER, after(NOW, 8 * HOUR))))).toMatchObject({
      next: '2026-03-03T19:00:00.000Z',
    });
  });

  it.each([
    ['nothing was ever asked', aSituation()],
    ['the round is over', aWaiting(aRound({ state: 'withdrawn' }))],
  ])('has nobody to go to when %s', (_, s) => {
    expect(refusalOf(remind(s, anAct(OWNER)))).toMatchObject({ code: 'approval.no_round', key: 'REL-142' });
  });
});
