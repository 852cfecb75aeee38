/** What can be done about a freeze for one release. */

import { z } from 'zod';
import { decideException, requestException, revokeException, URGENCIES } from '../domain/freeze/exception.ts';
import { moveBehind } from '../domain/plan/moving.ts';
import { anInstant, releaseVerb, text, textIfSaid, textOrNull } from '../situation/verbs.ts';

export const exceptionVerbs = {
  requestException: releaseVerb('request exception', {
    input: z.object({
      environment: text,
      reason: text,
      urgency: z.enum(URGENCIES).nullable().optional(),
      blastRadius: textIfSaid,
      rollback: textIfSaid,
      until: anInstant.nullable().optional(),
    }),
    may: 'request_exception',
    decide: requestException,
    token: 'plan',
    says: 'asks for an exception from a freeze',
    typed: 'exception REF [environment]',
  }),
  decideException: releaseVerb('decide exception', {
    input: z.object({ exception: text, verdict: z.enum(['granted', 'denied']), reason: textOrNull }),
    may: 'by rule',
    decide: decideException,
    token: null,
    says: 'grants or denies an exception',
    typed: null,
  }),
  revokeException: releaseVerb('revoke exception', {
    input: z.object({ exception: text, reason: text }),
    may: 'by rule',
    decide: revokeException,
    token: null,
    says: 'takes an exception back that was not used',
    typed: null,
  }),
  moveAfterFreeze: releaseVerb('move after freeze', {
    input: z.object({
      start: anInstant,
      from: textIfSaid.describe('For when it was planned, as the button showed it.'),
    }),
    may: 'edit',
    decide: moveBehind,
    token: 'plan',
    says: 'moves a held release behind the freeze',
    typed: 'freeze move NAME',
  }),
};
