/** How people are counted: one person for one rule, matched so that as many places as possible are filled. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, type Evaluation, evaluate, unsatisfiable } from '../../../src/domain/approval/policy.ts';
import type { Round } from '../../../src/domain/approval/round.ts';
import type { Rule, RuleTree } from '../../../src/domain/catalog/catalog.ts';
import { type UserId, userId } from '../../../src/domain/ids.ts';
import type { Sentence } from '../../../src/domain/words.ts';
import {
  ADAM,
  aCatalog,
  aChange,
  aRelease,
  aRound,
  aRule,
  aSituation,
  aVote,
  aWaiting,
  BELLA,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../../support/builders.ts';

const named = (name: string, people: readonly UserId[], count = 1): Rule => aRule({ name, groups: [], people, count });
const words = (sentence: Sentence): string =>
  sentence.map((part) => (typeof part === 'string' ? part : Object.values(part)[0])).join('');
const verdict = (rules: RuleTree, votes: readonly UserId[], more: Partial<Round> = {}): Evaluation => {
  const round = aRound({ rules, decisions: votes.map((id) => aVote(id)), ...more });
  return evaluate(aWaiting(round), round);
};

const VOTERS = ['UA', 'UB', 'UC', 'UD', 'UE'].map(userId);
/** Rules as sets of voters whom each accepts, with its count. */
const someRules = fc.array(fc.record({ accepts: fc.subarray(VOTERS), count: fc.integer({ min: 1, max: 3 }) }), {
  minLength: 1,
  maxLength: 3,
});

/** Tries everything: each voter goes to one of the rules or to none. The most places that can be filled. */
const mostFilled = (
  rules: readonly { accepts: readonly UserId[]; count: number }[],
  voters: readonly UserId[],
): number => {
  const [voter, ...rest] = voters;
  if (voter === undefined) return 0;
  const without = mostFilled(rules, rest);
  const choices = rules.map((rule, index) =>
    rule.count > 0 && rule.accepts.includes(voter)
      ? 1 +
        mostFilled(
          rules.map((other, at) => (at === index ? { ...other, count: other.count - 1 } : other)),
          rest,
        )
      : 0,
  );
  return Math.max(without, ...choices);
};

describe('matching people to rules', () => {
  it('moves somebody on when a rule has nobody else', () => {
    const [a, b] = [named('a', [ADAM, BELLA]), named('b', [ADAM])];
    for (const voters of [
      [ADAM, BELLA],
      [BELLA, ADAM],
    ]) {
      const assignment = assign([a, b], voters, (rule, voter) => rule.people.includes(voter));
      expect(assignment.get(a)).toEqual([BELLA]);
      expect(assignment.get(b)).toEqual([ADAM]);
    }
  });

  it('moves a whole chain on', () => {
    const rules = [named('a', [ADAM, BELLA]), named('b', [BELLA, QUINN]), named('c', [QUINN, RITA])];
    const found = assign(rules, [BELLA, QUINN, ADAM, RITA], (rule, voter) => rule.people.includes(voter));
    expect([...found.values()].every((voters) => voters.length === 1)).toBe(true);
  });

  it('has an entry for a rule that nobody fills', () => {
    const rule = named('a', []);
    expect(assign([rule], [ADAM], () => false).get(rule)).toEqual([]);
  });

  it('fills as many places as trying everything does, each person once, and only whom the rule accepts', () => {
    fc.assert(
      fc.property(someRules, fc.shuffledSubarray(VOTERS), (wanted, voters) => {
        const rules = wanted.map(({ accepts, count }, index) => named(`${index}`, accepts, count));
        const found = assign(rules, voters, (rule, voter) => rule.people.includes(voter));
        const seated = [...found.values()].flat();
        expect(seated).toHaveLength(mostFilled(wanted, voters));
        expect(new Set(seated).size).toBe(seated.length);
        for (const [rule, people] of found) {
          expect(people.length).toBeLessThanOrEqual(rule.count);
          expect(people.every((id) => rule.people.includes(id) && voters.includes(id))).toBe(true);
        }
      }),
    );
  });
});

describe('the verdict of a round', () => {
  it('is satisfied exactly when every place of every rule of an all can be filled by a person of its own', () => {
    fc.assert(
      fc.property(someRules, fc.shuffledSubarray(VOTERS), (wanted, votes) => {
        const all = wanted.map(({ accepts, count }, index) => named(`${index}`, accepts, count));
        const places = wanted.reduce((sum, { count }) => sum + count, 0);
        expect(verdict({ all }, votes).satisfied).toBe(mostFilled(wanted, votes) === places);
      }),
    );
  });

  it('is satisfied by any one whole branch of an any', () => {
    fc.assert(
      fc.property(someRules, fc.shuffledSubarray(VOTERS), (wanted, votes) => {
        const any = wanted.map(({ accepts, count }, index) => named(`${index}`, accepts, count));
        const enough = wanted.some(({ accepts, count }) => votes.filter((id) => accepts.includes(id)).length >= count);
        expect(verdict({ any }, votes).satisfied).toBe(enough);
      }),
    );
  });

  it('wants different people for a count of two', () => {
    expect(verdict({ all: [aRule({ count: 2 })] }, [ADAM])).toMatchObject({
      satisfied: false,
      rules: [{ satisfied: false, voters: [ADAM], missing: 1, can: [BELLA] }],
    });
    const both = verdict({ all: [aRule({ count: 2 })] }, [ADAM, BELLA]);
    expect(both).toMatchObject({ satisfied: true, rules: [{ satisfied: true, missing: 0, can: [] }] });
    expect(new Set(both.rules[0]?.voters)).toEqual(new Set([ADAM, BELLA]));
  });

  it('shows the branch that lacks least while none is whole', () => {
    const any = [named('three', [ADAM, BELLA, QUINN], 3), named('two', [RITA, QUINN], 2)];
    expect(verdict({ any }, []).rules.map(({ rule }) => rule.name)).toEqual(['two']);
    expect(verdict({ any }, [ADAM, BELLA]).rules.map(({ rule }) => rule.name)).toEqual(['three']);
  });

  it('does not count votes that were taken back, nor rejections', () => {
    const decisions = [aVote(ADAM, { retractedAt: NOW }), aVote(BELLA, { verdict: 'reject' })];
    expect(verdict({ all: [aRule()] }, [], { decisions }).satisfied).toBe(false);
  });

  it('counts what was given on behalf of somebody for that one', () => {
    const decisions = [aVote(QUINN, { onBehalfOf: ADAM })];
    expect(verdict({ all: [aRule()] }, [], { decisions }).rules[0]?.voters).toEqual([ADAM]);
  });

  it.each<[readonly UserId[], string]>([
    [[], '1 of owners and 1 of qa'],
    [[ADAM], '1 of qa'],
    [[QUINN], '1 of owners'],
    [[ADAM, QUINN], 'every rule is satisfied'],
  ])('is a sentence about what is missing: %j', (votes, expected) => {
    const all = [aRule({ groups: ['$owners'] }), aRule({ name: 'quality', groups: ['qa'] })];
    expect(words(verdict({ all }, votes).sentence)).toBe(expected);
  });

  it('says of each rule who satisfied it, or how many of whom it lacks', () => {
    const all = [aRule(), aRule({ name: 'two', groups: ['qa', 'managers'], count: 2 }), named('named', [RITA, QUINN])];
    expect(verdict({ all }, [ADAM]).rules.map(({ sentence }) => words(sentence))).toEqual([
      'service owners: U2ADAM',
      '2 of qa or managers',
      '1 of U5RITA and U4QUINN',
    ]);
  });
});

describe('votes that do not count', () => {
  const all = [aRule({ exclude: { requester: true, authors: true, deployer: true } })];
  const dismissed = (
    votes: readonly UserId[],
    more: Parameters<typeof aWaiting>[1] = {},
    round: Partial<Round> = {},
  ) => {
    const asked = aRound({ rules: { all }, decisions: votes.map((id) => aVote(id)), ...round });
    return evaluate(aWaiting(asked, more), asked).dismissed;
  };

  it.each([
    ['not a member', QUINN, {}, {}, []],
    ['requester', OWNER, {}, {}, ['service owners']],
    ['author', ADAM, { release: aRelease({ changes: [aChange({ author: ADAM })] }) }, {}, ['service owners']],
    ['deployer', ADAM, { release: aRelease({ deployer: ADAM }) }, {}, ['service owners']],
    ['inactive', ADAM, { around: { inactive: [ADAM] } }, {}, ['service owners']],
    ['joined late', ADAM, {}, { members: [OWNER, BELLA] }, ['service owners']],
  ] as const)('are dismissed with the reason %s and the rules that it concerns', (why, actor, more, round, rules) => {
    expect(dismissed([actor], more, round)).toEqual([{ actor, why, rules }]);
  });

  it('are those of a leaver at once', () => {
    const groups = { owners: { people: [OWNER, BELLA], slack: null } };
    const s = { around: { catalog: aCatalog({ groups }) } };
    expect(dismissed([ADAM, BELLA], s)).toEqual([{ actor: ADAM, why: 'not a member', rules: [] }]);
  });

  it('are not those that no rule needed any more', () => {
    expect(dismissed([ADAM, BELLA])).toEqual([]);
  });
});

describe('a policy that nobody could satisfy', () => {
  it.each([
    ['enough are left', { all: [aRule({ count: 2 })] }, null],
    ['one is short', { all: [aRule({ count: 3 })] }, { name: 'service owners', left: 2 }],
    ['nobody is in the group', { all: [aRule({ groups: ['gone'] })] }, { name: 'service owners', left: 0 }],
    ['another branch can be filled', { any: [aRule({ count: 9 }), aRule({ groups: ['qa'] })] }, null],
    ['no branch can', { any: [aRule({ count: 9 }), named('b', [QUINN], 2)] }, { name: 'b', left: 1 }],
  ] as const)('is told by rule and by how many are left: %s', (_, tree, expected) => {
    const found = unsatisfiable(tree, aSituation(), null);
    expect(found === null ? null : { name: found.rule.name, left: found.left }).toEqual(expected);
  });

  it('is found when two rules need the same only person', () => {
    expect(unsatisfiable({ all: [named('a', [ADAM]), named('b', [ADAM])] }, aSituation(), null)).not.toBeNull();
    expect(unsatisfiable({ all: [named('a', [ADAM]), named('b', [ADAM, BELLA])] }, aSituation(), null)).toBeNull();
  });
});
