/** Whose turn it is by time alone: the planned time came, a freeze that held it is over, or a window opened, and nothing else is in the way. */

import { overAt } from './deployment/lock.ts';
import { canBeStarted } from './duties.ts';
import { endOf } from './freeze/calendar.ts';
import { heldToItsEnd } from './freeze/caught.ts';
import { freezeQuestion } from './freeze/freeze-check.ts';
import { openedAt } from './freeze/window.ts';
import { needsMetAt } from './plan/links.ts';
import { nextEnvironment } from './readiness.ts';
import type { Situation } from './situation.ts';
import type { Instant } from './time.ts';

export type Turn = { at: Instant; why: 'planned' | 'freed' | 'opened' | 'unlocked' | 'ended' | 'needed' };

/** The place is nobody else's any more since it could have gone there: a lock is over, or another deployment has ended. */
const lefts = (s: Situation, now: Instant): readonly Turn[] => {
  const { since } = s.release.state;
  const place = nextEnvironment(s);
  const unlocked = s.locks
    .filter(({ environment, service }) => environment === place && service === s.release.service)
    .map((lock) => overAt(lock, now));
  const others = s.around.running.filter(
    ({ environment, release }) => environment === place && release !== s.release.id,
  );
  const ended = [s.around.lastFailed[place] ?? null, ...others.map((running) => running.since)];
  const turns = (times: readonly (Instant | null)[], why: Turn['why']): readonly Turn[] =>
    times.flatMap((at) => (at !== null && at > since ? [{ at, why }] : []));
  return [...turns(unlocked, 'unlocked'), ...turns(ended, 'ended'), ...turns([needsMetAt(s)], 'needed')];
};

/** Since when whoever starts it could, and what time brought that; `null` where something is in the way, or where it was not time that cured it. */
export const turnOf = (s: Situation, now: Instant): Turn | null => {
  if (!canBeStarted(s, now)) return null;
  const { state, when } = s.release;
  const planned: readonly Turn[] =
    when.kind === 'at' && when.start > state.since ? [{ at: when.start, why: 'planned' }] : [];
  const freed = s.around.endedFreezes
    .filter((freeze) => heldToItsEnd(freeze, s))
    .map((freeze): Turn => ({ at: endOf(freeze), why: 'freed' }));
  const opening = openedAt(s.around.catalog, freezeQuestion(s, nextEnvironment(s), now));
  // What was approved while it was open did not wait for it.
  const opened: readonly Turn[] =
    opening !== null && opening > state.since && (when.kind !== 'at' || when.start <= opening)
      ? [{ at: opening, why: 'opened' }]
      : [];
  return [...planned, ...freed, ...opened, ...lefts(s, now)]
    .filter(({ at }) => at <= now)
    .reduce<Turn | null>((last, turn) => (last === null || turn.at > last.at ? turn : last), null);
};
