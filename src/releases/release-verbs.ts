/** What can be done to the plan of a release. */
import { z } from 'zod';
import { submit } from '../domain/approval/submit.ts';
import { rework } from '../domain/deployment/rework.ts';
import { cancelRelease } from '../domain/plan/cancel.ts';
import { addChange, removeChange } from '../domain/plan/changes.ts';
import { assignRole, editRelease } from '../domain/plan/edit.ts';
import { holdRelease, resumeRelease } from '../domain/plan/hold.ts';
import { close, reopen } from '../domain/review/close.ts';
import { anInstant, aPerson, nothing, releaseVerb, text, textOrNull } from '../situation/verbs.ts';

export const aWhen = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('asap') }),
  z.object({ kind: z.literal('at'), start: anInstant, end: anInstant.nullable() }),
  z.object({ kind: z.literal('undecided') }),
]);

export const answers = z.object({
  schema: z.boolean(),
  irreversible: z.boolean(),
  downtime: z.boolean(),
  restricted: z.boolean(),
});

export const releaseVerbs = {
  edit: releaseVerb('edit', {
    input: z.object({
      title: text.optional(),
      customers: textOrNull.optional(),
      when: aWhen.optional(),
      rollbackPlan: textOrNull.optional(),
      answers: answers.optional(),
      changeNumber: textOrNull.optional(),
      rehearsedOn: textOrNull.optional(),
      owner: aPerson.optional(),
      deployer: aPerson.nullable().optional(),
      affects: z.array(text).readonly().optional(),
      /** What the form showed, by field. */
      shown: z.record(text, text).optional(),
    }),
    may: 'edit',
    decide: editRelease,
    people: ({ owner, deployer }) => [owner, deployer],
    services: ({ affects }) => affects ?? [],
    says: 'changes the plan',
    typed: 'edit REF',
  }),
  submit: releaseVerb('submit', {
    input: nothing,
    may: 'submit',
    decide: (s, _input, act) => submit(s, act),
    says: 'asks for approval',
    typed: 'submit REF',
  }),
  schedule: releaseVerb('schedule', {
    input: z.object({ when: aWhen }),
    may: 'edit',
    decide: editRelease,
    says: 'plans the time',
    typed: 'schedule REF WHEN',
  }),
  assign: releaseVerb('assign', {
    input: z.object({ role: z.enum(['owner', 'deployer']), to: aPerson }),
    may: 'edit',
    decide: assignRole,
    people: ({ to }) => [to],
    says: 'gives a role to somebody',
    typed: 'assign REF owner|deployer @user',
  }),
  addChange: releaseVerb('add change', {
    input: z.object({
      title: text,
      link: textOrNull,
      type: z.enum(['feature', 'bugfix', 'infra', 'config', 'security', 'other']),
      author: aPerson.nullable(),
      customers: z.boolean(),
    }),
    may: 'edit',
    decide: addChange,
    says: 'adds a change',
    typed: 'change add REF LINK|"title" [by @user]',
  }),
  removeChange: releaseVerb('remove change', {
    input: z.object({ which: text }),
    may: 'edit',
    decide: (s, { which }, act) => removeChange(s, which, act),
    says: 'takes a change out',
    typed: 'change remove REF NUMBER',
  }),
  hold: releaseVerb('hold', {
    input: z.object({ reason: text, until: anInstant.nullable() }),
    may: 'hold',
    decide: holdRelease,
    says: 'holds it: nothing starts',
    typed: 'hold REF "why"',
  }),
  resume: releaseVerb('resume', {
    input: nothing,
    may: 'hold',
    decide: (s) => resumeRelease(s),
    says: 'ends the hold',
    typed: 'resume REF',
  }),
  cancel: releaseVerb('cancel', {
    input: z.object({ reason: text }),
    may: 'cancel',
    decide: (s, { reason }, act) => cancelRelease(s, reason, act),
    says: 'gives it up',
    typed: 'cancel REF "why"',
  }),
  close: releaseVerb('close', {
    input: nothing,
    // Under rules that close by hand it is the release manager who closes.
    may: (s) => (s.around.catalog.closes === 'by hand' ? 'close_by_hand' : 'close'),
    decide: (s, _input, act) => close(s, act),
    says: 'closes it',
    typed: 'close REF',
  }),
  reopen: releaseVerb('reopen', {
    input: z.object({ reason: text }),
    may: 'reopen',
    decide: (s, { reason }, act) => reopen(s, reason, act),
    says: 'opens it again',
    typed: 'reopen REF "why"',
  }),
  rework: releaseVerb('rework', {
    input: nothing,
    may: 'edit',
    decide: (s, _input, act) => rework(s, act),
    says: 'takes it back to draft',
    typed: 'rework REF',
  }),
};
