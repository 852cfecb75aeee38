/** A failure that nobody decides about: who is called when. */
import { membersOf, onCall } from '../catalog/catalog.ts';
import { runner } from '../duties.ts';
import type { DeploymentId, UserId } from '../ids.ts';
import { isProtected } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import { after, HOUR, type Instant, MINUTE } from '../time.ts';
import { failures, isUnwell } from './standing.ts';

export const ON_CALL_AFTER = 15 * MINUTE;
export const MANAGERS_AFTER = 2 * HOUR;

export type Call = { at: Instant; who: 'on call' | 'managers'; people: readonly UserId[] };

/** The failure that somebody still has to decide about, and who is called besides whoever was asked at once; `null` where nothing waits. */
export const undecidedFailure = (s: Situation): { deployment: DeploymentId; calls: readonly Call[] } | null => {
  const { state, hold, owner, service } = s.release;
  if (state.status !== 'failed' || hold !== null || s.around.newer !== null) return null;
  const failure =
    failures(s).at(-1) ??
    s.deployments.findLast((d) => isProtected(s, d.environment) && (d.state === 'failed' || isUnwell(d)));
  if (failure === undefined) return null;
  // What runs elsewhere decides nothing here.
  const goesOn = (d: (typeof s.deployments)[number]): boolean =>
    d.state === 'running' && (d.kind === 'rollback' || d.environment === failure.environment);
  if (s.deployments.some(goesOn)) return null;
  const { catalog, inactive } = s.around;
  const since = state.openSince ?? state.since;
  const asked = [runner(s), owner];
  const called = onCall(catalog, service).filter((id) => !asked.includes(id) && !inactive.includes(id));
  const managers = membersOf(catalog, catalog.roles.release_manager, service).filter(
    (id) => !asked.includes(id) && !called.includes(id) && !inactive.includes(id),
  );
  return {
    deployment: failure.id,
    calls: [
      { at: after(since, ON_CALL_AFTER), who: 'on call', people: called },
      { at: after(since, MANAGERS_AFTER), who: 'managers', people: managers },
    ],
  };
};
