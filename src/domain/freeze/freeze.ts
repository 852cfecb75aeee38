/** Freezes and their exceptions as verbs: declared, ended early, asked out of, decided by somebody else. */

import type { Catalog } from '../catalog/catalog.ts';
import type { EventDraft } from '../events.ts';
import type { FreezeId, UserId, WorkspaceId } from '../ids.ts';
import { allow, type Decision, type Field, refuse, refuseField } from '../refusal.ts';
import type { Act } from '../situation.ts';
import { fromWallTime, type Instant, isOnCalendar, isZone } from '../time.ts';
import { at, command, type Sentence, say } from '../words.ts';
import { type Freeze, phaseOf } from './calendar.ts';
import {
  dayOf,
  type Every,
  firstDayProblem,
  lastEnd,
  overlapsItself,
  type Repeats,
  repeatWords,
} from './recurrence.ts';
import { type FreezeScope, type Picked, picked, scopeIn, scopeProblems } from './scope.ts';

export type FreezeInput = {
  name: string;
  reason: string;
  severity: 'hard' | 'soft';
  scope: FreezeScope & Partial<Picked>;
  /** Wall times (`2026-12-18T18:00`) in `zone`; of the first one, where it repeats. */
  start: string;
  end: string;
  zone: string;
  /** How it comes again; null for once. `until` is the last day on which one may begin. */
  repeats: Every | null;
  until: string | null;
  exemptTypes: readonly string[];
  exemptGroups: readonly string[];
  approvers: string;
};

const WALL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;
const DAY_OF_CALENDAR = /^\d{4}-\d{2}-\d{2}$/;

type Problem = { field: Field; problem: Sentence };

const timeProblems = (input: FreezeInput, now: Instant): readonly Problem[] => {
  if (!isZone(input.zone))
    return [{ field: 'zone', problem: say`“${input.zone}” is not a time zone. Write one like Europe/London.` }];
  const wrong = (['start', 'end'] as const).filter((edge) => !WALL.test(input[edge]) || !isOnCalendar(input[edge]));
  if (wrong.length > 0)
    return wrong.map((field) => ({
      field,
      problem: say`Pick the day and the time at which it ${field}s, like 2026-12-10T10:00.`,
    }));
  const endsAt = fromWallTime(input.end, input.zone, 'end');
  if (input.end > input.start && endsAt <= fromWallTime(input.start, input.zone, 'start'))
    return [
      {
        field: 'end',
        problem: say`The clocks skip that hour in ${input.zone}: it would have no length. Let it end later.`,
      },
    ];
  if (endsAt <= fromWallTime(input.start, input.zone, 'start'))
    return [{ field: 'end', problem: say`It ends before it starts. Put the end after the start.` }];
  const repeated = repeatsOf(input);
  if (repeated !== null) return repeatProblems(input, repeated, now);
  if (input.until !== null)
    return [{ field: 'until', problem: say`It does not repeat: leave its last day empty, or say how it repeats.` }];
  return endsAt <= now ? [{ field: 'end', problem: say`It would be over already. Put the end into the future.` }] : [];
};

const repeatsOf = ({ repeats, start, end, until }: FreezeInput): Repeats | null =>
  repeats === null ? null : { every: repeats, start, end, until };

/** Plans are not made for longer, and what is written wrong is found. */
const tenYearsAfter = (start: string): string => `${Number(start.slice(0, 4)) + 10}${start.slice(4, 10)}`;

const repeatProblems = (input: FreezeInput, repeated: Repeats, now: Instant): readonly Problem[] => {
  const { until, start } = repeated;
  if (until !== null && !(DAY_OF_CALENDAR.test(until) && isOnCalendar(until)))
    return [{ field: 'until', problem: say`Pick the last day on which it may begin, or leave it empty.` }];
  if (overlapsItself(repeated))
    return [
      { field: 'end', problem: say`It would begin again before it has ended, and never open. Let it end earlier.` },
    ];
  if (until !== null && until > tenYearsAfter(start))
    return [{ field: 'until', problem: say`Pick a day within ten years, or leave it empty.` }];
  if (firstDayProblem(repeated) !== null)
    return [
      { field: 'start', problem: say`It repeats Monday to Friday: let the first one begin on one of these days.` },
    ];
  if (until !== null && until < start.slice(0, 10))
    return [{ field: 'until', problem: say`It would end before the first one. Pick a later day, or leave it empty.` }];
  if (until !== null && fromWallTime(`${until}T23:59`, input.zone, 'end') <= now)
    return [{ field: 'until', problem: say`It would be over already. Pick a later day, or leave it empty.` }];
  return [];
};

const groupProblems = ({ approvers, exemptGroups }: FreezeInput, catalog: Catalog): readonly Problem[] => {
  const known = say`Known: ${Object.keys(catalog.groups).slice(0, 10).join(', ')}.`;
  const strange = exemptGroups.find((name) => catalog.groups[name] === undefined);
  return [
    ...(catalog.groups[approvers] === undefined
      ? [{ field: 'approvers' as const, problem: say`There is no group “${approvers}”. ${known}` }]
      : []),
    ...(strange === undefined
      ? []
      : [{ field: 'exempt' as const, problem: say`There is no group “${strange}”. ${known}` }]),
  ];
};

/** Everything that is wrong with what was typed. */
export const freezeProblems = (input: FreezeInput, catalog: Catalog, now: Instant): readonly Problem[] => [
  ...(input.name.trim() === ''
    ? [{ field: 'name' as const, problem: say`Give it a name that people will recognise, for example “Quarter end”.` }]
    : []),
  ...(input.reason.trim() === ''
    ? [{ field: 'reason' as const, problem: say`Say why; the announcement carries it.` }]
    : []),
  ...scopeProblems(picked(input.scope), catalog).map((problem) => ({ field: 'scope' as const, problem })),
  ...groupProblems(input, catalog),
  ...timeProblems(input, now),
];

/** What it would be. The input has no problems. */
export const freezeOf = (
  input: FreezeInput,
  catalog: Catalog,
  identity: { workspace: WorkspaceId; id: FreezeId; number: number },
  by: UserId,
): Freeze => {
  const pick = picked(input.scope);
  // A start that has passed stays as it was written: moved to this instant, a start that took its own a moment before would slip past it.
  const freeze: Freeze = {
    ...identity,
    name: input.name.trim(),
    reason: input.reason.trim(),
    severity: input.severity,
    scope: scopeIn(catalog, pick),
    picked: pick,
    startsAt: fromWallTime(input.start, input.zone, 'start'),
    endsAt: fromWallTime(input.end, input.zone, 'end'),
    zone: input.zone,
    repeats: repeatsOf(input),
    exemptTypes: input.exemptTypes,
    exemptGroups: input.exemptGroups,
    approvers: input.approvers,
    createdBy: by,
    endedEarlyAt: null,
  };
  return { ...freeze, endsAt: lastEnd({ freeze, changes: {} }) };
};

/** Declares a freeze, once or repeated. Refuses every bad field at once. Times are wall times of its zone; it never shrinks across a clock change. */
export const declareFreeze = (
  input: FreezeInput,
  catalog: Catalog,
  identity: { workspace: WorkspaceId; id: FreezeId; number: number },
  act: Act,
): Decision<{ freeze: Freeze; events: readonly EventDraft[] }> => {
  const problems = freezeProblems(input, catalog, act.now);
  if (problems.length > 0) return refuse({ code: 'fields', problems });
  const freeze = freezeOf(input, catalog, identity, act.by);
  return allow({
    freeze,
    events: [
      freezeHappened(
        freeze,
        'freeze.declared',
        {
          freeze: freeze.number,
          startsAt: freeze.startsAt,
          endsAt: fromWallTime(input.end, input.zone, 'end'),
          ...(freeze.repeats === null ? {} : { repeats: repeatWords(freeze.repeats) }),
        },
        freeze.reason,
      ),
    ],
  });
};

const freezeHappened = <Kind extends 'freeze.declared' | 'freeze.ended' | 'freeze.moved'>(
  freeze: Freeze,
  kind: Kind,
  data: Extract<EventDraft, { kind: Kind }>['data'],
  words: string,
): EventDraft => ({ kind, data, release: null, subject: freeze.id, words, due: null }) as EventDraft;

/** All of a row, and not one of its days. */
const allOf = (freeze: Freeze): boolean => freeze.repeats !== null && dayOf(freeze.id) === null;

/**
 * Ends a freeze before its time; one that has not begun does not take place. Of one that repeats it is that day's alone, or all of them for good.
 * Nothing that it held starts by itself.
 */
export const endFreeze = (
  freeze: Freeze,
  reason: string,
  act: Act,
): Decision<{ freeze: Freeze; events: readonly EventDraft[] }> => {
  const did = freeze.repeats === null || phaseOf(freeze, act.now) === 'active' ? 'Not ended' : 'Not skipped';
  if (phaseOf(freeze, act.now) === 'over')
    return refuse({
      code: 'status',
      did: allOf(freeze) ? 'Not stopped' : did,
      name: `freeze ${freeze.number} (${freeze.name})`,
      status: 'over',
      fix: say`See ${command('freeze list')}.`,
    });
  if (reason.trim() === '')
    return refuseField(
      'reason',
      say`${allOf(freeze) ? 'Not stopped' : did}: say why, in quotes at the end; the announcement carries it.`,
    );
  const ended: Freeze = { ...freeze, endedEarlyAt: act.now };
  const day = dayOf(freeze.id);
  const data = { freeze: freeze.number, ...(day === null ? {} : { day }) };
  return allow({ freeze: ended, events: [freezeHappened(ended, 'freeze.ended', data, reason)] });
};

export type MoveEndInput = { endsAt: Instant; reason: string };

/**
 * Ends later, or earlier, than it was declared; what was posted follows, and everybody who was told hears it. Refuses a freeze that is over, an end that
 * is past or the same, and a move without a reason.
 */
export const moveFreezeEnd = (
  freeze: Freeze,
  { endsAt, reason }: MoveEndInput,
  act: Act,
  /** When the next one of its row begins. */
  next: Instant | null = null,
): Decision<{ freeze: Freeze; events: readonly EventDraft[] }> => {
  const name = `freeze ${freeze.number} (${freeze.name})`;
  if (allOf(freeze))
    return refuseField('until', say`Not moved: say which one of ${name}, by its id, because it comes again.`);
  if (phaseOf(freeze, act.now) === 'over')
    return refuse({
      code: 'status',
      did: 'Not moved',
      name,
      status: 'over',
      fix: say`Declare another one with ${command('freeze new')}.`,
    });
  if (endsAt <= act.now)
    return refuseField(
      'until',
      say`Not moved: ${at(endsAt)} is past. To end it now, ${command(`freeze end ${freeze.number} "why"`)}.`,
    );
  if (endsAt <= freeze.startsAt)
    return refuseField('until', say`Not moved: it starts ${at(freeze.startsAt)}, and would end before that.`);
  if (next !== null && endsAt > next)
    return refuseField(
      'until',
      say`Not moved: the next one begins ${at(next)}. Leave that one out first with ${command(`freeze skip ${freeze.number} "why"`)}, or let this one end by then.`,
    );
  if (endsAt === freeze.endsAt) return refuseField('until', say`Nothing changed: it ends ${at(endsAt)} already.`);
  if (reason.trim() === '')
    return refuseField(
      'reason',
      say`Not moved: say why, in quotes at the end; everybody who was told of the freeze reads it.`,
    );
  const moved: Freeze = { ...freeze, endsAt };
  const data = { freeze: freeze.number, endsAt, before: freeze.endsAt };
  return allow({ freeze: moved, events: [freezeHappened(moved, 'freeze.moved', data, reason)] });
};
