/** What can be done to the gates of a release. */
import { z } from 'zod';
import { recordGate, waiveGate } from '../domain/gate/gate.ts';
import { anInstant, releaseVerb, text, textOrNull } from '../situation/verbs.ts';

export const gateVerbs = {
  recordGate: releaseVerb('record gate', {
    input: z.object({ gate: text, outcome: z.enum(['passed', 'failed']), comment: textOrNull }),
    may: 'by rule',
    decide: recordGate,
    says: 'records the result of a gate',
    typed: 'gate REF name pass|fail',
  }),
  waiveGate: releaseVerb('waive gate', {
    input: z.object({ gate: text, reason: text, until: anInstant }),
    may: 'by rule',
    decide: waiveGate,
    says: 'lets a release go without a gate',
    typed: 'gate REF name waive "why"',
  }),
};
