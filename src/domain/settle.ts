/**
 * What time has done since anybody looked: expired rounds, lapsed approvals, ended holds, overdue deployments, replaced releases, and the
 * steps that follow by themselves. Every use case settles first; the tick merely calls it.
 */

import { approvalClock } from './approval/approval-clock.ts';
import { askable, askedSuffice, askFirst } from './approval/asking.ts';
import { liveDecisions, unsatisfiable } from './approval/policy.ts';
import { askedAnew } from './approval/reconsider.ts';
import { type Ask, openRoundOf, type Round } from './approval/round.ts';
import { approvedWhenSatisfied, submit } from './approval/submit.ts';
import { startAtItsTime } from './deployment/by-itself.ts';
import { deadlineOf } from './deployment/deadline.ts';
import { followDecision } from './deployment/escalation.ts';
import { endInPart, goOn } from './deployment/in-part.ts';
import { endLock } from './deployment/lock.ts';
import { timeOut } from './deployment/outcome.ts';
import { goOnByItself } from './deployment/rollout-acts.ts';
import { healthyByItself } from './deployment/watch.ts';
import { anotherSecond } from './emergency/emergency.ts';
import { happened } from './events.ts';
import { gatesInTheWay } from './gate/gate.ts';
import type { NewId, UserId } from './ids.ts';
import { takenOffHold } from './plan/hold.ts';
import { followHotfix } from './plan/hotfix.ts';
import { comeBack, replace } from './plan/replace.ts';
import { move, notStarted } from './release/release.ts';
import { close } from './review/close.ts';
import { dueReview } from './review/review.ts';
import type { Effect, Situation } from './situation.ts';
import { after, DAY, type Instant } from './time.ts';

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
  const data = {
    round: round.n,
    rule: rule.name,
    needs: rule.count,
    left,
    ...(round.members === null ? {} : { fixed: true }),
  };
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

const bringBack: Step = (s, now) => comeBack(s, now) ?? goOn(s, now);

const endParts: Step = (s, now, newId) => endInPart(s, { by: s.release.owner, now, newId });

/** Asks by itself once the evidence is there, in the name of whoever created it. Not while on hold. */
const askByItself: Step = (s, now, newId) => {
  const { release } = s;
  const waits = release.state.status === 'draft' && release.askWhenReady && release.hold === null;
  if (!waits || gatesInTheWay(s, 'approval', now).length > 0) return null;
  const asked = submit(s, { by: release.submitter ?? release.creator, now, newId });
  return asked.ok ? asked.value : null;
};

/** Without a review to wait for, what was deployed closes a day later. */
export const closesByItselfAt = (s: Situation): Instant | null => {
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
  endParts,
  followHotfix,
  followDecision,
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
