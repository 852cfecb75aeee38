/** Gates that have to be recorded for a release to go on, and who is asked to. */

import { type GateRule } from '../catalog/catalog.ts';
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

/** Whether its result is wanted now, whatever it is so far: to be asked, to start in a place that is left, or for the next step. */
export const isGateWanted = (s: Situation, rule: GateRule): boolean => {
  const { status } = s.release.state;
  if (rule.before === 'step')
    return s.deployments.some(
      ({ state, rollout }) => state === 'running' && rollout?.steps[rollout.index + 1]?.gate === rule.name,
    );
  if (status === 'awaiting_approval' || status === 'approved') return true;
  if (status === 'draft') return s.release.askWhenReady && rule.before === 'approval';
  // In one of its places: those of the places that are left, and to which it is not on its way.
  const underWay = s.deployments.some(({ state, environment }) => state === 'running' && environment === rule.before);
  return status === 'deploying' && !underWay && targetsLeft(s).includes(rule.before);
};

/** Those that are wanted and have no result that counts, and who is asked for one; one that failed too, where only a waiver is left. */
export const awaitedGates = (s: Situation, now: Instant): readonly AwaitedGate[] =>
  gateStates(s, now)
    .filter(({ rule, state }) => {
      const open = state === 'pending' || state === 'waiver expired';
      return (open || (state === 'failed' && gateKeepers(s, rule).by === 'waive')) && isGateWanted(s, rule);
    })
    .map(({ rule, result }) => ({
      gate: rule.name,
      since: result?.expiresAt ?? null,
      asked: gateKeepers(s, rule).people.slice(0, MOST_ASKED),
    }));
