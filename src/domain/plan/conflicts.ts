/** What is planned beside it: another release of its services at the same time, or its deployer twice. Said, never enforced. */

import type { UserId } from '../ids.ts';
import type { When } from '../release/release.ts';
import { runner } from '../release/runner.ts';
import { servicesOf } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import { after, type Instant, MINUTE } from '../time.ts';
import { at, person, type Sentence, say } from '../words.ts';
import { needConflicts } from './links.ts';

/** A release of any service that is planned for a time. */
export type Plan = {
  number: number;
  service: string;
  affects: readonly string[];
  version: string;
  /** Who runs it. */
  runner: UserId;
  when: When;
};

const USUAL_MINUTES = 120;

const span = (s: Situation, service: string, when: When): { from: Instant; to: Instant } | null =>
  when.kind !== 'at'
    ? null
    : {
        from: when.start,
        to:
          when.end ?? after(when.start, (s.around.catalog.services[service]?.deployMinutes ?? USUAL_MINUTES) * MINUTE),
      };

/** Each conflict of its plan, as a sentence: of what it hangs on, of services, of its deployer. Nothing where it is planned for no time, or that is past. */
export const conflicts = (s: Situation, now: Instant): readonly Sentence[] => {
  const { release } = s;
  const mine = span(s, release.service, release.when);
  if (mine === null || mine.to <= now) return [];
  const services = servicesOf(s);
  const runs = runner(s);
  const others = s.around.plans.flatMap((plan) => {
    const theirs = span(s, plan.service, plan.when);
    if (theirs === null || theirs.from >= mine.to || theirs.to <= mine.from) return [];
    const name = `${plan.service} ${plan.version} (REL-${plan.number})`;
    const shared = [plan.service, ...plan.affects].filter((service) => services.includes(service));
    if (shared.length > 0)
      return [say`${name} is planned for ${at(theirs.from)}, and is about ${shared.join(', ')} as well`];
    return plan.runner === runs ? [say`${person(runs)} deploys ${name} at ${at(theirs.from)}`] : [];
  });
  return [...needConflicts(s), ...others];
};
