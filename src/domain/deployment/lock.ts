/** The lock of an environment after a rollback: nothing of the service goes there until its cause is addressed. */
import { happened } from '../events.ts';
import type { Id, ReleaseId, UserId } from '../ids.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { command, say } from '../words.ts';

export type Lock = {
  id: Id<'lock'>;
  service: string;
  environment: string;
  release: ReleaseId;
  reason: string;
  holder: UserId;
  since: Instant;
  liftedAt: Instant | null;
  liftedBy: UserId | null;
};

/** Lifts a lock with a note on the cause. */
export const liftLock = (s: Situation, input: { environment: string; reason: string }, act: Act): Decision<Effect> => {
  const lock = s.locks.find((held) => held.environment === input.environment && held.liftedAt === null);
  if (lock === undefined)
    return refuse({
      code: 'not_found',
      what: 'lock on',
      reference: `${s.release.service} ${input.environment}`,
      fix: say`See ${command('env')}.`,
    });
  if (input.reason.trim() === '') return refuseField('reason', say`Say what the cause was; it stands in the journal.`);
  const locks = s.locks.map((held) => (held.id === lock.id ? { ...held, liftedAt: act.now, liftedBy: act.by } : held));
  return allow({
    after: { ...s, locks },
    events: [happened(s.release.id, 'lock.lifted', { environment: input.environment }, { words: input.reason })],
  });
};
