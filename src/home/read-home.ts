/** Everything that a person's Home shows, read with a fixed number of statements whatever the amount of data. */

import { roundsAsking } from '../approvals/round-store.ts';
import { currentCatalog } from '../catalog/catalog-store.ts';
import { releasesAsking } from '../courier/messages.ts';
import type { Db } from '../db/connection.ts';
import {
  heldLocks,
  lastSuccesses,
  openEmergencies,
  runningDeployments,
  type SuccessRow,
} from '../deployments/deployment-store.ts';
import { type Catalog, hasRole, membersOf } from '../domain/catalog/catalog.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import type { Lock } from '../domain/deployment/lock.ts';
import { isReplaced } from '../domain/deployment/newer.ts';
import { isOvertaken } from '../domain/deployment/standing.ts';
import { byDutyUrgency, type Duty, dutiesOf } from '../domain/duties.ts';
import type { Freeze } from '../domain/freeze/calendar.ts';
import type { ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import { readerOf } from '../domain/permissions.ts';
import { notStarted, planOrNow, type Release } from '../domain/release/release.ts';
import { byUrgency } from '../domain/release/urgency.ts';
import type { ActionItem } from '../domain/review/action.ts';
import { after, DAY, type Instant } from '../domain/time.ts';
import { liveFreezes } from '../freezes/freeze-store.ts';
import { openReleases, openReleasesOf, openReleasesOfServices, ownerlessReleases } from '../releases/release-store.ts';
import { dueReviewsOf, openActionsOf } from '../reviews/review-store.ts';
import type { Situations } from '../situation/parts.ts';
import { type Seen, seenBy } from '../situation/seen-by.ts';
import { type HomeView, readPerson } from '../slack/people-store.ts';

const SHOWN = 10;
const MOST_TOLD = 40;
/** So many rows are looked at to find those that matter most. */
const LOOKED_AT = 200;

/** Something else runs where it failed: nobody has to act. */
const isOver = (s: Seen | undefined): boolean => s !== undefined && (isReplaced(s) || isOvertaken(s));

export type HomeFacts = {
  catalog: Catalog;
  person: UserId;
  now: Instant;
  view: HomeView;
  /** What of which release waits for this person, the most pressing first. */
  duties: readonly { s: Seen; duty: Duty }[];
  actions: readonly ActionItem[];
  /** Rounds that ask them, as far as they were read. */
  asked: number;
  /** Everything open by that view, the most pressing first, as far as it was read. */
  open: readonly Seen[];
  /** By the chosen view: theirs, those of their services, or everything. */
  listed: readonly Seen[];
  /** How many there are by that view. */
  total: number;
  /** Everything of theirs that has not started: what a freeze may hold. */
  planned: readonly Seen[];
  /** How many of them failed. */
  failed: number;
  /** What of it is planned for the next seven days, the soonest first. */
  soon: readonly Release[];
  running: readonly Deployment[];
  locks: readonly Lock[];
  successes: readonly SuccessRow[];
  freezes: readonly Freeze[];
  services: readonly string[];
};

const servicesOf = (catalog: Catalog, person: UserId): readonly string[] =>
  Object.keys(catalog.services).filter((name) => membersOf(catalog, ['$owners'], name).includes(person));

/** `null` in a workspace without a catalog. */
export const readHome = async (
  situations: Situations,
  db: Db,
  workspace: WorkspaceId,
  person: UserId,
  now: Instant,
  wanted: HomeView | null = null,
): Promise<HomeFacts | null> => {
  const catalog = await currentCatalog(db, workspace);
  if (catalog === null) return null;
  const chosen = wanted ?? (await readPerson(db, workspace, person))?.home_view ?? null;
  const view: HomeView = chosen ?? (hasRole(catalog, 'release_manager', person) ? 'everything' : 'mine');
  const mine = servicesOf(catalog, person);
  const services = mine.length > 0 ? mine : Object.keys(catalog.services);
  const environments = catalog.environments.map(({ name }) => name);
  const manages = hasRole(catalog, 'release_manager', person);
  const cares = manages ? Object.keys(catalog.services) : mine;
  const [asking, due, asked, own, others, actions, running, locks, successes, freezes, emergencies, ownerless] =
    await Promise.all([
      roundsAsking(db, workspace, person),
      dueReviewsOf(db, workspace, person, now),
      releasesAsking(db, workspace, person),
      openReleasesOf(db, workspace, person, LOOKED_AT),
      view === 'services'
        ? openReleasesOfServices(db, workspace, services, readerOf(catalog, person), LOOKED_AT)
        : openReleases(db, workspace, readerOf(catalog, person), LOOKED_AT),
      openActionsOf(db, workspace, person, LOOKED_AT),
      runningDeployments(db, workspace, services),
      heldLocks(db, workspace, services, now),
      lastSuccesses(db, workspace, services, environments),
      liveFreezes(db, workspace, catalog, now),
      openEmergencies(db, workspace, now),
      ownerlessReleases(db, workspace, cares),
    ]);
  const all = view === 'mine' ? own : others;
  const sorted = [...all].sort(byUrgency(now, emergencies));
  // Whoever wants everything is told of more than Home shows.
  const wider = sorted.slice(0, wanted === null ? SHOWN : MOST_TOLD);
  // What waits for somebody is counted, however much of theirs is open.
  const mineFirst = [...own].sort(byUrgency(now, emergencies)).slice(0, MOST_TOLD);
  const held = freezes.length === 0 ? [] : own.filter(notStarted);
  const ids = new Set<ReleaseId>([
    ...asking,
    ...due.map(({ release }) => release),
    ...asked,
    ...running.filter(({ runBy }) => runBy === person).map(({ release }) => release),
    ...mineFirst.map(({ id }) => id),
    ...ownerless,
    ...held.map(({ id }) => id),
    ...wider.map(({ id }) => id),
  ]);
  const read = await situations.read(db, { workspace, releases: [...ids], actor: person, now });
  const visible = new Map(
    (read?.situations ?? []).flatMap((s) => seenBy(s, person) ?? []).map((s) => [s.release.id, s]),
  );
  const of = (list: readonly ReleaseId[]): readonly Seen[] => list.flatMap((id) => visible.get(id) ?? []);
  const open = of(wider.map(({ id }) => id));
  const listed = open.slice(0, SHOWN);
  return {
    running,
    locks,
    successes,
    freezes,
    catalog,
    person,
    now,
    view,
    services,
    total: all.length,
    planned: of(held.map(({ id }) => id)),
    duties: [...visible.values()]
      .flatMap((s) => dutiesOf(s, person, now).map((duty) => ({ s, duty })))
      .sort(byDutyUrgency(now)),
    asked: asking.length,
    actions: actions.map(({ action }) => action),
    open,
    listed,
    failed: all.filter(({ id, state }) => state.status === 'failed' && !isOver(visible.get(id))).length,
    soon: all
      .filter((release) => release.hold === null && notStarted(release))
      .filter(({ when }) => when.kind === 'at' && when.start > now && when.start < after(now, 7 * DAY))
      .sort((a, b) => (planOrNow(a, now) < planOrNow(b, now) ? -1 : 1)),
  };
};
