/** The owner's reminder to those who are asked. */

import { happened } from '../events.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, type Instant } from '../time.ts';
import { unsatisfiableRefusal } from './before-asking.ts';
import { evaluate, unsatisfiable } from './policy.ts';
import { noRound, openRoundOf, type Round } from './round.ts';
import { REMIND_AFTER } from './times.ts';

/** When those who are asked may be reminded again; `null`: now. */
export const remindsAgainAt = (round: Pick<Round, 'remindedAt'>, now: Instant): Instant | null => {
  const next = round.remindedAt === null ? null : after(round.remindedAt, REMIND_AFTER);
  return next !== null && next > now ? next : null;
};

/** The owner's *Remind*: at most once in four hours per round. */
export const remind = (s: Situation, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s, 'Not reminded');
  // Who is asked in vain need not be reminded.
  const stuck = evaluate(s, round).can.length === 0 ? unsatisfiable(round.rules, s, round) : null;
  if (stuck !== null) return refuse(unsatisfiableRefusal(s, stuck, 'Not reminded'));
  const next = remindsAgainAt(round, act.now);
  if (next !== null) return refuse({ code: 'remind.too_soon', next });
  return allow({
    after: { ...s, round: { ...round, remindedAt: act.now } },
    events: [happened(s.release.id, 'round.reminded', { round: round.n })],
  });
};
