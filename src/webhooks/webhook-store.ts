/** Webhooks and what is to be delivered to them. Leases and retries run on the machine clock of the database, never on business time. */
import { createHmac } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Database, Db, Tx } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import type { DeliveriesTable, WebhooksTable } from '../db/schema.ts';
import type { Id, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Webhook } from '../domain/webhook/webhook.ts';
import type { JournalKey } from '../journal/chain.ts';

const toWebhook = (row: Selectable<WebhooksTable>): Webhook => ({
  id: row.id,
  name: row.name,
  url: row.url,
  topics: row.topics,
  services: row.services,
  generation: row.generation,
  toldSeq: row.told_seq,
  madeBy: row.made_by,
  madeAt: row.made_at,
  stoppedAt: row.stopped_at,
  stoppedBecause: row.stopped_because,
});

/** What signs for it, in the form of Standard Webhooks. Derived: no table holds it. */
export const signingSecret = (
  key: JournalKey,
  workspace: WorkspaceId,
  { id, generation }: Pick<Webhook, 'id' | 'generation'>,
): string =>
  `whsec_${createHmac('sha256', key.secret).update(`webhook\n${workspace}\n${id}\n${generation}`).digest('base64')}`;

/** Those that are told something, newest first. */
export const webhooksOf = async (db: Db, workspace: WorkspaceId): Promise<readonly Webhook[]> => {
  const rows = await db
    .selectFrom('webhooks')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('stopped_at', 'is', null)
    .orderBy('made_at', 'desc')
    .execute();
  return rows.map(toWebhook);
};

/** The newest of that name. */
export const webhookNamed = async (db: Db, workspace: WorkspaceId, name: string): Promise<Webhook | null> => {
  const row = await db
    .selectFrom('webhooks')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('name', '=', name)
    .orderBy('made_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : toWebhook(row);
};

export const readWebhook = async (db: Db, workspace: WorkspaceId, id: Id<'webhook'>): Promise<Webhook | null> => {
  const row = await db
    .selectFrom('webhooks')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : toWebhook(row);
};

const toRow = (workspace: WorkspaceId, webhook: Webhook) => ({
  workspace_id: workspace,
  id: webhook.id,
  name: webhook.name,
  url: webhook.url,
  topics: json(webhook.topics),
  services: json(webhook.services),
  generation: webhook.generation,
  told_seq: webhook.toldSeq,
  made_by: webhook.madeBy,
  made_at: webhook.madeAt,
  stopped_at: webhook.stoppedAt,
  stopped_because: webhook.stoppedBecause,
});

export const insertWebhook = async (tx: Tx, workspace: WorkspaceId, webhook: Webhook): Promise<void> => {
  await tx.insertInto('webhooks').values(toRow(workspace, webhook)).execute();
};

export const saveWebhook = async (tx: Tx, workspace: WorkspaceId, webhook: Webhook): Promise<void> => {
  const { generation, stoppedAt, stoppedBecause } = webhook;
  await tx
    .updateTable('webhooks')
    .set({ generation, stopped_at: stoppedAt, stopped_because: stoppedBecause })
    .where('workspace_id', '=', workspace)
    .where('id', '=', webhook.id)
    .execute();
};

/** The webhooks, of all workspaces, for which the journal has something that was not looked at. Of paused ones nothing is told. */
export const untold = async ({
  kysely,
}: Database): Promise<readonly { workspace: WorkspaceId; webhook: Webhook; head: number }[]> => {
  const { rows } = await sql<Selectable<WebhooksTable> & { head: number }>`
    select h.*, w.journal_seq as head from webhooks h join workspaces w on w.id = h.workspace_id
    where h.stopped_at is null and h.told_seq < w.journal_seq and w.paused_at is null`.execute(kysely);
  return rows.map(({ head, ...row }) => ({ workspace: row.workspace_id, webhook: toWebhook(row), head }));
};

/** The workspaces that have a webhook. */
export const workspacesTold = async ({ kysely }: Database): Promise<ReadonlySet<string>> => {
  const { rows } = await sql<{ workspace_id: string }>`
    select distinct workspace_id from webhooks where stopped_at is null`.execute(kysely);
  return new Set(rows.map(({ workspace_id }) => workspace_id));
};

export type NewDelivery = {
  id: Id<'delivery'>;
  kind: Delivery['kind'];
  event: string;
  body: string;
  madeAt: Instant;
};

/**
 * Notes that the journal was looked at up to `to`, and what is to be delivered of it, in one statement: two processes that looked at the same
 * moment do it once.
 */
export const tellWebhook = async (
  { kysely }: Database,
  workspace: WorkspaceId,
  { id, toldSeq }: Webhook,
  to: number,
  list: readonly NewDelivery[],
): Promise<void> => {
  await sql`
    with moved as (
      update webhooks set told_seq = ${to}
      where workspace_id = ${workspace} and id = ${id} and told_seq = ${toldSeq} and stopped_at is null returning id)
    insert into deliveries (workspace_id, id, webhook_id, kind, event, body, made_at, state, attempts, next_at)
    select ${workspace}, d.id, ${id}, d.kind, d.event, d.body, d.made_at, 'waiting', 0, clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(list.map(({ madeAt, ...rest }) => ({ ...rest, made_at: madeAt })))}::jsonb)
      as d (id text, kind text, event text, body text, made_at timestamptz)
    where exists (select from moved)`.execute(kysely);
};

export type DeliveryKind = 'webhook' | 'github' | 'gitlab';
export type Delivery = {
  workspace: WorkspaceId;
  id: Id<'delivery'>;
  webhook: Id<'webhook'> | null;
  kind: DeliveryKind;
  event: string;
  body: string;
  target: unknown;
  madeAt: Instant;
  state: 'waiting' | 'delivered' | 'failed';
  attempts: number;
  triedAt: Instant | null;
  status: number | null;
  error: string | null;
};

const toDelivery = (row: Selectable<DeliveriesTable>): Delivery => ({
  workspace: row.workspace_id,
  id: row.id,
  webhook: row.webhook_id,
  kind: row.kind,
  event: row.event,
  body: row.body,
  target: row.target,
  madeAt: row.made_at,
  state: row.state,
  attempts: row.attempts,
  triedAt: row.tried_at,
  status: row.status,
  error: row.error,
});

export type Room = { most: number; mostOfOne: number; full: readonly string[] };

/** Takes what is due, for so many milliseconds: so many in all and of one receiver, and nothing of those that have enough under way. Paused workspaces wait. */
export const claimDeliveries = async (
  { kysely }: Database,
  { most, mostOfOne, full }: Room,
  leaseMs: number,
): Promise<readonly Delivery[]> => {
  const { rows } = await sql<Selectable<DeliveriesTable>>`
    with ready as (
      select d.workspace_id, d.id, d.next_at, row_number() over (partition by coalesce(d.webhook_id, d.kind) order by d.next_at, d.id) as place_in_line
      from deliveries d join workspaces w on w.id = d.workspace_id
      where d.state = 'waiting' and d.next_at <= clock_timestamp() and (d.lease_until is null or d.lease_until < clock_timestamp())
        and w.paused_at is null and coalesce(d.webhook_id, d.kind) <> all(${[...full]}::text[])),
    due as (
      select d.workspace_id, d.id from deliveries d join ready r on r.workspace_id = d.workspace_id and r.id = d.id
      where r.place_in_line <= ${mostOfOne} and d.state = 'waiting' and (d.lease_until is null or d.lease_until < clock_timestamp())
      order by r.next_at limit ${most} for update of d skip locked)
    update deliveries d set lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond', attempts = d.attempts + 1
    from due where d.workspace_id = due.workspace_id and d.id = due.id returning d.*`.execute(kysely);
  return rows.map(toDelivery);
};

/** What became of an attempt; `againIn`: milliseconds until the next. */
export const settleDelivery = async (
  { kysely }: Database,
  { workspace, id }: Delivery,
  outcome: { state: Delivery['state']; status: number | null; error: string | null; againIn: number },
): Promise<void> => {
  await sql`
    update deliveries set state = ${outcome.state}, status = ${outcome.status}, error = ${outcome.error}, lease_until = null,
      tried_at = clock_timestamp(), next_at = clock_timestamp() + ${outcome.againIn} * interval '1 millisecond'
    where workspace_id = ${workspace} and id = ${id}`.execute(kysely);
};

/** Milliseconds until something is due; `null` when nothing waits. */
export const nextDueIn = async ({ kysely }: Database): Promise<number | null> => {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(greatest(next_at, coalesce(lease_until, next_at))) - clock_timestamp()) * 1000)::float8 as ms
    from deliveries d join workspaces w on w.id = d.workspace_id where d.state = 'waiting' and w.paused_at is null`.execute(
    kysely,
  );
  const ms = rows[0]?.ms;
  return ms == null ? null : Math.max(0, Number(ms));
};

/** The last ones of a webhook, newest first. */
export const deliveriesOf = async (
  db: Db,
  workspace: WorkspaceId,
  webhook: Id<'webhook'>,
  most: number,
): Promise<readonly Delivery[]> => {
  const rows = await db
    .selectFrom('deliveries')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('webhook_id', '=', webhook)
    .orderBy('made_at', 'desc')
    .orderBy('id', 'desc')
    .limit(most)
    .execute();
  return rows.map(toDelivery);
};

/** Tried again at once, with the same id: its receiver may know it. `null` where there is none that was settled. */
export const replayDelivery = async (
  tx: Tx,
  workspace: WorkspaceId,
  id: Id<'delivery'>,
): Promise<{ webhook_id: Id<'webhook'> | null; event: string } | null> => {
  const found = await tx
    .updateTable('deliveries')
    .set({ state: 'waiting', attempts: 0, next_at: sql`clock_timestamp()`, lease_until: null })
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .where('state', '<>', 'waiting')
    .returning(['webhook_id', 'event'])
    .executeTakeFirst();
  return found ?? null;
};

const KEPT_DAYS = 30;

const MOST_FORGOTTEN = 5_000;

/** What was settled more than thirty days ago is forgotten, some at a time. */
export const forgetOld = async ({ kysely }: Database, now: Instant): Promise<void> => {
  await sql`
    delete from deliveries where (workspace_id, id) in (
      select workspace_id, id from deliveries
      where state <> 'waiting' and tried_at < clock_timestamp() - ${KEPT_DAYS} * interval '1 day' limit ${MOST_FORGOTTEN})`.execute(
    kysely,
  );
  await sql`
    delete from waiting_jobs where (workspace_id, id) in (
      select workspace_id, id from waiting_jobs
      where answered_at < ${now}::timestamptz - ${KEPT_DAYS} * interval '1 day' limit ${MOST_FORGOTTEN})`.execute(
    kysely,
  );
  await sql`
    delete from outside_deployments where (workspace_id, id) in (
      select workspace_id, id from outside_deployments
      where told_at < clock_timestamp() - ${KEPT_DAYS} * interval '1 day' limit ${MOST_FORGOTTEN})`.execute(kysely);
};
