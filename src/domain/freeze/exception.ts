/** Exceptions from a freeze: one release, one environment, one start, until a time, decided by somebody else; taken back until it is used. */

import { happened } from '../events.ts';
import { nextAwake } from '../hours.ts';
import type { DeploymentId, FreezeId, Id, ReleaseId, UserId } from '../ids.ts';
import { mayGiveAway } from '../permissions.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { keyOf, nameOf, notStarted, planOrNow, withVoucher } from '../release/release.ts';
import { zoneOf } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, DAY, HOUR, type Instant, latest, MINUTE } from '../time.ts';
import { at, command, cut, group, say } from '../words.ts';
import { dayIn } from '../working-time.ts';
import { endOf, type Freeze, freezesStopping, isLiveException } from './calendar.ts';
import { decidersOf, exceptionApprovers, freezeQuestion } from './freeze-check.ts';

/** How long it could wait. */
export const URGENCIES = ['customers are hit now', 'today', 'before the freeze ends'] as const;
export type Urgency = (typeof URGENCIES)[number];

export type FreezeException = {
  id: Id<'exception'>;
  freeze: FreezeId;
  release: ReleaseId;
  environment: string;
  reason: string;
  /** Not of exceptions from before these were asked for. */
  urgency: Urgency | null;
  /** Who is hit where it goes wrong. */
  blastRadius: string | null;
  rollback: string | null;
  requestedBy: UserId;
  requestedAt: Instant;
  verdict: 'requested' | 'granted' | 'denied' | 'revoked';
  decidedBy: UserId | null;
  decidedAt: Instant | null;
  /** What whoever decided it said. */
  reply: string | null;
  validUntil: Instant;
  /** The start that went by it: it was for that one alone. */
  usedBy: DeploymentId | null;
};

/** The freeze that an exception would be from: of several the first of which nobody was asked yet. Refuses where nothing is frozen, or a reason is enough. */
export const freezeToExcept = (s: Situation, environment: string, now: Instant): Decision<Freeze> => {
  const later = planOrNow(s.release, now);
  const question = freezeQuestion(s, environment, later);
  const all = [later, now].flatMap((at) => freezesStopping(s.around.freezes, s.exceptions, { ...question, at }));
  const openOf = ({ id }: Freeze): FreezeException | undefined =>
    s.exceptions.find(
      (exception) => exception.freeze === id && exception.environment === environment && isWanted(exception, s, now),
    );
  const hard = all.filter(({ severity }) => severity === 'hard');
  const freeze = hard.find((each) => openOf(each) === undefined) ?? hard[0] ?? all[0] ?? null;
  if (freeze?.severity === 'soft')
    return refuse({
      code: 'status',
      did: 'Not asked',
      name: `${nameOf(s.release)} in ${environment}`,
      status: 'held by no freeze that lets nobody through',
      fix: say`${freeze.name} only wants a reason: whoever starts it gives one.`,
    });
  if (
    freeze !== null &&
    later > now &&
    freezesStopping([freeze], [], freezeQuestion(s, environment, later)).length === 0
  )
    return refuse({
      code: 'status',
      did: 'Not asked',
      name: nameOf(s.release),
      status: 'planned for a time at which nothing is frozen',
      fix: say`To go earlier, plan it for then first: ${command(`schedule ${keyOf(s.release)} now`)}.`,
    });
  if (freeze !== null && openOf(freeze) !== undefined)
    return refuse({
      code: 'status',
      did: 'Not asked',
      name: `an exception for ${nameOf(s.release)}`,
      status: 'asked for already',
      fix: say`It is decided by ${group(freeze.approvers)}.`,
    });
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

/** Asked for and still of use: its freeze stops the release now or when it is planned. What was moved out of it waits for nobody. */
export const isWanted = (exception: FreezeException, s: Situation, now: Instant): boolean => {
  const freeze = s.around.freezes.find(({ id }) => id === exception.freeze);
  const { status } = s.release.state;
  const over = status === 'closed' || status === 'cancelled' || status === 'rolled_back' || status === 'deployed';
  if (exception.verdict !== 'requested' || freeze === undefined || over || exception.validUntil <= now) return false;
  const at = planOrNow(s.release, now);
  return freezesStopping([freeze], [], freezeQuestion(s, exception.environment, at)).length > 0;
};

const REMINDED_AFTER: Readonly<Record<Urgency, number>> = {
  'customers are hit now': 15 * MINUTE,
  today: 2 * HOUR,
  'before the freeze ends': DAY,
};

/** When those who may decide it are asked once more; null where nobody waits for it any more. */
export const exceptionReminder = (exception: FreezeException, s: Situation, now: Instant): Instant | null =>
  isWanted(exception, s, now)
    ? after(exception.requestedAt, REMINDED_AFTER[exception.urgency ?? 'before the freeze ends'])
    : null;

/** Who may decide it: the freeze's approvers, without the one who asked. */
export const exceptionDeciders = (exception: FreezeException, s: Situation): readonly UserId[] => {
  const freeze = s.around.freezes.find(({ id }) => id === exception.freeze);
  return freeze === undefined ? [] : decidersOf(s, freeze.approvers, exception);
};

/** Asked for, and nobody is left who could decide it: which, and of whom it is asked. */
export const stuckExceptions = (
  s: Situation,
  now: Instant,
): readonly { exception: FreezeException; approvers: string }[] =>
  s.exceptions.flatMap((exception) => {
    const freeze = s.around.freezes.find(({ id }) => id === exception.freeze);
    return freeze !== undefined && isWanted(exception, s, now) && exceptionDeciders(exception, s).length === 0
      ? [{ exception, approvers: freeze.approvers }]
      : [];
  });

/** Whether waiting for somebody's hours would be too late for it: customers are hit, the day is over by then, or the exception is. */
export const cannotWait = (exception: FreezeException, s: Situation, person: UserId, now: Instant): boolean => {
  const begins = nextAwake(s, person, now);
  const { urgency, validUntil } = exception;
  const anotherDay = dayIn(begins, zoneOf(s)) > dayIn(now, zoneOf(s));
  return urgency === 'customers are hit now' || (urgency === 'today' && anotherDay) || validUntil <= begins;
};

export type ExceptionInput = {
  environment: string;
  reason: string;
  urgency?: Urgency | null | undefined;
  blastRadius?: string | null | undefined;
  /** As the release says, where nothing else is said. */
  rollback?: string | null | undefined;
  /** When it ends; with the freeze, where nothing is said. */
  until?: Instant | null | undefined;
};

/** Asks for an exception: one release, one environment, one start. Refuses where nothing is frozen, without a reason, and an end that is past. */
export const requestException = (s: Situation, input: ExceptionInput, act: Act): Decision<Effect> => {
  const names = s.around.catalog.environments.map(({ name }) => name);
  if (!names.includes(input.environment))
    return refuseField(
      'environment',
      say`Not asked: there is no environment “${cut(input.environment, 80)}”. Known: ${names.join(', ')}.`,
    );
  // Whoever decides it may read what it is for.
  const may = mayGiveAway(s.around.catalog, s.release, act.by, 'Not asked');
  if (!may.ok) return may;
  const found = freezeToExcept(s, input.environment, act.now);
  if (!found.ok) return found;
  const freeze = found.value;
  if (input.reason.trim() === '')
    return refuseField('reason', say`Say why it cannot wait until the freeze ends; the people who decide read it.`);
  const until = input.until ?? endOf(freeze);
  const from = latest([act.now, freeze.startsAt, planOrNow(s.release, act.now)]) ?? act.now;
  const can = exceptionApprovers(s, freeze.approvers).filter(
    (id) => id !== act.by && id !== act.vouches && !s.around.inactive.includes(id),
  );
  if (can.length === 0)
    return refuse({
      code: 'forbidden',
      did: 'Not asked',
      because: say`nobody but you is in ${group(freeze.approvers)}, and nobody decides for themselves`,
      can: say`Somebody else asks, or an admin adds a person to the group.`,
    });
  if (until <= from)
    return refuseField(
      'until',
      say`Not asked: by ${at(until)} it could not have started. Pick a later time, or leave it out: then it is the end of the freeze.`,
    );
  const exception: FreezeException = {
    id: act.newId('exception'),
    freeze: freeze.id,
    release: s.release.id,
    environment: input.environment,
    reason: input.reason,
    urgency: input.urgency ?? null,
    blastRadius: input.blastRadius ?? null,
    rollback: input.rollback ?? s.release.rollbackPlan,
    requestedBy: act.by,
    requestedAt: act.now,
    verdict: 'requested',
    decidedBy: null,
    decidedAt: null,
    reply: null,
    validUntil: until < endOf(freeze) ? until : endOf(freeze),
    usedBy: null,
  };
  const event = happened(
    s.release.id,
    'exception.requested',
    { freeze: freeze.number, name: freeze.name, environment: input.environment },
    { words: input.reason, subject: exception.id },
  );
  const release = { ...s.release, vouchedBy: withVoucher(s.release, act) };
  return allow({ after: { ...s, release, exceptions: [...s.exceptions, exception] }, events: [event] });
};

/** Grants or denies an exception. By somebody of the freeze's approvers who did not ask for it; a denial says why. */
export const decideException = (
  s: Situation,
  input: { exception: string; verdict: 'granted' | 'denied'; reason: string | null },
  act: Act,
): Decision<Effect> => {
  const exception = s.exceptions.find(({ id }) => id === input.exception);
  const freeze = s.around.freezes.find(({ id }) => id === exception?.freeze);
  if (exception === undefined || freeze === undefined || exception.verdict !== 'requested')
    return refuse({ code: 'exception.none', name: nameOf(s.release) });
  if (!isWanted(exception, s, act.now))
    return refuse({
      code: 'status',
      did: 'Not decided',
      name: `the exception for ${nameOf(s.release)}`,
      status: exception.validUntil <= act.now ? 'over' : 'not needed any more',
      fix: say`See ${command(`why ${keyOf(s.release)}`)}.`,
    });
  if (exception.requestedBy === act.by) return refuse({ code: 'exception.own', approvers: freeze.approvers });
  const can = exceptionDeciders(exception, s);
  if (!can.includes(act.by)) return refuse({ code: 'exception.not_approver', approvers: freeze.approvers, can });
  if (input.verdict === 'denied' && (input.reason ?? '').trim() === '')
    return refuseField('reason', say`Say why it has to wait; whoever asked reads it.`);
  const decided = s.exceptions.map(
    (other): FreezeException =>
      other.id === exception.id
        ? { ...other, verdict: input.verdict, decidedBy: act.by, decidedAt: act.now, reply: input.reason }
        : other,
  );
  const event = happened(
    s.release.id,
    'exception.decided',
    { freeze: freeze.number, name: freeze.name, environment: exception.environment, verdict: input.verdict },
    { words: input.reason, subject: exception.id },
  );
  return allow({ after: { ...s, exceptions: decided }, events: [event] });
};

/** What it was for is over, and did not happen: it ended unused, or nobody decided, and its freeze still holds the release. */
export const endedInVain = (exception: FreezeException, s: Situation, now: Instant): boolean => {
  const { verdict, usedBy, validUntil, environment } = exception;
  const freeze = s.around.freezes.find(({ id }) => id === exception.freeze);
  const given = verdict === 'granted' ? usedBy === null : verdict === 'requested';
  const goesOn = notStarted(s.release) || s.release.state.status === 'deploying';
  if (!given || !goesOn || validUntil > now || freeze === undefined) return false;
  const later = s.exceptions.some(
    (other) => other.requestedAt > exception.requestedAt && other.environment === environment,
  );
  return !later && freezesStopping([freeze], [], freezeQuestion(s, environment, planOrNow(s.release, now))).length > 0;
};

/** Takes a granted exception back, with a reason: by those who may grant one. Refuses what is used, over, or was never granted. */
export const revokeException = (
  s: Situation,
  input: { exception: string; reason: string },
  act: Act,
): Decision<Effect> => {
  const exception = s.exceptions.find(({ id }) => id === input.exception);
  const freeze = s.around.freezes.find(({ id }) => id === exception?.freeze);
  const name = nameOf(s.release);
  if (exception === undefined || freeze === undefined || exception.verdict !== 'granted')
    return refuse({ code: 'exception.none', name });
  if (!isLiveException(exception, act.now))
    return refuse({
      code: 'status',
      did: 'Not taken back',
      name: `the exception for ${name}`,
      status: exception.usedBy === null ? 'over' : 'used already',
      fix: say`See ${command(`timeline ${keyOf(s.release)}`)}.`,
    });
  const can = exceptionApprovers(s, freeze.approvers);
  if (!can.includes(act.by)) return refuse({ code: 'exception.not_approver', approvers: freeze.approvers, can });
  if (input.reason.trim() === '') return refuseField('reason', say`Say why it is taken back; whoever asked reads it.`);
  const exceptions = s.exceptions.map(
    (other): FreezeException =>
      other.id === exception.id
        ? { ...other, verdict: 'revoked', decidedBy: act.by, decidedAt: act.now, reply: input.reason }
        : other,
  );
  const event = happened(
    s.release.id,
    'exception.revoked',
    { freeze: freeze.number, name: freeze.name, environment: exception.environment },
    { words: input.reason, subject: exception.id },
  );
  return allow({ after: { ...s, exceptions }, events: [event] });
};

/** The exceptions after a start that went by them: each was for one. */
export const usedExceptions = (
  s: Situation,
  environment: string,
  freezes: readonly FreezeId[],
  by: DeploymentId,
  now: Instant,
): readonly FreezeException[] =>
  s.exceptions.map((exception) =>
    exception.environment === environment && freezes.includes(exception.freeze) && isLiveException(exception, now)
      ? { ...exception, usedBy: by }
      : exception,
  );
