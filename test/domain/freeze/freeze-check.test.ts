/** What stops a release from outside: freezes, and who may make an exception. */
import { describe, expect, it } from 'vitest';
import type { Freeze } from '../../../src/domain/freeze/calendar.ts';
import { exceptionApprovers, freezeQuestion } from '../../../src/domain/freeze/freeze-check.ts';
import { after, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { ADAM, aFreeze, aRelease, aSituation, BELLA, NOW, OWNER, RITA } from '../../support/builders.ts';
import { check, ready } from '../../support/ready.ts';

describe('freezes', () => {
  it.each([
    ['hard', 'wait', { group: 'managers' }, { command: 'exception REL-142' }],
    ['soft', 'warn', 'It can start with a reason: ', { command: 'deploy REL-142 production "why"' }],
  ] as const)('that are %s: %s, until they end, with the way past them', (severity, state, ...way) => {
    const found = check(ready({ freezes: [aFreeze({ severity })] }), 'freeze.active');
    expect(found).toMatchObject({ state, until: '2026-03-04T07:00:00.000Z' });
    expect(found.sentence).toEqual(expect.arrayContaining(['Quarter end', { at: '2026-03-04T07:00:00.000Z' }]));
    expect(found.fix).toEqual(expect.arrayContaining([...way]));
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
