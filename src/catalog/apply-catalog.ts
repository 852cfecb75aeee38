/** Applies a catalog text as the next version, once: a text that was ever applied is not applied again. */
import { createHash } from 'node:crypto';
import type { Tx } from '../db/connection.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog.ts';
import type { EventDraft } from '../domain/events.ts';
import type { UserId } from '../domain/ids.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { OPEN_STATUSES } from '../domain/release.ts';
import { appendEvents, named } from '../journal/append.ts';
import { wakeOpenReleases } from '../releases/release-store.ts';
import { takeGuard } from '../situation/change-release.ts';
import { problemLine, readCatalogText } from './catalog-document.ts';
import { catalogWithHash, currentCatalog, insertCatalog } from './catalog-store.ts';
import { type Directory, resolveCatalog } from './resolve-catalog.ts';

export type Applied = { version: number; fresh: boolean };
export type ApplyResult = { ok: true; applied: Applied } | { ok: false; problems: readonly string[] };

const hashOf = (source: string): string => createHash('sha256').update(source).digest('hex');

/** Services and environments that the new version drops although releases or locks of them are open. */
const dropped = async (tx: Tx, ctx: Ctx, next: Catalog): Promise<readonly string[]> => {
  const open = await tx
    .selectFrom('releases')
    .select('service')
    .distinct()
    .where('workspace_id', '=', ctx.workspace)
    .where('status', 'in', [...OPEN_STATUSES])
    .execute();
  const locked = await tx
    .selectFrom('locks')
    .select(['service', 'environment'])
    .where('workspace_id', '=', ctx.workspace)
    .where('lifted_at', 'is', null)
    .execute();
  const services = [...open.map(({ service }) => service), ...locked.map(({ service }) => service)].filter(
    (name) => next.services[name] === undefined,
  );
  const environments = locked
    .map(({ environment }) => environment)
    .filter((name) => !next.environments.some((known) => known.name === name));
  return [
    ...new Set([...services.map((name) => `service ${name}`), ...environments.map((name) => `environment ${name}`)]),
  ];
};

/** Checks, resolves names with Slack, then stores under the guard. Problems are sentences with line and path. */
export const applyCatalog = async (
  deps: Deps,
  ctx: Ctx,
  source: string,
  admins: readonly UserId[],
  directory: Directory,
): Promise<ApplyResult> => {
  const read = readCatalogText(source);
  if (!read.ok) return { ok: false, problems: read.problems.map(problemLine) };
  const known = await catalogWithHash(deps.database.db, ctx.workspace, hashOf(source));
  if (known !== null) return { ok: true, applied: { version: known, fresh: false } };
  const resolved = await resolveCatalog(read.document, 0, admins, directory);
  if (!resolved.ok) return { ok: false, problems: resolved.problems.map(({ path, problem }) => `${path}: ${problem}`) };
  const stored = await transact(deps, ctx, 'apply catalog', 'catalog', (tx) =>
    store(deps, ctx, tx, source, resolved.catalog),
  );
  if (!stored.ok)
    return { ok: false, problems: [stored.refusal.code === 'ambiguous' ? stored.refusal.what : stored.refusal.code] };
  return { ok: true, applied: stored.value };
};

const store = async (deps: Deps, ctx: Ctx, tx: Tx, source: string, resolved: Catalog): Promise<Decision<Applied>> => {
  await takeGuard(tx, ctx, 'update');
  const hash = hashOf(source);
  const known = await catalogWithHash(tx, ctx.workspace, hash);
  if (known !== null) return allow({ version: known, fresh: false });
  const missing = await dropped(tx, ctx, resolved);
  if (missing.length > 0)
    return refuse({
      code: 'ambiguous',
      what: `The catalog drops ${missing.join(', ')}, which have open releases or locks. Finish those first, or keep the names`,
      examples: [],
    });
  const catalog: Catalog = { ...resolved, version: ((await currentCatalog(tx, ctx.workspace))?.version ?? 0) + 1 };
  await wakeOpenReleases(tx, ctx.workspace, ctx.now);
  await insertCatalog(tx, ctx.workspace, { catalog, source, hash, by: ctx.actor, at: ctx.now });
  const event: EventDraft = {
    kind: 'catalog.applied',
    data: { version: catalog.version },
    release: null,
    subject: 'catalog',
    words: null,
    due: null,
  };
  await appendEvents(tx, deps, ctx, named(deps, [event]));
  return allow({ version: catalog.version, fresh: true });
};
