/** Taking one's own approval back, until the deployment starts. */

import { happened } from '../events.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import { move } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { liveDecisions } from './policy.ts';
import { askedIn, noRound, type Round, seenAsItIs } from './round.ts';
import { approvedWhenSatisfied } from './submit.ts';
import { expiry, reminder } from './times.ts';

/** Takes back one's own approval, until the deployment starts. An approved release waits for approval again. */
export const undoApproval = (s: Situation, act: Act): Decision<Effect> => {
  const { round, release } = s;
  const { status } = release.state;
  const asked = status === 'awaiting_approval' || (status === 'approved' && round?.state === 'approved');
  if (round === null || !asked) return noRound(s, 'Not undone');
  const mine = liveDecisions(round).find(({ actor, verdict }) => actor === act.by && verdict === 'approve');
  if (mine === undefined) return refuse({ code: 'approval.not_yours', round: round.n });
  const decisions = round.decisions.map((given) => (given.id === mine.id ? { ...given, retractedAt: act.now } : given));
  const saw = round.state === 'approved' ? askedIn(round) : [act.by];
  const since = seenAsItIs(round, saw);
  const open: Round = { ...round, decisions, since, state: 'open', endedAt: null, validUntil: null };
  // It waits anew: the time that it had was for the decision that is taken back.
  const reopened: Round =
    round.state === 'approved'
      ? { ...open, expiresAt: expiry(s, act.now), remindAt: reminder(s, act.now, askedIn(round)) }
      : open;
  const back =
    release.state.status === 'approved'
      ? move(release, { status: 'awaiting_approval', since: act.now, round: round.id })
      : release;
  const events = [happened(release.id, 'approval.undone', { round: round.n })];
  return allow(approvedWhenSatisfied({ after: { ...s, release: back, round: reopened }, events }, act.now));
};
