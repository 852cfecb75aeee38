/** Approving and deploying are kept apart where a rule excludes the deployer. */
import { describe, expect, it } from 'vitest';
import { type Deployment } from '../../../src/domain/deployment/deployment.ts';
import { handOver } from '../../../src/domain/deployment/rollout-acts.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import { keptApart } from '../../../src/domain/deployment/starter.ts';
import type { UserId } from '../../../src/domain/ids.ts';
import { assignRole } from '../../../src/domain/plan/edit.ts';
import { refusalSentence } from '../../../src/domain/refusal.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { instant } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import {
  ADAM,
  aDeployment,
  aGrant,
  anAct,
  aRelease,
  aRound,
  aRule,
  aSituation,
  aVote,
  BELLA,
  NOW,
  OWNER,
  QUINN,
  RITA,
  refusalOf,
} from '../../support/builders.ts';

const strictRule = aRule({ exclude: { requester: true, authors: true, deployer: true } });
const lax = aRule({ name: 'quality', groups: ['qa'] });

/** Approved by Adam (for the rule that keeps apart) and Quinn (for one that does not). */
const approved = (deployer: UserId | null, rules = [strictRule, lax], more: Partial<Situation> = {}): Situation => {
  const validUntil = instant('2026-03-10T10:00:00Z');
  const decisions = [aVote(ADAM), aVote(QUINN)];
  const round = aRound({ state: 'approved', rules: { all: rules }, decisions, endedAt: NOW, validUntil });
  const state = { status: 'approved', since: NOW, by: { kind: 'round', round: round.id }, validUntil } as const;
  return aSituation({ ...more, round, release: aRelease({ submitter: OWNER, deployer, everAsked: true, state }) });
};

const said = (s: Situation, by: UserId, environment = 'production'): string | null => {
  const refusal = keptApart(s, environment, by, NOW);
  return refusal === null
    ? null
    : sentenceText(refusalSentence(refusal), { names: {}, command: '/release', zone: 'UTC' });
};

describe('who may start where approving and deploying are kept apart', () => {
  it('is nobody whose approval counts for the rule that says so', () => {
    expect(said(approved(null), ADAM)).toBe(
      'Not started: you approved it, and rule “service owners” keeps approving and deploying apart. Ask somebody else to start it, or hand over with /release assign REL-142 deployer @user.',
    );
    expect(said(approved(null), BELLA)).toBeNull();
  });

  it('names the rule for which it counts', () => {
    const quality = aRule({ name: 'quality', groups: ['qa'], exclude: strictRule.exclude });
    expect(said(approved(null, [strictRule, quality]), QUINN)).toContain('rule “quality” keeps');
  });

  it('may be somebody who approved for another rule only', () => expect(said(approved(null), QUINN)).toBeNull());

  it('is the deployer who is named, and nobody else', () => {
    expect(said(approved(RITA), RITA)).toBeNull();
    expect(said(approved(RITA), BELLA)).toContain('is named to deploy it');
    expect(said(approved(RITA), OWNER)).toContain('hand over with /release assign REL-142 deployer @user');
  });

  it('is anybody where no rule keeps them apart, whoever is named', () => {
    for (const by of [ADAM, BELLA, OWNER]) expect(said(approved(RITA, [aRule(), lax]), by)).toBeNull();
  });

  it('does not matter where nothing is protected, nor in an emergency', () => {
    expect(said(approved(RITA), ADAM, 'staging')).toBeNull();
    expect(said(approved(RITA, [strictRule, lax], { breakGlass: aGrant() }), ADAM)).toBeNull();
  });

  it('is asked by the start itself', () => {
    const start = (by: UserId) =>
      startDeployment(approved(null), { environment: 'production', reason: null }, anAct(by));
    expect(refusalOf(start(ADAM))).toMatchObject({ code: 'forbidden', did: 'Not started' });
    expect(start(BELLA).ok).toBe(true);
  });
});

it('nor is a running deployment handed over to them; going back is', () => {
  const running = (kind: Deployment['kind']): Situation => ({
    ...approved(null),
    deployments: [aDeployment({ kind })],
  });
  const to = (kind: Deployment['kind'], person: UserId) =>
    handOver(running(kind), { environment: null, to: person }, anAct());
  expect(refusalOf(to('deploy', ADAM))).toMatchObject({ code: 'forbidden', did: 'Not handed over' });
  expect(to('deploy', QUINN).ok).toBe(true);
  expect(to('rollback', ADAM).ok).toBe(true);
  // Nor is what is left of it.
  const state = { status: 'failed', since: NOW, reason: 'x' } as const;
  const failed = { ...approved(null), release: { ...approved(null).release, state } };
  const assign = (person: UserId) => assignRole(failed, { role: 'deployer', to: person }, anAct());
  expect(refusalOf(assign(ADAM))).toMatchObject({ code: 'forbidden', did: 'Not assigned' });
  expect(assign(QUINN).ok).toBe(true);
});
