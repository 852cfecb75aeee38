/** A release that has not started is given up by a person. */
import { stopHere } from '../deployment/in-part.ts';
import { happened } from '../events.ts';
import type { UserId } from '../ids.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { move, nameOf, notStarted, statusOf } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { command, type Sentence, say } from '../words.ts';

const WHY = say`Say why it is cancelled; the people who were asked read it.`;

/** What can be done instead about what has started. */
const startedFix = ({ release, deployments }: Situation): Sentence =>
  release.state.status === 'deploying' && deployments.some(({ state }) => state === 'running')
    ? say`Say on its card how it ends. Then it is rolled back, or left where it has come.`
    : say`What has started is rolled back with ${command('rollback')}, or closed.`;

/** Ends a release that has not started; one that is in some of its places goes no further. Needs a reason; an open round is withdrawn with it. */
export const cancelRelease = (s: Situation, reason: string, act: Act): Decision<Effect> => {
  const { state } = s.release;
  // Replaced, it would come back by itself: somebody does not want that.
  const replaced = state.status === 'cancelled' && state.replacedBy !== null && state.from !== null;
  const stopped = stopHere(s, reason, act);
  if (stopped !== null) return reason.trim() === '' ? refuseField('reason', WHY) : allow(stopped);
  if (!notStarted(s.release) && !replaced) {
    return refuse({
      code: 'status',
      did: 'Not cancelled',
      name: nameOf(s.release),
      status: statusOf(s.release.state),
      fix: startedFix(s),
    });
  }
  if (reason.trim() === '') return refuseField('reason', WHY);
  return allow(cancelled(s, act.by, reason, act.now));
};

const cancelled = (s: Situation, by: UserId, reason: string, now: Instant): Effect => {
  // Nothing waits any more: a hold would hide why it ended, and offer to end itself.
  const given = { ...s.release, hold: null };
  const release = move(given, { status: 'cancelled', since: now, by, reason, replacedBy: null, from: null });
  const live = s.round !== null && (s.round.state === 'open' || s.round.state === 'approved');
  const round = live && s.round !== null ? { ...s.round, state: 'withdrawn' as const, endedAt: now } : s.round;
  const event = happened(release.id, 'release.cancelled', { replacedBy: null }, { words: reason });
  return { after: { ...s, release, round }, events: [event] };
};
