/** Recording a gate and waiving it: who may, and what is kept. */
import { describe, expect, it } from 'vitest';
import type { GateRule } from '../../../src/domain/catalog/catalog.ts';
import { type GateState, gateStates, gatesInTheWay, recordGate, waiveGate } from '../../../src/domain/gate/gate.ts';
import { after, DAY, HOUR, instant } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  afterOf,
  anAct,
  aRelease,
  aSituation,
  done,
  NOW,
  OWNER,
  QUINN,
  RITA,
  refusalOf,
} from '../../support/builders.ts';

const later = after(NOW, HOUR);
const gate = (name: string, more: Partial<GateRule> = {}): GateRule => ({
  name,
  when: {},
  before: 'production',
  owners: ['qa'],
  waive: 'release_manager',
  ...more,
});
type Parts = Parameters<typeof aSituation>[0];
const gated = (gates: readonly GateRule[], more: Parts = {}) =>
  aSituation({ ...more, around: { catalog: aCatalog({ gates }) } });
const names = (states: readonly GateState[]) => states.map(({ rule }) => rule.name);

describe('recording a gate', () => {
  const s = gated([gate('regression'), gate('uat')]);
  const passed = { gate: 'uat', outcome: 'passed' as const, comment: null };

  it('keeps outcome, artifact, who, when and the comment', () => {
    const more = gated([gate('uat')], {
      release: aRelease({ artifact: { revision: 3, sha: 'abc', digest: null } }),
    });
    const decision = recordGate(more, { ...passed, comment: '312 tests' }, anAct(QUINN, later));
    expect(afterOf(decision).gates).toMatchObject([
      {
        gate: 'uat',
        revision: 3,
        outcome: 'passed',
        actor: QUINN,
        comment: '312 tests',
        at: later,
        expiresAt: null,
      },
    ]);
    expect(done(decision).events).toMatchObject([
      {
        kind: 'gate.recorded',
        release: more.release.id,
        data: { gate: 'uat', outcome: 'passed', revision: 3 },
        words: '312 tests',
      },
    ]);
  });

  it('adds to what was recorded before: history is not overwritten', () => {
    const failed = afterOf(recordGate(s, { ...passed, outcome: 'failed', comment: 'Two red' }, anAct(QUINN)));
    const again = afterOf(recordGate(failed, passed, anAct(QUINN, later)));
    expect(again.gates.map(({ outcome }) => outcome)).toEqual(['failed', 'passed']);
    expect(names(gatesInTheWay(again, 'production', later))).toEqual(['regression']);
  });

  it('is for the owners of the gate, who are named', () => {
    expect(refusalOf(recordGate(s, passed, anAct(ADAM)))).toEqual({
      code: 'forbidden',
      did: 'Not recorded',
      because: ['you do not own gate ', 'uat'],
      can: ['These can: ', { person: QUINN }, '.'],
    });
  });

  it('is for the owners of the service where the gate belongs to them', () => {
    const own = gated([gate('uat', { owners: ['$owners'] })]);
    expect(recordGate(own, passed, anAct(ADAM)).ok).toBe(true);
    expect(recordGate(own, passed, anAct(QUINN)).ok).toBe(false);
  });

  it('is refused for a gate that this release does not need, with those that it does', () => {
    const input = { ...passed, gate: 'smoke' };
    expect(refusalOf(recordGate(s, input, anAct(QUINN)))).toEqual({
      code: 'gate.unknown',
      gate: 'smoke',
      known: ['regression', 'uat'],
    });
    const hotfixOnly = gated([gate('uat', { when: { type: ['hotfix'] } })]);
    expect(refusalOf(recordGate(hotfixOnly, passed, anAct(QUINN)))).toMatchObject({ code: 'gate.unknown', known: [] });
  });

  it('wants words with a failure', () => {
    const failed = { ...passed, outcome: 'failed' as const };
    expect(refusalOf(recordGate(s, failed, anAct(QUINN)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
    expect(recordGate(s, { ...failed, comment: 'Two red' }, anAct(QUINN)).ok).toBe(true);
  });
});

describe('waiving a gate', () => {
  const s = gated([gate('uat')]);
  const input = { gate: 'uat', reason: 'Testers are away', until: after(NOW, DAY) };

  it('keeps reason, artifact, who and until when, and lets the release go on', () => {
    const decision = waiveGate(s, input, anAct(RITA, later));
    expect(afterOf(decision).gates).toMatchObject([
      {
        gate: 'uat',
        revision: 1,
        outcome: 'waived',
        actor: RITA,
        comment: 'Testers are away',
        at: later,
        expiresAt: input.until,
      },
    ]);
    expect(gatesInTheWay(afterOf(decision), 'production', later)).toEqual([]);
    expect(done(decision).events).toMatchObject([
      { kind: 'gate.waived', data: { gate: 'uat', until: input.until }, words: 'Testers are away' },
    ]);
  });

  it('is for the next artifact no more', () => {
    const waived = afterOf(waiveGate(s, input, anAct(RITA)));
    const release = { ...waived.release, artifact: { revision: 2, sha: null, digest: null } };
    expect(gateStates({ ...waived, release }, NOW)).toMatchObject([{ state: 'pending' }]);
  });

  it.each([
    ['an owner of the gate', QUINN],
    ['the owner of the release', OWNER],
  ])('is not for %s, only for the role that the gate names', (_, who) => {
    expect(refusalOf(waiveGate(s, input, anAct(who)))).toEqual({
      code: 'forbidden',
      did: 'Not waived',
      because: ['gate ', 'uat', ' can be waived by a ', 'release manager'],
      can: ['These can: ', { person: RITA }, '.'],
    });
  });

  it('is for another role where the gate names another', () => {
    const catalog = aCatalog({
      gates: [gate('uat', { waive: 'deployer' })],
      roles: { admin: ['managers'], release_manager: ['managers'], deployer: ['qa'] },
    });
    const other = aSituation({ around: { catalog } });
    expect(waiveGate(other, input, anAct(QUINN)).ok).toBe(true);
    expect(refusalOf(waiveGate(other, input, anAct(RITA))).code).toBe('forbidden');
  });

  it('is refused for a gate that this release does not need', () => {
    expect(refusalOf(waiveGate(s, { ...input, gate: 'smoke' }, anAct(RITA)))).toEqual({
      code: 'gate.unknown',
      gate: 'smoke',
      known: ['uat'],
    });
  });

  it.each(['', ' \n '])('needs a reason, and %j is none', (reason) => {
    expect(refusalOf(waiveGate(s, { ...input, reason }, anAct(RITA)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });

  it.each([
    ['2026-03-03T09:00:00.000Z', false],
    ['2026-03-03T10:00:00.000Z', false],
    ['2026-03-03T10:00:00.001Z', true],
  ])('needs an end that is still to come: at 10:00 until %s: %s', (until, allowed) => {
    const decision = waiveGate(s, { ...input, until: instant(until) }, anAct(RITA));
    expect(decision.ok ? true : decision.refusal).toEqual(
      allowed || expect.objectContaining({ code: 'fields', problems: [expect.objectContaining({ field: 'until' })] }),
    );
  });
});
