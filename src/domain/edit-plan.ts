/** Changing a plan: edited, assigned, changes added and removed, held, cancelled. A material change asks again, in the same step. */
import type { Act } from './act.ts';
import { happened } from './events.ts';
import type { ReleaseId, UserId } from './ids.ts';
import { after, between, type Instant } from './instant.ts';
import {
  affectsProblems,
  detailProblems,
  type PlanDetails,
  type ReleaseInput,
  textProblems,
  whenProblem,
} from './plan.ts';
import { allow, type Decision, refuse, refuseField } from './refusal.ts';
import { type Change, type ChangeType, keyOf, move, nameOf, notStarted, type Release, type When } from './release.ts';
import { reconsider } from './round-changes.ts';
import type { Effect, Situation } from './situation.ts';
import { at, command, say } from './wording.ts';

/** The plan is open until the deployment starts. */
export const mayStillEdit = (release: Release, did = 'Not changed'): Decision<null> =>
  notStarted(release)
    ? allow(null)
    : refuse({
        code: 'status',
        did,
        name: nameOf(release),
        status: release.state.status.replace('_', ' '),
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
export const editRelease = (s: Situation, input: EditInput, act: Act): Decision<Effect> => {
  const open = mayStillEdit(s.release, 'Not changed');
  if (!open.ok) return open;
  const when = input.when === undefined ? s.release.when : replanned(s.release.when, input.when);
  const release: Release = { ...s.release, ...input, when, title: (input.title ?? s.release.title).trim() };
  const moved = JSON.stringify(when) !== JSON.stringify(s.release.when);
  const problems = [
    ...textProblems(release),
    ...detailProblems(release),
    ...affectsProblems(release, s.around.catalog),
    ...(moved ? whenProblem(when, act.now) : []),
  ];
  if (problems.length > 0) return refuse({ code: 'fields', problems });
  const keys = Object.keys(EDITED_WORDS) as (keyof EditInput)[];
  const fields = keys
    .filter((key) => JSON.stringify(release[key]) !== JSON.stringify(s.release[key]))
    .map((key) => EDITED_WORDS[key]);
  if (fields.length === 0) return allow({ after: s, events: [] });
  return thenReconsider(
    { after: { ...s, release }, events: [happened(release.id, 'release.edited', { fields })] },
    act,
  );
};

const thenReconsider = (effect: Effect, act: Act): Decision<Effect> => {
  const next = reconsider(effect.after, act);
  return next.ok ? allow({ after: next.value.after, events: [...effect.events, ...next.value.events] }) : next;
};

/** Gives a role on the release to somebody; they are told by one message. */
export const assignRole = (
  s: Situation,
  input: { role: 'owner' | 'deployer'; to: UserId },
  act: Act,
): Decision<Effect> => {
  const { status } = s.release.state;
  if (status === 'closed' || status === 'cancelled')
    return refuse({
      code: 'status',
      did: 'Not assigned',
      name: nameOf(s.release),
      status,
      fix: say`Roles are for open releases.`,
    });
  const release = { ...s.release, [input.role]: input.to };
  const effect: Effect = {
    after: { ...s, release },
    events: [happened(release.id, 'release.assigned', { role: input.role, to: input.to })],
  };
  return notStarted(release) ? thenReconsider(effect, act) : allow(effect);
};

export type ChangeInput = {
  title: string;
  link: string | null;
  type: ChangeType;
  author: UserId | null;
  customers: boolean;
};

/** Adds a change. Refuses an empty title and a link that is there already. */
export const addChange = (s: Situation, input: ChangeInput, act: Act): Decision<Effect> => {
  const open = mayStillEdit(s.release, 'Not added');
  if (!open.ok) return open;
  if (input.title.trim() === '') return refuseField('change', say`Say what the change is: a link, or a few words.`);
  const twin = s.release.changes.find(
    ({ link, title }) => (input.link !== null && link === input.link) || (input.link === null && title === input.title),
  );
  if (twin !== undefined)
    return refuseField('change', say`Not added: “${twin.title}” is in ${keyOf(s.release)} already.`);
  const change: Change = { id: act.newId('change'), ...input, title: input.title.trim() };
  const release = { ...s.release, changes: [...s.release.changes, change] };
  return thenReconsider(
    {
      after: { ...s, release },
      events: [happened(release.id, 'change.added', { change: change.id }, { words: change.title })],
    },
    act,
  );
};

/** Takes a change out again, named by its link, its title or its place in the list (from 1). */
export const removeChange = (s: Situation, which: string, act: Act): Decision<Effect> => {
  const open = mayStillEdit(s.release, 'Not removed');
  if (!open.ok) return open;
  const { changes } = s.release;
  const change = changes.find(({ link, title }) => link === which || title === which) ?? changes[Number(which) - 1];
  if (change === undefined)
    return refuse({
      code: 'not_found',
      what: 'change',
      reference: `“${which}”`,
      fix: say`${keyOf(s.release)} has ${changes.length}; name one by its number or link.`,
    });
  const release = { ...s.release, changes: changes.filter(({ id }) => id !== change.id) };
  return thenReconsider(
    {
      after: { ...s, release },
      events: [happened(release.id, 'change.removed', { change: change.id }, { words: change.title })],
    },
    act,
  );
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

/** Ends a release that has not started. Needs a reason; an open round is withdrawn with it. */
export const cancelRelease = (s: Situation, reason: string, act: Pick<Act, 'by' | 'now'>): Decision<Effect> => {
  if (!notStarted(s.release)) {
    return refuse({
      code: 'status',
      did: 'Not cancelled',
      name: nameOf(s.release),
      status: s.release.state.status.replace('_', ' '),
      fix: say`What has started is rolled back with ${command('rollback')}, or closed.`,
    });
  }
  if (reason.trim() === '')
    return refuseField('reason', say`Say why it is cancelled; the people who were asked read it.`);
  return allow(cancelled(s, { by: act.by, reason, replacedBy: null }, act.now));
};

/** A newer version of the service was deployed: what was not started is cancelled, pointing at it. */
export const supersede = (s: Situation, newer: { release: ReleaseId; number: number }, now: Instant): Effect =>
  cancelled(s, { by: null, reason: `replaced by REL-${newer.number}`, replacedBy: newer.release }, now);

const cancelled = (
  s: Situation,
  input: { by: UserId | null; reason: string; replacedBy: ReleaseId | null },
  now: Instant,
): Effect => {
  const release = move(s.release, { status: 'cancelled', since: now, ...input });
  const live = s.round !== null && (s.round.state === 'open' || s.round.state === 'approved');
  const round = live && s.round !== null ? { ...s.round, state: 'withdrawn' as const, endedAt: now } : s.round;
  const replacedBy = input.replacedBy === null ? null : input.reason.replace('replaced by ', '');
  const event = happened(
    release.id,
    'release.cancelled',
    { replacedBy },
    { words: input.replacedBy === null ? input.reason : null },
  );
  return { after: { ...s, release, round }, events: [event] };
};
