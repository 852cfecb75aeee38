/** Reviews and action items. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import type { ActionsTable, ReviewsTable } from '../db/schema.ts';
import type { Id, ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { ActionItem, Review } from '../domain/situation.ts';

export const toReview = (row: Selectable<ReviewsTable>): Review => ({
  id: row.id,
  form: row.form,
  state: row.state,
  owner: row.owner,
  openedAt: row.opened_at,
  dueAt: row.due_at,
  outcome: row.outcome,
  answers: row.answers,
  submittedBy: row.submitted_by,
  submittedAt: row.submitted_at,
});

export const saveReview = async (tx: Tx, workspace: WorkspaceId, release: ReleaseId, review: Review): Promise<void> => {
  const row = {
    workspace_id: workspace,
    id: review.id,
    release_id: release,
    form: review.form,
    state: review.state,
    owner: review.owner,
    opened_at: review.openedAt,
    due_at: review.dueAt,
    outcome: review.outcome,
    answers: json(review.answers),
    submitted_by: review.submittedBy,
    submitted_at: review.submittedAt,
    wake_at: review.state === 'due' ? review.dueAt : null,
  };
  await tx
    .insertInto('reviews')
    .values(row)
    .onConflict((oc) => oc.columns(['workspace_id', 'id']).doUpdateSet(row))
    .execute();
};

export const toAction = (row: Selectable<ActionsTable>): ActionItem => ({
  id: row.id,
  text: row.text,
  owner: row.owner,
  due: row.due,
  state: row.state,
  reason: row.reason,
  createdAt: row.created_at,
  doneAt: row.done_at,
});

export const saveAction = async (
  tx: Tx,
  workspace: WorkspaceId,
  release: ReleaseId,
  action: ActionItem,
  wakeAt: Instant | null,
): Promise<void> => {
  const row = {
    workspace_id: workspace,
    id: action.id,
    release_id: release,
    text: action.text,
    owner: action.owner,
    due: action.due,
    state: action.state,
    reason: action.reason,
    created_at: action.createdAt,
    done_at: action.doneAt,
    wake_at: action.state === 'open' ? wakeAt : null,
  };
  await tx
    .insertInto('actions')
    .values(row)
    .onConflict((oc) => oc.columns(['workspace_id', 'id']).doUpdateSet(row))
    .execute();
};

export type DueReview = { review: Review; release: ReleaseId };

/** Reviews of this person that are due by `by`. */
export const dueReviewsOf = async (
  db: Db,
  workspace: WorkspaceId,
  owner: UserId,
  by: Instant,
): Promise<readonly DueReview[]> => {
  const rows = await db
    .selectFrom('reviews')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('owner', '=', owner)
    .where(sql<boolean>`state = 'due'`)
    .where('due_at', '<=', by)
    .orderBy('due_at')
    .limit(20)
    .execute();
  return rows.map((row) => ({ review: toReview(row), release: row.release_id }));
};

export type OpenAction = { action: ActionItem; release: ReleaseId };

export const openActionsOf = async (
  db: Db,
  workspace: WorkspaceId,
  owner: UserId | null,
  limit = 20,
): Promise<readonly OpenAction[]> => {
  let query = db
    .selectFrom('actions')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`state = 'open'`);
  if (owner !== null) query = query.where('owner', '=', owner);
  const rows = await query.orderBy('due').limit(limit).execute();
  return rows.map((row) => ({ action: toAction(row), release: row.release_id }));
};

export const readAction = async (db: Db, workspace: WorkspaceId, id: Id<'action'>): Promise<OpenAction | null> => {
  const row = await db
    .selectFrom('actions')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : { action: toAction(row), release: row.release_id };
};
