/** What a broken glass stands in for, and when. */
import { describe, expect, it } from 'vitest';
import { liveGrant, readiness } from '../../src/domain/readiness.ts';
import { after, instant } from '../../src/domain/time.ts';
import { aDeployment, aFreeze, aGrant, aSituation, NOW, OWNER } from '../support/builders.ts';
import { check } from '../support/ready.ts';

describe('a broken glass', () => {
  it('stands in for approval, gates, order and freeze, and for nothing else', () => {
    const s = aSituation({ breakGlass: aGrant(), around: { freezes: [aFreeze()] } });
    const answer = readiness(s, 'production', NOW);
    expect(answer.checks.map(({ code, state }) => `${code} ${state}`)).toEqual([
      'release.status pass',
      'release.hold pass',
      'release.superseded pass',
      'emergency.granted pass',
      'lock.held pass',
    ]);
    expect(check(s, 'emergency.granted').sentence).toEqual(
      expect.arrayContaining([{ person: OWNER }, { at: '2026-03-03T14:00:00.000Z' }]),
    );
  });

  it.each([
    ['from the moment on which it is granted', {}, NOW, true],
    ['not a moment before', {}, after(NOW, -1), false],
    ['to its last moment', {}, instant('2026-03-03T13:59:59.999Z'), true],
    ['not at its end', {}, instant('2026-03-03T14:00:00Z'), false],
    ['not for another environment', { environment: 'staging' }, NOW, false],
    ['not twice', { usedBy: aDeployment().id }, NOW, false],
  ])('is in force %s', (_, more, now, live) => {
    const s = aSituation({ breakGlass: aGrant(more) });
    expect(liveGrant(s, 'production', now) !== null).toBe(live);
  });

  it('is none where there is none', () => {
    expect(liveGrant(aSituation(), 'production', NOW)).toBeNull();
  });
});
