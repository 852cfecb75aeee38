/** Who may press *Start* where the rules keep approving and deploying apart. */

import { evaluate } from '../approval/policy.ts';
import { alternatives } from '../approval/rules.ts';
import type { Rule } from '../catalog/catalog.ts';
import type { UserId } from '../ids.ts';
import { liveGrant } from '../readiness.ts';
import type { Refusal } from '../refusal.ts';
import { keyOf } from '../release/release.ts';
import { deployerHere } from '../release/runner.ts';
import { isProtected } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { command, person, say } from '../words.ts';

/** The rule under which whoever starts it there must not have approved it. */
const apartRule = ({ round }: Situation): Rule | null =>
  round === null
    ? null
    : (alternatives(round.rules)
        .flat()
        .find(({ exclude }) => exclude.deployer) ?? null);

/** The one person who starts it, where one is named and nobody else may; null where others may as well. */
export const onlyStarter = (s: Situation, environment: string, now: Instant): UserId | null =>
  apartRule(s) !== null && isProtected(s, environment) && liveGrant(s, environment, now) === null
    ? deployerHere(s)
    : null;

/**
 * Why this person may not start it there; `null` when they may. Where a rule excludes the deployer, whoever starts is the deployer: not
 * somebody whose approval counts for that rule, and nobody else than the one who is named. In an emergency nothing is kept apart.
 */
export const keptApart = (s: Situation, environment: string, by: UserId, now: Instant): Refusal | null => {
  const { round, release } = s;
  if (round === null || !isProtected(s, environment) || liveGrant(s, environment, now) !== null) return null;
  const rule = apartRule(s);
  if (rule === null) return null;
  const deployer = deployerHere(s);
  const handOver = say`hand over with ${command(`assign ${keyOf(release)} deployer @user`)}`;
  if (deployer !== null && deployer !== by)
    return {
      code: 'forbidden',
      did: 'Not started',
      because: say`${person(deployer)} is named to deploy it (rule “${rule.name}” keeps approving and deploying apart)`,
      can: say`They start it, or ${handOver}.`,
    };
  const approved = approvedApart(s, environment, by, now);
  return approved === null
    ? null
    : {
        code: 'forbidden',
        did: 'Not started',
        because: say`you approved it, and rule “${approved.name}” keeps approving and deploying apart`,
        can: say`Ask somebody else to start it, or ${handOver}.`,
      };
};

/** Why somebody cannot be given it to deploy there: their approval counts under a rule that keeps the two apart; `null` when they can. */
export const givenApart = (
  s: Situation,
  input: { environment: string; to: UserId; did: string },
  now: Instant,
): Refusal | null => {
  const approved = approvedApart(s, input.environment, input.to, now);
  return approved === null
    ? null
    : {
        code: 'forbidden',
        did: input.did,
        because: say`${person(input.to)} approved it, and rule “${approved.name}” keeps approving and deploying apart`,
        can: say`Pick somebody who did not approve it.`,
      };
};

/** The rule for which somebody's approval counts, and which keeps them from deploying it there. */
const approvedApart = (s: Situation, environment: string, person: UserId, now: Instant): Rule | null => {
  const { round } = s;
  if (round === null || !isProtected(s, environment) || liveGrant(s, environment, now) !== null) return null;
  const found = evaluate(s, round).rules.find(({ rule, voters }) => rule.exclude.deployer && voters.includes(person));
  return found?.rule ?? null;
};
