/** Starting without anybody's press: at its time, once, with nothing in the way, and nowhere else. */
import { describe, expect, it } from 'vitest';
import { startAtItsTime, startsByItself } from '../../../src/domain/deployment/by-itself.ts';
import type { When } from '../../../src/domain/release/release.ts';
import { settle } from '../../../src/domain/settle.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { wakeAt } from '../../../src/domain/wake.ts';
import {
  ADAM,
  aCatalog,
  aDeployment,
  aFreeze,
  aRelease,
  aSituation,
  counting,
  NOW,
  OWNER,
} from '../../support/builders.ts';
import { approved } from '../../support/deploying.ts';

const [checkout] = Object.values(aCatalog().services);
if (checkout === undefined) throw new Error('The catalog of the tests has no service.');
const catalog = (mode: 'webhook' | 'by-hand' | 'pipeline') =>
  aCatalog({ services: { checkout: { ...checkout, start: { production: mode } }, search: checkout } });
const at = (minutes: number, end: number | null = null): When => ({
  kind: 'at',
  start: after(NOW, minutes * MINUTE),
  end: end === null ? null : after(NOW, end * MINUTE),
});
const s = (when: When, more: Partial<Situation> = {}, mode: 'webhook' | 'by-hand' | 'pipeline' = 'webhook') =>
  aSituation({ release: aRelease({ state: approved, when }), around: { catalog: catalog(mode) }, ...more });
const starts = (situation: Situation, now = NOW) => startAtItsTime(situation, now, counting()) !== null;

describe('a start by itself', () => {
  it('comes at its time, and until its window or an hour is over', () => {
    expect(starts(s(at(1)))).toBe(false);
    expect(starts(s(at(0)))).toBe(true);
    expect(starts(s(at(-59)))).toBe(true);
    expect(starts(s(at(-60)))).toBe(false);
    expect(starts(s(at(-60, 5)))).toBe(true);
    expect(startsByItself(s(at(5)))).toEqual({
      at: after(NOW, 5 * MINUTE),
      until: after(NOW, 65 * MINUTE),
      environment: 'production',
    });
  });

  it('is whoever runs it’s, marked as nobody’s act', () => {
    const effect = startAtItsTime(s(at(0)), NOW, counting());
    expect(effect?.after.deployments[0]).toMatchObject({ startedBy: OWNER, environment: 'production' });
    expect(effect?.events).toMatchObject([{ kind: 'deployment.started', byItself: true }]);
  });

  it('is part of what time does, and the tick wakes for it', () => {
    expect(settle(s(at(0)), NOW, counting()).after.release.state.status).toBe('deploying');
    const [ahead, then] = [wakeAt(s(at(30)), NOW), wakeAt(s(at(30)), after(NOW, 20 * MINUTE))];
    expect([ahead, then]).toEqual([after(NOW, 20 * MINUTE), after(NOW, 30 * MINUTE)]);
  });

  it.each<[string, Situation]>([
    ['by hand', s(at(0), {}, 'by-hand')],
    ['by a pipeline that asks', s(at(0), {}, 'pipeline')],
    ['without a time', s({ kind: 'asap' })],
    [
      'on hold',
      { ...s(at(0)), release: { ...s(at(0)).release, hold: { by: ADAM, reason: 'x', since: NOW, until: null } } },
    ],
    ['inside a freeze', { ...s(at(0)), around: { ...s(at(0)).around, freezes: [aFreeze()] } }],
    ['inside a soft freeze', { ...s(at(0)), around: { ...s(at(0)).around, freezes: [aFreeze({ severity: 'soft' })] } }],
    [
      'while another one is deployed there',
      { ...s(at(0)), around: { ...s(at(0)).around, busy: [aDeployment({ version: '1.0.0' })] } },
    ],
    [
      'after it was tried',
      s(at(-10), { deployments: [aDeployment({ state: 'aborted', startedAt: after(NOW, -5 * MINUTE) })] }),
    ],
  ])('is none %s', (_, situation) => {
    expect(starts(situation)).toBe(false);
    expect(settle(situation, NOW, counting()).events.filter(({ kind }) => kind === 'deployment.started')).toEqual([]);
  });

  it('goes on to the next environment of the same release', () => {
    const environments = ['eu', 'us'].map((name) => ({ name, protected: true, requires: null }));
    const both = aCatalog({
      environments,
      services: { checkout: { ...checkout, start: { eu: 'webhook', us: 'webhook' } } },
    });
    const one = aSituation({
      release: aRelease({ state: approved, when: at(-20), targets: ['eu', 'us'] }),
      around: { catalog: both },
      deployments: [aDeployment({ environment: 'eu', state: 'succeeded', startedAt: after(NOW, -HOUR / 4) })],
    });
    expect(startAtItsTime(one, NOW, counting())?.after.deployments.at(-1)?.environment).toBe('us');
  });
});
