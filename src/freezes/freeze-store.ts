/** Freezes and exceptions. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import { build } from '../db/prepared.ts';
import type { RowOf } from '../db/rows.ts';
import type { ExceptionsTable, FreezesTable } from '../db/schema.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { type Freeze } from '../domain/freeze/calendar.ts';
import type { FreezeException } from '../domain/freeze/exception.ts';
import {
  type Changes,
  type Declared,
  dayOf,
  declaredId,
  horizon,
  occurrenceId,
  occurrenceOn,
  occurrences,
} from '../domain/freeze/recurrence.ts';
import { picked, scopeIn } from '../domain/freeze/scope.ts';
import type { FreezeId, WorkspaceId } from '../domain/ids.ts';
import { after, DAY, type Instant, instant } from '../domain/time.ts';
import { asked, byRelease, changed, isOfReleases, part } from '../situation/parts.ts';
import { NEWEST } from '../slack/ids.ts';

type Row = Selectable<FreezesTable>;

const toDeclared = (row: Row, catalog: Catalog): Declared => {
  const pick = picked(row.scope);
  const freeze: Freeze = {
    workspace: row.workspace_id,
    id: row.id,
    number: row.number,
    name: row.name,
    reason: row.reason,
    severity: row.severity,
    scope: scopeIn(catalog, pick),
    picked: pick,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    zone: row.zone,
    repeats: row.repeats,
    exemptTypes: row.exempt_types,
    exemptGroups: row.exempt_groups,
    approvers: row.approvers,
    createdBy: row.created_by,
    endedEarlyAt: row.ended_early_at,
  };
  return { freeze, changes: row.changes };
};

/** So long after its end it is still told what it held. */
const WEEK = 7 * DAY;
/** What a rule comes to is the same until somebody changes it, or a day has passed: it is computed once. */
const computed = new Map<string, readonly Freeze[]>();
const MOST_COMPUTED = 500;

/** Every occurrence that is not over `from` a moment, as far ahead as anything is planned. */
const occurrencesOf = (row: Row, catalog: Catalog, from: Instant): readonly Freeze[] => {
  const declared = toDeclared(row, catalog);
  if (row.repeats === null) return [declared.freeze];
  const day = from.slice(0, 10);
  const { workspace, id } = declared.freeze;
  const { scope } = declared.freeze;
  const key = JSON.stringify([workspace, id, day, row.changes, row.ended_early_at, scope, row.scope]);
  let all = computed.get(key);
  if (all === undefined) {
    if (computed.size >= MOST_COMPUTED) computed.clear();
    const midnight = instant(`${day}T00:00:00Z`);
    all = occurrences(declared, midnight, horizon(declared, midnight));
    computed.set(key, all);
  }
  // What would have been over before it was declared never was.
  return all.filter((freeze) => freeze.endsAt > from && freeze.endsAt > row.created_at);
};

/** What somebody has ended is over for everybody, also for a replica whose clock is behind. */
const isLive = (freeze: Freeze, now: Instant): boolean => freeze.endedEarlyAt === null && freeze.endsAt > now;

const byStart = (a: Freeze, b: Freeze): number =>
  a.startsAt === b.startsAt ? a.number - b.number : a.startsAt < b.startsAt ? -1 : 1;

const expanded = (rows: readonly Row[], catalog: Catalog, from: Instant): readonly Freeze[] =>
  rows.flatMap((row) => occurrencesOf(row, catalog, from)).sort(byStart);

export const insertFreeze = async (
  tx: Tx,
  freeze: Freeze,
  createdAt: Instant,
  wakeAt: Instant | null,
): Promise<void> => {
  await tx
    .insertInto('freezes')
    .values({
      workspace_id: freeze.workspace,
      id: freeze.id,
      number: freeze.number,
      name: freeze.name,
      reason: freeze.reason,
      severity: freeze.severity,
      scope: json(freeze.picked),
      repeats: freeze.repeats === null ? null : json(freeze.repeats),
      changes: json({}),
      exempt_groups: json(freeze.exemptGroups),
      starts_at: freeze.startsAt,
      ends_at: freeze.endsAt,
      zone: freeze.zone,
      exempt_types: json(freeze.exemptTypes),
      approvers: freeze.approvers,
      created_by: freeze.createdBy,
      created_at: createdAt,
      ended_early_at: freeze.endedEarlyAt,
      wake_at: wakeAt,
    })
    .execute();
};

/** What became of it: of one occurrence, where it is one. */
export const updateFreeze = async (tx: Tx, freeze: Freeze, changes: Changes): Promise<void> => {
  const day = dayOf(freeze.id);
  const { endsAt, endedEarlyAt } = freeze;
  await tx
    .updateTable('freezes')
    .set(
      day === null
        ? { ends_at: endsAt, ended_early_at: endedEarlyAt }
        : {
            changes: json({ ...changes, [day]: { endsAt, ...(endedEarlyAt === null ? {} : { endedEarlyAt }) } }),
            // The last of a row that ends later keeps the row until then.
            ends_at: sql<Instant>`greatest(ends_at, ${endsAt}::timestamptz)`,
          },
    )
    .where('workspace_id', '=', freeze.workspace)
    .where('id', '=', declaredId(freeze.id))
    .execute();
};

export const wakeFreeze = async (tx: Tx, { workspace, id }: Freeze, wakeAt: Instant | null): Promise<void> => {
  await tx
    .updateTable('freezes')
    .set({ wake_at: wakeAt })
    .where('workspace_id', '=', workspace)
    .where('id', '=', declaredId(id))
    .execute();
};

/** Freezes that are not over at `now`, each occurrence for itself, in the order of their starts. */
export const liveFreezes = async (
  db: Db,
  workspace: WorkspaceId,
  catalog: Catalog,
  now: Instant,
): Promise<readonly Freeze[]> => {
  const rows = await db
    .selectFrom('freezes')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('ended_early_at', 'is', null)
    .where('ends_at', '>', now)
    .orderBy('starts_at')
    .execute();
  return expanded(rows, catalog, now).filter((freeze) => isLive(freeze, now));
};

/** Of each that was declared its next occurrence, or the one that is on: what a list shows. */
export const oneOfEach = (freezes: readonly Freeze[]): readonly Freeze[] => {
  const known = new Set<FreezeId>();
  return freezes.filter(({ id }) => {
    const declared = declaredId(id);
    return known.has(declared) ? false : known.add(declared);
  });
};

/** `freeze` is what was asked for: an occurrence, or all that was declared. */
export type StoredFreeze = { freeze: Freeze; declared: Declared; createdAt: Instant };

/** By the id of what was declared, or of one occurrence. */
export const readFreeze = async (
  db: Db,
  workspace: WorkspaceId,
  catalog: Catalog,
  id: FreezeId,
): Promise<StoredFreeze | null> => {
  const row = await db
    .selectFrom('freezes')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', declaredId(id))
    .executeTakeFirst();
  if (row === undefined) return null;
  const declared = toDeclared(row, catalog);
  const freeze = dayOf(id) === null ? declared.freeze : occurrenceOn(declared, dayOf(id) ?? '');
  return freeze === null ? null : { freeze, declared, createdAt: row.created_at };
};

/** By number, or by name whatever its case. */
export const findFreeze = async (
  db: Db,
  workspace: WorkspaceId,
  catalog: Catalog,
  reference: string,
): Promise<Declared | null> => {
  const mine = db.selectFrom('freezes').selectAll().where('workspace_id', '=', workspace);
  const number = Number(reference.replace(/^(freeze-?|#)/i, ''));
  const query =
    Number.isInteger(number) && number <= NEWEST
      ? mine.where('number', '=', number)
      : mine.where((eb) => eb(eb.fn('lower', ['name']), '=', reference.toLowerCase()));
  const row = await query.orderBy('number', 'desc').limit(1).executeTakeFirst();
  return row === undefined ? null : toDeclared(row, catalog);
};

const toException = (row: Selectable<ExceptionsTable>): FreezeException => ({
  id: row.id,
  freeze: row.freeze_day === null ? row.freeze_id : occurrenceId(row.freeze_id, row.freeze_day),
  release: row.release_id,
  environment: row.environment,
  reason: row.reason,
  requestedBy: row.requested_by,
  requestedAt: row.requested_at,
  verdict: row.verdict,
  decidedBy: row.decided_by,
  decidedAt: row.decided_at,
  reply: row.reply,
  validUntil: row.valid_until,
  urgency: row.urgency,
  blastRadius: row.blast_radius,
  rollback: row.rollback,
  usedBy: row.used_by,
});

const exceptionRow = (workspace: WorkspaceId, exception: FreezeException): RowOf<'exceptions'> => ({
  workspace_id: workspace,
  id: exception.id,
  freeze_id: declaredId(exception.freeze),
  freeze_day: dayOf(exception.freeze),
  release_id: exception.release,
  environment: exception.environment,
  reason: exception.reason,
  requested_by: exception.requestedBy,
  requested_at: exception.requestedAt,
  verdict: exception.verdict,
  decided_by: exception.decidedBy,
  decided_at: exception.decidedAt,
  reply: exception.reply,
  valid_until: exception.validUntil,
  urgency: exception.urgency,
  blast_radius: exception.blastRadius,
  rollback: exception.rollback,
  used_by: exception.usedBy,
});

export const exceptionsPart = part(
  {
    exceptions: build
      .selectFrom('exceptions')
      .selectAll()
      .where('workspace_id', '=', asked.workspace)
      .where(isOfReleases)
      .orderBy('requested_at'),
  },
  ({ exceptions }) => {
    const of = byRelease(exceptions);
    return (release) => ({ own: { exceptions: of(release).map(toException) } });
  },
  (before, { release, exceptions }) => [
    {
      table: 'exceptions',
      rows: changed(before.exceptions, exceptions).map((exception) => exceptionRow(release.workspace, exception)),
    },
  ],
);

export const freezesPart = part(
  {
    freezes: build
      .selectFrom('freezes')
      .selectAll()
      .where('workspace_id', '=', asked.workspace)
      .where('ends_at', '>', asked.weekAgo)
      .where((eb) => eb.or([eb('ended_early_at', 'is', null), eb('ended_early_at', '>', asked.weekAgo)]))
      .orderBy('starts_at'),
  },
  (rows, { catalog, now }) => {
    const lately = expanded(rows.freezes, catalog, after(now, -WEEK));
    const freezes = lately.filter((each) => isLive(each, now));
    const endedFreezes = lately.filter((each) => !isLive(each, now));
    return () => ({ around: { freezes, endedFreezes } });
  },
);

/** Exceptions from it that nobody has decided. */
export const exceptionsAsked = async (db: Db, { workspace, id }: Freeze): Promise<readonly string[]> => {
  const day = dayOf(id);
  const rows = await db
    .selectFrom('exceptions')
    .select('id')
    .where('workspace_id', '=', workspace)
    .where('freeze_id', '=', declaredId(id))
    .where('verdict', '=', 'requested')
    .$if(day !== null, (query) => query.where('freeze_day', '=', day))
    .execute();
  return rows.map((row) => row.id);
};

/** What is let into it: granted, and in its time. */
export const letInto = async (
  db: Db,
  { workspace, id }: Freeze,
  now: Instant,
): Promise<
  readonly { service: string; version: string; number: number; valid_until: Instant; used_by: string | null }[]
> => {
  const day = dayOf(id);
  return db
    .selectFrom('exceptions')
    .innerJoin('releases', (join) =>
      join
        .onRef('releases.workspace_id', '=', 'exceptions.workspace_id')
        .onRef('releases.id', '=', 'exceptions.release_id'),
    )
    .select(['releases.service', 'releases.version', 'releases.number', 'exceptions.valid_until', 'exceptions.used_by'])
    .where('exceptions.workspace_id', '=', workspace)
    .where('exceptions.freeze_id', '=', declaredId(id))
    .where('exceptions.verdict', '=', 'granted')
    .where((eb) => eb.or([eb('exceptions.valid_until', '>', now), eb('exceptions.used_by', 'is not', null)]))
    .$if(day !== null, (query) => query.where('exceptions.freeze_day', '=', day))
    .orderBy('exceptions.decided_at')
    .limit(10)
    .execute();
};
