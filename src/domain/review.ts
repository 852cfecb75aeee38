/** Reviews: which form, when it is due, what an answer needs, and what closing still misses. */
import type { Act } from './act.ts';
import { happened } from './events.ts';
import type { UserId } from './ids.ts';
import { after, HOUR, type Instant } from './instant.ts';
import { allow, type Decision, refuse, refuseField } from './refusal.ts';
import { FINISHED, move, nameOf, type Outcome } from './release.ts';
import type { ActionItem, Effect, Review, ReviewForm, Situation } from './situation.ts';
import { riskLevel, zoneOf } from './traits.ts';
import { at, command, person, type Sentence, say } from './wording.ts';
import { addWorkingDays, cronSlotAtOrAfter } from './working-time.ts';

const AFTER_FAILURE = HOUR;
export const MOST_NUDGES = 5;

const ownerZone = (s: Situation): string => s.around.zones[s.release.owner] ?? zoneOf(s);

const formFor = (s: Situation, outcome: Outcome): ReviewForm =>
  outcome !== 'success'
    ? 'failure'
    : riskLevel(s) === 'low' && s.around.catalog.reviews.lowRisk === 'short'
      ? 'short'
      : 'full';

/** After a failure one hour later at any hour; else the first slot of the prompt a working day or two after, in the owner's zone. */
const reviewDue = (s: Situation, form: ReviewForm, finishedAt: Instant): Instant => {
  if (form === 'failure') return after(finishedAt, AFTER_FAILURE);
  const zone = ownerZone(s);
  return cronSlotAtOrAfter(
    s.around.catalog.reviews.prompt,
    zone,
    addWorkingDays(finishedAt, form === 'short' ? 1 : 2, zone),
  );
};

/** Opens the review that this outcome needs. A failure replaces a review of success that is still due: reviews belong to an attempt. */
export const openReview = (effect: Effect, outcome: Outcome, act: Act): Effect => {
  const s = effect.after;
  if (s.around.catalog.reviews.after === 'failures' && outcome === 'success') return effect;
  const form = formFor(s, outcome);
  if (form === 'failure' && s.reviews.some((review) => review.state === 'due' && review.form === 'failure'))
    return effect;
  const review: Review = {
    id: act.newId('review'),
    form,
    state: 'due',
    owner: s.release.owner,
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

export const dueReview = (s: Situation): Review | null => s.reviews.find(({ state }) => state === 'due') ?? null;

/** The inputs that each form requires; the modal marks the same ones. */
export const REVIEW_FIELDS: Readonly<Record<ReviewForm, readonly string[]>> = {
  short: [],
  full: ['goal', 'change'],
  failure: ['cause', 'happened', 'noticed', 'gates', 'prevents'],
};

export type ReviewInput = {
  outcome: Outcome;
  answers: Readonly<Record<string, string>>;
  actions: readonly { text: string; owner: UserId | null; due: Instant | null }[];
};

/** Answers the review that is due. Refuses a missing answer by name; actions may lack owner or date, closing asks for them. */
export const submitReview = (s: Situation, input: ReviewInput, act: Act): Decision<Effect> => {
  const review = dueReview(s);
  if (review === null)
    return refuse({
      code: 'not_found',
      what: 'review due for',
      reference: nameOf(s.release),
      fix: say`See ${command('timeline')}.`,
    });
  const missing = REVIEW_FIELDS[review.form].find((field) => (input.answers[field] ?? '').trim() === '');
  if (missing !== undefined) return refuseField('text', say`Not saved: “${missing}” is empty. A few words are enough.`);
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

const withAction = (
  effect: Effect,
  input: { text: string; owner: UserId | null; due: Instant | null },
  act: Act,
): Effect => {
  const action: ActionItem = {
    id: act.newId('action'),
    ...input,
    state: 'open',
    reason: null,
    createdAt: act.now,
    doneAt: null,
  };
  const event = happened(
    effect.after.release.id,
    'action.added',
    { owner: input.owner, due: input.due },
    { words: input.text, subject: action.id },
  );
  return { after: { ...effect.after, actions: [...effect.after.actions, action] }, events: [...effect.events, event] };
};

/** Adds an action item. Refuses an empty text and a date that is past. */
export const addAction = (
  s: Situation,
  input: { text: string; owner: UserId | null; due: Instant | null },
  act: Act,
): Decision<Effect> => {
  if (input.text.trim() === '')
    return refuseField('text', say`Not added: say what is to be done, for example “add a canary metric”.`);
  if (input.due !== null && input.due <= act.now)
    return refuseField('due', say`Not added: ${at(input.due)} is past. Pick a day that is still to come.`);
  return allow(withAction({ after: s, events: [] }, input, act));
};

/** Marks an action as done, or as one that will not be done, which needs a reason. */
export const finishAction = (
  s: Situation,
  input: { action: string; state: 'done' | "won't do"; reason: string | null },
  act: Act,
): Decision<Effect> => {
  const action = s.actions.find(({ id }) => id === input.action);
  if (action === undefined)
    return refuse({ code: 'not_found', what: 'action', reference: input.action, fix: say`See ${command('actions')}.` });
  if (action.state !== 'open')
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: `“${action.text}”`,
      status: action.state,
      fix: say`See ${command('actions')}.`,
    });
  if (input.state === "won't do" && (input.reason ?? '').trim() === '')
    return refuseField('reason', say`Say why it will not be done.`);
  const actions = s.actions.map((other) =>
    other.id === action.id ? { ...other, state: input.state, reason: input.reason, doneAt: act.now } : other,
  );
  return allow({
    after: { ...s, actions },
    events: [
      happened(s.release.id, 'action.finished', { state: input.state }, { words: action.text, subject: action.id }),
    ],
  });
};

/** Everything that closing misses, each as a sentence. */
const missingToClose = (s: Situation): readonly Sentence[] => {
  const review = dueReview(s);
  const grant = s.breakGlass;
  const running = s.deployments.filter(({ state }) => state === 'running');
  const loose = s.actions.filter(({ state, owner, due }) => state === 'open' && (owner === null || due === null));
  return [
    ...running.map((d) => say`the deployment to ${d.environment} still runs`),
    ...(review === null ? [] : [say`the review (${person(review.owner)}, due ${at(review.dueAt)})`]),
    ...(grant !== null && grant.usedBy !== null && grant.verdict === null
      ? [say`the judgement of the emergency (due ${at(grant.judgeBy)})`]
      : []),
    ...loose.map((action) => say`${action.owner === null ? 'an owner' : 'a date'} for “${action.text}”`),
  ];
};

const outcomeOf = (s: Situation): Outcome => {
  const reviewed = s.reviews.findLast(({ outcome }) => outcome !== null)?.outcome;
  if (reviewed != null) return reviewed;
  const { status } = s.release.state;
  return status === 'rolled_back' ? 'rolled back' : status === 'failed' ? 'failed' : 'success';
};

/** Closes a finished release, or says everything that is missing. */
export const close = (s: Situation, act: { by: UserId | null; now: Instant }): Decision<Effect> => {
  const { state } = s.release;
  if (
    !FINISHED.includes(state.status) ||
    (state.status !== 'deployed' && state.status !== 'failed' && state.status !== 'rolled_back')
  ) {
    return refuse({
      code: 'status',
      did: 'Not closed',
      name: nameOf(s.release),
      status: state.status.replace('_', ' '),
      fix: say`Only what was deployed, failed or rolled back is closed; use ${command('cancel')} before that.`,
    });
  }
  const missing = missingToClose(s);
  if (missing.length > 0) return refuse({ code: 'not_closed', missing });
  const outcome = outcomeOf(s);
  const release = move(s.release, { status: 'closed', since: act.now, by: act.by, outcome, from: state });
  return allow({ after: { ...s, release }, events: [happened(release.id, 'release.closed', { outcome })] });
};

/** Opens a closed release again, where it came from. Needs a reason. */
export const reopen = (s: Situation, reason: string, act: Act): Decision<Effect> => {
  const { state } = s.release;
  if (state.status !== 'closed')
    return refuse({
      code: 'status',
      did: 'Not reopened',
      name: nameOf(s.release),
      status: state.status.replace('_', ' '),
      fix: say`Only a closed release can be reopened.`,
    });
  if (reason.trim() === '') return refuseField('reason', say`Say why it is opened again; it stands on the timeline.`);
  const release = move(s.release, { ...state.from, since: act.now });
  return allow({ after: { ...s, release }, events: [happened(release.id, 'release.reopened', {}, { words: reason })] });
};
