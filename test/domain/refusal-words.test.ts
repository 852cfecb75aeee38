/** Refusals as people read them: what did not happen, why, one way out. */
import { describe, expect, it } from 'vitest';
import { type Refusal, refusalSentence } from '../../src/domain/refusal.ts';
import { say } from '../../src/domain/words.ts';
import { sentenceText } from '../../src/slack/mrkdwn.ts';
import { ADAM, BELLA, NOW, OWNER } from '../support/builders.ts';

const names = { [ADAM]: 'approver-1', [BELLA]: 'approver-2', [OWNER]: 'owner' };
const words = (refusal: Refusal): string =>
  sentenceText(refusalSentence(refusal), { names, command: '/release', zone: 'Europe/London' });

const frozen = {
  sentence: say`production is frozen until ${{ at: NOW }} (Quarter end)`,
  fix: say`Ask @managers for an exception.`,
};
const asked = [ADAM, BELLA];

describe('a refusal reads as written', () => {
  it.each<[string, Refusal, string]>([
    [
      'one thing in the way, with its own way out',
      { code: 'not_ready', environment: 'production', obstacles: [frozen] },
      'Not started: production is frozen until Tue 3 Mar 10:00 London (Quarter end). Ask @managers for an exception.',
    ],
    [
      'several things in the way, all of them',
      {
        code: 'not_ready',
        environment: 'production',
        obstacles: [
          { sentence: say`one`, fix: [] },
          { sentence: say`two`, fix: [] },
        ],
      },
      'Not started: 2 things are in the way: one; two. See /release why.',
    ],
    [
      'one who asked',
      { code: 'approval.requester', as: 'submitter', rule: 'service owners', asked },
      'Not counted: you asked for this approval, so you cannot give it (rule “service owners”). Asked now: approver-1 and approver-2.',
    ],
    [
      'one who owns it',
      { code: 'approval.requester', as: 'owner', rule: 'service owners', asked: [] },
      'Not counted: you own this release, so you cannot approve it (rule “service owners”). Asked now: nobody yet.',
    ],
    [
      'one who created it',
      { code: 'approval.requester', as: 'creator', rule: 'service owners', asked: [ADAM] },
      'Not counted: you created this release, so you cannot approve it (rule “service owners”). Asked now: approver-1.',
    ],
    [
      'one who wrote a part of it',
      { code: 'approval.author', rule: 'quality', asked: [ADAM] },
      'Not counted: you wrote or added one of its changes, so you cannot approve it (rule “quality”). Asked now: approver-1.',
    ],
    [
      'one of none of the groups',
      { code: 'approval.not_eligible', groups: ['payments-leads', 'qa'], can: asked },
      'Not approved: you are not in @payments-leads or @qa. Being an admin does not make you an approver. These can: approver-1 and approver-2.',
    ],
    [
      'a gate that is open',
      { code: 'not_asked.gates', missing: ['regression'] },
      'Not asked: regression has not passed. Record the result with /release gate, or tick “ask when ready”.',
    ],
    [
      'gates that are open',
      { code: 'not_asked.gates', missing: ['regression', 'smoke', 'security'] },
      'Not asked: regression, smoke and security have not passed. Record the result with /release gate, or tick “ask when ready”.',
    ],
    [
      'a rule of which several are left, but too few',
      {
        code: 'not_asked.unsatisfiable',
        did: 'Not asked',
        rule: 'release management',
        needs: 3,
        left: 2,
        groups: ['release-managers'],
        people: [],
      },
      'Not asked: nobody could approve this. Rule “release management” wants 3 of @release-managers; 2 can. Ask an admin to add a person.',
    ],
    [
      'several problems, which say once what was not done',
      {
        code: 'fields',
        problems: [
          { field: 'deployer', problem: say`Not asked: the rules here want a deployer.` },
          { field: 'when', problem: say`Not asked: the rules here want a time.` },
        ],
      },
      'Not asked: the rules here want a deployer. The rules here want a time.',
    ],
    [
      'what is missing before it closes',
      {
        code: 'not_closed',
        missing: [say`the review (${{ person: OWNER }}, due ${{ at: NOW }})`, say`a date for “x”`],
        fixes: [say`Answer the review with ${{ command: 'review REL-1' }}.`],
      },
      'Not closed: 2 things missing: the review (owner, due Tue 3 Mar 10:00 London) and a date for “x”. Answer the review with /release review REL-1.',
    ],
    [
      'the one thing that is missing',
      { code: 'not_closed', missing: [say`a date for “x”`], fixes: [] },
      'Not closed: 1 thing missing: a date for “x”.',
    ],
    [
      'an approval that may be taken back',
      { code: 'approval.already', undo: true, round: 1, at: NOW },
      'Nothing changed: you approved it Tue 3 Mar 10:00 London. To take it back, press Undo.',
    ],
    [
      'a gate where there are none',
      { code: 'gate.unknown', gate: 'smoke', known: [] },
      'Nothing recorded: this release has no gate smoke. Its gates: none.',
    ],
    [
      'a command that is nearly one',
      { code: 'unknown_verb', verb: 'aprove', nearest: 'approve REL-142' },
      'Nothing done: there is no /release aprove. Did you mean /release approve REL-142? All commands: /release help.',
    ],
    [
      'a command that is like none',
      { code: 'unknown_verb', verb: 'xyzzy', nearest: null },
      'Nothing done: there is no /release xyzzy. See /release help.',
    ],
    [
      'a reference that could be several',
      { code: 'ambiguous', what: 'release', examples: ['REL-1', 'REL-2', 'REL-3'] },
      'Nothing done: say which release you mean, for example REL-1, REL-2 or REL-3.',
    ],
    [
      'an example that is a whole command',
      { code: 'ambiguous', what: 'release', examples: ['approve REL-1'] },
      'Nothing done: say which release you mean, for example /release approve REL-1.',
    ],
  ])('%s', (_, refusal, expected) => expect(words(refusal)).toBe(expected));

  it('an approval that cannot be taken back any more offers no Undo', () => {
    expect(words({ code: 'approval.already', undo: false, round: 1, at: NOW })).not.toContain('Undo');
  });

  it('several fields one after the other, each in its own words', () => {
    const problems = [
      { field: 'title' as const, problem: say`Say what changes.` },
      { field: 'when' as const, problem: say`${{ at: NOW }} is past.` },
    ];
    expect(words({ code: 'fields', problems })).toBe('Nothing done: say what changes. Tue 3 Mar 10:00 London is past.');
  });

  it('is told with the name that the command has here', () => {
    const sentence = refusalSentence({ code: 'unknown_verb', verb: 'xyzzy', nearest: null });
    expect(sentenceText(sentence, { names, command: '/ship', zone: 'UTC' })).toBe(
      'Nothing done: there is no /ship xyzzy. See /ship help.',
    );
  });
});
