/** An approver knows better than the score. */

import { isHigher, type RiskLevel } from '../catalog/catalog.ts';
import { happened } from '../events.ts';
import { allow, type Decision, refuse, refuseField, theseCan } from '../refusal.ts';
import { riskLevel } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { say } from '../words.ts';
import { notCounted } from './counted.ts';
import { stillCan } from './policy.ts';
import { reconsider } from './reconsider.ts';
import { noRound, openRoundOf } from './round.ts';

/**
 * An approver knows better than the score: the rules of the higher level are asked, in a new round. Refused to people whose decision would
 * not count, downwards, without a reason, and where nobody could satisfy those rules.
 */
export const raiseRisk = (
  s: Situation,
  input: { level: RiskLevel | null; reason: string },
  act: Act,
): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s, 'Not raised');
  if (notCounted(s, round, act.by) !== null)
    return refuse({
      code: 'forbidden',
      did: 'Not raised',
      because: say`this is for the people who can approve it`,
      can: theseCan(stillCan(s, round)),
    });
  const { level } = input;
  const from = riskLevel(s);
  if (level === null || !isHigher(level, from))
    return refuseField(
      'level',
      say`Not raised: the risk is ${from} already. Pick a higher level; an approver cannot lower it.`,
    );
  if (input.reason.trim() === '')
    return refuseField(
      'reason',
      say`Not raised: say what makes it riskier. The owner and the other approvers read it.`,
    );
  const risk = {
    ...(s.release.risk ?? { score: 0, parts: [] }),
    level,
    raised: { level, by: act.by, reason: input.reason },
  };
  const next = reconsider(s, { ...s, release: { ...s.release, risk } }, act);
  const event = happened(s.release.id, 'risk.raised', { round: round.n, from, to: level }, { words: input.reason });
  return next.ok ? allow({ ...next.value, events: [event, ...next.value.events] }) : next;
};
