import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { cancelRelease } from '../../../src/domain/plan/cancel.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  afterOf,
  anAct,
  aRelease,
  aRound,
  aSituation,
  counting,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const reason = 'the partner postponed';
const later = after(NOW, HOUR);
const newId = counting();
const asked = () => afterOf(submit(aSituation(), anAct(OWNER, NOW, newId)));
const approved = () => afterOf(approve(asked(), { hash: null, comment: null }, anAct(ADAM, NOW, newId)));
const deployed: ReleaseState & { status: 'deployed' } = { status: 'deployed', since: NOW, before: null, healthy: null };

/** What has touched an environment, or is over. */
const STARTED: readonly (readonly [string, ReleaseState])[] = [
  [
    'deploying',
    {
      status: 'deploying',
      since: NOW,
      deployment: 'dep_1' as never,
      from: { status: 'draft', since: NOW, returned: null },
    },
  ],
  ['deployed', deployed],
  ['failed', { status: 'failed', since: NOW, reason: 'error rate' }],
  ['rolled back', { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'error rate' }],
  ['closed', { status: 'closed', since: NOW, by: OWNER, outcome: 'success', from: deployed }],
  ['cancelled', { status: 'cancelled', since: NOW, by: OWNER, reason, replacedBy: null, from: null }],
];

describe('cancelling', () => {
  it('ends a draft, with who, when and why', () => {
    const { after: s, events } = done(cancelRelease(aSituation(), reason, anAct(ADAM, later)));
    expect(s.release.state).toEqual({
      status: 'cancelled',
      since: later,
      by: ADAM,
      reason,
      replacedBy: null,
      from: null,
    });
    expect(events).toMatchObject([{ kind: 'release.cancelled', data: { replacedBy: null }, words: reason }]);
  });

  it('withdraws the round that is open, so that nobody is asked any more', () => {
    const s = afterOf(cancelRelease(asked(), reason, anAct(OWNER, later)));
    expect(s.release.state.status).toBe('cancelled');
    expect(s.round).toMatchObject({ n: 1, state: 'withdrawn', endedAt: later });
  });

  it('withdraws an approval that was given, and keeps who gave it', () => {
    const s = afterOf(cancelRelease(approved(), reason, anAct(OWNER, later)));
    expect(s.round).toMatchObject({ state: 'withdrawn', endedAt: later });
    expect(s.round?.decisions.map(({ actor, verdict }) => [actor, verdict])).toEqual([[ADAM, 'approve']]);
  });

  it.each(['rejected', 'expired', 'withdrawn', 'lapsed'] as const)('leaves a round that is %s as it ended', (state) => {
    const round = aRound({ state, endedAt: NOW });
    expect(afterOf(cancelRelease(aSituation({ round }), reason, anAct(OWNER, later))).round).toEqual(round);
  });

  it('keeps the plan: it may be copied later', () => {
    const s = aSituation({ release: aRelease({ customers: 'A new page' }) });
    const { state: _, ...kept } = s.release;
    expect(afterOf(cancelRelease(s, reason, anAct())).release).toMatchObject(kept);
  });
});

describe('cancelling is refused', () => {
  it.each(STARTED)('once it is %s', (status, state) => {
    const refusal = refusalOf(cancelRelease(aSituation({ release: aRelease({ state }) }), reason, anAct()));
    expect(refusal).toMatchObject({ code: 'status', did: 'Not cancelled', name: 'checkout 2.14.0', status });
  });

  it.each(['', '  '])('without a reason (%j)', (nothing) => {
    const refusal = refusalOf(cancelRelease(asked(), nothing, anAct()));
    expect(refusal).toMatchObject({ code: 'fields', problems: [{ field: 'reason' }] });
  });

  it('for its status before its missing reason: no words would help', () => {
    const s = aSituation({ release: aRelease({ state: deployed }) });
    expect(refusalOf(cancelRelease(s, '', anAct())).code).toBe('status');
  });
});
