/** What has ended in part: nothing of it runs any more, and it does not simply go on to the places that are left. */

import { type EventDraft, happened } from '../events.ts';
import { targetsLeft } from '../readiness.ts';
import { move } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import { openReview } from '../review/review.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { type Deployment } from './deployment.ts';
import { isBetweenPlaces, lastThere, stands } from './standing.ts';
import { isHealthyAtOnce } from './verification.ts';

const ended = (s: Situation, back: Deployment | null): EventDraft => {
  const came = s.release.targets.filter((place) => stands(s, place));
  const data = { came, left: targetsLeft(s), back: back?.environment ?? null };
  return happened(s.release.id, 'deployment.ended_in_part', data, back === null ? {} : { subject: back.id });
};

/**
 * One place went back while it came to another: somebody decides what becomes of that, as after any failure. Or a newer release came before it
 * was everywhere: it is deployed where it came, and goes no further. `null` while it runs, or can go on.
 */
export const endInPart = (s: Situation, act: Act): Effect | null => {
  const { state, artifact, service } = s.release;
  const running = s.deployments.some((d) => d.state === 'running' && isProtected(s, d.environment));
  if (state.status !== 'deploying' || running) return null;
  const back = [...lastThere(s).values()].find(
    (d) => d.kind === 'rollback' && d.state === 'succeeded' && d.revision === artifact.revision,
  );
  if (back !== undefined && isProtected(s, back.environment)) {
    const failed = move(s.release, { status: 'failed', since: act.now, reason: back.reason ?? 'rolled back' });
    return openReview({ after: { ...s, release: failed }, events: [ended(s, back)] }, 'failed', act);
  }
  const last = s.deployments.findLast((d) => d.kind === 'deploy' && d.state === 'succeeded');
  const came = s.release.targets.some((place) => stands(s, place));
  if (s.around.newer === null || last === undefined || !came || targetsLeft(s).length === 0) return null;
  const healthy = isHealthyAtOnce(s.around.catalog, service) ? true : null;
  const release = move(s.release, { status: 'deployed', since: act.now, before: last.before, healthy, goesOn: state });
  const round = s.round === null ? null : { ...s.round, state: 'consumed' as const };
  return openReview({ after: { ...s, release, round }, events: [ended(s, null)] }, 'success', act);
};

/**
 * Somebody has it go no further: it stays where it came, and the other places are none of it any more. `null` while something of it runs, where it
 * came nowhere, and where nothing is left.
 */
export const stopHere = (s: Situation, reason: string, act: Act): Effect | null => {
  const { targets, service } = s.release;
  const came = targets.filter((place) => stands(s, place));
  const left = targetsLeft(s);
  const last = s.deployments.findLast((d) => d.kind === 'deploy' && d.state === 'succeeded');
  if (!isBetweenPlaces(s) || last === undefined || came.length === 0 || left.length === 0) return null;
  const healthy = isHealthyAtOnce(s.around.catalog, service) ? true : null;
  const kept = { ...s.release, targets: came, hold: null };
  const release = move(kept, { status: 'deployed', since: act.now, before: last.before, healthy, leftOut: left });
  const round = s.round === null ? null : { ...s.round, state: 'consumed' as const };
  const data = { came, left, back: null, stopped: true as const };
  const event = happened(release.id, 'deployment.ended_in_part', data, { words: reason });
  return openReview({ after: { ...s, release, round }, events: [event] }, 'success', act);
};

/** What came before it was everywhere is gone: it goes on to the places that are left, approved as it was. `null` when nothing is to be done. */
export const goOn = (s: Situation, now: Instant): Effect | null => {
  const { state } = s.release;
  if (state.status !== 'deployed' || state.goesOn === undefined || s.around.newer !== null) return null;
  if (targetsLeft(s).length === 0) return null;
  const release = move(s.release, { ...state.goesOn, since: now });
  const round = s.round?.state === 'consumed' ? { ...s.round, state: 'approved' as const } : s.round;
  return {
    after: { ...s, release, round },
    events: [happened(release.id, 'release.came_back', { status: 'deploying' })],
  };
};
