/**
 * What a pipeline hears when it asks whether it may. The checks are those of the card; only what a person may answer with a reason or a press is
 * waited for, and what is to be deployed has to be what was approved.
 */
import { type Check } from '../check.ts';
import { openIn } from '../freeze/freeze-check.ts';
import type { UserId } from '../ids.ts';
import { liveGrant, readiness } from '../readiness.ts';
import { type Given, isKnownAs, mismatch } from '../release/artifact.ts';
import { type Artifact, keyOf, nameOf, notStarted, type Release } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import { type Instant, latest } from '../time.ts';
import { at, command, say } from '../words.ts';
import { artifactNamedCheck, mustBeNamed } from './artifact-check.ts';

const comparable = (known: Given, given: Given): boolean =>
  (known.digest !== null && given.digest !== null) || (known.sha !== null && given.sha !== null);

const artifactCheck = (s: Situation, environment: string, given: Given): Check | null => {
  const { artifact } = s.release;
  const differs = mismatch(artifact, given);
  const no = (
    code: 'artifact.differs' | 'artifact.unknown',
    sentence: Check['sentence'],
    fix: Check['fix'],
  ): Check => ({
    code,
    label: 'Artifact',
    state: 'deny',
    sentence,
    until: null,
    fix,
  });
  if (differs !== null)
    return no(
      'artifact.differs',
      say`${nameOf(s.release)} is ${differs.known}, and ${differs.given} is to be deployed`,
      notStarted(s.release)
        ? say`Deploy the one that is known, or record the other one: approval is then asked again.`
        : say`Deploy the one that is known. For another one it is reworked first: Rework on its card.`,
    );
  const known = artifact.digest ?? artifact.sha;
  if (!mustBeNamed(s, environment) || known === null || comparable(artifact, given)) return null;
  const name = artifact.digest === null ? 'commit' : 'digest';
  const nothing = given.sha === null && given.digest === null;
  return no(
    'artifact.unknown',
    nothing
      ? say`the call does not say which artifact is to be deployed; approved was ${known}`
      : say`the call does not say its ${name}, and nothing else is known; approved was ${known}`,
    artifact.digest !== null && artifact.sha !== null ? say`Give its digest, or its commit.` : say`Give its ${name}.`,
  );
};

const planCheck = (s: Situation, environment: string, now: Instant): Check | null => {
  const { when } = s.release;
  if (when.kind !== 'at' || when.start <= now || !isProtected(s, environment)) return null;
  return liveGrant(s, environment, now) !== null
    ? null
    : {
        code: 'plan.later',
        label: 'Plan',
        state: 'wait',
        sentence: say`it is planned for ${at(when.start)}`,
        until: when.start,
        fix: say`To go earlier, plan it for then: ${command(`schedule ${keyOf(s.release)} now`)}.`,
      };
};

/** Everything that keeps a pipeline from deploying it there now. `by`: whose token it is that asks. */
export const pipelineChecks = (
  s: Situation,
  environment: string,
  given: Given,
  now: Instant,
  by: UserId | null = null,
): readonly Check[] => {
  // What was tested and tried has to be what is to be deployed.
  const bound = isKnownAs(s.release.artifact, given)
    ? s
    : { ...s, release: { ...s.release, artifact: boundTo(s.release, given) } };
  const answer = readiness(bound, environment, now, by);
  const own = [artifactCheck(s, environment, given), planCheck(s, environment, now)];
  // What nobody named before was approved by nobody: that the call names one now does not change it.
  const unnamed = liveGrant(s, environment, now) === null ? artifactNamedCheck(s, environment) : [];
  return [
    ...[...answer.checks.filter(({ code }) => code !== 'artifact.unknown'), ...unnamed]
      .filter(({ state }) => state !== 'pass')
      .map((check): Check => (check.state === 'warn' ? { ...check, state: 'wait' } : check)),
    ...own.filter((check) => check !== null),
  ];
};

export type PipelineDecision = 'allow' | 'wait' | 'deny';
export type PipelineAnswer = {
  decision: PipelineDecision;
  reasons: readonly Check[];
  /** When time alone will have cured everything; `null` where it will not. */
  until: Instant | null;
};

/** May it? `deny` only for what waiting cannot cure. */
export const pipelineAnswer = (
  s: Situation,
  environment: string,
  given: Given,
  now: Instant,
  by: UserId | null = null,
): PipelineAnswer => {
  const reasons = pipelineChecks(s, environment, given, now, by);
  if (reasons.length === 0) return { decision: 'allow', reasons, until: null };
  if (reasons.some(({ state }) => state === 'deny')) return { decision: 'deny', reasons, until: null };
  const timed = reasons.every(({ until }) => until !== null);
  const cured = timed ? latest(reasons.map(({ until }) => until)) : null;
  // Not into a freeze, or a closed window, that is known to come.
  // But for an emergency, which waits for no freeze, also before it is confirmed.
  const urgent = reasons.some(({ code }) => code === 'emergency.granted') || liveGrant(s, environment, now) !== null;
  const open = cured === null || urgent ? cured : openIn(s, environment, cured);
  return { decision: 'wait', reasons, until: open };
};

/** What is known of the artifact once this is deployed: what was not known is taken from the pipeline. */
export const boundTo = ({ artifact }: Pick<Release, 'artifact'>, given: Given): Artifact => ({
  ...artifact,
  sha: artifact.sha ?? given.sha,
  digest: artifact.digest ?? given.digest,
});
