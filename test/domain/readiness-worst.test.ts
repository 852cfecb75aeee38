/** Several freezes at once: the worst counts, never the longest, and `until` is never earlier than the truth. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import type { Freeze } from '../../src/domain/freeze/calendar.ts';
import { readiness } from '../../src/domain/readiness.ts';
import type { ReleaseState } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY, HOUR } from '../../src/domain/time.ts';
import { aFreeze, anAct, aRelease, aSituation, NOW } from '../support/builders.ts';

const approved: ReleaseState = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: after(NOW, 30 * DAY),
};
const frozen = (severity: Freeze['severity'], from: number, to: number, name: string = severity): Freeze =>
  aFreeze({ severity, name, startsAt: after(NOW, from * HOUR), endsAt: after(NOW, to * HOUR) });
const under = (...freezes: Freeze[]): Situation =>
  aSituation({ release: aRelease({ state: approved }), around: { freezes } });
const freezeCheck = (s: Situation) =>
  readiness(s, 'production', NOW).checks.find(({ code }) => code === 'freeze.active');

it('a hard one for a day and a soft one for three: it waits for the hard one', () => {
  const s = under(frozen('hard', -1, 24), frozen('soft', -1, 72));
  expect(freezeCheck(s)).toMatchObject({ state: 'wait', until: after(NOW, 24 * HOUR) });
  expect(startDeployment(s, { environment: 'production', reason: 'urgent' }, anAct()).ok).toBe(false);
});

it('a hard one that begins before another ends: until the last of the chain', () => {
  const s = under(frozen('hard', -1, 1, 'first'), frozen('hard', 0.5, 3, 'second'));
  expect(freezeCheck(s)).toMatchObject({ state: 'wait', until: after(NOW, 3 * HOUR) });
});

describe('over random freezes', () => {
  const anyFreeze = fc
    .record({
      severity: fc.constantFrom<Freeze['severity']>('hard', 'soft'),
      from: fc.integer({ min: -12, max: 12 }),
      hours: fc.integer({ min: 1, max: 24 }),
    })
    .map(({ severity, from, hours }) => frozen(severity, from, from + hours));
  /** By hand, hour by hour. */
  const holds = (freezes: readonly Freeze[], hour: number, severity: Freeze['severity']): boolean =>
    freezes.some(
      (freeze) =>
        freeze.severity === severity &&
        freeze.startsAt <= after(NOW, hour * HOUR) &&
        after(NOW, hour * HOUR) < freeze.endsAt,
    );

  it('nothing starts under a hard one, whatever else holds and whatever reason is given', () => {
    fc.assert(
      fc.property(fc.array(anyFreeze, { maxLength: 5 }), (freezes) => {
        const started = startDeployment(under(...freezes), { environment: 'production', reason: 'urgent' }, anAct());
        expect(started.ok).toBe(!holds(freezes, 0, 'hard'));
      }),
    );
  });

  it('`until` is the first hour at which it no longer holds', () => {
    fc.assert(
      fc.property(fc.array(anyFreeze, { minLength: 1, maxLength: 5 }), (freezes) => {
        const check = freezeCheck(under(...freezes));
        const hard = holds(freezes, 0, 'hard');
        const soft = !hard && holds(freezes, 0, 'soft');
        let hour = 0;
        while (holds(freezes, hour, 'hard') || (!hard && holds(freezes, hour, 'soft'))) hour += 1;
        const held = { state: hard ? 'wait' : 'warn', until: after(NOW, hour * HOUR) };
        expect(check).toMatchObject(hard || soft ? held : { state: 'pass' });
      }),
    );
  });
});
