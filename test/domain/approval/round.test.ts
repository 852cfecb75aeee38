import { describe, expect, it } from 'vitest';
import {
  changedFor,
  changedSinceHash,
  noRound,
  openRoundOf,
  type RoundState,
} from '../../../src/domain/approval/round.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import { ADAM, aRelease, aRound, aSituation, aWaiting, counting, NOW, OWNER } from '../../support/builders.ts';

const newId = counting();
const round = aRound();
const asap: ReleaseState = { status: 'draft', since: NOW, returned: null };

const elsewhere: readonly ReleaseState[] = [
  asap,
  { status: 'approved', since: NOW, by: { kind: 'round', round: round.id }, validUntil: after(NOW, HOUR) },
  {
    status: 'deploying',
    since: NOW,
    deployment: newId('deployment'),
    from: { status: 'awaiting_approval', since: NOW, round: round.id },
  },
  { status: 'deployed', since: NOW, before: null, healthy: null },
  { status: 'failed', since: NOW, reason: 'x' },
  { status: 'rolled_back', since: NOW, to: '2.13.0', reason: 'x' },
  { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null },
];

describe('the round that can be decided', () => {
  it('is the open one of a release that waits for approval', () => {
    expect(openRoundOf(aWaiting(round))).toBe(round);
  });

  it('is none before anybody asked', () => {
    expect(openRoundOf(aSituation())).toBeNull();
  });

  it.each<RoundState>(['approved', 'rejected', 'expired', 'withdrawn', 'invalidated', 'lapsed', 'consumed'])(
    'is none once the round is %s',
    (state) => {
      expect(openRoundOf(aWaiting(aRound({ state })))).toBeNull();
    },
  );

  it.each(elsewhere)('is none while the release is $status, even with a round left open', (state) => {
    expect(openRoundOf(aSituation({ round, release: aRelease({ state }) }))).toBeNull();
  });
});

describe('the refusal without a round', () => {
  it('names the release, its key and where it stands in plain words', () => {
    const state: ReleaseState = { status: 'rolled_back', since: NOW, to: '2.13.0', reason: 'x' };
    expect(noRound(aSituation({ release: aRelease({ owner: ADAM, state }) }))).toEqual({
      ok: false,
      refusal: {
        code: 'approval.no_round',
        did: 'Not counted',
        key: 'REL-142',
        name: 'checkout 2.14.0',
        status: 'rolled back',
      },
    });
  });
});

describe('what changed since', () => {
  const trail = [
    { hash: 'a', changed: ['+ change “x”', 'risk low → medium', 'another rollback plan'] },
    { hash: 'b', changed: ['− change “x”', '+ change “y”', 'risk medium → high'] },
  ];
  const of = (hash: string) => ({ trail, hash });

  it('is the sum of all steps: what came and went is nothing, of what changed twice the ends count', () => {
    expect(changedSinceHash(of('c'), 'a')).toEqual(['risk low → high', 'another rollback plan', '+ change “y”']);
    expect(changedSinceHash(of('c'), 'b')).toEqual(['− change “x”', '+ change “y”', 'risk medium → high']);
    expect(
      changedSinceHash(
        {
          trail: [
            { hash: 'a', changed: ['risk low → high'] },
            { hash: 'b', changed: ['risk high → low'] },
          ],
          hash: 'c',
        },
        'a',
      ),
    ).toEqual([]);
  });

  it('is nothing where it is as it was, and not known of what was forgotten', () => {
    expect(changedSinceHash(of('a'), 'a')).toEqual([]);
    expect(changedSinceHash(of('c'), 'z')).toBeNull();
  });

  it('is counted from what each person decided on, for others from the last that anybody decided on', () => {
    const since = { changed: ['another time'], returned: null, dropped: [], from: 'b', saw: { [ADAM]: 'a' } };
    const now = aRound({ trail, hash: 'c', since });
    expect(changedFor(now, ADAM)).toContain('risk low → high');
    expect(changedFor(now, OWNER)).toContain('risk medium → high');
    expect(changedFor({ ...now, since: { ...since, from: 'z' } }, OWNER)).toEqual(['another time']);
    expect(changedFor(aRound(), ADAM)).toEqual([]);
  });
});
