/** Whether it is approved: by whom, by which policy, who is still to be asked, or why it counts no more. */

import { type Check, NOTHING, pass } from '../check.ts';
import { isProtected } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { at, command, listing, people, person, say } from '../words.ts';
import { approvalClock } from './approval-clock.ts';
import { askable, dayBegins } from './asking.ts';
import { missingBeforeAsking, rulesFor } from './before-asking.ts';
import { evaluate, liveDecisions } from './policy.ts';
import { remindsAgainAt } from './remind.ts';
import { decideBy } from './round.ts';

export const approvalCheck = (s: Situation, environment: string, now: Instant): Check => {
  const { release, round } = s;
  const label = 'Approval';
  if (!isProtected(s, environment)) return pass('approval.granted', label, say`${environment} needs no approval`);
  const { state } = release;
  if (state.status === 'awaiting_approval' && round !== null) return pendingCheck(s, now);
  if (state.status === 'draft') return draftCheck(s, now);
  const validUntil = state.status === 'approved' ? state.validUntil : (round?.validUntil ?? null);
  if (validUntil !== null && validUntil <= approvalClock(s, now)) {
    return {
      code: 'approval.lapsed',
      label,
      state: 'wait',
      sentence: say`the approval lapsed ${at(validUntil)}`,
      until: null,
      fix: say`Ask again with ${command('submit')}.`,
    };
  }
  if (state.status === 'approved' && state.by.kind === 'policy') {
    return pass('approval.granted', label, say`policy ${state.by.policy} v${state.by.catalogVersion} asks nobody`);
  }
  const fits = round !== null && round.snapshot.artifact.revision === release.artifact.revision;
  if (!fits && rulesFor(s) === null) return pass('approval.granted', label, say`nobody has to approve it`);
  const evaluation = fits ? evaluate(s, round) : null;
  if (evaluation === null || !evaluation.satisfied) {
    const lost = evaluation !== null && round !== null && liveDecisions(round).length > 0;
    const askedByItself = lost && state.status === 'approved';
    return {
      code: 'approval.pending',
      label,
      state: 'wait',
      sentence: lost
        ? say`${evaluation.sentence} still has to approve: somebody who did does not count any more`
        : say`nobody approved this artifact`,
      until: null,
      fix: askedByItself
        ? say`Others are asked in a moment, by themselves.`
        : say`Rework it, then ask with ${command('submit')}.`,
    };
  }
  const voters = evaluation.rules.flatMap((rule) => rule.voters);
  return pass(
    'approval.granted',
    label,
    voters.length === 0 ? say`approved` : say`approved by ${people([...new Set(voters)])}`,
  );
};

const pendingCheck = (s: Situation, now: Instant): Check => {
  const { round } = s;
  const evaluation = round === null ? null : evaluate(s, round);
  if (evaluation?.satisfied === true)
    return {
      code: 'approval.pending',
      label: 'Approval',
      state: 'wait',
      sentence: say`everybody who has to has approved`,
      until: null,
      fix: say`It is approved in a moment, by itself.`,
    };
  const everybody = evaluation?.can ?? [];
  const asked = everybody.filter((id) => round?.asks.some((ask) => ask.person === id));
  // Whoever was asked is named before others of their groups.
  const can = [...new Set([...asked, ...everybody])];
  const who = can.length === 0 ? say`nobody can give it now` : say`${people(can.slice(0, 3))} can`;
  const missing = evaluation?.sentence ?? say`approval`;
  const rest = round === null ? [] : askable(s, round).filter((id) => !round.asks.some((ask) => ask.person === id));
  const widens =
    round !== null && round.remindAt > now && round.remindAt < decideBy(round, s.release, now) && rest.length > 0
      ? say` The rest of the group is asked ${at(round.remindAt)}.`
      : NOTHING;
  const begins = round === null ? null : dayBegins(s, round, now);
  const again = round === null ? null : remindsAgainAt(round, now);
  const reach =
    begins !== null
      ? say`They read it when their day begins, ${at(begins)}.`
      : again !== null
        ? say`They were reminded; from ${at(again)} on they can be again.`
        : say`Remind them with ${command('remind')}.`;
  return {
    code: 'approval.pending',
    label: 'Approval',
    state: 'wait',
    sentence: say`${missing} still has to approve; ${who}`,
    until: null,
    fix:
      can.length === 0
        ? round !== null && round.members !== null
          ? say`Whoever joins its groups now counts from the next request on: an admin adds a person, then take it back with ${command('withdraw')} and ask again.`
          : say`An admin can add a person to the groups that are asked; ${command('withdraw')} takes the request back.`
        : say`${reach}${widens}`,
  };
};

const draftCheck = (s: Situation, now: Instant): Check => {
  const { state } = s.release;
  const returned = state.status === 'draft' ? state.returned : null;
  if (returned?.why === 'rejected') {
    const by = returned.by === null ? say`rejected` : say`rejected by ${person(returned.by)}`;
    return {
      code: 'approval.rejected',
      label: 'Approval',
      state: 'deny',
      sentence: say`${by}: “${returned.reason ?? ''}”`,
      until: null,
      fix: say`Change it with Edit, then ask again with ${command('submit')}.`,
    };
  }
  const missing = missingBeforeAsking(s, now);
  const why =
    returned === null ? say`approval has not been asked for` : say`approval has to be asked again (${returned.why})`;
  return {
    code: 'approval.pending',
    label: 'Approval',
    state: 'wait',
    sentence: why,
    until: null,
    fix:
      missing.length === 0
        ? say`Ask with ${command('submit')}.`
        : say`First: ${listing(missing.map(({ what }) => what))}.`,
  };
};
