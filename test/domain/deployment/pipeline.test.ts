/** What a pipeline hears: never more than a person could do, and only of the artifact that is known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundTo, pipelineAnswer, pipelineChecks } from '../../../src/domain/deployment/pipeline.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import { obstacles, readiness } from '../../../src/domain/readiness.ts';
import { mismatch, NOTHING_GIVEN } from '../../../src/domain/release/artifact.ts';
import type { Release, ReleaseState } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import { tokenActor } from '../../../src/domain/token/token.ts';
import {
  aCatalog,
  aDeployment,
  aFreeze,
  aGrant,
  anAct,
  aRelease,
  aSituation,
  counting,
  NOW,
  OWNER,
} from '../../support/builders.ts';
import { approved } from '../../support/deploying.ts';

const [A, B] = ['a', 'b'].map((each) => `sha256:${each.repeat(64)}`) as [string, string];
const newId = counting();
const pipeline = anAct(tokenActor({ name: 'checkout-ci' }), NOW, newId);
const ready = (more: Partial<Release> = {}, around: Partial<Situation['around']> = {}): Situation =>
  aSituation({ release: aRelease({ state: approved, ...more }), around });
const known = (digest: string | null, sha: string | null = null): Partial<Release> => ({
  artifact: { revision: 1, sha, digest },
});
const soft = aFreeze({ severity: 'soft', startsAt: after(NOW, -HOUR), endsAt: after(NOW, 3 * HOUR) });
const strict = { catalog: aCatalog({ preset: 'strict' }) };

describe('two descriptions of an artifact', () => {
  it.each([
    ['the same digest', { digest: A, sha: null }, { digest: A.toUpperCase(), sha: null }, null],
    ['another digest', { digest: A, sha: null }, { digest: B, sha: null }, { known: A, given: B }],
    ['a shortened commit', { digest: null, sha: 'abcdef1234567' }, { digest: null, sha: 'abcdef1' }, null],
    [
      'a commit too short to say',
      { digest: null, sha: 'abcdef1234567' },
      { digest: null, sha: 'abcde' },
      { known: 'abcdef1234567', given: 'abcde' },
    ],
    ['nothing to compare', { digest: A, sha: null }, { digest: null, sha: 'abcdef1' }, null],
  ])('%s', (_, one, other, expected) => expect(mismatch(one, other)).toEqual(expected));

  it('are put together, what is known first', () => {
    const { artifact } = aRelease(known(A));
    expect(boundTo({ artifact }, { digest: B, sha: 'abcdef1' })).toEqual({ revision: 1, digest: A, sha: 'abcdef1' });
  });
});

describe('the answer', () => {
  it.each<[string, Situation, Parameters<typeof pipelineAnswer>[2], string, string | null, string | null]>([
    ['allow', ready(), NOTHING_GIVEN, 'allow', null, null],
    ['deny for another artifact', ready(known(A)), { digest: B, sha: null }, 'deny', 'artifact.differs', null],
    ['allow for the one that is known', ready(known(A)), { digest: A, sha: null }, 'allow', null, null],
    [
      'wait for the planned time',
      ready({ when: { kind: 'at', start: after(NOW, HOUR), end: null } }),
      NOTHING_GIVEN,
      'wait',
      'plan.later',
      after(NOW, HOUR),
    ],
    [
      'wait where a person may give a reason',
      ready({}, { freezes: [soft] }),
      NOTHING_GIVEN,
      'wait',
      'freeze.active',
      after(NOW, 3 * HOUR),
    ],
    [
      'wait under strict rules until somebody says what was approved',
      ready({}, strict),
      { digest: A, sha: null },
      'wait',
      'artifact.unknown',
      null,
    ],
    [
      'deny under strict rules when the call does not say',
      ready(known(A), strict),
      NOTHING_GIVEN,
      'deny',
      'artifact.unknown',
      null,
    ],
    [
      'allow under strict rules what was approved',
      ready(known(A), strict),
      { digest: A, sha: null },
      'allow',
      null,
      null,
    ],
    [
      'wait for approval, without an end',
      aSituation({ release: aRelease({}) }),
      NOTHING_GIVEN,
      'wait',
      'approval.pending',
      null,
    ],
  ])('is %s', (_, s, given, decision, code, until) => {
    const answer = pipelineAnswer(s, 'production', given, NOW);
    expect([answer.decision, answer.reasons.at(-1)?.code ?? null, answer.until]).toEqual([decision, code, until]);
  });

  it('counts no evidence, and no trial elsewhere, of another artifact than the call names', () => {
    const rules = [{ name: 'regression', before: 'production', owners: ['qa'], when: {} }];
    const places = [
      { name: 'staging', protected: false, requires: null },
      { name: 'production', protected: true, requires: 'staging' },
    ];
    const catalog = aCatalog({ gates: rules as never, environments: places });
    const passed = {
      gate: 'regression',
      outcome: 'passed' as const,
      revision: 1,
      actor: OWNER,
      comment: null,
      evidence: null,
    };
    const s = {
      ...ready({}, { catalog }),
      gates: [{ ...passed, id: 'gat_1' as never, at: NOW, expiresAt: null, digest: B }],
      deployments: [aDeployment({ environment: 'staging', state: 'succeeded', digest: B })],
    } as Situation;
    const codes = (digest: string | null) =>
      pipelineChecks(s, 'production', { digest, sha: null }, NOW).map(({ code }) => code);
    expect(codes(B)).toEqual([]);
    expect(codes(A)).toEqual(['gates', 'environment.order']);
  });

  it('waits until an emergency begins, and for no freeze that it skips', () => {
    const grantedAt = after(NOW, HOUR / 6);
    const hard = aFreeze({ startsAt: after(NOW, -HOUR), endsAt: after(NOW, 48 * HOUR) });
    const s = { ...ready({}, { freezes: [hard] }), breakGlass: aGrant({ grantedAt, second: OWNER }) };
    expect(pipelineAnswer(s, 'production', NOTHING_GIVEN, NOW)).toMatchObject({ decision: 'wait', until: grantedAt });
  });

  it('waits for no plan in an emergency, nor where nothing is protected', () => {
    const later: Partial<Release> = { when: { kind: 'at', start: after(NOW, HOUR), end: null } };
    const glass = { ...ready(later), breakGlass: aGrant() };
    expect(pipelineAnswer(glass, 'production', NOTHING_GIVEN, NOW).decision).toBe('allow');
    expect(pipelineChecks(ready(later), 'staging', NOTHING_GIVEN, NOW).map(({ code }) => code)).not.toContain(
      'plan.later',
    );
  });

  const states: readonly ReleaseState[] = [
    { status: 'draft', since: NOW, returned: null },
    approved,
    { status: 'failed', since: NOW, reason: 'x' },
    { status: 'deployed', since: NOW, before: null, healthy: null },
    { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null },
  ];
  const random = fc.record({
    state: fc.constantFrom(...states),
    hold: fc.boolean(),
    from: fc.integer({ min: -5, max: 5 }),
    hours: fc.integer({ min: 1, max: 5 }),
    severity: fc.constantFrom('hard' as const, 'soft' as const),
    plan: fc.integer({ min: -3, max: 3 }),
    digest: fc.constantFrom(null, A),
    given: fc.constantFrom(null, A, B),
    preset: fc.constantFrom('light' as const, 'standard' as const, 'strict' as const),
  });

  it('is allow exactly when the start goes through, and never where a person is stopped', () => {
    fc.assert(
      fc.property(random, (it_) => {
        const freeze = aFreeze({
          severity: it_.severity,
          startsAt: after(NOW, it_.from * HOUR),
          endsAt: after(NOW, (it_.from + it_.hours) * HOUR),
        });
        const s = ready(
          {
            state: it_.state,
            hold: it_.hold ? { by: OWNER, since: NOW, reason: 'x', until: null } : null,
            when: { kind: 'at', start: after(NOW, it_.plan * HOUR), end: null },
            ...known(it_.digest),
          },
          { freezes: [freeze], catalog: aCatalog({ preset: it_.preset }) },
        );
        const given = { digest: it_.given, sha: null };
        const { decision } = pipelineAnswer(s, 'production', given, NOW);
        const started = startDeployment(s, { environment: 'production', reason: 'any', ...given }, pipeline);
        expect(started.ok).toBe(decision === 'allow');
        if (obstacles(readiness(s, 'production', NOW)).length > 0) expect(decision).not.toBe('allow');
        if (it_.digest !== null && it_.given === B) expect(decision).toBe('deny');
      }),
      { numRuns: 500 },
    );
  });

  it('fills in what was not known of the artifact, and keeps where it runs', () => {
    const started = startDeployment(
      ready(),
      { environment: 'production', reason: null, digest: A, run: 'https://ci.example.com/7' },
      pipeline,
    );
    expect(started.ok && started.value.after.release.artifact.digest).toBe(A);
    expect(started.ok && started.value.after.deployments.at(-1)).toMatchObject({
      run: 'https://ci.example.com/7',
      startedBy: 'token:checkout-ci',
    });
  });
});
