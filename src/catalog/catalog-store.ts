/** Catalog versions. What a version says never changes, so a parsed one is kept in memory by workspace and number. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import { alternatives } from '../domain/approval/rules.ts';
import { type Catalog, withOwnNames } from '../domain/catalog/catalog.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Catalogs } from '../situation/parts.ts';
import { holidaysOf } from './holidays.ts';

const KEEP = 200;
const remembered = new Map<WorkspaceId, Catalog>();

const remember = (workspace: WorkspaceId, catalog: Catalog): Catalog => {
  remembered.delete(workspace);
  const oldest = remembered.keys().next().value;
  if (remembered.size >= KEEP && oldest !== undefined) remembered.delete(oldest);
  remembered.set(workspace, catalog);
  return catalog;
};

/** The version of a catalog, from memory when it is the one that was used last. */
const catalogAt = async (db: Db, workspace: WorkspaceId, version: number): Promise<Catalog> => {
  const known = remembered.get(workspace);
  if (known?.version === version) return known;
  const row = await db
    .selectFrom('catalogs')
    .select('document')
    .where('workspace_id', '=', workspace)
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  const countries = Object.values(row.document.services).flatMap(({ country }) => country ?? []);
  const holidays = countries.length === 0 ? {} : { holidays: await holidaysOf(countries) };
  return remember(workspace, withOwnNames({ ...row.document, ...holidays, version }));
};

/** Everybody whom a decision under this catalog may have to weigh. */
const peopleOf = (catalog: Catalog): readonly UserId[] => [
  ...new Set([
    ...Object.values(catalog.groups).flatMap(({ people }) => people),
    ...Object.values(catalog.policies).flatMap(({ rules }) =>
      alternatives(rules)
        .flat()
        .flatMap(({ people }) => people),
    ),
  ]),
];

/** The current catalog; `null` in a workspace that is not set up. */
export const currentCatalog = async (db: Db, workspace: WorkspaceId): Promise<Catalog | null> => {
  const row = await db
    .selectFrom('workspaces')
    .select('catalog_version')
    .where('id', '=', workspace)
    .executeTakeFirst();
  return row?.catalog_version == null ? null : catalogAt(db, workspace, row.catalog_version);
};

export const catalogs: Catalogs = {
  known: (workspace) => remembered.get(workspace) ?? null,
  at: catalogAt,
  current: currentCatalog,
  people: peopleOf,
};

/** What follows the text's own hash in a version that only says who is in the groups now. */
const MEMBERS = '/members-';
export const membersHash = (hash: string, version: number): string =>
  `${hash.split('/')[0] ?? hash}${MEMBERS}${version}`;

/** The newest version that this text was stored as, and whether it ever took effect. */
export const catalogWithHash = async (
  db: Db,
  workspace: WorkspaceId,
  hash: string,
): Promise<{ version: number; active: boolean } | null> => {
  const row = await db
    .selectFrom('catalogs')
    .select(['version', 'active_at'])
    .where('workspace_id', '=', workspace)
    .where((eb) => eb.or([eb('source_hash', '=', hash), eb('source_hash', 'like', `${hash}/%`)]))
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : { version: row.version, active: row.active_at !== null };
};

/** Whether another text took effect after this version was proposed: then it is about rules that are not there any more. */
export const isOvertaken = async (db: Db, workspace: WorkspaceId, version: number): Promise<boolean> => {
  const row = await db
    .selectFrom('catalogs')
    .select('version')
    .where('workspace_id', '=', workspace)
    .where('version', '>', version)
    .where('active_at', 'is not', null)
    .where('source_hash', 'not like', `%${MEMBERS}%`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};

export type CatalogVersion = {
  version: number;
  source: string;
  hash: string;
  document: Catalog;
  by: string;
  activeAt: Instant | null;
  activatedBy: UserId | 'signalbox' | null;
};

const versions = (db: Db, workspace: WorkspaceId) =>
  db.selectFrom('catalogs').selectAll().where('workspace_id', '=', workspace).orderBy('version', 'desc').limit(1);

const toVersion = (row: Awaited<ReturnType<ReturnType<typeof versions>['executeTakeFirst']>>): CatalogVersion | null =>
  row === undefined
    ? null
    : {
        version: row.version,
        source: row.source,
        hash: row.source_hash,
        document: withOwnNames(row.document),
        by: row.applied_by,
        activeAt: row.active_at,
        activatedBy: row.activated_by,
      };

export const newestCatalog = async (db: Db, workspace: WorkspaceId): Promise<CatalogVersion | null> =>
  toVersion(await versions(db, workspace).executeTakeFirst());

export const catalogVersion = async (db: Db, workspace: WorkspaceId, version: number): Promise<CatalogVersion | null> =>
  toVersion(await versions(db, workspace).where('version', '=', version).executeTakeFirst());

/** The newest active version is the one in force: the workspace's row says which. */
const pointAtNewest = async (tx: Tx, workspace: WorkspaceId): Promise<void> => {
  await tx
    .updateTable('workspaces')
    .set((eb) => ({
      catalog_version: eb
        .selectFrom('catalogs')
        .select(({ fn }) => fn.max('version').as('newest'))
        .where('workspace_id', '=', workspace)
        .where('active_at', 'is not', null),
    }))
    .where('id', '=', workspace)
    .execute();
};

export const setActive = async (
  tx: Tx,
  workspace: WorkspaceId,
  version: number,
  by: UserId | 'signalbox',
  at: Instant,
): Promise<void> => {
  await tx
    .updateTable('catalogs')
    .set({ active_at: at, activated_by: by })
    .where('workspace_id', '=', workspace)
    .where('version', '=', version)
    .execute();
  await pointAtNewest(tx, workspace);
};

const swapped = (column: string, from: string, to: string) =>
  sql`(select coalesce(jsonb_agg(case when item = ${from} then ${to} else item end), '[]') from jsonb_array_elements_text(${sql.raw(column)}) item)`;

/** Moves everything that is kept under a service's or an environment's old name to its new one. */
export const rename = async (
  tx: Tx,
  workspace: WorkspaceId,
  what: 'service' | 'environment',
  from: string,
  to: string,
): Promise<void> => {
  const tables =
    what === 'service' ? ['releases', 'deployments', 'locks'] : ['deployments', 'locks', 'exceptions', 'break_glass'];
  for (const table of tables)
    await sql`update ${sql.table(table)} set ${sql.ref(what)} = ${to} where workspace_id = ${workspace} and ${sql.ref(what)} = ${from}`.execute(
      tx,
    );
  const list = what === 'service' ? 'affects' : 'targets';
  await sql`update releases set ${sql.ref(list)} = ${swapped(list, from, to)} where workspace_id = ${workspace} and ${sql.ref(list)} @> ${json([from])}::jsonb`.execute(
    tx,
  );
  // What was approved is the same thing under its new name; the hash of the round stays, because buttons carry it.
  await sql`update rounds set snapshot = jsonb_set(snapshot, ${`{${list}}`}::text[], ${swapped(`snapshot -> '${list}'`, from, to)})
    where workspace_id = ${workspace} and state in ('open', 'approved') and snapshot -> ${list} @> ${json([from])}::jsonb`.execute(
    tx,
  );
  for (const key of what === 'service' ? ['services', 'except'] : ['environments'])
    await sql`update freezes set scope = jsonb_set(scope, ${`{${key}}`}::text[], ${swapped(`scope -> '${key}'`, from, to)})
      where workspace_id = ${workspace} and scope -> ${key} @> ${json([from])}::jsonb`.execute(tx);
  const key = what === 'service' ? 'services' : 'environments';
  // A token, or a webhook, that was kept to the old name is kept to the new one: never to everything.
  for (const table of what === 'service' ? ['tokens', 'webhooks'] : ['tokens'])
    await sql`update ${sql.table(table)} set ${sql.ref(key)} = ${swapped(key, from, to)} where workspace_id = ${workspace} and ${sql.ref(key)} @> ${json([from])}::jsonb`.execute(
      tx,
    );
};

export const insertCatalog = async (
  tx: Tx,
  workspace: WorkspaceId,
  row: { catalog: Catalog; source: string; hash: string; by: UserId | 'signalbox'; at: Instant; active: boolean },
): Promise<void> => {
  await tx
    .insertInto('catalogs')
    .values({
      workspace_id: workspace,
      version: row.catalog.version,
      source: row.source,
      source_hash: row.hash,
      document: json(row.catalog),
      applied_by: row.by,
      applied_at: row.at,
      active_at: row.active ? row.at : null,
      activated_by: row.active ? row.by : null,
    })
    .execute();
  if (row.active) await pointAtNewest(tx, workspace);
};
