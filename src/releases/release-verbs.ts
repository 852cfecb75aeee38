/** What can be done to the plan of a release. */
import { z } from 'zod';
import { submit } from '../domain/approval/submit.ts';
import { rework } from '../domain/deployment/rework.ts';
import { recordArtifact } from '../domain/plan/artifact.ts';
import { cancelRelease } from '../domain/plan/cancel.ts';
import { addChange, removeChange } from '../domain/plan/changes.ts';
import { assignRole, editRelease } from '../domain/plan/edit.ts';
import { holdRelease, resumeRelease } from '../domain/plan/hold.ts';
import { dependNoMore, dependOn } from '../domain/plan/links.ts';
import { allow, type Decision } from '../domain/refusal.ts';
import { givenIn, isKnownAs } from '../domain/release/artifact.ts';
import { close, reopen } from '../domain/review/close.ts';
import type { Act, Effect } from '../domain/situation.ts';
import { anInstant, aPerson, nothing, releaseVerb, text, textIfSaid, textOrNull } from '../situation/verbs.ts';

export const aWhen = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('asap') }),
  z.strictObject({ kind: z.literal('at'), start: anInstant, end: anInstant.nullable() }),
  z.strictObject({ kind: z.literal('undecided') }),
]);

export const answers = z.strictObject({
  schema: z.boolean(),
  irreversible: z.boolean(),
  downtime: z.boolean(),
  restricted: z.boolean(),
});

const edited = z.object({
  title: text.optional(),
  customers: textIfSaid,
  when: aWhen.optional(),
  rollbackPlan: textIfSaid,
  answers: answers.optional(),
  changeNumber: textIfSaid,
  rehearsedOn: textIfSaid,
  owner: aPerson.optional(),
  deployer: aPerson.nullable().optional(),
  affects: z.array(text).readonly().optional(),
  /** What the form showed, by field. */
  shown: z.record(text, text).optional(),
});

/** With its artifact, where that is not known already. */
const thenNamed = (written: Effect, artifact: string, act: Act): Decision<Effect> => {
  const given = givenIn(artifact.trim());
  if (isKnownAs(written.after.release.artifact, given)) return allow(written);
  const named = recordArtifact(written.after, given, act);
  return named.ok ? allow({ ...named.value, events: [...written.events, ...named.value.events] }) : named;
};

export const releaseVerbs = {
  edit: releaseVerb('edit', {
    input: edited,
    may: 'edit',
    decide: editRelease,
    people: ({ owner, deployer }) => [owner, deployer],
    services: ({ affects }) => affects ?? [],
    token: 'plan',
    says: 'changes the plan',
    typed: 'edit REF',
  }),
  /** The second step of a new release. Who fills it in asks; where something is missing still, it is written all the same. */
  complete: releaseVerb('complete plan', {
    input: edited.extend({ artifact: textIfSaid }),
    may: 'edit',
    decide: (s, { artifact, ...input }, act) => {
      const plan = editRelease(s, input, act);
      const written = plan.ok && (artifact ?? '') !== '' ? thenNamed(plan.value, artifact ?? '', act) : plan;
      const asked = written.ok ? submit(written.value.after, act) : written;
      return !written.ok || !asked.ok
        ? written
        : allow({ ...asked.value, events: [...written.value.events, ...asked.value.events] });
    },
    people: ({ deployer }) => [deployer],
    token: null,
    says: 'says who, when and under which number, and asks for approval',
    typed: null,
  }),
  submit: releaseVerb('submit', {
    input: nothing,
    may: 'submit',
    decide: (s, _input, act) => submit(s, act),
    token: 'plan',
    says: 'asks for approval',
    typed: 'submit REF',
  }),
  schedule: releaseVerb('schedule', {
    input: z.object({ when: aWhen }),
    may: 'edit',
    decide: editRelease,
    token: 'plan',
    says: 'plans the time',
    typed: 'schedule REF WHEN',
  }),
  assign: releaseVerb('assign', {
    input: z.object({ role: z.enum(['owner', 'deployer']), to: aPerson }),
    may: 'edit',
    decide: assignRole,
    people: ({ to }) => [to],
    token: 'plan',
    says: 'gives a role to somebody',
    typed: 'assign REF owner|deployer @user',
  }),
  addChange: releaseVerb('add change', {
    input: z.object({
      title: text,
      link: textOrNull,
      type: z.enum(['feature', 'bugfix', 'infra', 'config', 'security', 'other']).default('other'),
      author: aPerson.nullable().default(null),
      customers: z.boolean().default(false),
    }),
    may: 'edit',
    decide: addChange,
    people: ({ author }) => [author],
    token: 'plan',
    says: 'adds a change',
    typed: 'change add REF LINK|"title" [by @user]',
  }),
  removeChange: releaseVerb('remove change', {
    input: z.object({ which: text }),
    may: 'edit',
    decide: (s, { which }, act) => removeChange(s, which, act),
    token: 'plan',
    says: 'takes a change out',
    typed: 'change remove REF NUMBER',
  }),
  depend: releaseVerb('depend on', {
    input: z.object({ on: text, kind: z.enum(['before', 'together']).default('before') }),
    may: 'edit',
    decide: dependOn,
    links: ({ on }) => [on],
    token: 'plan',
    says: 'makes it wait for another release',
    typed: 'depends REF [not] on|with REF',
  }),
  dependNoMore: releaseVerb('depend no more', {
    input: z.object({ on: text }),
    may: 'edit',
    decide: dependNoMore,
    links: ({ on }) => [on],
    token: 'plan',
    says: 'makes it wait for that one no more',
    typed: null,
  }),
  hold: releaseVerb('hold', {
    input: z.object({ reason: text, until: anInstant.nullable().default(null) }),
    may: 'hold',
    decide: holdRelease,
    token: 'plan',
    says: 'holds it: nothing starts',
    typed: 'hold REF "why"',
  }),
  resume: releaseVerb('resume', {
    input: nothing,
    may: 'hold',
    decide: (s, _input, act) => resumeRelease(s, act.now, act.by),
    token: 'plan',
    says: 'ends the hold',
    typed: 'resume REF',
  }),
  cancel: releaseVerb('cancel', {
    input: z.object({ reason: text }),
    may: 'cancel',
    decide: (s, { reason }, act) => cancelRelease(s, reason, act),
    token: 'plan',
    says: 'gives it up',
    typed: 'cancel REF "why"',
  }),
  close: releaseVerb('close', {
    input: nothing,
    // Under rules that close by hand it is the release manager who closes.
    may: (s) => (s.around.catalog.closes === 'by hand' ? 'close_by_hand' : 'close'),
    decide: (s, _input, act) => close(s, act),
    token: null,
    says: 'closes it',
    typed: 'close REF',
  }),
  reopen: releaseVerb('reopen', {
    input: z.object({ reason: text }),
    may: 'reopen',
    decide: (s, { reason }, act) => reopen(s, reason, act),
    token: null,
    says: 'opens it again',
    typed: 'reopen REF "why"',
  }),
  rework: releaseVerb('rework', {
    input: nothing,
    may: 'edit',
    decide: (s, _input, act) => rework(s, act),
    token: 'plan',
    says: 'takes it back to draft',
    typed: 'rework REF',
  }),
};
