/** Whose turn it is by time alone. */
import { describe, expect, it } from 'vitest';
import type { Freeze } from '../../src/domain/freeze/calendar.ts';
import type { Release, When } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, HOUR } from '../../src/domain/time.ts';
import { turnOf } from '../../src/domain/turn.ts';
import { aFreeze, aRelease, aSituation, NOW, OWNER } from '../support/builders.ts';
import { approved } from '../support/deploying.ts';

const hours = (n: number) => after(NOW, n * HOUR);
const at = (n: number): When => ({ kind: 'at', start: hours(n), end: null });
const span = (from: number, to: number, more: Partial<Freeze> = {}) =>
  aFreeze({ startsAt: hours(from), endsAt: hours(to), ...more });
const since: Release['state'] = { ...approved, since: hours(-3) };
const s = (when: When, ended: readonly Freeze[] = [], live: readonly Freeze[] = []): Situation =>
  aSituation({ release: aRelease({ state: since, when }), around: { freezes: live, endedFreezes: ended } });
const asap: When = { kind: 'asap' };

describe('whose turn it is', () => {
  it.each<[string, Situation, ReturnType<typeof turnOf>]>([
    ['nobody’s, of what was free all the time', s(asap), null],
    ['its starter’s when its time comes', s(at(0)), { at: NOW, why: 'planned' }],
    ['nobody’s before', s(at(1)), null],
    ['its starter’s when the freeze that held it ends', s(asap, [span(-4, -1)]), { at: hours(-1), why: 'freed' }],
    ['nobody’s while another freeze holds', s(asap, [span(-4, -1)], [span(-2, 3)]), null],
    ['once, of a plan that a freeze held: when it ends', s(at(-2), [span(-4, -1)]), { at: hours(-1), why: 'freed' }],
    ['once, of a plan behind the freeze: when it comes', s(at(-1), [span(-4, -2)]), { at: hours(-1), why: 'planned' }],
    [
      'once, of two freezes that end together',
      s(asap, [span(-4, -1), span(-3, -1, { name: 'other' })]),
      { at: hours(-1), why: 'freed' },
    ],
    ['nobody’s, of a freeze that was over before it was approved', s(asap, [span(-5, -4)]), null],
  ])('is %s', (_, situation, expected) => expect(turnOf(situation, NOW)).toEqual(expected));

  it('is its starter’s when the place is nobody else’s any more', () => {
    const lock = {
      id: 'lck_1' as never,
      service: 'checkout',
      environment: 'production',
      release: null,
      reason: 'x',
      holder: OWNER,
      since: hours(-2),
    };
    const of = (more: Parameters<typeof aSituation>[0]) => {
      const { around, ...own } = more ?? {};
      const free = s(asap);
      return turnOf({ ...free, ...own, around: { ...free.around, ...around } }, NOW);
    };
    const lifted = { ...lock, expiresAt: null, liftedAt: hours(-1), liftedBy: OWNER };
    expect(of({ locks: [lifted] })).toEqual({ at: hours(-1), why: 'unlocked' });
    expect(of({ locks: [{ ...lifted, environment: 'staging' }] })).toBeNull();
    expect(of({ locks: [{ ...lifted, liftedAt: hours(-4) }] })).toBeNull();
    expect(of({ locks: [{ ...lock, expiresAt: hours(-1), liftedAt: null, liftedBy: null }] })).toEqual({
      at: hours(-1),
      why: 'unlocked',
    });
    expect(of({ around: { lastFailed: { production: hours(-1) } } })).toEqual({ at: hours(-1), why: 'ended' });
    const running = { environment: 'production', version: '2.13.9', release: 'rel_other' as never, since: hours(-1) };
    expect(of({ around: { running: [running] } })).toEqual({ at: hours(-1), why: 'ended' });
  });

  it('is nobody’s while something else is in the way', () => {
    const hold = { by: OWNER, since: NOW, reason: 'x', until: null };
    const held = { ...s(at(0)), release: { ...s(at(0)).release, hold } };
    expect(turnOf(held, NOW)).toBeNull();
  });
});
