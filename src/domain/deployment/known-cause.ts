/** A rollback locks its place until the cause is known: whoever says it in the review of the failure has said it. */
import { type Decision } from '../refusal.ts';
import { type ReviewInput, submitReview } from '../review/review.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { liftLock } from './lock.ts';

/** Answers the review that is due, as it is; with a cause the locks of this release are lifted by it. */
export const submitWithCause = (s: Situation, input: ReviewInput, act: Act): Decision<Effect> => {
  const submitted = submitReview(s, input, act);
  const { cause = '', happened = '' } = input.answers;
  if (!submitted.ok || cause.trim() === '') return submitted;
  const held = s.locks.filter(({ release, liftedAt }) => release === s.release.id && liftedAt === null);
  return held.reduce<Decision<Effect>>((so, { environment }) => {
    if (!so.ok) return so;
    const lifted = liftLock(so.value.after, { environment, reason: `${cause}: ${happened}` }, act);
    return lifted.ok
      ? { ok: true, value: { after: lifted.value.after, events: [...so.value.events, ...lifted.value.events] } }
      : so;
  }, submitted);
};
