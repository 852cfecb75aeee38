/** Declaring and ending freezes, and exceptions from them. Each takes the workspace's guard alone: no start can slip past. */

import { currentCatalog } from '../catalog/catalog-store.ts';
import { enqueue, refresh, refreshHomes, type Wanted } from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog.ts';
import { editRelease } from '../domain/edit-plan.ts';
import { decideException, declareFreeze, endFreeze, type FreezeInput, requestException } from '../domain/freeze.ts';
import { freezeNotices } from '../domain/freeze-calendar.ts';
import type { FreezeId, ReleaseId, UserId } from '../domain/ids.ts';
import { after, DAY, earliest, type Instant } from '../domain/instant.ts';
import { mayAct } from '../domain/permissions.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import type { Freeze } from '../domain/situation.ts';
import { command, say } from '../domain/wording.ts';
import { appendEvents, named } from '../journal/append.ts';
import { lockNumber, useNumber } from '../releases/release-store.ts';
import { changeRelease, type Receipt, takeGuard } from '../situation/change-release.ts';
import { caughtBy, inScope } from './freeze-messages.ts';
import { insertFreeze, lockFreeze, updateFreeze } from './freeze-store.ts';

export type FreezeReceipt = { freeze: FreezeId };

type Place = { audience: 'team' | 'stakeholders'; place: string };

/** Channels of the services in scope, and the stakeholders' ones, who read it in their own words. A channel that is both is a team's. */
const channelsOf = (freeze: Freeze, catalog: Catalog): readonly Place[] => {
  const services = Object.entries(catalog.services).filter(
    ([name]) => freeze.scope.services.length === 0 || freeze.scope.services.includes(name),
  );
  const teams = new Set<string>(services.map(([, service]) => service.channel));
  const others = new Set<string>(catalog.announce.flatMap(({ to }) => to).filter((channel) => !teams.has(channel)));
  return [
    ...[...teams].map((place) => ({ audience: 'team' as const, place })),
    ...[...others].map((place) => ({ audience: 'stakeholders' as const, place })),
  ];
};

export const nextNotice = (freeze: Freeze, declaredAt: Instant, now: Instant): Instant | null =>
  earliest(
    freezeNotices(freeze, declaredAt)
      .map(({ at }) => at)
      .filter((at) => at > now),
  );

/** The notices that are due by `now`, in every channel, and the offers to owners. A notice ahead that the start has overtaken is not sent. */
export const noticesDue = async (
  tx: Tx,
  freeze: Freeze,
  declaredAt: Instant,
  now: Instant,
): Promise<readonly Wanted[]> => {
  const catalog = await currentCatalog(tx, freeze.workspace);
  if (catalog === null) return [];
  const due = freezeNotices(freeze, declaredAt).filter(({ at }) => at <= now);
  const current = due.filter(({ kind }, index) => kind === 'end' || index === due.length - 1 || kind === 'start');
  const places = channelsOf(freeze, catalog);
  return current.flatMap(({ kind }) =>
    places.map((place): Wanted => ({ subject: freeze.id, kind: 'freeze-notice', ...place, occurrence: kind })),
  );
};

const heldOwners = async (tx: Tx, freeze: Freeze, now: Instant): Promise<readonly Wanted[]> => {
  const caught = await caughtBy(tx, freeze, now, null);
  const owners = [...new Set(caught.map(({ release }) => release.owner))];
  return owners.map((owner) => ({ subject: freeze.id, kind: 'freeze-held', audience: owner, place: owner }));
};

/** Cards of what a freeze touches show it at once. */
export const refreshInScope = async (tx: Tx, freeze: Freeze): Promise<void> => {
  const releases = await inScope(tx, freeze);
  await refresh(tx, freeze.workspace, [freeze.id, ...releases.map(({ id }) => id)]);
  await refreshHomes(tx, freeze.workspace);
};

export const declare = (
  deps: Deps,
  ctx: Ctx & { actor: UserId },
  input: FreezeInput,
): Promise<Decision<FreezeReceipt>> =>
  transact(deps, ctx, 'declare freeze', input.name, async (tx): Promise<Decision<FreezeReceipt>> => {
    const catalog = await currentCatalog(tx, ctx.workspace);
    if (catalog === null) return refuse({ code: 'unconfigured' });
    const permitted = mayAct('declare_freeze', catalog, ctx.actor, null);
    if (!permitted.ok) return permitted;
    await takeGuard(tx, ctx, 'update');
    const number = await lockNumber(tx, ctx.workspace, 'next_freeze');
    const declared = declareFreeze(
      input,
      catalog,
      { workspace: ctx.workspace, id: deps.newId('freeze'), number },
      { by: ctx.actor, now: ctx.now, newId: deps.newId },
    );
    if (!declared.ok) return declared;
    await useNumber(tx, ctx.workspace, 'next_freeze', number);
    const { freeze } = declared.value;
    await insertFreeze(tx, freeze, ctx.now, nextNotice(freeze, ctx.now, ctx.now));
    const declaredPost =
      freeze.startsAt > ctx.now
        ? channelsOf(freeze, catalog).map(
            (place): Wanted => ({ subject: freeze.id, kind: 'freeze-notice', ...place, occurrence: 'declared' }),
          )
        : [];
    await enqueue(tx, deps, ctx.workspace, [
      ...declaredPost,
      ...(await noticesDue(tx, freeze, ctx.now, ctx.now)),
      ...(await heldOwners(tx, freeze, ctx.now)),
    ]);
    await refreshInScope(tx, freeze);
    await appendEvents(tx, deps, ctx, named(deps, declared.value.events));
    return allow({ freeze: freeze.id });
  });

export const end = (
  deps: Deps,
  ctx: Ctx & { actor: UserId },
  id: FreezeId,
  reason: string,
): Promise<Decision<FreezeReceipt>> =>
  transact(deps, ctx, 'end freeze', id, async (tx): Promise<Decision<FreezeReceipt>> => {
    const catalog = await currentCatalog(tx, ctx.workspace);
    const permitted =
      catalog === null ? refuse({ code: 'unconfigured' }) : mayAct('end_freeze', catalog, ctx.actor, null);
    if (!permitted.ok) return permitted;
    await takeGuard(tx, ctx, 'update');
    const stored = await lockFreeze(tx, ctx.workspace, id);
    if (stored === null)
      return refuse({
        code: 'not_found',
        what: 'freeze',
        reference: '',
        fix: say`See them with ${command('freeze list')}.`,
      });
    const ended = endFreeze(stored.freeze, reason, { by: ctx.actor, now: ctx.now, newId: deps.newId });
    if (!ended.ok) return ended;
    await refreshInScope(tx, stored.freeze);
    await updateFreeze(tx, ended.value.freeze, null);
    await enqueue(tx, deps, ctx.workspace, await noticesDue(tx, ended.value.freeze, stored.createdAt, ctx.now));
    await appendEvents(tx, deps, ctx, named(deps, ended.value.events));
    return allow({ freeze: id });
  });

export const askException = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { environment: string; reason: string },
): Promise<Decision<Receipt>> =>
  changeRelease(deps, ctx, {
    name: 'request exception',
    release,
    verb: 'request_exception',
    guard: 'update',
    decide: (s, act) => requestException(s, input, act),
  });

export const decide = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { exception: string; verdict: 'granted' | 'denied' },
): Promise<Decision<Receipt>> =>
  changeRelease(deps, ctx, {
    name: 'decide exception',
    release,
    verb: null,
    guard: 'update',
    decide: (s, act) => decideException(s, input, act),
  });

/** Moves a held release to the first slot after the freeze: an hour from there. */
export const moveAfter = (deps: Deps, ctx: Ctx, release: ReleaseId, start: Instant): Promise<Decision<Receipt>> =>
  changeRelease(deps, ctx, {
    name: 'move after freeze',
    release,
    verb: 'edit',
    decide: (s, act) =>
      editRelease(
        s,
        { when: { kind: 'at', start: start > ctx.now ? start : after(ctx.now, DAY / 24 / 60), end: null } },
        act,
      ),
  });
