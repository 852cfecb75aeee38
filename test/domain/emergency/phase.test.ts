/** Where an emergency stands, as of its times and of its release. */
import { describe, expect, it } from 'vitest';
import { emergencyPhase, isUnjudged, phaseIn, ranOut } from '../../../src/domain/emergency/phase.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { aDeployment, aGrant, aRelease, aSituation, NOW, OWNER } from '../../support/builders.ts';

const used = aDeployment().id;

describe('the phase of an emergency', () => {
  it.each([
    ['waits', 'before it is in force', aGrant({ grantedAt: after(NOW, MINUTE) })],
    ['open', 'in force', aGrant()],
    ['over', 'at its end', aGrant({ expiresAt: NOW })],
    ['used', 'once it was used, whatever was judged', aGrant({ usedBy: used, verdict: 'not justified' })],
    ['stopped', 'judged before it was used', aGrant({ verdict: 'not justified' })],
  ] as const)('is %s %s', (phase, _, grant) => expect(emergencyPhase(grant, NOW)).toBe(phase));

  const states: readonly [string, ReleaseState, string][] = [
    ['cancelled', { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null }, 'over'],
    ['deployed without it', { status: 'deployed', since: NOW, before: null, healthy: null }, 'over'],
    ['rolled back', { status: 'rolled_back', since: NOW, to: '2.13.0', reason: 'x' }, 'over'],
    ['failed', { status: 'failed', since: NOW, reason: 'x' }, 'open'],
    ['a draft', { status: 'draft', since: NOW, returned: null }, 'open'],
  ];
  it.each(states)('of a release that is %s', (_, state, phase) => {
    expect(phaseIn({ ...aSituation({ release: aRelease({ state }) }), breakGlass: aGrant() }, NOW)).toBe(phase);
  });

  it('is none where there is none', () => expect(phaseIn(aSituation(), NOW)).toBeNull());
});

describe('what is to be judged', () => {
  it('is what was used and nobody judged', () => {
    expect(isUnjudged(aGrant({ usedBy: used }))).toBe(true);
    expect(isUnjudged(aGrant())).toBe(false);
    expect(isUnjudged(aGrant({ usedBy: used, verdict: 'justified' }))).toBe(false);
    expect(isUnjudged(null)).toBe(false);
  });
});

describe('an emergency under which nobody started', () => {
  const s: Situation = { ...aSituation(), breakGlass: aGrant() };
  it('ran out at its end, not before, not once it was used or judged, nor of what went out without it', () => {
    expect(ranOut(s, after(NOW, 4 * HOUR - 1))).toBe(false);
    expect(ranOut(s, after(NOW, 4 * HOUR))).toBe(true);
    expect(ranOut({ ...s, breakGlass: aGrant({ usedBy: used }) }, after(NOW, DAY))).toBe(false);
    expect(ranOut({ ...s, breakGlass: aGrant({ verdict: 'not justified' }) }, after(NOW, DAY))).toBe(false);
    const state: ReleaseState = { status: 'deployed', since: NOW, before: null, healthy: null };
    expect(ranOut({ ...s, release: { ...s.release, state } }, after(NOW, DAY))).toBe(false);
  });
});
