/** What went out although nobody was asked: because Signalbox could not be reached, or because somebody went round it. It is recorded, and said. */
import { environmentNamed } from '../catalog/catalog.ts';
import { happened } from '../events.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { artifactProblems, type Given, mismatch } from '../release/artifact.ts';
import { type BeforeDeploying, move, nameOf, statusOf } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, DAY } from '../time.ts';
import { command, listing, say } from '../words.ts';
import { newDeployment } from './deployment.ts';
import { pipelineChecks } from './pipeline.ts';

/** Seconds. Older news than this is no deployment that still runs. */
export const OLDEST = (30 * DAY) / 1_000;

export type UnaskedInput = Given & {
  environment: string;
  /** How long ago it started: whoever tells it may have another clock. */
  secondsAgo: number;
  reason: string;
  run: string | null;
};

const BEFORE: ReadonlySet<string> = new Set(['draft', 'awaiting_approval', 'approved', 'failed', 'deploying']);

/**
 * Records a deployment that started without an answer; how it ended is told as of any other. Nothing can stop what has happened, so nothing in
 * its way is asked: what would have been is kept with it. Refuses what is deployed already, and a place where something runs.
 */
export const reportDeployment = (s: Situation, input: UnaskedInput, act: Act): Decision<Effect> => {
  const { environment, reason } = input;
  const at = after(act.now, -input.secondsAgo * 1_000);
  const { release } = s;
  if (environmentNamed(s.around.catalog, environment) === null)
    return refuse({
      code: 'not_found',
      what: 'environment',
      reference: environment,
      fix: say`Known: ${listing(s.around.catalog.environments.map(({ name }) => name))}.`,
    });
  if (reason.trim() === '') return refuseField('reason', say`Say why nobody was asked; it is announced.`);
  const unnamed = artifactProblems(input);
  if (unnamed.length > 0) return refuse({ code: 'fields', problems: unnamed });
  const runs = s.around.running.find((each) => each.environment === environment);
  const here = s.deployments.some((d) => d.environment === environment && d.state === 'running');
  if (here || !BEFORE.has(release.state.status) || runs?.version === release.version)
    return refuse({
      code: 'status',
      did: 'Not recorded',
      name: nameOf(release),
      status: here ? `being deployed to ${environment} already` : statusOf(release.state),
      fix: say`See ${command(`show REL-${release.number}`)}.`,
    });
  const busy = s.around.busy.some((d) => d.environment === environment);
  const inTheWay = pipelineChecks(s, environment, input, act.now, act.by);
  if (busy)
    return refuse({ code: 'not_ready', environment, obstacles: inTheWay.filter(({ code }) => code === 'lock.held') });
  const deployment = {
    ...newDeployment(s, environment, 'deploy', release.version, act, input),
    startedAt: at,
    run: input.run,
  };
  const differs = mismatch(release.artifact, input);
  const events = [
    happened(
      release.id,
      'deployment.started',
      {
        environment,
        version: release.version,
        before: deployment.before,
        attempt: deployment.attempt,
        reasons: ['unasked'],
      },
      { words: reason, subject: deployment.id, due: at },
    ),
    happened(
      release.id,
      'deployment.unasked',
      {
        environment,
        version: release.version,
        inTheWay: inTheWay.map(({ label }) => label.toLowerCase()),
        artifact: differs?.given ?? null,
        known: differs?.known ?? null,
      },
      { words: reason, subject: deployment.id },
    ),
  ];
  const { state } = release;
  const status =
    isProtected(s, environment) && state.status !== 'deploying'
      ? move(release, {
          status: 'deploying',
          since: act.now,
          deployment: deployment.id,
          from: state as BeforeDeploying,
        })
      : release;
  return allow({ after: { ...s, release: status, deployments: [...s.deployments, deployment] }, events });
};
