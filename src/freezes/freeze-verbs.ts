/** Declaring and ending freezes, and who is told of them. Alone in the workspace like every act: no start can slip past. */
import { z } from 'zod';
import { enqueue, refresh, refreshingHomes, type Wanted } from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { type Freeze, type FreezeScope, freezeNotices } from '../domain/freeze/calendar.ts';
import { declareFreeze, endFreeze, moveFreezeEnd } from '../domain/freeze/freeze.ts';
import type { FreezeId } from '../domain/ids.ts';
import { allow, type Refusal, refuse } from '../domain/refusal.ts';
import { earliest, type Instant } from '../domain/time.ts';
import { type Token, tokenRefusal } from '../domain/token/token.ts';
import { command, say } from '../domain/words.ts';
import { appendEvents, named } from '../journal/append.ts';
import { wakeReleases } from '../releases/release-store.ts';
import { useNumber } from '../situation/numbers.ts';
import type { Situations } from '../situation/parts.ts';
import { anInstant, text, workspaceVerb } from '../situation/verbs.ts';
import { heldToTheEnd, inScope, ownersCaught } from './freeze-messages.ts';
import { exceptionsAsked, insertFreeze, readFreeze, updateFreeze } from './freeze-store.ts';

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
export const noticesDue = (freeze: Freeze, declaredAt: Instant, now: Instant, catalog: Catalog): readonly Wanted[] => {
  const due = freezeNotices(freeze, declaredAt).filter(({ at }) => at <= now);
  const current = due.filter(({ kind }, index) => kind === 'end' || index === due.length - 1 || kind === 'start');
  const places = channelsOf(freeze, catalog);
  return current.flatMap(({ kind }) =>
    places.map((place): Wanted => ({ subject: freeze.id, kind: 'freeze-notice', ...place, occurrence: kind })),
  );
};

/** Whoever owns something that the freeze stops is asked what to do with it. */
export const heldOwners = async (
  situations: Situations,
  tx: Tx,
  freeze: Freeze,
  now: Instant,
): Promise<readonly Wanted[]> =>
  (await ownersCaught(situations, tx, freeze, now)).map((owner) => ({
    subject: freeze.id,
    kind: 'freeze-held',
    audience: owner,
    place: owner,
  }));

/** What it held is looked at by the next tick: whoever starts it is told. */
export const wakeHeld = async (situations: Situations, tx: Tx, freeze: Freeze, now: Instant): Promise<void> => {
  const held = await heldToTheEnd(situations, tx, freeze, now);
  await wakeReleases(
    tx,
    freeze.workspace,
    held.map(({ release }) => release.id),
    now,
  );
};

/** Cards of what a freeze touches show it at once. */
export const refreshInScope = async (tx: Tx, freeze: Freeze): Promise<void> => {
  const releases = await inScope(tx, freeze);
  const asked = await exceptionsAsked(tx, freeze);
  await refresh(tx, freeze.workspace, [freeze.id, ...asked, ...releases.map(({ id }) => id)]);
  await tx.executeQuery(refreshingHomes(freeze.workspace));
};

/** A token that is kept to some services or places freezes and opens nothing beyond them; an empty list is everything. */
const beyondToken = (token: Token | undefined, { services, environments }: FreezeScope): Refusal | null => {
  if (token === undefined) return null;
  const places = environments.length === 0 ? [null] : environments;
  const refusals = places.map((environment) =>
    tokenRefusal(token, { scope: 'freeze', services: services.length === 0 ? [null] : services, environment }),
  );
  return refusals.find((refusal) => refusal !== null) ?? null;
};

const declare = workspaceVerb('declare freeze', {
  input: z.object({
    name: text,
    reason: text,
    severity: z.enum(['hard', 'soft']),
    scope: z.object({ services: z.array(text), environments: z.array(text) }),
    start: text,
    end: text,
    zone: text,
    approvers: text,
  }),
  may: 'declare_freeze',
  token: 'freeze',
  says: 'stops deployments for a time',
  typed: 'freeze new',
  run: async ({ deps, ctx, tx, writer, catalog, act }, input) => {
    const barred = beyondToken(ctx.token, input.scope);
    if (barred !== null) return refuse(barred);
    const identity = { workspace: ctx.workspace, id: deps.newId('freeze'), number: writer.nextFreeze };
    const declared = declareFreeze(input, catalog, identity, act);
    if (!declared.ok) return declared;
    await useNumber(tx, ctx.workspace, 'next_freeze');
    const { freeze, events } = declared.value;
    await insertFreeze(tx, freeze, ctx.now, nextNotice(freeze, ctx.now, ctx.now));
    const declaredPost =
      freeze.startsAt > ctx.now
        ? channelsOf(freeze, catalog).map(
            (place): Wanted => ({ subject: freeze.id, kind: 'freeze-notice', ...place, occurrence: 'declared' }),
          )
        : [];
    await enqueue(tx, deps, ctx.workspace, [
      ...declaredPost,
      ...noticesDue(freeze, ctx.now, ctx.now, catalog),
      ...(await heldOwners(deps.situations, tx, freeze, ctx.now)),
    ]);
    await refreshInScope(tx, freeze);
    await appendEvents(tx, deps, ctx, writer, named(deps, events));
    return allow({ freeze });
  },
});

const noFreeze = refuse({
  code: 'not_found',
  what: 'freeze',
  reference: '',
  fix: say`See them with ${command('freeze list')}.`,
});

const end = workspaceVerb('end freeze', {
  input: z.object({ freeze: text, reason: text }),
  may: 'end_freeze',
  token: 'freeze',
  says: 'ends a freeze before its time',
  typed: 'freeze end NAME "why"',
  run: async ({ deps, ctx, tx, writer, catalog, act }, { freeze: id, reason }) => {
    const stored = await readFreeze(tx, ctx.workspace, id as FreezeId);
    if (stored === null) return noFreeze;
    const barred = beyondToken(ctx.token, stored.freeze.scope);
    if (barred !== null) return refuse(barred);
    const ended = endFreeze(stored.freeze, reason, act);
    if (!ended.ok) return ended;
    await refreshInScope(tx, stored.freeze);
    const { freeze, events } = ended.value;
    await updateFreeze(tx, freeze, null);
    await wakeHeld(deps.situations, tx, freeze, ctx.now);
    await enqueue(tx, deps, ctx.workspace, noticesDue(freeze, stored.createdAt, ctx.now, catalog));
    await appendEvents(tx, deps, ctx, writer, named(deps, events));
    return allow({ freeze });
  },
});

const moveEnd = workspaceVerb('move end of freeze', {
  input: z.object({ freeze: text, endsAt: anInstant, reason: text }),
  may: 'end_freeze',
  token: 'freeze',
  says: 'lets a freeze end later or earlier',
  typed: 'freeze extend|shorten NAME until WHEN "why"',
  run: async ({ deps, ctx, tx, writer, catalog, act }, { freeze: id, ...input }) => {
    const stored = await readFreeze(tx, ctx.workspace, id as FreezeId);
    if (stored === null) return noFreeze;
    const barred = beyondToken(ctx.token, stored.freeze.scope);
    if (barred !== null) return refuse(barred);
    const moved = moveFreezeEnd(stored.freeze, input, act);
    if (!moved.ok) return moved;
    const { freeze } = moved.value;
    const events = named(deps, moved.value.events);
    await refreshInScope(tx, stored.freeze);
    await updateFreeze(tx, freeze, nextNotice(freeze, stored.createdAt, ctx.now));
    const told = channelsOf(freeze, catalog).map(
      (place): Wanted => ({
        subject: freeze.id,
        kind: 'freeze-notice',
        ...place,
        occurrence: `moved ${events[0]?.id ?? ''}`,
      }),
    );
    await enqueue(tx, deps, ctx.workspace, [...told, ...(await heldOwners(deps.situations, tx, freeze, ctx.now))]);
    await appendEvents(tx, deps, ctx, writer, events);
    return allow({ freeze });
  },
});

export const freezeVerbs = { declare, end, moveEnd };
