/** Each question of the score alone, from a release that scores nothing; then what they make together. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { riskOf } from '../../../src/domain/approval/risk.ts';
import type { RiskLevel } from '../../../src/domain/catalog/catalog.ts';
import type { FreezeException } from '../../../src/domain/freeze/exception.ts';
import type { Release, Risk } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR, instant } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  aChange,
  aFreeze,
  aRelease,
  aSituation,
  counting,
  OWNER,
  RITA,
} from '../../support/builders.ts';

const newId = counting();
/** A Tuesday before work begins, in London as in UTC. */
const QUIET = instant('2026-03-03T06:00:00Z');
const answers = { schema: false, irreversible: false, downtime: false, restricted: false };
const before = { environment: 'production', version: '2.13.0', release: newId('release'), since: QUIET };
const changes = (n: number) => Array.from({ length: n }, () => aChange());

type Facts = { tier?: 1 | 2 | 3; zone?: string; around?: Partial<Situation['around']>; more?: Partial<Situation> };
/** One service of tier 3, going back rehearsed, at a quiet hour, as often before. */
const calm = (release: Partial<Release> = {}, { tier = 3, zone = 'Europe/London', around, more }: Facts = {}) => {
  const catalog = aCatalog();
  const { checkout } = catalog.services;
  if (checkout === undefined) throw new Error('no checkout');
  return aSituation({
    release: aRelease({ rehearsedOn: '2026-02-20', ...release }),
    around: {
      running: [before],
      catalog: { ...catalog, services: { checkout: { ...checkout, tier, zone } } },
      ...around,
    },
    ...more,
  });
};
const score = (release: Partial<Release>, facts: Facts = {}, now = QUIET): number =>
  riskOf(calm(release, facts), 'green', now).score;

describe('the score', () => {
  it('is 0 and low for the calmest release', () => {
    expect(riskOf(calm(), 'green', QUIET)).toEqual({ score: 0, level: 'low', parts: [] });
  });

  it.each<[string, number, Partial<Release>, Facts?]>([
    ['2 services', 5, { affects: ['a'] }],
    ['3 services', 5, { affects: ['a', 'b'] }],
    ['4 services', 10, { affects: ['a', 'b', 'c'] }],
    ['9 services', 10, { affects: [...'abcdefgh'] }],
    ['a service of tier 2', 6, {}, { tier: 2 }],
    ['a service of tier 1', 12, {}, { tier: 1 }],
    ['a schema change', 6, { answers: { ...answers, schema: true } }],
    ['what cannot be undone', 15, { answers: { ...answers, irreversible: true } }],
    ['a schema change that cannot be undone', 15, { answers: { ...answers, schema: true, irreversible: true } }],
    ['being restricted, which is no risk', 0, { answers: { ...answers, restricted: true } }],
    ['5 changes', 0, { changes: changes(5) }],
    ['6 changes', 4, { changes: changes(6) }],
    ['20 changes', 4, { changes: changes(20) }],
    ['21 changes', 8, { changes: changes(21) }],
    ['customers who notice', 4, { customers: 'A page' }],
    ['downtime', 8, { answers: { ...answers, downtime: true } }],
    ['downtime that customers notice', 8, { customers: 'A page', answers: { ...answers, downtime: true } }],
    ['a rollback plan that was never rehearsed', 6, { rehearsedOn: null }],
    ['no rollback plan', 15, { rollbackPlan: null }],
    ['one failure in 30 days', 3, {}, { around: { failures30d: { checkout: 1 } } }],
    ['two failures in 30 days', 6, {}, { around: { failures30d: { checkout: 2 } } }],
    ['nine failures in 30 days', 6, {}, { around: { failures30d: { checkout: 9 } } }],
    [
      'one failure each of it and of what it affects',
      11,
      { affects: ['a'] },
      { around: { failures30d: { checkout: 1, a: 1 } } },
    ],
    ['a failure of what it does not touch', 0, {}, { around: { failures30d: { a: 5 } } }],
    ['the first of its kind', 8, {}, { around: { running: [] } }],
    ['one that only went to staging before', 8, {}, { around: { running: [{ ...before, environment: 'staging' }] } }],
  ])('of %s is %i', (_, points, release, facts) => {
    expect(score(release, facts)).toBe(points);
  });

  it.each([
    ['green', 0],
    ['partial', 6],
    ['missing', 10],
  ] as const)('of %s evidence is %i', (evidence, points) => {
    expect(riskOf(calm(), evidence, QUIET).score).toBe(points);
  });

  it.each([
    ['2025-12-04', 0],
    ['2025-12-01', 6],
  ])('counts a rehearsal for 90 days: one of %s is worth %i', (rehearsedOn, points) => {
    expect(score({ rehearsedOn })).toBe(points);
  });

  it.each([
    ['2026-03-03T08:59:00Z', 0],
    ['2026-03-03T09:00:00Z', 3],
    ['2026-03-03T17:59:00Z', 3],
    ['2026-03-03T18:00:00Z', 0],
    ['2026-03-06T11:00:00Z', 3],
    ['2026-03-06T16:00:00Z', 6],
    ['2026-03-06T23:00:00Z', 6],
    ['2026-03-07T06:00:00Z', 6],
    ['2026-03-08T23:59:00Z', 6],
    ['2026-03-09T00:00:00Z', 0],
  ])('of the hour %s is %i, planned or now', (time, points) => {
    const start = instant(time);
    expect(score({ when: { kind: 'at', start, end: null } })).toBe(points);
    expect(score({ rehearsedOn: '2026-03-01' }, {}, start)).toBe(points);
  });

  it('reads the hour in the zone of the service', () => {
    // 06:00 in London is 15:00 in Tokyo; the Friday evening of London is Saturday there.
    expect(score({}, { zone: 'Asia/Tokyo' })).toBe(3);
    const start = instant('2026-03-05T16:00:00Z');
    expect(score({ when: { kind: 'at', start, end: null } }, { zone: 'Asia/Tokyo' })).toBe(0);
    const friday = instant('2026-03-06T16:00:00Z');
    expect(score({ when: { kind: 'at', start: friday, end: null } }, { zone: 'America/Los_Angeles' })).toBe(0);
  });
});

describe('a start inside a freeze', () => {
  const freeze = aFreeze({ startsAt: QUIET, endsAt: after(QUIET, 4 * HOUR) });
  const planned = (start: string) => ({ when: { kind: 'at' as const, start: instant(start), end: null } });
  const granted = (more: Partial<FreezeException> = {}): FreezeException => ({
    id: newId('exception'),
    freeze: freeze.id,
    release: newId('release'),
    environment: 'production',
    reason: 'x',
    urgency: null,
    blastRadius: null,
    rollback: null,
    usedBy: null,
    requestedBy: OWNER,
    requestedAt: QUIET,
    verdict: 'granted',
    decidedBy: RITA,
    decidedAt: QUIET,
    reply: null,
    validUntil: after(QUIET, 4 * HOUR),
    ...more,
  });

  it.each<[string, number, Partial<Release>, Facts]>([
    ['counts 8 instead of the hour', 8, planned('2026-03-03T09:30:00Z'), { around: { freezes: [freeze] } }],
    ['counts from its first moment', 8, planned('2026-03-03T06:00:00Z'), { around: { freezes: [freeze] } }],
    ['does not count at its end', 3, planned('2026-03-03T10:00:00Z'), { around: { freezes: [freeze] } }],
    ['does not count for an exempt type', 0, { type: 'emergency' }, { around: { freezes: [freeze] } }],
    [
      'does not count for another environment',
      0,
      { targets: ['staging'] },
      { around: { freezes: [freeze], running: [{ ...before, environment: 'staging' }] } },
    ],
    ['counts when soft', 8, {}, { around: { freezes: [{ ...freeze, severity: 'soft' }] } }],
    ['does not count with an exception', 0, {}, { around: { freezes: [freeze] }, more: { exceptions: [granted()] } }],
    [
      'counts while the exception is only asked for',
      8,
      {},
      { around: { freezes: [freeze] }, more: { exceptions: [granted({ verdict: 'requested' })] } },
    ],
  ])('%s', (_, points, release, facts) => {
    expect(score(release, facts)).toBe(points);
  });

  it('counts the freeze of a service that it only affects', () => {
    const other = aFreeze({ ...freeze, scope: { services: ['payments'], environments: [] } });
    expect(score({}, { around: { freezes: [other] } })).toBe(0);
    expect(score({ affects: ['payments'] }, { around: { freezes: [other] } })).toBe(5 + 8);
  });
});

describe('what the points make', () => {
  const worst: Partial<Release> = {
    affects: ['a', 'b', 'c'],
    answers: { ...answers, irreversible: true, downtime: true },
    changes: changes(21),
    rollbackPlan: null,
  };
  const facts: Facts = {
    tier: 1,
    around: { running: [], failures30d: { checkout: 2 }, freezes: [aFreeze({ startsAt: QUIET })] },
  };

  it('is 100 at worst', () => {
    expect(riskOf(calm(worst, facts), 'missing', QUIET)).toMatchObject({ score: 100, level: 'critical' });
  });

  const involved = { answers: { ...answers, irreversible: true }, affects: ['a', 'b', 'c'] };
  const without = { ...involved, rollbackPlan: null };
  const down = { ...without, answers: { ...involved.answers, downtime: true } };
  it.each<[number, RiskLevel, Partial<Release>, Facts]>([
    [24, 'low', { affects: ['a', 'b', 'c'], answers: { ...answers, schema: true } }, { around: { running: [] } }],
    [25, 'medium', involved, {}],
    [49, 'medium', without, { tier: 2, around: { failures30d: { checkout: 1 } } }],
    [50, 'high', { ...without, changes: changes(6) }, { tier: 2 }],
    [74, 'high', { ...down, changes: changes(21) }, { tier: 1, around: { failures30d: { checkout: 2 } } }],
    [
      75,
      'critical',
      { ...down, changes: changes(6) },
      { tier: 1, around: { running: [], failures30d: { checkout: 1 } } },
    ],
  ])('%i is %s', (points, level, release, more) => {
    expect(riskOf(calm(release, more), 'green', QUIET)).toMatchObject({ score: points, level });
  });

  it('is explained by the parts that counted, the largest first', () => {
    const s = calm(
      { ...without, customers: 'A page', changes: changes(7) },
      { tier: 1, around: { failures30d: { checkout: 1 } } },
    );
    expect(riskOf(s, 'partial', QUIET).parts).toEqual([
      { label: 'cannot be undone', points: 15 },
      { label: 'no rollback plan', points: 15 },
      { label: 'a most important service', points: 12 },
      { label: '4 services', points: 10 },
      { label: 'evidence waived or partial', points: 6 },
      { label: '7 changes', points: 4 },
      { label: 'customers notice', points: 4 },
      { label: '1 failure in 30 days', points: 3 },
    ]);
  });

  it('is the sum of its parts, and its level is that of the sum', () => {
    const some = fc.record({
      affects: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')),
      answers: fc.record({ schema: fc.boolean(), irreversible: fc.boolean(), downtime: fc.boolean() }),
      changes: fc.nat(30).map(changes),
      rollbackPlan: fc.constantFrom(null, 'Redeploy'),
      tier: fc.constantFrom(1 as const, 2 as const, 3 as const),
      failures30d: fc.nat(3),
      now: fc.nat(400).map((hours) => after(QUIET, hours * HOUR)),
      evidence: fc.constantFrom('green' as const, 'partial' as const, 'missing' as const),
    });
    fc.assert(
      fc.property(some, ({ tier, failures30d, now, evidence, ...more }) => {
        const release = { ...more, answers: { ...more.answers, restricted: false } };
        const {
          score: sum,
          level,
          parts,
        } = riskOf(calm(release, { tier, around: { failures30d: { checkout: failures30d } } }), evidence, now);
        expect(parts.reduce((total, { points }) => total + points, 0)).toBe(sum);
        const reached = [25, 50, 75].filter((least) => sum >= least).length;
        expect(level).toBe(['low', 'medium', 'high', 'critical'][reached]);
      }),
    );
  });
});

describe('a level that somebody raised', () => {
  const raised = (level: RiskLevel): Risk => ({ score: 0, level, parts: [], raised: { level, by: ADAM } });

  it.each<RiskLevel>(['medium', 'critical'])('to %s stands above a low score', (level) => {
    const risk = riskOf(calm({ risk: raised(level) }), 'green', QUIET);
    expect(risk).toEqual({ score: 0, level, parts: [], raised: { level, by: ADAM } });
  });

  it('gives way to a score that is higher still', () => {
    const release = { risk: raised('medium'), rollbackPlan: null, affects: ['a', 'b', 'c'] };
    expect(riskOf(calm(release, { tier: 1 }), 'missing', QUIET)).toMatchObject({ score: 47, level: 'medium' });
    const first = calm(release, { tier: 1, around: { running: [] } });
    expect(riskOf(first, 'missing', QUIET)).toMatchObject({ score: 55, level: 'high', raised: { level: 'medium' } });
  });

  it('is not the level of an earlier score', () => {
    const old: Risk = { score: 90, level: 'critical', parts: [] };
    expect(riskOf(calm({ risk: old }), 'green', QUIET)).toMatchObject({ score: 0, level: 'low' });
  });
});
