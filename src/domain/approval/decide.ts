/** What people do to an open round: approve, reject, raise the risk, take back, ask, answer, withdraw, remind. Every verb is pure. */

import { happened } from '../events.ts';
import { allow, type Decision, type Refusal, refuse, refuseField } from '../refusal.ts';
import { move } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { command, say } from '../words.ts';
import { notCounted } from './counted.ts';
import { liveDecisions } from './policy.ts';
import { type ApprovalDecision, changedSinceHash, noRound, openRoundOf, type Round } from './round.ts';
import { approvedWhenSatisfied } from './submit.ts';

/** One's own decision in the latest round, also when that has ended since. */
const alreadyApproved = (s: Situation, by: Act['by']): Refusal | null => {
  const mine =
    s.round?.state === 'approved'
      ? liveDecisions(s.round).find(({ actor, verdict }) => actor === by && verdict === 'approve')
      : undefined;
  return s.round === null || mine === undefined
    ? null
    : { code: 'approval.already', round: s.round.n, at: mine.at, undo: s.release.state.status === 'approved' };
};

const decision = (
  s: Situation,
  round: Round,
  verdict: 'approve' | 'reject',
  comment: string | null,
  act: Act,
): ApprovalDecision => ({
  id: act.newId('decision'),
  actor: act.by,
  onBehalfOf: null,
  verdict,
  comment,
  hash: round.hash,
  at: act.now,
  retractedAt: null,
  carriedFrom: null,
});

/** What the clicker saw against what is now: `hash` is the one in the button; `null` when decided by command, on the current state. */
const changedSince = (round: Round, hash: string | null): Refusal | null =>
  hash === null || hash === round.hash
    ? null
    : { code: 'approval.changed', differences: changedSinceHash(round, hash) ?? [] };

/** At critical risk an approval is a form with a reason, never one press. */
export const needsReason = (round: Round): boolean => round.snapshot.risk === 'critical';

/**
 * Counts an approval. Refuses without a round, for content that changed, for people the rules do not count, twice, and at critical risk
 * without a reason.
 */
export const approve = (
  s: Situation,
  input: { hash: string | null; comment: string | null },
  act: Act,
): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) {
    const already = alreadyApproved(s, act.by);
    return already === null ? noRound(s) : refuse(already);
  }
  const refusal = notCounted(s, round, act.by) ?? changedSince(round, input.hash);
  if (refusal !== null) return refuse(refusal);
  const mine = liveDecisions(round).find(({ actor }) => actor === act.by);
  if (mine !== undefined) return refuse({ code: 'approval.already', round: round.n, at: mine.at, undo: true });
  if (needsReason(round) && (input.comment ?? '').trim() === '')
    return refuseField(
      'reason',
      say`Not counted: at critical risk an approval needs a reason. Say why it may go, with Decide… or ${command(`approve REL-${s.release.number} "why"`)}.`,
    );
  const decisions = [...round.decisions, decision(s, round, 'approve', input.comment, act)];
  const event = happened(
    s.release.id,
    'approval.given',
    { round: round.n, hash: round.hash },
    { words: input.comment },
  );
  return allow(approvedWhenSatisfied({ after: { ...s, round: { ...round, decisions } }, events: [event] }, act.now));
};

/** Ends the round and takes the release back to draft. Needs a reason; refused to people whose decision would not count. */
export const reject = (s: Situation, input: { hash: string | null; reason: string }, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const refusal = notCounted(s, round, act.by, 'Not rejected') ?? changedSince(round, input.hash);
  if (refusal !== null) return refuse(refusal);
  if (input.reason.trim() === '')
    return refuseField('reason', say`Say what must change, so that the owner can act on it.`);
  const earlier = round.decisions.map((given) =>
    given.actor === act.by && given.retractedAt === null ? { ...given, retractedAt: act.now } : given,
  );
  const decisions = [...earlier, decision(s, round, 'reject', input.reason, act)];
  const ended: Round = { ...round, state: 'rejected', endedAt: act.now, decisions };
  const release = move(s.release, {
    status: 'draft',
    since: act.now,
    returned: { why: 'rejected', by: act.by, reason: input.reason },
  });
  const event = happened(
    release.id,
    'approval.rejected',
    { round: round.n, hash: round.hash },
    { words: input.reason },
  );
  return allow({ after: { ...s, release: { ...release, askWhenReady: false }, round: ended }, events: [event] });
};
