/**
 * What time has made due. A tick takes one workspace at a time, does what is due there and stores the next time in the same transaction:
 * any number of replicas may tick at once, nothing is done twice and nothing is lost with a process.
 */
import { type CompiledQuery, sql } from 'kysely';
import { enqueue, enqueueing, homeSubject, refreshing, type Wanted } from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import { build } from '../db/prepared.ts';
import { type Ctx, transact, type Writer } from '../db/transact.ts';
import { endLockAtItsTime } from '../deployments/lock-verbs.ts';
import type { Deps } from '../deps.ts';
import { type Catalog, daysOff, hasRole, membersOf } from '../domain/catalog/catalog.ts';
import { endOf, phaseOf } from '../domain/freeze/calendar.ts';
import { around } from '../domain/freeze/recurrence.ts';
import { type FreezeId, type Id, type ReleaseId, type ReviewId, userId, type WorkspaceId } from '../domain/ids.ts';
import { allow } from '../domain/refusal.ts';
import { actionReminders, promptDue, reviewPrompts } from '../domain/review/reminders.ts';
import { MOST_NUDGES } from '../domain/review/review.ts';
import { settle } from '../domain/settle.ts';
import { after, DAY, earliest, type Instant, MINUTE } from '../domain/time.ts';
import { wakeAt } from '../domain/wake.ts';
import { dayIn, nextMorning, nextWorkingTime } from '../domain/working-time.ts';
import { readFreeze, wakeFreeze } from '../freezes/freeze-store.ts';
import { heldOwners, nextNotice, noticesDue, refreshInScope, wakeHeld } from '../freezes/freeze-verbs.ts';
import { morningFor, morningOf } from '../home/morning.ts';
import { readAction, readReview } from '../reviews/review-store.ts';
import { subjectsOf } from '../situation/messages-for.ts';
import { nudgesFor } from '../situation/nudges-for.ts';
import { writesOf } from '../situation/perform.ts';
import { mayActAtAll, readPeople, readPerson } from '../slack/people-store.ts';

type Table = 'releases' | 'freezes' | 'locks' | 'reviews' | 'actions' | 'people';
type Due = { id: string };

/** What one job works with: alone in the workspace, as of one instant. */
type Turn = { deps: Deps; ctx: Ctx; tx: Tx; writer: Writer; catalog: Catalog; now: Instant };

const send = (tx: Tx, queries: readonly CompiledQuery[]): Promise<unknown> =>
  Promise.all(queries.map((query) => tx.executeQuery(query)));

const wakingAgain = (table: Table, workspace: WorkspaceId, id: string, at: Instant | null): CompiledQuery =>
  sql`update ${sql.table(table)} set wake_at = ${at} where workspace_id = ${workspace} and id = ${id}`.compile(build);

const settleRelease = async ({ deps, ctx, tx, writer, now }: Turn, { id }: Due): Promise<void> => {
  const { workspace } = ctx;
  const scope = { workspace, releases: [id as ReleaseId], actor: null, now };
  const [before] = (await deps.situations.read(tx, scope))?.situations ?? [];
  if (before === undefined) return;
  const effect = settle(before, now, deps.newId);
  await send(tx, [
    ...writesOf(deps, ctx, writer, before, effect),
    // What is in the way may have changed with time alone.
    ...enqueueing(deps, workspace, nudgesFor(effect.after, now)),
    ...refreshing(workspace, subjectsOf(before, effect.after, now)),
    wakingAgain('releases', workspace, id, wakeAt(effect.after, now)),
  ]);
};

const tellFreeze = async ({ deps, ctx, tx, catalog, now }: Turn, { id }: Due): Promise<void> => {
  const stored = await readFreeze(tx, ctx.workspace, catalog, id as FreezeId);
  if (stored === null) return;
  const { freeze, declared, createdAt } = stored;
  const held: Wanted[] = [];
  for (const each of around(declared, now)) {
    const phase = phaseOf(each, now);
    // What was planned for as soon as possible is caught only now; its owner is told in their working hours.
    if (phase === 'active') held.push(...(await heldOwners(deps.situations, tx, each, now, each.startsAt > createdAt)));
    if (phase === 'over' && endOf(each) > after(now, -DAY)) await wakeHeld(deps.situations, tx, each, now);
  }
  const owners = await readPeople(
    tx,
    ctx.workspace,
    held.map(({ audience }) => userId(audience)),
  );
  const tellAt = (audience: string): Instant => {
    const zone = owners.find(({ id }) => id === audience)?.zone ?? freeze.zone;
    return nextWorkingTime(now, zone, daysOff(catalog, zone));
  };
  const ready = held.filter(({ audience, anyHour }) => anyHour || tellAt(audience) <= now);
  await enqueue(tx, deps, ctx.workspace, [...noticesDue(declared, createdAt, now, catalog), ...ready]);
  await refreshInScope(tx, declared, now);
  const later = held.map(({ audience }) => tellAt(audience)).filter((at) => at > now);
  await wakeFreeze(tx, freeze, earliest([nextNotice(declared, createdAt, now, catalog), ...later]));
};

/** All reviews of one person that are due share one message a day: the day is its occurrence. After five it is the release managers' turn. */
const promptReview = async ({ deps, ctx, tx, catalog, now }: Turn, { id }: Due): Promise<void> => {
  const { workspace } = ctx;
  const found = await readReview(tx, workspace, id as ReviewId);
  if (found === null || found.review.state !== 'due') return;
  const { review, release } = found;
  const [owner] = await readPeople(tx, workspace, [review.owner]);
  const zone = owner?.zone ?? 'UTC';
  const prompts = reviewPrompts(review, catalog, zone);
  const prompt = promptDue(prompts, now);
  if (prompt !== null) {
    // Whoever left answers nothing.
    const gone = owner !== undefined && !mayActAtAll(owner);
    const managers = gone || prompt.number >= MOST_NUDGES ? membersOf(catalog, catalog.roles.release_manager, '') : [];
    const people = [...new Set([...(gone ? [] : [review.owner]), ...managers])];
    // Success reviews share one message a morning; a failure's is its own, because an edit would ring for nobody.
    const day = dayIn(prompt.at, zone);
    const occurrence = review.form === 'failure' ? `${day} ${review.id}` : day;
    await send(tx, [
      ...enqueueing(
        deps,
        workspace,
        people.map((person) => ({
          subject: review.owner,
          kind: 'review-prompt',
          audience: person,
          place: person,
          occurrence,
          // The slots are chosen; the hour after a failure is not.
          // They are slots of its owner's day, and of nobody else's.
          anyHour: person === review.owner && (review.form !== 'failure' || prompt.number > 1),
        })),
      ),
      // The prompts of other mornings are taken away: this one has everything that is due; its card says that it is.
      ...refreshing(workspace, [release, review.owner, ...people.map(homeSubject)]),
    ]);
  }
  await send(tx, [wakingAgain('reviews', workspace, id, prompts.find((at) => at > now) ?? null)]);
};

const remindAction = async ({ deps, ctx, tx, catalog, now }: Turn, { id }: Due): Promise<void> => {
  const { workspace } = ctx;
  const found = await readAction(tx, workspace, id as Id<'action'>);
  if (found === null) return;
  const { action } = found;
  const [owner] = action.owner === null ? [] : await readPeople(tx, workspace, [action.owner]);
  const zone = owner?.zone ?? 'UTC';
  const times = actionReminders(action, zone, daysOff(catalog, zone));
  const passed = times.filter((at) => at <= now).at(-1);
  const reminds = action.owner !== null && passed !== undefined;
  await send(tx, [
    ...(reminds && action.owner !== null
      ? enqueueing(deps, workspace, [
          {
            subject: id,
            kind: 'action-reminder',
            audience: action.owner,
            place: action.owner,
            release: found.release,
            occurrence: passed ?? '',
          },
        ])
      : []),
    // The reminders before it are taken away.
    ...refreshing(workspace, [id]),
    wakingAgain('actions', workspace, id, times.find((at) => at > now) ?? null),
  ]);
};

/** A release manager's morning; who is none any more sleeps on. */
const tellMorning = async ({ deps, ctx, tx, catalog, now }: Turn, { id }: Due): Promise<void> => {
  const { workspace } = ctx;
  const person = await readPerson(tx, workspace, userId(id));
  const manages = person !== null && mayActAtAll(person) && hasRole(catalog, 'release_manager', person.id);
  await send(tx, [
    ...(manages ? enqueueing(deps, workspace, [morningFor(person, now)]) : []),
    // The one before it is taken away.
    ...refreshing(workspace, [morningOf(id)]),
    wakingAgain('people', workspace, id, manages ? nextMorning(now, person.zone, daysOff(catalog, person.zone)) : null),
  ]);
};

/** The one table of what is due: where its time stands, and what then happens. Each clears the time, or puts the next in its place. */
const JOBS: readonly { name: string; table: Table; run: (turn: Turn, due: Due) => Promise<void> }[] = [
  // First, because what a freeze held is woken when it is over.
  { name: 'tell freezes', table: 'freezes', run: tellFreeze },
  { name: 'end locks', table: 'locks', run: (turn, { id }) => endLockAtItsTime(turn, turn.ctx.workspace, id) },
  { name: 'settle releases', table: 'releases', run: settleRelease },
  { name: 'prompt reviews', table: 'reviews', run: promptReview },
  { name: 'remind of actions', table: 'actions', run: remindAction },
  { name: 'tell the morning', table: 'people', run: tellMorning },
];

const ctxOf = (workspace: WorkspaceId, now: Instant): Ctx => ({
  workspace,
  actor: 'signalbox',
  surface: 'clock',
  now,
  requestKey: null,
});

/** Workspaces that have something due, the one that waits longest first. Paused ones wait. */
const workspacesWithDue = async (deps: Deps, now: Instant): Promise<readonly WorkspaceId[]> => {
  const { rows } = await sql<{ workspace_id: WorkspaceId }>`
    select workspace_id from (
      select workspace_id, wake_at from releases where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from freezes where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from locks where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from reviews where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from actions where wake_at is not null and wake_at <= ${now}
      union all select workspace_id, wake_at from people where wake_at is not null and wake_at <= ${now}) due
    where workspace_id not in (select id from workspaces where paused_at is not null)
    group by workspace_id order by min(wake_at)`.execute(deps.database.kysely);
  return rows.map(({ workspace_id }) => workspace_id);
};

const MOST_AT_ONCE = 10;

/** How many in one step, and which not: what could not even be put off. */
type Some = { most: number; without: readonly string[] };

const dueRows = async (
  tx: Tx,
  table: Table,
  workspace: WorkspaceId,
  now: Instant,
  { most, without }: Some,
): Promise<readonly Due[]> => {
  const { rows } = await sql<Due>`
    select id from ${sql.table(table)} where workspace_id = ${workspace} and wake_at is not null and wake_at <= ${now}
      and id <> all(${[...without]}::text[])
    order by wake_at limit ${most}`.execute(tx);
  return rows;
};

/** Does some due rows of one job in one workspace, in one step. Returns how many, or the row that could not be done. */
const doSome = async (
  deps: Deps,
  job: (typeof JOBS)[number],
  workspace: WorkspaceId,
  some: Some,
): Promise<{ done: number } | { failed: string | null; error: unknown }> => {
  const now = deps.clock.now();
  const ctx = ctxOf(workspace, now);
  let at: string | null = null;
  try {
    const result = await transact(deps, ctx, job.name, workspace, async (tx, writer) => {
      if (writer.catalogVersion === null) return allow(0);
      const catalog = await deps.catalogs.at(tx, workspace, writer.catalogVersion);
      const rows = await dueRows(tx, job.table, workspace, now, some);
      for (const due of rows) {
        at = due.id;
        await job.run({ deps, ctx, tx, writer, catalog, now }, due);
      }
      return allow(rows.length);
    });
    return result.ok ? { done: result.value } : { failed: at, error: new Error(result.refusal.code) };
  } catch (error) {
    return { failed: at, error };
  }
};

const AFTER_A_FAILURE = 5 * MINUTE;

/** A row that cannot be done must not stop the others: it is tried again in five minutes. False when not even this could be written: at the next tick, then. */
const putOff = async (
  deps: Deps,
  { name, table }: (typeof JOBS)[number],
  workspace: WorkspaceId,
  id: string,
  error: unknown,
) => {
  deps.log.error(
    { err: error, job: name, workspace, row: id },
    'a due row could not be done; it is tried again in five minutes',
  );
  const now = deps.clock.now();
  const put = await transact(deps, ctxOf(workspace, now), 'put off a due row', id, async (tx) => {
    await send(tx, [wakingAgain(table, workspace, id, after(now, AFTER_A_FAILURE))]);
    return allow(null);
  });
  return put.ok;
};

/** Everything of one job that is due in one workspace. What fails among others is done alone, and put off when it fails again. */
const doJob = async (deps: Deps, job: (typeof JOBS)[number], workspace: WorkspaceId): Promise<number> => {
  let done = 0;
  let most = MOST_AT_ONCE;
  const without: string[] = [];
  for (;;) {
    const result = await doSome(deps, job, workspace, { most, without });
    if ('done' in result) {
      done += result.done;
      if (result.done < most) return done;
    } else if (result.failed === null) {
      // Somebody else holds the workspace: the next tick comes in seconds.
      deps.log.warn(
        { err: result.error, job: job.name, workspace },
        'a workspace could not be looked at; the next tick tries again',
      );
      return done;
    } else if (most > 1) most = 1;
    else {
      if (!(await putOff(deps, job, workspace, result.failed, result.error))) without.push(result.failed);
      done += 1;
    }
  }
};

/** Does everything that is due, one workspace at a time: one that has trouble holds up no other. Returns how many rows it did. */
export const tick = async (deps: Deps): Promise<number> => {
  let done = 0;
  for (const workspace of await workspacesWithDue(deps, deps.clock.now())) {
    for (const job of JOBS) done += await doJob(deps, job, workspace);
  }
  return done;
};

/** Requests older than two days cannot be repeated by Slack any more. */
export const forgetOldRequests = async (deps: Deps): Promise<void> => {
  await sql`delete from inbox where at < ${deps.clock.now()}::timestamptz - interval '48 hours'`.execute(
    deps.database.kysely,
  );
};
