/** Freezes and their exceptions as verbs: declared, ended early, asked out of, decided by somebody else. */

import type { Catalog } from '../catalog/catalog.ts';
import type { EventDraft } from '../events.ts';
import type { FreezeId, WorkspaceId } from '../ids.ts';
import { noService } from '../nearest.ts';
import { allow, type Decision, type Field, refuse, refuseField } from '../refusal.ts';
import type { Act } from '../situation.ts';
import { fromWallTime, type Instant, isOnCalendar, isZone } from '../time.ts';
import { at, command, type Sentence, say } from '../words.ts';
import { type Freeze, type FreezeScope, phaseOf } from './calendar.ts';

export type FreezeInput = {
  name: string;
  reason: string;
  severity: 'hard' | 'soft';
  scope: FreezeScope;
  /** Wall times (`2026-12-18T18:00`) in `zone`. */
  start: string;
  end: string;
  zone: string;
  approvers: string;
};

const WALL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;

const scopeProblems = (scope: FreezeScope, catalog: Catalog): { field: Field; problem: Sentence }[] => {
  const service = scope.services.find((name) => catalog.services[name] === undefined);
  const environment = scope.environments.find((name) => !catalog.environments.some((known) => known.name === name));
  return [
    ...(service === undefined
      ? []
      : [
          {
            field: 'scope' as const,
            problem: noService(service, Object.keys(catalog.services)),
          },
        ]),
    ...(environment === undefined
      ? []
      : [
          {
            field: 'scope' as const,
            problem: say`There is no environment “${environment}”. Known: ${catalog.environments.map(({ name }) => name).join(', ')}.`,
          },
        ]),
  ];
};

const timeProblems = (input: FreezeInput, now: Instant): { field: Field; problem: Sentence }[] => {
  if (!isZone(input.zone))
    return [{ field: 'zone', problem: say`“${input.zone}” is not a time zone. Write one like Europe/London.` }];
  const wrong = (['start', 'end'] as const).filter((edge) => !WALL.test(input[edge]) || !isOnCalendar(input[edge]));
  if (wrong.length > 0)
    return wrong.map((field) => ({ field, problem: say`Pick the day and the time at which it ${field}s.` }));
  const endsAt = fromWallTime(input.end, input.zone, 'end');
  if (endsAt <= fromWallTime(input.start, input.zone, 'start'))
    return [{ field: 'end', problem: say`It ends before it starts. Put the end after the start.` }];
  return endsAt <= now ? [{ field: 'end', problem: say`It would be over already. Put the end into the future.` }] : [];
};

/** Declares a one-off freeze. Refuses every bad field at once. Times are wall times of its zone; it never shrinks across a clock change. */
export const declareFreeze = (
  input: FreezeInput,
  catalog: Catalog,
  identity: { workspace: WorkspaceId; id: FreezeId; number: number },
  act: Act,
): Decision<{ freeze: Freeze; events: readonly EventDraft[] }> => {
  const problems: { field: Field; problem: Sentence }[] = [
    ...(input.name.trim() === ''
      ? [
          {
            field: 'name' as const,
            problem: say`Give it a name that people will recognise, for example “Quarter end”.`,
          },
        ]
      : []),
    ...(input.reason.trim() === ''
      ? [{ field: 'reason' as const, problem: say`Say why; the announcement carries it.` }]
      : []),
    ...scopeProblems(input.scope, catalog),
    ...(catalog.groups[input.approvers] === undefined
      ? [
          {
            field: 'approvers' as const,
            problem: say`There is no group “${input.approvers}”. Known: ${Object.keys(catalog.groups).slice(0, 10).join(', ')}.`,
          },
        ]
      : []),
    ...timeProblems(input, act.now),
  ];
  if (problems.length > 0) return refuse({ code: 'fields', problems });
  // A start that has passed stays as it was written: moved to this instant, a start that took its own a moment before would slip past it.
  const startsAt = fromWallTime(input.start, input.zone, 'start');
  const endsAt = fromWallTime(input.end, input.zone, 'end');
  const freeze: Freeze = {
    ...identity,
    name: input.name.trim(),
    reason: input.reason.trim(),
    severity: input.severity,
    scope: input.scope,
    startsAt,
    endsAt,
    zone: input.zone,
    exemptTypes: ['emergency'],
    approvers: input.approvers,
    createdBy: act.by,
    endedEarlyAt: null,
  };
  return allow({
    freeze,
    events: [freezeHappened(freeze, 'freeze.declared', { freeze: freeze.number, startsAt, endsAt }, freeze.reason)],
  });
};

const freezeHappened = <Kind extends 'freeze.declared' | 'freeze.ended' | 'freeze.moved'>(
  freeze: Freeze,
  kind: Kind,
  data: Extract<EventDraft, { kind: Kind }>['data'],
  words: string,
): EventDraft => ({ kind, data, release: null, subject: freeze.id, words, due: null }) as EventDraft;

/** Ends a freeze before its time. Nothing that it held starts by itself. */
export const endFreeze = (
  freeze: Freeze,
  reason: string,
  act: Act,
): Decision<{ freeze: Freeze; events: readonly EventDraft[] }> => {
  if (phaseOf(freeze, act.now) === 'over')
    return refuse({
      code: 'status',
      did: 'Not ended',
      name: `freeze ${freeze.number} (${freeze.name})`,
      status: 'over',
      fix: say`See ${command('freeze list')}.`,
    });
  if (reason.trim() === '') return refuseField('reason', say`Say why it ends early; the announcement carries it.`);
  const ended: Freeze = { ...freeze, endedEarlyAt: act.now };
  return allow({ freeze: ended, events: [freezeHappened(ended, 'freeze.ended', { freeze: freeze.number }, reason)] });
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
): Decision<{ freeze: Freeze; events: readonly EventDraft[] }> => {
  const name = `freeze ${freeze.number} (${freeze.name})`;
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
  if (endsAt === freeze.endsAt) return refuseField('until', say`Nothing changed: it ends ${at(endsAt)} already.`);
  if (reason.trim() === '') return refuseField('reason', say`Say why; everybody who was told of the freeze reads it.`);
  const moved: Freeze = { ...freeze, endsAt };
  const data = { freeze: freeze.number, endsAt, before: freeze.endsAt };
  return allow({ freeze: moved, events: [freezeHappened(moved, 'freeze.moved', data, reason)] });
};

export const scopeWords = (scope: FreezeScope): string =>
  `deployments of ${scope.services.length === 0 ? 'all services' : scope.services.join(', ')} to ${scope.environments.length === 0 ? 'every environment' : scope.environments.join(', ')}`;
