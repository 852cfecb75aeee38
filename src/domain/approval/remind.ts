/** The owner's reminder to those who are asked. */

import { happened } from '../events.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after } from '../time.ts';
import { noRound, openRoundOf } from './round.ts';
import { REMIND_AFTER } from './submit.ts';

/** The owner's *Remind*: at most once in four hours per round. */
export const remind = (s: Situation, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const next = round.remindedAt === null ? null : after(round.remindedAt, REMIND_AFTER);
  if (next !== null && next > act.now) return refuse({ code: 'remind.too_soon', next });
  return allow({
    after: { ...s, round: { ...round, remindedAt: act.now } },
    events: [happened(s.release.id, 'round.reminded', { round: round.n })],
  });
};
