/** Asking for approval: what is then asked of whom. What stands in the way is in submit-refused.test.ts, how long things last in submit-times.test.ts. */

import { describe, expect, it } from 'vitest';
import { rulesFor, scored } from '../../../src/domain/approval/before-asking.ts';
import { approvedWhenSatisfied, openRound, submit } from '../../../src/domain/approval/submit.ts';
import type { GateResult } from '../../../src/domain/gate/gate.ts';
import {
  ADAM,
  aCatalog,
  aCatalogOf,
  afterOf,
  aRound,
  aRule,
  aSituation,
  aVote,
  aWaiting,
  BELLA,
  done,
  NOW,
  OWNER,
  RITA,
  refusalOf,
} from '../../support/builders.ts';
import { by, drafted, gate, result } from '../../support/drafted.ts';

describe('asking', () => {
  it('opens round 1 with the content that is approved, the rules, and who asked when', () => {
    const { after: s, events } = done(submit(aSituation(), by()));
    expect(s.release).toMatchObject({
      submitter: OWNER,
      everAsked: true,
      state: { status: 'awaiting_approval', since: NOW, round: s.round?.id },
    });
    expect(s.round).toMatchObject({
      n: 1,
      state: 'open',
      openedAt: NOW,
      openedBy: OWNER,
      endedAt: null,
      validUntil: null,
      policy: 'default',
      catalogVersion: 7,
      members: null,
      decisions: [],
      questions: [],
      remindedAt: null,
      snapshot: { targets: ['production'], rollbackPlan: 'Redeploy, 5 min' },
    });
    expect(events).toMatchObject([
      { kind: 'round.opened', data: { round: 1, hash: s.round?.hash, risk: 'low', asked: [ADAM, BELLA] } },
    ]);
  });

  it('asks one more than needed, each as the first wave', () => {
    expect(afterOf(submit(aSituation(), by())).round?.asks).toEqual([
      { person: ADAM, at: NOW, wave: 'first' },
      { person: BELLA, at: NOW, wave: 'first' },
    ]);
  });

  it('scores the risk into the round', () => {
    const s = afterOf(submit(drafted({ rollbackPlan: null }), by()));
    // Tier 2, no rollback plan, business hours, first of its kind.
    expect(s.release.risk).toMatchObject({ score: 6 + 15 + 3 + 8, level: 'medium' });
    expect(s.round?.snapshot.risk).toBe('medium');
  });

  it('keeps a level that was raised, however the score comes out', () => {
    const risk = { score: 80, level: 'critical' as const, parts: [], raised: { level: 'critical' as const, by: ADAM } };
    const s = afterOf(submit(drafted({ risk }), by()));
    expect(s.release.risk).toMatchObject({ score: 6 + 6 + 3 + 8, level: 'critical' });
    expect(s.round?.snapshot.risk).toBe('critical');
  });

  it('counts the rounds on, whatever became of the last', () => {
    const s = aSituation({ round: aRound({ n: 4, state: 'expired', decisions: [aVote(ADAM)] }) });
    expect(afterOf(submit(s, by())).round).toMatchObject({ n: 5, state: 'open', decisions: [] });
  });

  it('keeps the members of now where later joiners do not count, and those who are named', () => {
    const catalog = aCatalogOf(
      { any: [aRule(), aRule({ name: 'named', groups: ['owners'], people: [RITA] })] },
      { membershipFixedAtSubmit: true },
    );
    expect(afterOf(submit(drafted({}, catalog), by())).round?.members).toEqual([OWNER, ADAM, BELLA, RITA]);
  });

  it('pins the gates that are needed now', () => {
    const gates = [
      gate({ before: 'production' }),
      gate({ name: 'uat', before: 'production', when: { customers: true } }),
    ];
    expect(afterOf(submit(drafted({}, aCatalog({ gates })), by())).round?.gates).toEqual(['regression']);
  });
});

describe('a policy that asks nobody', () => {
  it('approves at once, named with its version, and never as a person', () => {
    const { after: s, events } = done(submit(drafted({}, aCatalog({ preset: 'light' })), by()));
    expect(s.release.state).toEqual({
      status: 'approved',
      since: NOW,
      by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
      validUntil: '2026-03-10T10:00:00.000Z',
    });
    expect([s.round, s.release.submitter, s.release.everAsked]).toEqual([null, OWNER, true]);
    expect(events).toMatchObject([{ kind: 'approval.by_policy', data: { policy: 'default', catalogVersion: 7 } }]);
  });

  it('is what a standard release has, however its service is otherwise approved', () => {
    const s = afterOf(submit(drafted({ type: 'standard' }), by()));
    expect(s.release.state).toMatchObject({ by: { kind: 'policy', policy: 'pre-approved (standard)' } });
    expect(rulesFor(drafted({ type: 'standard' }))).toBeNull();
  });

  it('still wants the gates before approval', () => {
    const catalog = aCatalog({ preset: 'light', gates: [gate()] });
    expect(refusalOf(submit(drafted({}, catalog), by())).code).toBe('not_asked.gates');
  });
});

describe('what a round is opened with', () => {
  it('is approved at once when decisions that carry over are enough', () => {
    const effect = done(openRound(drafted({ submitter: OWNER }), { all: [aRule()] }, by(), [aVote(ADAM)]));
    expect(effect.after.round).toMatchObject({ state: 'approved', decisions: [{ actor: ADAM }] });
    expect(effect.events.map(({ kind }) => kind)).toEqual(['round.opened', 'round.approved']);
  });

  it('stays as it is while a rule is open, and once it is over', () => {
    for (const s of [aWaiting(), aWaiting(aRound({ state: 'expired', decisions: [aVote(ADAM)] })), aSituation()]) {
      const effect = { after: s, events: [] };
      expect(approvedWhenSatisfied(effect, NOW)).toBe(effect);
    }
  });

  it('is scored by how many of its gates are met', () => {
    const catalog = aCatalog({ gates: [gate(), gate({ name: 'uat' })] });
    const points = (gates: GateResult[]) =>
      scored(drafted({}, catalog, { gates }), NOW).release.risk?.parts.find(({ label }) =>
        label.startsWith('evidence '),
      )?.points ?? 0;
    expect(points([])).toBe(10);
    expect(points([result({ outcome: 'failed' })])).toBe(10);
    expect(points([result()])).toBe(6);
    expect(points([result(), result({ gate: 'uat', outcome: 'waived' })])).toBe(6);
    expect(points([result(), result({ gate: 'uat' })])).toBe(0);
  });
});
