/** The checks that the release itself has to pass: status, hold, a newer version, gates, the order of environments. */
import { describe, expect, it } from 'vitest';
import type { GateRule } from '../../src/domain/catalog/catalog.ts';
import { type Check } from '../../src/domain/check.ts';
import type { GateResult } from '../../src/domain/gate/gate.ts';
import { obstacles, readiness, warnings } from '../../src/domain/readiness.ts';
import type { ReleaseState } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, HOUR, instant } from '../../src/domain/time.ts';
import { sentenceText } from '../../src/slack/mrkdwn.ts';
import {
  aCatalog,
  aDeployment,
  aFreeze,
  aRelease,
  aSituation,
  BELLA,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../support/builders.ts';
import { approved, check, ready } from '../support/ready.ts';

const codes = (s: Situation, environment = 'production') =>
  obstacles(readiness(s, environment, NOW)).map(({ code }) => code);

describe('the list of checks', () => {
  it('is the same list in the same order, whether they pass or not', () => {
    expect(readiness(ready(), 'production', NOW).checks.map(({ code }) => code)).toEqual([
      'release.status',
      'release.hold',
      'release.superseded',
      'approval.granted',
      'gates',
      'environment.order',
      'freeze.active',
      'lock.held',
    ]);
    expect(readiness(aSituation(), 'production', NOW).checks).toHaveLength(8);
  });

  it('passes whole when nothing is in the way, and says from when', () => {
    const answer = readiness(ready(), 'production', NOW);
    expect(answer.checks.every(({ state }) => state === 'pass')).toBe(true);
    expect([obstacles(answer), warnings(answer)]).toEqual([[], []]);
    expect(answer).toMatchObject({ environment: 'production', earliest: NOW });
  });

  it('has a way out for everything that is in the way, and none for what passes', () => {
    const s = aSituation({
      release: aRelease({ hold: { by: OWNER, reason: 'DBA', since: NOW, until: null } }),
      around: { freezes: [aFreeze()], busy: [aDeployment()] },
    });
    for (const { state, fix } of readiness(s, 'production', NOW).checks) expect(fix.length > 0).toBe(state !== 'pass');
  });

  it('keeps warnings apart from obstacles', () => {
    const answer = readiness(ready({ freezes: [aFreeze({ severity: 'soft' })] }), 'production', NOW);
    expect(obstacles(answer)).toEqual([]);
    expect(warnings(answer).map(({ code }) => code)).toEqual(['freeze.active']);
  });
});

describe('status', () => {
  const deployment = aDeployment().id;
  const failed: ReleaseState = { status: 'failed', since: NOW, reason: 'x' };
  const rows: readonly (readonly [ReleaseState, Check['state'], Check['state']])[] = [
    [{ status: 'draft', since: NOW, returned: null }, 'pass', 'pass'],
    [{ status: 'awaiting_approval', since: NOW, round: 'rnd_1' as never }, 'pass', 'pass'],
    [approved, 'pass', 'pass'],
    [failed, 'pass', 'pass'],
    [{ status: 'deploying', since: NOW, deployment, from: approved }, 'pass', 'pass'],
    [{ status: 'deployed', since: NOW, before: null, healthy: null }, 'deny', 'pass'],
    [{ status: 'closed', since: NOW, by: null, outcome: 'failed', from: failed }, 'deny', 'deny'],
    [{ status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null }, 'deny', 'deny'],
  ];
  it.each(rows.map(([state, production, staging]) => [state.status, production, staging, state] as const))(
    '%s: to production %s, to staging %s',
    (_, production, staging, state) => {
      const s = aSituation({ release: aRelease({ state }) });
      expect(check(s, 'release.status').state).toBe(production);
      expect(check(s, 'release.status', 'staging').state).toBe(staging);
    },
  );

  it('denied, no time cures it', () => {
    const s = aSituation({
      release: aRelease({ state: { status: 'deployed', since: NOW, before: null, healthy: true } }),
    });
    expect(check(s, 'release.status')).toMatchObject({ until: null });
    expect(readiness(s, 'production', NOW).earliest).toBeNull();
  });
});

describe('hold', () => {
  const held = (until: ReturnType<typeof instant> | null) =>
    aSituation({ release: aRelease({ hold: { by: BELLA, reason: 'waiting for the DBA', since: NOW, until } }) });

  it('without an end waits, and says who and why', () => {
    const { state, until, sentence } = check(held(null), 'release.hold');
    expect([state, until]).toEqual(['wait', null]);
    expect(sentence).toEqual(expect.arrayContaining([{ person: BELLA }, 'waiting for the DBA']));
  });

  it('says until when', () => {
    const timeIn = (until: Parameters<typeof held>[0]) =>
      check(held(until), 'release.hold').sentence.filter((part) => typeof part === 'object' && 'at' in part);
    expect(timeIn(after(NOW, HOUR))).toEqual([{ at: after(NOW, HOUR) }]);
    expect(timeIn(null)).toEqual([]);
  });

  it.each([
    ['waits until its end', after(NOW, 1), 'wait'],
    ['is over at its end', NOW, 'pass'],
    ['is over after its end', after(NOW, -1), 'pass'],
  ] as const)('%s', (_, until, state) => {
    expect(check(held(until), 'release.hold')).toMatchObject({ state, until: state === 'wait' ? until : null });
  });

  it('stops staging as well', () => {
    expect(codes(held(null), 'staging')).toEqual(['release.hold']);
  });
});

describe('a newer version that is deployed', () => {
  it('denies every environment, and names the newer one and its rollback', () => {
    const s = ready({ newer: { release: aRelease().id, number: 150, version: '2.15.0' } });
    for (const environment of ['production', 'staging']) {
      const { state, sentence, fix } = check(s, 'release.superseded', environment);
      expect(state).toBe('deny');
      expect(sentence).toEqual(expect.arrayContaining(['2.15.0', '150']));
      expect(fix).toContainEqual({ command: 'rollback REL-150 "why"' });
    }
  });
});

describe('gates', () => {
  const gate = (name: string, before: string): GateRule => ({
    name,
    when: {},
    before,
    owners: ['qa'],
    waive: 'release_manager',
  });
  const result = (name: string, more: Partial<GateResult> = {}): GateResult => ({
    id: 'gtr_1' as GateResult['id'],
    gate: name,
    revision: 1,
    outcome: 'passed',
    actor: QUINN,
    comment: null,
    at: NOW,
    expiresAt: null,
    evidence: null,
    digest: null,
    ...more,
  });
  const catalog = aCatalog({ gates: [gate('regression', 'production'), gate('security', 'approval')] });
  const gated = (...gates: readonly GateResult[]): Situation => ({ ...ready({ catalog }), gates });
  const waived = (until: ReturnType<typeof instant>) =>
    result('security', { outcome: 'waived', expiresAt: until, actor: RITA });

  it('that are open wait, all in one sentence', () => {
    const { state, until, sentence } = check(gated(), 'gates');
    expect([state, until]).toEqual(['wait', null]);
    expect(sentenceText(sentence, { names: {}, command: '/release', zone: 'UTC' })).toBe(
      '2 gates open: regression (pending) and security (pending)',
    );
  });

  it.each([
    ['passed', [result('regression'), result('security')], 'pass'],
    ['one of them failed', [result('regression'), result('security', { outcome: 'failed' })], 'wait'],
    ['passed for an earlier artifact', [result('regression'), result('security', { revision: 0 })], 'wait'],
    ['waived until later', [result('regression'), waived(after(NOW, 1))], 'pass'],
    ['waived until now', [result('regression'), waived(NOW)], 'wait'],
  ])('%s', (_, gates, state) => {
    expect(check(gated(...gates), 'gates').state).toBe(state);
  });

  it('stop production, not staging', () => {
    expect(codes(gated())).toEqual(['gates']);
    expect(codes(gated(), 'staging')).toEqual([]);
  });

  it('of another protected environment do not stop this one', () => {
    const environments = ['eu', 'us'].map((name) => ({ name, protected: true, requires: null }));
    const s = ready({ catalog: aCatalog({ environments, gates: [gate('smoke', 'us')] }) });
    expect([codes(s, 'eu'), codes(s, 'us')]).toEqual([[], ['gates']]);
  });
});

describe('the order of environments', () => {
  const catalog = aCatalog({
    environments: [
      { name: 'staging', protected: false, requires: null },
      { name: 'production', protected: true, requires: 'staging' },
    ],
  });
  const ordered = (...deployments: readonly ReturnType<typeof aDeployment>[]): Situation => ({
    ...ready({ catalog }),
    deployments,
  });
  const staged = { environment: 'staging', state: 'succeeded' } as const;

  it('waits for the earlier one, and says with which command', () => {
    const { state, until, fix } = check(ordered(), 'environment.order');
    expect([state, until]).toEqual(['wait', null]);
    expect(fix).toContainEqual({ command: 'deploy REL-142 staging' });
    expect(codes(ordered(), 'staging')).toEqual([]);
  });

  it.each([
    ['passes when it succeeded there', [aDeployment(staged)], 'pass'],
    ['waits while it runs there', [aDeployment({ ...staged, state: 'running' })], 'wait'],
    ['waits when it failed there', [aDeployment({ ...staged, state: 'failed' })], 'wait'],
    ['waits when another artifact succeeded there', [aDeployment({ ...staged, revision: 2 })], 'wait'],
    ['waits when only a rollback succeeded there', [aDeployment({ ...staged, kind: 'rollback' })], 'wait'],
    ['waits when it succeeded elsewhere', [aDeployment({ ...staged, environment: 'eu' })], 'wait'],
  ])('%s', (_, deployments, state) => {
    expect(check(ordered(...deployments), 'environment.order').state).toBe(state);
  });
});
