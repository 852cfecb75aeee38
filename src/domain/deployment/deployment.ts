/** Deployments: started when nothing is in the way, finished by what people say of them, undone by a rollback that nothing may refuse. */
import { environmentNamed } from '../catalog/catalog.ts';
import { type Check } from '../check.ts';
import { type EventDraft, happened } from '../events.ts';
import { freezesStopping } from '../freeze/calendar.ts';
import { usedExceptions } from '../freeze/exception.ts';
import { freezeQuestion, isExempt } from '../freeze/freeze-check.ts';
import { workingDaysLater } from '../hours.ts';
import type { DeploymentId, ReleaseId, UserId } from '../ids.ts';
import { liveGrant, obstacles, readiness, warnings } from '../readiness.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { artifactProblems } from '../release/artifact.ts';
import { type BeforeDeploying, move, nameOf, STATUS_WORDS } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import { withAction } from '../review/action.ts';
import { openReview } from '../review/review.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, between, type Instant, MINUTE } from '../time.ts';
import { tokenName } from '../token/token.ts';
import { command, say } from '../words.ts';
import { type ChecklistItem, checklistOf } from './checklist.ts';
import { isLockHolder } from './lock-check.ts';
import { boundTo, pipelineChecks } from './pipeline.ts';
import { bakes, type Rollout, rolloutOf } from './rollout.ts';
import type { Signal } from './signals.ts';
import { keptApart } from './starter.ts';
import { isHealthyAtOnce } from './verification.ts';

export const minutes = (from: Instant, to: Instant): number => Math.round(between(from, to) / MINUTE);

const runningIn = (s: Situation, environment: string): string | null =>
  s.around.running.find((running) => running.environment === environment)?.version ?? null;

export type StartInput = {
  environment: string;
  reason: string | null;
  /** What a pipeline says that it deploys, and where one can watch it. */
  sha?: string | null | undefined;
  digest?: string | null | undefined;
  run?: string | null | undefined;
  /** The revision of the artifact that was allowed, where a pass says so. */
  revision?: number | undefined;
};

/**
 * Starts the deployment to an environment. Refuses with every obstacle at once; a soft freeze wants a reason from a person.
 * An environment that is not protected changes no status.
 */
export const startDeployment = (s: Situation, input: StartInput, act: Act): Decision<Effect> => {
  const { environment } = input;
  const given = { sha: input.sha ?? null, digest: input.digest ?? null };
  if (environmentNamed(s.around.catalog, environment) === null) {
    return refuse({
      code: 'not_found',
      what: 'environment',
      reference: environment,
      fix: say`Known: ${s.around.catalog.environments.map(({ name }) => name).join(', ')}.`,
    });
  }
  const unnamed = artifactProblems(given);
  if (unnamed.length > 0) return refuse({ code: 'fields', problems: unnamed });
  if (input.revision !== undefined && input.revision !== s.release.artifact.revision) {
    const { digest, sha } = s.release.artifact;
    const [known, allowed] = [digest ?? sha, given.digest ?? given.sha];
    return refuse({
      code: 'status',
      did: 'Not started',
      name: nameOf(s.release),
      status: `another artifact than the one that was allowed${known === null ? '' : `: it is ${known} now${allowed === null ? '' : `, and allowed was ${allowed}`}`}`,
      fix: say`Ask the gate again.`,
    });
  }
  const pipeline = tokenName(act.by) !== null;
  const apart = pipeline ? null : keptApart(s, environment, act.by, act.now);
  if (apart !== null) return refuse(apart);
  const answer = readiness(s, environment, act.now);
  const all = pipeline ? pipelineChecks(s, environment, given, act.now) : obstacles(answer);
  const overruled = (check: Check): boolean =>
    check.code === 'freeze.active' && !pipeline && isExempt(s, environment, act.by, act.now);
  // What is under way there is nobody's to pass.
  const idle = ![...s.deployments, ...s.around.busy].some(
    (d) => d.environment === environment && d.state === 'running',
  );
  const own = (check: Check): boolean =>
    check.code === 'lock.held' && idle && isLockHolder(s, environment, act.by, act.now);
  const inTheWay = all.filter((check) => !overruled(check) && !own(check));
  if (inTheWay.length > 0) return refuse({ code: 'not_ready', environment, obstacles: inTheWay });
  const warned = [...warnings(answer), ...all.filter(overruled)];
  if (warned.length > 0 && (input.reason ?? '').trim() === '') {
    return refuseField(
      'reason',
      say`Not started: ${warned[0]?.sentence ?? []}. ${warned[0]?.state === 'warn' ? 'It is a soft freeze' : 'You are exempt from it'}: start with a reason, ${command(`deploy REL-${s.release.number} ${environment} "why"`)}.`,
    );
  }
  const fresh = newDeployment(s, environment, 'deploy', s.release.version, act);
  const planned = rolloutOf(s.around.catalog, s.release.service, isProtected(s, environment), act.now);
  const question = freezeQuestion(s, environment, act.now);
  const passed = freezesStopping(s.around.freezes, [], question).map(({ id }) => id);
  // What would have stopped others: soft, or one from which it or somebody is exempt.
  const gotPast = s.around.freezes.filter(({ id }) => passed.includes(id)).map(({ name }) => name);
  const rollout = planned === null ? null : { ...planned, passed };
  const [first] = rollout?.steps ?? [];
  const deployment: Deployment = {
    ...fresh,
    run: input.run ?? null,
    rollout,
    checklist: isProtected(s, environment) ? checklistOf(s.around.catalog, s.release.service) : [],
    deadline: after(fresh.deadline, bakes(rollout) * MINUTE),
    step: first === undefined ? null : { words: first.name, percent: first.percent, at: act.now },
  };
  const grant = liveGrant(s, environment, act.now);
  const event = happened(
    s.release.id,
    'deployment.started',
    {
      environment,
      version: s.release.version,
      before: deployment.before,
      attempt: deployment.attempt,
      reasons: warned.map(({ code }) => code),
      ...(gotPast.length === 0 ? {} : { passed: gotPast }),
    },
    { words: input.reason, subject: deployment.id },
  );
  const started = {
    ...s,
    // What is tried elsewhere says nothing of what is meant for production.
    release: isProtected(s, environment) ? { ...s.release, artifact: boundTo(s.release, given) } : s.release,
    deployments: [...s.deployments, deployment],
    breakGlass: grant === null ? s.breakGlass : { ...grant, usedBy: deployment.id },
    // An emergency needs none.
    exceptions: grant === null ? usedExceptions(s, environment, passed, deployment.id, act.now) : s.exceptions,
  };
  return allow({
    after: isProtected(s, environment) ? deploying(started, deployment.id, act.now) : started,
    events: [event],
  });
};

export const newDeployment = (
  s: Situation,
  environment: string,
  kind: Deployment['kind'],
  version: string,
  act: Act,
): Deployment => ({
  id: act.newId('deployment'),
  release: s.release.id,
  service: s.release.service,
  environment,
  version,
  revision: s.release.artifact.revision,
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
  before: runningIn(s, environment),
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

const deployMinutes = (s: Situation): number => s.around.catalog.services[s.release.service]?.deployMinutes ?? 120;

const deploying = (s: Situation, deployment: DeploymentId, now: Instant): Situation => {
  const { state } = s.release;
  if (state.status === 'deploying') return s;
  return {
    ...s,
    release: move(s.release, { status: 'deploying', since: now, deployment, from: state as BeforeDeploying }),
  };
};

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

export const nothingRuns = (s: Situation, did: string): Decision<never> =>
  refuse({
    code: 'status',
    did,
    name: nameOf(s.release),
    status: `${STATUS_WORDS[s.release.state.status]}, and nothing of it runs`,
    fix: say`See ${command(`show REL-${s.release.number}`)}.`,
  });

/** The deployment went through. The release is deployed once every target environment has this artifact. */
export const succeedDeployment = (s: Situation, environment: string | null, act: Act): Decision<Effect> => {
  const running = runningDeployment(s, environment, 'deploy');
  if (running === null) return nothingRuns(s, 'Not recorded');
  const done = endedAs(s, running.id, 'succeeded', act.by, null, act.now);
  const data = {
    environment: running.environment,
    version: running.version,
    before: running.before,
    minutes: minutes(running.startedAt, act.now),
  };
  const events: EventDraft[] = [happened(s.release.id, 'deployment.succeeded', data, { subject: running.id })];
  // Whichever comes last: an unprotected target counts as well, and alone changes no status.
  if (s.release.state.status !== 'deploying' || !reachedAll(done)) return allow({ after: done, events });
  const release = move(done.release, {
    status: 'deployed',
    since: act.now,
    before: running.before,
    healthy: isHealthyAtOnce(s.around.catalog, s.release.service) ? true : null,
  });
  const consumed = {
    ...done,
    release,
    round: done.round === null ? null : { ...done.round, state: 'consumed' as const },
  };
  return allow(openReview(afterwards({ after: consumed, events }, act), 'success', act));
};

/** What its strategy leaves to be done, once: the owner's, by its day. */
const afterwards = (effect: Effect, act: Act): Effect => {
  const { deployments, actions } = effect.after;
  const todo = deployments.findLast(({ rollout }) => rollout?.afterwards != null)?.rollout?.afterwards ?? null;
  if (todo === null || actions.some(({ text, state }) => text === todo.text && state === 'open')) return effect;
  const due = workingDaysLater(effect.after, act.now, todo.days);
  const added = withAction(effect, { text: todo.text, owner: null, due }, act);
  const known = new Set(effect.events);
  return {
    ...added,
    events: added.events.map((event) => (known.has(event) ? event : { ...event, byItself: true as const })),
  };
};

const reachedAll = (s: Situation): boolean =>
  s.release.targets.every((environment) => {
    const last = s.deployments.filter((d) => d.environment === environment && d.kind === 'deploy').at(-1);
    return last?.state === 'succeeded' && last.revision === s.release.artifact.revision;
  });

/** A person says that it failed. Needs a reason: it is announced. */
export const failDeployment = (
  s: Situation,
  input: { environment: string | null; reason: string; cause?: Cause | null | undefined },
  act: Act,
): Decision<Effect> => {
  const running = runningDeployment(s, input.environment, 'deploy');
  if (running === null) return nothingRuns(s, 'Not recorded');
  if (input.reason.trim() === '') return refuseField('reason', say`Say what failed; it is announced with the failure.`);
  return allow(countedAsFailed(s, { ...running, cause: input.cause ?? null }, input.reason, act, false));
};

/** Nobody finished it before its deadline: it counts as failed, dated at the deadline. */
export const timeOut = (s: Situation, running: Deployment, act: Act): Effect =>
  countedAsFailed(s, running, 'nobody finished it in time', { ...act, now: running.deadline }, true);

export const countedAsFailed = (
  s: Situation,
  running: Deployment,
  reason: string,
  act: Act,
  timedOut: boolean,
): Effect => {
  const ended = endedAs(s, running.id, 'failed', timedOut ? null : act.by, reason, act.now);
  const inARow =
    isProtected(s, running.environment) && running.kind === 'deploy'
      ? (s.around.failing[running.environment] ?? 0) + 1
      : null;
  const done: Situation = {
    ...ended,
    deployments: ended.deployments.map((d) => (d.id === running.id ? { ...d, cause: running.cause, inARow } : d)),
  };
  const due = timedOut ? { due: running.deadline } : {};
  const event = happened(
    s.release.id,
    'deployment.failed',
    {
      environment: running.environment,
      version: running.version,
      timedOut,
      ...(running.cause === null ? {} : { cause: running.cause }),
    },
    { words: timedOut ? null : reason, subject: running.id, ...due },
  );
  if (!isProtected(s, running.environment)) return { after: done, events: [event] };
  if (running.kind === 'rollback') return failedRollback({ after: done, events: [event] }, reason, act);
  if (done.release.state.status !== 'deploying') return { after: done, events: [event] };
  const release = move(done.release, { status: 'failed', since: act.now, reason });
  return openReview({ after: { ...done, release, round: overtaken(done, act.now) }, events: [event] }, 'failed', act);
};

/** What could not go back stays where it should not be: the release has failed, however well it had begun. */
const failedRollback = ({ after: s, events }: Effect, reason: string, act: Act): Effect =>
  s.release.state.status === 'deployed'
    ? openReview(
        { after: { ...s, release: move(s.release, { status: 'failed', since: act.now, reason }) }, events },
        'failed',
        act,
      )
    : { after: s, events };

/** A round that was still open when an emergency started is over: what failed is not waiting for approval. */
const overtaken = ({ round }: Situation, now: Instant): Situation['round'] =>
  round !== null && round.state === 'open' ? { ...round, state: 'withdrawn', endedAt: now } : round;

/** Stopped before anything was touched: the release goes back to where it came from, and no failure is counted. */
export const abortDeployment = (
  s: Situation,
  input: { environment: string | null; reason: string | null },
  act: Act,
): Decision<Effect> => {
  const { reason } = input;
  const running = runningDeployment(s, input.environment, 'deploy');
  if (running === null) return nothingRuns(s, 'Not aborted');
  const { rollout } = running;
  if (rollout !== null && rollout.index > 0 && (rollout.steps[rollout.index]?.percent ?? 0) > 0)
    return refuse({
      code: 'status',
      did: 'Not aborted',
      name: nameOf(s.release),
      status: `at ${rollout.steps[rollout.index]?.name ?? 'its last step'}: something was touched`,
      fix: say`Say that it failed, or go back with ${command(`rollback REL-${s.release.number} "why"`)}.`,
    });
  const done = endedAs(s, running.id, 'aborted', act.by, reason, act.now);
  const event = happened(
    s.release.id,
    'deployment.aborted',
    { environment: running.environment, version: running.version },
    { words: reason, subject: running.id },
  );
  const { state } = done.release;
  // Back only when nothing of it is in a protected environment, or on its way there.
  const elsewhere = done.deployments.some(
    (d) =>
      d.id !== running.id &&
      isProtected(s, d.environment) &&
      d.revision === running.revision &&
      (d.state === 'running' || d.state === 'succeeded'),
  );
  const back = state.status === 'deploying' && !elsewhere && isProtected(s, running.environment);
  const release = back ? move(done.release, state.from) : done.release;
  return allow({ after: { ...done, release }, events: [event] });
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
