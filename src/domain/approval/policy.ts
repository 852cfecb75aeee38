/**
 * Evaluating a policy: candidates are sorted into counted and dismissed with a reason, then every node of the rule tree gets a verdict
 * with a sentence. One person counts for one rule: people are matched to rules so that as many rules as possible are satisfied.
 */

import { groupName, type Rule, type RuleTree } from '../catalog/catalog.ts';
import type { UserId } from '../ids.ts';
import type { Situation } from '../situation.ts';
import { group, listing, people, person, type Sentence, say } from '../words.ts';
import type { ApprovalDecision, Round } from './round.ts';
import { alternatives, type Exclusion, eligible, exclusionOf, membersOfRule } from './rules.ts';

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
  /** The way that is done, else the nearest of those that can still be gone. */
  rules: readonly RuleVerdict[];
  /** Every way that people can still go, each whole; empty when it is satisfied, and when nobody is left who could. */
  open: readonly (readonly RuleVerdict[])[];
  /** Whoever could bring some way nearer to its end by approving now. */
  can: readonly UserId[];
  dismissed: readonly Dismissed[];
  sentence: Sentence;
};

export const liveDecisions = (round: Round): readonly ApprovalDecision[] =>
  round.decisions.filter(({ retractedAt }) => retractedAt === null);

export const liveApprovals = (round: Round): readonly UserId[] =>
  liveDecisions(round)
    .filter(({ verdict }) => verdict === 'approve')
    .map(({ onBehalfOf, actor }) => onBehalfOf ?? actor);

/** How the votes fall on one way to satisfy a policy, and what the people who have not voted could fill of the rest. */
type Way = { rules: readonly RuleVerdict[]; missing: number; fillable: boolean; helpers: readonly UserId[] };

export type Accepts = (rule: Rule, personId: UserId) => boolean;

/** Whom each rule accepts, looked up once. */
export const accepting = (
  s: Situation,
  round: Round | null,
): { accepts: Accepts; of: (rule: Rule) => readonly UserId[] } => {
  const found = new Map<Rule, readonly UserId[]>();
  const of = (rule: Rule): readonly UserId[] => {
    const known = found.get(rule) ?? eligible(rule, s, round);
    found.set(rule, known);
    return known;
  };
  return { of, accepts: (rule, personId) => of(rule).includes(personId) };
};

export const seats = (assignment: Assignment): number =>
  [...assignment.values()].reduce((sum, people) => sum + people.length, 0);

/**
 * Votes sit first and stay seated; the others fill what is left. So somebody who could count for two rules counts for the one that nobody
 * else is left for, and what is missing is what somebody can give.
 */
const wayOf = (
  rules: readonly Rule[],
  votes: readonly UserId[],
  { accepts, of }: ReturnType<typeof accepting>,
  s: Situation,
): Way => {
  const others = [...new Set(rules.flatMap(of))].filter((id) => !votes.includes(id));
  const whole = assign(rules, [...votes, ...others], accepts);
  const verdicts = rules.map((rule) => {
    const voters = (whole.get(rule) ?? []).filter((id) => votes.includes(id));
    const can = of(rule).filter((id) => !votes.includes(id));
    return ruleVerdict(rule, voters, can, s);
  });
  const missing = verdicts.reduce((sum, verdict) => sum + verdict.missing, 0);
  const places = rules.reduce((sum, rule) => sum + rule.count, 0);
  const now = seats(assign(rules, votes, accepts));
  const helpers = missing === 0 ? [] : others.filter((id) => seats(assign(rules, [...votes, id], accepts)) > now);
  return { rules: verdicts, missing, fillable: seats(whole) === places, helpers };
};

/** One situation is asked often: by each check, for each environment, for the card and its buttons. */
const evaluations = new WeakMap<Situation, WeakMap<Round, Evaluation>>();

/** The state of a round: which rules are satisfied by whom, who else could, and whose approval does not count and why. */
export const evaluate = (s: Situation, round: Round): Evaluation => {
  const ofRounds = evaluations.get(s) ?? new WeakMap<Round, Evaluation>();
  const evaluation = ofRounds.get(round) ?? evaluated(s, round, liveApprovals(round));
  evaluations.set(s, ofRounds.set(round, evaluation));
  return evaluation;
};

const evaluated = (s: Situation, round: Round, votes: readonly UserId[]): Evaluation => {
  const known = accepting(s, round);
  const ways = alternatives(round.rules).map((rules) => wayOf(rules, votes, known, s));
  const satisfied = ways.find(({ missing }) => missing === 0) ?? null;
  const open = satisfied === null ? ways.filter(({ fillable }) => fillable) : [];
  const nearest = satisfied ?? leastMissing(open) ?? leastMissing(ways);
  return {
    satisfied: satisfied !== null,
    rules: nearest?.rules ?? [],
    open: open.map(({ rules }) => rules),
    can: [...new Set(open.flatMap(({ helpers }) => helpers))],
    dismissed: dismissed(round, votes, s, known.accepts),
    sentence: missingSentence(satisfied === null ? (open.length > 0 ? open : ways) : []),
  };
};

const leastMissing = (ways: readonly Way[]): Way | null =>
  ways.reduce<Way | null>((best, way) => (best === null || way.missing < best.missing ? way : best), null);

/** What is still wanted once this person has approved as well; null where nothing is. */
export const missingAfter = (s: Situation, round: Round, voter: UserId): Sentence | null => {
  const { satisfied, sentence } = evaluated(s, round, [...liveApprovals(round), voter]);
  return satisfied ? null : sentence;
};

const ruleVerdict = (rule: Rule, voters: readonly UserId[], can: readonly UserId[], s: Situation): RuleVerdict => {
  const missing = Math.max(0, rule.count - voters.length);
  const names = rule.groups.map((name) => group(groupName(s.around.catalog, name, s.release.service)));
  const of = names.length > 0 ? listing(names, 'or') : people(rule.people);
  return {
    rule,
    satisfied: missing === 0,
    voters,
    missing,
    can,
    sentence: missing === 0 ? say`${rule.name}: ${people(voters)}` : say`${missing} of ${of}`,
  };
};

/** What is missing on each way, “or” between them. */
const missingSentence = (ways: readonly Way[]): Sentence => {
  const each = ways.map(({ rules }) =>
    listing(rules.filter(({ satisfied }) => !satisfied).map(({ sentence }) => sentence)),
  );
  const different = each.filter((sentence, index) => each.findIndex((other) => sameWords(other, sentence)) === index);
  return different.length === 0
    ? say`every rule is satisfied`
    : different.flatMap((sentence, index) => (index === 0 ? sentence : [', or ', ...sentence]));
};

const sameWords = (a: Sentence, b: Sentence): boolean => JSON.stringify(a) === JSON.stringify(b);

const DISMISSED_WORDS: Readonly<Record<Dismissed['why'], string>> = {
  requester: 'who asked for it or owns it',
  author: 'who wrote or added one of its changes',
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

/** A rule that nobody could satisfy, with how many are left for it. */
export type Short = { rule: Rule; left: number };

/** The rules that nobody could satisfy, of the alternative that lacks least; none when some alternative can be filled. */
export const shortRules = (tree: RuleTree, s: Situation, round: Round | null): readonly Short[] => {
  const known = accepting(s, round);
  const votes = round === null ? [] : liveApprovals(round);
  const ways = alternatives(tree).map((rules) => ({ rules, way: wayOf(rules, votes, known, s) }));
  if (ways.some(({ way }) => way.fillable)) return [];
  const nearest = leastMissing(ways.map(({ way }) => way));
  const rules = ways.find(({ way }) => way === nearest)?.rules ?? [];
  const everybody = [...votes, ...rules.flatMap(known.of).filter((id) => !votes.includes(id))];
  return [...assign(rules, [...new Set(everybody)], known.accepts)]
    .filter(([rule, seated]) => seated.length < rule.count)
    .map(([rule, seated]) => ({ rule, left: seated.length }));
};

/** How many people are lacking at the least, whatever anybody does; 0 where some alternative can be filled. */
export const lacking = (tree: RuleTree, s: Situation, round: Round | null): number => {
  const known = accepting(s, round);
  const votes = round === null ? [] : liveApprovals(round);
  return Math.min(
    ...alternatives(tree).map((rules) => {
      const everybody = [...new Set([...votes, ...rules.flatMap(known.of)])];
      const seated = [...assign(rules, everybody, known.accepts)];
      return seated.reduce((sum, [rule, people_]) => sum + Math.max(0, rule.count - people_.length), 0);
    }),
  );
};

/** The first rule that nobody could satisfy; `null` when some alternative can be filled. */
export const unsatisfiable = (tree: RuleTree, s: Situation, round: Round | null): Short | null =>
  shortRules(tree, s, round)[0] ?? null;

/** Everybody whose approval would bring the round nearer to its end. */
export const stillCan = (s: Situation, round: Round): readonly UserId[] => evaluate(s, round).can;
