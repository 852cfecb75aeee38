/** Whether a place is taken: by what is under way there, or by somebody's lock. */

import { type Check, NOTHING, pass } from '../check.ts';
import type { UserId } from '../ids.ts';
import { keeper } from '../release/runner.ts';
import { compareVersions } from '../release/version.ts';
import type { Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { at, command, listing, person, type Sentence, say } from '../words.ts';
import type { Deployment } from './deployment.ts';
import { lockOf } from './lock.ts';

/** What is under way in an environment, and since when. */
const runningSentence = ({ service, version, environment, kind, runBy, startedAt }: Deployment): Sentence =>
  kind === 'rollback'
    ? say`${service} is going back to ${version} in ${environment} since ${at(startedAt)}, by ${person(runBy)}`
    : say`${service} ${version} is being deployed to ${environment} by ${person(runBy)} since ${at(startedAt)}`;

/** At which of its steps it is, and what keeps it there. */
const stepSentence = ({ rollout }: Deployment): Sentence => {
  if (rollout === null) return NOTHING;
  const { index, steps, paused, stopped } = rollout;
  const why =
    paused !== null
      ? say`, paused: ${paused.reason}`
      : stopped.length > 0
        ? say`, stopped by ${listing(stopped.map(({ metric }) => metric))}`
        : NOTHING;
  return say`, at step ${index + 1} of ${steps.length} (${steps[index]?.name ?? ''})${why}`;
};

/** What comes after another deployment: a newer one takes this one's place. */
const afterwards = (s: Situation, running: Deployment): Sentence =>
  running.kind === 'deploy' &&
  compareVersions(
    s.around.catalog.services[s.release.service]?.versioning ?? 'free',
    running.version,
    s.release.version,
  ) > 0
    ? say`Once it is through it takes the place of ${s.release.version}.`
    : say`Start yours once that has ended; see it with ${command('env')}.`;

/** `by`: who asks, where somebody does. Whoever locked it by hand keeps everybody else out. */
export const lockCheck = (s: Situation, environment: string, now: Instant, by: UserId | null = null): Check => {
  const own = s.deployments.find((d) => d.environment === environment && d.state === 'running');
  const running = own ?? s.around.busy.find((d) => d.environment === environment);
  if (running !== undefined)
    return {
      code: 'lock.held',
      label: 'Lock',
      state: 'wait',
      sentence: say`${runningSentence(running)}${stepSentence(running)}`,
      until: null,
      fix: own === undefined ? afterwards(s, running) : say`Say on its card how it ended.`,
    };
  const lock = lockOf(s, environment, now);
  if (lock === null) return pass('lock.held', 'Lock', say`no lock`);
  if (lock.release === null && lock.holder === by)
    return pass('lock.held', 'Lock', say`locked by ${person(lock.holder)}, who may start there`);
  const until = lock.expiresAt === null ? NOTHING : say` until ${at(lock.expiresAt)}`;
  const place = `${lock.service} ${lock.environment}`;
  return {
    code: 'lock.held',
    label: 'Lock',
    state: 'wait',
    sentence:
      lock.release === null
        ? say`${environment} is locked by ${person(lock.holder)} since ${at(lock.since)}${until}: ${lock.reason}`
        : say`${environment} is locked since ${at(lock.since)}${until}, until ${person(keeper(s, lock))} says what the cause was`,
    until: lock.expiresAt,
    fix:
      lock.release === null
        ? say`Ask ${person(lock.holder)}, who may start there, or take it over with ${command(`lock ${place} take-over "why"`)}.`
        : say`Say what the cause was, then lift it with ${command(`unlock ${place} "cause"`)}.`,
  };
};
