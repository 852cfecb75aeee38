/** Reviews: which form, when it is due, what an answer needs, and what closing still misses. */

import { daysOff } from '../catalog/catalog.ts';
import { happened } from '../events.ts';
import { workingDaysLater, zoneFor } from '../hours.ts';
import type { ReviewId, UserId } from '../ids.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { nameOf, type Outcome } from '../release/release.ts';
import { ownerHere } from '../release/runner.ts';
import { riskLevel } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, HOUR, type Instant } from '../time.ts';
import { at, command, say } from '../words.ts';
import { cronSlotAtOrAfter } from '../working-time.ts';
import { withAction } from './action.ts';

const AFTER_FAILURE = HOUR;

export const MOST_NUDGES = 5;

const formFor = (s: Situation, outcome: Outcome): ReviewForm =>
  outcome !== 'success'
    ? 'failure'
    : riskLevel(s) === 'low' && s.breakGlass?.usedBy == null && s.around.catalog.reviews.lowRisk === 'short'
      ? 'short'
      : 'full';

/** After a failure one hour later at any hour; else the first slot of the prompt a working day or two after, in the owner's zone. */
const reviewDue = (s: Situation, form: ReviewForm, finishedAt: Instant): Instant => {
  if (form === 'failure') return after(finishedAt, AFTER_FAILURE);
  const zone = zoneFor(s, s.release.owner);
  return cronSlotAtOrAfter(
    s.around.catalog.reviews.prompt,
    zone,
    workingDaysLater(s, finishedAt, form === 'short' ? 1 : 2, zone),
    daysOff(s.around.catalog, zone),
  );
};

/** Opens the review that this outcome needs. A failure replaces a review of success that is still due: reviews belong to an attempt. */
export const openReview = (effect: Effect, outcome: Outcome, act: Act): Effect => {
  const s = effect.after;
  if (s.around.catalog.reviews.after === 'failures' && outcome === 'success') return effect;
  const form = formFor(s, outcome);
  // What is still to be learned of a failure is not forgotten because a later attempt went well.
  if (s.reviews.some((review) => review.state === 'due' && review.form === 'failure')) return effect;
  const review: Review = {
    id: act.newId('review'),
    form,
    state: 'due',
    owner: ownerHere(s),
    openedAt: act.now,
    dueAt: reviewDue(s, form, act.now),
    outcome: null,
    answers: {},
    submittedBy: null,
    submittedAt: null,
  };
  const others = s.reviews.map(
    (open): Review => (open.state === 'due' ? { ...open, state: 'skipped', submittedAt: act.now } : open),
  );
  const event = happened(s.release.id, 'review.opened', { form, dueAt: review.dueAt }, { subject: review.id });
  return { after: { ...s, reviews: [...others, review] }, events: [...effect.events, event] };
};

/** Whose it is to answer: its owner's, else whoever stands in for them. */
export const reviewer = (s: Situation, { owner }: Review): UserId =>
  s.around.inactive.includes(owner) ? ownerHere(s) : owner;

export const dueReview = (s: Situation): Review | null => s.reviews.find(({ state }) => state === 'due') ?? null;

/** What a review asks, as the form words it. */
export const QUESTIONS = {
  goal: 'Goal met?',
  change: 'What to change next time',
  cause: 'Cause',
  happened: 'What happened, in three sentences',
  noticed: 'Who or what noticed, after how long',
  gates: 'Why did the gates not see it',
  prevents: 'What prevents it (becomes an action)',
} as const;
type Question = keyof typeof QUESTIONS;

/** The inputs that each form requires; the modal marks the same ones. */
export const REVIEW_FIELDS: Readonly<Record<ReviewForm, readonly Question[]>> = {
  short: [],
  full: ['goal', 'change'],
  failure: ['cause', 'happened', 'noticed', 'gates', 'prevents'],
};

export type ReviewInput = {
  outcome: Outcome;
  answers: Readonly<Record<string, string>>;
  actions: readonly { text: string; owner: UserId | null; due: Instant | null }[];
};

/** Answers the review that is due. Refuses each missing answer under its question; actions may lack owner or date, closing asks for them. */
export const submitReview = (s: Situation, input: ReviewInput, act: Act): Decision<Effect> => {
  const review = dueReview(s);
  if (review === null)
    return refuse({
      code: 'not_found',
      what: 'review due for',
      reference: nameOf(s.release),
      fix: say`See ${command('timeline')}.`,
    });
  const missing = REVIEW_FIELDS[review.form].filter((field) => (input.answers[field] ?? '').trim() === '');
  if (missing.length > 0)
    return refuse({
      code: 'fields',
      problems: missing.map((field) => ({
        field,
        problem: say`Not saved: “${QUESTIONS[field]}” is empty. A few words are enough.`,
      })),
    });
  const past = input.actions.find(({ due }) => due !== null && due <= act.now);
  if (past?.due != null)
    return refuseField('due', say`Not saved: ${at(past.due)} is past. Pick a day that is still to come.`);
  const back =
    s.release.state.status === 'rolled_back' ||
    s.deployments.some((d) => d.kind === 'rollback' && d.state === 'succeeded');
  if (input.outcome === 'rolled back' && !back)
    return refuseField(
      'outcome',
      say`Not saved: ${nameOf(s.release)} was never rolled back. Say “failed”, or “success with issues”.`,
    );
  const answered: Review = {
    ...review,
    state: 'submitted',
    outcome: input.outcome,
    answers: input.answers,
    submittedBy: act.by,
    submittedAt: act.now,
  };
  const reviews = s.reviews.map((other) => (other.id === review.id ? answered : other));
  const submitted: Effect = {
    after: { ...s, reviews },
    events: [happened(s.release.id, 'review.submitted', { outcome: input.outcome }, { subject: review.id })],
  };
  return allow(input.actions.reduce((effect, action) => withAction(effect, action, act), submitted));
};

export type ReviewForm = 'short' | 'full' | 'failure';

export type Review = {
  id: ReviewId;
  form: ReviewForm;
  state: 'due' | 'submitted' | 'skipped';
  owner: UserId;
  openedAt: Instant;
  dueAt: Instant;
  outcome: Outcome | null;
  answers: Readonly<Record<string, string>>;
  submittedBy: UserId | null;
  submittedAt: Instant | null;
};
