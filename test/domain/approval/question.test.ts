import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { answer, ask } from '../../../src/domain/approval/question.ts';
import { settle } from '../../../src/domain/settle.ts';
import { after, HOUR, instant, MINUTE } from '../../../src/domain/time.ts';
import { isWorkingTime } from '../../../src/domain/working-time.ts';
import {
  ADAM,
  afterOf,
  anAct,
  aRound,
  aSituation,
  aWaiting,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
  refusalOf,
} from '../../support/builders.ts';

const later = after(NOW, HOUR);
const asks = [ADAM, BELLA].map((person) => ({ person, at: NOW, wave: 'first' as const }));
const asked = () => afterOf(ask(aWaiting(aRound({ asks })), 'Is there a load test?', anAct(ADAM)));
const questionOf = (s: ReturnType<typeof asked>): string => s.round?.questions[0]?.id ?? '';

describe('asking the owner', () => {
  it('keeps who asked what and when, open', () => {
    const decision = ask(aWaiting(), 'Is there a load test?', anAct(ADAM, later));
    const { round, release } = afterOf(decision);
    expect(round?.questions).toMatchObject([
      {
        asker: ADAM,
        text: 'Is there a load test?',
        askedAt: later,
        answer: null,
        answeredBy: null,
        answeredAt: null,
      },
    ]);
    expect(done(decision).events).toMatchObject([
      {
        kind: 'question.asked',
        release: release.id,
        subject: round?.questions[0]?.id,
        data: { round: 1 },
        words: 'Is there a load test?',
      },
    ]);
  });

  it('is not a decision: the asker can still approve, and the round waits', () => {
    const s = asked();
    expect(s.release.state.status).toBe('awaiting_approval');
    expect(s.round?.decisions).toEqual([]);
    expect(approve(s, { hash: null, comment: null }, anAct(ADAM)).ok).toBe(true);
  });

  it('adds to the questions that are there', () => {
    const newId = counting();
    const one = afterOf(ask(aWaiting(), 'One?', anAct(ADAM, NOW, newId)));
    const two = afterOf(ask(one, 'Two?', anAct(BELLA, later, newId)));
    expect(two.round?.questions.map(({ asker, text }) => [asker, text])).toEqual([
      [ADAM, 'One?'],
      [BELLA, 'Two?'],
    ]);
  });

  it.each([
    ['without a round', aSituation(), ADAM, 'x', { code: 'approval.no_round' }],
    ['by the requester', aWaiting(), OWNER, 'x', { code: 'forbidden', did: 'Not asked' }],
    ['by somebody who could not approve', aWaiting(), QUINN, 'x', { code: 'forbidden', did: 'Not asked' }],
    ['without words', aWaiting(), ADAM, ' \n', { code: 'fields', problems: [{ field: 'question' }] }],
  ])('is refused %s', (_, s, who, text, refusal) => {
    expect(refusalOf(ask(s, text, anAct(who)))).toMatchObject(refusal);
  });
});

describe('answering', () => {
  it('keeps who answered what and when, beside the question', () => {
    const s = asked();
    const decision = answer(s, { question: questionOf(s), text: 'Yes, yesterday' }, anAct(OWNER, later));
    expect(afterOf(decision).round?.questions).toMatchObject([
      { asker: ADAM, askedAt: NOW, answer: 'Yes, yesterday', answeredBy: OWNER, answeredAt: later },
    ]);
    expect(done(decision).events).toMatchObject([
      { kind: 'question.answered', subject: questionOf(s), data: { round: 1 }, words: 'Yes, yesterday' },
    ]);
  });

  it('answers only the question that it names', () => {
    const newId = counting();
    const one = afterOf(ask(aWaiting(), 'One?', anAct(ADAM, NOW, newId)));
    const two = afterOf(ask(one, 'Two?', anAct(BELLA, NOW, newId)));
    const question = two.round?.questions[1]?.id ?? '';
    const answered = afterOf(answer(two, { question, text: 'Yes' }, anAct(OWNER)));
    expect(answered.round?.questions.map((item) => item.answer)).toEqual([null, 'Yes']);
  });

  it.each([
    ['without a round', aSituation(), 'yes', { code: 'approval.no_round' }],
    ['without such a question', aWaiting(), 'yes', { code: 'not_found', what: 'open question', reference: 'qst_1' }],
    ['without words', asked(), ' ', { code: 'fields', problems: [{ field: 'answer' }] }],
  ])('is refused %s', (_, s, text, refusal) => {
    expect(refusalOf(answer(s, { question: 'qst_1', text }, anAct(OWNER)))).toMatchObject(refusal);
  });
});

describe('the clock of who asked, while the question is open', () => {
  const remindAt = instant('2026-03-03T14:00:00Z');
  const widened = (s: ReturnType<typeof asked>, now = NOW): boolean =>
    settle(s, now, counting()).events.some(({ kind }) => kind === 'round.widened');

  it('stands still: they are not reminded until it is answered, others are', () => {
    const reminded = (s: ReturnType<typeof asked>, now = remindAt) =>
      settle(s, now, counting())
        .after.round?.asks.filter(({ wave }) => wave === 'rest')
        .map(({ person }) => person);
    expect(reminded(aWaiting(aRound({ asks })))).toEqual([ADAM, BELLA]);
    expect(reminded(asked())).toEqual([BELLA]);
    expect(reminded(asked(), after(remindAt, 24 * HOUR))).toEqual([BELLA]);
  });

  it('does not stop the round from expiring', () => {
    const s = asked();
    const expired = settle(s, instant('2026-03-06T10:00:00Z'), counting());
    expect(expired.events.map(({ kind }) => kind)).toEqual(['round.expired']);
  });

  it('goes on as it was when the answer comes before the reminder', () => {
    const s = asked();
    const early = afterOf(answer(s, { question: questionOf(s), text: 'Yes' }, anAct(OWNER, after(remindAt, -MINUTE))));
    expect(early.round?.remindAt).toBe(remindAt);
    expect(widened(early, remindAt)).toBe(true);
  });

  it('gives the asker four hours with a late answer', () => {
    const s = asked();
    const at = instant('2026-03-04T10:30:00Z');
    const late = afterOf(answer(s, { question: questionOf(s), text: 'Yes' }, anAct(OWNER, at)));
    expect(late.round?.remindAt).toBe('2026-03-04T14:30:00.000Z');
    expect(widened(late, at)).toBe(false);
  });

  it('never reminds at night or at the weekend', () => {
    const s = aWaiting(aRound({ expiresAt: instant('2026-03-20T10:00:00Z') }));
    const open = afterOf(ask(s, 'One?', anAct(ADAM)));
    const at = instant('2026-03-07T11:00:00Z');
    const saturday = afterOf(answer(open, { question: questionOf(open), text: 'Yes' }, anAct(OWNER, at)));
    const monday = saturday.round?.remindAt ?? at;
    expect(monday.slice(0, 10)).toBe('2026-03-09');
    expect(isWorkingTime(monday, 'Europe/London')).toBe(true);
  });
});
