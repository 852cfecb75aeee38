/**
 * What time has made due. Each step claims one due row with `skip locked`, does what is due and stores the next time in the same
 * transaction: any number of replicas may tick at once, nothing is done twice and nothing is lost with a process.
 */
import { sql } from 'kysely';
import { subjectsOf } from '../announcements/messages-for.ts';
import { currentCatalog } from '../catalog/catalog-store.ts';
import { enqueue, refresh } from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { membersOf } from '../domain/catalog.ts';
import type { FreezeId, Id, ReleaseId, ReviewId, WorkspaceId } from '../domain/ids.ts';
import { after, type Instant, MINUTE } from '../domain/instant.ts';
import { actionReminders, promptDue, reviewPrompts } from '../domain/nudges.ts';
import { allow } from '../domain/refusal.ts';
import { MOST_NUDGES } from '../domain/review.ts';
import { settle, wakeAt } from '../domain/settle.ts';
import { dayIn } from '../domain/working-time.ts';
import { nextNotice, noticesDue, refreshInScope } from '../freezes/change-freeze.ts';
import { lockFreeze, updateFreeze } from '../freezes/freeze-store.ts';
import { homeSubject } from '../home/open-home.ts';
import { setWakeAt } from '../releases/release-store.ts';
import { toAction, toReview } from '../reviews/review-store.ts';
import { lockSituation, record } from '../situation/change-release.ts';
import { readPeople } from '../slack/people-store.ts';

type Due = { workspace_id: WorkspaceId; id: string };

const dueRow = async (
  tx: Tx,
  table: 'releases' | 'freezes' | 'reviews' | 'actions',
  now: Instant,
): Promise<Due | null> => {
  const { rows } = await sql<Due>`
    select workspace_id, id from ${sql.table(table)} where wake_at is not null and wake_at <= ${now}
      and workspace_id not in (select id from workspaces where paused_at is not null)
    order by wake_at limit 1 for update skip locked`.execute(tx);
  return rows[0] ?? null;
};

const ctxOf = (workspace: WorkspaceId, now: Instant): Ctx => ({
  workspace,
  actor: 'signalbox',
  surface: 'clock',
  now,
  requestKey: null,
});

const settleRelease = async (tx: Tx, deps: Deps, due: Due, now: Instant): Promise<void> => {
  const ctx = ctxOf(due.workspace_id, now);
  const id = due.id as ReleaseId;
  const locked = await lockSituation(tx, ctx, id);
  if (!locked.ok) return;
  const effect = settle(locked.value, now, deps.newId);
  await record(tx, deps, ctx, locked.value, effect);
  await refresh(tx, ctx.workspace, subjectsOf(locked.value, effect.after));
  await setWakeAt(tx, ctx.workspace, id, wakeAt(effect.after, now));
};

const tellFreeze = async (tx: Tx, deps: Deps, due: Due, now: Instant): Promise<void> => {
  const stored = await lockFreeze(tx, due.workspace_id, due.id as FreezeId);
  if (stored === null) return;
  const { freeze, createdAt } = stored;
  await enqueue(tx, deps, due.workspace_id, await noticesDue(tx, freeze, createdAt, now));
  await refreshInScope(tx, freeze);
  await updateFreeze(tx, freeze, nextNotice(freeze, createdAt, now));
};

/** All reviews of one person that are due share one message a day: the day is its occurrence. After five it is the release managers' turn. */
const promptReview = async (tx: Tx, deps: Deps, due: Due, now: Instant): Promise<void> => {
  const { workspace_id: workspace } = due;
  const catalog = await currentCatalog(tx, workspace);
  const row = await tx
    .selectFrom('reviews')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', due.id as ReviewId)
    .executeTakeFirstOrThrow();
  const review = toReview(row);
  if (catalog === null || review.state !== 'due') return setReviewWake(tx, due, null);
  const [owner] = await readPeople(tx, workspace, [review.owner]);
  const zone = owner?.zone ?? 'UTC';
  const prompts = reviewPrompts(review, catalog, zone);
  const prompt = promptDue(prompts, now);
  if (prompt !== null) {
    const managers = prompt.number >= MOST_NUDGES ? membersOf(catalog, catalog.roles.release_manager, '') : [];
    const people = [...new Set([review.owner, ...managers])];
    // Success reviews share one message a morning; a failure's is its own, because an edit would ring for nobody.
    const day = dayIn(prompt.at, zone);
    const occurrence = review.form === 'failure' ? `${day} ${review.id}` : day;
    await enqueue(
      tx,
      deps,
      workspace,
      people.map((id) => ({ subject: review.owner, kind: 'review-prompt', audience: id, place: id, occurrence })),
    );
    await refresh(tx, workspace, people.map(homeSubject));
  }
  await setReviewWake(tx, due, prompts.find((at) => at > now) ?? null);
};

const setReviewWake = async (tx: Tx, due: Due, at: Instant | null): Promise<void> => {
  await tx
    .updateTable('reviews')
    .set({ wake_at: at })
    .where('workspace_id', '=', due.workspace_id)
    .where('id', '=', due.id as ReviewId)
    .execute();
};

const remindAction = async (tx: Tx, deps: Deps, due: Due, now: Instant): Promise<void> => {
  const id = due.id as Id<'action'>;
  const row = await tx
    .selectFrom('actions')
    .selectAll()
    .where('workspace_id', '=', due.workspace_id)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const action = toAction(row);
  const [owner] = action.owner === null ? [] : await readPeople(tx, due.workspace_id, [action.owner]);
  const times = actionReminders(action, owner?.zone ?? 'UTC');
  if (action.owner !== null && times.some((at) => at <= now)) {
    await enqueue(tx, deps, due.workspace_id, [
      { subject: id, kind: 'action-reminder', audience: action.owner, place: action.owner },
    ]);
  }
  const next = times.find((at) => at > now) ?? null;
  await tx
    .updateTable('actions')
    .set({ wake_at: next })
    .where('workspace_id', '=', due.workspace_id)
    .where('id', '=', id)
    .execute();
};

type Step = (tx: Tx, deps: Deps, due: Due, now: Instant) => Promise<void>;

/** The one table of what is due: where its time stands, and what then happens. */
const JOBS: readonly { name: string; table: 'releases' | 'freezes' | 'reviews' | 'actions'; run: Step }[] = [
  { name: 'settle releases', table: 'releases', run: settleRelease },
  { name: 'tell freezes', table: 'freezes', run: tellFreeze },
  { name: 'prompt reviews', table: 'reviews', run: promptReview },
  { name: 'remind of actions', table: 'actions', run: remindAction },
];

const MOST_PER_TICK = 500;
const NOBODY = 'wsp_none' as WorkspaceId;

const AFTER_A_FAILURE = 5 * MINUTE;

/** A row that cannot be done must not stop the others: it is tried again in five minutes. */
const postpone = async (deps: Deps, table: (typeof JOBS)[number]['table'], due: Due, now: Instant): Promise<void> => {
  await sql`update ${sql.table(table)} set wake_at = ${after(now, AFTER_A_FAILURE)}
    where workspace_id = ${due.workspace_id} and id = ${due.id}`.execute(deps.database.kysely);
};

/** Does the next due row of one job. False when there is none. */
const doNext = async (deps: Deps, { name, table, run }: (typeof JOBS)[number]): Promise<boolean> => {
  const now = deps.clock.now();
  let claimed: Due | null = null;
  try {
    const result = await transact(deps, ctxOf(NOBODY, now), name, table, async (tx) => {
      claimed = await dueRow(tx, table, now);
      if (claimed !== null) await run(tx, deps, claimed, now);
      return allow(claimed !== null);
    });
    return result.ok && result.value;
  } catch (error) {
    if (claimed === null) throw error;
    deps.log.error(
      { err: error, job: name, row: claimed },
      'a due row could not be done; it is tried again in five minutes',
    );
    await postpone(deps, table, claimed, now);
    return true;
  }
};

/** Does everything that is due, one row a transaction. Returns how many rows it did. */
export const tick = async (deps: Deps): Promise<number> => {
  let done = 0;
  for (const job of JOBS) {
    while (done < MOST_PER_TICK && (await doNext(deps, job))) done += 1;
  }
  return done;
};

/** Requests older than two days cannot be repeated by Slack any more. */
export const forgetOldRequests = async (deps: Deps): Promise<void> => {
  await sql`delete from inbox where at < ${deps.clock.now()}::timestamptz - interval '48 hours'`.execute(
    deps.database.kysely,
  );
};
