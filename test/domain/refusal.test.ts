import { describe, expect, it } from 'vitest';
import {
  allow,
  type Decision,
  type Refusal,
  refusalSentence,
  refuse,
  refuseField,
  theseCan,
} from '../../src/domain/refusal.ts';
import { say } from '../../src/domain/words.ts';
import { sentenceText } from '../../src/slack/mrkdwn.ts';
import { ADAM, BELLA, NOW, OWNER, QUINN, RITA } from '../support/builders.ts';

const names = { [ADAM]: 'approver-1', [BELLA]: 'approver-2', [OWNER]: 'owner', [QUINN]: 'quinn', [RITA]: 'rita' };
const words = (refusal: Refusal): string =>
  sentenceText(refusalSentence(refusal), { names, command: '/release', zone: 'Europe/London' });

/** At least one of every kind; `every kind is here` keeps it so. */
const REFUSALS: readonly Refusal[] = [
  {
    code: 'step.stopped',
    name: 'checkout 2.14.0',
    sentence: ['it is paused: the cache is cold'],
    fix: ['Let it go on first.'],
  },
  { code: 'fields', problems: [{ field: 'title', problem: say`Say what changes in one sentence.` }] },
  {
    code: 'not_found',
    what: 'release',
    reference: 'REL-9',
    fix: say`List them with ${{ command: 'list' }}.`,
  },
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
  { code: 'unknown_people', people: [ADAM] },
  { code: 'changed_meanwhile', fields: [{ field: 'title', now: say`“Faster basket”` }] },
  { code: 'not_asked.gates', missing: ['regression', 'security'] },
  { code: 'not_asked.several', missing: [say`gate regression has not reported`, say`no deployer`] },
  {
    code: 'not_asked.unsatisfiable',
    did: 'Not assigned',
    rule: 'release management',
    needs: 2,
    left: 1,
    groups: ['release-managers'],
    people: [],
  },
  { code: 'approval.requester', as: 'submitter', rule: 'service owners', asked: [ADAM, BELLA] },
  { code: 'approval.author', rule: 'service owners', asked: [ADAM] },
  { code: 'approval.deployer', rule: 'service owners', asked: [ADAM] },
  { code: 'approval.joined_late', rule: 'service owners', openedAt: NOW },
  { code: 'approval.not_eligible', groups: ['payments-leads', 'qa'], can: [ADAM, BELLA] },
  { code: 'approval.already', undo: true, round: 1, at: NOW },
  { code: 'approval.not_yours', round: 1 },
  { code: 'approval.changed', differences: ['+ change “Fix”'] },
  { code: 'approval.no_round', did: 'Not counted', key: 'REL-142', name: 'checkout 2.14.0', status: 'approved' },
  { code: 'remind.too_soon', next: NOW },
  { code: 'exception.own', approvers: 'managers' },
  { code: 'exception.not_approver', approvers: 'managers', can: [ADAM] },
  { code: 'exception.none', name: 'checkout 2.14.0' },
  { code: 'breakglass.blocked', name: 'REL-9', yours: true },
  { code: 'startToken.used' },
  { code: 'idempotency.reused' },
  {
    code: 'not_closed',
    missing: [say`the review (${{ person: OWNER }}, due ${{ at: NOW }})`, say`an owner for “add canary metric”`],
    fixes: [],
  },
  { code: 'no_rollback', environment: 'production', name: 'checkout' },
  { code: 'gate.unknown', gate: 'smoke', known: ['regression'] },
  { code: 'unknown_verb', verb: 'aprove', nearest: 'approve REL-142' },
  { code: 'unknown_verb', verb: 'xyzzy', nearest: null },
  { code: 'ambiguous', what: 'release', examples: ['REL-1', 'REL-2'] },
  { code: 'unconfigured' },
  { code: 'stale_facts', did: 'Nothing done' },
  { code: 'busy', did: 'Nothing done' },
  { code: 'crowded' },
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

  it('every kind is here: a new one has to be worded and shown', () => {
    const kinds: Record<Refusal['code'], true> = {
      fields: true,
      not_found: true,
      forbidden: true,
      status: true,
      not_ready: true,
      'step.stopped': true,
      changed_meanwhile: true,
      unknown_people: true,
      'not_asked.gates': true,
      'not_asked.several': true,
      'not_asked.unsatisfiable': true,
      'approval.requester': true,
      'approval.author': true,
      'approval.deployer': true,
      'approval.joined_late': true,
      'approval.not_eligible': true,
      'approval.already': true,
      'approval.not_yours': true,
      'approval.changed': true,
      'approval.no_round': true,
      'remind.too_soon': true,
      'exception.own': true,
      'exception.not_approver': true,
      'exception.none': true,
      'startToken.used': true,
      'idempotency.reused': true,
      'breakglass.blocked': true,
      not_closed: true,
      crowded: true,
      no_rollback: true,
      'gate.unknown': true,
      unknown_verb: true,
      ambiguous: true,
      unconfigured: true,
      stale_facts: true,
      busy: true,
    };
    expect([...new Set(REFUSALS.map(({ code }) => code))].sort()).toEqual(Object.keys(kinds).sort());
  });
});

describe('who can do it instead', () => {
  const said = (...ids: Parameters<typeof theseCan>[0]): string =>
    sentenceText(theseCan(ids), { names, command: '/release', zone: 'UTC' });

  it('is everybody up to three', () => {
    expect(said()).toBe('These can: nobody yet.');
    expect(said(ADAM)).toBe('These can: approver-1.');
    expect(said(ADAM, BELLA, QUINN)).toBe('These can: approver-1, approver-2 and quinn.');
  });

  it('is three and a number from four on', () => {
    expect(said(ADAM, BELLA, QUINN, RITA)).toMatch(/^These can: approver-1\b.*\bapprover-2\b.*\bquinn and 1 more\.$/);
    expect(said(ADAM, BELLA, QUINN, RITA, OWNER)).toMatch(/ and 2 more\.$/);
    expect(said(ADAM, BELLA, QUINN, RITA)).not.toContain('rita');
  });
});

describe('decisions', () => {
  it('are values: taken with what follows, or refused with why', () => {
    const busy: Refusal = { code: 'busy', did: 'Nothing done' };
    const yes: Decision<number> = allow(7);
    const no: Decision<number> = refuse(busy);
    expect([yes, no]).toEqual([
      { ok: true, value: 7 },
      { ok: false, refusal: busy },
    ]);
  });

  it('of one bad field point at it', () => {
    expect(refuseField('due', say`Not added.`)).toEqual({
      ok: false,
      refusal: { code: 'fields', problems: [{ field: 'due', problem: ['Not added.'] }] },
    });
  });
});
