/** Closing a finished release, which names everything that is missing; and opening it again. */
import { isUnjudged } from '../emergency/phase.ts';
import { happened } from '../events.ts';
import type { UserId } from '../ids.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { FINISHED, keyOf, move, nameOf, type Outcome, statusOf } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { at, command, person, type Sentence, say } from '../words.ts';
import { dueReview } from './review.ts';

/** Everything that closing misses, each as a sentence. */
const missingToClose = (s: Situation): readonly Sentence[] => {
  const review = dueReview(s);
  const grant = s.breakGlass;
  const running = s.deployments.filter(({ state }) => state === 'running');
  const loose = s.actions.filter(({ state, owner, due }) => state === 'open' && (owner === null || due === null));
  return [
    ...running.map((d) => say`the deployment to ${d.environment} still runs`),
    ...(review === null ? [] : [say`the review (${person(review.owner)}, due ${at(review.dueAt)})`]),
    ...(grant !== null && isUnjudged(grant) ? [say`the judgement of the emergency (due ${at(grant.judgeBy)})`] : []),
    ...loose.map((action) => say`${action.owner === null ? 'an owner' : 'a date'} for “${action.text}”`),
  ];
};

/** How to bring what is missing. */
const waysToClose = (s: Situation): readonly Sentence[] => {
  const key = keyOf(s.release);
  const loose = s.actions.some(({ state, owner, due }) => state === 'open' && (owner === null || due === null));
  return [
    ...(dueReview(s) === null ? [] : [say`Answer the review with ${command(`review ${key}`)}.`]),
    ...(loose ? [say`End the action with ${command('actions all')}.`] : []),
  ];
};

const outcomeOf = (s: Situation): Outcome => {
  // Said of the attempt that it came to in the end: an answer from before it knows nothing of it.
  const lastStart = s.deployments.findLast(({ kind }) => kind === 'deploy')?.startedAt ?? s.release.createdAt;
  const reviewed = s.reviews.findLast(
    ({ outcome, submittedAt }) => outcome !== null && submittedAt !== null && submittedAt >= lastStart,
  )?.outcome;
  if (reviewed != null) return reviewed;
  const { status } = s.release.state;
  return status === 'rolled_back' ? 'rolled back' : status === 'failed' ? 'failed' : 'success';
};

/** What comes before closing, as it stands now. */
const closableFix = ({ release: { state }, deployments }: Situation): Sentence => {
  if (state.status === 'closed' || state.status === 'cancelled') return say`There is nothing left to close.`;
  if (state.status !== 'deploying')
    return say`Only what was deployed, failed or rolled back is closed; use ${command('cancel')} before that.`;
  return deployments.some((d) => d.state === 'running')
    ? say`Say on its card how its deployment ends; then it can be closed.`
    : say`Have it go no further with ${command('cancel')}: it stays where it has come, and can be closed then.`;
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
      status: statusOf(state),
      fix: closableFix(s),
    });
  }
  const missing = missingToClose(s);
  if (missing.length > 0) return refuse({ code: 'not_closed', missing, fixes: waysToClose(s) });
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
      status: statusOf(state),
      fix: say`Only a closed release can be reopened.`,
    });
  if (reason.trim() === '') return refuseField('reason', say`Say why it is opened again; it stands on the timeline.`);
  const release = move(s.release, { ...state.from, since: act.now });
  return allow({ after: { ...s, release }, events: [happened(release.id, 'release.reopened', {}, { words: reason })] });
};
