/** Planning a release: created, edited, scheduled, held, cancelled. Each refusal names the field and the way out. */

import { type Catalog, protectedEnvironments, type ReleaseType, type Service } from '../catalog/catalog.ts';
import { type EventDraft, happened } from '../events.ts';
import type { ReleaseId, UserId, WorkspaceId } from '../ids.ts';
import { noService } from '../nearest.ts';
import { maySee } from '../permissions.ts';
import { allow, type Decision, type Field, refuse } from '../refusal.ts';
import { artifactProblems } from '../release/artifact.ts';
import { type Answers, keyOf, type Release, statusOf, type When } from '../release/release.ts';
import {
  compareVersions,
  highestVersion,
  isVersion,
  nextVersion,
  patchVersion,
  versionExample,
  versionMeant,
} from '../release/version.ts';
import type { Act } from '../situation.ts';
import { after, DAY, type Instant, isOnCalendar } from '../time.ts';
import { at, command, cut, type Sentence, say } from '../words.ts';

export const TITLE_MAX = 120;

/** Plans reach no further than a year. */
const FURTHEST = 366 * DAY;

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
  /** What it fixes, where it is a hotfix of something that is known: an id or a key. */
  fixes?: string | undefined;
  askWhenReady: boolean;
  /** Who answers for it, where it is planned by a token. */
  owner?: UserId | undefined;
  sha?: string | null | undefined;
  digest?: string | null | undefined;
};

/** What a preset may want to know besides, before anybody is asked. */
export type PlanDetails = { changeNumber: string | null; rehearsedOn: string | null };

/** What creating needs to know of the service's other releases. */
export type VersionFacts = {
  taken: Release | null;
  deployed: { version: string; since: Instant } | null;
  /** Of the newest releases that were not given up before anybody was asked. */
  recent: readonly string[];
};

/** The version to propose: what follows the highest that was used; `null` where the scheme has no order. */
export const proposedVersion = (
  service: Pick<Service, 'versioning' | 'zone'>,
  facts: Pick<VersionFacts, 'recent' | 'deployed'>,
  now: Instant,
): string | null => {
  const { versioning } = service;
  const used = [...facts.recent, ...(facts.deployed === null ? [] : [facts.deployed.version])].filter((version) =>
    isVersion(versioning, version),
  );
  return nextVersion(versioning, highestVersion(versioning, used), now, service.zone);
};

/** The version of a fix: the one that it fixes with a higher patch; `null` where that is used, or where the scheme has no patches. */
export const hotfixVersion = (
  service: Pick<Service, 'versioning'> | undefined,
  { recent }: Pick<VersionFacts, 'recent'>,
  fixed: string,
): string | null => {
  const version = service === undefined ? null : patchVersion(service.versioning, fixed);
  return version === null || recent.includes(version) ? null : version;
};

type Problem = { field: Field; problem: Sentence };

const versionProblem = (input: ReleaseInput, catalog: Catalog, facts: VersionFacts, act: Act): Sentence | null => {
  const service = catalog.services[input.service];
  if (service === undefined) return null;
  const scheme = service.versioning;
  if (input.version === '') return say`Say which version: ${input.service} has them like ${versionExample(scheme)}.`;
  if (!isVersion(scheme, input.version))
    return say`“${cut(input.version, 40)}” is not a version as ${input.service} numbers them. Write one like ${versionExample(scheme)}.`;
  const next = proposedVersion(service, facts, act.now);
  const proposal: Sentence = next === null ? [] : say` Next is ${next}.`;
  if (facts.taken !== null) {
    const { state } = facts.taken;
    const where = maySee(catalog, facts.taken, act.by)
      ? say`${keyOf(facts.taken)}, ${statusOf(state)} since ${at(state.since)}`
      : say`a draft that only those named on it see`;
    return say`Not created: ${input.service} ${input.version} exists (${where}).${proposal}`;
  }
  if (facts.deployed !== null && compareVersions(scheme, input.version, facts.deployed.version) < 0) {
    return say`${input.version} is older than ${facts.deployed.version} in production.${proposal} To go back, use ${command(`rollback ${input.service} "why"`)}.`;
  }
  return null;
};

export const textProblems = (input: Pick<ReleaseInput, 'title' | 'customers' | 'rollbackPlan'>): Problem[] => {
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

/** A day that is still to come, wherever its people are, has rehearsed nothing. */
const rehearsalProblems = (day: string, today: string): Problem[] =>
  !/^\d{4}-\d{2}-\d{2}$/.test(day) || !isOnCalendar(day)
    ? [{ field: 'rehearsedOn', problem: say`Write the day of the rehearsal like 2026-11-03.` }]
    : day > today
      ? [{ field: 'rehearsedOn', problem: say`${day} is still to come. Write the day on which going back was tried.` }]
      : [];

/** `today`: the latest day that it is for any of its people, like 2026-11-03. */
export const detailProblems = (release: Release, today: string): Problem[] => [
  ...((release.changeNumber?.length ?? 0) > 40
    ? [
        {
          field: 'changeNumber' as const,
          problem: say`Keep the change number to 40 characters, for example CHG0012345.`,
        },
      ]
    : []),
  ...(release.rehearsedOn === null ? [] : rehearsalProblems(release.rehearsedOn, today)),
];

export const affectsProblems = (release: Release, catalog: Catalog): Problem[] => {
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

/** Said beside a time whose year is another one: a time is shown without. */
const otherYear = (time: Instant, now: Instant): string =>
  time.slice(0, 4) === now.slice(0, 4) ? '' : ` ${time.slice(0, 4)}`;

export const whenProblem = (when: When, now: Instant): Problem[] => {
  if (when.kind !== 'at') return [];
  if (when.start <= now)
    return [
      {
        field: 'when',
        problem: say`${at(when.start)}${otherYear(when.start, now)} is past. Pick a time that is still to come, or “As soon as approved”.`,
      },
    ];
  if (when.start > after(now, FURTHEST))
    return [
      {
        field: 'when',
        problem: say`${at(when.start)} is more than a year away. Pick a nearer time, or “Not decided yet”.`,
      },
    ];
  if (when.end !== null && when.end <= when.start)
    return [{ field: 'when', problem: say`The window ends before it starts. Put the end after ${at(when.start)}.` }];
  return [];
};

const typeOf = (input: ReleaseInput): ReleaseType => (input.hotfix ? 'hotfix' : 'normal');

type Identity = { workspace: WorkspaceId; id: ReleaseId; number: number };

/** The draft that an input makes, whether or not it may be created: the form shows what would be in its way. */
export const draftOf = (input: ReleaseInput, catalog: Catalog, identity: Identity, act: Act): Release => ({
  ...identity,
  service: input.service,
  affects: [],
  version: input.version,
  type: typeOf(input),
  title: input.title.trim(),
  customers: input.customers,
  owner: input.owner ?? act.by,
  creator: act.by,
  submitter: null,
  deployer: null,
  artifact: { revision: 1, sha: input.sha ?? null, digest: input.digest ?? null },
  targets: protectedEnvironments(catalog),
  answers: input.answers,
  when: input.when,
  rollbackPlan: input.rollbackPlan ?? catalog.services[input.service]?.rollbackPlan ?? null,
  rehearsedOn: null,
  changeNumber: null,
  askWhenReady: input.askWhenReady,
  fixes: null,
  needs: [],
  changes: [],
  state: { status: 'draft', since: act.now, returned: null },
  hold: null,
  risk: null,
  everAsked: false,
  vouchedBy: act.vouches === undefined ? [] : [act.vouches],
  createdAt: act.now,
});

/** Creates a draft. Refuses every bad field at once: unknown service, invalid, used or older version, title, time, over-long text. */
export const createRelease = (
  typed: ReleaseInput,
  facts: VersionFacts,
  catalog: Catalog,
  identity: Identity,
  act: Act,
): Decision<{ release: Release; events: readonly EventDraft[] }> => {
  const service = catalog.services[typed.service];
  const input = service === undefined ? typed : { ...typed, version: versionMeant(service.versioning, typed.version) };
  const unknown: Problem[] =
    service === undefined
      ? [
          {
            field: 'service',
            problem: noService(input.service, Object.keys(catalog.services)),
          },
        ]
      : [];
  const version = versionProblem(input, catalog, facts, act);
  const problems = [
    ...unknown,
    ...(version === null ? [] : [{ field: 'version' as const, problem: version }]),
    ...textProblems(input),
    ...whenProblem(input.when, act.now),
    ...artifactProblems({ sha: input.sha ?? null, digest: input.digest ?? null }),
  ];
  if (problems.length > 0) return refuse({ code: 'fields', problems });
  const release = draftOf(input, catalog, identity, act);
  return allow({
    release,
    events: [happened(release.id, 'release.created', { service: release.service, version: release.version })],
  });
};
