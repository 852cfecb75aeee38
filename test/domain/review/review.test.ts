import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../../src/domain/catalog/catalog.ts';
import type { Outcome, Release } from '../../../src/domain/release/release.ts';
import {
  dueReview,
  MOST_NUDGES,
  openReview,
  QUESTIONS,
  REVIEW_FIELDS,
  type ReviewForm,
  submitReview,
} from '../../../src/domain/review/review.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR, instant } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import {
  ADAM,
  aCatalog,
  afterOf,
  anAct,
  aRelease,
  aReview,
  aSituation,
  BELLA,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const low = { score: 10, level: 'low', parts: [] } as const;
const having = (more: Partial<Release>, around: Partial<Situation['around']> = {}): Situation =>
  aSituation({ release: aRelease({ risk: low, ...more }), around });
const opened = (s: Situation, outcome: Outcome, now = NOW) =>
  openReview({ after: s, events: [] }, outcome, anAct(OWNER, now));
const formOf = (s: Situation, outcome: Outcome) => dueReview(opened(s, outcome).after)?.form ?? null;
const level = (name: 'low' | 'medium' | 'high' | 'critical') => having({ risk: { ...low, level: name } });
const under = (preset: Catalog['preset'], s: Situation): Situation => ({
  ...s,
  around: { ...s.around, catalog: aCatalog({ preset }) },
});

describe('which form', () => {
  it.each([
    ['a success of low risk', level('low'), 'success', 'short'],
    ['a success of medium risk', level('medium'), 'success', 'full'],
    ['a success of high risk', level('high'), 'success', 'full'],
    ['a success of critical risk', level('critical'), 'success', 'full'],
    ['a success that was never scored', having({ risk: null }), 'success', 'full'],
    ['a failure of low risk', level('low'), 'failed', 'failure'],
    ['what was rolled back', level('high'), 'rolled back', 'failure'],
  ] as const)('%s', (_, s, outcome, form) => expect(formOf(s, outcome)).toBe(form));

  it.each([
    ['light', 'success', null],
    ['light', 'failed', 'failure'],
    ['light', 'rolled back', 'failure'],
    ['standard', 'success', 'short'],
    ['strict', 'success', 'full'],
    ['strict', 'failed', 'failure'],
  ] as const)('under %s, after %s of low risk: %s', (preset, outcome, form) => {
    expect(formOf(under(preset, level('low')), outcome)).toBe(form);
  });
});

describe('when it is due', () => {
  const dueAt = (s: Situation, outcome: Outcome, finishedAt: string) =>
    dueReview(opened(s, outcome, instant(finishedAt)).after)?.dueAt;

  it.each([
    ['a short one on the next working day, at the slot', 'low', '2026-03-03T09:30:00Z', '2026-03-04T10:00:00.000Z'],
    ['a slot that is exactly a day later counts', 'low', '2026-03-03T10:00:00Z', '2026-03-04T10:00:00.000Z'],
    ['a slot that was missed by a minute is over', 'low', '2026-03-03T10:01:00Z', '2026-03-05T10:00:00.000Z'],
    ['a short one of a Friday on Monday', 'low', '2026-03-06T08:00:00Z', '2026-03-09T10:00:00.000Z'],
    ['a full one two working days later', 'medium', '2026-03-03T09:30:00Z', '2026-03-05T10:00:00.000Z'],
    ['a full one of a Thursday on Monday', 'medium', '2026-03-05T09:30:00Z', '2026-03-09T10:00:00.000Z'],
    ['the slot is wall time: an hour earlier in summer', 'low', '2026-03-30T08:00:00Z', '2026-03-31T09:00:00.000Z'],
  ] as const)('%s', (_, risk, finishedAt, expected) => {
    expect(dueAt(level(risk), 'success', finishedAt)).toBe(expected);
  });

  it.each([
    ['by day', '2026-03-03T10:00:00Z', '2026-03-03T11:00:00.000Z'],
    ['in the night', '2026-03-03T02:30:00Z', '2026-03-03T03:30:00.000Z'],
    ['at the weekend', '2026-03-07T23:15:00Z', '2026-03-08T00:15:00.000Z'],
  ])('an hour after a failure %s', (_, finishedAt, expected) => {
    expect(dueAt(level('high'), 'failed', finishedAt)).toBe(expected);
  });

  it('is read in the zone of its owner, else of the service', () => {
    const tokyo = having({}, { zones: { [OWNER]: 'Asia/Tokyo', [ADAM]: 'America/New_York' } });
    expect(dueAt(tokyo, 'success', '2026-03-03T00:00:00Z')).toBe('2026-03-04T01:00:00.000Z');
    const elsewhere = having({ owner: BELLA }, { zones: { [OWNER]: 'Asia/Tokyo' } });
    expect(dueAt(elsewhere, 'success', '2026-03-03T00:00:00Z')).toBe('2026-03-04T10:00:00.000Z');
  });
});

describe('opening a review', () => {
  it('asks the owner, and says which form and until when', () => {
    const { after: s, events } = opened(having({ owner: ADAM }), 'success', instant('2026-03-03T09:30:00Z'));
    const review = dueReview(s);
    expect(review).toMatchObject({ owner: ADAM, form: 'short', openedAt: '2026-03-03T09:30:00.000Z' });
    expect(review).toMatchObject({ outcome: null, submittedBy: null, submittedAt: null, answers: {} });
    expect(events).toMatchObject([
      { kind: 'review.opened', data: { form: 'short', dueAt: '2026-03-04T10:00:00.000Z' }, subject: review?.id },
    ]);
  });

  it('of a failure takes the place of a review of success that nobody answered', () => {
    const s = having({});
    const later = after(NOW, HOUR);
    const { after: next } = opened({ ...s, reviews: [aReview()] }, 'rolled back', later);
    expect(next.reviews).toMatchObject([
      { form: 'short', state: 'skipped', submittedAt: later, submittedBy: null, outcome: null },
      { form: 'failure', state: 'due', openedAt: later, dueAt: after(later, HOUR) },
    ]);
  });

  it('leaves what was answered as it is', () => {
    const answered = aReview({ state: 'submitted', outcome: 'success', submittedBy: OWNER, submittedAt: NOW });
    const { after: next } = opened({ ...having({}), reviews: [answered] }, 'failed');
    expect(next.reviews[0]).toEqual(answered);
    expect(next.reviews).toHaveLength(2);
  });

  it('is not done twice for one failure that is rolled back: it keeps its time', () => {
    const failed = opened(having({}), 'failed');
    const both = openReview(failed, 'rolled back', anAct(OWNER, after(NOW, HOUR)));
    expect(both).toEqual(failed);
  });

  it('keeps what happened before it in the same step', () => {
    const first = opened(having({}), 'success');
    const { events } = openReview(first, 'failed', anAct());
    expect(events.map(({ data }) => data)).toMatchObject([{ form: 'short' }, { form: 'failure' }]);
  });

  it('asks five times and not more', () => expect(MOST_NUDGES).toBe(5));
});

describe('answering a review', () => {
  const full = { goal: 'yes', change: 'check the cache first' };
  const whole: Readonly<Record<ReviewForm, Readonly<Record<string, string>>>> = {
    short: {},
    full,
    failure: { cause: 'code', happened: 'x', noticed: 'x', gates: 'x', prevents: 'x' },
  };
  const due = (form: ReviewForm) => aSituation({ reviews: [aReview({ form })] });
  const answer = (form: ReviewForm, answers: Readonly<Record<string, string>>) =>
    submitReview(due(form), { outcome: 'success', answers, actions: [] }, anAct(ADAM, after(NOW, HOUR)));

  it('keeps what was said, by whom and when', () => {
    const { after: s, events } = done(answer('full', full));
    expect(s.reviews).toMatchObject([
      { state: 'submitted', outcome: 'success', answers: full, submittedBy: ADAM, submittedAt: after(NOW, HOUR) },
    ]);
    expect(events).toMatchObject([
      { kind: 'review.submitted', data: { outcome: 'success' }, subject: s.reviews[0]?.id, words: null },
    ]);
    expect(dueReview(s)).toBeNull();
  });

  it('of what went well takes one click', () => {
    expect(REVIEW_FIELDS.short).toEqual([]);
    expect(answer('short', {}).ok).toBe(true);
  });

  it.each([
    ['full', 'goal'],
    ['full', 'change'],
    ['failure', 'cause'],
    ['failure', 'happened'],
    ['failure', 'noticed'],
    ['failure', 'gates'],
    ['failure', 'prevents'],
  ] as const)('%s is refused without %s, by name, and also when it is only spaces', (form, field) => {
    const { [field]: _, ...rest } = whole[form];
    for (const answers of [rest, { ...rest, [field]: ' ' }]) {
      const refusal = refusalOf(answer(form, answers));
      const problems = refusal.code === 'fields' ? refusal.problems : [];
      expect(
        problems.map(({ problem }) => sentenceText(problem, { names: {}, command: '/release', zone: 'UTC' })),
      ).toEqual([`Not saved: “${QUESTIONS[field]}” is empty. A few words are enough.`]);
      expect(problems.map((problem) => problem.field)).toEqual([field]);
    }
    const all = refusalOf(answer(form, {}));
    expect(all.code === 'fields' ? all.problems.length : 0).toBe(REVIEW_FIELDS[form].length);
    expect(answer(form, whole[form]).ok).toBe(true);
  });

  it('is refused with an action whose day is past', () => {
    const actions = [{ text: 'Add a canary metric', owner: BELLA, due: after(NOW, -HOUR) }];
    expect(refusalOf(submitReview(due('short'), { outcome: 'success', answers: {}, actions }, anAct()))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'due' }],
    });
  });

  it('adds its actions, those without owner or day as well', () => {
    const actions = [
      { text: 'Add a canary metric', owner: BELLA, due: after(NOW, 48 * HOUR) },
      { text: 'Ask the DBA', owner: null, due: null },
    ];
    const decision = submitReview(due('short'), { outcome: 'success with issues', answers: {}, actions }, anAct());
    const { after: s, events } = done(decision);
    expect(s.actions).toMatchObject([
      { ...actions[0], state: 'open' },
      { text: 'Ask the DBA', owner: OWNER, due: after(NOW, 14 * 24 * HOUR), state: 'open' },
    ]);
    expect(events.map(({ kind }) => kind)).toEqual(['review.submitted', 'action.added', 'action.added']);
  });

  it('answers the one that is due, and leaves the others', () => {
    const old = aReview({ state: 'skipped' });
    const s = aSituation({ reviews: [old, aReview({ form: 'failure' })] });
    const input = { outcome: 'failed', answers: whole.failure, actions: [] } as const;
    expect(afterOf(submitReview(s, input, anAct())).reviews).toMatchObject([
      { id: old.id, state: 'skipped' },
      { form: 'failure', state: 'submitted', outcome: 'failed' },
    ]);
  });

  it.each(['submitted', 'skipped'] as const)('is refused when none is due, only %s', (state) => {
    const s = aSituation({ reviews: [aReview({ state })] });
    const refusal = refusalOf(submitReview(s, { outcome: 'success', answers: full, actions: [] }, anAct()));
    expect(refusal).toMatchObject({ code: 'not_found', reference: 'checkout 2.14.0' });
  });
});
