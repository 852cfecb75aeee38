/** Drafts, and gates before their approval. */
import type { GateRule } from '../../src/domain/catalog/catalog.ts';
import type { GateResult } from '../../src/domain/gate/gate.ts';
import type { Release } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { aCatalog, anAct, aRelease, aSituation, counting, NOW, OWNER, QUINN } from './builders.ts';

export const newId = counting();
export const by = (who = OWNER, now = NOW) => anAct(who, now, newId);
export const gate = (more: Partial<GateRule> = {}): GateRule => ({
  name: 'regression',
  when: {},
  before: 'approval',
  owners: ['qa'],
  waive: 'release_manager',
  ...more,
});
export const result = (more: Partial<GateResult> = {}): GateResult => ({
  id: newId('gateResult'),
  gate: 'regression',
  revision: 1,
  outcome: 'passed',
  actor: QUINN,
  comment: null,
  at: NOW,
  expiresAt: null,
  evidence: null,
  digest: null,
  ...more,
});
export const drafted = (
  release: Partial<Release> = {},
  catalog = aCatalog(),
  more: Partial<Situation> = {},
): Situation => aSituation({ ...more, release: aRelease(release), around: { catalog } });
