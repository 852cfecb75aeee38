/** Whose decision about a round would count, and why another's would not. */

import { membersOf, type Rule } from '../catalog/catalog.ts';
import type { Refusal } from '../refusal.ts';
import type { Act, Situation } from '../situation.ts';
import { group, say } from '../words.ts';
import { stillCan } from './policy.ts';
import type { Round } from './round.ts';
import { alternatives, type Exclusion, eligible, exclusionOf } from './rules.ts';

/** Why this person's decision would not count; `null` when it would. `did` says what did not happen. */
export const notCounted = (s: Situation, round: Round, by: Act['by'], did = 'Not approved'): Refusal | null => {
  const rules = [...new Set(alternatives(round.rules).flat())];
  if (rules.some((rule) => eligible(rule, s, round).includes(by))) return null;
  const { catalog } = s.around;
  const mine = rules.filter(
    (rule) => membersOf(catalog, rule.groups, s.release.service).includes(by) || rule.people.includes(by),
  );
  const reason = mine.map((rule) => ({ rule, why: exclusionOf(rule, by, s, round) })).find(({ why }) => why !== null);
  if (reason?.why != null) return excluded(reason.why, reason.rule, s, round, by);
  const groups = rules
    .flatMap((rule) => rule.groups)
    .map((name) => (name === '$owners' ? (catalog.services[s.release.service]?.owners ?? name) : name));
  return { code: 'approval.not_eligible', did, groups: [...new Set(groups)], can: stillCan(s, round) };
};

const requesterAs = (s: Situation, round: Round, by: Act['by']): 'submitter' | 'owner' | 'creator' | 'voucher' =>
  by === round.openedBy
    ? 'submitter'
    : by === s.release.owner
      ? 'owner'
      : by === s.release.creator
        ? 'creator'
        : 'voucher';

const excluded = (why: Exclusion, rule: Rule, s: Situation, round: Round, by: Act['by']): Refusal => {
  const asked = stillCan(s, round);
  switch (why) {
    case 'requester':
      return { code: 'approval.requester', as: requesterAs(s, round, by), rule: rule.name, asked };
    case 'author':
      return { code: 'approval.author', rule: rule.name, asked };
    case 'deployer':
      return { code: 'approval.deployer', rule: rule.name, asked };
    case 'joined late':
      return { code: 'approval.joined_late', rule: rule.name, openedAt: round.openedAt };
    case 'inactive':
      return {
        code: 'forbidden',
        did: 'Not counted',
        because: say`guests, bots and deactivated people cannot approve`,
        can: say`Ask ${group(rule.groups[0] ?? 'an approver')}.`,
      };
  }
};
