/** How far a deployment is: whoever runs it says so, step by step. */
import { happened } from '../events.ts';
import { allow, type Decision, refuseField } from '../refusal.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { say } from '../words.ts';
import { nothingRuns, runningDeployment } from './deployment.ts';
import { reached } from './rollout.ts';
import { stepChecks } from './step-checks.ts';

const LONGEST = 120;

export type StepInput = { environment: string | null; step: string; percent: number | null };

/** Notes the step of the running deployment, or rollback. Refuses where nothing runs, and a share that is none. */
export const reportStep = (s: Situation, { environment, step, percent }: StepInput, act: Act): Decision<Effect> => {
  const running = runningDeployment(s, environment, 'deploy') ?? runningDeployment(s, environment, 'rollback');
  if (running === null) return nothingRuns(s, 'Not recorded');
  const words = step.trim();
  if (words === '' || [...words].length > LONGEST)
    return refuseField('step', say`Say what the step is in ${LONGEST} characters or fewer, for example “canary 25 %”.`);
  if (percent !== null && !(percent >= 0 && percent <= 100))
    return refuseField('percent', say`Give the share as a number from 0 to 100.`);
  const deployments = s.deployments.map((d) =>
    d.id === running.id
      ? {
          ...d,
          step: { words, percent, at: act.now },
          rollout: d.rollout === null ? null : reached(d.rollout, words, percent, act.now),
        }
      : d,
  );
  // What a pipeline says has happened is so; that it should not have is said as well.
  const went = running.rollout !== null && reached(running.rollout, words, percent, act.now) !== running.rollout;
  const against = went && stepChecks(s, running, act.now).length > 0;
  const event = happened(
    s.release.id,
    'deployment.step',
    {
      environment: running.environment,
      percent,
      ...(against ? { against } : {}),
    },
    { words, subject: running.id },
  );
  return allow({ after: { ...s, deployments }, events: [event] });
};
