/**
 * What a situation is made of. Each slice's store exports its parts: what is read, what its rows mean, which rows a change leaves to be
 * saved. Reading and saving are two loops over the list that app.ts hands down; nothing here knows a kind of row.
 */

import { type CompiledQuery, type Expression, sql } from 'kysely';
import type { Db } from '../db/connection.ts';
import { build, given, rowsOf, together } from '../db/prepared.ts';
import { type Saved, saving } from '../db/rows.ts';
import { scored } from '../domain/approval/before-asking.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import type { ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import { keyNumber, type Release } from '../domain/release/release.ts';
import type { Situation, Surroundings } from '../domain/situation.ts';
import { after, DAY, type Instant } from '../domain/time.ts';
import type { Person } from '../slack/people-store.ts';

/** What the readings of parts ask about; the values come when they are sent. */
export const asked = {
  workspace: given<WorkspaceId>('workspace'),
  releases: given<ReleaseId[]>('releases'),
  /** Services besides those of the releases: of one that is still to be created. */
  services: given<string[]>('services'),
  environments: given<string[]>('environments'),
  /** Releases besides, whom the question names. */
  linked: given<string[]>('linked'),
  linkedNumbers: given<number[]>('linkedNumbers'),
  /** Everybody whom the catalog names, and the actor. */
  people: given<UserId[]>('people'),
  actor: given<UserId>('actor'),
  now: given<Instant>('now'),
  weekAgo: given<Instant>('weekAgo'),
  monthAgo: given<Instant>('monthAgo'),
};

/** `release_id` is one of the releases that are asked about. */
export const isOfReleases = sql<boolean>`release_id = any(${asked.releases}::text[])`;
/** The services that those releases, `target`, and the question are about: found once for all parts. */
export const isOfServices = sql<boolean>`service in (select service from services_asked)`;
export const servicesAsked = sql<{ service: string }>`services_asked`;
const servicesOfTarget = sql<{ service: string }>`(
  select service from target union select unnest(${asked.services}::text[]) as service)`;

type Query<Row> = Expression<unknown> & { execute: () => Promise<Row[]> };
type RowsOf<Readings> = {
  [Name in keyof Readings]: Readings[Name] extends Query<infer Row> ? readonly Row[] : never;
};

/** What a part fills in of a situation. */
type Filled = { own?: Partial<Omit<Situation, 'around' | 'release'>>; around?: Partial<Surroundings> };

type About = { catalog: Catalog; now: Instant };
export type Part<Fills extends Filled = Filled> = {
  readings: Readonly<Record<string, Expression<unknown>>>;
  /** What several readings look at, by the name under which they find it. */
  shared: Readonly<Record<string, Expression<unknown>>>;
  /** What the rows mean for one release. */
  of: (rows: Readonly<Record<string, readonly unknown[]>>, about: About) => (release: Release) => Fills;
  /** Rows that changed from one situation to the next. */
  saved: (before: Situation, after: Situation, now: Instant) => readonly Saved[];
};

/** Declares a part with the types of its rows. */
export const part = <Readings extends Readonly<Record<string, Query<unknown>>>, Fills extends Filled>(
  readings: Readings,
  of: (rows: RowsOf<Readings>, about: About) => (release: Release) => Fills,
  saved: Part['saved'] = () => [],
  shared: Part['shared'] = {},
  // The one place where the types of a part's rows are let go: whoever reads keeps each reading under its own name.
): Part<Fills> => ({ readings, of: of as unknown as Part<Fills>['of'], saved, shared });

/** The items of `after` that are not the same objects in `before`: rows that are the same object are the same row. */
export const changed = <Item>(before: readonly Item[], after: readonly Item[]): readonly Item[] => {
  const known = new Set(before);
  return after.filter((item) => !known.has(item));
};

/** Rows by the release that they are of. */
export const byRelease = <Row extends { release_id: ReleaseId }>(
  rows: readonly Row[],
): ((release: Release) => readonly Row[]) => {
  const groups = grouped(rows);
  return ({ id }) => groups.get(id) ?? [];
};

const grouped = <Row extends { release_id: ReleaseId }>(rows: readonly Row[]): Map<ReleaseId, Row[]> => {
  const groups = new Map<ReleaseId, Row[]>();
  for (const row of rows) groups.set(row.release_id, [...(groups.get(row.release_id) ?? []), row]);
  return groups;
};

/** The part that all others hang on. */
export type ReleasePart = {
  reading: Expression<unknown>;
  of: (rows: readonly unknown[]) => readonly Release[];
  saved: Part['saved'];
};

/** Catalogs by workspace and version, kept in memory: a version never changes. */
export type Catalogs = {
  known: (workspace: WorkspaceId) => Catalog | null;
  at: (db: Db, workspace: WorkspaceId, version: number) => Promise<Catalog>;
  /** The one in force; null in a workspace that is not set up. */
  current: (db: Db, workspace: WorkspaceId) => Promise<Catalog | null>;
  /** Everybody whom a decision under this catalog may have to weigh. */
  people: (catalog: Catalog) => readonly UserId[];
};

export type Scope = {
  workspace: WorkspaceId;
  releases: readonly ReleaseId[];
  services?: readonly string[];
  /** Releases besides, by their ids or keys. */
  linked?: readonly string[];
  actor: UserId | null;
  /** People besides, whom the question names. */
  people?: readonly UserId[];
  now: Instant;
};

export type Found = {
  catalog: Catalog;
  /** How far the journal was when it was read: nothing has happened in the workspace as long as it is no further. */
  head: number;
  /** Who acts, as we know them; null for the clock and for strangers. */
  actor: Person | null;
  /** In the order in which they were asked about; what this workspace does not have is left out. */
  situations: readonly Situation[];
  /** The situation of a release that is not stored yet. */
  around: (release: Release) => Situation;
};

export type Situations = {
  /** The one statement that reads them, by the catalog that is known. */
  reading: (scope: Scope) => CompiledQuery;
  /** What its rows mean. A catalog that has changed since is read, and everything anew. Null in a workspace that has no catalog. */
  found: (db: Db, scope: Scope, rows: readonly unknown[]) => Promise<Found | null>;
  /** Both at once. */
  read: (db: Db, scope: Scope) => Promise<Found | null>;
  /** The statements that save what changed. */
  saving: (before: Situation, after: Situation, now: Instant) => readonly CompiledQuery[];
};

const workspaceReading = build
  .selectFrom('workspaces')
  .select(['catalog_version', 'journal_seq'])
  .where('id', '=', asked.workspace);

type WorkspaceRow = { catalog_version: number | null; journal_seq: number };

const actorReading = build
  .selectFrom('people')
  .selectAll()
  .where('workspace_id', '=', asked.workspace)
  .where('id', '=', asked.actor);

const namedOnce = (parts: readonly Part[]): Readonly<Record<string, Expression<unknown>>> => {
  const entries = parts.flatMap(({ readings }) => Object.entries(readings));
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Two parts read ${twice}.`);
  return Object.fromEntries(entries);
};

/** Two loops over the parts. Throws when two of them read under the same name. */
export const situationsOf = (catalogs: Catalogs, first: ReleasePart, parts: readonly Part[]): Situations => {
  const ofTarget = build.selectFrom(sql<object>`target`.as('target')).selectAll();
  const readings = { workspace: workspaceReading, actor: actorReading, releases: ofTarget, ...namedOnce(parts) };
  const shared = Object.assign(
    { target: first.reading, services_asked: servicesOfTarget },
    ...parts.map((item) => item.shared),
  ) as Readonly<Record<string, Expression<unknown>>>;
  const statement = together(readings, shared);

  const under = (
    catalog: Catalog | null,
    { workspace, releases, services, linked, actor, people, now }: Scope,
  ): CompiledQuery =>
    statement({
      workspace,
      releases: [...releases],
      services: [...(services ?? [])],
      linked: [...(linked ?? [])],
      linkedNumbers: (linked ?? []).flatMap((reference) => keyNumber(reference) ?? []),
      environments: catalog?.environments.map(({ name }) => name) ?? [],
      people:
        catalog === null
          ? []
          : [...new Set([...catalogs.people(catalog), ...(people ?? []), ...(actor === null ? [] : [actor])])],
      actor: actor ?? '',
      now,
      weekAgo: after(now, -7 * DAY),
      monthAgo: after(now, -30 * DAY),
    });

  const assembled = (rows: ReturnType<typeof rowsOf>, catalog: Catalog, scope: Scope): Found => {
    const [{ journal_seq: head }] = rows['workspace'] as readonly [WorkspaceRow];
    const fillers = parts.map((item) => item.of(rows, { catalog, now: scope.now }));
    const around = (release: Release): Situation => {
      const filled = fillers.map((fill) => fill(release));
      const own = Object.assign({}, ...filled.map((item) => item.own)) as Omit<Situation, 'release' | 'around'>;
      const surroundings = Object.assign({ catalog }, ...filled.map((item) => item.around)) as Surroundings;
      const s: Situation = { release, ...own, around: surroundings };
      // Not asked yet: its risk, and what follows from that, is what it would be asked with now.
      return release.state.status === 'draft' ? scored(s, scope.now) : s;
    };
    const known = new Map(first.of(rows['releases'] ?? []).map((release) => [release.id, release]));
    const [actor] = (rows['actor'] ?? []) as readonly Person[];
    return {
      catalog,
      head,
      actor: actor ?? null,
      situations: scope.releases.flatMap((id) => known.get(id) ?? []).map(around),
      around,
    };
  };

  const found: Situations['found'] = async (db, scope, given_) => {
    const rows = rowsOf(given_);
    const [row] = (rows['workspace'] ?? []) as readonly WorkspaceRow[];
    const version = row?.catalog_version ?? null;
    if (version === null) return null;
    const known = catalogs.known(scope.workspace);
    if (known?.version === version) return assembled(rows, known, scope);
    const catalog = await catalogs.at(db, scope.workspace, version);
    const anew = await db.executeQuery(under(catalog, scope));
    return assembled(rowsOf(anew.rows), catalog, scope);
  };

  const reading: Situations['reading'] = (scope) => under(catalogs.known(scope.workspace), scope);
  return {
    reading,
    found,
    read: async (db, scope) => found(db, scope, (await db.executeQuery(reading(scope))).rows),
    saving: (before, after_, now) =>
      [first, ...parts].flatMap(({ saved }) => saved(before, after_, now)).flatMap(saving),
  };
};
