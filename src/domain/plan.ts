/** Planning a release: created, edited, scheduled, held, cancelled. Each refusal names the field and the way out. */
import type { Act } from './act.ts';
import { reconsider } from './approval-round.ts';
import { type Catalog, protectedEnvironments, type ReleaseType } from './catalog.ts';
import { type EventDraft, happened } from './events.ts';
import type { ReleaseId, UserId, WorkspaceId } from './ids.ts';
import { after, between, type Instant } from './instant.ts';
import { allow, type Decision, type Field, refuse, refuseField } from './refusal.ts';
import {
  type Answers,
  type Change,
  type ChangeType,
  keyOf,
  move,
  nameOf,
  notStarted,
  type Release,
  type ReleaseStatus,
  type When,
} from './release.ts';
import type { Effect, Situation } from './situation.ts';
import { compareVersions, isVersion, nextVersion, versionExample } from './version.ts';
import { at, command, type Sentence, say } from './wording.ts';

export const TITLE_MAX = 120;
const CUSTOMERS_MAX = 1_000;
const ROLLBACK_MAX = 500;

export type ReleaseInput = {
  service: string;
  version: string;
  title: string;
  customers: string | null;
  when: When;
  rollbackPlan: string | null;
  answers: Answers;
  hotfix: boolean;
  askWhenReady: boolean;
};

/** What a preset may want to know besides, before anybody is asked. */
export type PlanDetails = { changeNumber: string | null; rehearsedOn: string | null };

/** What creating needs to know of the service's other releases. */
export type VersionFacts = {
  taken: { number: number; status: ReleaseStatus; since: Instant } | null;
  deployed: { version: string; since: Instant } | null;
  latest: string | null;
};

type Problem = { field: Field; problem: Sentence };

const versionProblem = (input: ReleaseInput, catalog: Catalog, facts: VersionFacts, now: Instant): Sentence | null => {
  const service = catalog.services[input.service];
  if (service === undefined) return null;
  const scheme = service.versioning;
  if (!isVersion(scheme, input.version))
    return say`“${input.version}” is not a ${scheme} version. Write one like ${versionExample(scheme)}.`;
  const next = nextVersion(scheme, facts.latest ?? facts.deployed?.version ?? null, now, service.zone);
  const proposal: Sentence = next === null ? [] : say` Next is ${next}.`;
  if (facts.taken !== null) {
    return say`Not created: ${input.service} ${input.version} exists (REL-${facts.taken.number}, ${facts.taken.status.replace('_', ' ')} since ${at(facts.taken.since)}).${proposal}`;
  }
  if (facts.deployed !== null && compareVersions(scheme, input.version, facts.deployed.version) < 0) {
    return say`${input.version} is older than ${facts.deployed.version} in production.${proposal} To go back, use ${command('rollback')} ${input.service}.`;
  }
  return null;
};

const textProblems = (input: Pick<ReleaseInput, 'title' | 'customers' | 'rollbackPlan'>): Problem[] => {
  const title = [...input.title.trim()].length;
  const long = (text: string | null, most: number) => text !== null && [...text].length > most;
  return [
    ...(title === 0
      ? [{ field: 'title' as const, problem: say`Say what changes in one sentence, for example “Faster basket”.` }]
      : []),
    ...(title > TITLE_MAX
      ? [
          {
            field: 'title' as const,
            problem: say`${title} characters are too many: keep it to ${TITLE_MAX}. Put the rest into what customers notice.`,
          },
        ]
      : []),
    ...(long(input.customers, CUSTOMERS_MAX)
      ? [
          {
            field: 'customers' as const,
            problem: say`Keep it to ${CUSTOMERS_MAX} characters: it is posted to stakeholders as it is.`,
          },
        ]
      : []),
    ...(long(input.rollbackPlan, ROLLBACK_MAX)
      ? [
          {
            field: 'rollbackPlan' as const,
            problem: say`Keep it to ${ROLLBACK_MAX} characters; link to the runbook for more.`,
          },
        ]
      : []),
  ];
};

const detailProblems = (release: Release): Problem[] => [
  ...((release.changeNumber?.length ?? 0) > 40
    ? [
        {
          field: 'changeNumber' as const,
          problem: say`Keep the change number to 40 characters, for example CHG0012345.`,
        },
      ]
    : []),
  ...(release.rehearsedOn !== null && !/^\d{4}-\d{2}-\d{2}$/.test(release.rehearsedOn)
    ? [{ field: 'rehearsedOn' as const, problem: say`Write the day of the rehearsal like 2026-11-03.` }]
    : []),
];

const affectsProblems = (release: Release, catalog: Catalog): Problem[] => {
  const unknown = release.affects.filter((name) => catalog.services[name] === undefined || name === release.service);
  return unknown.length === 0
    ? []
    : [
        {
          field: 'affects' as const,
          problem: say`${unknown.join(', ')} cannot be affected: name other services of the catalog.`,
        },
      ];
};

const whenProblem = (when: When, now: Instant): Problem[] => {
  if (when.kind !== 'at') return [];
  if (when.start <= now)
    return [
      {
        field: 'when',
        problem: say`${at(when.start)} is past. Pick a time that is still to come, or “As soon as approved”.`,
      },
    ];
  if (when.end !== null && when.end <= when.start)
    return [{ field: 'when', problem: say`The window ends before it starts. Put the end after ${at(when.start)}.` }];
  return [];
};

const typeOf = (input: ReleaseInput): ReleaseType => (input.hotfix ? 'hotfix' : 'normal');

/** Creates a draft. Refuses every bad field at once: unknown service, invalid, used or older version, title, time, over-long text. */
export const createRelease = (
  input: ReleaseInput,
  facts: VersionFacts,
  catalog: Catalog,
  identity: { workspace: WorkspaceId; id: ReleaseId; number: number },
  act: Act,
): Decision<{ release: Release; events: readonly EventDraft[] }> => {
  const service = catalog.services[input.service];
  const unknown: Problem[] =
    service === undefined
      ? [
          {
            field: 'service',
            problem: say`There is no service “${input.service}” in the catalog. Known: ${Object.keys(catalog.services).slice(0, 8).join(', ')}.`,
          },
        ]
      : [];
  const version = versionProblem(input, catalog, facts, act.now);
  const problems = [
    ...unknown,
    ...(version === null ? [] : [{ field: 'version' as const, problem: version }]),
    ...textProblems(input),
    ...whenProblem(input.when, act.now),
  ];
  if (problems.length > 0) return refuse({ code: 'fields', problems });
  const release: Release = {
    ...identity,
    service: input.service,
    affects: [],
    version: input.version,
    type: typeOf(input),
    title: input.title.trim(),
    customers: input.customers,
    owner: act.by,
    creator: act.by,
    submitter: null,
    deployer: null,
    artifact: { revision: 1, sha: null, digest: null },
    targets: protectedEnvironments(catalog),
    answers: input.answers,
    when: input.when,
    rollbackPlan: input.rollbackPlan ?? service?.rollbackPlan ?? null,
    rehearsedOn: null,
    changeNumber: null,
    askWhenReady: input.askWhenReady,
    changes: [],
    state: { status: 'draft', since: act.now, returned: null },
    hold: null,
    risk: null,
    fixes: null,
    everAsked: false,
    createdAt: act.now,
  };
  return allow({
    release,
    events: [happened(release.id, 'release.created', { service: release.service, version: release.version })],
  });
};

const closedForEditing = (s: Situation, did: string): Decision<never> | null =>
  notStarted(s.release)
    ? null
    : refuse({
        code: 'status',
        did,
        name: nameOf(s.release),
        status: s.release.state.status.replace('_', ' '),
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
  const closed = closedForEditing(s, 'Not changed');
  if (closed !== null) return closed;
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
  const closed = closedForEditing(s, 'Not added');
  if (closed !== null) return closed;
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
  const closed = closedForEditing(s, 'Not removed');
  if (closed !== null) return closed;
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
