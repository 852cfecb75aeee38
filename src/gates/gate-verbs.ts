/** What can be done to the gates of a release. */
import { z } from 'zod';
import { recordGate, waiveGate } from '../domain/gate/gate.ts';
import { recordArtifact } from '../domain/plan/artifact.ts';
import { anInstant, releaseVerb, text, textIfSaid, textOrNull } from '../situation/verbs.ts';

export const gateVerbs = {
  recordGate: releaseVerb('record gate', {
    input: z.object({
      gate: text,
      outcome: z.enum(['passed', 'failed']),
      comment: textOrNull,
      evidence: textIfSaid,
      digest: textIfSaid,
    }),
    may: 'by rule',
    decide: recordGate,
    token: 'evidence',
    says: 'records the result of a gate',
    typed: 'gate REF name pass|fail',
  }),
  recordArtifact: releaseVerb('record artifact', {
    input: z.object({ sha: textOrNull, digest: textOrNull }),
    may: 'edit',
    decide: recordArtifact,
    token: 'evidence',
    says: 'says which artifact it is',
    typed: 'artifact REF COMMIT|DIGEST',
  }),
  waiveGate: releaseVerb('waive gate', {
    input: z.object({ gate: text, reason: text, until: anInstant }),
    may: 'by rule',
    decide: waiveGate,
    token: null,
    says: 'lets a release go without a gate',
    typed: 'gate REF name waive "why"',
  }),
};
