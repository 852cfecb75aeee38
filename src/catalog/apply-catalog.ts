/**
 * Applies a catalog text as the next version, once: a text that was ever applied is not applied again. Under `strict` a version that says
 * who may release what waits for a second admin. Who is in a user group of Slack is current: a change of it is a version of its own.
 */
import { createHash } from 'node:crypto';
import { enqueue, moveMessages, refresh } from '../courier/messages.ts';
import type { Db, Tx } from '../db/connection.ts';
import { type Ctx, transact, type Writer } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { type Catalog, membersOf } from '../domain/catalog/catalog.ts';
import { sensitiveParts, withChannel, withMembers } from '../domain/catalog/change.ts';
import type { ChannelId, UserId, WorkspaceId } from '../domain/ids.ts';
import { allow, type Decision } from '../domain/refusal.ts';
import type { Directory } from '../slack/directory.ts';
import { problemLine, readCatalogText } from './catalog-document.ts';
import {
  catalogVersion,
  catalogWithHash,
  currentCatalog,
  insertCatalog,
  isOvertaken,
  membersHash,
  newestCatalog,
} from './catalog-store.ts';
import { resolveCatalog } from './resolve-catalog.ts';
import {
  catalogEvent,
  catalogSubject,
  dropped,
  droppedRefusal,
  effective,
  type Renames,
  record,
  renamesOf,
  takeEffect,
  wakeOpen,
} from './take-effect.ts';

/** `waitsFor` names the parts that a second admin has to look at; null when the version is active. */
export type Applied = { version: number; fresh: boolean; waitsFor: readonly string[] | null };
export type ApplyResult = { ok: true; applied: Applied } | { ok: false; problems: readonly string[] };

const hashOf = (source: string): string => createHash('sha256').update(source).digest('hex');

type Proposal = { source: string; resolved: Catalog; renames: Renames; again: boolean };

/** The version that this text already is, when there is nothing to do for it. A file is never applied twice; a form may go back to an earlier text. */
const standing = async (tx: Db, ctx: Ctx, source: string, again: boolean): Promise<Applied | null> => {
  const known = await catalogWithHash(tx, ctx.workspace, hashOf(source));
  if (known === null) return null;
  const same: Applied = { version: known.version, fresh: false, waitsFor: null };
  const overtaken = await isOvertaken(tx, ctx.workspace, known.version);
  return !overtaken || (known.active && !again) ? same : null;
};

/** The version that a file's text is, where another one was put in force after it: a file goes back to nothing by itself. */
export const overtakenBy = async (db: Db, workspace: WorkspaceId, source: string): Promise<number | null> => {
  const known = await catalogWithHash(db, workspace, hashOf(source));
  return known !== null && (await isOvertaken(db, workspace, known.version)) ? known.version : null;
};

/**
 * Checks, resolves names with Slack, then stores. Problems are sentences with line and path. `again` lets a text that
 * another one replaced be applied once more: for a person at a form, never for a file. `unfound`: what becomes of channels that Slack does
 * not show.
 */
export const applyCatalog = async (
  deps: Deps,
  ctx: Ctx,
  source: string,
  admins: readonly UserId[],
  directory: Directory,
  { again = false, unfound = 'refused' }: { again?: boolean; unfound?: 'refused' | 'kept' } = {},
): Promise<ApplyResult> => {
  const read = readCatalogText(source);
  if (!read.ok) return { ok: false, problems: read.problems.map(problemLine) };
  const known = await standing(deps.database.db, ctx, source, again);
  if (known !== null) return { ok: true, applied: known };
  const resolved = await resolveCatalog(read.document, 0, admins, directory, unfound);
  if (!resolved.ok) return { ok: false, problems: resolved.problems.map(({ path, problem }) => `${path}: ${problem}`) };
  const stored = await transact(deps, ctx, 'apply catalog', 'catalog', (tx, writer) =>
    store(deps, ctx, tx, writer, { source, resolved: resolved.catalog, renames: renamesOf(read.document), again }),
  );
  if (!stored.ok)
    return { ok: false, problems: [stored.refusal.code === 'ambiguous' ? stored.refusal.what : stored.refusal.code] };
  return { ok: true, applied: stored.value };
};

const store = async (deps: Deps, ctx: Ctx, tx: Tx, writer: Writer, proposal: Proposal): Promise<Decision<Applied>> => {
  const { source, resolved, again } = proposal;
  const known = await standing(tx, ctx, source, again);
  if (known !== null) return allow(known);
  const current = await currentCatalog(tx, ctx.workspace);
  const renames = effective(proposal.renames, current);
  const missing = await dropped(tx, ctx, resolved, renames);
  if (missing.length > 0) return droppedRefusal(missing);
  const newest = await newestCatalog(tx, ctx.workspace);
  const catalog: Catalog = { ...resolved, version: (newest?.version ?? 0) + 1 };
  const earlier = await catalogWithHash(tx, ctx.workspace, hashOf(source));
  const hash = earlier === null ? hashOf(source) : `${hashOf(source)}/again-${catalog.version}`;
  const parts = current?.preset === 'strict' ? sensitiveParts(current, catalog) : [];
  // Where nobody else could say yes, waiting would be for ever: one admin alone decides, and the journal says so.
  const admins = current === null ? [] : membersOf(current, current.roles.admin, '').filter((id) => id !== ctx.actor);
  const waits = parts.length > 0 && admins.length > 0;
  await insertCatalog(tx, ctx.workspace, { catalog, source, hash, by: ctx.actor, at: ctx.now, active: !waits });
  if (waits) {
    const asks = admins.map((id) => ({
      subject: catalogSubject(catalog.version),
      kind: 'catalog-ask' as const,
      audience: id,
      place: id,
    }));
    await enqueue(tx, deps, ctx.workspace, asks);
    await record(tx, deps, ctx, writer, catalogEvent('catalog.proposed', { version: catalog.version, parts }));
  } else await takeEffect(tx, deps, ctx, writer, catalog, renames);
  return allow({ version: catalog.version, fresh: true, waitsFor: waits ? parts : null });
};

/** Slack's user groups as they are now. Writes nothing when nobody joined or left. */
export const applyMembership = (
  deps: Deps,
  ctx: Ctx,
  members: ReadonlyMap<string, readonly UserId[]>,
): Promise<Decision<null>> =>
  transact(deps, ctx, 'refresh user groups', 'catalog', async (tx, writer) => {
    const current = await currentCatalog(tx, ctx.workspace);
    const newest = await newestCatalog(tx, ctx.workspace);
    const next = current === null ? null : withMembers(current, members);
    if (current === null || newest === null || next === null) return allow(null);
    const version = newest.version + 1;
    const { source, hash: own } = (await catalogVersion(tx, ctx.workspace, current.version)) ?? newest;
    // The hash is the text's own with the version: the file itself stays known under its own.
    const hash = membersHash(own, version);
    const catalog: Catalog = { ...current, groups: next.groups, version };
    await insertCatalog(tx, ctx.workspace, { catalog, source, hash, by: 'signalbox', at: ctx.now, active: true });
    await refresh(tx, ctx.workspace, await wakeOpen(tx, deps, ctx));
    const event = catalogEvent('groups.changed', {
      version,
      groups: next.changes.map(({ group }) => group),
      joined: [...new Set(next.changes.flatMap(({ joined }) => joined))],
      left: [...new Set(next.changes.flatMap(({ left }) => left))],
    });
    await record(tx, deps, ctx, writer, event);
    return allow(null);
  });

/** Slack shows a channel that the catalog knew by its name only: from now on it goes by its id, and so does what waited for it. */
export const channelFound = (deps: Deps, ctx: Ctx, name: string, id: ChannelId): Promise<Decision<null>> =>
  transact(deps, ctx, 'find a channel', id, async (tx, writer) => {
    const current = await currentCatalog(tx, ctx.workspace);
    const newest = await newestCatalog(tx, ctx.workspace);
    const next = current === null ? null : withChannel(current, name, id);
    if (current === null || newest === null || next === null) return allow(null);
    const version = newest.version + 1;
    const { source, hash: own } = (await catalogVersion(tx, ctx.workspace, current.version)) ?? newest;
    await insertCatalog(tx, ctx.workspace, {
      catalog: { ...next, version },
      source,
      hash: membersHash(own, version),
      by: 'signalbox',
      at: ctx.now,
      active: true,
    });
    await moveMessages(tx, ctx.workspace, `#${name}`, id);
    await refresh(tx, ctx.workspace, await wakeOpen(tx, deps, ctx));
    await record(tx, deps, ctx, writer, catalogEvent('catalog.applied', { version }));
    return allow(null);
  });

/** Whoever may set up is told once that there is something to set up; with a catalog there is not. */
export const welcomeAdmins = (deps: Deps, ctx: Ctx, admins: readonly UserId[]): Promise<Decision<null>> =>
  transact(deps, ctx, 'welcome admins', 'catalog', async (tx) => {
    if ((await currentCatalog(tx, ctx.workspace)) !== null) return allow(null);
    const wanted = admins.map((id) => ({
      subject: 'welcome',
      kind: 'welcome' as const,
      audience: id,
      place: id,
    }));
    await enqueue(tx, deps, ctx.workspace, wanted);
    return allow(null);
  });
