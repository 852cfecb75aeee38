/** Freezes on the calendar: which are active for a service and an environment, what they hold, and when each notice is due. */

import type { FreezeId, UserId, WorkspaceId } from '../ids.ts';
import { after, between, DAY, fromZoned, HOUR, type Instant, inZone } from '../time.ts';
import { addWorkingDays, type DaysOff } from '../working-time.ts';
import type { FreezeException } from './exception.ts';
import { nominalLength, type Repeats } from './recurrence.ts';
import type { FreezeScope, Picked } from './scope.ts';

export type FreezePhase = 'planned' | 'active' | 'over';

export const endOf = (freeze: Freeze): Instant => freeze.endedEarlyAt ?? freeze.endsAt;

/** Half-open: active from its start, over at its end. */
export const phaseOf = (freeze: Freeze, now: Instant): FreezePhase =>
  now >= endOf(freeze) ? 'over' : now >= freeze.startsAt ? 'active' : 'planned';

/** Whether it is about any of these services. */
export const concerns = ({ scope }: Pick<Freeze, 'scope'>, services: readonly string[]): boolean =>
  scope.services.length === 0 || scope.services.some((name) => services.includes(name));

export const covers = (freeze: Freeze, service: string, environment: string): boolean =>
  concerns(freeze, [service]) &&
  (freeze.scope.environments.length === 0 || freeze.scope.environments.includes(environment));

export type FreezeQuestion = { services: readonly string[]; environment: string; type: string; at: Instant };

/** Every freeze that stops this deployment at that moment, granted exceptions taken off: hard ones first, of each kind the one that ends last. */
export const freezesStopping = (
  freezes: readonly Freeze[],
  exceptions: readonly FreezeException[],
  { services, environment, type, at }: FreezeQuestion,
): readonly Freeze[] =>
  freezes
    .filter((freeze) => phaseOf(freeze, at) === 'active')
    .filter((freeze) => services.some((service) => covers(freeze, service, environment)))
    .filter((freeze) => !freeze.exemptTypes.includes(type))
    .filter((freeze) => !exceptions.some((exception) => excepts(exception, freeze, environment, at)))
    .sort((a, b) => (a.severity === b.severity ? (endOf(a) < endOf(b) ? 1 : -1) : a.severity === 'hard' ? -1 : 1));

/** Granted, not used yet, and not over. */
export const isLiveException = ({ verdict, usedBy, validUntil }: FreezeException, now: Instant): boolean =>
  verdict === 'granted' && usedBy === null && now < validUntil;

const excepts = (exception: FreezeException, freeze: Freeze, environment: string, at: Instant): boolean =>
  exception.freeze === freeze.id && exception.environment === environment && isLiveException(exception, at);

/** Those that stop it one after the other from `question.at` on. It comes to an end, because a freeze has one. */
export const freezesInARow = (
  freezes: readonly Freeze[],
  exceptions: readonly FreezeException[],
  question: FreezeQuestion,
): readonly Freeze[] => {
  const found: Freeze[] = [];
  let { at } = question;
  for (;;) {
    const [stopping] = freezesStopping(freezes, exceptions, { ...question, at });
    if (stopping === undefined) return found;
    found.push(stopping);
    at = endOf(stopping);
  }
};

/** The first moment at or after `question.at` that no freeze stops. */
export const firstOpenMoment = (
  freezes: readonly Freeze[],
  exceptions: readonly FreezeException[],
  question: FreezeQuestion,
): Instant => {
  const last = freezesInARow(freezes, exceptions, question).at(-1);
  return last === undefined ? question.at : endOf(last);
};

export type Slot = { start: Instant; end: Instant };

export type FreezeNoticeKind = 'ahead_5d' | 'ahead_1d' | 'ahead_1h' | 'start' | 'ending' | 'end' | 'over';
export type FreezeNotice = { kind: FreezeNoticeKind; at: Instant };

const LONG_RECURRING = 3 * DAY;

/** One that comes again and is soon over: people know it, and hear of its start alone. */
export const isUsual = (freeze: Freeze): boolean =>
  freeze.repeats !== null && nominalLength(freeze.repeats) < LONG_RECURRING;

/** Half an hour after its start there is still something to look forward to. */
const SHORTEST_WITH_ENDING = 2 * HOUR;

/**
 * Notices of a freeze: a day or longer, 5 working days and 1 day (by the calendar of its zone) ahead, start, an hour before the end, end; shorter, 1 hour
 * ahead, start, end. One that comes again and takes less than three days: start, and the hour before its end; at its `over` the post of the start says
 * so, and nothing is posted. A notice ahead that was already past when the freeze was declared is left out: the declaration itself is posted.
 */
export const freezeNotices = (freeze: Freeze, declaredAt: Instant, off?: DaysOff): readonly FreezeNotice[] => {
  const end = endOf(freeze);
  // Of a row, who left it out says so at once.
  if (end <= freeze.startsAt) return [{ kind: freeze.repeats === null ? 'end' : 'over', at: end }];
  const ending: FreezeNotice[] =
    between(freeze.startsAt, end) >= SHORTEST_WITH_ENDING ? [{ kind: 'ending', at: after(end, -HOUR) }] : [];
  const start: FreezeNotice = { kind: 'start', at: freeze.startsAt };
  if (isUsual(freeze)) return [start, ...ending, { kind: 'over', at: end }];
  const long = between(freeze.startsAt, freeze.endsAt) >= DAY;
  const ahead: FreezeNotice[] = long
    ? [
        { kind: 'ahead_5d', at: addWorkingDays(freeze.startsAt, -5, freeze.zone, off) },
        { kind: 'ahead_1d', at: fromZoned(inZone(freeze.startsAt, freeze.zone).subtract({ days: 1 })) },
      ]
    : [{ kind: 'ahead_1h', at: after(freeze.startsAt, -HOUR) }];
  return [...ahead.filter(({ at }) => at > declaredAt), start, ...ending, { kind: 'end', at: end }];
};

export type Freeze = {
  workspace: WorkspaceId;
  id: FreezeId;
  number: number;
  name: string;
  reason: string;
  severity: 'hard' | 'soft';
  /** The names that `picked` comes to in the catalog in force. */
  scope: FreezeScope;
  picked: Picked;
  startsAt: Instant;
  endsAt: Instant;
  zone: string;
  /** How it comes again; each occurrence carries it. */
  repeats: Repeats | null;
  exemptTypes: readonly string[];
  /** Groups whose people may start all the same, with a reason; a pipeline never. */
  exemptGroups: readonly string[];
  approvers: string;
  createdBy: UserId;
  endedEarlyAt: Instant | null;
};
