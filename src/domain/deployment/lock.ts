/**
 * The lock of an environment: nothing of the service goes there but what its holder starts. After a rollback it stands until its cause is addressed; by
 * hand until it is lifted, taken over, or ends.
 */
import { type Catalog, environmentNamed } from '../catalog/catalog.ts';
import { type EventDraft, happened } from '../events.ts';
import type { Id, ReleaseId, UserId } from '../ids.ts';
import { noService } from '../nearest.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { at, command, person, type Sentence, say } from '../words.ts';

export type Lock = {
  id: Id<'lock'>;
  service: string;
  environment: string;
  /** Whose rollback set it; `null` for one that somebody set by hand. */
  release: ReleaseId | null;
  reason: string;
  holder: UserId;
  since: Instant;
  /** When it ends by itself. */
  expiresAt: Instant | null;
  liftedAt: Instant | null;
  liftedBy: UserId | null;
};

/** Half-open, as everything in time. */
export const isHeld = ({ liftedAt, expiresAt }: Lock, now: Instant): boolean =>
  liftedAt === null && (expiresAt === null || now < expiresAt);

/** When it was over: lifted by somebody, or at its end. `null` while it is held. */
export const overAt = ({ liftedAt, expiresAt }: Lock, now: Instant): Instant | null =>
  liftedAt ?? (expiresAt !== null && expiresAt <= now ? expiresAt : null);

/** The lock that keeps others out of an environment of the release's service. */
export const lockOf = (s: Situation, environment: string, now: Instant): Lock | null =>
  s.locks.find((lock) => lock.environment === environment && lock.service === s.release.service && isHeld(lock, now)) ??
  null;

/** Lifts a lock with a note on the cause. */
export const liftLock = (s: Situation, input: { environment: string; reason: string }, act: Act): Decision<Effect> => {
  const lock = lockOf(s, input.environment, act.now);
  if (lock === null) return noLock(`${s.release.service} ${input.environment}`);
  if (input.reason.trim() === '') return refuseField('reason', say`Say what the cause was; it stands in the journal.`);
  const locks = s.locks.map((held) => (held.id === lock.id ? { ...held, liftedAt: act.now, liftedBy: act.by } : held));
  return allow({
    after: { ...s, locks },
    events: [happened(s.release.id, 'lock.lifted', { environment: input.environment }, { words: input.reason })],
  });
};

const noLock = (reference: string): Decision<never> =>
  refuse({ code: 'not_found', what: 'lock on', reference, fix: say`See ${command('env')}.` });

export type LockInput = {
  service: string;
  environment: string;
  reason: string;
  until: Instant | null;
  takeOver: boolean;
};

const ofLock = <Kind extends 'lock.set' | 'lock.lifted'>(
  kind: Kind,
  lock: Lock,
  data: Extract<EventDraft, { kind: Kind }>['data'],
  words: string | null,
): EventDraft => ({ kind, data, release: lock.release, subject: lock.id, words, due: null }) as EventDraft;

const placeProblem = ({ service, environment }: LockInput, catalog: Catalog): Sentence | null => {
  if (catalog.services[service] === undefined) return noService(service, Object.keys(catalog.services));
  return environmentNamed(catalog, environment) === null
    ? say`There is no environment “${environment}”. Known: ${catalog.environments.map(({ name }) => name).join(', ')}.`
    : null;
};

/**
 * Locks an environment by hand, or takes a lock over: the one before is lifted. Refuses what is locked already, what a rollback has locked, an end that is
 * past, and a lock without a reason.
 */
export const lockByHand = (
  held: Lock | null,
  input: LockInput,
  catalog: Catalog,
  act: Act,
): Decision<{ lock: Lock; before: Lock | null; events: readonly EventDraft[] }> => {
  const problem = placeProblem(input, catalog);
  if (problem !== null) return refuseField('environment', problem);
  const place = `${input.service} ${input.environment}`;
  if (input.reason.trim() === '') return refuseField('reason', say`Say why; whoever wants to deploy there reads it.`);
  if (input.until !== null && input.until <= act.now)
    return refuseField('until', say`Not locked: ${at(input.until)} is past. Pick a later time, or leave it open.`);
  if (held !== null && held.release !== null)
    return refuse({
      code: 'forbidden',
      did: 'Not locked',
      because: say`${place} is locked since a rollback, until its cause is addressed`,
      can: say`Say what it was with ${command(`unlock ${place} "cause"`)}.`,
    });
  if (held !== null && !input.takeOver)
    return refuse({
      code: 'forbidden',
      did: 'Not locked',
      because: say`${place} is locked by ${person(held.holder)} since ${at(held.since)}: ${held.reason}`,
      can: say`Ask them, or take it over with ${command(`lock ${place} take-over "why"`)}.`,
    });
  const lock: Lock = {
    id: act.newId('lock'),
    service: input.service,
    environment: input.environment,
    release: null,
    reason: input.reason.trim(),
    holder: act.by,
    since: act.now,
    expiresAt: input.until,
    liftedAt: null,
    liftedBy: null,
  };
  const before = held === null ? null : { ...held, liftedAt: act.now, liftedBy: act.by };
  const data = { environment: lock.environment, service: lock.service, until: lock.expiresAt };
  const lifted = { environment: lock.environment, service: lock.service };
  return allow({
    lock,
    before,
    events: [
      ...(before === null ? [] : [ofLock('lock.lifted', before, lifted, null)]),
      ofLock('lock.set', lock, data, lock.reason),
    ],
  });
};

/** Lifts a lock that was set by hand; its holder needs no reason. */
export const unlockByHand = (
  held: Lock | null,
  input: { service: string; environment: string; reason: string | null },
  act: Act,
): Decision<{ lock: Lock; events: readonly EventDraft[] }> => {
  const place = `${input.service} ${input.environment}`;
  if (held === null) return noLock(place);
  if (held.release !== null)
    return refuse({
      code: 'forbidden',
      did: 'Not lifted',
      because: say`${place} is locked since a rollback, until its cause is addressed`,
      can: say`A person says what it was: ${command(`unlock ${place} "cause"`)}.`,
    });
  if (held.holder !== act.by && (input.reason ?? '').trim() === '')
    return refuseField('reason', say`It is ${person(held.holder)}’s lock: say why you lift it. They read it.`);
  const lock: Lock = { ...held, liftedAt: act.now, liftedBy: act.by };
  const data = { environment: lock.environment, service: lock.service };
  return allow({ lock, events: [ofLock('lock.lifted', lock, data, input.reason)] });
};

/** Its end has come: nobody lifted it. Dated then. */
export const endLock = (lock: Lock, now: Instant): { lock: Lock; event: EventDraft } | null => {
  const { expiresAt } = lock;
  if (lock.liftedAt !== null || expiresAt === null || now < expiresAt) return null;
  const data = { environment: lock.environment, service: lock.service };
  return {
    lock: { ...lock, liftedAt: expiresAt },
    event: { ...ofLock('lock.lifted', lock, data, null), due: expiresAt },
  };
};
