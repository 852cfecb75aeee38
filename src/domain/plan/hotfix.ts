/** What failed is fixed forward by a hotfix of it, for as long as that one stands. */
import { happened } from '../events.ts';
import { keyOf, move } from '../release/release.ts';
import { compareVersions } from '../release/version.ts';
import type { Effect, Situation } from '../situation.ts';
import { type Instant } from '../time.ts';

/** The hotfix that is everywhere where this one failed; `null` while none is. */
const fixedBy = (s: Situation) =>
  s.around.siblings.find(
    ({ fixes, status, targets, version }) =>
      fixes === s.release.id &&
      status === 'deployed' &&
      s.release.targets.every((place) => targets.includes(place)) &&
      // What is older runs instead of it, and mends nothing.
      compareVersions(s.around.catalog.services[s.release.service]?.versioning ?? 'free', version, s.release.version) >
        0,
  ) ?? null;

/** One that is not healthy and still runs has taken the place all the same: what is wrong is that one's to decide. */
const runs = (s: Situation, fix: string): boolean =>
  s.around.running.some(({ environment, version }) => s.release.targets.includes(environment) && version === fix);

/** What failed is fixed forward: a hotfix of it is deployed. And failed again when that one is not any more. */
export const followHotfix = (s: Situation, now: Instant): Effect | null => {
  const { state } = s.release;
  const fix = fixedBy(s);
  const running = s.deployments.some((d) => d.state === 'running');
  if (state.status === 'failed' && fix !== null && !running) {
    const before = s.deployments.findLast(({ kind }) => kind === 'deploy')?.before ?? null;
    const release = move(s.release, { status: 'deployed', since: now, before, healthy: true, fixedBy: fix.release });
    const data = { by: keyOf(fix), version: fix.version };
    return { after: { ...s, release }, events: [happened(s.release.id, 'release.fixed', data)] };
  }
  const lost =
    state.status === 'deployed' && state.fixedBy !== undefined
      ? s.around.siblings.find(
          (fix) =>
            fix.release === state.fixedBy &&
            (fix.status === 'rolled_back' || (fix.status === 'failed' && !runs(s, fix.version))),
        )
      : undefined;
  if (lost === undefined) return null;
  const how = lost.status === 'failed' ? 'failed' : 'was rolled back';
  const reason = `its fix ${lost.version} (${keyOf(lost)}) ${how}`;
  const event = happened(s.release.id, 'release.unfixed', { by: keyOf(lost), version: lost.version, how });
  return { after: { ...s, release: move(s.release, { ...stands(s, reason), since: now }) }, events: [event] };
};

/** Without its fix it is what it was, or, where something else runs by now, gone back from. */
const stands = (
  s: Situation,
  reason: string,
): { status: 'failed'; reason: string } | { status: 'rolled_back'; to: string; reason: string } => {
  const now = s.around.running.filter(({ environment }) => s.release.targets.includes(environment));
  const [other] = now.filter(({ version }) => version !== s.release.version);
  return other !== undefined && now.every(({ version }) => version !== s.release.version)
    ? { status: 'rolled_back', to: other.version, reason }
    : { status: 'failed', reason };
};
