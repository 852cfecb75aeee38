/**
 * Evaluating a policy: candidates are sorted into counted and dismissed with a reason, then every node of the rule tree gets a verdict
 * with a sentence. One person counts for one rule: people are matched to rules so that as many rules as possible are satisfied.
 */

import {
  branches,
  groupName,
  holds,
  isRule,
  membersOf,
  type Policy,
  type Rule,
  type RuleNode,
  type RuleTree,
  type SlackGroup,
  type Traits,
} from '../catalog/catalog.ts';
import type { UserId } from '../ids.ts';
import type { Release } from '../release/release.ts';
import type { Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { group, listing, people, person, type Sentence, say } from '../words.ts';
import { isWorkingTime } from '../working-time.ts';
import type { ApprovalDecision, Round } from './round.ts';

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
];

/** Why this rule does not count the person, although a member; `null` when it does. */
export const exclusionOf = (rule: Rule, personId: UserId, s: Situation, round: Round | null): Exclusion | null => {
  const { release } = s;
  if (s.around.inactive.includes(personId)) return 'inactive';
  if (rule.exclude.requester && requesters(release, round?.openedBy ?? null).includes(personId)) return 'requester';
  if (rule.exclude.authors && release.changes.some(({ author }) => author === personId)) return 'author';
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

export type Assignment = ReadonlyMap<Rule, readonly UserId[]>;

/**
 * Assigns people to rules, each person once, as many places filled as possible (Kuhn's augmenting paths; the sets are small).
 * `can` says whom a rule accepts.
 */
export const assign = (
  rules: readonly Rule[],
  voters: readonly UserId[],
  can: (rule: Rule, voter: UserId) => boolean,
): Assignment => {
  const places = rules.flatMap((rule) => Array.from({ length: rule.count }, () => rule));
  const holder: (UserId | null)[] = places.map(() => null);
  const seat = (voter: UserId, tried: Set<number>): boolean =>
    places.some((rule, place) => {
      if (tried.has(place) || !can(rule, voter)) return false;
      tried.add(place);
      const sitting = holder[place] ?? null;
      if (sitting !== null && !seat(sitting, tried)) return false;
      holder[place] = voter;
      return true;
    });
  for (const voter of voters) seat(voter, new Set());
  return new Map(
    rules.map((rule) => [rule, holder.filter((voter, place) => voter !== null && places[place] === rule) as UserId[]]),
  );
};

const filled = (assignment: Assignment): number =>
  [...assignment.values()].reduce((sum, voters) => sum + voters.length, 0);
const whole = (assignment: Assignment): boolean =>
  [...assignment].every(([rule, voters]) => voters.length >= rule.count);

/** The alternative that is satisfied, else the one that lacks least. */
const bestAssignment = (
  tree: RuleTree,
  voters: readonly UserId[],
  can: (rule: Rule, voter: UserId) => boolean,
): Assignment => {
  const options = alternatives(tree).map((rules) => assign(rules, voters, can));
  const lacks = (assignment: Assignment) =>
    [...assignment.keys()].reduce((sum, rule) => sum + rule.count, 0) - filled(assignment);
  return (
    options.find(whole) ??
    options.reduce((best, next) => (lacks(next) < lacks(best) ? next : best), options[0] ?? new Map())
  );
};

export type RuleVerdict = {
  rule: Rule;
  satisfied: boolean;
  voters: readonly UserId[];
  missing: number;
  can: readonly UserId[];
  sentence: Sentence;
};
export type Dismissed = { actor: UserId; why: Exclusion | 'not a member'; rules: readonly string[] };
export type Evaluation = {
  satisfied: boolean;
  rules: readonly RuleVerdict[];
  dismissed: readonly Dismissed[];
  sentence: Sentence;
};

export const liveDecisions = (round: Round): readonly ApprovalDecision[] =>
  round.decisions.filter(({ retractedAt }) => retractedAt === null);

const liveApprovals = (round: Round): readonly UserId[] =>
  liveDecisions(round)
    .filter(({ verdict }) => verdict === 'approve')
    .map(({ onBehalfOf, actor }) => onBehalfOf ?? actor);

/** The state of a round: which rules are satisfied by whom, who else could, and whose approval does not count and why. */
export const evaluate = (s: Situation, round: Round): Evaluation => {
  const votes = liveApprovals(round);
  const accepted = new Map<Rule, readonly UserId[]>();
  const can = (rule: Rule, voter: UserId): boolean => {
    if (!accepted.has(rule)) accepted.set(rule, eligible(rule, s, round));
    return accepted.get(rule)?.includes(voter) ?? false;
  };
  const assignment = bestAssignment(round.rules, votes, can);
  const rules = [...assignment].map(([rule, voters]) => ruleVerdict(rule, voters, votes, s, round));
  const satisfied = rules.every((verdict) => verdict.satisfied);
  return { satisfied, rules, dismissed: dismissed(round, votes, s, can), sentence: missingSentence(rules) };
};

const ruleVerdict = (
  rule: Rule,
  voters: readonly UserId[],
  votes: readonly UserId[],
  s: Situation,
  round: Round,
): RuleVerdict => {
  const missing = Math.max(0, rule.count - voters.length);
  const names = rule.groups.map((name) => group(groupName(s.around.catalog, name, s.release.service)));
  const of = names.length > 0 ? listing(names, 'or') : people(rule.people);
  return {
    rule,
    satisfied: missing === 0,
    voters,
    missing,
    can: eligible(rule, s, round).filter((personId) => !votes.includes(personId)),
    sentence: missing === 0 ? say`${rule.name}: ${people(voters)}` : say`${missing} of ${of}`,
  };
};

const missingSentence = (rules: readonly RuleVerdict[]): Sentence => {
  const open = rules.filter(({ satisfied }) => !satisfied);
  return open.length === 0 ? say`every rule is satisfied` : listing(open.map(({ sentence }) => sentence));
};

const DISMISSED_WORDS: Readonly<Record<Dismissed['why'], string>> = {
  requester: 'who asked for it or owns it',
  author: 'who wrote one of its changes',
  deployer: 'who deploys it',
  'joined late': 'who joined after it was asked for',
  inactive: 'who cannot act here any more',
  'not a member': 'who is in no group that decides',
};

/** Approvals that were given and do not count, each with its reason; empty when all do. */
export const dismissedSentence = ({ dismissed: list }: Evaluation): Sentence =>
  list.length === 0
    ? []
    : say`Does not count: ${listing(list.map(({ actor, why }) => say`the approval of ${person(actor)}, ${DISMISSED_WORDS[why]}`))}.`;

const dismissed = (
  round: Round,
  votes: readonly UserId[],
  s: Situation,
  can: (rule: Rule, voter: UserId) => boolean,
): readonly Dismissed[] => {
  const rules = [...new Set(alternatives(round.rules).flat())];
  return votes
    .filter((voter) => !rules.some((rule) => can(rule, voter)))
    .map((actor) => {
      const member = rules.filter((rule) => membersOfRule(rule, s).includes(actor));
      const why = member.map((rule) => exclusionOf(rule, actor, s, round)).find((reason) => reason !== null);
      return { actor, why: why ?? 'not a member', rules: member.map(({ name }) => name) };
    });
};

/** The first rule that nobody could satisfy, with how many are left for it; `null` when some alternative can be filled. */
export const unsatisfiable = (
  tree: RuleTree,
  s: Situation,
  round: Round | null,
): { rule: Rule; left: number } | null => {
  const everybody = [
    ...new Set(
      alternatives(tree)
        .flat()
        .flatMap((rule) => eligible(rule, s, round)),
    ),
  ];
  const assignment = bestAssignment(tree, everybody, (rule, voter) => eligible(rule, s, round).includes(voter));
  const short = [...assignment].find(([rule, voters]) => voters.length < rule.count);
  return short === undefined ? null : { rule: short[0], left: short[1].length };
};

/** A group of Slack above this is asked by one mention in the card's thread: forty messages for one approval are noise. */
const MOST_ASKED_ALONE = 15;

/** The big user groups of Slack behind one rule that is open. */
const bigGroups = (
  { rule, can, satisfied }: RuleVerdict,
  s: Situation,
): readonly { slack: SlackGroup; people: readonly UserId[] }[] => {
  if (satisfied || can.length <= MOST_ASKED_ALONE) return [];
  const { catalog } = s.around;
  return rule.groups.flatMap((name) => {
    const found = catalog.groups[groupName(catalog, name, s.release.service)];
    return found?.slack == null || found.people.length <= MOST_ASKED_ALONE
      ? []
      : [{ slack: found.slack, people: found.people }];
  });
};

/** The user groups of Slack that are asked by a mention, because a rule that is open wants somebody of that many. */
export const askedByMention = (s: Situation, round: Round): readonly SlackGroup[] => [
  ...new Map(
    evaluate(s, round)
      .rules.flatMap((verdict) => bigGroups(verdict, s))
      .map(({ slack }) => [slack.id, slack]),
  ).values(),
];

/** Who of a rule gets a message of their own: everybody who can decide and is not mentioned with their group. */
const unmentioned = (verdict: RuleVerdict, s: Situation): readonly UserId[] => {
  const mentioned = new Set(bigGroups(verdict, s).flatMap(({ people: members }) => members));
  return verdict.can.filter((id) => !mentioned.has(id));
};

/** Everybody whom an open rule lets decide and who is asked by a message of their own, not by a mention of their group. */
export const askable = (s: Situation, round: Round): readonly UserId[] => [
  ...new Set(
    evaluate(s, round)
      .rules.filter(({ satisfied }) => !satisfied)
      .flatMap((verdict) => unmentioned(verdict, s)),
  ),
];

/**
 * Whom to ask first: for each open rule its count and one more, those in working hours before the others, then those asked least in the
 * last seven days. Nobody is asked twice.
 */
export const askFirst = (s: Situation, round: Round, now: Instant): readonly UserId[] => {
  const asked = new Set<UserId>();
  for (const verdict of evaluate(s, round).rules) {
    const { rule, missing, can } = verdict;
    // A group that is mentioned is asked by that; who is not in it is asked when nobody of it has answered.
    if (missing === 0 || bigGroups(verdict, s).length > 0) continue;
    const order = [...can].sort((a, b) => awakeFirst(s, now, a, b) || lately(s, a) - lately(s, b) || (a < b ? -1 : 1));
    for (const personId of order.filter((id) => !asked.has(id)).slice(0, missing + (rule.count > 0 ? 1 : 0)))
      asked.add(personId);
  }
  return [...asked];
};

export const awake = (s: Situation, personId: UserId, now: Instant): boolean =>
  isWorkingTime(now, s.around.zones[personId] ?? s.around.catalog.services[s.release.service]?.zone ?? 'UTC');

const awakeFirst = (s: Situation, now: Instant, a: UserId, b: UserId): number =>
  Number(awake(s, b, now)) - Number(awake(s, a, now));
const lately = (s: Situation, personId: UserId): number => s.around.askedLately[personId] ?? 0;

/** Everybody who could still satisfy an open rule. */
export const stillCan = (s: Situation, round: Round): readonly UserId[] => [
  ...new Set(
    evaluate(s, round)
      .rules.filter(({ satisfied }) => !satisfied)
      .flatMap(({ can }) => can),
  ),
];
