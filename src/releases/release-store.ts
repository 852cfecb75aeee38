/** Releases in the database. A row is mapped to the domain type here and nowhere else. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import { build, given, prepare } from '../db/prepared.ts';
import type { RowOf } from '../db/rows.ts';
import type { ReleasesTable } from '../db/schema.ts';
import type { Waking } from '../deps.ts';
import type { ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Reader } from '../domain/permissions.ts';
import type { Linked } from '../domain/plan/links.ts';
import type { VersionFacts } from '../domain/plan/plan.ts';
import {
  isPrivate,
  type Outcome,
  type Reference,
  type Release,
  type ReleaseStatus,
} from '../domain/release/release.ts';
import { withoutV } from '../domain/release/version.ts';
import type { Instant } from '../domain/time.ts';
import { wakeAt } from '../domain/wake.ts';
import { asked, part, type ReleasePart, servicesAsked } from '../situation/parts.ts';

const toRelease = (row: Selectable<ReleasesTable>): Release => ({
  workspace: row.workspace_id,
  id: row.id,
  number: row.number,
  service: row.service,
  affects: row.affects,
  version: row.version,
  type: row.type,
  title: row.title,
  customers: row.customers,
  owner: row.owner,
  creator: row.creator,
  submitter: row.submitter,
  deployer: row.deployer,
  artifact: { revision: row.revision, sha: row.sha, digest: row.digest },
  targets: row.targets,
  answers: row.answers,
  when: row.planned,
  rollbackPlan: row.rollback_plan,
  rehearsedOn: row.rehearsed_on,
  changeNumber: row.change_number,
  askWhenReady: row.ask_when_ready,
  fixes: row.fixes,
  needs: row.needs ?? [],
  vouchedBy: row.vouched_by ?? [],
  changes: row.changes,
  state: row.state,
  hold: row.hold,
  risk: row.risk,
  everAsked: row.ever_asked,
  createdAt: row.created_at,
});

const toRow = (release: Release, wakeAt: Instant | null): RowOf<'releases'> => ({
  workspace_id: release.workspace,
  id: release.id,
  number: release.number,
  service: release.service,
  affects: release.affects,
  version: release.version,
  type: release.type,
  title: release.title,
  customers: release.customers,
  owner: release.owner,
  creator: release.creator,
  submitter: release.submitter,
  deployer: release.deployer,
  revision: release.artifact.revision,
  sha: release.artifact.sha,
  digest: release.artifact.digest,
  targets: release.targets,
  answers: release.answers,
  planned: release.when,
  rollback_plan: release.rollbackPlan,
  rehearsed_on: release.rehearsedOn,
  change_number: release.changeNumber,
  ask_when_ready: release.askWhenReady,
  fixes: release.fixes,
  needs: release.needs.length === 0 ? null : release.needs,
  vouched_by: release.vouchedBy.length === 0 ? null : release.vouchedBy,
  changes: release.changes,
  status: release.state.status,
  state: release.state,
  hold: release.hold,
  risk: release.risk,
  ever_asked: release.everAsked,
  created_at: release.createdAt,
  wake_at: wakeAt,
});

export const releasePart: ReleasePart = {
  reading: build
    .selectFrom('releases')
    .selectAll()
    .where('workspace_id', '=', asked.workspace)
    .where(sql<boolean>`id = any(${asked.releases}::text[])`),
  of: (rows) => (rows as readonly Selectable<ReleasesTable>[]).map(toRelease),
  saved: (_before, after, now) => [{ table: 'releases', rows: [toRow(after.release, wakeAt(after, now))] }],
};

const SIBLING_COLUMNS = [
  'id',
  'service',
  'number',
  'version',
  'owner',
  'targets',
  'planned',
  'status',
  'ever_asked',
  'fixes',
] as const;

/** Other open releases of the same services: what a deployment would replace, and whose slots are taken. */
export const siblingsPart = part(
  {
    // Each service by its own index: what is open of the others is not walked through.
    siblings: build
      .selectFrom(servicesAsked.as('place'))
      .innerJoinLateral(
        (eb) =>
          eb
            .selectFrom('releases')
            .select([...SIBLING_COLUMNS])
            .where('workspace_id', '=', asked.workspace)
            .where(sql<boolean>`releases.service = place.service`)
            .where(sql<boolean>`status not in ('closed', 'cancelled')`)
            .orderBy('number', 'desc')
            .limit(200)
            .as('near'),
        (join) => join.onTrue(),
      )
      .select(SIBLING_COLUMNS.map((column) => `near.${column}` as const)),
  },
  ({ siblings }) =>
    ({ id, service }) => ({
      around: {
        siblings: siblings
          .filter((row) => row.service === service && row.id !== id)
          .map((row) => ({
            release: row.id,
            number: row.number,
            version: row.version,
            owner: row.owner,
            targets: row.targets,
            when: row.planned,
            status: row.status,
            everAsked: row.ever_asked,
            fixes: row.fixes,
          })),
      },
    }),
);

/**
 * By what has to go before, and by what took its place, from what is asked about and from what the question names. What a need is says to the
 * planner that there are few: else it makes room for forty thousand at each reading, which costs more than all the rest of it.
 */
const chain = sql<{ id: ReleaseId }>`(
  with recursive chain (id) as (
    (select need ->> 'release' from target, jsonb_array_elements(target.needs) need where jsonb_typeof(need) = 'object'
      union select fixes from target where fixes is not null
      union select unnest(${asked.linked}::text[])
      union select id from releases where workspace_id = ${asked.workspace} and number = any(${asked.linkedNumbers}::int[]))
    union
    select onward.id from chain
      join releases next on next.workspace_id = ${asked.workspace} and next.id = chain.id,
      lateral (
        select need ->> 'release' as id from jsonb_array_elements(coalesce(next.needs, '[]'::jsonb)) need where jsonb_typeof(need) = 'object'
        union all select next.state ->> 'replacedBy') onward
    where onward.id is not null)
  select id from chain limit 500)`;

const LINKED = ['releases.id', 'number', 'service', 'version', 'status', 'needs', 'planned', 'ever_asked'] as const;

const LINKED_STATE = [
  sql<Instant>`state ->> 'since'`.as('since'),
  sql<ReleaseStatus | null>`state -> 'from' ->> 'status'`.as('was'),
  sql<Instant | null>`state -> 'from' ->> 'since'`.as('was_since'),
  sql<Outcome | null>`state ->> 'outcome'`.as('outcome'),
  sql<ReleaseId | null>`state ->> 'replacedBy'`.as('replaced_by'),
] as const;

type LinkedRow = Pick<
  Selectable<ReleasesTable>,
  'id' | 'number' | 'service' | 'version' | 'status' | 'needs' | 'planned' | 'ever_asked'
> & {
  since: Instant;
  was: ReleaseStatus | null;
  was_since: Instant | null;
  outcome: Outcome | null;
  replaced_by: ReleaseId | null;
};

const toLinked = (row: LinkedRow): Linked => ({
  release: row.id,
  number: row.number,
  service: row.service,
  version: row.version,
  status: row.status,
  since: row.since,
  was: row.was,
  wasSince: row.was_since,
  outcome: row.outcome,
  replacedBy: row.replaced_by,
  needs: row.needs ?? [],
  when: row.planned,
  everAsked: row.ever_asked,
});

/** What a release hangs on, and what hangs on it. */
export const linksPart = part(
  {
    linked: build
      .selectFrom('releases')
      .innerJoin(chain.as('link'), (join) => join.onRef('link.id', '=', 'releases.id'))
      .select(LINKED)
      .select(LINKED_STATE)
      .where('workspace_id', '=', asked.workspace),
    needing: build
      .selectFrom('releases')
      .innerJoin(sql<{ id: ReleaseId }>`(select id from target)`.as('needed'), (join) => join.onTrue())
      .select(LINKED)
      .select(LINKED_STATE)
      .select('needed.id as needed')
      .where('workspace_id', '=', asked.workspace)
      .where('needs', 'is not', null)
      .where(sql<boolean>`status not in ('closed', 'cancelled')`)
      .where(sql<boolean>`releases.needs @> jsonb_build_array(jsonb_build_object('release', needed.id))`)
      .limit(100),
  },
  ({ linked, needing }) => {
    const all = linked.map(toLinked);
    return ({ id }) => ({
      around: {
        linked: all,
        neededBy: needing
          .filter((row) => row.needed === id && !isPrivate({ state: row, everAsked: row.ever_asked }))
          .map(toLinked),
      },
    });
  },
);

/** Where they meet is asked of the database; what comes of it is the rule's to say. */
export const plansPart = part(
  {
    plans: build
      .selectFrom('releases')
      .select(['id', 'number', 'service', 'affects', 'version', 'owner', 'deployer', 'planned'])
      .where('workspace_id', '=', asked.workspace)
      // By the index of what is open: what is over is not walked through.
      .where(sql<boolean>`status not in ('closed', 'cancelled')`)
      .where('status', 'in', ['awaiting_approval', 'approved'])
      .where(sql<boolean>`planned ->> 'kind' = 'at'`)
      .where(
        sql<boolean>`(service in (select service from services_asked union select jsonb_array_elements_text(affects) from target)
          or affects ?| array(select service from services_asked union select jsonb_array_elements_text(affects) from target)
          or coalesce(deployer, owner) in (select coalesce(deployer, owner) from target))`,
      )
      .orderBy('number', 'desc')
      .limit(100),
  },
  ({ plans }) =>
    ({ id }) => ({
      around: {
        plans: plans
          .filter((row) => row.id !== id)
          .map((row) => ({
            number: row.number,
            service: row.service,
            affects: row.affects,
            version: row.version,
            runner: row.deployer ?? row.owner,
            when: row.planned,
          })),
      },
    }),
);

const MOST_PLANNED = 200;

export const readReleases = async (
  db: Db,
  workspace: WorkspaceId,
  ids: readonly ReleaseId[],
): Promise<readonly Release[]> => {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('releases')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute();
  return rows.map(toRelease);
};

export const findRelease = async (db: Db, workspace: WorkspaceId, reference: Reference): Promise<Release | null> => {
  const mine = db.selectFrom('releases').selectAll().where('workspace_id', '=', workspace);
  const query =
    'number' in reference
      ? mine.where('number', '=', reference.number)
      : mine
          .where('service', '=', reference.service)
          // A tag may have a v before it; what is called exactly so comes first.
          .where('version', 'in', [reference.version, withoutV(reference.version)])
          .orderBy((eb) => eb('version', '=', reference.version), 'desc')
          .orderBy('number', 'desc')
          .limit(1);
  const row = await query.executeTakeFirst();
  return row === undefined ? null : toRelease(row);
};

/** In the words of the partial index: a parameter in their place would hide them from the planner. */
const isOpen = sql<boolean>`status not in ('closed', 'cancelled')`;

/** Nobody else's private draft: in the statement, so that hidden ones hardly use up its limit. `maySee` decides about what it lets through. */
const visibleTo = ({ person, gated }: Reader) =>
  sql<boolean>`(status not in ('draft', 'cancelled') or ever_asked or owner = ${person} or creator = ${person} or deployer = ${person}
    or (status = 'draft' and service = any(${[...gated]}::text[])))`;

/** Open releases that the person has a role on, newest first. */
export const openReleasesOf = async (
  db: Db,
  workspace: WorkspaceId,
  person: UserId,
  limit = 20,
): Promise<readonly Release[]> => {
  const rows = await db
    .selectFrom('releases')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where(isOpen)
    .where((eb) => eb.or([eb('owner', '=', person), eb('creator', '=', person), eb('deployer', '=', person)]))
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toRelease);
};

export const openReleasesOfServices = async (
  db: Db,
  workspace: WorkspaceId,
  services: readonly string[],
  reader: Reader,
  limit = 20,
): Promise<readonly Release[]> => {
  if (services.length === 0) return [];
  const rows = await db
    .selectFrom('releases')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`service = any(${[...services]}::text[])`)
    .where(isOpen)
    .where(visibleTo(reader))
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toRelease);
};

/** Open ones of these services whose owner left, or cannot act here any more. */
export const ownerlessReleases = async (
  db: Db,
  workspace: WorkspaceId,
  services: readonly string[] | null,
): Promise<readonly ReleaseId[]> => {
  const rows = await db
    .selectFrom('releases')
    .select('id')
    .where('workspace_id', '=', workspace)
    .where(services === null ? sql<boolean>`true` : sql<boolean>`service = any(${[...services]}::text[])`)
    .where(isOpen)
    .where(
      sql<boolean>`exists (select from people where people.workspace_id = releases.workspace_id and people.id = releases.owner and (not people.active or people.kind <> 'member'))`,
    )
    .orderBy('number', 'desc')
    .limit(20)
    .execute();
  return rows.map(({ id }) => id);
};

/** Those of a service that this reader may see, newest first. */
export const releasesOfService = async (
  db: Db,
  workspace: WorkspaceId,
  service: string,
  reader: Reader,
  limit: number,
): Promise<readonly Release[]> => {
  const rows = await db
    .selectFrom('releases')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('service', '=', service)
    .where(visibleTo(reader))
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toRelease);
};

/** What of a service is open, whoever may see it: for what is refreshed, never for what is shown. */
export const openIdsOfService = async (
  db: Db,
  workspace: WorkspaceId,
  service: string,
): Promise<readonly ReleaseId[]> => {
  const rows = await db
    .selectFrom('releases')
    .select('id')
    .where('workspace_id', '=', workspace)
    .where('service', '=', service)
    .where(isOpen)
    .execute();
  return rows.map(({ id }) => id);
};

/** Everything that is open, newest first. */
export const openReleases = async (
  db: Db,
  workspace: WorkspaceId,
  reader: Reader,
  limit: number,
): Promise<readonly Release[]> => {
  const rows = await db
    .selectFrom('releases')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where(isOpen)
    .where(visibleTo(reader))
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toRelease);
};

/** Releases that have not started, for a freeze's preview and its notices; `begun`: which of the others as well. */
export const plannedReleases = async (
  db: Db,
  workspace: WorkspaceId,
  begun: readonly ('deploying' | 'failed')[] = [],
): Promise<readonly Release[]> => {
  const rows = await db
    .selectFrom('releases')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where(isOpen)
    .where('status', 'in', ['draft', 'awaiting_approval', 'approved', ...begun])
    .orderBy('number', 'desc')
    .limit(MOST_PLANNED)
    .execute();
  return rows.map(toRelease);
};

export type ListFilter = {
  services: readonly string[];
  statuses: readonly ReleaseStatus[];
  owner: UserId | null;
  /** Only those on hold. */
  held?: boolean;
  /** Only emergencies. */
  emergency?: boolean;
  before: number | null;
};

/** The rows of a list, as far as the reader may know of them. Private drafts are left to their roles. */
const listed = (
  db: Db,
  workspace: WorkspaceId,
  { services, statuses, owner, held, emergency }: ListFilter,
  reader: Reader,
) => {
  let query = db.selectFrom('releases').where('workspace_id', '=', workspace);
  const [service, ...otherServices] = services;
  const [status, ...otherStatuses] = statuses;
  if (service !== undefined)
    query =
      otherServices.length === 0
        ? query.where('service', '=', service)
        : query.where(sql<boolean>`service = any(${[...services]}::text[])`);
  if (status !== undefined)
    query =
      otherStatuses.length === 0
        ? query.where('status', '=', status)
        : query.where(sql<boolean>`status = any(${[...statuses]}::text[])`);
  if (owner !== null)
    query = query.where((eb) =>
      eb.or([eb('owner', '=', owner), eb('creator', '=', owner), eb('deployer', '=', owner)]),
    );
  if (held === true) query = query.where('hold', 'is not', null);
  // Of that type, or out of the rules and not judged yet: as the mark on the card says it.
  if (emergency === true)
    query = query.where(sql<boolean>`(type = 'emergency' or exists (
      select from break_glass b where b.workspace_id = ${workspace} and b.release_id = releases.id and b.verdict is null))`);
  return query.where(visibleTo(reader));
};

/** One page, newest first, by the number before which it starts. */
export const listReleases = async (
  db: Db,
  workspace: WorkspaceId,
  filter: ListFilter,
  reader: Reader,
  limit: number,
): Promise<readonly Release[]> => {
  const all = listed(db, workspace, filter, reader).selectAll().orderBy('number', 'desc').limit(limit);
  const rows = await (filter.before === null ? all : all.where('number', '<', filter.before)).execute();
  return rows.map(toRelease);
};

/** Counted up to here: a list of a year is not counted whole. */
export const COUNTED = 500;

/** How many a list has, whatever the page. */
export const countReleases = async (
  db: Db,
  workspace: WorkspaceId,
  filter: ListFilter,
  reader: Reader,
): Promise<number> => {
  const some = listed(db, workspace, filter, reader).select('id').limit(COUNTED).as('some');
  const row = await db
    .selectFrom(some)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(row.n);
};

/** What a new version has to be compared with. */
export const readVersionFacts = async (
  db: Db,
  workspace: WorkspaceId,
  service: string,
  version: string,
  environment: string,
): Promise<VersionFacts> => {
  const taking = db
    .selectFrom('releases')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('service', '=', service)
    .where('version', '=', version)
    .where((eb) => eb.or([eb('status', '<>', 'cancelled'), eb('ever_asked', '=', true)]))
    .executeTakeFirst();
  const deploying = db
    .selectFrom('deployments')
    .select(['version', 'finished_at'])
    .where('workspace_id', '=', workspace)
    .where('service', '=', service)
    .where('environment', '=', environment)
    .where(sql<boolean>`state = 'succeeded'`)
    .orderBy('finished_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const recently = db
    .selectFrom('releases')
    .select('version')
    .where('workspace_id', '=', workspace)
    .where('service', '=', service)
    .where(sql<boolean>`(status <> 'cancelled' or ever_asked)`)
    .orderBy('number', 'desc')
    .limit(5)
    .execute();
  const [taken, deployed, recent] = await Promise.all([taking, deploying, recently]);
  return {
    taken: taken === undefined ? null : toRelease(taken),
    deployed: deployed?.finished_at == null ? null : { version: deployed.version, since: deployed.finished_at },
    recent: recent.map((row) => row.version),
  };
};

const wake = prepare(
  build
    .updateTable('releases')
    .set({ wake_at: given<Instant>('now') })
    .where('workspace_id', '=', given<WorkspaceId>('workspace'))
    .where('service', '=', given<string>('service'))
    .where('id', '<>', given<ReleaseId>('id'))
    .where(isOpen)
    .where(
      sql<boolean>`(status in ('draft', 'awaiting_approval', 'approved', 'deploying', 'failed') or state -> 'goesOn' is not null or state ->> 'fixedBy' = ${given<ReleaseId>('id')})`,
    ),
);

const wakeThese = prepare(
  build
    .updateTable('releases')
    .set({ wake_at: given<Instant>('now') })
    .where('workspace_id', '=', given<WorkspaceId>('workspace'))
    .where(sql<boolean>`id = any(${given<ReleaseId[]>('releases')}::text[])`),
);

const wakeReplaced = prepare(
  build
    .updateTable('releases')
    .set({ wake_at: given<Instant>('now') })
    .where('workspace_id', '=', given<WorkspaceId>('workspace'))
    .where(sql<boolean>`status = 'cancelled' and state ->> 'replacedBy' = ${given<ReleaseId>('id')}`),
);

/** The next tick looks at these. */
export const wakeReleases = async (
  tx: Tx,
  workspace: WorkspaceId,
  ids: readonly ReleaseId[],
  now: Instant,
): Promise<void> => {
  if (ids.length === 0) return;
  await tx
    .updateTable('releases')
    .set({ wake_at: now })
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute();
};

/** The next tick settles and shows them. */
export const waking: Waking = {
  siblings: ({ workspace, service, id }, now) => [
    wake({ workspace, service, id, now }),
    wakeReplaced({ workspace, id, now }),
  ],
  releases: (workspace, releases, now) =>
    releases.length === 0 ? [] : [wakeThese({ workspace, releases: [...releases], now })],
  service: ({ workspace, service }, now) => [wake({ workspace, service, id: '' as ReleaseId, now })],
  openReleases: (workspace, now) =>
    build
      .updateTable('releases')
      .set({ wake_at: now })
      .where('workspace_id', '=', workspace)
      .where(isOpen)
      .returning('id')
      .compile(),
};
