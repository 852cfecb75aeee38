/** The owner takes the request back. */

import { happened } from '../events.ts';
import { allow, type Decision } from '../refusal.ts';
import { move } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { noRound, openRoundOf, type Round } from './round.ts';

/** The owner takes the request back: content is kept, nobody is asked any more. */
export const withdraw = (s: Situation, reason: string | null, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s, 'Not withdrawn');
  const release = move(s.release, {
    status: 'draft',
    since: act.now,
    returned: { why: 'withdrawn', by: act.by, reason },
  });
  const ended: Round = { ...round, state: 'withdrawn', endedAt: act.now };
  const event = happened(release.id, 'round.withdrawn', { round: round.n }, { words: reason });
  return allow({ after: { ...s, release: { ...release, askWhenReady: false }, round: ended }, events: [event] });
};
