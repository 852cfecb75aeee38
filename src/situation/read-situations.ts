/** Reads the situations of many releases at once, all kinds of rows in one statement. */

import { askedSince, assembleRounds, roundReadings, toGateResult } from '../approvals/round-store.ts';
import { currentCatalog } from '../catalog/catalog-store.ts';
import type { Db } from '../db/connection.ts';
import { readTogether, rowsOf } from '../db/reading.ts';
import {
  failuresSince,
  heldLocks,
  lastSuccesses,
  runningDeployments,
  type SuccessRow,
  toBreakGlass,
  toDeployment,
} from '../deployments/deployment-store.ts';
import { alternatives } from '../domain/approval-policy.ts';
import type { Catalog } from '../domain/catalog.ts';
import type { ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import { after, DAY, type Instant } from '../domain/instant.ts';
import { type Release, roleHolders } from '../domain/release.ts';
import type { Running, Situation } from '../domain/situation.ts';
import { compareVersions } from '../domain/version.ts';
import { liveFreezes, toException } from '../freezes/freeze-store.ts';
import { readReleases } from '../releases/release-store.ts';
import { toAction, toReview } from '../reviews/review-store.ts';
import { peopleReading } from '../slack/people-store.ts';

/** What belongs to the releases themselves, oldest first. */
const ofReleases = (db: Db, workspace: WorkspaceId, ids: readonly ReleaseId[]) => {
  const list = [...ids];
  return {
    gates: rowsOf(
      db
        .selectFrom('gate_results')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('at'),
    ),
    deployments: rowsOf(
      db
        .selectFrom('deployments')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('started_at')
        .orderBy('id'),
    ),
    grants: rowsOf(
      db
        .selectFrom('break_glass')
        .selectAll()
        .distinctOn('release_id')
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('release_id')
        .orderBy('granted_at', 'desc'),
    ),
    reviews: rowsOf(
      db
        .selectFrom('reviews')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('opened_at'),
    ),
    actions: rowsOf(
      db
        .selectFrom('actions')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('created_at'),
    ),
    exceptions: rowsOf(
      db
        .selectFrom('exceptions')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('requested_at'),
    ),
  };
};

/** What surrounds them: the services that they are of, the freezes, the people whom a decision may have to weigh. */
const aroundReleases = (
  db: Db,
  workspace: WorkspaceId,
  releases: readonly Release[],
  catalog: Catalog,
  now: Instant,
) => {
  const services = [...new Set(releases.map(({ service }) => service))];
  const environments = catalog.environments.map(({ name }) => name);
  const people = concerned(catalog, releases);
  return {
    freezes: liveFreezes(db, workspace, now),
    locks: heldLocks(db, workspace, services),
    busy: runningDeployments(db, workspace, services),
    successes: lastSuccesses(db, workspace, services, environments),
    failures: failuresSince(db, workspace, services, after(now, -30 * DAY)),
    people: peopleReading(db, workspace, people),
    askedLately: askedSince(db, workspace, people, after(now, -7 * DAY)),
  };
};

/** Everybody whom a decision about these releases may have to weigh. */
const concerned = (catalog: Catalog, releases: readonly Release[]): readonly UserId[] => [
  ...new Set([
    ...Object.values(catalog.groups).flatMap(({ people }) => people),
    ...Object.values(catalog.policies).flatMap(({ rules }) =>
      alternatives(rules)
        .flat()
        .flatMap(({ people }) => people),
    ),
    ...releases.flatMap(roleHolders),
  ]),
];

const newerThan = (
  release: Release,
  catalog: Catalog,
  successes: readonly SuccessRow[],
): Situation['around']['newer'] => {
  const scheme = catalog.services[release.service]?.versioning ?? 'free';
  const live = release.targets.map((environment) =>
    successes.filter((row) => row.service === release.service && row.environment === environment).at(-1),
  );
  const newer = live.find(
    (row) =>
      row !== undefined &&
      row.release !== release.id &&
      row.number > release.number &&
      compareVersions(scheme, row.version, release.version) >= 0,
  );
  return newer === undefined ? null : { release: newer.release, number: newer.number, version: newer.version };
};

const latestPerEnvironment = (successes: readonly Running[]): readonly Running[] => [
  ...new Map(successes.map((row) => [row.environment, row])).values(),
];

/** Situations as of `now`, in the order of `ids`; ids that this workspace does not have are left out. Throws without a catalog. */
export const readSituations = async (
  db: Db,
  workspace: WorkspaceId,
  ids: readonly ReleaseId[],
  now: Instant,
  given: readonly Release[] = [],
): Promise<readonly Situation[]> => {
  if (ids.length === 0) return [];
  const releases = given.length > 0 ? given : await readReleases(db, workspace, ids);
  const catalog = await currentCatalog(db, workspace);
  if (catalog === null) throw new Error(`Workspace ${workspace} has releases but no catalog.`);
  if (releases.length === 0) return [];
  const { gates, deployments, grants, reviews, actions, exceptions, people, successes, ...found } = await readTogether(
    db,
    {
      ...roundReadings(db, workspace, ids),
      ...ofReleases(db, workspace, ids),
      ...aroundReleases(db, workspace, releases, catalog, now),
    },
  );
  const rounds = assembleRounds(found);
  const inactive = people.filter(({ active, kind }) => !active || kind !== 'member').map(({ id }) => id);
  const zones = Object.fromEntries(people.map(({ id, zone }) => [id, zone]));
  const names = Object.fromEntries(people.map(({ id, name }) => [id, name]));

  const situation = (release: Release): Situation => {
    const mine = <Row extends { release_id: ReleaseId }>(rows: readonly Row[]) =>
      rows.filter((row) => row.release_id === release.id);
    const succeeded = successes.filter((row) => row.service === release.service);
    const grant = mine(grants)[0];
    return {
      release,
      round: rounds.get(release.id) ?? null,
      gates: mine(gates).map(toGateResult),
      deployments: mine(deployments).map(toDeployment),
      breakGlass: grant === undefined ? null : toBreakGlass(grant),
      reviews: mine(reviews).map(toReview),
      actions: mine(actions).map(toAction),
      exceptions: mine(exceptions).map(toException),
      locks: found.locks.filter(({ service }) => service === release.service),
      around: {
        freezes: found.freezes,
        busy: found.busy.filter((d) => d.service === release.service && d.release !== release.id),
        running: latestPerEnvironment(succeeded),
        succeeded,
        newer: newerThan(release, catalog, successes),
        failures30d: found.failures.get(release.service) ?? 0,
        inactive,
        askedLately: found.askedLately,
        zones,
        names,
        catalog,
      },
    };
  };
  const byId = new Map(releases.map((release) => [release.id, release]));
  return ids.flatMap((id) => {
    const release = byId.get(id);
    return release === undefined ? [] : [situation(release)];
  });
};

export const readSituation = async (
  db: Db,
  workspace: WorkspaceId,
  id: ReleaseId,
  now: Instant,
): Promise<Situation | null> => (await readSituations(db, workspace, [id], now))[0] ?? null;
