/** The rules of a policy: which of them are asked, which ways there are to satisfy them, and whom each accepts. */

import {
  branches,
  holds,
  isRule,
  membersOf,
  type Policy,
  type Rule,
  type RuleNode,
  type RuleTree,
  type Traits,
} from '../catalog/catalog.ts';
import type { UserId } from '../ids.ts';
import type { Change, Release } from '../release/release.ts';
import type { Situation } from '../situation.ts';
import type { Round } from './round.ts';

export type Exclusion = 'requester' | 'author' | 'deployer' | 'joined late' | 'inactive';

const OWNERS_RULE: Rule = {
  name: 'service owners',
  when: {},
  groups: ['$owners'],
  people: [],
  count: 1,
  exclude: { requester: true, authors: false, deployer: false },
};

/** Drops the rules whose predicate does not hold; `null` when the policy then asks nobody. */
export const applicable = (policy: Policy, traits: Traits): RuleTree | null => {
  const pruned = prune(policy.rules, traits);
  if (pruned !== null) return 'name' in pruned ? { all: [pruned] } : pruned;
  return policy.otherwise === 'nobody' ? null : { all: [OWNERS_RULE] };
};

const prune = (node: RuleNode, traits: Traits): RuleNode | null => {
  if (isRule(node)) return holds(node.when, traits) ? node : null;
  const kept = branches(node)
    .map((branch) => prune(branch, traits))
    .filter((branch) => branch !== null);
  if (kept.length === 0) return null;
  return 'all' in node ? { all: kept } : { any: kept };
};

/** The sets of rules of which one has to be satisfied whole. The catalog's schema keeps their number small. */
export const alternatives = (node: RuleNode): readonly (readonly Rule[])[] => {
  if (isRule(node)) return [[node]];
  const parts = branches(node).map(alternatives);
  if ('any' in node) return parts.flat();
  return parts.reduce((sets, options) => sets.flatMap((set) => options.map((option) => [...set, ...option])), [[]]);
};

const requesters = (release: Release, openedBy: UserId | null): readonly (UserId | null)[] => [
  openedBy ?? release.submitter,
  release.creator,
  release.owner,
  ...release.vouchedBy,
];

/** Why this rule does not count the person, although a member; `null` when it does. */
export const exclusionOf = (rule: Rule, personId: UserId, s: Situation, round: Round | null): Exclusion | null => {
  const { release } = s;
  if (s.around.inactive.includes(personId)) return 'inactive';
  if (rule.exclude.requester && requesters(release, round?.openedBy ?? null).includes(personId)) return 'requester';
  // Who puts a change in answers for it as its author does.
  const wrote = ({ author, addedBy }: Change): boolean => author === personId || addedBy === personId;
  if (rule.exclude.authors && release.changes.some(wrote)) return 'author';
  if (rule.exclude.deployer && release.deployer === personId) return 'deployer';
  if (round?.members != null && !round.members.includes(personId)) return 'joined late';
  return null;
};

export const membersOfRule = (rule: Rule, s: Situation): readonly UserId[] => [
  ...new Set([...membersOf(s.around.catalog, rule.groups, s.release.service), ...rule.people]),
];

/** Who may satisfy the rule: members now, without those that it excludes. */
export const eligible = (rule: Rule, s: Situation, round: Round | null): readonly UserId[] =>
  membersOfRule(rule, s).filter((personId) => exclusionOf(rule, personId, s, round) === null);
