/** A failure that nobody decides about: who is called when. */

import { onCall } from '../catalog/catalog.ts';
import type { DeploymentId, UserId } from '../ids.ts';
import { managersHere, runner, standIns } from '../release/runner.ts';
import { isProtected } from '../release/traits.ts';
import type { Effect, Situation } from '../situation.ts';
import { after, HOUR, type Instant, latest, MINUTE } from '../time.ts';
import type { Deployment } from './deployment.ts';
import { isReplaced } from './newer.ts';
import { failures, isBeingMended, isOvertaken, wrongSince } from './standing.ts';

export const ON_CALL_AFTER = 15 * MINUTE;
export const MANAGERS_AFTER = 2 * HOUR;

export type Call = { at: Instant; who: 'on call' | 'managers'; people: readonly UserId[] };

/** From when there was something to decide: it went wrong, it is off hold or not being mended any more, nothing goes back any more. */
const decidableSince = ({ release: { state }, deployments }: Situation, failure: Deployment): Instant => {
  const open = state.status === 'failed' ? (state.openSince ?? null) : null;
  const back = deployments.filter((d) => d.kind === 'rollback' && d.state !== 'aborted').map((d) => d.finishedAt);
  return latest([open, ...back, wrongSince(failure)].filter((at) => at !== null)) ?? state.since;
};

/** What there is to decide comes and goes while others act: since when it is there is kept, so that who is called when counts from then. */
export const followDecision = (s: Situation, now: Instant): Effect | null => {
  const { state } = s.release;
  if (state.status !== 'failed') return null;
  const isOpen = undecidedFailure(s) !== null;
  if (state.openSince !== undefined && isOpen === (state.openSince !== null)) return null;
  const release = { ...s.release, state: { ...state, openSince: isOpen ? now : null } };
  return { after: { ...s, release }, events: [] };
};

/**
 * The failure that somebody still has to decide about, and who is called besides whoever was asked at once; `null` where nothing waits. Where those
 * who decide have left, the release managers and the owners of the service are called without waiting.
 */
export const undecidedFailure = (
  s: Situation,
): { deployment: DeploymentId; since: Instant; calls: readonly Call[] } | null => {
  const { state, hold, owner, deployer, service } = s.release;
  if (state.status !== 'failed' || hold !== null || isReplaced(s) || isOvertaken(s) || isBeingMended(s)) return null;
  const failure =
    failures(s).at(-1) ??
    // Nothing failed, and it went back in one of several places.
    s.deployments.findLast((d) => d.kind === 'rollback' && d.state === 'succeeded' && isProtected(s, d.environment));
  if (failure === undefined) return null;
  const { catalog, inactive } = s.around;
  const since = decidableSince(s, failure);
  const asked = [deployer ?? owner, owner];
  const here = asked.some((id) => !inactive.includes(id));
  const called = onCall(catalog, service).filter((id) => !asked.includes(id) && !inactive.includes(id));
  const managers = here ? managersHere(s).filter((id) => !asked.includes(id) && !called.includes(id)) : standIns(s);
  return {
    deployment: failure.id,
    since,
    calls: [
      { at: after(since, ON_CALL_AFTER), who: 'on call', people: called },
      { at: here ? after(since, MANAGERS_AFTER) : since, who: 'managers', people: managers },
    ],
  };
};

/** Who decides by now, and who is asked besides them from when on. */
export const whoDecides = (s: Situation, now: Instant): { people: readonly UserId[]; next: Call | null } => {
  const calls = undecidedFailure(s)?.calls ?? [];
  const { owner } = s.release;
  const own = [runner(s), owner].filter((id) => !s.around.inactive.includes(id));
  const people = [...new Set([...own, ...calls.filter(({ at }) => at <= now).flatMap((call) => call.people)])];
  const later = calls
    .filter(({ at }) => at > now)
    .map((call) => ({ ...call, people: call.people.filter((id) => !people.includes(id)) }));
  return { people, next: later.find((call) => call.people.length > 0) ?? null };
};
