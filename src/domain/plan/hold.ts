/** A hold lies over any status: nothing automatic moves, and nothing starts. */
import { happened } from '../events.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { nameOf, type Release } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { at, command, say } from '../words.ts';

/** Nothing automatic moves and nothing starts until it is resumed or `until` has come. */
export const holdRelease = (
  s: Situation,
  input: { reason: string; until: Instant | null },
  act: Act,
): Decision<Effect> => {
  const { status } = s.release.state;
  if (status === 'closed' || status === 'cancelled')
    return refuse({
      code: 'status',
      did: 'Not held',
      name: nameOf(s.release),
      status,
      fix: say`There is nothing left to hold.`,
    });
  if (input.reason.trim() === '')
    return refuseField('reason', say`Say what it waits for, for example “waiting for the DBA”.`);
  if (input.until !== null && input.until <= act.now)
    return refuseField('until', say`Not held: ${at(input.until)} is past. Pick a later time, or leave it open.`);
  const release: Release = {
    ...s.release,
    hold: { by: act.by, reason: input.reason, since: act.now, until: input.until },
  };
  return allow({
    after: { ...s, release },
    events: [happened(release.id, 'release.held', { until: input.until }, { words: input.reason })],
  });
};

export const resumeRelease = (s: Situation): Decision<Effect> => {
  if (s.release.hold === null)
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(s.release),
      status: 'not on hold',
      fix: say`See what it waits for with ${command('why')}.`,
    });
  return allow({
    after: { ...s, release: { ...s.release, hold: null } },
    events: [happened(s.release.id, 'release.resumed', {})],
  });
};
