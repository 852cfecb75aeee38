/** Reads the situations of many releases at once, each kind of row with one query, inside one snapshot or transaction. */

import { askedSince, latestRounds, toGateResult } from '../approvals/round-store.ts';
import { currentCatalog } from '../catalog/catalog-store.ts';
import type { Db } from '../db/connection.ts';
import {
  failuresSince,
  heldLocks,
  lastSuccesses,
  runningDeployments,
  type SuccessRow,
  toBreakGlass,
  toDeployment,
} from '../deployments/deployment-store.ts';
import type { Catalog } from '../domain/catalog.ts';
import type { ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import { after, DAY, type Instant } from '../domain/instant.ts';
import { type Release, roleHolders } from '../domain/release.ts';
import type { Running, Situation } from '../domain/situation.ts';
import { compareVersions } from '../domain/version.ts';
import { liveFreezes, toException } from '../freezes/freeze-store.ts';
import { readReleases } from '../releases/release-store.ts';
import { toAction, toReview } from '../reviews/review-store.ts';
import { readPeople } from '../slack/people-store.ts';

const ofRelease = (db: Db, workspace: WorkspaceId, ids: readonly ReleaseId[]) => {
  const list = [...ids];
  return {
    gates: () =>
      db
        .selectFrom('gate_results')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('at')
        .execute(),
    deployments: () =>
      db
        .selectFrom('deployments')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('started_at')
        .orderBy('id')
        .execute(),
    grants: () =>
      db
        .selectFrom('break_glass')
        .selectAll()
        .distinctOn('release_id')
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('release_id')
        .orderBy('granted_at', 'desc')
        .execute(),
    reviews: () =>
      db
        .selectFrom('reviews')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('opened_at')
        .execute(),
    actions: () =>
      db
        .selectFrom('actions')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('created_at')
        .execute(),
    exceptions: () =>
      db
        .selectFrom('exceptions')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('release_id', 'in', list)
        .orderBy('requested_at')
        .execute(),
  };
};

/** Everybody whom a decision about these releases may have to weigh. */
const concerned = (catalog: Catalog, releases: readonly Release[]): readonly UserId[] => [
  ...new Set([...Object.values(catalog.groups).flatMap(({ people }) => people), ...releases.flatMap(roleHolders)]),
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
  const services = [...new Set(releases.map(({ service }) => service))];
  if (services.length === 0) return [];
  const environments = catalog.environments.map(({ name }) => name);
  const own = ofRelease(db, workspace, ids);
  const [rounds, gates, deployments, grants, reviews, actions, exceptions] = [
    await latestRounds(db, workspace, ids),
    await own.gates(),
    await own.deployments(),
    await own.grants(),
    await own.reviews(),
    await own.actions(),
    await own.exceptions(),
  ];
  const freezes = await liveFreezes(db, workspace, now);
  const locks = await heldLocks(db, workspace, services);
  const busy = await runningDeployments(db, workspace, services);
  const successes = await lastSuccesses(db, workspace, services, environments);
  const failures = await failuresSince(db, workspace, services, after(now, -30 * DAY));
  const people = await readPeople(db, workspace, concerned(catalog, releases));
  const askedLately = await askedSince(db, workspace, after(now, -7 * DAY));
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
      locks: locks.filter(({ service }) => service === release.service),
      around: {
        freezes,
        busy: busy.filter((d) => d.service === release.service && d.release !== release.id),
        running: latestPerEnvironment(succeeded),
        succeeded,
        newer: newerThan(release, catalog, successes),
        failures30d: failures.get(release.service) ?? 0,
        inactive,
        askedLately,
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
