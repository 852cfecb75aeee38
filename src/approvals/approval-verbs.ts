/** What can be done to an approval round. Who may decide is said by its rules, not by the permission table. */
import { z } from 'zod';
import { approve, reject } from '../domain/approval/decide.ts';
import { answer, ask } from '../domain/approval/question.ts';
import { raiseRisk } from '../domain/approval/raise-risk.ts';
import { remind } from '../domain/approval/remind.ts';
import { undoApproval } from '../domain/approval/undo.ts';
import { withdraw } from '../domain/approval/withdraw.ts';
import { RISK_LEVELS } from '../domain/catalog/catalog.ts';
import { nothing, releaseVerb, text, textOrNull } from '../situation/verbs.ts';

export const approvalVerbs = {
  approve: releaseVerb('approve', {
    input: z.object({ hash: textOrNull, comment: textOrNull }),
    may: 'by rule',
    decide: approve,
    token: null,
    says: 'counts an approval',
    typed: 'approve REF',
  }),
  reject: releaseVerb('reject', {
    input: z.object({ hash: textOrNull, reason: text }),
    may: 'by rule',
    decide: reject,
    token: null,
    says: 'ends the round, with what must change',
    typed: 'reject REF "why"',
  }),
  raiseRisk: releaseVerb('raise risk', {
    input: z.object({ level: z.enum(RISK_LEVELS).nullable(), reason: text }),
    may: 'by rule',
    decide: raiseRisk,
    token: null,
    says: 'asks again under the rules of a higher risk',
    typed: 'risk REF high "why"',
  }),
  undo: releaseVerb('undo approval', {
    input: nothing,
    may: 'by rule',
    decide: (s, _input, act) => undoApproval(s, act),
    token: null,
    says: 'takes one’s own approval back',
    typed: 'undo REF',
  }),
  withdraw: releaseVerb('withdraw', {
    input: z.object({ reason: textOrNull }),
    may: 'withdraw',
    decide: (s, { reason }, act) => withdraw(s, reason, act),
    token: 'plan',
    says: 'takes the request back',
    typed: 'withdraw REF',
  }),
  ask: releaseVerb('ask', {
    input: z.object({ question: text }),
    may: 'by rule',
    decide: (s, { question }, act) => ask(s, question, act),
    token: null,
    says: 'asks the owner',
    typed: 'ask REF "question"',
  }),
  answer: releaseVerb('answer', {
    input: z.object({ question: text, text }),
    may: 'edit',
    decide: answer,
    token: null,
    says: 'answers an approver',
    typed: null,
  }),
  remind: releaseVerb('remind', {
    input: nothing,
    may: 'remind',
    decide: (s, _input, act) => remind(s, act),
    token: 'plan',
    says: 'reminds those who are asked',
    typed: 'remind REF',
  }),
};
