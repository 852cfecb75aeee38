/** What can be done to the review of a release, and to its action items. */

import { z } from 'zod';
import { submitWithCause } from '../domain/deployment/known-cause.ts';
import { addAction, finishAction } from '../domain/review/action.ts';
import {} from '../domain/review/review.ts';
import { anInstant, aPerson, releaseVerb, text, textOrNull } from '../situation/verbs.ts';

const anAction = z.object({ text, owner: aPerson.nullable(), due: anInstant.nullable() });

export const reviewVerbs = {
  answerReview: releaseVerb('answer review', {
    input: z.object({
      outcome: z.enum(['success', 'success with issues', 'rolled back', 'failed']),
      answers: z.record(z.string(), text).readonly(),
      actions: z.array(anAction).readonly(),
    }),
    may: 'review',
    decide: submitWithCause,
    people: ({ actions }) => actions.map(({ owner }) => owner),
    token: null,
    says: 'answers the review that is due',
    typed: 'review REF',
  }),
  addAction: releaseVerb('add action', {
    input: anAction,
    may: 'review',
    decide: addAction,
    people: ({ owner }) => [owner],
    token: null,
    says: 'adds an action',
    typed: 'action REF "text" @owner by DATE',
  }),
  finishAction: releaseVerb('finish action', {
    input: z.object({ action: text, state: z.enum(['done', "won't do"]), reason: textOrNull }),
    // Its owner may, whoever else may review.
    may: (s, { action }, act) =>
      s.actions.some(({ id, owner }) => id === action && owner === act.by) ? 'by rule' : 'review',
    decide: finishAction,
    token: null,
    says: 'ends an action',
    typed: null,
  }),
};
