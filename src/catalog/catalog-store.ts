/** Catalog versions. A version never changes, so a parsed one is kept in memory by workspace and number. */
import type { Db, Tx } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import type { Catalog } from '../domain/catalog.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';

const KEEP = 200;
const parsed = new Map<string, Catalog>();

const remember = (key: string, catalog: Catalog): Catalog => {
  if (parsed.size >= KEEP) parsed.delete(parsed.keys().next().value ?? '');
  parsed.set(key, catalog);
  return catalog;
};

/** The current catalog; `null` in a workspace that is not set up. */
export const currentCatalog = async (db: Db, workspace: WorkspaceId): Promise<Catalog | null> => {
  const latest = await db
    .selectFrom('catalogs')
    .select(['version', 'source_hash'])
    .where('workspace_id', '=', workspace)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (latest === undefined) return null;
  const key = `${workspace}/${latest.version}/${latest.source_hash}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const row = await db
    .selectFrom('catalogs')
    .select('document')
    .where('workspace_id', '=', workspace)
    .where('version', '=', latest.version)
    .executeTakeFirstOrThrow();
  return remember(key, row.document);
};

export const catalogWithHash = async (db: Db, workspace: WorkspaceId, hash: string): Promise<number | null> => {
  const row = await db
    .selectFrom('catalogs')
    .select('version')
    .where('workspace_id', '=', workspace)
    .where('source_hash', '=', hash)
    .executeTakeFirst();
  return row?.version ?? null;
};

export const insertCatalog = async (
  tx: Tx,
  workspace: WorkspaceId,
  row: { catalog: Catalog; source: string; hash: string; by: string; at: Instant },
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
    })
    .execute();
};
