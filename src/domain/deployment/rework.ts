/** Back to draft after a failure, as a new revision. */

import { happened } from '../events.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import { move, nameOf, type Release, statusOf } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { command, say } from '../words.ts';
import { newerWords } from './newer.ts';
import { canGoBack } from './rollback.ts';
import { leftIn, standingPlaces } from './standing.ts';

/** Back to draft as a new revision: earlier approvals and results do not count for it. */
export const rework = (s: Situation, act: Act): Decision<Effect> => {
  const { state, artifact } = s.release;
  if (state.status !== 'rolled_back' && state.status !== 'failed') {
    return refuse({
      code: 'status',
      did: 'Not reworked',
      name: nameOf(s.release),
      status: statusOf(state),
      fix: say`Rework is for what failed or was rolled back.`,
    });
  }
  const running = s.deployments.find((d) => d.state === 'running');
  if (running !== undefined) {
    const status = `still at work in ${running.environment}`;
    return refuse({
      code: 'status',
      did: 'Not reworked',
      name: nameOf(s.release),
      status,
      fix: say`Finish that first.`,
    });
  }
  const there = standingPlaces(s).map(({ environment }) => environment);
  const maybe = leftIn(s);
  if (there.length + maybe.length > 0)
    return refuse({
      code: 'status',
      did: 'Not reworked',
      name: nameOf(s.release),
      status: there.length > 0 ? `what runs in ${there.join(', ')}` : `what may run in ${maybe.join(', ')} still`,
      fix: canGoBack(s)
        ? say`Roll it back with ${command('rollback')}, or bring another version over it with ${command('hotfix')}.`
        : say`Bring another version over it with ${command('hotfix')}.`,
    });
  const { newer } = s.around;
  if (newer !== null)
    return refuse({
      code: 'status',
      did: 'Not reworked',
      name: nameOf(s.release),
      status: `replaced: ${newerWords(s)}`,
      fix: say`Plan the next version with ${command('new')}.`,
    });
  const revision = artifact.revision + 1;
  const returned = { why: 'reworked', by: act.by, reason: null } as const;
  const release: Release = {
    ...move(s.release, { status: 'draft', since: act.now, returned }),
    artifact: { revision, sha: null, digest: null },
    askWhenReady: false,
  };
  const round =
    s.round === null ? null : { ...s.round, state: 'invalidated' as const, endedAt: s.round.endedAt ?? act.now };
  return allow({ after: { ...s, release, round }, events: [happened(release.id, 'release.reworked', { revision })] });
};
