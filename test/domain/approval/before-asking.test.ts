/** What stands in the way of asking for approval. */

import { describe, expect, it } from 'vitest';
import { missingBeforeAsking, missingDetails } from '../../../src/domain/approval/before-asking.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import type { GateResult } from '../../../src/domain/gate/gate.ts';
import { type Release, type ReleaseState, STATUS_WORDS } from '../../../src/domain/release/release.ts';
import { after, HOUR, instant } from '../../../src/domain/time.ts';
import { type Sentence } from '../../../src/domain/words.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { aCatalog, aCatalogOf, aRule, NOW, OWNER, QUINN, refusalOf } from '../../support/builders.ts';
import { by, drafted, gate, newId, result } from '../../support/drafted.ts';

const plain = (sentence: Sentence): string => sentenceText(sentence, { names: {}, command: '/release', zone: 'UTC' });
const at = (start: string) => ({ kind: 'at' as const, start: instant(start), end: null });

describe('what is missing', () => {
  it('is the same for a card as for whoever asks, and said once where it is several', () => {
    const s = drafted({}, aCatalog({ planDetails: 'required' }));
    const missing = missingBeforeAsking(s, NOW);
    expect(missing.map(({ what }) => plain(what))).toEqual(['no deployer', 'no change number', 'no time']);
    const refusal = refusalOf(submit(s, by()));
    const problems = refusal.code === 'fields' ? refusal.problems.map(({ problem }) => plain(problem)) : [];
    expect(problems).toEqual([
      'Not asked: the rules here want a deployer.',
      'They want a change number as well.',
      'They want a time as well. Add them with Edit.',
    ]);
    expect(missingDetails(drafted({}), 'Not asked')).toEqual([]);
  });
});

describe('asking is refused', () => {
  it.each<ReleaseState>([
    { status: 'awaiting_approval', since: NOW, round: newId('round') },
    { status: 'deployed', since: NOW, before: null, healthy: null },
    { status: 'rolled_back', since: NOW, to: '2.13.0', reason: 'x' },
    { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null },
  ])('for what is $status', (state) => {
    expect(refusalOf(submit(drafted({ state }), by()))).toMatchObject({
      code: 'status',
      did: 'Not asked',
      name: 'checkout 2.14.0',
      status: STATUS_WORDS[state.status],
    });
  });

  it('without a rollback plan where the policy wants one, and only there', () => {
    const required = aCatalog({ rollbackPlan: 'required' });
    expect(refusalOf(submit(drafted({ rollbackPlan: null }, required), by()))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'rollbackPlan' }],
    });
    const strict = refusalOf(submit(drafted({ rollbackPlan: null }, aCatalog({ preset: 'strict' })), by()));
    expect(strict.code === 'fields' ? strict.problems.map(({ field }) => field) : strict).toContain('rollbackPlan');
    expect(submit(drafted({}, required), by()).ok).toBe(true);
    expect(submit(drafted({ rollbackPlan: null }), by()).ok).toBe(true);
  });

  it.each<[Partial<Release>, string[]]>([
    [{}, ['deployer', 'changeNumber', 'when']],
    [{ deployer: QUINN, when: { kind: 'undecided' } }, ['changeNumber', 'when']],
    [{ deployer: QUINN, changeNumber: 'CHG-1' }, ['when']],
    [{ deployer: QUINN, changeNumber: 'CHG-1', when: at('2026-03-05T06:00:00Z') }, []],
  ])('with every detail that is missing at once: %j', (release, fields) => {
    const decision = submit(drafted(release, aCatalog({ planDetails: 'required' })), by());
    expect(decision.ok ? [] : decision.refusal).toMatchObject(
      fields.length === 0 ? [] : { code: 'fields', problems: fields.map((field) => ({ field })) },
    );
    expect(submit(drafted(release), by()).ok).toBe(true);
  });

  it.each([
    ['2026-03-03T09:59:59.999Z', false],
    ['2026-03-03T10:00:00.000Z', false],
    ['2026-03-03T10:00:00.001Z', true],
  ])('at 10:00 for a start at %s: allowed %s', (start, allowed) => {
    const decision = submit(drafted({ when: at(start) }), by());
    expect(decision.ok || decision.refusal).toEqual(
      allowed || expect.objectContaining({ code: 'fields', problems: [expect.objectContaining({ field: 'when' })] }),
    );
  });

  it.each<[string, GateResult[], string[]]>([
    ['pending', [], ['regression', 'uat']],
    ['failed', [result({ outcome: 'failed' }), result({ gate: 'uat' })], ['regression']],
    ['passed for an earlier artifact', [result({ revision: 0 }), result({ gate: 'uat' })], ['regression']],
    ['waived until now', [result({ outcome: 'waived', expiresAt: NOW }), result({ gate: 'uat' })], ['regression']],
    ['passed', [result(), result({ gate: 'uat' })], []],
    ['waived', [result({ outcome: 'waived', expiresAt: after(NOW, HOUR) }), result({ gate: 'uat' })], []],
  ])('while gates before approval are %s, by their names', (_, gates, missing) => {
    const catalog = aCatalog({ gates: [gate(), gate({ name: 'uat' }), gate({ name: 'later', before: 'production' })] });
    const decision = submit(drafted({}, catalog, { gates }), by());
    expect(decision.ok ? [] : decision.refusal).toEqual(
      missing.length === 0 ? [] : { code: 'not_asked.gates', missing },
    );
  });

  it.each([
    [{ count: 3 }, { rule: 'service owners', needs: 3, left: 2, groups: ['owners'] }],
    [
      { count: 3, groups: ['$owners'] },
      { needs: 3, left: 2, groups: ['owners'] },
    ],
    [
      { name: 'both', count: 4, groups: ['owners', 'qa'] },
      { rule: 'both', needs: 4, left: 3, groups: ['owners', 'qa'] },
    ],
    [
      { groups: [], people: [OWNER] },
      { needs: 1, left: 0, groups: [], people: [OWNER] },
    ],
  ])('when nobody could satisfy %j, with how many are left', (rule, expected) => {
    const decision = submit(drafted({}, aCatalogOf({ all: [aRule(rule)] })), by());
    expect(refusalOf(decision)).toMatchObject({ code: 'not_asked.unsatisfiable', ...expected });
  });

  it('when whoever asks is the only one who could approve', () => {
    const catalog = aCatalogOf({ all: [aRule({ groups: ['qa'] })] });
    expect(submit(drafted({}, catalog), by(OWNER)).ok).toBe(true);
    expect(refusalOf(submit(drafted({}, catalog), by(QUINN))).code).toBe('not_asked.unsatisfiable');
  });
});
