/** Declaring and ending freezes, and who is told of them. Alone in the workspace like every act: no start can slip past. */

import { z } from 'zod';
import {
  enqueue,
  refresh,
  refreshingAsks,
  refreshingHomes,
  refreshingOccurrences,
  type Wanted,
} from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import { emergenciesOf } from '../deployments/deployment-store.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { daysOff } from '../domain/catalog/catalog.ts';
import { concerns, endOf, type Freeze, freezeNotices, isUsual, phaseOf } from '../domain/freeze/calendar.ts';
import { declareFreeze, endFreeze, moveFreezeEnd } from '../domain/freeze/freeze.ts';
import { around, type Declared, dayOf, nextOfThem, REPEATS } from '../domain/freeze/recurrence.ts';
import type { FreezeScope } from '../domain/freeze/scope.ts';
import type { FreezeId } from '../domain/ids.ts';
import { allow, type Refusal, refuse } from '../domain/refusal.ts';
import type { Instant } from '../domain/time.ts';
import { type Token, tokenRefusal } from '../domain/token/token.ts';
import { command, say } from '../domain/words.ts';
import { appendEvents, named } from '../journal/append.ts';
import { wakeReleases } from '../releases/release-store.ts';
import { useNumber } from '../situation/numbers.ts';
import type { Situations } from '../situation/parts.ts';
import { anInstant, text, textOrNull, workspaceVerb } from '../situation/verbs.ts';
import {
  exceptionsAsked,
  insertFreeze,
  readFreeze,
  type StoredFreeze,
  updateFreeze,
  wakeFreeze,
} from './freeze-store.ts';
import { heldToTheEnd, inScope, type OwnerCaught, ownersCaught } from './held.ts';

type Place = { audience: 'team' | 'stakeholders'; place: string };

/** Channels of the services in scope, and the stakeholders' ones, who read it in their own words. A channel that is both is a team's. */
const channelsOf = (freeze: Freeze, catalog: Catalog): readonly Place[] => {
  const services = Object.entries(catalog.services).filter(([name]) => concerns(freeze, [name]));
  const teams = new Set<string>(services.map(([, service]) => service.channel));
  const others = new Set<string>(catalog.announce.flatMap(({ to }) => to).filter((channel) => !teams.has(channel)));
  return [
    ...[...teams].map((place) => ({ audience: 'team' as const, place })),
    ...[...others].map((place) => ({ audience: 'stakeholders' as const, place })),
  ];
};

const noticesOf = (freeze: Freeze, declaredAt: Instant, catalog: Catalog): ReturnType<typeof freezeNotices> =>
  freezeNotices(freeze, declaredAt, daysOff(catalog, freeze.zone));

export const nextNotice = (declared: Declared, declaredAt: Instant, now: Instant, catalog: Catalog): Instant | null =>
  nextOfThem(declared, now, (freeze) => noticesOf(freeze, declaredAt, catalog).map(({ at }) => at));

/** The notices that are due by `now`, in every channel. A notice ahead that the start has overtaken is not sent, nor an ending that is over. */
export const noticesDue = (
  declared: Declared,
  declaredAt: Instant,
  now: Instant,
  catalog: Catalog,
): readonly Wanted[] => {
  const places = channelsOf(declared.freeze, catalog);
  // What would have been over before it was declared never was.
  return around(declared, now).flatMap((freeze) => {
    if (endOf(freeze) <= declaredAt && freeze.repeats !== null) return [];
    // After a gap nobody is told of the start of what is over; its own post would say nothing else.
    const tooLate = isUsual(freeze) && phaseOf(freeze, now) === 'over';
    const due = noticesOf(freeze, declaredAt, catalog).filter(({ at }) => at <= now);
    const current = due.filter(({ kind }, index) => kind === 'end' || index === due.length - 1 || kind === 'start');
    return current
      .filter(({ kind }) => kind !== 'over' && !tooLate)
      .flatMap(({ kind }) =>
        places
          // Stakeholders know what comes every week, and have nothing that is held.
          .filter(({ audience }) => audience === 'team' || !(isUsual(freeze) || kind === 'ending'))
          .map(
            (place): Wanted => ({
              subject: freeze.id,
              kind: 'freeze-notice',
              ...place,
              // An end that is moved has an hour before it of its own.
              occurrence: kind === 'ending' ? `ending ${endOf(freeze)}` : kind,
            }),
          ),
      );
  });
};

const toOwner = ({ owner, by, anyHour }: OwnerCaught, occurrence = ''): Wanted => ({
  subject: by,
  kind: 'freeze-held',
  audience: owner,
  place: owner,
  occurrence,
  anyHour,
});

/** Whoever owns something that the freeze stops is asked what to do with it; once more as it begins, where that catches more (`began`). */
export const heldOwners = async (
  situations: Situations,
  tx: Tx,
  freeze: Freeze,
  now: Instant,
  began = false,
): Promise<readonly Wanted[]> =>
  (await ownersCaught(situations, tx, freeze, now)).map((each) =>
    toOwner(each, began && each.atItsStart ? 'start' : ''),
  );

/** Whose message about the freeze shows more than before: it comes anew. */
const newlyHeld = (before: readonly OwnerCaught[], held: readonly OwnerCaught[], event: string): readonly Wanted[] => {
  const known = new Set(before.flatMap(({ releases }) => releases));
  return held
    .filter(({ releases }) => releases.some((id) => !known.has(id)))
    .map((each) => toOwner(each, `moved ${event}`));
};

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

/** Cards of what a freeze touches show it at once, and what was said of it and its occurrences. */
export const refreshInScope = async (tx: Tx, { freeze, changes }: Declared, now: Instant): Promise<void> => {
  const releases = await inScope(tx, freeze);
  const asked = await exceptionsAsked(tx, freeze);
  const told = around({ freeze, changes }, now).map(({ id }) => id);
  const ids = releases.map(({ id }) => id);
  // What they would go past may be another freeze now, or none.
  const emergencies = await emergenciesOf(tx, freeze.workspace, ids);
  const subjects = new Set([freeze.id, ...told, ...asked, ...emergencies, ...ids]);
  await refresh(tx, freeze.workspace, [...subjects]);
  await tx.executeQuery(refreshingAsks(freeze.workspace, ids));
  await tx.executeQuery(refreshingHomes(freeze.workspace));
};

/** What was said of its occurrences, however far away they are. */
const refreshRow = async (tx: Tx, { freeze }: Declared): Promise<void> => {
  if (freeze.repeats !== null) await tx.executeQuery(refreshingOccurrences(freeze.workspace, freeze.id));
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
    scope: z.strictObject({
      services: z.array(text),
      environments: z.array(text),
      groups: z.array(text).default([]),
      tiers: z.array(z.number().int()).default([]),
      except: z.array(text).default([]),
      regions: z.array(text).default([]),
    }),
    start: text.describe('By the clocks of `zone`, like 2026-12-10T10:00.'),
    end: text.describe('By the clocks of `zone`, like 2026-12-11T18:00.'),
    zone: text.describe('An IANA zone, like Europe/London.'),
    repeats: z.enum(REPEATS).nullable().default(null),
    until: textOrNull.default(null),
    exemptTypes: z.array(z.enum(['standard', 'normal', 'hotfix', 'emergency'])).default(['emergency']),
    exemptGroups: z.array(text).default([]),
    approvers: text,
    tellOwners: z.boolean().default(true),
  }),
  may: 'declare_freeze',
  token: 'freeze',
  says: 'stops deployments for a time',
  typed: 'freeze new',
  run: async ({ deps, ctx, tx, writer, catalog, act }, input) => {
    const identity = { workspace: ctx.workspace, id: deps.newId('freeze'), number: writer.nextFreeze };
    const decision = declareFreeze(input, catalog, identity, act);
    if (!decision.ok) return decision;
    const { freeze, events } = decision.value;
    const barred = beyondToken(ctx.token, freeze.scope);
    if (barred !== null) return refuse(barred);
    await useNumber(tx, ctx.workspace, 'next_freeze');
    const declared: Declared = { freeze, changes: {} };
    await insertFreeze(tx, freeze, ctx.now, nextNotice(declared, ctx.now, ctx.now, catalog));
    const declaredPost =
      freeze.startsAt > ctx.now || freeze.repeats !== null
        ? channelsOf(freeze, catalog).map(
            (place): Wanted => ({ subject: freeze.id, kind: 'freeze-notice', ...place, occurrence: 'declared' }),
          )
        : [];
    await enqueue(tx, deps, ctx.workspace, [
      ...declaredPost,
      ...noticesDue(declared, ctx.now, ctx.now, catalog),
      ...(input.tellOwners ? await heldOwners(deps.situations, tx, freeze, ctx.now) : []),
    ]);
    await refreshInScope(tx, declared, ctx.now);
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

/** What is declared once one of its occurrences, or all of it, has become this. */
const after = ({ declared }: StoredFreeze, freeze: Freeze): Declared => {
  const day = dayOf(freeze.id);
  if (day === null) return { ...declared, freeze };
  const { endsAt, endedEarlyAt } = freeze;
  const change = { endsAt, ...(endedEarlyAt === null ? {} : { endedEarlyAt }) };
  return { ...declared, changes: { ...declared.changes, [day]: change } };
};

/** That one of a row does not take place, or that none comes any more: nothing else says so. */
const skippedPosts = (freeze: Freeze, catalog: Catalog, event: string | undefined): readonly Wanted[] =>
  freeze.repeats === null || (dayOf(freeze.id) !== null && endOf(freeze) > freeze.startsAt)
    ? []
    : channelsOf(freeze, catalog)
        .filter(({ audience }) => audience === 'team')
        .map((place) => ({
          subject: freeze.id,
          kind: 'freeze-notice' as const,
          ...place,
          occurrence: `skipped ${event ?? ''}`,
        }));

const end = workspaceVerb('end freeze', {
  input: z.object({ freeze: text, reason: text }),
  may: 'end_freeze',
  token: 'freeze',
  says: 'ends a freeze before its time',
  typed: 'freeze end|skip|stop NAME "why"',
  run: async ({ deps, ctx, tx, writer, catalog, act }, { freeze: id, reason }) => {
    const stored = await readFreeze(tx, ctx.workspace, catalog, id as FreezeId);
    if (stored === null) return noFreeze;
    const barred = beyondToken(ctx.token, stored.freeze.scope);
    if (barred !== null) return refuse(barred);
    const ended = endFreeze(stored.freeze, reason, act);
    if (!ended.ok) return ended;
    const { freeze } = ended.value;
    const events = named(deps, ended.value.events);
    // What it holds is known by what it was.
    const on = around(stored.declared, ctx.now).find((each) => phaseOf(each, ctx.now) === 'active');
    const declared = after(stored, freeze);
    await refreshInScope(tx, stored.declared, ctx.now);
    await refreshRow(tx, stored.declared);
    await updateFreeze(tx, freeze, stored.declared.changes);
    await wakeFreeze(tx, freeze, nextNotice(declared, stored.createdAt, ctx.now, catalog));
    if (on !== undefined) await wakeHeld(deps.situations, tx, { ...on, endedEarlyAt: ctx.now }, ctx.now);
    await enqueue(tx, deps, ctx.workspace, [
      ...noticesDue(declared, stored.createdAt, ctx.now, catalog),
      ...skippedPosts(freeze, catalog, events[0]?.id),
    ]);
    await appendEvents(tx, deps, ctx, writer, events);
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
    const stored = await readFreeze(tx, ctx.workspace, catalog, id as FreezeId);
    if (stored === null) return noFreeze;
    const barred = beyondToken(ctx.token, stored.freeze.scope);
    if (barred !== null) return refuse(barred);
    const next =
      stored.freeze.repeats === null
        ? null
        : nextOfThem(stored.declared, stored.freeze.startsAt, (each) =>
            endOf(each) > each.startsAt ? [each.startsAt] : [],
          );
    const moved = moveFreezeEnd(stored.freeze, input, act, next);
    if (!moved.ok) return moved;
    const { freeze } = moved.value;
    const events = named(deps, moved.value.events);
    const before = await ownersCaught(deps.situations, tx, stored.freeze, ctx.now);
    await refreshInScope(tx, stored.declared, ctx.now);
    await refreshRow(tx, stored.declared);
    await updateFreeze(tx, freeze, stored.declared.changes);
    await wakeFreeze(tx, freeze, nextNotice(after(stored, freeze), stored.createdAt, ctx.now, catalog));
    const told = channelsOf(freeze, catalog)
      // Who is not told of its start is not told of its end.
      .filter(({ audience }) => audience === 'team' || !isUsual(freeze))
      .map(
        (place): Wanted => ({
          subject: freeze.id,
          kind: 'freeze-notice',
          ...place,
          occurrence: `moved ${events[0]?.id ?? ''}`,
        }),
      );
    const held = await ownersCaught(deps.situations, tx, freeze, ctx.now);
    await enqueue(tx, deps, ctx.workspace, [...told, ...newlyHeld(before, held, events[0]?.id ?? '')]);
    await appendEvents(tx, deps, ctx, writer, events);
    return allow({ freeze });
  },
});

export const freezeVerbs = { declare, end, moveEnd };
