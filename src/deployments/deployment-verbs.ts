/** What can be done to the deployments of a release. */
import { z } from 'zod';
import {
  abortDeployment,
  failDeployment,
  reportHealth,
  startDeployment,
  succeedDeployment,
} from '../domain/deployment/deployment.ts';
import { liftLock } from '../domain/deployment/lock.ts';
import { failRollback, startRollback, succeedRollback } from '../domain/deployment/rollback.ts';
import { breakGlass, confirmEmergency, judgeEmergency } from '../domain/emergency/emergency.ts';
import { nothing, releaseVerb, text, textOrNull } from '../situation/verbs.ts';

const inEnvironment = textOrNull;

export const deploymentVerbs = {
  start: releaseVerb('start deployment', {
    input: z.object({ environment: text, reason: textOrNull }),
    may: 'start',
    decide: startDeployment,
    says: 'starts a deployment',
    typed: 'deploy REF [environment]',
  }),
  succeed: releaseVerb('deployment succeeded', {
    input: z.object({ environment: inEnvironment }),
    may: 'finish',
    decide: (s, { environment }, act) => succeedDeployment(s, environment, act),
    says: 'says that a deployment went through',
    typed: null,
  }),
  fail: releaseVerb('deployment failed', {
    input: z.object({ environment: inEnvironment, reason: text }),
    may: 'finish',
    decide: failDeployment,
    says: 'says that a deployment failed',
    typed: null,
  }),
  abort: releaseVerb('abort deployment', {
    input: z.object({ environment: inEnvironment, reason: textOrNull }),
    may: 'finish',
    decide: abortDeployment,
    says: 'stops a deployment before anything was touched',
    typed: null,
  }),
  health: releaseVerb('report health', {
    input: z.object({ healthy: z.boolean(), reason: textOrNull }),
    may: 'finish',
    decide: reportHealth,
    says: 'says whether it is healthy',
    typed: 'healthy REF · unhealthy REF "why"',
  }),
  rollBack: releaseVerb('roll back', {
    input: z.object({ reason: text }),
    may: 'roll_back',
    decide: (s, { reason }, act) => startRollback(s, reason, act),
    says: 'goes back to the version before',
    typed: 'rollback REF "why"',
  }),
  rollbackDone: releaseVerb('rollback succeeded', {
    input: nothing,
    may: 'roll_back',
    decide: (s, _input, act) => succeedRollback(s, act),
    says: 'says that it is back',
    typed: null,
  }),
  rollbackFailed: releaseVerb('rollback failed', {
    input: z.object({ reason: text }),
    may: 'roll_back',
    decide: (s, { reason }, act) => failRollback(s, reason, act),
    says: 'says that going back failed',
    typed: null,
  }),
  liftLock: releaseVerb('lift lock', {
    input: z.object({ environment: text, reason: text }),
    may: 'lift_lock',
    decide: liftLock,
    says: 'opens a locked environment, with the cause',
    typed: 'unlock service environment "cause"',
  }),
  emergency: releaseVerb('break the glass', {
    input: z.object({ environment: text, justification: text, incident: textOrNull }),
    may: 'emergency',
    decide: breakGlass,
    says: 'starts without approval, judged afterwards',
    typed: 'emergency REF',
  }),
  confirmEmergency: releaseVerb('confirm emergency', {
    input: nothing,
    may: 'by rule',
    decide: (s, _input, act) => confirmEmergency(s, act),
    says: 'confirms an emergency as its second person',
    typed: null,
  }),
  judgeEmergency: releaseVerb('judge emergency', {
    input: z.object({ verdict: z.enum(['justified', 'not justified']) }),
    may: 'by rule',
    decide: judgeEmergency,
    says: 'judges an emergency',
    typed: null,
  }),
};
