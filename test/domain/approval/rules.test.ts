/** Which rules a policy asks, and whom a rule accepts. How people are counted stands in policy.test.ts, whom to ask in asking.test.ts. */
import { describe, expect, it } from 'vitest';
import { liveDecisions } from '../../../src/domain/approval/policy.ts';
import { alternatives, applicable, eligible, exclusionOf, membersOfRule } from '../../../src/domain/approval/rules.ts';
import type { Policy, Predicate, RuleNode, RuleTree, Traits } from '../../../src/domain/catalog/catalog.ts';
import { userId } from '../../../src/domain/ids.ts';
import {
  ADAM,
  aCatalog,
  aChange,
  aRelease,
  aRound,
  aRule,
  aSituation,
  aVote,
  BELLA,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../../support/builders.ts';

const traits: Traits = {
  type: 'normal',
  service: 'checkout',
  affects: ['payments'],
  tier: 2,
  risk: 'low',
  schema: false,
  customers: false,
};
const yes = (name: string) => aRule({ name });
const not = (name: string) => aRule({ name, when: { risk: ['critical'] } });
const policy = (rules: RuleTree, otherwise: Policy['otherwise'] = 'owners'): Policy => ({ rules, otherwise });

/** A tree as text: `all(a, any(b, c))`. */
const text = (node: RuleNode | null): string => {
  if (node === null) return 'nobody';
  if ('name' in node) return node.name;
  return 'all' in node ? `all(${node.all.map(text).join(', ')})` : `any(${node.any.map(text).join(', ')})`;
};

describe('the rules that apply', () => {
  it.each<[string, RuleTree, string]>([
    ['rules that hold stay', { all: [yes('a'), yes('b')] }, 'all(a, b)'],
    ['one that does not hold is skipped', { all: [yes('a'), not('b')] }, 'all(a)'],
    ['also within an any, where the rest has to be enough', { any: [not('a'), yes('b')] }, 'any(b)'],
    ['a branch without rules is skipped whole', { all: [yes('a'), { any: [not('b'), not('c')] }] }, 'all(a)'],
    ['an any does not become satisfied by a skipped branch', { any: [{ all: [not('a')] }, yes('b')] }, 'any(b)'],
    [
      'to the depth of the tree',
      { all: [{ any: [{ all: [yes('a'), not('b')] }, { all: [yes('c'), { any: [not('d'), yes('e')] }] }] }] },
      'all(any(all(a), all(c, any(e))))',
    ],
  ])('%s', (_, rules, expected) => {
    expect(text(applicable(policy(rules), traits))).toBe(expected);
  });

  it('fall back to one service owner who did not ask when every rule is skipped: skipped is not approved', () => {
    const rules = { all: [not('a'), { any: [not('b')] }] };
    expect(applicable(policy(rules), traits)).toMatchObject({
      all: [{ name: 'service owners', groups: ['$owners'], count: 1, exclude: { requester: true } }],
    });
  });

  it('are none only where the policy says that it asks nobody', () => {
    expect(applicable(policy({ all: [not('a')] }, 'nobody'), traits)).toBeNull();
    expect(text(applicable(policy({ all: [yes('a')] }, 'nobody'), traits))).toBe('all(a)');
  });

  it.each<[Predicate, boolean]>([
    [{}, true],
    [{ type: ['normal', 'hotfix'] }, true],
    [{ type: ['emergency'] }, false],
    [{ risk: ['low'] }, true],
    [{ risk: ['medium', 'high'] }, false],
    [{ service: ['checkout'] }, true],
    [{ service: ['payments'] }, true],
    [{ service: ['search'] }, false],
    [{ tier: [1, 2] }, true],
    [{ tier: [1] }, false],
    [{ schema: false }, true],
    [{ schema: true }, false],
    [{ customers: true }, false],
    [{ risk: ['low'], tier: [1] }, false],
    [{ risk: ['low'], tier: [2] }, true],
  ])('are read by their predicate: %j holds: %s', (when, applies) => {
    const rules = { all: [aRule({ name: 'a', when })] };
    expect(text(applicable(policy(rules, 'nobody'), traits))).toBe(applies ? 'all(a)' : 'nobody');
  });
});

describe('the sets of rules of which one is enough', () => {
  it.each<[string, RuleNode]>([
    ['a', yes('a')],
    ['ab', { all: [yes('a'), yes('b')] }],
    ['a or b', { any: [yes('a'), yes('b')] }],
    ['ab or ac', { all: [yes('a'), { any: [yes('b'), yes('c')] }] }],
    ['ab or c', { any: [{ all: [yes('a'), yes('b')] }, yes('c')] }],
    ['ac or ad or bc or bd', { all: [{ any: [yes('a'), yes('b')] }, { any: [yes('c'), yes('d')] }] }],
  ])('are %s', (expected, tree) => {
    const sets = alternatives(tree).map((rules) => rules.map(({ name }) => name).join(''));
    expect(sets.join(' or ')).toBe(expected);
  });
});

describe('whom a rule accepts', () => {
  const everyone = { requester: true, authors: true, deployer: true };
  const nobody = { requester: false, authors: false, deployer: false };

  it('is everybody of its groups and its people, each once', () => {
    const rule = aRule({ groups: ['qa', '$owners'], people: [RITA, ADAM] });
    expect(membersOfRule(rule, aSituation())).toEqual([QUINN, OWNER, ADAM, BELLA, RITA]);
  });

  it('is nobody where the catalog does not know the group', () => {
    expect(membersOfRule(aRule({ groups: ['gone'] }), aSituation())).toEqual([]);
  });

  it.each([
    ['requester', 'the submitter', { submitter: ADAM }],
    ['requester', 'the owner', { owner: ADAM }],
    ['requester', 'the creator', { creator: ADAM }],
    ['author', 'an author of a change', { changes: [aChange(), aChange({ author: ADAM })] }],
    ['deployer', 'the deployer', { deployer: ADAM }],
  ] as const)('excludes as %s: %s', (why, _, release) => {
    const s = aSituation({ release: aRelease(release) });
    expect(exclusionOf(aRule({ exclude: everyone }), ADAM, s, null)).toBe(why);
    expect(exclusionOf(aRule({ exclude: nobody }), ADAM, s, null)).toBeNull();
    expect(exclusionOf(aRule({ exclude: everyone }), BELLA, s, null)).toBeNull();
  });

  it('takes as the requester whoever opened the round, whoever submits later', () => {
    const s = aSituation({ release: aRelease({ submitter: BELLA }) });
    const round = aRound({ openedBy: ADAM });
    expect(exclusionOf(aRule(), ADAM, s, round)).toBe('requester');
    expect(exclusionOf(aRule(), BELLA, s, round)).toBeNull();
    expect(exclusionOf(aRule(), BELLA, s, null)).toBe('requester');
  });

  it('does not take an unknown author for anybody', () => {
    const s = aSituation({ release: aRelease({ changes: [aChange({ author: null })] }) });
    expect(eligible(aRule({ exclude: everyone }), s, null)).toEqual([ADAM, BELLA]);
  });

  it('dismisses later joiners where membership was fixed when it was asked', () => {
    const s = aSituation();
    expect(exclusionOf(aRule(), BELLA, s, aRound({ members: [OWNER, ADAM] }))).toBe('joined late');
    expect(exclusionOf(aRule(), ADAM, s, aRound({ members: [OWNER, ADAM] }))).toBeNull();
    expect(exclusionOf(aRule(), BELLA, s, aRound({ members: null }))).toBeNull();
  });

  it('never takes back in who was there at the request and left since', () => {
    const groups = { owners: { people: [OWNER, BELLA], slack: null } };
    const s = aSituation({ around: { catalog: aCatalog({ groups }) } });
    expect(eligible(aRule(), s, aRound({ members: [OWNER, ADAM, BELLA] }))).toEqual([BELLA]);
  });

  it('counts inactive people for nothing, also where the rule excludes nobody', () => {
    const s = aSituation({ around: { inactive: [ADAM] } });
    expect(exclusionOf(aRule({ exclude: nobody }), ADAM, s, null)).toBe('inactive');
    expect(eligible(aRule({ exclude: nobody }), s, null)).toEqual([OWNER, BELLA]);
  });

  it('is only members: somebody whom nothing excludes is not thereby eligible', () => {
    expect(eligible(aRule({ groups: ['qa'] }), aSituation(), null)).toEqual([QUINN]);
    expect(eligible(aRule({ groups: [], people: [userId('U9')] }), aSituation(), null)).toEqual(['U9']);
  });
});

describe('decisions that live', () => {
  it('are those that nobody took back, rejections as well', () => {
    const decisions = [aVote(ADAM, { retractedAt: NOW }), aVote(BELLA), aVote(QUINN, { verdict: 'reject' })];
    expect(liveDecisions(aRound({ decisions })).map(({ actor }) => actor)).toEqual([BELLA, QUINN]);
  });
});
