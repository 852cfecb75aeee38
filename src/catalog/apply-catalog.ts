/**
 * Applies a catalog text as the next version, once: a text that was ever applied is not applied again. Under `strict` a version that says
 * who may release what waits for a second admin. Who is in a user group of Slack is current: a change of it is a version of its own.
 */
import { createHash } from 'node:crypto';
import { enqueue, refresh } from '../courier/messages.ts';
import type { Db, Tx } from '../db/connection.ts';
import { type Ctx, transact, type Writer } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { type Catalog, membersOf } from '../domain/catalog/catalog.ts';
import { sensitiveParts, withMembers } from '../domain/catalog/change.ts';
import type { EventData, EventDraft } from '../domain/events.ts';
import type { UserId } from '../domain/ids.ts';
import { mayAct } from '../domain/permissions.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { OPEN_STATUSES } from '../domain/release/release.ts';
import { command, say } from '../domain/words.ts';
import { liveFreezes } from '../freezes/freeze-store.ts';
import { appendEvents, named } from '../journal/append.ts';
import { wakeOpenReleases } from '../releases/release-store.ts';
import { type CatalogDocument, problemLine, readCatalogText } from './catalog-document.ts';
import {
  type CatalogVersion,
  catalogVersion,
  catalogWithHash,
  currentCatalog,
  insertCatalog,
  isOvertaken,
  membersHash,
  newestCatalog,
  rename,
  setActive,
} from './catalog-store.ts';
import { type Directory, resolveCatalog } from './resolve-catalog.ts';

/** `waitsFor` names the parts that a second admin has to look at; null when the version is active. */
export type Applied = { version: number; fresh: boolean; waitsFor: readonly string[] | null };
export type ApplyResult = { ok: true; applied: Applied } | { ok: false; problems: readonly string[] };

export const catalogSubject = (version: number): string => `catalog-${version}`;

const hashOf = (source: string): string => createHash('sha256').update(source).digest('hex');

type CatalogEvent = 'catalog.applied' | 'catalog.proposed' | 'groups.changed';
const catalogEvent = <Kind extends CatalogEvent>(kind: Kind, data: EventData[Kind]): EventDraft =>
  ({ kind, data, release: null, subject: 'catalog', words: null, due: null }) as EventDraft;

type Renames = { what: 'service' | 'environment'; from: string; to: string }[];

const renamesOf = (document: CatalogDocument): Renames => [
  ...Object.entries(document.services).flatMap(([to, { renamed_from: from }]) =>
    from === undefined ? [] : [{ what: 'service' as const, from, to }],
  ),
  ...document.environments.flatMap(({ name: to, renamed_from: from }) =>
    from === undefined ? [] : [{ what: 'environment' as const, from, to }],
  ),
];

/** Services and environments that the new version drops although open releases, locks or freezes are about them. */
const dropped = async (tx: Tx, ctx: Ctx, next: Catalog, renames: Renames): Promise<readonly string[]> => {
  const open = await tx
    .selectFrom('releases')
    .select(['service', 'affects', 'targets'])
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
  const freezes = await liveFreezes(tx, ctx.workspace, ctx.now);
  const moved = new Set(renames.map(({ what, from }) => `${what} ${from}`));
  const services = [...[...open, ...locked].map(({ service }) => service), ...open.flatMap(({ affects }) => affects)];
  const environments = [...open.flatMap(({ targets }) => targets), ...locked.map(({ environment }) => environment)];
  const gone = [
    ...[...services, ...freezes.flatMap(({ scope }) => scope.services)]
      .filter((name) => next.services[name] === undefined)
      .map((name) => `service ${name}`),
    ...[...environments, ...freezes.flatMap(({ scope }) => scope.environments)]
      .filter((name) => !next.environments.some((known) => known.name === name))
      .map((name) => `environment ${name}`),
  ];
  return [...new Set(gone)].filter((name) => !moved.has(name));
};

const droppedRefusal = (missing: readonly string[]) =>
  refuse({
    code: 'ambiguous',
    what: `The catalog drops ${missing.join(', ')}, which have open releases, locks or freezes. Finish those first, keep the names, or say renamed_from under the new ones`,
    examples: [],
  });

type Proposal = { source: string; resolved: Catalog; renames: Renames; again: boolean };

/** The version that this text already is, when there is nothing to do for it. A file is never applied twice; a form may go back to an earlier text. */
const standing = async (tx: Db, ctx: Ctx, source: string, again: boolean): Promise<Applied | null> => {
  const known = await catalogWithHash(tx, ctx.workspace, hashOf(source));
  if (known === null) return null;
  const same: Applied = { version: known.version, fresh: false, waitsFor: null };
  const overtaken = await isOvertaken(tx, ctx.workspace, known.version);
  return !overtaken || (known.active && !again) ? same : null;
};

/**
 * Checks, resolves names with Slack, then stores. Problems are sentences with line and path. `again` lets a text that
 * another one replaced be applied once more: for a person at a form, never for a file.
 */
export const applyCatalog = async (
  deps: Deps,
  ctx: Ctx,
  source: string,
  admins: readonly UserId[],
  directory: Directory,
  again = false,
): Promise<ApplyResult> => {
  const read = readCatalogText(source);
  if (!read.ok) return { ok: false, problems: read.problems.map(problemLine) };
  const known = await standing(deps.database.db, ctx, source, again);
  if (known !== null) return { ok: true, applied: known };
  const resolved = await resolveCatalog(read.document, 0, admins, directory);
  if (!resolved.ok) return { ok: false, problems: resolved.problems.map(({ path, problem }) => `${path}: ${problem}`) };
  const stored = await transact(deps, ctx, 'apply catalog', 'catalog', (tx, writer) =>
    store(deps, ctx, tx, writer, { source, resolved: resolved.catalog, renames: renamesOf(read.document), again }),
  );
  if (!stored.ok)
    return { ok: false, problems: [stored.refusal.code === 'ambiguous' ? stored.refusal.what : stored.refusal.code] };
  return { ok: true, applied: stored.value };
};

/** Only from what is there: the line stays in the text after it has done its work. */
const effective = (renames: Renames, current: Catalog | null): Renames =>
  renames.filter(({ what, from }) =>
    what === 'service'
      ? current?.services[from] !== undefined
      : current?.environments.some((known) => known.name === from) === true,
  );

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

const record = (tx: Tx, deps: Deps, ctx: Ctx, writer: Writer, event: EventDraft): Promise<void> =>
  appendEvents(tx, deps, ctx, writer, named(deps, [event]));

const takeEffect = async (
  tx: Tx,
  deps: Deps,
  ctx: Ctx,
  writer: Writer,
  catalog: Catalog,
  renames: Renames,
): Promise<void> => {
  for (const { what, from, to } of renames) await rename(tx, ctx.workspace, what, from, to);
  await refresh(tx, ctx.workspace, ['welcome', ...(await wakeOpenReleases(tx, ctx.workspace, ctx.now))]);
  await record(tx, deps, ctx, writer, catalogEvent('catalog.applied', { version: catalog.version }));
};

/** A second admin lets a waiting version take effect. Refused to whoever proposed it, to others than admins, and when it is overtaken. */
export const activateCatalog = (deps: Deps, ctx: Ctx, version: number): Promise<Decision<{ version: number }>> =>
  transact(deps, ctx, 'activate catalog', catalogSubject(version), async (tx, writer) => {
    const current = await currentCatalog(tx, ctx.workspace);
    const waiting = await catalogVersion(tx, ctx.workspace, version);
    const late = waiting !== null && (await isOvertaken(tx, ctx.workspace, version));
    if (current === null || waiting === null || waiting.activeAt !== null || late)
      return refuse({
        code: 'not_found',
        what: 'waiting catalog version',
        reference: String(version),
        fix: say`Version ${current?.version ?? 0} is active; see ${command('doctor')}.`,
      });
    if (ctx.actor === 'signalbox') throw new Error('A catalog version is activated by a person.');
    const permitted = mayAct('administer', current, ctx.actor, null);
    if (!permitted.ok) return permitted;
    if (waiting.by === ctx.actor)
      return refuse({
        code: 'forbidden',
        did: 'Not activated',
        because: say`you proposed it, and it needs a second admin`,
        can: say`Ask another admin; they have a message.`,
      });
    const read = readCatalogText(waiting.source);
    const renames = effective(read.ok ? renamesOf(read.document) : [], current);
    const missing = await dropped(tx, ctx, waiting.document, renames);
    if (missing.length > 0) return droppedRefusal(missing);
    await setActive(tx, ctx.workspace, version, ctx.actor, ctx.now);
    if (version < current.version) await withCurrentMembers(tx, ctx, waiting, current);
    await takeEffect(tx, deps, ctx, writer, waiting.document, renames);
    await refresh(tx, ctx.workspace, [catalogSubject(version)]);
    return allow({ version });
  });

/** Somebody joined or left a group while it waited: it takes effect as a version of its own, with the people of now. */
const withCurrentMembers = async (tx: Tx, ctx: Ctx, waiting: CatalogVersion, current: Catalog): Promise<void> => {
  const newest = await newestCatalog(tx, ctx.workspace);
  const version = (newest?.version ?? waiting.version) + 1;
  const synced = Object.values(current.groups).flatMap(({ slack, people }) =>
    slack === null ? [] : [[slack.id, people] as const],
  );
  const groups = withMembers(waiting.document, new Map(synced))?.groups ?? waiting.document.groups;
  const hash = membersHash(waiting.hash, version);
  const catalog: Catalog = { ...waiting.document, groups, version };
  await insertCatalog(tx, ctx.workspace, {
    catalog,
    source: waiting.source,
    hash,
    by: ctx.actor,
    at: ctx.now,
    active: true,
  });
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
    await refresh(tx, ctx.workspace, await wakeOpenReleases(tx, ctx.workspace, ctx.now));
    const event = catalogEvent('groups.changed', {
      version,
      groups: next.changes.map(({ group }) => group),
      joined: [...new Set(next.changes.flatMap(({ joined }) => joined))],
      left: [...new Set(next.changes.flatMap(({ left }) => left))],
    });
    await record(tx, deps, ctx, writer, event);
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
