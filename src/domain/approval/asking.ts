/** Who is asked for a decision, and when: the least busy first, whole groups by their mention, nobody outside of their hours. */
import { groupName, type SlackGroup } from '../catalog/catalog.ts';
import { awake, dayBeginsOf } from '../hours.ts';
import type { UserId } from '../ids.ts';
import type { Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { type Accepts, accepting, assign, evaluate, liveApprovals, type RuleVerdict, seats } from './policy.ts';
import type { Round } from './round.ts';
import { alternatives } from './rules.ts';

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

/** What somebody can still give, by whichever way: each open rule once. */
const openVerdicts = (s: Situation, round: Round): readonly RuleVerdict[] => [
  ...new Map(
    evaluate(s, round)
      .open.flat()
      .filter(({ satisfied }) => !satisfied)
      .map((verdict) => [verdict.rule, verdict]),
  ).values(),
];

/** The user groups of Slack that are asked by a mention, because a rule that is open wants somebody of that many. */
export const askedByMention = (s: Situation, round: Round): readonly SlackGroup[] => [
  ...new Map(
    openVerdicts(s, round)
      .flatMap((verdict) => bigGroups(verdict, s))
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
  ...new Set(openVerdicts(s, round).flatMap((verdict) => unmentioned(verdict, s))),
];

/**
 * Whom to ask first, on every way that can be gone: for each open rule its count and one more; those who were asked before anybody else,
 * then those in working hours, then those asked least in the last seven days. Nobody is asked twice.
 */
export const askFirst = (s: Situation, round: Round, now: Instant): readonly UserId[] => {
  const before = new Set(round.asks.map(({ person: id }) => id));
  const asked = new Set<UserId>();
  for (const verdict of openVerdicts(s, round)) {
    const { missing, can } = verdict;
    // A group that is mentioned is asked by that; who is not in it is asked when nobody of it has answered.
    if (bigGroups(verdict, s).length > 0) continue;
    const order = [...can].sort(
      (a, b) =>
        Number(before.has(b)) - Number(before.has(a)) ||
        awakeFirst(s, now, a, b) ||
        lately(s, a) - lately(s, b) ||
        (a < b ? -1 : 1),
    );
    for (const personId of order.filter((id) => !asked.has(id)).slice(0, missing + 1)) asked.add(personId);
  }
  return [...asked];
};

/** When the first of them begins to work, of those who are asked and can still decide; `null` while one of them works. */
export const dayBegins = (s: Situation, round: Round, now: Instant): Instant | null =>
  dayBeginsOf(s, waitingFor(s, round), now);

/** Those who are asked and can still decide. */
export const waitingFor = (s: Situation, round: Round): readonly UserId[] => {
  const { can } = evaluate(s, round);
  return round.asks.map(({ person: id }) => id).filter((id) => can.includes(id));
};

const awakeFirst = (s: Situation, now: Instant, a: UserId, b: UserId): number =>
  Number(awake(s, b, now)) - Number(awake(s, a, now));
const lately = (s: Situation, personId: UserId): number => s.around.askedLately[personId] ?? 0;

/** Whether the people who were asked, by message or by mention of their group, could satisfy the round without anybody else. */
export const askedSuffice = (s: Situation, round: Round): boolean => {
  const known = accepting(s, round);
  const asked = new Set(round.asks.map(({ person: id }) => id));
  const mentioned = openVerdicts(s, round).flatMap((verdict) =>
    bigGroups(verdict, s).flatMap(({ people: all }) => all),
  );
  const named = new Set([...asked, ...mentioned, ...liveApprovals(round)]);
  const accepts: Accepts = (rule, id) => named.has(id) && known.accepts(rule, id);
  return alternatives(round.rules).some((rules) => {
    const places = rules.reduce((sum, rule) => sum + rule.count, 0);
    return seats(assign(rules, [...named], accepts)) === places;
  });
};
