/** Starts at its time without anybody's press: where its pipeline is called by webhook. By hand somebody is told; a pipeline that waits at the gate goes on. */

import { startMode } from '../catalog/catalog.ts';
import type { NewId } from '../ids.ts';
import { readiness, targetsLeft } from '../readiness.ts';
import { runner } from '../release/runner.ts';
import type { Effect, Situation } from '../situation.ts';
import { after, HOUR, type Instant, MINUTE } from '../time.ts';
import { startDeployment } from './start.ts';

/** So long after its time it still starts; later somebody has to want it. */
const STILL = HOUR;
/** So long before, whoever runs it hears that it will. */
export const TOLD_AHEAD = 10 * MINUTE;

/** When and where it starts by itself, planned and approved as it is; `null` where somebody starts it. */
export const startsByItself = (s: Situation): { at: Instant; until: Instant; environment: string } | null => {
  const { when, state, hold, service } = s.release;
  const [environment] = targetsLeft(s);
  if (when.kind !== 'at' || hold !== null || environment === undefined) return null;
  if (state.status !== 'approved' && state.status !== 'deploying') return null;
  if (startMode(s.around.catalog, service, environment) !== 'webhook') return null;
  return { at: when.start, until: when.end ?? after(when.start, STILL), environment };
};

/** Starts it, once, when its time has come and nothing at all is in the way; `null` where it does not. What was tried since is not tried again. */
export const startAtItsTime = (s: Situation, now: Instant, newId: NewId): Effect | null => {
  const planned = startsByItself(s);
  if (planned === null || now < planned.at || now >= planned.until) return null;
  const { environment, at } = planned;
  const tried = s.deployments.some(
    (d) => d.state === 'running' || (d.environment === environment && d.startedAt >= at),
  );
  if (tried || readiness(s, environment, now).checks.some(({ state }) => state !== 'pass')) return null;
  const started = startDeployment(s, { environment, reason: null }, { by: runner(s), now, newId });
  return started.ok
    ? { ...started.value, events: started.value.events.map((event) => ({ ...event, byItself: true as const })) }
    : null;
};
