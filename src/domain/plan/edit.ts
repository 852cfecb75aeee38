/** Changing a plan: edited, assigned, changes added and removed, held, cancelled. A material change asks again, in the same step. */

import { thenReconsider } from '../approval/reconsider.ts';
import { canonical } from '../approval/snapshot.ts';
import { givenApart } from '../deployment/starter.ts';
import { happened } from '../events.ts';
import type { UserId } from '../ids.ts';
import { mayGiveAway, mayRead } from '../permissions.ts';
import { nextEnvironment } from '../readiness.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import { nameOf, notStarted, type Release, statusOf, type When } from '../release/release.ts';
import { zoneOf } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, between, type Instant } from '../time.ts';
import { command, person, say } from '../words.ts';
import { dayIn } from '../working-time.ts';
import { changedHere, type Shown } from './meanwhile.ts';
import {
  affectsProblems,
  detailProblems,
  type PlanDetails,
  type ReleaseInput,
  textProblems,
  whenProblem,
} from './plan.ts';

/** The plan is open until the deployment starts. */
/** The day that it is now, for whoever of its people is furthest ahead. */
const latestDay = (s: Situation, now: Instant): string =>
  [zoneOf(s), ...Object.values(s.around.zones)].map((zone) => dayIn(now, zone)).reduce((a, b) => (a > b ? a : b));

export const mayStillEdit = (release: Release, did = 'Not changed'): Decision<null> =>
  notStarted(release)
    ? allow(null)
    : refuse({
        code: 'status',
        did,
        name: nameOf(release),
        status: statusOf(release.state),
        fix: say`Plan the next version with ${command('new')}.`,
      });

export type EditInput = Partial<
  Pick<ReleaseInput, 'title' | 'customers' | 'when' | 'rollbackPlan' | 'answers'> & PlanDetails
> & {
  owner?: UserId;
  deployer?: UserId | null;
  /** Further services that it concerns: their risk, freezes, approvers and channels count. */
  affects?: readonly string[];
};

type Role = 'owner' | 'deployer';

const EDITED_WORDS: Readonly<Record<keyof EditInput, string>> = {
  title: 'the title',
  customers: 'what customers notice',
  when: 'the time',
  rollbackPlan: 'the rollback plan',
  changeNumber: 'the change number',
  rehearsedOn: 'the rehearsal',
  answers: 'the answers',
  owner: 'the owner',
  affects: 'the services it affects',
  deployer: 'the deployer',
};

/** A form and a command name the start only: the window keeps its length, and a start that is the same is the same plan. */
const replanned = (before: When, next: When): When => {
  if (before.kind !== 'at' || next.kind !== 'at' || next.end !== null || before.end === null) return next;
  return { ...next, end: after(next.start, between(before.start, before.end)) };
};

/** Changes the plan. A material change takes back the approvals that it touches and asks again, in the same step. */
export const editRelease = (s: Situation, asked: EditInput & { shown?: Shown }, act: Act): Decision<Effect> => {
  const open = mayStillEdit(s.release, 'Not changed');
  if (!open.ok) return open;
  const { shown, ...all } = asked;
  // A form that was opened before it became restricted is not answered with its words.
  if (shown !== undefined && !mayRead(s.around.catalog, s.release, act.by))
    return refuse({
      code: 'forbidden',
      did: 'Not changed',
      because: say`it is restricted by now, and its words are for those named on it`,
      can: say`Its owner ${person(s.release.owner)} can change it, or give you a role.`,
    });
  const own = shown === undefined ? allow(all) : changedHere(s.release, all, shown);
  if (!own.ok) return own;
  const input = own.value;
  const when = input.when === undefined ? s.release.when : replanned(s.release.when, input.when);
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as EditInput;
  const release: Release = { ...s.release, ...given, when, title: (given.title ?? s.release.title).trim() };
  const moved = canonical(when) !== canonical(s.release.when);
  const problems = [
    ...textProblems(release),
    ...detailProblems(release, latestDay(s, act.now)),
    ...affectsProblems(release, s.around.catalog),
    ...(moved ? whenProblem(when, act.now) : []),
  ];
  if (problems.length > 0) return refuse({ code: 'fields', problems });
  const keys = Object.keys(EDITED_WORDS) as (keyof EditInput)[];
  const roles = rolesGiven(s.release, release);
  const opens = roles.length > 0 || (s.release.answers.restricted && !release.answers.restricted);
  const mayOpen = opens ? mayGiveAway(s.around.catalog, s.release, act.by, 'Not changed') : allow(null);
  if (!mayOpen.ok) return mayOpen;
  const fields = keys
    // Not as text: what comes from the database has its keys in another order.
    .filter((key) => canonical(release[key]) !== canonical(s.release[key]))
    .filter((key) => !roles.some(({ role }) => role === key))
    .map((key) => EDITED_WORDS[key]);
  const edited = fields.length === 0 ? [] : [happened(release.id, 'release.edited', { fields })];
  const events = [...edited, ...roles.map((each) => happened(release.id, 'release.assigned', each))];
  if (events.length === 0) return allow({ after: s, events });
  return thenReconsider(s, { after: { ...s, release, ...owned(s, release) }, events }, act);
};

/** A review that is due is its owner's, whoever that is, and so is the lock that waits for the cause. */
const owned = (before: Situation, release: Release): Pick<Situation, 'reviews' | 'locks'> => ({
  reviews: reviewsOf(before, release),
  locks:
    before.release.owner === release.owner
      ? before.locks
      : before.locks.map((lock) =>
          lock.release === release.id && lock.liftedAt === null ? { ...lock, holder: release.owner } : lock,
        ),
});

const reviewsOf = (before: Situation, { owner }: Release): Situation['reviews'] =>
  before.release.owner === owner
    ? before.reviews
    : before.reviews.map((review) => (review.state === 'due' ? { ...review, owner } : review));

/** The roles that somebody got: each is told by an event of its own, by whatever way it was given. */
const rolesGiven = (before: Release, release: Release): readonly { role: Role; to: UserId }[] =>
  (['owner', 'deployer'] as const).flatMap((role) => {
    const to = release[role];
    return to === null || to === before[role] ? [] : [{ role, to }];
  });

/** Gives a role on the release to somebody; they are told by one message. */
export const assignRole = (s: Situation, input: { role: Role; to: UserId }, act: Act): Decision<Effect> => {
  const { status } = s.release.state;
  if (status === 'closed' || status === 'cancelled')
    return refuse({
      code: 'status',
      did: 'Not assigned',
      name: nameOf(s.release),
      status,
      fix: say`Roles are for open releases.`,
    });
  const mayGive = mayGiveAway(s.around.catalog, s.release, act.by, 'Not assigned');
  if (!mayGive.ok) return mayGive;
  // Once it is on its way nobody is asked again: who approved it under such a rule could not deploy what is left.
  const place = nextEnvironment(s);
  const apart =
    input.role === 'deployer' && !notStarted(s.release)
      ? givenApart(s, { environment: place, to: input.to, did: 'Not assigned' }, act.now)
      : null;
  if (apart !== null) return refuse(apart);
  const release = { ...s.release, [input.role]: input.to };
  const effect: Effect = {
    after: { ...s, release, ...owned(s, release) },
    events: [happened(release.id, 'release.assigned', { role: input.role, to: input.to })],
  };
  return notStarted(release) ? thenReconsider(s, effect, act, 'Not assigned') : allow(effect);
};
