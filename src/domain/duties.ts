/**
 * What waits for a person: one answer for Home, `/release` alone and every list. While a release waits for somebody, that somebody has a duty
 * here; who has none is not kept by it.
 */

import { evaluate, liveDecisions, stillCan } from './approval/policy.ts';
import { decideBy, openRoundOf, type Question } from './approval/round.ts';
import { environmentNamed } from './catalog/catalog.ts';
import type { Deployment } from './deployment/deployment.ts';
import { undecidedFailure, whoDecides } from './deployment/escalation.ts';
import { toConfirm } from './deployment/health.ts';
import { isReplaced } from './deployment/newer.ts';
import { isBetweenPlaces, isOvertaken } from './deployment/standing.ts';
import { keptApart } from './deployment/starter.ts';
import { isNeeded, judgesOf } from './emergency/emergency.ts';
import { isUnjudged, phaseIn } from './emergency/phase.ts';
import { heldByFreeze, plannedInto, plannedOutside } from './freeze/caught.ts';
import { exceptionDeciders, type FreezeException, isWanted, stuckExceptions } from './freeze/exception.ts';
import { awaitedGates } from './gate/awaited.ts';
import { gatesInTheWay } from './gate/gate.ts';
import type { UserId } from './ids.ts';
import { inVain, nextEnvironment, obstacles, readiness, targetsLeft } from './readiness.ts';
import { isPrivate, notStarted, type Returned } from './release/release.ts';
import { keeper, runner, runs, standIns } from './release/runner.ts';
import { dueReview, type Review, reviewer } from './review/review.ts';
import type { Situation } from './situation.ts';
import type { Instant } from './time.ts';

export type Duty =
  | { kind: 'decide failure' }
  | { kind: 'confirm emergency' }
  | { kind: 'end'; deployment: Deployment }
  | { kind: 'approve' }
  /** Whoever owns it left. */
  | { kind: 'find owner' }
  /** Nobody can give the approval that it waits for. */
  | { kind: 'find approver' }
  | { kind: 'start'; environment: string }
  | { kind: 'record gate'; gate: string }
  | { kind: 'mend gate'; gate: string }
  | { kind: 'answer'; question: Question }
  | { kind: 'decide exception'; exception: FreezeException }
  | { kind: 'judge emergency' }
  | { kind: 'ask again'; why: Returned['why'] }
  /** `planned`: for a time inside it; `window`: for a time at which none is open. */
  /** `undecided`: whom an exception is asked of, of whom nobody can decide it. */
  | { kind: 'leave freeze'; environment: string; planned: boolean; window?: true; undecided?: string }
  /** In some of its places, and waiting brings it to no other. */
  | { kind: 'go on'; environment: string }
  | { kind: 'say healthy' }
  /** Of a lock whose holder left; who holds one sees it beside what waits for them. */
  | { kind: 'say cause'; environment: string }
  | { kind: 'review'; review: Review };

/** Where it could be started next: the first target that is free, or what has to come before it. */
const startable = (s: Situation, by: UserId, now: Instant): string | null =>
  [...new Set([nextEnvironment(s), ...targetsLeft(s)])]
    .map((target) => startableIn(s, target, by, now))
    .find(Boolean) ?? null;

const startableIn = (s: Situation, target: string, by: UserId, now: Instant): string | null => {
  const answer = readiness(s, target, now, by);
  const first = obstacles(answer).some(({ code }) => code === 'environment.order')
    ? (environmentNamed(s.around.catalog, target)?.requires ?? null)
    : null;
  const environment = first ?? target;
  const there = first === null ? answer : readiness(s, environment, now, by);
  return obstacles(there).length === 0 ? environment : null;
};

const mayStart = (s: Situation, person: UserId, now: Instant): readonly Duty[] => {
  const { state, when, hold } = s.release;
  const emergency = phaseIn(s, now) === 'open' && s.breakGlass?.by === person;
  if (state.status !== 'approved' && state.status !== 'deploying' && !emergency) return [];
  if (s.deployments.some((d) => d.state === 'running') || hold !== null) return [];
  if (runner(s) !== person && !emergency) return [];
  const environment = startable(s, person, now);
  const due = when.kind !== 'at' || when.start <= now;
  return environment !== null && due && keptApart(s, environment, person, now) === null
    ? [{ kind: 'start', environment }]
    : [];
};

/** Half way, and what is in the way of every other place does not end by itself. */
const ofHalfway = (s: Situation, person: UserId, now: Instant): readonly Duty[] => {
  const { state, hold } = s.release;
  const rests = state.status === 'deploying' && hold === null && !s.deployments.some((d) => d.state === 'running');
  const left = targetsLeft(s);
  return rests &&
    runner(s) === person &&
    left.length > 0 &&
    left.every((place) => inVain(readiness(s, place, now)) !== null)
    ? [{ kind: 'go on', environment: nextEnvironment(s) }]
    : [];
};

/** Held by a hard freeze, or planned into one: its owner moves it, or asks for an exception. */
const mayLeave = (s: Situation, person: UserId, now: Instant): readonly Duty[] => {
  const { state, owner, hold } = s.release;
  const begun = isBetweenPlaces(s);
  const waits = state.status === 'approved' || state.status === 'awaiting_approval' || begun;
  if (owner !== person || hold !== null || !waits) return [];
  // Asked of somebody who can decide it, it waits for them.
  const wanted = s.exceptions.filter((exception) => isWanted(exception, s, now));
  if (wanted.some((exception) => exceptionDeciders(exception, s).length > 0)) return [];
  const [stuck] = stuckExceptions(s, now);
  const undecided = stuck === undefined ? {} : { undecided: stuck.approvers };
  if (stuck !== undefined)
    return [{ kind: 'leave freeze', environment: stuck.exception.environment, planned: false, ...undecided }];
  const environment = nextEnvironment(s);
  const later = plannedInto(s, targetsLeft(s), now);
  const come = s.release.when.kind === 'at' && s.release.when.start <= now;
  const held =
    (state.status === 'approved' || begun || come) &&
    targetsLeft(s).every((place) => obstacles(readiness(s, place, now)).some(({ code }) => code === 'freeze.active'));
  if (later?.freeze.severity === 'hard' && heldByFreeze(s, now) !== null)
    return [{ kind: 'leave freeze', environment, planned: true, ...undecided }];
  if (plannedOutside(s, targetsLeft(s), now) !== null)
    return [{ kind: 'leave freeze', environment, planned: true, window: true }];
  const behind = s.release.when.kind === 'at' && s.release.when.start > now;
  return held && !behind ? [{ kind: 'leave freeze', environment, planned: false, ...undecided }] : [];
};

/** What failed is its owner's to mend, record anew or have waived: nothing starts, or goes on to the next place, before. */
const ofGates = (s: Situation, person: UserId, now: Instant): readonly Duty[] =>
  s.release.owner !== person || !(notStarted(s.release) || isBetweenPlaces(s)) || s.release.hold !== null
    ? []
    : gatesInTheWay(s, nextEnvironment(s), now)
        .filter(({ state }) => state === 'failed')
        .map(({ rule }) => ({ kind: 'mend gate', gate: rule.name }));

const ended = (s: Situation, person: UserId): readonly Duty[] =>
  s.deployments
    .filter((d) => d.state === 'running' && runs(s, d) === person)
    .map((deployment) => ({ kind: 'end', deployment }));

const ofEmergency = (s: Situation, person: UserId, now: Instant): readonly Duty[] => {
  const grant = s.breakGlass;
  if (grant === null || grant.by === person) return [];
  if (phaseIn(s, now) === 'waits' && grant.second === person && isNeeded(s, now))
    return [{ kind: 'confirm emergency' }];
  return isUnjudged(grant) && judgesOf(s).includes(person) ? [{ kind: 'judge emergency' }] : [];
};

const ofRound = (s: Situation, person: UserId): readonly Duty[] => {
  const round = openRoundOf(s);
  if (round === null) return [];
  const decided = liveDecisions(round).some(({ actor }) => actor === person);
  const asked = round.asks.some((ask) => ask.person === person);
  const open = round.questions.filter(({ answeredAt }) => answeredAt === null);
  return [
    ...(asked && !decided && stillCan(s, round).includes(person) ? [{ kind: 'approve' } as const] : []),
    ...(s.release.owner === person && evaluate(s, round).can.length === 0 ? [{ kind: 'find approver' } as const] : []),
    ...(s.release.owner === person ? open.map((question) => ({ kind: 'answer', question }) as const) : []),
  ];
};

const ofExceptions = (s: Situation, person: UserId, now: Instant): readonly Duty[] =>
  s.exceptions
    .filter((exception) => isWanted(exception, s, now) && exceptionDeciders(exception, s).includes(person))
    .map((exception) => ({ kind: 'decide exception', exception }));

const ofOwner = (s: Situation, person: UserId, now: Instant): readonly Duty[] => {
  const { state, owner, hold } = s.release;
  const running = s.deployments.some((d) => d.state === 'running');
  const replaced = isReplaced(s) || isOvertaken(s);
  if (undecidedFailure(s) !== null && whoDecides(s, now).people.includes(person)) return [{ kind: 'decide failure' }];
  if (state.status === 'deployed' && state.healthy !== true && toConfirm(s).includes(person) && !running && !replaced)
    return [{ kind: 'say healthy' }];
  const again = state.status === 'draft' && state.returned !== null && owner === person && hold === null;
  return again && state.returned !== null ? [{ kind: 'ask again', why: state.returned.why }] : [];
};

const ofOwnerless = (s: Situation, person: UserId): readonly Duty[] => {
  const { owner, state } = s.release;
  const over = state.status === 'closed' || state.status === 'cancelled' || isPrivate(s.release);
  return !over && s.around.inactive.includes(owner) && standIns(s).includes(person) ? [{ kind: 'find owner' }] : [];
};

const ofLocks = (s: Situation, person: UserId): readonly Duty[] =>
  s.locks
    .filter(
      ({ release, liftedAt, holder }) =>
        release === s.release.id && liftedAt === null && s.around.inactive.includes(holder),
    )
    .filter((lock) => keeper(s, lock) === person)
    .map(({ environment }) => ({ kind: 'say cause', environment }));

const ofReview = (s: Situation, person: UserId, now: Instant): readonly Duty[] => {
  const review = dueReview(s);
  return review !== null && reviewer(s, review) === person && review.dueAt <= now ? [{ kind: 'review', review }] : [];
};

const URGENCY: readonly Duty['kind'][] = [
  'decide failure',
  'confirm emergency',
  'end',
  'approve',
  'find approver',
  'start',
  'record gate',
  'mend gate',
  'go on',
  'answer',
  'decide exception',
  'judge emergency',
  'ask again',
  'find owner',
  'leave freeze',
  'say healthy',
  'say cause',
  'review',
];

/** By when it is to be done, as far as anybody set a time. */
const dueOf = (s: Situation, duty: Duty, now: Instant): Instant | null => {
  const { when, state } = s.release;
  switch (duty.kind) {
    case 'approve':
    case 'find approver':
    case 'answer':
      return s.round === null ? null : decideBy(s.round, s.release, now);
    case 'end':
      return duty.deployment.deadline;
    case 'judge emergency':
      return s.breakGlass?.judgeBy ?? null;
    case 'decide exception':
      return duty.exception.validUntil;
    case 'review':
      return duty.review.dueAt;
    case 'decide failure':
      return state.since;
    default:
      return when.kind === 'at' ? when.start : null;
  }
};

type Waiting = { s: Situation; duty: Duty };

/** The more pressing first: by what it is, then by when it is to be done. */
export const byDutyUrgency =
  (now: Instant) =>
  (a: Waiting, b: Waiting): number => {
    const [one, other] = [dueOf(a.s, a.duty, now) ?? '9', dueOf(b.s, b.duty, now) ?? '9'];
    return URGENCY.indexOf(a.duty.kind) - URGENCY.indexOf(b.duty.kind) || (one < other ? -1 : one > other ? 1 : 0);
  };

/** Whoever starts it can: nothing is in the way, and its time has come. */
export const canBeStarted = (s: Situation, now: Instant): boolean =>
  (s.release.state.status === 'approved' || s.release.state.status === 'deploying') &&
  mayStart(s, runner(s), now).length > 0;

/** Everything of this release that waits for this person now. */
export const dutiesOf = (s: Situation, person: UserId, now: Instant): readonly Duty[] => [
  ...ofOwner(s, person, now),
  ...ofEmergency(s, person, now),
  ...ended(s, person),
  ...ofRound(s, person),
  ...mayStart(s, person, now),
  ...mayLeave(s, person, now),
  ...ofHalfway(s, person, now),
  ...awaitedGates(s, now)
    .filter(({ asked }) => asked.includes(person))
    .map(({ gate }) => ({ kind: 'record gate', gate }) as const),
  ...ofGates(s, person, now),
  ...ofExceptions(s, person, now),
  ...ofOwnerless(s, person),
  ...ofLocks(s, person),
  ...ofReview(s, person, now),
];
