import { describe, expect, it } from 'vitest';
import { refusalSentence } from '../../../src/domain/refusal.ts';
import type { Outcome, ReleaseState } from '../../../src/domain/release/release.ts';
import { close, reopen } from '../../../src/domain/review/close.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, instant } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import {
  ADAM,
  aDeployment,
  afterOf,
  aGrant,
  anAct,
  anAction,
  aRelease,
  aReview,
  aSituation,
  done,
  NOW,
  OWNER,
  RITA,
  refusalOf,
} from '../../support/builders.ts';

const deployed: ReleaseState = { status: 'deployed', since: NOW, before: '2.13.1', healthy: true };
const failed: ReleaseState = { status: 'failed', since: NOW, reason: 'error rate' };
const rolledBack: ReleaseState = { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'error rate' };
const later = after(NOW, DAY);

const having = (state: ReleaseState, more: Parameters<typeof aSituation>[0] = {}): Situation =>
  aSituation({ ...more, release: aRelease({ state }) });
const used = aGrant({ usedBy: aDeployment().id });
const words = (s: Situation): string =>
  sentenceText(refusalSentence(refusalOf(close(s, anAct()))), {
    names: { [OWNER]: 'olivia' },
    command: '/release',
    zone: 'Europe/London',
  });

describe('closing', () => {
  it.each([
    ['deployed', deployed, 'success'],
    ['failed', failed, 'failed'],
    ['rolled back', rolledBack, 'rolled back'],
  ] as const)('what is %s remembers who, when, its outcome and where it came from', (_, state, outcome) => {
    const { after: s, events } = done(close(having(state), anAct(ADAM, later)));
    expect(s.release.state).toEqual({ status: 'closed', since: later, by: ADAM, outcome, from: state });
    expect(events).toMatchObject([{ kind: 'release.closed', data: { outcome }, words: null }]);
  });

  it('by itself is in the name of nobody', () => {
    expect(afterOf(close(having(deployed), { by: null, now: later })).release.state).toMatchObject({ by: null });
  });

  it.each([
    ['success with issues', deployed],
    ['failed', rolledBack],
  ] as const)('takes the outcome that the review says: %s', (outcome: Outcome, state: ReleaseState) => {
    const reviews = [aReview({ state: 'submitted', submittedAt: later, outcome })];
    expect(afterOf(close(having(state, { reviews }), anAct())).release.state).toMatchObject({ outcome });
  });

  it('takes the last review that says one, over those that were skipped', () => {
    const reviews = [
      aReview({ state: 'submitted', submittedAt: later, outcome: 'rolled back' }),
      aReview({ state: 'submitted', submittedAt: later, outcome: 'success with issues' }),
      aReview({ state: 'skipped' }),
    ];
    expect(afterOf(close(having(deployed, { reviews }), anAct())).release.state).toMatchObject({
      outcome: 'success with issues',
    });
  });

  it.each([
    ['draft', { status: 'draft', since: NOW, returned: null }],
    ['waiting for approval', { status: 'awaiting_approval', since: NOW, round: 'rnd_1' as never }],
    [
      'deploying',
      {
        status: 'deploying',
        since: NOW,
        deployment: 'dep_1' as never,
        from: { status: 'draft', since: NOW, returned: null },
      },
    ],
    [
      'closed',
      {
        status: 'closed',
        since: NOW,
        by: OWNER,
        outcome: 'failed',
        from: { status: 'failed', since: NOW, reason: 'x' },
      },
    ],
    ['cancelled', { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null }],
  ] as const)('is refused for what is %s', (status, state) => {
    expect(refusalOf(close(having(state), anAct()))).toMatchObject({
      code: 'status',
      did: 'Not closed',
      name: 'checkout 2.14.0',
      status,
    });
  });
});

describe('what closing waits for', () => {
  const missing = (more: Parameters<typeof aSituation>[0]): number => {
    const decision = close(having(deployed, more), anAct());
    if (decision.ok) return 0;
    if (decision.refusal.code !== 'not_closed') throw new Error(decision.refusal.code);
    return decision.refusal.missing.length;
  };

  it.each([
    ['a deployment that runs', { deployments: [aDeployment()] }, 1],
    ['a deployment that went through', { deployments: [aDeployment({ state: 'succeeded' })] }, 0],
    ['two that run in two environments', { deployments: [aDeployment(), aDeployment({ environment: 'eu' })] }, 2],
    ['a review that is due', { reviews: [aReview()] }, 1],
    ['a review that was answered', { reviews: [aReview({ state: 'submitted', outcome: 'success' })] }, 0],
    ['a review that was skipped', { reviews: [aReview({ state: 'skipped' })] }, 0],
    ['an emergency that nobody judged', { breakGlass: used }, 1],
    ['an emergency that was judged', { breakGlass: { ...used, verdict: 'justified' } }, 0],
    ['an emergency that was judged as not justified', { breakGlass: { ...used, verdict: 'not justified' } }, 0],
    ['an emergency that was never used', { breakGlass: aGrant() }, 0],
    ['an open action with owner and day', { actions: [anAction()] }, 0],
    ['an open action without owner', { actions: [anAction({ owner: null })] }, 1],
    ['an open action without a day', { actions: [anAction({ due: null })] }, 1],
    ['an action that was done without either', { actions: [anAction({ owner: null, due: null, state: 'done' })] }, 0],
  ] as const)('%s', (_, more, count) => expect(missing(more)).toBe(count));

  it('is said all at once, each with who and until when', () => {
    const s = having(rolledBack, {
      reviews: [aReview({ dueAt: instant('2026-03-09T17:00:00Z') })],
      actions: [anAction({ owner: null })],
    });
    expect(words(s)).toBe(
      'Not closed: 2 things missing: the review (olivia, due Mon 9 Mar 17:00 London) and an owner for “Add a canary metric”. Answer the review with /release review REL-142. End the action with /release actions all.',
    );
  });

  it('of an emergency is the judgement, and until when', () => {
    expect(words(having(deployed, { breakGlass: used }))).toBe(
      'Not closed: 1 thing missing: the judgement of the emergency (due Thu 5 Mar 10:00 London).',
    );
  });

  it('leaves the release as it was', () => {
    const s = having(deployed, { reviews: [aReview()] });
    refusalOf(close(s, anAct()));
    expect(s.release.state).toEqual(deployed);
  });
});

describe('reopening', () => {
  it.each([
    ['deployed', deployed],
    ['failed', failed],
    ['rolled back', rolledBack],
  ] as const)('goes back to %s, from now on', (_, state) => {
    const closed = afterOf(close(having(state), anAct()));
    const { after: s, events } = done(reopen(closed, 'the refund was wrong', anAct(RITA, later)));
    expect(s.release.state).toEqual({ ...state, since: later });
    expect(events).toMatchObject([{ kind: 'release.reopened', words: 'the refund was wrong' }]);
  });

  it.each(['', ' '])('is refused without a reason (%j)', (reason) => {
    const closed = afterOf(close(having(deployed), anAct()));
    expect(refusalOf(reopen(closed, reason, anAct(RITA)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });

  it('is refused for what is not closed', () => {
    expect(refusalOf(reopen(having(rolledBack), 'x', anAct(RITA)))).toMatchObject({
      code: 'status',
      did: 'Not reopened',
      status: 'rolled back',
    });
  });
});
