/** The verbs of an approval round and of gates. Who may decide is said by the rules, not by the permission table. */
import type { Ctx } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { submit } from '../domain/approval-round.ts';
import type { RiskLevel } from '../domain/catalog.ts';
import { recordGate, waiveGate } from '../domain/gates.ts';
import type { ReleaseId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { Decision } from '../domain/refusal.ts';
import { answer, approve, ask, raiseRisk, reject, remind, undoApproval, withdraw } from '../domain/round-decisions.ts';
import { readTimeline } from '../journal/read.ts';
import { changeRelease, type Receipt } from '../situation/change-release.ts';

type Result = Promise<Decision<Receipt>>;

export const submitRelease = (deps: Deps, ctx: Ctx, release: ReleaseId): Result =>
  changeRelease(deps, ctx, { name: 'submit release', release, verb: 'submit', decide: (s, act) => submit(s, act) });

export const approveRelease = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { hash: string | null; comment: string | null },
): Result =>
  changeRelease(deps, ctx, {
    name: 'approve release',
    release,
    verb: null,
    decide: (s, act) => approve(s, input, act),
  });

export const rejectRelease = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { hash: string | null; reason: string },
): Result =>
  changeRelease(deps, ctx, { name: 'reject release', release, verb: null, decide: (s, act) => reject(s, input, act) });

export const raiseRiskOf = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { level: RiskLevel | null; reason: string },
): Result =>
  changeRelease(deps, ctx, { name: 'raise risk', release, verb: null, decide: (s, act) => raiseRisk(s, input, act) });

export const undo = (deps: Deps, ctx: Ctx, release: ReleaseId): Result =>
  changeRelease(deps, ctx, { name: 'undo approval', release, verb: null, decide: (s, act) => undoApproval(s, act) });

export const withdrawRelease = (deps: Deps, ctx: Ctx, release: ReleaseId, reason: string | null): Result =>
  changeRelease(deps, ctx, {
    name: 'withdraw release',
    release,
    verb: 'submit',
    decide: (s, act) => withdraw(s, reason, act),
  });

export const askOwner = (deps: Deps, ctx: Ctx, release: ReleaseId, text: string): Result =>
  changeRelease(deps, ctx, { name: 'ask a question', release, verb: null, decide: (s, act) => ask(s, text, act) });

export const answerQuestion = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { question: string; text: string },
): Result =>
  changeRelease(deps, ctx, {
    name: 'answer a question',
    release,
    verb: 'edit',
    decide: (s, act) => answer(s, input, act),
  });

/** The last reminder of a round stands in the journal; nothing else keeps it. */
export const remindApprovers = (deps: Deps, ctx: Ctx, release: ReleaseId): Result =>
  changeRelease(deps, ctx, {
    name: 'remind approvers',
    release,
    verb: 'submit',
    decide: async (s, act, tx) => {
      const events = await readTimeline(tx, ctx.workspace, release, 200);
      const last = events.findLast((event) => event.kind === 'round.reminded' && event.data.round === s.round?.n);
      return remind(s, last?.at ?? null, act);
    },
  });

export const recordGateResult = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { gate: string; outcome: 'passed' | 'failed'; comment: string | null },
): Result =>
  changeRelease(deps, ctx, { name: 'record gate', release, verb: null, decide: (s, act) => recordGate(s, input, act) });

export const waiveGateOf = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { gate: string; reason: string; until: Instant },
): Result =>
  changeRelease(deps, ctx, { name: 'waive gate', release, verb: null, decide: (s, act) => waiveGate(s, input, act) });
