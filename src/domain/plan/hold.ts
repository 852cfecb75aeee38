/** A hold lies over any status: nothing automatic moves, nothing starts, and the clock of its approval stands. */

import { heldFor } from '../approval/approval-clock.ts';
import { inItsTime } from '../approval/times.ts';
import { happened } from '../events.ts';
import type { UserId } from '../ids.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { nameOf, type Release } from '../release/release.ts';
import { ownerHere } from '../release/runner.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, DAY, type Instant } from '../time.ts';
import { tokenName } from '../token/token.ts';
import { at, command, cut, person, say } from '../words.ts';

/** Until when its approval counts, were it resumed now; `now` where it has none. */
export const validUntilNow = (s: Situation, now: Instant): Instant => {
  const { state } = s.release;
  return state.status === 'approved' ? after(state.validUntil, heldFor(s.release, now, state.since)) : now;
};

/** Off hold: what time was given for its approval goes on where it stood. */
export const takenOffHold = (s: Situation, now: Instant): Situation => {
  const { round, release } = s;
  const held = heldFor(release, now);
  // What was asked, approved or begun while it was on hold stood only since then.
  const sinceThen = (began: Instant | null): number => heldFor(release, now, began);
  const open = round !== null && round.state === 'open';
  const { state } = release;
  return {
    ...s,
    release: {
      ...release,
      hold: null,
      state:
        state.status === 'approved'
          ? { ...state, validUntil: after(state.validUntil, sinceThen(state.since)) }
          : state.status === 'failed'
            ? { ...state, openSince: now }
            : state,
    },
    // What runs stood as well, and so did its steps.
    deployments: !s.deployments.some(({ state }) => state === 'running')
      ? s.deployments
      : s.deployments.map((d) =>
          d.state !== 'running' || held === 0
            ? d
            : {
                ...d,
                deadline: after(d.deadline, sinceThen(d.startedAt)),
                rollout:
                  d.rollout === null
                    ? null
                    : { ...d.rollout, since: after(d.rollout.since, sinceThen(d.rollout.since)) },
              },
        ),
    round:
      round === null
        ? null
        : {
            ...round,
            validUntil: round.validUntil === null ? null : after(round.validUntil, sinceThen(round.endedAt)),
            ...(open
              ? {
                  expiresAt: inItsTime(release, after(round.expiresAt, sinceThen(round.openedAt)), now),
                  remindAt: after(round.remindAt, sinceThen(round.openedAt)),
                }
              : {}),
          },
  };
};

/** A day after it was put on hold, and a week after: somebody asks whether it still waits. Not where its end is known. */
export const holdNudges = ({ hold }: Pick<Release, 'hold'>): readonly Instant[] =>
  hold === null || hold.until !== null ? [] : [after(hold.since, DAY), after(hold.since, 7 * DAY)];

/** Who is asked: whoever put it on hold, else who answers for it. */
export const holder = (s: Situation): UserId => {
  const { hold } = s.release;
  return hold === null || s.around.inactive.includes(hold.by) ? ownerHere(s) : hold.by;
};

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
  const before = takenOffHold(s, act.now);
  const release: Release = {
    ...before.release,
    hold: { by: act.by, reason: input.reason, since: act.now, until: input.until },
  };
  return allow({
    after: { ...before, release },
    events: [happened(release.id, 'release.held', { until: input.until }, { words: input.reason })],
  });
};

/** Ends a hold. Refuses what is on none, and a pipeline what a person keeps back. */
export const resumeRelease = (s: Situation, now: Instant, by: UserId | null = null): Decision<Effect> => {
  const { hold } = s.release;
  if (hold !== null && by !== null && tokenName(by) !== null && tokenName(hold.by) === null)
    return refuse({
      code: 'forbidden',
      did: 'Not resumed',
      because: say`${person(hold.by)} put it on hold: “${cut(hold.reason, 100)}”`,
      can: say`A person resumes it, with ${command(`resume REL-${s.release.number}`)}.`,
    });
  if (hold === null)
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(s.release),
      status: 'not on hold',
      fix: say`See what it waits for with ${command('why')}.`,
    });
  return allow({
    after: takenOffHold(s, now),
    events: [happened(s.release.id, 'release.resumed', {})],
  });
};
