/** Reviews, from Slack: one click for what went well, a short form for the rest. */

import { parseId, type ReleaseId } from '../domain/ids.ts';
import { mayAct } from '../domain/permissions.ts';
import type { Decision } from '../domain/refusal.ts';
import { nameOf } from '../domain/release/release.ts';
import { dueReview, type ReviewInput } from '../domain/review/review.ts';
import { command, count, say } from '../domain/words.ts';
import { actOn, releaseIdIn } from '../releases/act-on-release.ts';
import { namedRelease, releaseClicked } from '../releases/find-release.ts';
import { situationFor, situationsFor } from '../releases/release-answers.ts';
import { perform } from '../situation/perform.ts';
import type { SeenRelease } from '../situation/seen-by.ts';
import { chosen } from '../slack/form-values.ts';
import { ACTIONS, unpackValue } from '../slack/ids.ts';
import { md } from '../slack/mrkdwn.ts';
import { type Answer, type Request, type Routes, refused, tell } from '../slack/requests.ts';
import { parseReview, reviewForm } from './review-modal.ts';
import { reviewVerbs } from './review-verbs.ts';

/** A list to choose from has a hundred. */
const MOST_CHOICES = 100;

const openReviewForm = async (
  request: Request,
  found: Decision<SeenRelease>,
  others: readonly SeenRelease[] = [],
): Promise<Answer> => {
  if (!found.ok) return refused(found.refusal);
  const may = mayAct('review', request.catalog, request.actor, found.value);
  if (!may.ok) return refused(may.refusal);
  const s = await situationFor(request, found.value.id);
  const due = s === null ? null : dueReview(s);
  if (due === null)
    return refused({
      code: 'not_found',
      what: 'review due for',
      reference: nameOf(found.value),
      fix: say`See what happened with ${command('timeline')}.`,
    });
  return { kind: 'form', view: reviewForm(found.value, due.form, others) };
};

/** *All fine*: the short form for each of these releases. What is no longer due is passed over; somebody else was faster. */
const allFine = async ({ deps, ctx }: Request, releases: readonly ReleaseId[]): Promise<number> => {
  let answered = 0;
  for (const release of releases) {
    const mine = { ...ctx, requestKey: `${ctx.requestKey ?? ''}:${release}` };
    const input: ReviewInput = { outcome: 'success', answers: {}, actions: [] };
    const decision = await perform(deps, mine, reviewVerbs.answerReview, { release }, input);
    if (decision.ok) answered += 1;
  }
  return answered;
};

export const reviewRoutes: Routes = {
  verbs: {
    review: {
      opens: 'Review',
      run: async (request) => openReviewForm(request, await namedRelease(request)),
    },
  },
  actions: {
    [ACTIONS.review]: {
      opens: 'Review',
      run: async (request) => {
        const [first = '', ...ids] = unpackValue(request.value);
        const found = await releaseClicked(request, first);
        if (ids.length === 0) return openReviewForm(request, found);
        const all = await situationsFor(request, [first, ...ids].slice(0, MOST_CHOICES) as ReleaseId[]);
        // Of those that are still to be reviewed.
        const due = all.filter((s) => dueReview(s) !== null).map(({ release }) => release);
        const [next] = due;
        return openReviewForm(request, next === undefined ? found : { ok: true, value: next }, due);
      },
    },
    [ACTIONS.allFine]: {
      run: async (request) => {
        const ids = unpackValue(request.value).flatMap(
          (value) => parseId('release', value) ?? [],
        ) as readonly ReleaseId[];
        const answered = await allFine(request, ids);
        return tell([
          answered === 0
            ? md`Nothing changed: they are reviewed already, or not yours to answer.`
            : answered === ids.length
              ? md`Thank you: ${count(answered, 'review')} done.`
              : md`${count(answered, 'review')} done; the rest was no longer due or is not yours to answer.`,
        ]);
      },
    },
  },
  views: {
    review: {
      run: async (request) => {
        const found = releaseIdIn(chosen(request.values, 'release') ?? request.metadata);
        return found.ok
          ? actOn(request, reviewVerbs.answerReview, found.value, parseReview(request), 'Saved.')
          : refused(found.refusal);
      },
    },
  },
};
