/**
 * What time has done since anybody looked: expired rounds, lapsed approvals, ended holds, overdue deployments, replaced releases, and the
 * steps that follow by themselves. Every use case settles first; the tick merely calls it.
 */

import { approvalClock } from './approval/approval-clock.ts';
import { askable, askedSuffice, askFirst, dayBegins } from './approval/asking.ts';
import { liveDecisions, unsatisfiable } from './approval/policy.ts';
import { askedAnew } from './approval/reconsider.ts';
import { type Ask, openRoundOf, type Round } from './approval/round.ts';
import { approvedWhenSatisfied, submit } from './approval/submit.ts';
import { startAtItsTime, startsByItself, TOLD_AHEAD } from './deployment/by-itself.ts';
import { deadlineOf } from './deployment/deadline.ts';
import { undecidedFailure } from './deployment/escalation.ts';
import { endLock } from './deployment/lock.ts';
import { timeOut } from './deployment/outcome.ts';
import { bakesUntil, pauseNudges } from './deployment/rollout.ts';
import { goOnByItself, isOnItsOwn } from './deployment/rollout-acts.ts';
import { runner, runs } from './deployment/runner.ts';
import { healthyByItself, healthyByItselfAt, verifyNudges } from './deployment/watch.ts';
import { anotherSecond, judgesOf } from './emergency/emergency.ts';
import { isUnjudged, ranOut } from './emergency/phase.ts';
import { happened } from './events.ts';
import { endOf } from './freeze/calendar.ts';
import { exceptionDeciders, exceptionReminder } from './freeze/exception.ts';
import { freezeQuestion } from './freeze/freeze-check.ts';
import { nextEdge } from './freeze/window.ts';
import { gatesInTheWay } from './gate/gate.ts';
import { nextAwake } from './hours.ts';
import type { NewId, UserId } from './ids.ts';
import { holdNudges, takenOffHold } from './plan/hold.ts';
import { followHotfix, lostNeeds } from './plan/links.ts';
import { comeBack, replace } from './plan/replace.ts';
import { targetsLeft } from './readiness.ts';
import { move, notStarted, type Returned } from './release/release.ts';
import { close } from './review/close.ts';
import { dueReview } from './review/review.ts';
import type { Effect, Situation } from './situation.ts';
import { after, DAY, earliest, type Instant, MINUTE } from './time.ts';
import { turnOf } from './turn.ts';

/** How often what waits for a look is looked at. */
const SOON = MINUTE / 2;

type Step = (s: Situation, now: Instant, newId: NewId) => Effect | null;

/** A lock by hand is over at its end, whoever looks first. */
const endLocks: Step = (s, now) => {
  const ended = s.locks.flatMap((lock) => endLock(lock, now) ?? []);
  if (ended.length === 0) return null;
  const locks = s.locks.map((lock) => ended.find((each) => each.lock.id === lock.id)?.lock ?? lock);
  return { after: { ...s, locks }, events: ended.map(({ event }) => event) };
};

const endHold: Step = (s, now) => {
  const until = s.release.hold?.until ?? null;
  if (until === null || until > now) return null;
  return {
    after: takenOffHold(s, until),
    events: [happened(s.release.id, 'release.hold_ended', {}, { due: until })],
  };
};

/** After the reminder's time everybody else who could is asked as well, once. Who asked a question waits for its answer, nobody else does. */
const widenRound: Step = (s, now) => {
  const { round } = s;
  const waits = s.release.state.status === 'awaiting_approval';
  if (round === null || !waits || round.state !== 'open' || s.release.hold !== null) return null;
  if (round.remindAt > now || round.expiresAt <= now) return null;
  if (round.asks.some(({ wave }) => wave === 'rest')) return null;
  const asking = new Set(round.questions.filter(({ answeredAt }) => answeredAt === null).map(({ asker }) => asker));
  const asked = new Set(round.asks.map(({ person }) => person));
  const decided = new Set(liveDecisions(round).map(({ actor }) => actor));
  const rest = askable(s, round).filter((id) => !asked.has(id) && !decided.has(id));
  // Those asked first are marked with the wave as well, so that it happens once even when nobody else is left.
  const quiet = (person: UserId): boolean => decided.has(person) || asking.has(person);
  const reminded: Ask[] = round.asks
    .filter(({ person }) => !quiet(person))
    .map((ask) => ({ ...ask, at: round.remindAt, wave: 'rest' }));
  const asks = [
    ...round.asks.filter(({ person }) => quiet(person)),
    ...reminded,
    ...rest.map((person): Ask => ({ person, at: round.remindAt, wave: 'rest' })),
  ];
  const event = happened(s.release.id, 'round.widened', { round: round.n, asked: rest }, { due: round.remindAt });
  return asks.every(({ wave }) => wave === 'first')
    ? null
    : { after: { ...s, round: { ...round, asks } }, events: [event] };
};

/** What was given became enough without another approval: somebody counts again, or the owner is another. */
const approveSatisfied: Step = (s, now) => {
  const round = openRoundOf(s);
  if (round === null || round.expiresAt <= approvalClock(s, now)) return null;
  const effect = approvedWhenSatisfied({ after: s, events: [] }, now);
  return effect.events.length === 0 ? null : effect;
};

/** Somebody who was asked can act, always: when those asked are not enough any more, others are. */
const askMore: Step = (s, now) => {
  const round = openRoundOf(s);
  if (round === null || round.expiresAt <= approvalClock(s, now) || askedSuffice(s, round)) return null;
  const asked = new Set(round.asks.map(({ person }) => person));
  const first = askFirst(s, round, now).filter((id) => !asked.has(id));
  const fresh = first.length > 0 ? first : askable(s, round).filter((id) => !asked.has(id));
  if (fresh.length === 0) return null;
  const wave = round.asks.some((each) => each.wave === 'rest') ? 'rest' : 'first';
  const asks = [...round.asks, ...fresh.map((person): Ask => ({ person, at: now, wave }))];
  return {
    after: { ...s, round: { ...round, asks } },
    events: [happened(s.release.id, 'round.widened', { round: round.n, asked: fresh })],
  };
};

/** Nobody is left who could: its owner is told, once, until somebody is. */
const tellStuck: Step = (s, now) => {
  const round = openRoundOf(s);
  if (round === null || round.expiresAt <= approvalClock(s, now)) return null;
  const short = unsatisfiable(round.rules, s, round);
  if (short === null)
    return round.stuckSince === null ? null : { after: { ...s, round: { ...round, stuckSince: null } }, events: [] };
  if (round.stuckSince !== null) return null;
  const { rule, left } = short;
  const data = { round: round.n, rule: rule.name, needs: rule.count, left };
  return {
    after: { ...s, round: { ...round, stuckSince: now } },
    events: [happened(s.release.id, 'round.stuck', data)],
  };
};

const expireRound: Step = (s, now) => {
  const { round, release } = s;
  if (round === null || round.state !== 'open' || round.expiresAt > approvalClock(s, now)) return null;
  if (release.state.status !== 'awaiting_approval') return null;
  const passed = release.when.kind === 'at' && release.when.start <= round.expiresAt;
  const ended: Round = { ...round, state: 'expired', endedAt: round.expiresAt };
  const back = move(release, {
    status: 'draft',
    since: round.expiresAt,
    returned: { why: 'expired', by: null, reason: null },
  });
  return {
    after: { ...s, release: { ...back, askWhenReady: false }, round: ended },
    events: [happened(release.id, 'round.expired', { round: round.n, passed }, { due: round.expiresAt })],
  };
};

const lapseApproval: Step = (s, now) => {
  const { round, release } = s;
  if (release.state.status !== 'approved' || release.state.validUntil > approvalClock(s, now)) return null;
  const due = release.state.validUntil;
  const back = move(release, {
    status: 'draft',
    since: due,
    returned: { why: 'approval lapsed', by: null, reason: null },
  });
  const lapsed =
    round !== null && round.state === 'approved' ? { ...round, state: 'lapsed' as const, endedAt: due } : round;
  return {
    after: { ...s, release: { ...back, askWhenReady: false }, round: lapsed },
    events: [happened(release.id, 'approval.lapsed', { round: round?.n ?? null }, { due })],
  };
};

const failOverdue: Step = (s, now, newId) => {
  const overdue = s.deployments.find((d) => {
    const deadline = d.state === 'running' ? deadlineOf(s, d, now) : null;
    return deadline !== null && deadline <= now;
  });
  return overdue === undefined
    ? null
    : timeOut(
        s,
        { ...overdue, deadline: deadlineOf(s, overdue, now) ?? overdue.deadline },
        { by: s.release.owner, now, newId },
      );
};

const replaceOld: Step = (s, now) =>
  s.around.newer !== null && notStarted(s.release) ? replace(s, s.around.newer, now) : null;

const bringBack: Step = (s, now) => comeBack(s, now);

/** Asks by itself once the evidence is there, in the name of whoever created it. Not while on hold. */
const askByItself: Step = (s, now, newId) => {
  const { release } = s;
  const waits = release.state.status === 'draft' && release.askWhenReady && release.hold === null;
  if (!waits || gatesInTheWay(s, 'approval', now).length > 0) return null;
  const asked = submit(s, { by: release.submitter ?? release.creator, now, newId });
  return asked.ok ? asked.value : null;
};

/** Without a review to wait for, what was deployed closes a day later. */
const closesByItselfAt = (s: Situation): Instant | null => {
  const { state } = s.release;
  const unreviewed = s.around.catalog.reviews.after === 'failures' && s.around.catalog.closes === 'when complete';
  return unreviewed && state.status === 'deployed' ? after(state.since, DAY) : null;
};

/** Once the review of this outcome is there, or a day after where none is asked for. Not again after it was reopened. */
const closeByItself: Step = (s, now) => {
  const { state } = s.release;
  const ripe =
    s.around.catalog.closes === 'when complete' && (state.status === 'deployed' || state.status === 'rolled_back');
  if (!ripe || s.release.hold !== null || dueReview(s) !== null) return null;
  const reviewed = s.reviews.some(
    ({ state: answered, submittedAt }) =>
      answered === 'submitted' &&
      submittedAt !== null &&
      (submittedAt >= state.since || (state.status === 'deployed' && state.fixedBy !== undefined)),
  );
  const at = closesByItselfAt(s);
  if (!reviewed && (at === null || at > now)) return null;
  const closed = close(s, { by: null, now });
  return closed.ok ? closed.value : null;
};

const STEPS: readonly Step[] = [
  endLocks,
  endHold,
  anotherSecond,
  replaceOld,
  bringBack,
  failOverdue,
  widenRound,
  expireRound,
  lapseApproval,
  askedAnew,
  approveSatisfied,
  tellStuck,
  askMore,
  askByItself,
  startAtItsTime,
  goOnByItself,
  followHotfix,
  healthyByItself,
  closeByItself,
];

/** Several places with twenty steps each may go on by themselves at once. */
const MOST_TURNS = 200;

/** Applies every step until none applies. Each step makes the next call of itself impossible, so this ends; two hundred rounds is a bug. */
export const settle = (s: Situation, now: Instant, newId: NewId): Effect => {
  let effect: Effect = { after: s, events: [] };
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const next = STEPS.map((step) => step(effect.after, now, newId)).find((result) => result !== null);
    if (next === undefined) return effect;
    effect = { after: next.after, events: [...effect.events, ...next.events] };
  }
  throw new Error(`${s.release.id} does not settle: a step of settle applies again and again.`);
};

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
    now > after(at, TOLD_WITHIN) ? [] : [at > now ? at : nextAwake(s, s.release.hold?.by ?? s.release.owner, now)],
  );

/** When somebody can be asked how it is. */
const verifyTold = (s: Situation, now: Instant): readonly Instant[] =>
  verifyNudges(s).flatMap(({ at, people }) =>
    now > after(at, TOLD_WITHIN) ? [] : at > now ? [at] : people.map((id) => nextAwake(s, id, now)),
  );

/** When those who may decide an exception are asked once more: at its time, and where they rest then, as their hours begin. */
const exceptionsTold = (s: Situation, now: Instant): readonly Instant[] =>
  s.exceptions.flatMap((exception) => {
    const at = exceptionReminder(exception, s, now);
    if (at === null) return [];
    return at > now ? [at] : exceptionDeciders(exception, s).map((id) => nextAwake(s, id, now));
  });

/** When an emergency opens and ends, and when those whom its end or its late judgement concerns are at work. */
const emergencyTimes = (s: Situation, now: Instant): readonly Instant[] => {
  const grant = s.breakGlass;
  if (grant === null) return [];
  const late = isUnjudged(grant) && now >= grant.judgeBy ? judgesOf(s).map((id) => nextAwake(s, id, now)) : [];
  const told = ranOut(s, now) && now <= after(grant.expiresAt, TOLD_WITHIN) ? [nextAwake(s, grant.by, now)] : [];
  return [grant.grantedAt, grant.expiresAt, ...(isUnjudged(grant) ? [grant.judgeBy] : []), ...late, ...told];
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
    ...(undecidedFailure(s)?.calls ?? []).map(({ at }) => at),
    ...s.deployments.flatMap((d) => (d.state === 'running' && d.rollout !== null ? [bakesUntil(d.rollout, now)] : [])),
    // It has baked, and waits for a look at its addresses.
    ...(s.deployments.some((d) => isOnItsOwn(s, d, now)) ? [after(now, SOON)] : []),
  ];
  return earliest(times.filter((time) => time !== null && time > now));
};
