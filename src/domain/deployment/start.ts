/** Starts a deployment when nothing is in the way, or with what gets past it. */

import { environmentNamed } from '../catalog/catalog.ts';
import { type Check } from '../check.ts';
import type { BreakGlass } from '../emergency/phase.ts';
import { happened } from '../events.ts';
import { freezesStopping } from '../freeze/calendar.ts';
import { usedExceptions } from '../freeze/exception.ts';
import { freezeQuestion, isExempt } from '../freeze/freeze-check.ts';
import type { DeploymentId, FreezeId } from '../ids.ts';
import { liveGrant, obstacles, readiness, warnings } from '../readiness.ts';
import { allow, type Decision, type Refusal, refuse, refuseField } from '../refusal.ts';
import { artifactProblems } from '../release/artifact.ts';
import { type BeforeDeploying, move, nameOf } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, type Instant, MINUTE } from '../time.ts';
import { tokenName } from '../token/token.ts';
import { command, listing, say } from '../words.ts';
import { checklistOf } from './checklist.ts';
import { type Deployment, newDeployment } from './deployment.ts';
import { boundTo, pipelineChecks } from './pipeline.ts';
import { bakes, rolloutOf } from './rollout.ts';
import { failures } from './standing.ts';
import { keptApart } from './starter.ts';

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

/** The artifact that a pipeline says it deploys. */
type Given = { sha: string | null; digest: string | null };

/** How a person gets past what only warns, or is overruled. */
const wayPast = (warned: readonly Check[]): string =>
  warned.some(({ state }) => state !== 'warn')
    ? 'You are exempt from it: start'
    : warned.some(({ code }) => code === 'release.superseded' || code === 'release.health')
      ? 'If that is meant, start it'
      : warned.every(({ code }) => code === 'artifact.unknown')
        ? 'Record it, or start'
        : 'It is a soft freeze: start';

/** Why what was asked for cannot be started at all, whatever is in the way: a place, an artifact, another one than was allowed. */
const notAsked = (s: Situation, { environment, revision }: StartInput, given: Given): Refusal | null => {
  if (environmentNamed(s.around.catalog, environment) === null)
    return {
      code: 'not_found',
      what: 'environment',
      reference: environment,
      fix: say`Known: ${s.around.catalog.environments.map(({ name }) => name).join(', ')}.`,
    };
  const unnamed = artifactProblems(given);
  if (unnamed.length > 0) return { code: 'fields', problems: unnamed };
  if (revision === undefined || revision === s.release.artifact.revision) return null;
  const { digest, sha } = s.release.artifact;
  const [known, allowed] = [digest ?? sha, given.digest ?? given.sha];
  return {
    code: 'status',
    did: 'Not started',
    name: nameOf(s.release),
    status:
      known !== null && known === allowed
        ? `changed since it was allowed: it was another artifact in between`
        : `another artifact than the one that was allowed${known === null ? '' : `: it is ${known} now${allowed === null ? '' : `, and allowed was ${allowed}`}`}`,
    fix: say`Ask the gate again.`,
  };
};

/** What a pipeline or a person meets there, as the situation stands. */
const metBy = (s: Situation, environment: string, given: Given, act: Act): readonly Check[] =>
  tokenName(act.by) !== null
    ? pipelineChecks(s, environment, given, act.now, act.by)
    : obstacles(readiness(s, environment, act.now, act.by));

/** The emergency by which it starts: only where it could not without, so that what was approved meanwhile leaves nothing to be judged. */
const grantUsed = (
  s: Situation,
  environment: string,
  given: Given,
  act: Act,
  overruled: (check: Check) => boolean,
): BreakGlass | null => {
  const alone = { ...s, breakGlass: null };
  const person = tokenName(act.by) === null;
  const barred = person && keptApart(alone, environment, act.by, act.now) !== null;
  const free = !barred && metBy(alone, environment, given, act).every(overruled);
  return free ? null : liveGrant(s, environment, act.now);
};

const deploymentOf = (
  s: Situation,
  input: StartInput,
  given: Given,
  act: Act,
  passed: readonly FreezeId[],
): Deployment => {
  const { environment } = input;
  const fresh = newDeployment(s, environment, 'deploy', s.release.version, act, given);
  const planned = rolloutOf(s.around.catalog, s.release.service, isProtected(s, environment), act.now);
  const rollout = planned === null ? null : { ...planned, passed };
  const [first] = rollout?.steps ?? [];
  return {
    ...fresh,
    run: input.run ?? null,
    rollout,
    checklist: isProtected(s, environment) ? checklistOf(s.around.catalog, s.release.service) : [],
    deadline: after(fresh.deadline, bakes(rollout) * MINUTE),
    step: first === undefined ? null : { words: first.name, percent: first.percent, at: act.now },
  };
};

/**
 * Starts the deployment to an environment. Refuses with every obstacle at once; what only warns, as a soft freeze, wants a reason from a person.
 * An environment that is not protected changes no status.
 */
export const startDeployment = (s: Situation, input: StartInput, act: Act): Decision<Effect> => {
  const { environment } = input;
  const given = { sha: input.sha ?? null, digest: input.digest ?? null };
  const wrong = notAsked(s, input, given);
  if (wrong !== null) return refuse(wrong);
  const person = tokenName(act.by) === null;
  const apart = person ? keptApart(s, environment, act.by, act.now) : null;
  if (apart !== null) return refuse(apart);
  const all = metBy(s, environment, given, act);
  const overruled = (check: Check): boolean =>
    check.code === 'freeze.active' && person && isExempt(s, environment, act.by, act.now);
  const inTheWay = all.filter((check) => !overruled(check));
  if (inTheWay.length > 0) return refuse({ code: 'not_ready', environment, obstacles: inTheWay });
  const warned = [...warnings(readiness(s, environment, act.now, act.by)), ...all.filter(overruled)];
  if (warned.length > 0 && (input.reason ?? '').trim() === '')
    return refuseField(
      'reason',
      say`Not started: ${listing(warned.map(({ sentence }) => sentence))}. ${wayPast(warned)} with a reason, ${command(`deploy REL-${s.release.number} ${environment} "why"`)}.`,
    );
  // What would have stopped others: soft, or one from which it or somebody is exempt.
  const stops = freezesStopping(s.around.freezes, [], freezeQuestion(s, environment, act.now));
  const passed = stops.map(({ id }) => id);
  const deployment = deploymentOf(s, input, given, act, passed);
  const grant = grantUsed(s, environment, given, act, overruled);
  const data = {
    environment,
    version: s.release.version,
    before: deployment.before,
    attempt: deployment.attempt,
    reasons: warned.map(({ code }) => code),
    ...(stops.length === 0 ? {} : { passed: stops.map(({ name }) => name) }),
  };
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
    events: [happened(s.release.id, 'deployment.started', data, { words: input.reason, subject: deployment.id })],
  });
};

/** Where something is wrong elsewhere, that stays to be decided: it has failed still, and goes on from here when that is mended. */
const deploying = (s: Situation, deployment: DeploymentId, now: Instant): Situation => {
  const { state } = s.release;
  if (state.status === 'deploying') return s;
  if (state.status === 'failed' && failures(s).length > 0) {
    const { goesOn: _before, ...from } = state;
    const goesOn = { status: 'deploying' as const, since: now, deployment, from };
    return { ...s, release: { ...s.release, state: { ...state, goesOn } } };
  }
  return {
    ...s,
    release: move(s.release, { status: 'deploying', since: now, deployment, from: state as BeforeDeploying }),
  };
};
