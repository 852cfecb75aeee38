/** What can be done to the deployments of a release. */
import { z } from 'zod';
import { CAUSES } from '../domain/deployment/deployment.ts';
import { liftLock } from '../domain/deployment/lock.ts';
import { abortDeployment, failDeployment, succeedDeployment } from '../domain/deployment/outcome.ts';
import { reportHealth } from '../domain/deployment/report-health.ts';
import { failRollback, startRollback, succeedRollback } from '../domain/deployment/rollback.ts';
import { handOver, nextStep, pauseRollout, reportMetric, resumeRollout } from '../domain/deployment/rollout-acts.ts';
import { startDeployment } from '../domain/deployment/start.ts';
import { reportStep } from '../domain/deployment/step.ts';
import { tickItem } from '../domain/deployment/tick.ts';
import { OLDEST, reportDeployment } from '../domain/deployment/unasked.ts';
import { probed } from '../domain/deployment/watch.ts';
import { breakGlass, confirmEmergency, judgeEmergency } from '../domain/emergency/emergency.ts';
import type { DeploymentId } from '../domain/ids.ts';
import { aPerson, nothing, releaseVerb, text, textIfSaid, textOrNull } from '../situation/verbs.ts';

const inEnvironment = textOrNull;
const aDeployment = text.transform((id) => id as DeploymentId);
/** What the button showed that was pressed: what has turned since is not what was meant. */
const shown = text
  .optional()
  .describe('As a button showed it: which attempt, or the last word about it. What has turned since is refused.');
const cause = z.enum(CAUSES).nullable().optional();

export const deploymentVerbs = {
  start: releaseVerb('start deployment', {
    input: z.object({
      environment: text,
      reason: textOrNull,
      sha: textIfSaid,
      digest: textIfSaid,
      run: textIfSaid,
      revision: z.number().optional(),
    }),
    may: 'start',
    decide: startDeployment,
    token: 'deploy',
    says: 'starts a deployment',
    typed: 'deploy REF [environment]',
  }),
  unasked: releaseVerb('report deployment', {
    input: z.object({
      environment: text,
      secondsAgo: z.number().int().min(0).max(OLDEST),
      reason: text,
      sha: textOrNull,
      digest: textOrNull,
      run: textOrNull,
    }),
    may: 'start',
    decide: reportDeployment,
    token: 'deploy',
    says: 'records what was started without being asked about',
    typed: null,
  }),
  succeed: releaseVerb('deployment succeeded', {
    input: z.object({ environment: inEnvironment, shown }),
    may: 'finish',
    decide: succeedDeployment,
    token: 'deploy',
    says: 'says that a deployment went through',
    typed: null,
  }),
  fail: releaseVerb('deployment failed', {
    input: z.object({ environment: inEnvironment, reason: text, cause, shown }),
    may: 'finish',
    decide: failDeployment,
    token: 'deploy',
    says: 'says that a deployment failed',
    typed: null,
  }),
  abort: releaseVerb('abort deployment', {
    input: z.object({ environment: inEnvironment, reason: textOrNull, shown }),
    may: 'finish',
    decide: abortDeployment,
    token: 'deploy',
    says: 'stops a deployment before anything was touched',
    typed: 'abort REF [ENVIRONMENT] ["why"]',
  }),
  step: releaseVerb('report step', {
    input: z.object({ environment: inEnvironment, step: text, percent: z.number().nullable().default(null) }),
    may: 'finish',
    decide: reportStep,
    token: 'deploy',
    says: 'says how far a deployment is',
    typed: null,
  }),
  nextStep: releaseVerb('next step', {
    input: z.object({ environment: inEnvironment, reason: textOrNull, from: z.number().int().optional() }),
    may: 'steer',
    decide: nextStep,
    token: 'deploy',
    says: 'goes on to the next step',
    typed: 'step REF next|pause|resume|abort ["why"]',
  }),
  pause: releaseVerb('pause deployment', {
    input: z.object({ environment: inEnvironment, reason: text }),
    may: 'steer',
    decide: pauseRollout,
    token: 'deploy',
    says: 'stays at its step until it may go on',
    typed: null,
  }),
  goOn: releaseVerb('resume deployment', {
    input: z.object({ environment: inEnvironment }),
    may: 'steer',
    decide: resumeRollout,
    token: 'deploy',
    says: 'goes on where it was paused',
    typed: null,
  }),
  metric: releaseVerb('report metric', {
    input: z.object({ environment: inEnvironment, metric: text, value: z.number() }),
    may: 'finish',
    decide: reportMetric,
    token: 'deploy',
    says: 'says a number that its health rules are about',
    typed: null,
  }),
  handOver: releaseVerb('hand over', {
    input: z.object({ environment: inEnvironment, to: aPerson }),
    may: 'steer',
    decide: handOver,
    people: ({ to }) => [to],
    token: null,
    says: 'lets somebody else run the deployment',
    typed: null,
  }),
  health: releaseVerb('report health', {
    input: z.object({ healthy: z.boolean(), reason: textOrNull, cause, environment: inEnvironment.optional(), shown }),
    may: 'finish',
    decide: reportHealth,
    token: 'deploy',
    says: 'says whether it is healthy',
    typed: 'healthy REF [ENVIRONMENT] · unhealthy REF [ENVIRONMENT] "why"',
  }),
  tick: releaseVerb('tick item', {
    input: z.object({
      environment: inEnvironment,
      item: z.number().int().min(1),
      done: z.boolean().default(true),
      /** The list that whoever presses saw. */
      deployment: text.optional(),
    }),
    may: 'steer',
    decide: tickItem,
    token: 'deploy',
    says: 'ticks an item of the list of a deployment, or takes it back',
    typed: 'tick REF [number] [undo]',
  }),
  probe: releaseVerb('look at probes', {
    input: z.object({
      deployment: aDeployment,
      looks: z.array(z.object({ name: text, ok: z.boolean(), said: text })),
    }),
    may: 'by rule',
    decide: probed,
    token: null,
    says: 'keeps what the addresses of a deployment answered',
    typed: null,
  }),
  rollBack: releaseVerb('roll back', {
    input: z.object({ reason: text, environment: inEnvironment.optional() }),
    may: 'roll_back',
    decide: (s, { reason, environment }, act) => startRollback(s, reason, act, environment ?? null),
    token: 'deploy',
    says: 'goes back to the version before',
    typed: 'rollback REF [ENVIRONMENT] "why"',
  }),
  rollbackDone: releaseVerb('rollback succeeded', {
    input: z.object({ shown }),
    may: 'roll_back',
    decide: succeedRollback,
    token: 'deploy',
    says: 'says that it is back',
    typed: null,
  }),
  rollbackFailed: releaseVerb('rollback failed', {
    input: z.object({ reason: text, shown }),
    may: 'roll_back',
    decide: failRollback,
    token: 'deploy',
    says: 'says that going back failed',
    typed: null,
  }),
  liftLock: releaseVerb('lift lock', {
    input: z.object({ environment: text, reason: text }),
    may: 'lift_lock',
    decide: liftLock,
    token: null,
    says: 'opens a locked environment, with the cause',
    typed: 'unlock service environment "cause"',
  }),
  emergency: releaseVerb('break the glass', {
    input: z.object({ environment: text, justification: text, incident: textOrNull }),
    may: 'emergency',
    decide: breakGlass,
    token: null,
    says: 'starts without approval, judged afterwards',
    typed: 'emergency REF',
  }),
  confirmEmergency: releaseVerb('confirm emergency', {
    input: nothing,
    may: 'by rule',
    decide: (s, _input, act) => confirmEmergency(s, act),
    token: null,
    says: 'confirms an emergency as its second person',
    typed: null,
  }),
  judgeEmergency: releaseVerb('judge emergency', {
    input: z.object({ verdict: z.enum(['justified', 'not justified']) }),
    may: 'by rule',
    decide: judgeEmergency,
    token: null,
    says: 'judges an emergency',
    typed: null,
  }),
};
