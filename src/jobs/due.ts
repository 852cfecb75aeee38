/** What is done with each kind of row when its time has come; each clears the time, or puts the next in its place. */
import { type CompiledQuery, sql } from 'kysely';
import { enqueue, enqueueing, homeSubject, refreshing, type Wanted } from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import { build } from '../db/prepared.ts';
import { type Ctx, type Writer } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { type Catalog, daysOff, hasRole, membersOf } from '../domain/catalog/catalog.ts';
import { endOf, phaseOf } from '../domain/freeze/calendar.ts';
import { around } from '../domain/freeze/recurrence.ts';
import {
  type FreezeId,
  type Id,
  type ReleaseId,
  type ReviewId,
  type UserId,
  userId,
  type WorkspaceId,
} from '../domain/ids.ts';
import { answerable } from '../domain/release/runner.ts';
import { actionReminders, promptDue, reviewPrompts } from '../domain/review/reminders.ts';
import { MOST_NUDGES } from '../domain/review/review.ts';
import { settle } from '../domain/settle.ts';
import { after, DAY, earliest, type Instant } from '../domain/time.ts';
import { wakeAt } from '../domain/wake.ts';
import { dayIn, nextMorning, nextWorkingTime } from '../domain/working-time.ts';
import { readFreeze, wakeFreeze } from '../freezes/freeze-store.ts';
import { heldOwners, nextNotice, noticesDue, refreshInScope, wakeHeld } from '../freezes/freeze-told.ts';
import { morningFor, morningOf } from '../home/morning.ts';
import { readReleases } from '../releases/release-store.ts';
import { readAction, readReview } from '../reviews/review-store.ts';
import { subjectsOf } from '../situation/messages-for.ts';
import { nudgesFor } from '../situation/nudges-for.ts';
import { writesOf } from '../situation/perform.ts';
import { mayActAtAll, readPeople, readPerson } from '../slack/people-store.ts';

/** Where a time may stand at which something is due. */
export type Table = 'releases' | 'freezes' | 'locks' | 'reviews' | 'actions' | 'people';
export type Due = { id: string };

/** What one job works with: alone in the workspace, as of one instant. */
export type Turn = { deps: Deps; ctx: Ctx; tx: Tx; writer: Writer; catalog: Catalog; now: Instant };

export const send = (tx: Tx, queries: readonly CompiledQuery[]): Promise<unknown> =>
  Promise.all(queries.map((query) => tx.executeQuery(query)));

export const wakingAgain = (table: Table, workspace: WorkspaceId, id: string, at: Instant | null): CompiledQuery =>
  sql`update ${sql.table(table)} set wake_at = ${at} where workspace_id = ${workspace} and id = ${id}`.compile(build);

export const settleRelease = async ({ deps, ctx, tx, writer, now }: Turn, { id }: Due): Promise<void> => {
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

export const tellFreeze = async ({ deps, ctx, tx, catalog, now }: Turn, { id }: Due): Promise<void> => {
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
export const promptReview = async ({ deps, ctx, tx, catalog, now }: Turn, { id }: Due): Promise<void> => {
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

/** Whose it is to see to what somebody left undone: the release's owner, else who stands in. */
const answerableFor = async (
  tx: Tx,
  workspace: WorkspaceId,
  catalog: Catalog,
  id: ReleaseId,
): Promise<readonly UserId[]> => {
  const [release] = await readReleases(tx, workspace, [id]);
  if (release === undefined) return [];
  const known = membersOf(catalog, [...catalog.roles.release_manager, '$owners'], release.service);
  const people = await readPeople(tx, workspace, [...new Set([release.owner, ...known])]);
  const inactive = people.filter((person) => !mayActAtAll(person)).map((person) => person.id);
  return answerable({ release, around: { catalog, inactive } });
};

export const remindAction = async ({ deps, ctx, tx, catalog, now }: Turn, { id }: Due): Promise<void> => {
  const { workspace } = ctx;
  const found = await readAction(tx, workspace, id as Id<'action'>);
  if (found === null) return;
  const { action } = found;
  const [owner] = action.owner === null ? [] : await readPeople(tx, workspace, [action.owner]);
  const left = owner !== undefined && !mayActAtAll(owner);
  const reminded = left
    ? await answerableFor(tx, workspace, catalog, found.release)
    : [action.owner].filter((each) => each !== null);
  const zone = owner?.zone ?? 'UTC';
  const times = actionReminders(action, zone, daysOff(catalog, zone));
  const passed = times.filter((at) => at <= now).at(-1);
  await send(tx, [
    ...(passed === undefined
      ? []
      : enqueueing(
          deps,
          workspace,
          reminded.map((person) => ({
            subject: id,
            kind: 'action-reminder',
            audience: person,
            place: person,
            release: found.release,
            occurrence: passed,
          })),
        )),
    // The reminders before it are taken away.
    ...refreshing(workspace, [id]),
    wakingAgain('actions', workspace, id, times.find((at) => at > now) ?? null),
  ]);
};

/** A release manager's morning; who is none any more sleeps on. */
export const tellMorning = async ({ deps, ctx, tx, catalog, now }: Turn, { id }: Due): Promise<void> => {
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
