/** When a deployment counts as failed because nobody finished it: what keeps its step takes no time of it. */
import { covers, endOf } from '../freeze/calendar.ts';
import { freezeQuestion } from '../freeze/freeze-check.ts';
import type { Situation } from '../situation.ts';
import { after, between, type Instant, latest } from '../time.ts';
import { type Deployment } from './deployment.ts';
import { nextStepOf, type Rollout } from './rollout.ts';
import { stepChecks } from './step-checks.ts';

/** When it counts as failed because nobody ended it; `null` while it may not go on: its time stands then. */
export const deadlineOf = (s: Situation, d: Deployment, now: Instant): Instant | null => {
  const { rollout } = d;
  if (s.release.hold !== null || rollout?.paused != null) return null;
  if (rollout === null) return d.deadline;
  if (nextStepOf(rollout) !== null && stepChecks(s, d, now).some(({ by }) => by === 'nothing')) return null;
  // What kept it at its step took its time: it has all of it anew.
  const free = [...freezesOver(s, d), ...letOn(s, d), ...gatesPassed(s, rollout)].filter((at_) => at_ > d.startedAt);
  return latest([d.deadline, ...free.map((at_) => after(at_, between(d.startedAt, d.deadline)))]);
};

const freezesOver = (s: Situation, d: Deployment): readonly Instant[] => {
  const question = freezeQuestion(s, d.environment, d.startedAt);
  return s.around.endedFreezes
    .filter((freeze) => question.services.some((service) => covers(freeze, service, d.environment)))
    .map(endOf);
};

const letOn = (s: Situation, d: Deployment): readonly Instant[] =>
  s.exceptions.flatMap(({ environment, verdict, decidedAt }) =>
    environment === d.environment && verdict === 'granted' && decidedAt !== null ? [decidedAt] : [],
  );

const gatesPassed = (s: Situation, { steps }: Rollout): readonly Instant[] => {
  const wanted = steps.flatMap(({ gate }) => gate ?? []);
  return s.gates.filter(({ gate, outcome }) => wanted.includes(gate) && outcome !== 'failed').map(({ at: at_ }) => at_);
};
