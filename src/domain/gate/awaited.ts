/** Gates that have to be recorded for a release to go on, and who is asked to. */

import type { UserId } from '../ids.ts';
import { targetsLeft } from '../readiness.ts';
import type { Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { gateKeepers, gateStates } from './gate.ts';

/** Of many owners so many are asked; any of them may record it. */
const MOST_ASKED = 2;

export type AwaitedGate = {
  gate: string;
  /** Since when it counts no more, where its waiver is over. */
  since: Instant | null;
  asked: readonly UserId[];
};

/** Those before approval while it waits to be asked by itself, all of them from then on until it starts; that of a step once it is the next. */
export const awaitedGates = (s: Situation, now: Instant): readonly AwaitedGate[] => {
  const { status } = s.release.state;
  const asking = status === 'draft' && s.release.askWhenReady;
  const asked = status === 'awaiting_approval' || status === 'approved';
  // In one of its places: those of the places that are left.
  const left = status === 'deploying' && !s.deployments.some((d) => d.state === 'running') ? targetsLeft(s) : [];
  const steps = s.deployments.flatMap(({ state, rollout }) =>
    state === 'running' && rollout !== null ? (rollout.steps[rollout.index + 1]?.gate ?? []) : [],
  );
  if (!asking && !asked && left.length === 0 && steps.length === 0) return [];
  return gateStates(s, now)
    .filter(({ rule, state }) => {
      const missing = state === 'pending' || state === 'waiver expired';
      const wanted =
        rule.before === 'step'
          ? steps.includes(rule.name)
          : asked || left.includes(rule.before) || (asking && rule.before === 'approval');
      return missing && wanted;
    })
    .map(({ rule, result }) => ({
      gate: rule.name,
      since: result?.expiresAt ?? null,
      asked: gateKeepers(s, rule).people.slice(0, MOST_ASKED),
    }));
};
