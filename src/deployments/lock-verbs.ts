/** Locks by hand: set, taken over, lifted, ended by the clock; the channel of the service is told, and whoever waited goes next. */
import { z } from 'zod';
import { enqueue, refreshing, refreshingHomes, type Wanted } from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import type { Ctx, Writer } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { endLock, isHeld, type Lock, lockByHand, unlockByHand } from '../domain/deployment/lock.ts';
import type { EventDraft } from '../domain/events.ts';
import type { Id, WorkspaceId } from '../domain/ids.ts';
import { allow } from '../domain/refusal.ts';
import { appendEvents, named } from '../journal/append.ts';
import { openIdsOfService } from '../releases/release-store.ts';
import { anInstant, text, textOrNull, type WorkspaceUnit, workspaceVerb } from '../situation/verbs.ts';
import { insertLock, readLock, unliftedLocks, updateLock } from './deployment-store.ts';

/** The lock that is held there. One whose end has come ends first: there is one row for a place. */
const heldThere = async (unit: WorkspaceUnit, service: string, environment: string): Promise<Lock | null> => {
  const { tx, ctx, act } = unit;
  const locks = await unliftedLocks(tx, ctx.workspace, [service]);
  const lock = locks.find((each) => each.environment === environment) ?? null;
  if (lock === null || isHeld(lock, act.now)) return lock;
  await endLockAtItsTime(unit, ctx.workspace, lock.id);
  return null;
};

const noticeOf = (lock: Lock, catalog: Catalog): readonly Wanted[] => {
  const channel = catalog.services[lock.service]?.channel;
  return channel === undefined ? [] : [{ subject: lock.id, kind: 'lock-notice', audience: 'team', place: channel }];
};

type Unit = { deps: Deps; ctx: Ctx; tx: Tx; writer: Writer; catalog: Catalog };

/** Cards of the service show it at once, and whoever waits for the place is looked at by the next tick. */
const told = async (
  { deps, ctx, tx, writer, catalog }: Unit,
  locks: readonly Lock[],
  events: readonly EventDraft[],
): Promise<void> => {
  const [lock] = locks;
  if (lock === undefined) return;
  await enqueue(
    tx,
    deps,
    ctx.workspace,
    locks.flatMap((each) => noticeOf(each, catalog)),
  );
  for (const query of [
    ...deps.waking.service({ workspace: ctx.workspace, service: lock.service }, ctx.now),
    ...refreshing(ctx.workspace, [
      ...locks.map(({ id }) => id),
      ...(await openIdsOfService(tx, ctx.workspace, lock.service)),
    ]),
    refreshingHomes(ctx.workspace),
  ])
    await tx.executeQuery(query);
  await appendEvents(tx, deps, ctx, writer, named(deps, events));
};

const lock = workspaceVerb('lock environment', {
  input: z.object({
    service: text,
    environment: text,
    reason: text,
    until: anInstant.nullable().default(null),
    takeOver: z.boolean().default(false),
  }),
  may: 'lock',
  touches: ({ service }) => [service],
  place: ({ environment }) => environment,
  token: 'deploy',
  says: 'keeps everybody else out of an environment',
  typed: 'lock SERVICE ENVIRONMENT "why" [until WHEN]',
  run: async (unit, input) => {
    const { tx, ctx, catalog, act } = unit;
    const decision = lockByHand(await heldThere(unit, input.service, input.environment), input, catalog, act);
    if (!decision.ok) return decision;
    const { lock: set, before, events } = decision.value;
    if (before !== null) await updateLock(tx, ctx.workspace, before);
    await insertLock(tx, ctx.workspace, set);
    await told(unit, before === null ? [set] : [before, set], events);
    return allow({ lock: set, before });
  },
});

const unlock = workspaceVerb('unlock environment', {
  input: z.object({ service: text, environment: text, reason: textOrNull }),
  may: 'lock',
  touches: ({ service }) => [service],
  place: ({ environment }) => environment,
  token: 'deploy',
  says: 'opens an environment that was locked by hand',
  typed: null,
  run: async (unit, input) => {
    const { tx, ctx, act } = unit;
    const decision = unlockByHand(await heldThere(unit, input.service, input.environment), input, act);
    if (!decision.ok) return decision;
    await updateLock(tx, ctx.workspace, decision.value.lock);
    await told(unit, [decision.value.lock], decision.value.events);
    return allow({ lock: decision.value.lock });
  },
});

/** The clock ends a lock at its time, with a post. */
export const endLockAtItsTime = async (unit: Unit, workspace: WorkspaceId, id: string): Promise<void> => {
  const stored = await readLock(unit.tx, workspace, id as Id<'lock'>);
  const ended = stored === null ? null : endLock(stored, unit.ctx.now);
  if (ended === null) return;
  await updateLock(unit.tx, workspace, ended.lock);
  await told(unit, [ended.lock], [ended.event]);
};

export const lockVerbs = { lock, unlock };
