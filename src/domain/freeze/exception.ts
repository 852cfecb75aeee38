/** Exceptions from a freeze: one release, one environment, until the freeze ends, decided by somebody else. */
import { happened } from '../events.ts';
import type { FreezeId, Id, ReleaseId, UserId } from '../ids.ts';
import { exceptionApprovers, freezeQuestion } from '../readiness.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { keyOf, nameOf, planOrNow } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { command, group, say } from '../words.ts';
import { endOf, type Freeze, freezesStopping } from './calendar.ts';
import { stoppingFreeze } from './caught.ts';

export type FreezeException = {
  id: Id<'exception'>;
  freeze: FreezeId;
  release: ReleaseId;
  environment: string;
  reason: string;
  requestedBy: UserId;
  requestedAt: Instant;
  verdict: 'requested' | 'granted' | 'denied';
  decidedBy: UserId | null;
  decidedAt: Instant | null;
  /** What whoever decided it said. */
  reply: string | null;
  validUntil: Instant;
};

/** The freeze that an exception would be from. Refuses where nothing is frozen. */
export const freezeToExcept = (s: Situation, environment: string, now: Instant): Decision<Freeze> => {
  const freeze = stoppingFreeze(s, environment, now);
  const later = planOrNow(s.release, now);
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
  const open = s.exceptions.find(
    (exception) =>
      exception.freeze === freeze?.id && exception.environment === environment && isWanted(exception, s, now),
  );
  if (freeze !== null && open !== undefined)
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
  if (exception.verdict !== 'requested' || freeze === undefined || over) return false;
  const at = planOrNow(s.release, now);
  return freezesStopping([freeze], [], freezeQuestion(s, exception.environment, at)).length > 0;
};

/** Who may decide it: the freeze's approvers, without the one who asked. */
export const exceptionDeciders = (exception: FreezeException, s: Situation): readonly UserId[] => {
  const freeze = s.around.freezes.find(({ id }) => id === exception.freeze);
  return freeze === undefined
    ? []
    : exceptionApprovers(s, freeze.approvers).filter(
        (id) => id !== exception.requestedBy && !s.around.inactive.includes(id),
      );
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
    reply: null,
    validUntil: endOf(freeze),
  };
  const event = happened(
    s.release.id,
    'exception.requested',
    { freeze: freeze.number, name: freeze.name, environment: input.environment },
    { words: input.reason, subject: exception.id },
  );
  return allow({ after: { ...s, exceptions: [...s.exceptions, exception] }, events: [event] });
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
