/** Which gates a release needs, how they stand, and where they are in the way. Recording and waiving stand in gate-results.test.ts. */
import { describe, expect, it } from 'vitest';
import type { RoundState } from '../../../src/domain/approval/round.ts';
import type { GateRule, Predicate } from '../../../src/domain/catalog/catalog.ts';
import {
  type GateResult,
  type GateState,
  gateStates,
  gatesInTheWay,
  isMet,
  requiredGates,
} from '../../../src/domain/gate/gate.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import { aCatalog, aRelease, aRound, aSituation, counting, NOW, QUINN } from '../../support/builders.ts';

const newId = counting();
const later = after(NOW, HOUR);
const gate = (name: string, more: Partial<GateRule> = {}): GateRule => ({
  name,
  when: {},
  before: 'production',
  owners: ['qa'],
  waive: 'release_manager',
  ...more,
});
const aResult = (gateName: string, more: Partial<GateResult> = {}): GateResult => ({
  id: newId('gateResult'),
  gate: gateName,
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
type Parts = Parameters<typeof aSituation>[0];
const gated = (gates: readonly GateRule[], results: readonly GateResult[] = [], more: Parts = {}) =>
  aSituation({ gates: results, ...more, around: { catalog: aCatalog({ gates }) } });
const names = (states: readonly GateState[]) => states.map(({ rule }) => rule.name);

describe('the gates that a release needs', () => {
  it.each<[Predicate, boolean]>([
    [{}, true],
    [{ type: ['normal', 'hotfix'] }, true],
    [{ type: ['emergency'] }, false],
    [{ risk: ['medium'] }, true],
    [{ risk: ['high', 'critical'] }, false],
    [{ service: ['checkout'] }, true],
    [{ service: ['search'] }, false],
    [{ customers: true }, false],
  ])('are those whose predicate holds: %j: %s', (when, needed) => {
    const risk = { score: 30, level: 'medium' as const, parts: [] };
    const s = gated([gate('regression', { when })], [], { release: aRelease({ risk }) });
    expect(requiredGates(s)).toHaveLength(needed ? 1 : 0);
  });

  it('are in the order of the catalog', () => {
    expect(requiredGates(gated([gate('uat'), gate('regression')])).map(({ name }) => name)).toEqual([
      'uat',
      'regression',
    ]);
  });

  it.each<[RoundState, string[]]>([
    ['open', ['uat']],
    ['approved', ['uat']],
    ['rejected', ['regression', 'uat']],
    ['expired', ['regression', 'uat']],
    ['withdrawn', ['regression', 'uat']],
    ['lapsed', ['regression', 'uat']],
  ])('are pinned by a round that is open or approved, and not by one that is %s', (state, expected) => {
    const round = aRound({ state, gates: ['uat'] });
    const s = gated([gate('regression'), gate('uat')], [], { round });
    expect(requiredGates(s).map(({ name }) => name)).toEqual(expected);
  });

  it('stay pinned when what made them needed has changed since', () => {
    const s = gated([gate('uat', { when: { customers: true } })], [], { round: aRound({ gates: ['uat'] }) });
    expect(s.release.customers).toBeNull();
    expect(requiredGates(s)).toHaveLength(1);
  });
});

describe('the state of a gate', () => {
  const stateOf = (results: readonly GateResult[], now = NOW) => gateStates(gated([gate('uat')], results), now)[0];

  it.each<[string, GateResult[], GateState['state'], boolean]>([
    ['without a result', [], 'pending', false],
    ['of another gate', [aResult('regression')], 'pending', false],
    ['passed', [aResult('uat')], 'passed', true],
    ['failed', [aResult('uat', { outcome: 'failed' })], 'failed', false],
    ['waived without end', [aResult('uat', { outcome: 'waived' })], 'waived', true],
    ['for the artifact before', [aResult('uat', { revision: 0 })], 'pending', false],
    ['for an artifact that is not this one', [aResult('uat', { revision: 2 })], 'pending', false],
  ])('%s', (_, results, state, met) => {
    const found = stateOf(results);
    expect(found?.state).toBe(state);
    expect(found !== undefined && isMet(found)).toBe(met);
  });

  it.each([
    ['before the waiver ends', -1, 'waived'],
    ['at the moment at which it ends', 0, 'waiver expired'],
    ['after it', 1, 'waiver expired'],
  ] as const)('%s', (_, ms, state) => {
    const waiver = aResult('uat', { outcome: 'waived', expiresAt: later });
    expect(stateOf([waiver], after(later, ms))).toMatchObject({ state, result: waiver });
  });

  it('an expired waiver is not met', () => {
    const expired = stateOf([aResult('uat', { outcome: 'waived', expiresAt: NOW })]);
    expect(expired !== undefined && isMet(expired)).toBe(false);
  });

  it('is that of the last result by its time, in whatever order they are read', () => {
    const [first, last] = [aResult('uat'), aResult('uat', { outcome: 'failed', at: later })];
    expect(stateOf([first, last])).toMatchObject({ state: 'failed', result: last });
    expect(stateOf([last, first])).toMatchObject({ state: 'failed', result: last });
  });

  it('is that of the later one of two at the same instant', () => {
    expect(stateOf([aResult('uat', { outcome: 'failed' }), aResult('uat')])?.state).toBe('passed');
  });

  it('a failure after a waiver counts, and so does a waiver after a failure', () => {
    const waived = (at = NOW) => aResult('uat', { outcome: 'waived', at, expiresAt: after(NOW, DAY) });
    expect(stateOf([waived(), aResult('uat', { outcome: 'failed', at: later })])?.state).toBe('failed');
    expect(stateOf([aResult('uat', { outcome: 'failed' }), waived(later)])?.state).toBe('waived');
  });
});

describe('the gates in the way', () => {
  const gates = [gate('unit', { before: 'approval' }), gate('uat', { before: 'staging' }), gate('load')];

  it.each([
    ['approval', ['unit']],
    ['staging', ['unit', 'uat']],
    ['production', ['unit', 'load']],
  ])('of %s are its own and those before approval', (stage, expected) => {
    expect(names(gatesInTheWay(gated(gates), stage, NOW))).toEqual(expected);
  });

  it('are only those that are not met', () => {
    const results = [aResult('unit'), aResult('load', { outcome: 'waived', expiresAt: later })];
    expect(names(gatesInTheWay(gated(gates, results), 'production', NOW))).toEqual([]);
    expect(names(gatesInTheWay(gated(gates, results), 'production', later))).toEqual(['load']);
  });
});
