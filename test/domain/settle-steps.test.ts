/** The steps that follow by themselves: asking once the evidence is there, closing once it was reviewed. */
import { describe, expect, it } from 'vitest';
import type { Catalog, GateRule } from '../../src/domain/catalog/catalog.ts';
import { succeedDeployment } from '../../src/domain/deployment/outcome.ts';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import type { GateResult } from '../../src/domain/gate/gate.ts';
import type { UserId } from '../../src/domain/ids.ts';
import type { Hold, ReleaseState } from '../../src/domain/release/release.ts';
import { reopen } from '../../src/domain/review/close.ts';
import type { Review } from '../../src/domain/review/review.ts';
import { submitReview } from '../../src/domain/review/review.ts';
import { settle } from '../../src/domain/settle.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY, HOUR } from '../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  aDeployment,
  anAct,
  anAction,
  aRelease,
  aSituation,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
} from '../support/builders.ts';

const newId = counting();
const by = (who: UserId = OWNER, now = NOW) => anAct(who, now, newId);
const at = (s: Situation, now = NOW) => settle(s, now, newId);
const kinds = (s: Situation, now = NOW) => at(s, now).events.map(({ kind }) => kind);
const held = (until: Hold['until']): Hold => ({ by: OWNER, reason: 'DBA', since: NOW, until });
const approved: ReleaseState = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: after(NOW, 7 * DAY),
};
const rolledBack: ReleaseState = { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'x' };
const failed: ReleaseState = { status: 'failed', since: NOW, reason: 'x' };
const production = { environment: 'production', reason: null };

describe('asking by itself', () => {
  const gate: GateRule = { name: 'regression', when: {}, before: 'approval', owners: ['qa'], waive: 'release_manager' };
  const passed: GateResult = {
    id: 'gtr_1' as GateResult['id'],
    gate: 'regression',
    revision: 1,
    outcome: 'passed',
    actor: QUINN,
    comment: null,
    at: NOW,
    expiresAt: null,
    evidence: null,
    digest: null,
  };
  const catalog = aCatalog({ gates: [gate] });
  const draft = (more: Parameters<typeof aRelease>[0] = {}, gates: readonly GateResult[] = [passed]): Situation =>
    aSituation({ release: aRelease({ askWhenReady: true, ...more }), gates, around: { catalog } });

  it('happens once the evidence is there, in the name of whoever created it', () => {
    const s = at(draft({ owner: ADAM, creator: BELLA })).after;
    expect(s.release.state.status).toBe('awaiting_approval');
    expect(s.round).toMatchObject({ n: 1, state: 'open', openedBy: BELLA });
  });

  it('happens in the name of whoever asked before', () => {
    expect(at(draft({ submitter: ADAM })).after.round?.openedBy).toBe(ADAM);
  });

  it.each([
    ['a gate is open', draft({}, [])],
    ['a gate failed', draft({}, [{ ...passed, outcome: 'failed' }])],
    ['a waiver is over', draft({}, [{ ...passed, outcome: 'waived', expiresAt: NOW }])],
    ['it is not wanted', draft({ askWhenReady: false })],
    ['it is on hold', draft({ hold: held(null) })],
    ['asking would be refused', draft({ when: { kind: 'at', start: after(NOW, -HOUR), end: null } })],
  ])('does not happen while %s', (_, s) => {
    expect(at(s)).toEqual({ after: s, events: [] });
  });

  it('happens when the hold ends', () => {
    const s = draft({ hold: held(after(NOW, HOUR)) });
    expect(kinds(s, after(NOW, HOUR - 1))).toEqual([]);
    expect(kinds(s, after(NOW, HOUR))).toEqual(['release.hold_ended', 'round.opened']);
  });

  it('where nobody is asked makes it approved by the policy', () => {
    const light = draft();
    const s = { ...light, around: { ...light.around, catalog: aCatalog({ preset: 'light', gates: [gate] }) } };
    expect(kinds(s)).toEqual(['approval.by_policy']);
    expect(at(s).after.release.state).toMatchObject({ status: 'approved', by: { kind: 'policy' } });
  });
});

describe('closing by itself', () => {
  const answered = { outcome: 'success' as const, answers: { goal: 'yes', change: 'none' }, actions: [] };
  const shipped = (catalog: Catalog = aCatalog()): Situation => {
    const s = aSituation({ release: aRelease({ state: approved }), around: { catalog } });
    return done(succeedDeployment(done(startDeployment(s, production, by())).after, { environment: null }, by())).after;
  };
  const reviewed = (s = shipped(), now = NOW): Situation => done(submitReview(s, answered, by(OWNER, now))).after;

  it('follows the review, by nobody in person, with the outcome that the review found', () => {
    const { after: s, events } = at(reviewed(shipped(), after(NOW, HOUR)), after(NOW, HOUR));
    expect(s.release.state).toMatchObject({
      status: 'closed',
      by: null,
      outcome: 'success',
      from: { status: 'deployed' },
    });
    expect(events.map(({ kind }) => kind)).toEqual(['release.closed']);
  });

  it('follows the review of what was rolled back', () => {
    const review: Review = {
      id: 'rev_1' as Review['id'],
      form: 'failure',
      state: 'submitted',
      owner: OWNER,
      openedAt: NOW,
      dueAt: after(NOW, HOUR),
      outcome: 'rolled back',
      answers: {},
      submittedBy: OWNER,
      submittedAt: after(NOW, HOUR),
    };
    const s = aSituation({ release: aRelease({ state: rolledBack }), reviews: [review] });
    expect(at(s, after(NOW, HOUR)).after.release.state).toMatchObject({ status: 'closed', outcome: 'rolled back' });
  });

  it.each([
    ['the review is due', shipped()],
    ['it is on hold', { ...reviewed(), release: { ...reviewed().release, hold: held(null) } }],
    ['it closes by hand', reviewed(shipped(aCatalog({ closes: 'by hand' })))],
    ['something of it still runs', { ...reviewed(), deployments: [aDeployment({ deadline: after(NOW, 90 * DAY) })] }],
    ['an action has no owner', { ...reviewed(), actions: [anAction({ owner: null })] }],
  ])('does not happen while %s', (_, s) => {
    expect(at(s, after(NOW, 2 * DAY)).after.release.state.status).toBe('deployed');
  });

  it('does not happen to what failed: its owner says what becomes of it', () => {
    const s = { ...reviewed(), release: aRelease({ state: failed }) };
    expect(kinds(s, after(NOW, 2 * DAY))).toEqual([]);
  });

  it('does not happen again after it was reopened', () => {
    const closed = at(reviewed()).after;
    const again = done(reopen(closed, 'One more thing', by(OWNER, after(NOW, HOUR)))).after;
    expect(at(again, after(NOW, HOUR)).after.release.state.status).toBe('deployed');
  });

  describe('where only failures are reviewed', () => {
    const light = aCatalog({ preset: 'light' });

    it.each([
      ['not before a day has passed', DAY - 1, 'deployed'],
      ['a day after it was deployed', DAY, 'closed'],
    ])('happens %s', (_, ms, status) => {
      expect(at(shipped(light), after(NOW, ms)).after.release.state.status).toBe(status);
    });

    it('does not happen after a day to what was rolled back', () => {
      const s = aSituation({ release: aRelease({ state: rolledBack }), around: { catalog: light } });
      expect(kinds(s, after(NOW, 9 * DAY))).toEqual([]);
    });
  });
});
