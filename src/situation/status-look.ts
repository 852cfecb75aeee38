/**
 * What a glance has to tell: a mark, a word, and nothing by colour alone. One table for cards, lists, direct messages, Home and posts. What
 * lies over a status (an emergency, a hold, a freeze, a lock) takes its mark and adds its word.
 */

import { lockOf } from '../domain/deployment/lock.ts';
import { backOn, cameTo, isBetweenPlaces, isUnhealthy } from '../domain/deployment/standing.ts';
import { isFrozenInSteps } from '../domain/deployment/step-checks.ts';
import { isNeeded } from '../domain/emergency/emergency.ts';
import { isUnjudged, phaseIn } from '../domain/emergency/phase.ts';
import { plannedPastFreeze } from '../domain/freeze/freeze-check.ts';
import { nextEnvironment, obstacles, readiness, targetsLeft } from '../domain/readiness.ts';
import { leftOutOf, OPEN_STATUSES, type ReleaseState, statusOf } from '../domain/release/release.ts';
import { runner } from '../domain/release/runner.ts';
import type { Instant } from '../domain/time.ts';
import { enumerated } from '../domain/words.ts';
import { type Mrkdwn, md } from '../slack/mrkdwn.ts';
import type { Seen } from './seen-by.ts';

export type StatusLook = { mark: Mrkdwn; word: string };

/** The word of a status by itself, for sentences and lists of words. */
export const statusWord = (state: ReleaseState): string => {
  switch (state.status) {
    case 'rolled_back':
      return `back on ${state.to}`;
    case 'closed':
      return `closed, ${state.outcome}`;
    case 'cancelled':
      return state.replacedBy === null ? 'cancelled' : 'replaced';
    case 'draft':
    case 'awaiting_approval':
    case 'approved':
    case 'deploying':
    case 'deployed':
    case 'failed':
      return statusOf(state);
  }
};

const markOf = (state: ReleaseState): Mrkdwn => {
  switch (state.status) {
    case 'draft':
      return md`:white_circle:`;
    case 'awaiting_approval':
      return md`:large_yellow_circle:`;
    case 'approved':
      return md`:large_blue_circle:`;
    case 'deploying':
      return md`:arrows_counterclockwise:`;
    case 'deployed':
      return md`:white_check_mark:`;
    case 'failed':
      return md`:red_circle:`;
    case 'rolled_back':
      return md`:leftwards_arrow_with_hook:`;
    case 'closed':
      return md`:checkered_flag:`;
    case 'cancelled':
      return state.replacedBy === null ? md`:heavy_minus_sign:` : md`:fast_forward:`;
  }
};

/** The emergency whose judgement is still to come: broken for a deployment that has begun, or that may begin by it alone. */
const isEmergency = (s: Seen, now: Instant): boolean => {
  const phase = phaseIn(s, now);
  return ((phase === 'waits' || phase === 'open') && isNeeded(s, now)) || isUnjudged(s.breakGlass);
};

/** What lies over the status, the gravest first. */
const over = (s: Seen, now: Instant): { mark: Mrkdwn; word: string } | null => {
  if (isEmergency(s, now)) return { mark: md`:rotating_light:`, word: 'emergency' };
  if (s.release.hold !== null) return { mark: md`:double_vertical_bar:`, word: 'held' };
  if (s.deployments.some(({ state, rollout }) => state === 'running' && rollout?.paused != null))
    return { mark: md`:double_vertical_bar:`, word: 'paused' };
  if (isFrozenInSteps(s, now)) return { mark: md`:snowflake:`, word: 'frozen' };
  const { status } = s.release.state;
  const halfway = isBetweenPlaces(s);
  if (status !== 'approved' && status !== 'awaiting_approval' && status !== 'draft' && !halfway) return null;
  // Where it can go to one of its places it is not held.
  const left = targetsLeft(s);
  const keeps = (place: string): boolean =>
    obstacles(readiness(s, place, now)).some(({ code }) => code === 'freeze.active') &&
    !plannedPastFreeze(s, place, now);
  const frozen = left.length > 0 && left.every(keeps);
  if ((status === 'approved' || halfway) && frozen) return { mark: md`:snowflake:`, word: 'frozen' };
  // Whoever starts it may have locked it for that.
  const lock = lockOf(s, nextEnvironment(s), now);
  return (status === 'approved' || halfway) && lock !== null && (lock.release !== null || lock.holder !== runner(s))
    ? { mark: md`:lock:`, word: 'locked' }
    : null;
};

/** `, 2 of 3`, where it goes to several places. */
const reachedWords = (s: Seen): string => {
  const { targets } = s.release;
  return targets.length < 2 ? '' : `, ${targets.length - targetsLeft(s).length} of ${targets.length} done`;
};

const detailed = (s: Seen): string => {
  const { state } = s.release;
  const all = s.deployments.filter((d) => d.state === 'running');
  const running = all.find(({ kind }) => kind === 'rollback') ?? all[0];
  if (running?.kind === 'rollback') return `going back to ${running.version}`;
  if (state.status === 'deploying')
    return `${running === undefined ? 'deploying' : `deploying to ${enumerated(all.map(({ environment }) => environment))}`}${reachedWords(s)}`;
  if (isUnhealthy(s)) return 'not healthy';
  if (state.status === 'rolled_back') return `back on ${backOn(s) ?? state.to}`;
  // It came to some of its places: it was to go no further, or a newer one came before it was everywhere.
  const came = state.status === 'deployed' && state.goesOn !== undefined ? cameTo(s) : s.release.targets;
  return leftOutOf(state).length === 0 && came.length === s.release.targets.length
    ? statusWord(state)
    : `${statusWord(state)}, in ${enumerated(came)} only`;
};

/** The status as it is shown everywhere. */
export const statusLook = (s: Seen, now: Instant): StatusLook => {
  const { state } = s.release;
  const running = s.deployments.some((d) => d.state === 'running' && d.kind === 'rollback');
  const base = running ? md`:leftwards_arrow_with_hook:` : markOf(state);
  const lies = OPEN_STATUSES.includes(state.status) ? over(s, now) : null;
  return lies === null ? { mark: base, word: detailed(s) } : { mark: lies.mark, word: `${detailed(s)} · ${lies.word}` };
};

/** The same as a sentence of a lock screen: `checkout 2.14.0 is approved, locked`. That it is an emergency stands before it, until it is judged. */
export const statusSentence = (s: Seen, name: string, now: Instant): string => {
  const word = statusLook(s, now)
    .word.replace(isUnjudged(s.breakGlass) ? / · emergency$/ : /$^/, '')
    .replaceAll(' · ', ', ');
  if (word.startsWith('failed')) return `${name} has ${word}`;
  return `${name} is ${word.startsWith('draft') ? 'a ' : ''}${word}`;
};
