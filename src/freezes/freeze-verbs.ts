/** Declaring and ending freezes. Alone in the workspace like every act: no start can slip past. */

import { z } from 'zod';
import { enqueue, type Wanted } from '../courier/messages.ts';
import { endOf, type Freeze, isUsual, phaseOf } from '../domain/freeze/calendar.ts';
import { declareFreeze, endFreeze, moveFreezeEnd } from '../domain/freeze/freeze.ts';
import { around, type Declared, dayOf, nextOfThem, REPEATS } from '../domain/freeze/recurrence.ts';
import type { FreezeScope } from '../domain/freeze/scope.ts';
import type { FreezeId } from '../domain/ids.ts';
import { allow, type Refusal, refuse } from '../domain/refusal.ts';
import { type Token, tokenRefusal } from '../domain/token/token.ts';
import { command, say } from '../domain/words.ts';
import { appendEvents, named } from '../journal/append.ts';
import { useNumber } from '../situation/numbers.ts';
import { anInstant, text, textOrNull, workspaceVerb } from '../situation/verbs.ts';
import { insertFreeze, readFreeze, type StoredFreeze, updateFreeze, wakeFreeze } from './freeze-store.ts';
import {
  channelsOf,
  heldOwners,
  newlyHeld,
  nextNotice,
  noticesDue,
  refreshInScope,
  refreshRow,
  skippedPosts,
  wakeHeld,
} from './freeze-told.ts';
import { ownersCaught } from './held.ts';

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
