/** What keeps a deployment in steps from its next one: a hold, a pause, a freeze that came, a gate, a number, its bake time. */
import { endOf, type Freeze, freezesStopping } from '../freeze/calendar.ts';
import { exceptionAskedOf, freezeQuestion } from '../freeze/freeze-check.ts';
import { gateStates, isMet } from '../gate/gate.ts';
import { keyOf } from '../release/release.ts';
import type { Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { at, command, group, type Sentence, say } from '../words.ts';
import { type Deployment } from './deployment.ts';
import { bakesUntil, nextStepOf, type Rollout, stepOf } from './rollout.ts';
import { alarmsOf } from './watch.ts';

/** What keeps it from its next step, and what a reason gets past. */
export type StepCheck = { sentence: Sentence; fix: Sentence; by: 'reason' | 'nothing'; of?: 'freeze' };

/** A freeze came while it was in the middle of its steps, and keeps it from the next. */
export const isFrozenInSteps = (s: Situation, now: Instant): boolean =>
  s.deployments.some((d) => d.state === 'running' && stepChecks(s, d, now).some(({ of }) => of === 'freeze'));

/** A freeze that came while it was on its way: an exception lets it go on, and how that stands is said. */
const frozenSince = (s: Situation, d: Deployment, freeze: Freeze, now: Instant): StepCheck => {
  const last = s.exceptions.findLast((each) => each.freeze === freeze.id && each.environment === d.environment);
  const asked = last?.verdict === 'requested' && last.validUntil > now;
  const stands = asked
    ? say`; ${exceptionAskedOf(s, freeze.approvers, last)}`
    : last?.verdict === 'denied'
      ? say`; an exception was denied`
      : [];
  return {
    sentence: say`${d.environment} is frozen since it began, until ${at(endOf(freeze))} (${freeze.name})${stands}`,
    fix: asked
      ? say`Wait for ${group(freeze.approvers)} to decide, or go back.`
      : say`Ask ${group(freeze.approvers)} for an exception with ${command(`exception ${keyOf(s.release)} ${d.environment}`)}, or go back.`,
    by: 'nothing',
    of: 'freeze',
  };
};

/** The gate that its next step wants, while it is open. */
const entryGate = (s: Situation, rollout: Rollout, now: Instant): readonly StepCheck[] => {
  const name = nextStepOf(rollout)?.gate ?? null;
  const gate = name === null ? undefined : gateStates(s, now).find(({ rule }) => rule.name === name);
  return gate === undefined || isMet(gate)
    ? []
    : [
        {
          sentence: say`${nextStepOf(rollout)?.name ?? ''} wants gate ${gate.rule.name}, which is ${gate.state}`,
          fix: say`Record its result with ${command(`gate ${keyOf(s.release)} ${gate.rule.name} pass`)}.`,
          by: 'nothing',
        },
      ];
};

export const stepChecks = (s: Situation, d: Deployment, now: Instant): readonly StepCheck[] => {
  const { rollout } = d;
  if (rollout === null) return [];
  const { paused, stopped } = rollout;
  const until = bakesUntil(rollout, now);
  // What was got past at the start is not met again; an emergency meets none.
  const [freeze] =
    s.breakGlass?.usedBy === d.id
      ? []
      : freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, d.environment, now)).filter(
          ({ id, severity }) => severity === 'hard' && !rollout.passed.includes(id),
        );
  const { hold } = s.release;
  const key = keyOf(s.release);
  return [
    ...(hold === null
      ? []
      : [
          {
            sentence: say`it is on hold: ${hold.reason}`,
            fix: say`End the hold with ${command(`resume ${key}`)}.`,
            by: 'nothing' as const,
          },
        ]),
    ...(paused === null
      ? []
      : [
          {
            sentence: say`it is paused: ${paused.reason}`,
            fix: say`Let it go on with ${command(`step ${key} resume`)}.`,
            by: 'nothing' as const,
          },
        ]),
    ...(freeze === undefined ? [] : [frozenSince(s, d, freeze, now)]),
    ...entryGate(s, rollout, now),
    ...stopped.map(({ metric, value, rule }) => ({
      sentence: say`${metric} is ${String(value)}, and the rule is ${rule}`,
      fix: say`Go back, or go on anyway with a reason.`,
      by: 'reason' as const,
    })),
    ...alarmsOf(s, d).map(({ name, said }) => ({
      sentence: say`${name} ${said}`,
      fix: say`Go back, or go on anyway with a reason.`,
      by: 'reason' as const,
    })),
    ...(until === null
      ? []
      : [
          {
            sentence: say`it bakes at ${stepOf(rollout).name} until ${at(until)}`,
            fix: say`Wait, or go on now with a reason.`,
            by: 'reason' as const,
          },
        ]),
  ];
};
