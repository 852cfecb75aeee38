/** Freezes on the calendar: which are active for a service and an environment, what they hold, and when each notice is due. */

import type { FreezeId, UserId, WorkspaceId } from '../ids.ts';
import { after, between, DAY, fromZoned, HOUR, type Instant, inZone } from '../time.ts';
import { addWorkingDays, isWorkingDay } from '../working-time.ts';
import type { FreezeException } from './exception.ts';

export type FreezePhase = 'planned' | 'active' | 'over';

export const endOf = (freeze: Freeze): Instant => freeze.endedEarlyAt ?? freeze.endsAt;

/** Half-open: active from its start, over at its end. */
export const phaseOf = (freeze: Freeze, now: Instant): FreezePhase =>
  now >= endOf(freeze) ? 'over' : now >= freeze.startsAt ? 'active' : 'planned';

export const covers = (freeze: Freeze, service: string, environment: string): boolean =>
  (freeze.scope.services.length === 0 || freeze.scope.services.includes(service)) &&
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

const excepts = (exception: FreezeException, freeze: Freeze, environment: string, at: Instant): boolean =>
  exception.freeze === freeze.id &&
  exception.environment === environment &&
  exception.verdict === 'granted' &&
  at < exception.validUntil;

/** The first moment at or after `question.at` that no freeze stops. Ends, because a freeze has an end. */
export const firstOpenMoment = (
  freezes: readonly Freeze[],
  exceptions: readonly FreezeException[],
  question: FreezeQuestion,
): Instant => {
  let at = question.at;
  for (;;) {
    const [stopping] = freezesStopping(freezes, exceptions, { ...question, at });
    if (stopping === undefined) return at;
    at = endOf(stopping);
  }
};

export type Slot = { start: Instant; end: Instant };

const QUIET_HOUR = 6;

/** The next working day's hour from 06:00 in the zone that no freeze touches, within two months; null when there is none. */
export const nextQuietSlot = (
  freezes: readonly Freeze[],
  question: Omit<FreezeQuestion, 'at'>,
  zone: string,
  now: Instant,
): Slot | null => {
  const morning = inZone(now, zone).with({ hour: QUIET_HOUR, minute: 0, second: 0, millisecond: 0 });
  for (let days = 0; days < 60; days += 1) {
    const start = fromZoned(morning.add({ days }));
    const free = start > now && freezesStopping(freezes, [], { ...question, at: start }).length === 0;
    if (free && isWorkingDay(start, zone)) return { start, end: after(start, HOUR) };
  }
  return null;
};

export type FreezeNoticeKind = 'ahead_5d' | 'ahead_1d' | 'ahead_1h' | 'start' | 'end';
export type FreezeNotice = { kind: FreezeNoticeKind; at: Instant };

/**
 * Notices of a one-off freeze: a day or longer, 5 working days and 1 day ahead, start, end; shorter, 1 hour ahead, start, end.
 * A notice ahead that was already past when the freeze was declared is left out: the declaration itself is posted.
 */
export const freezeNotices = (freeze: Freeze, declaredAt: Instant): readonly FreezeNotice[] => {
  const long = between(freeze.startsAt, freeze.endsAt) >= DAY;
  const ahead: FreezeNotice[] = long
    ? [
        { kind: 'ahead_5d', at: addWorkingDays(freeze.startsAt, -5, freeze.zone) },
        { kind: 'ahead_1d', at: after(freeze.startsAt, -DAY) },
      ]
    : [{ kind: 'ahead_1h', at: after(freeze.startsAt, -HOUR) }];
  const started: FreezeNotice[] = endOf(freeze) > freeze.startsAt ? [{ kind: 'start', at: freeze.startsAt }] : [];
  return [...ahead.filter(({ at }) => at > declaredAt), ...started, { kind: 'end', at: endOf(freeze) }];
};

export type FreezeScope = { services: readonly string[]; environments: readonly string[] };

export type Freeze = {
  workspace: WorkspaceId;
  id: FreezeId;
  number: number;
  name: string;
  reason: string;
  severity: 'hard' | 'soft';
  scope: FreezeScope;
  startsAt: Instant;
  endsAt: Instant;
  zone: string;
  exemptTypes: readonly string[];
  approvers: string;
  createdBy: UserId;
  endedEarlyAt: Instant | null;
};
