/** Reviews and action items. */

import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/connection.ts';
import { build } from '../db/prepared.ts';
import type { RowOf } from '../db/rows.ts';
import type { ActionsTable, ReviewsTable } from '../db/schema.ts';
import { daysOff } from '../domain/catalog/catalog.ts';
import type { Id, ReleaseId, ReviewId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { ActionItem } from '../domain/review/action.ts';
import { actionReminders } from '../domain/review/reminders.ts';
import type { Review } from '../domain/review/review.ts';
import type { Situation } from '../domain/situation.ts';
import type { Instant } from '../domain/time.ts';
import { asked, byRelease, changed, isOfReleases, part } from '../situation/parts.ts';

const toReview = (row: Selectable<ReviewsTable>): Review => ({
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

const reviewRow = (workspace: WorkspaceId, release: ReleaseId, review: Review): RowOf<'reviews'> => ({
  workspace_id: workspace,
  id: review.id,
  release_id: release,
  form: review.form,
  state: review.state,
  owner: review.owner,
  opened_at: review.openedAt,
  due_at: review.dueAt,
  outcome: review.outcome,
  answers: review.answers,
  submitted_by: review.submittedBy,
  submitted_at: review.submittedAt,
  wake_at: review.state === 'due' ? review.dueAt : null,
});

const toAction = (row: Selectable<ActionsTable>): ActionItem => ({
  id: row.id,
  text: row.text,
  owner: row.owner,
  due: row.due,
  state: row.state,
  reason: row.reason,
  createdAt: row.created_at,
  doneAt: row.done_at,
});

const actionRow = (
  workspace: WorkspaceId,
  release: ReleaseId,
  action: ActionItem,
  wakeAt: Instant | null,
): RowOf<'actions'> => ({
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
});

/** A review that is answered is saved before one that takes its place: one may be due. */
const answeredFirst = (a: Review, b: Review): number => Number(a.state === 'due') - Number(b.state === 'due');

const actionWakesAt = (action: ActionItem, s: Situation, now: Instant): Instant | null => {
  const zone = s.around.zones[action.owner ?? ''] ?? 'UTC';
  return actionReminders(action, zone, daysOff(s.around.catalog, zone)).find((at) => at > now) ?? null;
};

/** Of those releases, found once: whom they are for is read besides. */
const actionsOfTarget = build
  .selectFrom('actions')
  .selectAll()
  .where('workspace_id', '=', asked.workspace)
  .where(isOfReleases);

export const reviewsPart = part(
  {
    reviews: build
      .selectFrom('reviews')
      .selectAll()
      .where('workspace_id', '=', asked.workspace)
      .where(isOfReleases)
      .orderBy('opened_at'),
    actions: build
      .selectFrom(sql<Selectable<ActionsTable>>`actions_of_target`.as('actions'))
      .selectAll()
      .orderBy('created_at'),
  },
  (rows) => {
    const reviewsOf = byRelease(rows.reviews);
    const actionsOf = byRelease(rows.actions);
    return (release) => ({
      own: { reviews: reviewsOf(release).map(toReview), actions: actionsOf(release).map(toAction) },
    });
  },
  (before, after, now) => {
    const { workspace, id } = after.release;
    return [
      {
        table: 'reviews',
        rows: [...changed(before.reviews, after.reviews)]
          .sort(answeredFirst)
          .map((each) => reviewRow(workspace, id, each)),
      },
      {
        table: 'actions',
        rows: changed(before.actions, after.actions).map((each) =>
          actionRow(workspace, id, each, actionWakesAt(each, after, now)),
        ),
      },
    ];
  },
  { actions_of_target: actionsOfTarget },
);

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
    .limit(200)
    .execute();
  return rows.map((row) => ({ review: toReview(row), release: row.release_id }));
};

export type OpenAction = { action: ActionItem; release: ReleaseId };

export const openActionsOf = async (
  db: Db,
  workspace: WorkspaceId,
  owner: UserId | null,
  limit = 500,
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

export const readReview = async (
  db: Db,
  workspace: WorkspaceId,
  id: ReviewId,
): Promise<{ review: Review; release: ReleaseId } | null> => {
  const row = await db
    .selectFrom('reviews')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : { review: toReview(row), release: row.release_id };
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
