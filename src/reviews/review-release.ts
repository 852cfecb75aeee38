/** Answering reviews and following up actions. */
import type { Ctx } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Id, ReleaseId, UserId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import { type Decision, refuse } from '../domain/refusal.ts';
import { addAction, finishAction, type ReviewInput, submitReview } from '../domain/review.ts';
import { command, say } from '../domain/wording.ts';
import { changeRelease, type Receipt } from '../situation/change-release.ts';
import { readAction } from './review-store.ts';

type Result = Promise<Decision<Receipt>>;

export const answerReview = (deps: Deps, ctx: Ctx, release: ReleaseId, input: ReviewInput): Result =>
  changeRelease(deps, ctx, {
    name: 'answer review',
    release,
    verb: 'review',
    decide: (s, act) => submitReview(s, input, act),
  });

/** *All fine*: the short form for each of these releases. What is no longer due is passed over; somebody else was faster. */
export const allFine = async (deps: Deps, ctx: Ctx, releases: readonly ReleaseId[]): Promise<number> => {
  let answered = 0;
  for (const release of releases) {
    const mine = { ...ctx, requestKey: ctx.requestKey === null ? null : `${ctx.requestKey}:${release}` };
    const decision = await answerReview(deps, mine, release, { outcome: 'success', answers: {}, actions: [] });
    if (decision.ok) answered += 1;
  }
  return answered;
};

export const addActionTo = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { text: string; owner: UserId | null; due: Instant | null },
): Result =>
  changeRelease(deps, ctx, {
    name: 'add action',
    release,
    verb: 'review',
    decide: (s, act) => addAction(s, input, act),
  });

export const finish = async (
  deps: Deps,
  ctx: Ctx,
  action: Id<'action'>,
  input: { state: 'done' | "won't do"; reason: string | null },
): Result => {
  const found = await readAction(deps.database.db, ctx.workspace, action);
  if (found === null)
    return refuse({ code: 'not_found', what: 'action', reference: '', fix: say`See them with ${command('actions')}.` });
  return changeRelease(deps, ctx, {
    name: 'finish action',
    release: found.release,
    verb: found.action.owner === ctx.actor ? null : 'review',
    decide: (s, act) => finishAction(s, { action, ...input }, act),
  });
};
