/** Which freeze stops a release, and whether a freeze catches it: now, and at the time that is planned for it. */

import { nextAwake } from '../hours.ts';
import type { UserId } from '../ids.ts';
import { targetsLeft } from '../readiness.ts';
import { keyOf, planOrNow } from '../release/release.ts';
import type { Situation } from '../situation.ts';
import { after, type Instant } from '../time.ts';
import { at, command, group, listing, type Sentence, say } from '../words.ts';
import { endOf, type Freeze, freezesStopping } from './calendar.ts';
import { exceptionAskedOf, freezeQuestion, openIn } from './freeze-check.ts';
import { closedUntil } from './window.ts';

/** The freeze that would stop this release in the environment, now or at its planned time. */
export const stoppingFreeze = (s: Situation, environment: string, now: Instant): Freeze | null => {
  const question = freezeQuestion(s, environment, planOrNow(s.release, now));
  return (
    freezesStopping(s.around.freezes, s.exceptions, question)[0] ??
    freezesStopping(s.around.freezes, s.exceptions, { ...question, at: now })[0] ??
    null
  );
};

/** Under way there, and nothing of it left that a freeze would stop: a further step of it waits, and none of an emergency does. */
const isPastStopping = (s: Situation, environment: string): boolean => {
  const running = s.deployments.find((d) => d.environment === environment && d.state === 'running');
  if (running === undefined) return false;
  const { rollout } = running;
  const last = rollout === null || rollout.index >= rollout.steps.length - 1;
  return last || s.breakGlass?.usedBy === running.id;
};

/** The freezes that catch the release at the time that is planned for it: one that was moved behind a freeze is not caught by it. */
export const catching = (s: Situation, now: Instant): readonly Freeze[] => {
  const at = planOrNow(s.release, now);
  const running = s.deployments.filter(({ state }) => state === 'running').map(({ environment }) => environment);
  return targetsLeft(s)
    .filter((environment) => !isPastStopping(s, environment))
    .flatMap((environment) =>
      freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, environment, at))
        // What is on its way already needs no reason for its next step.
        .filter(({ severity }) => severity === 'hard' || !running.includes(environment)),
    );
};

export const catches = (freeze: Freeze, s: Situation, now: Instant): boolean =>
  catching(s, now).some(({ id }) => id === freeze.id);

/** Whether it was to start before this person is at work again: what keeps it is theirs to know at any hour. */
export const startsBeforeTheirDay = (s: Situation, person: UserId, now: Instant): boolean => {
  const { when } = s.release;
  return when.kind === 'at' && when.start > now && when.start < nextAwake(s, person, now);
};

/** Whether this hard freeze kept it from a target until it ended: approved before, planned for no later, and not excepted. */
export const heldToItsEnd = (freeze: Freeze, s: Situation): boolean => {
  const { state, when } = s.release;
  const end = endOf(freeze);
  const last = after(end, -1);
  return (
    freeze.severity === 'hard' &&
    (state.status === 'approved' || state.status === 'deploying') &&
    state.since < end &&
    (when.kind !== 'at' || when.start < end) &&
    targetsLeft(s).some(
      (environment) => freezesStopping([freeze], s.exceptions, freezeQuestion(s, environment, last)).length > 0,
    )
  );
};

/** The first moment at or after `from` at which neither a freeze nor a window stops any target that is left. */
export const openMoment = (s: Situation, from: Instant): Instant => {
  let at = from;
  for (;;) {
    const open = targetsLeft(s).reduce<Instant>((latest, environment) => openIn(s, environment, latest) ?? latest, at);
    if (open === at) return at;
    at = open;
  }
};

const NOT_BEGUN: ReadonlySet<string> = new Set(['draft', 'awaiting_approval', 'approved']);

/**
 * The planned time of a release that has not begun, when a freeze holds one of these targets then: which, and the first moment after it that
 * no freeze stops any.
 */
export const plannedInto = (
  s: Situation,
  targets: readonly string[],
  now: Instant,
): { start: Instant; environment: string; freeze: Freeze; slot: Instant } | null => {
  const { when, state } = s.release;
  if (when.kind !== 'at' || when.start <= now || !NOT_BEGUN.has(state.status)) return null;
  for (const environment of targets) {
    const [freeze] = freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, environment, when.start));
    if (freeze !== undefined) return { start: when.start, environment, freeze, slot: openMoment(s, when.start) };
  }
  return null;
};

/** The places that are left, which a freeze stops when it is to start, each with the gravest. */
export const frozenPlaces = (s: Situation, now: Instant): readonly { environment: string; freeze: Freeze }[] =>
  targetsLeft(s)
    .filter((environment) => !isPastStopping(s, environment))
    .flatMap((environment) => {
      const question = freezeQuestion(s, environment, planOrNow(s.release, now));
      const [freeze] = freezesStopping(s.around.freezes, s.exceptions, question);
      return freeze === undefined ? [] : [{ environment, freeze }];
    });

/**
 * The hard freeze that holds it when it is to start, and the first moment after it at which nothing does; null where none holds it, or it can
 * start in one of its places.
 */
export const heldByFreeze = (s: Situation, now: Instant): { freeze: Freeze; free: Instant } | null => {
  if (!NOT_BEGUN.has(s.release.state.status)) return null;
  const places = frozenPlaces(s, now).filter(({ freeze }) => freeze.severity === 'hard');
  const [first] = places;
  return first === undefined || places.length < targetsLeft(s).length
    ? null
    : { freeze: first.freeze, free: openMoment(s, planOrNow(s.release, now)) };
};

/** The planned time of a release that has not begun, when the windows of one of these targets are closed then, and the first moment after it that is open. */
export const plannedOutside = (
  s: Situation,
  targets: readonly string[],
  now: Instant,
): { start: Instant; environment: string; slot: Instant } | null => {
  const { when, state } = s.release;
  if (when.kind !== 'at' || when.start <= now || !NOT_BEGUN.has(state.status)) return null;
  const environment = targets.find(
    (each) => closedUntil(s.around.catalog, freezeQuestion(s, each, when.start)) !== null,
  );
  return environment === undefined ? null : { start: when.start, environment, slot: openMoment(s, when.start) };
};

const outsideSentence = (s: Situation, targets: readonly string[], now: Instant): Sentence => {
  const outside = plannedOutside(s, targets, now);
  return outside === null
    ? []
    : say`It is planned for ${at(outside.start)}, when no deploy window of ${outside.environment} is open: move it to ${at(outside.slot)} with ${command(`schedule ${keyOf(s.release)}`)}.`;
};

/** Those that no freeze stops at that time. */
const freeAtPlan = (s: Situation, targets: readonly string[], start: Instant): readonly string[] =>
  targets.filter(
    (each) => freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, each, start)).length === 0,
  );

/** What to know of a plan that a freeze will stop, or no window lets start, and the ways out; empty when none will. */
export const plannedIntoSentence = (s: Situation, targets: readonly string[], now: Instant): Sentence => {
  const found = plannedInto(s, targets, now);
  if (found === null) return outsideSentence(s, targets, now);
  const { start, environment, freeze, slot } = found;
  // What holds it now has been said before this.
  const then =
    freeze.startsAt <= now
      ? say`Its planned time, ${at(start)}, is inside the freeze ${freeze.name}`
      : say`It is planned for ${at(start)}, when ${environment} is frozen (${freeze.name})`;
  const others = freeAtPlan(s, targets, start);
  if (others.length > 0)
    return say`It is planned for ${at(start)}: ${listing(others)} can start then, ${environment} ${freeze.severity === 'soft' ? 'wants a reason' : say`not before ${at(openIn(s, environment, start) ?? slot)}`} (${freeze.name}).`;
  const asked = s.exceptions.find(
    (each) =>
      each.freeze === freeze.id &&
      each.environment === environment &&
      each.verdict === 'requested' &&
      each.validUntil > now,
  );
  return freeze.severity === 'soft'
    ? say`${then}: it will want a reason then, or is free from ${at(slot)} on.`
    : asked !== undefined
      ? say`${then}; ${exceptionAskedOf(s, freeze.approvers, asked)}. Or move it to ${at(slot)} or later.`
      : say`${then}: move it to ${at(slot)} or later, or ask ${group(freeze.approvers)} for an exception with ${command(`exception ${keyOf(s.release)}`)}.`;
};
