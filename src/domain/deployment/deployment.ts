/** Deployments: started when nothing is in the way, finished by what people say of them, undone by a rollback that nothing may refuse. */
import type { DeploymentId, ReleaseId, UserId } from '../ids.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import { type Given, NOTHING_GIVEN } from '../release/artifact.ts';
import { keyOf, nameOf, statusOf } from '../release/release.ts';
import type { Act, Situation } from '../situation.ts';
import { after, between, type Instant, MINUTE } from '../time.ts';
import { command, say } from '../words.ts';
import { type ChecklistItem } from './checklist.ts';
import { type Rollout } from './rollout.ts';
import type { Signal } from './signals.ts';

export const minutes = (from: Instant, to: Instant): number => Math.round(between(from, to) / MINUTE);

const runningIn = (s: Situation, environment: string): string | null =>
  s.around.running.find((running) => running.environment === environment)?.version ?? null;

export const newDeployment = (
  s: Situation,
  environment: string,
  kind: Deployment['kind'],
  version: string,
  act: Act,
  given: Given = NOTHING_GIVEN,
): Deployment => ({
  id: act.newId('deployment'),
  release: s.release.id,
  service: s.release.service,
  environment,
  version,
  revision: s.release.artifact.revision,
  sha: given.sha ?? s.release.artifact.sha,
  digest: given.digest ?? s.release.artifact.digest,
  kind,
  attempt: s.deployments.filter((d) => d.environment === environment && d.kind === kind).length + 1,
  state: 'running',
  startedBy: act.by,
  runBy: act.by,
  startedAt: act.now,
  finishedAt: null,
  finishedBy: null,
  deadline: after(act.now, deployMinutes(s) * MINUTE),
  reason: null,
  cause: null,
  inARow: null,
  before: beforeIt(s, environment),
  unhealthyAt: null,
  unhealthyBy: null,
  healthyAgainAt: null,
  step: null,
  run: null,
  rollout: null,
  checklist: [],
  signals: [],
  probedAt: null,
});

/** What runs there before it: of what is brought again what ran before it first came. */
const beforeIt = (s: Situation, environment: string): string | null => {
  const running = runningIn(s, environment);
  if (running !== s.release.version) return running;
  const first = s.deployments.findLast(
    (d) => d.environment === environment && d.kind === 'deploy' && d.before !== running,
  );
  return first === undefined ? running : first.before;
};

const deployMinutes = (s: Situation): number => s.around.catalog.services[s.release.service]?.deployMinutes ?? 120;

export const endedAs = (
  s: Situation,
  id: DeploymentId,
  state: Deployment['state'],
  by: UserId | null,
  reason: string | null,
  now: Instant,
): Situation => ({
  ...s,
  deployments: s.deployments.map((d) => (d.id === id ? { ...d, state, finishedAt: now, finishedBy: by, reason } : d)),
});

export const runningDeployment = (
  s: Situation,
  environment: string | null,
  kind: Deployment['kind'],
): Deployment | null =>
  s.deployments.find(
    (d) => d.state === 'running' && d.kind === kind && (environment === null || d.environment === environment),
  ) ?? null;

/** `environment`: where it was meant; what else runs is no answer there. */
export const nothingRuns = (s: Situation, did: string, environment: string | null = null): Decision<never> =>
  refuse({
    code: 'status',
    did,
    name: nameOf(s.release),
    status: `${statusOf(s.release.state)}, and no deployment of it is under way${environment === null ? '' : ` in ${environment}`}`,
    fix: say`See ${command(`show REL-${s.release.number}`)}.`,
  });

/** Several run, and none was named: which `step` is meant is asked back. Null where there is nothing to ask. */
export const whichOne = (
  s: Situation,
  environment: string | null,
  word: 'next' | 'pause' | 'resume' | 'abort',
): Decision<never> | null => {
  const all = s.deployments.filter(({ state, kind }) => state === 'running' && kind === 'deploy');
  return environment !== null || all.length < 2
    ? null
    : refuse({
        code: 'ambiguous',
        what: 'environment',
        examples: all.map((d) => `step ${keyOf(s.release)} ${word} ${d.environment}`),
      });
};

/** Which deployment is ended: the one in that place, and where a button names the one that it showed, no later attempt. */
export const endedBy = (
  s: Situation,
  kind: Deployment['kind'],
  { environment, shown }: { environment: string | null; shown?: string | undefined },
  did = 'Not recorded',
): Decision<Deployment> => {
  const running = runningDeployment(s, environment, kind);
  if (running === null) return nothingRuns(s, did, environment);
  return shown === undefined || shown === running.id
    ? allow(running)
    : refuse({
        code: 'status',
        did,
        name: nameOf(s.release),
        status: `${kind === 'deploy' ? 'being deployed' : 'going back'} anew in ${running.environment}: that button was of an earlier attempt`,
        fix: say`See how this one stands: ${command(`show REL-${s.release.number}`)}.`,
      });
};

export const CAUSES = ['code', 'config', 'infrastructure', 'data', 'dependency', 'process', 'external'] as const;
export type Cause = (typeof CAUSES)[number];

export type DeploymentState = 'running' | 'succeeded' | 'failed' | 'aborted';

export type Deployment = {
  id: DeploymentId;
  release: ReleaseId;
  service: string;
  environment: string;
  version: string;
  revision: number;
  /** What exactly it was, as far as it was said. */
  sha: string | null;
  digest: string | null;
  kind: 'deploy' | 'rollback';
  attempt: number;
  state: DeploymentState;
  startedBy: UserId;
  /** Who says how it goes: whoever started it, until they hand it over. */
  runBy: UserId;
  startedAt: Instant;
  finishedAt: Instant | null;
  finishedBy: UserId | null;
  deadline: Instant;
  reason: string | null;
  /** Why it failed, in one word for the reports. */
  cause: Cause | null;
  /** How many failures of the service in a row it was there; `null` where it was none. */
  inARow: number | null;
  /** The version that ran before it, to go back to. */
  before: string | null;
  /** When, and by whom, it was reported as not healthy after it had gone through. */
  unhealthyAt: Instant | null;
  unhealthyBy: UserId | null;
  /** When that was taken back: it was no failure. */
  healthyAgainAt: Instant | null;
  /** How far it is, as whoever runs it said last. */
  step: { words: string; percent: number | null; at: Instant } | null;
  /** Where it runs: the page of the pipeline. */
  run: string | null;
  /** Its steps, where its strategy has any. */
  rollout: Rollout | null;
  /** What is to be done on the way, and looked at afterwards: the catalog's when it starts. */
  checklist: readonly ChecklistItem[];
  /** What its probes and numbers say. */
  signals: readonly Signal[];
  /** When its addresses were asked last. */
  probedAt: Instant | null;
};

/** What runs in an environment of the service: the last success there. */
export type Running = { environment: string; version: string; release: ReleaseId; since: Instant };
