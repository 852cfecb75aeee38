/**
 * What waits for a person: one answer for Home, `/release` alone and every list. While a release waits for somebody, that somebody has a duty
 * here; who has none is not kept by it.
 */
import { liveDecisions, stillCan } from './approval/policy.ts';
import { openRoundOf, type Question } from './approval/round.ts';
import type { Deployment } from './deployment/deployment.ts';
import { keptApart } from './deployment/starter.ts';
import { emergencyPhase, isUnjudged, judgesOf } from './emergency/emergency.ts';
import { plannedInto } from './freeze/caught.ts';
import { exceptionDeciders, type FreezeException, isWanted } from './freeze/exception.ts';
import { awaitedGates } from './gate/awaited.ts';
import type { UserId } from './ids.ts';
import { nextEnvironment, obstacles, readiness, targetsLeft, warnings } from './readiness.ts';
import type { Returned } from './release/release.ts';
import { dueReview, type Review } from './review/review.ts';
import type { Situation } from './situation.ts';
import type { Instant } from './time.ts';

export type Duty =
  | { kind: 'decide failure' }
  | { kind: 'confirm emergency' }
  | { kind: 'end'; deployment: Deployment }
  | { kind: 'approve' }
  | { kind: 'start'; environment: string }
  | { kind: 'record gate'; gate: string }
  | { kind: 'answer'; question: Question }
  | { kind: 'decide exception'; exception: FreezeException }
  | { kind: 'judge emergency' }
  | { kind: 'ask again'; why: Returned['why'] }
  | { kind: 'leave freeze'; environment: string }
  | { kind: 'say healthy' }
  | { kind: 'review'; review: Review };

/** Who decides what becomes of it once it was started. */
const runner = ({ release }: Situation): UserId => release.deployer ?? release.owner;

const mayStart = (s: Situation, person: UserId, now: Instant): readonly Duty[] => {
  const { state, when, hold } = s.release;
  const environment = nextEnvironment(s);
  const emergency = s.breakGlass !== null && emergencyPhase(s.breakGlass, now) === 'open' && s.breakGlass.by === person;
  if (state.status !== 'approved' && state.status !== 'deploying' && !emergency) return [];
  if (s.deployments.some((d) => d.state === 'running') || hold !== null) return [];
  const answer = readiness(s, environment, now);
  const inTheWay = obstacles(answer);
  if (runner(s) !== person && !emergency) return [];
  const later = plannedInto(s, targetsLeft(s), now);
  const frozen = inTheWay.some(({ code }) => code === 'freeze.active') || later?.freeze.severity === 'hard';
  const asked = s.exceptions.some((exception) => isWanted(exception, s, now));
  if (frozen && !asked && s.release.owner === person) return [{ kind: 'leave freeze', environment }];
  const due = when.kind !== 'at' || when.start <= now;
  const free = inTheWay.length === 0 && warnings(answer).length === 0;
  return free && due && keptApart(s, environment, person, now) === null ? [{ kind: 'start', environment }] : [];
};

const ended = (s: Situation, person: UserId): readonly Duty[] =>
  s.deployments
    .filter((d) => d.state === 'running' && d.startedBy === person)
    .map((deployment) => ({ kind: 'end', deployment }));

const ofEmergency = (s: Situation, person: UserId, now: Instant): readonly Duty[] => {
  const grant = s.breakGlass;
  if (grant === null || grant.by === person) return [];
  if (emergencyPhase(grant, now) === 'waits' && grant.second === person) return [{ kind: 'confirm emergency' }];
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
    ...(s.release.owner === person ? open.map((question) => ({ kind: 'answer', question }) as const) : []),
  ];
};

const ofExceptions = (s: Situation, person: UserId, now: Instant): readonly Duty[] =>
  s.exceptions
    .filter((exception) => isWanted(exception, s, now) && exceptionDeciders(exception, s).includes(person))
    .map((exception) => ({ kind: 'decide exception', exception }));

const ofOwner = (s: Situation, person: UserId): readonly Duty[] => {
  const { state, owner, hold } = s.release;
  const running = s.deployments.some((d) => d.state === 'running');
  const replaced = s.around.newer !== null;
  if (state.status === 'failed' && runner(s) === person && !running && !replaced) return [{ kind: 'decide failure' }];
  if (state.status === 'deployed' && state.healthy !== true && runner(s) === person && !running && !replaced)
    return [{ kind: 'say healthy' }];
  const again = state.status === 'draft' && state.returned !== null && owner === person && hold === null;
  return again && state.returned !== null ? [{ kind: 'ask again', why: state.returned.why }] : [];
};

const ofReview = (s: Situation, person: UserId, now: Instant): readonly Duty[] => {
  const review = dueReview(s);
  return review !== null && review.owner === person && review.dueAt <= now ? [{ kind: 'review', review }] : [];
};

const URGENCY: readonly Duty['kind'][] = [
  'decide failure',
  'confirm emergency',
  'end',
  'approve',
  'start',
  'record gate',
  'answer',
  'decide exception',
  'judge emergency',
  'ask again',
  'leave freeze',
  'say healthy',
  'review',
];

/** The more pressing first. */
export const byDutyUrgency = (a: Duty, b: Duty): number => URGENCY.indexOf(a.kind) - URGENCY.indexOf(b.kind);

/** Everything of this release that waits for this person now. */
export const dutiesOf = (s: Situation, person: UserId, now: Instant): readonly Duty[] => [
  ...ofOwner(s, person),
  ...ofEmergency(s, person, now),
  ...ended(s, person),
  ...ofRound(s, person),
  ...mayStart(s, person, now),
  ...awaitedGates(s, now)
    .filter(({ asked }) => asked.includes(person))
    .map(({ gate }) => ({ kind: 'record gate', gate }) as const),
  ...ofExceptions(s, person, now),
  ...ofReview(s, person, now),
];
