/** Freezes and their exceptions as verbs: declared, ended early, asked out of, decided by somebody else. */
import type { Act } from './act.ts';
import type { Catalog } from './catalog.ts';
import { type EventDraft, happened } from './events.ts';
import { endOf, freezesStopping, phaseOf } from './freeze-calendar.ts';
import type { FreezeId, WorkspaceId } from './ids.ts';
import { fromWallTime, type Instant, isZone } from './instant.ts';
import { exceptionApprovers, freezeQuestion } from './readiness.ts';
import { allow, type Decision, type Field, refuse, refuseField } from './refusal.ts';
import { nameOf } from './release.ts';
import type { Effect, Freeze, FreezeException, FreezeScope, Situation } from './situation.ts';
import { command, type Sentence, say } from './wording.ts';

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
            problem: say`There is no service “${service}”. Known: ${Object.keys(catalog.services).slice(0, 8).join(', ')}.`,
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
  if (!WALL.test(input.start)) return [{ field: 'start', problem: say`Pick the day and the time at which it starts.` }];
  if (!WALL.test(input.end)) return [{ field: 'end', problem: say`Pick the day and the time at which it ends.` }];
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

const freezeHappened = <Kind extends 'freeze.declared' | 'freeze.ended'>(
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

/** The freeze that would stop this release in the environment, now or at its planned time. */
export const stoppingFreeze = (s: Situation, environment: string, now: Instant): Freeze | null => {
  const { when } = s.release;
  const planned = when.kind === 'at' && when.start > now ? when.start : now;
  const question = freezeQuestion(s, environment, planned);
  return (
    freezesStopping(s.around.freezes, s.exceptions, question)[0] ??
    freezesStopping(s.around.freezes, s.exceptions, { ...question, at: now })[0] ??
    null
  );
};

/** Whether the freeze catches the release at the time that is planned for it: one that was moved behind the freeze is not caught. */
export const catches = (freeze: Freeze, s: Situation, now: Instant): boolean => {
  const { when } = s.release;
  const at = when.kind === 'at' && when.start > now ? when.start : now;
  return s.release.targets.some((environment) =>
    freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, environment, at)).some(
      ({ id }) => id === freeze.id,
    ),
  );
};

/** The freeze that an exception would be from. Refuses where nothing is frozen. */
export const freezeToExcept = (s: Situation, environment: string, now: Instant): Decision<Freeze> => {
  const freeze = stoppingFreeze(s, environment, now);
  return freeze === null
    ? refuse({
        code: 'status',
        did: 'Not asked',
        name: `${nameOf(s.release)} in ${environment}`,
        status: 'not frozen',
        fix: say`See ${command(`why REL-${s.release.number}`)}.`,
      })
    : allow(freeze);
};

/** Asks for an exception: one release, one environment, until the freeze ends. */
export const requestException = (
  s: Situation,
  input: { environment: string; reason: string },
  act: Act,
): Decision<Effect> => {
  const found = freezeToExcept(s, input.environment, act.now);
  if (!found.ok) return found;
  const freeze = found.value;
  if (input.reason.trim() === '')
    return refuseField('reason', say`Say why it cannot wait until the freeze ends; the people who decide read it.`);
  const open = s.exceptions.find(
    (exception) =>
      exception.freeze === freeze.id &&
      exception.environment === input.environment &&
      exception.verdict === 'requested',
  );
  if (open !== undefined)
    return refuse({
      code: 'status',
      did: 'Not asked',
      name: `an exception for ${nameOf(s.release)}`,
      status: 'asked for already',
      fix: say`It is decided by ${freeze.approvers}.`,
    });
  const exception: FreezeException = {
    id: act.newId('exception'),
    freeze: freeze.id,
    release: s.release.id,
    environment: input.environment,
    reason: input.reason,
    requestedBy: act.by,
    requestedAt: act.now,
    verdict: 'requested',
    decidedBy: null,
    decidedAt: null,
    validUntil: endOf(freeze),
  };
  const event = happened(
    s.release.id,
    'exception.requested',
    { freeze: freeze.number, environment: input.environment },
    { words: input.reason, subject: exception.id },
  );
  return allow({ after: { ...s, exceptions: [...s.exceptions, exception] }, events: [event] });
};

/** Grants or denies an exception. By somebody of the freeze's approvers who did not ask for it. */
export const decideException = (
  s: Situation,
  input: { exception: string; verdict: 'granted' | 'denied' },
  act: Act,
): Decision<Effect> => {
  const exception = s.exceptions.find(({ id }) => id === input.exception);
  const freeze = s.around.freezes.find(({ id }) => id === exception?.freeze);
  if (exception === undefined || freeze === undefined || exception.verdict !== 'requested')
    return refuse({ code: 'exception.none', name: nameOf(s.release) });
  if (exception.requestedBy === act.by) return refuse({ code: 'exception.own', approvers: freeze.approvers });
  const can = exceptionApprovers(s, freeze.approvers).filter(
    (id) => id !== exception.requestedBy && !s.around.inactive.includes(id),
  );
  if (!can.includes(act.by)) return refuse({ code: 'exception.not_approver', approvers: freeze.approvers, can });
  const decided = s.exceptions.map(
    (other): FreezeException =>
      other.id === exception.id ? { ...other, verdict: input.verdict, decidedBy: act.by, decidedAt: act.now } : other,
  );
  const event = happened(
    s.release.id,
    'exception.decided',
    { freeze: freeze.number, environment: exception.environment, verdict: input.verdict },
    { subject: exception.id },
  );
  return allow({ after: { ...s, exceptions: decided }, events: [event] });
};

export const scopeWords = (scope: FreezeScope): string =>
  `deployments of ${scope.services.length === 0 ? 'all services' : scope.services.join(', ')} to ${scope.environments.length === 0 ? 'every environment' : scope.environments.join(', ')}`;
