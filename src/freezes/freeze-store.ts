/** Freezes and exceptions. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import { build } from '../db/prepared.ts';
import type { RowOf } from '../db/rows.ts';
import type { ExceptionsTable, FreezesTable } from '../db/schema.ts';
import type { Freeze } from '../domain/freeze/calendar.ts';
import type { FreezeException } from '../domain/freeze/exception.ts';
import type { FreezeId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import { asked, byRelease, changed, isOfReleases, part } from '../situation/parts.ts';
import { NEWEST } from '../slack/ids.ts';

const toFreeze = (row: Selectable<FreezesTable>): Freeze => ({
  workspace: row.workspace_id,
  id: row.id,
  number: row.number,
  name: row.name,
  reason: row.reason,
  severity: row.severity,
  scope: row.scope,
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  zone: row.zone,
  exemptTypes: row.exempt_types,
  approvers: row.approvers,
  createdBy: row.created_by,
  endedEarlyAt: row.ended_early_at,
});

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
      scope: json(freeze.scope),
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

export const updateFreeze = async (tx: Tx, freeze: Freeze, wakeAt: Instant | null): Promise<void> => {
  await tx
    .updateTable('freezes')
    .set({ ends_at: freeze.endsAt, ended_early_at: freeze.endedEarlyAt, wake_at: wakeAt })
    .where('workspace_id', '=', freeze.workspace)
    .where('id', '=', freeze.id)
    .execute();
};

/** Freezes that are not over at `now`. */
export const liveFreezes = async (db: Db, workspace: WorkspaceId, now: Instant): Promise<readonly Freeze[]> => {
  const rows = await db
    .selectFrom('freezes')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('ended_early_at', 'is', null)
    .where('ends_at', '>', now)
    .orderBy('starts_at')
    .execute();
  return rows.map(toFreeze);
};

export type StoredFreeze = { freeze: Freeze; createdAt: Instant };

export const readFreeze = async (db: Db, workspace: WorkspaceId, id: FreezeId): Promise<StoredFreeze | null> => {
  const row = await db
    .selectFrom('freezes')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : { freeze: toFreeze(row), createdAt: row.created_at };
};

/** By number, or by name whatever its case. */
export const findFreeze = async (db: Db, workspace: WorkspaceId, reference: string): Promise<Freeze | null> => {
  const mine = db.selectFrom('freezes').selectAll().where('workspace_id', '=', workspace);
  const number = Number(reference.replace(/^(freeze-?|#)/i, ''));
  const query =
    Number.isInteger(number) && number <= NEWEST
      ? mine.where('number', '=', number)
      : mine.where((eb) => eb(eb.fn('lower', ['name']), '=', reference.toLowerCase()));
  const row = await query.orderBy('number', 'desc').limit(1).executeTakeFirst();
  return row === undefined ? null : toFreeze(row);
};

const toException = (row: Selectable<ExceptionsTable>): FreezeException => ({
  id: row.id,
  freeze: row.freeze_id,
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
});

const exceptionRow = (workspace: WorkspaceId, exception: FreezeException): RowOf<'exceptions'> => ({
  workspace_id: workspace,
  id: exception.id,
  freeze_id: exception.freeze,
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
      .select(sql<boolean>`ended_early_at is null and ends_at > ${asked.now}`.as('live'))
      .where('workspace_id', '=', asked.workspace)
      .where('ends_at', '>', asked.weekAgo)
      .where((eb) => eb.or([eb('ended_early_at', 'is', null), eb('ended_early_at', '>', asked.weekAgo)]))
      .orderBy('starts_at'),
  },
  (rows) => {
    const freezes = rows.freezes.filter(({ live }) => live).map(toFreeze);
    const endedFreezes = rows.freezes.filter(({ live }) => !live).map(toFreeze);
    return () => ({ around: { freezes, endedFreezes } });
  },
);

/** Exceptions from it that nobody has decided. */
export const exceptionsAsked = async (db: Db, { workspace, id }: Freeze): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('exceptions')
    .select('id')
    .where('workspace_id', '=', workspace)
    .where('freeze_id', '=', id)
    .where('verdict', '=', 'requested')
    .execute();
  return rows.map((row) => row.id);
};
