import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { raiseRisk } from '../../../src/domain/approval/raise-risk.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import type { RiskLevel, Rule } from '../../../src/domain/catalog/catalog.ts';
import { addChange } from '../../../src/domain/plan/changes.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalogOf,
  afterOf,
  anAct,
  aRelease,
  aRule,
  aSituation,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
  RITA,
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const later = after(NOW, HOUR);
const by = (who: typeof ADAM, now = NOW) => anAct(who, now, newId);
const two = aRule({ count: 2 });
const managers = aRule({ name: 'release management', when: { risk: ['high', 'critical'] }, groups: ['managers'] });
const asked = (...rules: Rule[]): Situation =>
  afterOf(
    submit(
      aSituation({
        around: {
          catalog: aCatalogOf({ all: rules }),
          running: [{ environment: 'production', version: '2.13.0', release: newId('release'), since: NOW }],
        },
      }),
      by(OWNER),
    ),
  );
const input = (level: RiskLevel | null, reason = 'The cache was never this full') => ({ level, reason });

describe('raising the risk', () => {
  it('asks again, in the next round, under the rules of the higher level', () => {
    const s = asked(two, managers);
    expect(s.round).toMatchObject({ n: 1, snapshot: { risk: 'low' } });
    const raised = afterOf(raiseRisk(s, input('high'), by(ADAM, later)));
    expect(raised.round).toMatchObject({ n: 2, state: 'open', openedAt: later, snapshot: { risk: 'high' } });
    expect(raised.round?.asks.map(({ person }) => person)).toEqual([ADAM, BELLA, RITA]);
    expect(raised.release.state).toMatchObject({ status: 'awaiting_approval', since: later });
  });

  it('keeps who raised it to what, and not a word of it in the score', () => {
    const raised = afterOf(raiseRisk(asked(two), input('critical'), by(ADAM)));
    expect(raised.release.risk).toMatchObject({
      score: 15,
      level: 'critical',
      raised: { level: 'critical', by: ADAM },
    });
  });

  it('is journalled first, with the reason in its own words, then what follows from it', () => {
    const s = asked(two, managers);
    expect(done(raiseRisk(s, input('high'), by(ADAM))).events).toMatchObject([
      { kind: 'risk.raised', data: { round: 1, from: 'low', to: 'high' }, words: 'The cache was never this full' },
      { kind: 'round.invalidated', data: { round: 1, differences: ['risk'], carried: [] }, words: 'risk low → high' },
      { kind: 'round.opened', data: { round: 2, risk: 'high' } },
    ]);
  });

  it('takes back what was approved at the lower level', () => {
    const voted = afterOf(approve(asked(two), { hash: null, comment: null }, by(ADAM)));
    const raised = afterOf(raiseRisk(voted, input('medium'), by(BELLA)));
    expect(raised.round).toMatchObject({ n: 2, decisions: [] });
  });

  it('can go on upwards, step by step', () => {
    const once = afterOf(raiseRisk(asked(two), input('medium'), by(ADAM)));
    const twice = afterOf(raiseRisk(once, input('high'), by(BELLA)));
    expect(twice.round).toMatchObject({ n: 3, snapshot: { risk: 'high' } });
    expect(twice.release.risk).toMatchObject({ raised: { level: 'high', by: BELLA } });
  });

  it('outlives the next score', () => {
    const raised = afterOf(raiseRisk(asked(two), input('high'), by(ADAM)));
    const more = { title: 'One more', link: null, type: 'other' as const, author: null, customers: false };
    const edited = afterOf(addChange(raised, more, by(OWNER)));
    expect(edited.release.risk?.level).toBe('high');
    expect(edited.round).toMatchObject({ n: 3, snapshot: { risk: 'high' } });
  });

  it.each<[string, RiskLevel, boolean]>([
    ['low is what it is', 'low', false],
    ['medium is higher', 'medium', true],
    ['critical is higher', 'critical', true],
  ])('goes upwards only, from low: %s', (_, level, allowed) => {
    expect(raiseRisk(asked(two), input(level), by(ADAM)).ok).toBe(allowed);
  });

  it.each<RiskLevel | null>(['low', 'medium', 'high', null])('refuses %s once it is high', (level) => {
    const high = afterOf(raiseRisk(asked(two), input('high'), by(ADAM)));
    expect(refusalOf(raiseRisk(high, input(level), by(ADAM)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'level' }],
    });
  });

  it.each(['', '  '])('needs a reason, and %j is none', (reason) => {
    expect(refusalOf(raiseRisk(asked(two), input('high', reason), by(ADAM)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });

  it.each([
    ['the requester', OWNER],
    ['somebody who could not approve', QUINN],
    ['an admin who is in no rule yet', RITA],
  ])('is not for %s, who is told who can', (_, who) => {
    expect(refusalOf(raiseRisk(asked(two, managers), input('high'), by(who)))).toMatchObject({
      code: 'forbidden',
      did: 'Not raised',
      can: ['These can: ', { person: ADAM }, ' and ', { person: BELLA }, '.'],
    });
  });

  it('needs an open round', () => {
    expect(refusalOf(raiseRisk(aSituation({ release: aRelease() }), input('high'), by(ADAM)))).toMatchObject({
      code: 'approval.no_round',
    });
  });

  it('is refused where nobody could satisfy the rules of that level', () => {
    const three = aRule({ name: 'three owners', when: { risk: ['critical'] }, count: 3 });
    expect(refusalOf(raiseRisk(asked(two, three), input('critical'), by(ADAM)))).toMatchObject({
      code: 'not_asked.unsatisfiable',
      needs: 3,
    });
  });
});
