import { describe, expect, it } from 'vitest';
import { type Refusal, refusalSentence } from '../../src/domain/refusal.ts';
import { say } from '../../src/domain/words.ts';
import { sentenceText } from '../../src/slack/mrkdwn.ts';
import { ADAM, BELLA, NOW, OWNER } from '../support/builders.ts';

const names = { [ADAM]: 'approver-1', [BELLA]: 'approver-2', [OWNER]: 'owner' };
const words = (refusal: Refusal): string =>
  sentenceText(refusalSentence(refusal), { names, command: '/release' }, 'Europe/London');

const REFUSALS: readonly Refusal[] = [
  { code: 'fields', problems: [{ field: 'title', problem: say`Say what changes in one sentence.` }] },
  { code: 'not_found', what: 'release', reference: 'REL-9', fix: say`List them with ${{ command: 'list' }}.` },
  {
    code: 'forbidden',
    did: 'Not declared',
    because: say`this is for release managers and admins`,
    can: say`These can: ${{ person: ADAM }}.`,
  },
  { code: 'status', did: 'Not asked', name: 'checkout 2.14.0', status: 'deployed', fix: say`Plan the next version.` },
  {
    code: 'not_ready',
    environment: 'production',
    obstacles: [
      {
        sentence: say`production is frozen until ${{ at: NOW }} (Quarter end)`,
        fix: say`Ask @managers for an exception.`,
      },
    ],
  },
  {
    code: 'not_ready',
    environment: 'production',
    obstacles: [
      { sentence: say`one`, fix: [] },
      { sentence: say`two`, fix: [] },
    ],
  },
  { code: 'not_asked.gates', missing: ['regression', 'security'] },
  { code: 'not_asked.unsatisfiable', rule: 'release management', needs: 2, left: 1, of: 'release-managers' },
  { code: 'approval.requester', as: 'submitter', rule: 'service owners', asked: [ADAM, BELLA] },
  { code: 'approval.author', rule: 'service owners', asked: [ADAM] },
  { code: 'approval.deployer', rule: 'service owners', asked: [ADAM] },
  { code: 'approval.joined_late', rule: 'service owners', openedAt: NOW },
  { code: 'approval.not_eligible', groups: ['payments-leads', 'qa'], can: [ADAM, BELLA] },
  { code: 'approval.already', undo: true, round: 1, at: NOW },
  { code: 'approval.not_yours', round: 1 },
  { code: 'approval.changed', differences: ['+ change “Fix”'] },
  { code: 'approval.no_round', key: 'REL-142', name: 'checkout 2.14.0', status: 'approved' },
  { code: 'remind.too_soon', next: NOW },
  { code: 'exception.own', approvers: 'managers' },
  { code: 'exception.not_approver', approvers: 'managers', can: [ADAM] },
  { code: 'exception.none', name: 'checkout 2.14.0' },
  { code: 'breakglass.blocked', name: 'REL-9' },
  {
    code: 'not_closed',
    missing: [say`the review (${{ person: OWNER }}, due ${{ at: NOW }})`, say`an owner for “add canary metric”`],
  },
  { code: 'no_rollback', environment: 'production', name: 'checkout' },
  { code: 'gate.unknown', gate: 'smoke', known: ['regression'] },
  { code: 'unknown_verb', verb: 'aprove', nearest: 'approve REL-142' },
  { code: 'unknown_verb', verb: 'xyzzy', nearest: null },
  { code: 'ambiguous', what: 'release', examples: ['REL-1', 'REL-2'] },
  { code: 'unconfigured' },
  { code: 'stale_facts', did: 'Nothing done' },
  { code: 'busy', did: 'Nothing done' },
];

describe('refusals', () => {
  it.each(REFUSALS.map((refusal) => [refusal.code, refusal] as const))(
    '%s is short, plain and has a way out',
    (code, refusal) => {
      const text = words(refusal);
      expect([...text].length).toBeLessThanOrEqual(220);
      expect(text).not.toMatch(/\b(sorry|error|please)\b|!/i);
      if (code !== 'fields') expect(text).toMatch(/^(Not|Nothing)\b/);
    },
  );

  it.each([
    [
      REFUSALS[4],
      'Not started: production is frozen until Tue 3 Mar 10:00 (Quarter end). Ask @managers for an exception.',
    ],
    [REFUSALS[5], 'Not started: 2 things are in the way: one and two. See /release why.'],
    [
      REFUSALS[8],
      'Not counted: you asked for this approval, so you cannot give it (rule “service owners”). Asked now: approver-1 and approver-2.',
    ],
    [
      REFUSALS[12],
      'Not approved: you are not in @payments-leads or @qa. Being an admin does not make you an approver. These can: approver-1 and approver-2.',
    ],
    [
      REFUSALS[25],
      'Nothing done: there is no /release aprove. Did you mean /release approve REL-142? All commands: /release help.',
    ],
  ])('reads as written', (refusal, expected) => {
    expect(words(refusal as Refusal)).toBe(expected);
  });
});
