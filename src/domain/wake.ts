/** When a release is to be looked at next: the earliest moment at which time alone has something to do, or to tell. */
import { dayBegins } from './approval/asking.ts';
import { startsByItself, TOLD_AHEAD } from './deployment/by-itself.ts';
import { deadlineOf } from './deployment/deadline.ts';
import { undecidedFailure } from './deployment/escalation.ts';
import { bakesUntil, pauseNudges } from './deployment/rollout.ts';
import { isOnItsOwn } from './deployment/rollout-acts.ts';
import { healthyByItselfAt, verifyNudges } from './deployment/watch.ts';
import { judgesOf } from './emergency/emergency.ts';
import { isUnjudged } from './emergency/phase.ts';
import { endOf } from './freeze/calendar.ts';
import { endedInVain, exceptionDeciders, exceptionReminder, stuckExceptions } from './freeze/exception.ts';
import { freezeQuestion } from './freeze/freeze-check.ts';
import { nextEdge } from './freeze/window.ts';
import { nextAwake } from './hours.ts';
import { holder, holdNudges } from './plan/hold.ts';
import { lostNeeds } from './plan/links.ts';
import { targetsLeft } from './readiness.ts';
import { notStarted, type Returned } from './release/release.ts';
import { runner, runs, standIns } from './release/runner.ts';
import { closesByItselfAt } from './settle.ts';
import type { Situation } from './situation.ts';
import { after, DAY, earliest, type Instant, MINUTE } from './time.ts';
import { turnOf } from './turn.ts';

/** How often what waits for a look is looked at. */
const SOON = MINUTE / 2;
/** How time alone takes a release back to draft. Its people are told in their working hours. */
export const BY_TIME: ReadonlySet<Returned['why']> = new Set(['expired', 'approval lapsed']);

/** For so long somebody is told what time took back: a weekend and a day. */
export const TOLD_WITHIN = 4 * DAY;

/** When whoever asked can be told that time took it back: at once in their working hours, else when those begin. */
const toldAt = (s: Situation, now: Instant): readonly Instant[] => {
  const { state, owner } = s.release;
  if (state.status !== 'draft' || state.returned === null || !BY_TIME.has(state.returned.why)) return [];
  // Over a weekend, and no longer: by then it was told.
  if (now > after(state.since, TOLD_WITHIN)) return [];
  return [owner, s.round?.openedBy ?? owner].map((id) => nextAwake(s, id, now));
};

/** When whoever starts it can be told that it is their turn. */
const turnTold = (s: Situation, now: Instant): readonly Instant[] => {
  const turn = turnOf(s, now);
  return turn === null || now > after(turn.at, TOLD_WITHIN) ? [] : [nextAwake(s, runner(s), now)];
};

/** When it starts by itself, and when that is told. */
const startTimes = (s: Situation): readonly Instant[] => {
  const planned = startsByItself(s);
  return planned === null ? [] : [after(planned.at, -TOLD_AHEAD), planned.at];
};

/** What a freeze keeps at its step may go on when that ends. */
const frozenUntil = (s: Situation, now: Instant): readonly Instant[] =>
  s.deployments.some((d) => d.state === 'running' && d.rollout !== null)
    ? s.around.freezes.map(endOf).filter((end) => end > now)
    : [];

/** When whoever put it on hold can be asked whether it still waits. */
const holdTold = (s: Situation, now: Instant): readonly Instant[] =>
  holdNudges(s.release).flatMap((at) =>
    now > after(at, TOLD_WITHIN) ? [] : [at > now ? at : nextAwake(s, holder(s), now)],
  );

/** When those who stand in for whoever left can be told. */
const leaversTold = (s: Situation, now: Instant): readonly Instant[] => {
  const { owner, deployer, state } = s.release;
  const { inactive } = s.around;
  const ownerless = inactive.includes(owner) && state.status !== 'closed' && state.status !== 'cancelled';
  const starts = deployer !== null && inactive.includes(deployer) && state.status === 'approved';
  return [...(ownerless ? standIns(s) : []), ...(starts ? [runner(s)] : [])].map((id) => nextAwake(s, id, now));
};

/** When somebody can be asked how it is. */
const verifyTold = (s: Situation, now: Instant): readonly Instant[] =>
  verifyNudges(s).flatMap(({ at, people }) =>
    now > after(at, TOLD_WITHIN) ? [] : at > now ? [at] : people.map((id) => nextAwake(s, id, now)),
  );

/**
 * When those who may decide an exception are asked once more: at its time, and where they rest then, as their hours begin; and when whoever asked
 * can be told that it came to nothing.
 */
const exceptionsTold = (s: Situation, now: Instant): readonly Instant[] =>
  s.exceptions.flatMap((exception) => {
    const { validUntil, requestedBy } = exception;
    if (endedInVain(exception, s, now) && now <= after(validUntil, TOLD_WITHIN))
      return [nextAwake(s, requestedBy, now)];
    if (stuckExceptions(s, now).some(({ exception: { id } }) => id === exception.id))
      return [nextAwake(s, requestedBy, now)];
    const at = exceptionReminder(exception, s, now);
    if (at === null) return [];
    return at > now ? [at] : exceptionDeciders(exception, s).map((id) => nextAwake(s, id, now));
  });

/** When an emergency opens and ends, and when those whom its late judgement concerns are at work. */
const emergencyTimes = (s: Situation, now: Instant): readonly Instant[] => {
  const grant = s.breakGlass;
  if (grant === null) return [];
  const late = isUnjudged(grant) && now >= grant.judgeBy ? judgesOf(s).map((id) => nextAwake(s, id, now)) : [];
  return [grant.grantedAt, grant.expiresAt, ...(isUnjudged(grant) ? [grant.judgeBy] : []), ...late];
};

/** What is free to go but for a window looks otherwise when one opens or closes. */
const windowEdges = (s: Situation, now: Instant): readonly (Instant | null)[] =>
  s.release.state.status === 'approved' || s.release.state.status === 'deploying'
    ? targetsLeft(s).map((environment) => nextEdge(s.around.catalog, freezeQuestion(s, environment, now)))
    : [];

/**
 * The earliest moment after `now` at which settling, a gate or a card would have something to do. A hint for the tick: earlier than
 * needed is harmless, later is a bug.
 */
export const wakeAt = (s: Situation, now: Instant): Instant | null => {
  const { release, round } = s;
  const waits = round !== null && round.state === 'open' && release.state.status === 'awaiting_approval';
  const open = waits ? [round.remindAt, round.expiresAt] : [];
  const times = [
    release.hold?.until ?? null,
    ...open,
    release.state.status === 'approved' ? release.state.validUntil : null,
    // What failed may be tried again as long as its approval lasts.
    release.state.status === 'failed' ? (round?.validUntil ?? null) : null,
    ...s.exceptions.map(({ validUntil }) => validUntil),
    ...exceptionsTold(s, now),
    waits && round !== null ? dayBegins(s, round, now) : null,
    // Until then it is to be decided, or started.
    notStarted(release) && release.when.kind === 'at' ? release.when.start : null,
    ...s.deployments.filter(({ state }) => state === 'running').map((d) => deadlineOf(s, d, now)),
    ...frozenUntil(s, now),
    ...startTimes(s),
    ...s.deployments.flatMap((d) =>
      d.state === 'running' ? pauseNudges(d).map((at) => (at > now ? at : nextAwake(s, runs(s, d), now))) : [],
    ),
    ...s.gates.map(({ expiresAt }) => expiresAt),
    ...s.locks.map(({ liftedAt, expiresAt }) => (liftedAt === null ? expiresAt : null)),
    closesByItselfAt(s),
    healthyByItselfAt(s),
    ...verifyTold(s, now),
    ...(notStarted(release) ? lostNeeds(s) : []).flatMap(({ since }) =>
      now > after(since, TOLD_WITHIN) ? [] : [nextAwake(s, release.owner, now)],
    ),
    ...toldAt(s, now),
    ...emergencyTimes(s, now),
    ...turnTold(s, now),
    ...windowEdges(s, now),
    ...holdTold(s, now),
    ...leaversTold(s, now),
    ...(undecidedFailure(s)?.calls ?? []).map(({ at }) => at),
    ...s.deployments.flatMap((d) => (d.state === 'running' && d.rollout !== null ? [bakesUntil(d.rollout, now)] : [])),
    // It has baked, and waits for a look at its addresses.
    ...(s.deployments.some((d) => isOnItsOwn(s, d, now)) ? [after(now, SOON)] : []),
  ];
  return earliest(times.filter((time) => time !== null && time > now));
};
