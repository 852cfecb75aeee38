/** What stops a release from outside: freezes and locks; and the broken glass that stands in for some of it. */
import { describe, expect, it } from 'vitest';
import type { Lock } from '../../src/domain/deployment/lock.ts';
import type { Freeze } from '../../src/domain/freeze/calendar.ts';
import { exceptionApprovers, freezeQuestion, liveGrant, readiness } from '../../src/domain/readiness.ts';
import { after, HOUR, instant, MINUTE } from '../../src/domain/time.ts';
import {
  ADAM,
  aDeployment,
  aFreeze,
  aGrant,
  aRelease,
  aSituation,
  BELLA,
  NOW,
  OWNER,
  RITA,
} from '../support/builders.ts';
import { check, ready } from '../support/ready.ts';

describe('freezes', () => {
  it.each([
    ['hard', 'wait'],
    ['soft', 'warn'],
  ] as const)('that are %s: %s, until they end, with who could make an exception', (severity, state) => {
    const found = check(ready({ freezes: [aFreeze({ severity })] }), 'freeze.active');
    expect(found).toMatchObject({ state, until: '2026-03-04T07:00:00.000Z' });
    expect(found.sentence).toEqual(expect.arrayContaining(['Quarter end', { at: '2026-03-04T07:00:00.000Z' }]));
    expect(found.fix).toEqual(expect.arrayContaining([{ group: 'managers' }, { command: 'exception REL-142' }]));
  });

  it('that are hard wait although a soft one ends earlier', () => {
    const freezes = [aFreeze({ severity: 'soft', endsAt: after(NOW, HOUR) }), aFreeze()];
    expect(check(ready({ freezes }), 'freeze.active').state).toBe('wait');
  });

  const none: readonly (readonly [string, Partial<Freeze>])[] = [
    ['has not begun', { startsAt: after(NOW, MINUTE) }],
    ['is over', { endsAt: NOW }],
    ['was ended early', { endedEarlyAt: NOW }],
    ['is of staging', { scope: { services: [], environments: ['staging'] } }],
    ['is of another service', { scope: { services: ['search'], environments: [] } }],
    ['exempts its type', { exemptTypes: ['normal'] }],
  ];
  it.each(none)('do not count when one %s', (_, more) => {
    expect(check(ready({ freezes: [aFreeze(more)] }), 'freeze.active')).toMatchObject({ state: 'pass', until: null });
  });

  it('are asked about for the service and all that it affects', () => {
    const s = aSituation({ release: aRelease({ affects: ['search', 'mail'], type: 'hotfix' }) });
    expect(freezeQuestion(s, 'staging', NOW)).toEqual({
      services: ['checkout', 'search', 'mail'],
      environment: 'staging',
      type: 'hotfix',
      at: NOW,
    });
  });

  it('may be excepted from by the group that the freeze names; $owners are those of the service', () => {
    expect(exceptionApprovers(aSituation(), 'managers')).toEqual([RITA]);
    expect(exceptionApprovers(aSituation(), '$owners')).toEqual([OWNER, ADAM, BELLA]);
  });
});

describe('locks', () => {
  const lock = (more: Partial<Lock> = {}): Lock => ({
    id: 'lck_1' as Lock['id'],
    service: 'checkout',
    environment: 'production',
    release: aRelease().id,
    reason: 'address the cause first',
    holder: BELLA,
    since: NOW,
    expiresAt: null,
    liftedAt: null,
    liftedBy: null,
    ...more,
  });
  const busy = aDeployment({ version: '2.13.2', startedBy: ADAM, startedAt: after(NOW, -HOUR) });

  it('by a deployment that runs: what, who, since when', () => {
    const { state, until, sentence } = check(ready({ busy: [busy] }), 'lock.held');
    expect([state, until]).toEqual(['wait', null]);
    expect(sentence).toEqual(expect.arrayContaining(['2.13.2', { person: ADAM }, { at: after(NOW, -HOUR) }]));
  });

  it('by its own deployment come before those of others', () => {
    const s = { ...ready({ busy: [busy] }), deployments: [aDeployment({ startedBy: BELLA })] };
    expect(check(s, 'lock.held').sentence).toContainEqual({ person: BELLA });
  });

  it('after a rollback: who holds it, why, and how it is lifted', () => {
    const { state, sentence, fix } = check({ ...ready(), locks: [lock()] }, 'lock.held');
    expect(state).toBe('wait');
    expect(sentence).toEqual(expect.arrayContaining([{ person: BELLA }, 'address the cause first']));
    expect(fix).toContainEqual({ command: 'unlock checkout production' });
  });

  it.each([
    ['a deployment elsewhere', ready({ busy: [aDeployment({ environment: 'staging' })] })],
    ['its own deployment that has ended', { ...ready(), deployments: [aDeployment({ state: 'failed' })] }],
    ['a lock of another environment', { ...ready(), locks: [lock({ environment: 'staging' })] }],
    ['a lock of another service', { ...ready(), locks: [lock({ service: 'search' })] }],
    ['a lock that was lifted', { ...ready(), locks: [lock({ liftedAt: NOW, liftedBy: BELLA })] }],
  ])('are none by %s', (_, s) => {
    expect(check(s, 'lock.held').state).toBe('pass');
  });
});

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
