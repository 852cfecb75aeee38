/** A release that has not started is given up by a person. */
import { happened } from '../events.ts';
import type { UserId } from '../ids.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { move, nameOf, notStarted, statusOf } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { command, say } from '../words.ts';

/** Ends a release that has not started. Needs a reason; an open round is withdrawn with it. */
export const cancelRelease = (s: Situation, reason: string, act: Pick<Act, 'by' | 'now'>): Decision<Effect> => {
  const { state } = s.release;
  // Replaced, it would come back by itself: somebody does not want that.
  const replaced = state.status === 'cancelled' && state.replacedBy !== null && state.from !== null;
  if (!notStarted(s.release) && !replaced) {
    return refuse({
      code: 'status',
      did: 'Not cancelled',
      name: nameOf(s.release),
      status: statusOf(s.release.state),
      fix: say`What has started is rolled back with ${command('rollback')}, or closed.`,
    });
  }
  if (reason.trim() === '')
    return refuseField('reason', say`Say why it is cancelled; the people who were asked read it.`);
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
