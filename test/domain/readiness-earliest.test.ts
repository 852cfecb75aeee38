/** From when on it could start, if time alone is in the way; where it goes next; and what no start gets past. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import type { Freeze } from '../../src/domain/freeze/calendar.ts';
import type { FreezeException } from '../../src/domain/freeze/exception.ts';
import { nextEnvironment, readiness } from '../../src/domain/readiness.ts';
import type { Hold, Release, ReleaseState, When } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY, HOUR } from '../../src/domain/time.ts';
import { ADAM, aDeployment, aFreeze, anAct, aRelease, aSituation, NOW, OWNER, RITA } from '../support/builders.ts';

/** Valid for longer than anything below lasts. */
const approved: ReleaseState = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: after(NOW, 90 * DAY),
};
const hour = (n: number) => after(NOW, n * HOUR);
const at = (n: number): When => ({ kind: 'at', start: hour(n), end: null });
const held = (until: number | null): Hold => ({
  by: OWNER,
  reason: 'DBA',
  since: NOW,
  until: until === null ? null : hour(until),
});
const frozen = (from: number, to: number, more: Partial<Freeze> = {}) =>
  aFreeze({ startsAt: hour(from), endsAt: hour(to), ...more });
const ready = (more: Partial<Release> = {}, freezes: readonly Freeze[] = []): Situation =>
  aSituation({ release: aRelease({ state: approved, ...more }), around: { freezes } });
const earliest = (s: Situation) => readiness(s, 'production', NOW).earliest;

describe('the earliest start', () => {
  it.each([
    ['is now when nothing is in the way', ready(), 0],
    ['is the planned time', ready({ when: at(5) }), 5],
    ['is now when the planned time has passed', ready({ when: at(-5) }), 0],
    ['is now when its time is undecided', ready({ when: { kind: 'undecided' } }), 0],
    ['is the end of the hold', ready({ hold: held(3) }), 3],
    ['is the end of the freeze', ready({}, [frozen(-1, 4)]), 4],
    ['is now before a freeze begins', ready({}, [frozen(1, 4)]), 0],
    ['is the end of hold and freeze, whichever is later', ready({ hold: held(3) }, [frozen(-1, 4)]), 4],
    [
      'is the end of the hold in the gap between two freezes',
      ready({ hold: held(5) }, [frozen(-1, 4), frozen(6, 9)]),
      5,
    ],
    ['is behind a freeze that begins before the hold ends', ready({ hold: held(3) }, [frozen(2, 6)]), 6],
    ['is behind a freeze at the planned time', ready({ when: at(5) }, [frozen(4, 8)]), 8],
    ['is behind a chain of freezes', ready({}, [frozen(-1, 4), frozen(4, 6), frozen(5, 9)]), 9],
  ])('%s', (_, s, hours) => {
    expect(earliest(s)).toBe(hour(hours));
  });

  it.each([
    ['it is on hold without an end', ready({ hold: held(null) })],
    ['it has to be approved', ready({ state: { status: 'draft', since: NOW, returned: null } })],
    ['something runs there', { ...ready(), deployments: [aDeployment()] }],
    [
      'it was cancelled',
      ready({ state: { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null } }),
    ],
    ['a person and a freeze are in the way', ready({ hold: held(null) }, [frozen(-1, 4)])],
  ])('is not known when %s', (_, s) => {
    expect(earliest(s)).toBeNull();
  });

  it('is the first hour behind hold and planned time that is not frozen, whatever they are', () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: -24, max: 72 }), fc.integer({ min: 1, max: 36 })), {
      maxLength: 6,
    });
    const hours = fc.option(fc.integer({ min: 1, max: 60 }));
    fc.assert(
      fc.property(spans, hours, hours, (list, hold, planned) => {
        let expected = Math.max(0, hold ?? 0, planned ?? 0);
        while (list.some(([from, length]) => from <= expected && expected < from + length)) expected += 1;
        const more = {
          hold: hold === null ? null : held(hold),
          when: planned === null ? ({ kind: 'asap' } as const) : at(planned),
        };
        const freezes = list.map(([from, length]) => frozen(from, from + length));
        expect(earliest(ready(more, freezes))).toBe(hour(expected));
      }),
    );
  });
});

describe('whatever is frozen', () => {
  const specs = fc.array(
    fc.record({
      from: fc.integer({ min: -3, max: 3 }),
      length: fc.integer({ min: 1, max: 6 }),
      cut: fc.option(fc.integer({ min: -2, max: 5 })),
      service: fc.constantFrom('checkout', 'search', null),
      environment: fc.constantFrom('production', 'staging', null),
      verdict: fc.constantFrom('requested', 'granted', 'denied', null),
      until: fc.integer({ min: -1, max: 8 }),
    }),
    { maxLength: 5 },
  );

  it('nothing starts under a hard freeze, but with an exception or an exempt type', () => {
    fc.assert(
      fc.property(
        specs,
        fc.constantFrom('normal', 'emergency'),
        fc.constantFrom('production', 'staging'),
        (list, type, to) => {
          const stopped = list.some(
            ({ from, length, cut, service, environment, verdict, until }) =>
              type !== 'emergency' &&
              from <= 0 &&
              0 < (cut ?? from + length) &&
              (service === null || service === 'checkout') &&
              (environment === null || environment === to) &&
              !(verdict === 'granted' && 0 < until),
          );
          const freezes = list.map(({ from, length, cut, service, environment }) =>
            frozen(from, from + length, {
              endedEarlyAt: cut === null ? null : hour(cut),
              scope: {
                services: service === null ? [] : [service],
                environments: environment === null ? [] : [environment],
              },
            }),
          );
          const exceptions = list.flatMap(({ verdict, until }, index): FreezeException[] =>
            verdict === null
              ? []
              : [
                  {
                    id: `exc_${index}` as FreezeException['id'],
                    freeze: freezes[index]?.id ?? aFreeze().id,
                    release: aRelease().id,
                    environment: to,
                    reason: 'x',
                    urgency: null,
                    blastRadius: null,
                    rollback: null,
                    usedBy: null,
                    requestedBy: OWNER,
                    requestedAt: NOW,
                    verdict,
                    decidedBy: RITA,
                    decidedAt: NOW,
                    reply: null,
                    validUntil: hour(until),
                  },
                ],
          );
          const s = { ...ready({ type }, freezes), exceptions };
          expect(startDeployment(s, { environment: to, reason: 'It must go' }, anAct(ADAM)).ok).toBe(!stopped);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('the environment that comes next', () => {
  const done = (environment: string, more: Parameters<typeof aDeployment>[0] = {}) =>
    aDeployment({ environment, state: 'succeeded', ...more });

  it.each([
    ['is the first target', ['staging', 'production'], [], 'staging'],
    ['is the second when the first has it', ['staging', 'production'], [done('staging')], 'production'],
    ['is the last when all have it', ['staging', 'production'], [done('staging'), done('production')], 'production'],
    [
      'is the first again for another artifact',
      ['staging', 'production'],
      [done('staging', { revision: 2 })],
      'staging',
    ],
    ['is the first while it runs there', ['staging', 'production'], [done('staging', { state: 'running' })], 'staging'],
    [
      'is the first after it failed there',
      ['staging', 'production'],
      [done('staging', { state: 'failed' })],
      'staging',
    ],
    ['is not passed over by a rollback', ['staging', 'production'], [done('staging', { kind: 'rollback' })], 'staging'],
    ['is the gap that was left', ['eu', 'us'], [done('us')], 'eu'],
  ])('%s', (_, targets, deployments, expected) => {
    expect(nextEnvironment(aSituation({ release: aRelease({ targets }), deployments }))).toBe(expected);
  });
});
