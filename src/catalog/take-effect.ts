/** What follows when a version of the catalog comes into force: names move, what is open is looked at again, the journal says so. */
import { refresh } from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import type { Ctx, Writer } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { withMembers } from '../domain/catalog/change.ts';
import type { EventData, EventDraft } from '../domain/events.ts';
import { regionsOf } from '../domain/freeze/scope.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { refuse } from '../domain/refusal.ts';
import { OPEN_STATUSES } from '../domain/release/release.ts';
import { liveFreezes } from '../freezes/freeze-store.ts';
import { appendEvents, named } from '../journal/append.ts';
import type { CatalogDocument } from './catalog-document.ts';
import { type CatalogVersion, insertCatalog, membersHash, newestCatalog, rename } from './catalog-store.ts';

export const catalogSubject = (version: number): string => `catalog-${version}`;

type CatalogEvent = 'catalog.applied' | 'catalog.proposed' | 'groups.changed';
export const catalogEvent = <Kind extends CatalogEvent>(kind: Kind, data: EventData[Kind]): EventDraft =>
  ({ kind, data, release: null, subject: 'catalog', words: null, due: null }) as EventDraft;

export type Renames = { what: 'service' | 'environment'; from: string; to: string }[];

export const renamesOf = (document: CatalogDocument): Renames => [
  ...Object.entries(document.services).flatMap(([to, { renamed_from: from }]) =>
    from === undefined ? [] : [{ what: 'service' as const, from, to }],
  ),
  ...document.environments.flatMap(({ name: to, renamed_from: from }) =>
    from === undefined ? [] : [{ what: 'environment' as const, from, to }],
  ),
];

/** Services and environments that the new version drops although open releases, locks or freezes are about them. */
export const dropped = async (tx: Tx, ctx: Ctx, next: Catalog, renames: Renames): Promise<readonly string[]> => {
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
  const live = await liveFreezes(tx, ctx.workspace, next, ctx.now);
  const freezes = live.map((freeze) => freeze.picked);
  const groups = live.flatMap(({ approvers, exemptGroups }) => [approvers, ...exemptGroups]);
  const moved = new Set(renames.map(({ what, from }) => `${what} ${from}`));
  const services = [...[...open, ...locked].map(({ service }) => service), ...open.flatMap(({ affects }) => affects)];
  const environments = [...open.flatMap(({ targets }) => targets), ...locked.map(({ environment }) => environment)];
  const gone = [
    ...[...services, ...freezes.flatMap((picked) => picked.services)]
      .filter((name) => next.services[name] === undefined)
      .map((name) => `service ${name}`),
    ...[...environments, ...freezes.flatMap((picked) => picked.environments)]
      .filter((name) => !next.environments.some((known) => known.name === name))
      .map((name) => `environment ${name}`),
    ...groups.filter((name) => next.groups[name] === undefined).map((name) => `group ${name}`),
    ...freezes
      .flatMap((picked) => picked.groups)
      .filter((name) => next.serviceGroups?.[name] === undefined)
      .map((name) => `group of services ${name}`),
    ...freezes
      .flatMap((picked) => picked.regions)
      .filter((name) => !regionsOf(next).includes(name))
      .map((name) => `region ${name}`),
  ];
  return [...new Set(gone)].filter((name) => !moved.has(name));
};

export const droppedRefusal = (missing: readonly string[]) =>
  refuse({
    code: 'ambiguous',
    what: `The catalog drops ${missing.join(', ')}, with open releases, locks or freezes. Finish those first, keep the names, or say renamed_from under the new ones`,
    examples: [],
  });

/** Only from what is there: the line stays in the text after it has done its work. */
export const effective = (renames: Renames, current: Catalog | null): Renames =>
  renames.filter(({ what, from }) =>
    what === 'service'
      ? current?.services[from] !== undefined
      : current?.environments.some((known) => known.name === from) === true,
  );

/** Everything that is open is looked at again under the new rules. */
export const wakeOpen = async (tx: Tx, deps: Deps, { workspace, now }: Ctx): Promise<readonly ReleaseId[]> =>
  (await tx.executeQuery(deps.waking.openReleases(workspace, now))).rows.map(({ id }) => id);

export const record = (tx: Tx, deps: Deps, ctx: Ctx, writer: Writer, event: EventDraft): Promise<void> =>
  appendEvents(tx, deps, ctx, writer, named(deps, [event]));

export const takeEffect = async (
  tx: Tx,
  deps: Deps,
  ctx: Ctx,
  writer: Writer,
  catalog: Catalog,
  renames: Renames,
): Promise<void> => {
  for (const { what, from, to } of renames) await rename(tx, ctx.workspace, what, from, to);
  await refresh(tx, ctx.workspace, ['welcome', ...(await wakeOpen(tx, deps, ctx))]);
  await record(tx, deps, ctx, writer, catalogEvent('catalog.applied', { version: catalog.version }));
};

/** Somebody joined or left a group while it waited: it takes effect as a version of its own, with the people of now. */
export const withCurrentMembers = async (
  tx: Tx,
  ctx: Ctx,
  waiting: CatalogVersion,
  current: Catalog,
): Promise<void> => {
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
