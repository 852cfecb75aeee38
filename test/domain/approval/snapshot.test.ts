import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../src/domain/approval/round.ts';
import {
  canonical,
  changedWords,
  type Difference,
  differences,
  hashOf,
  snapshotOf,
  takesBack,
} from '../../../src/domain/approval/snapshot.ts';
import type { RiskLevel } from '../../../src/domain/catalog/catalog.ts';
import { after, DAY, instant } from '../../../src/domain/time.ts';
import { ADAM, aChange, aRelease, aRound, aRule } from '../../support/builders.ts';

const aSnapshot = (more: Partial<Snapshot> = {}): Snapshot => ({ ...aRound().snapshot, ...more });
const change = (id: string, title = id): Snapshot['changes'][number] => ({
  id: `chg_${id}`,
  type: 'feature',
  title,
  link: null,
});
const start = instant('2026-03-05T06:00:00Z');
const at = (ms = 0) => ({ kind: 'at' as const, start: after(start, ms), end: null });

describe('the snapshot of a release', () => {
  it('has what people approve, and nothing else', () => {
    const release = aRelease({
      artifact: { revision: 2, sha: 'abc', digest: 'sha256:def' },
      changes: [aChange({ title: 'Gift cards', author: ADAM, customers: true, link: 'https://git.example.com/1' })],
      targets: ['staging', 'production'],
      affects: ['search', 'payments'],
      customers: 'Gift cards are there',
      when: at(),
    });
    expect(snapshotOf(release, 'high')).toEqual({
      words: { title: release.title, customers: 'Gift cards are there' },
      artifact: { revision: 2, sha: 'abc', digest: 'sha256:def' },
      changes: [
        { id: release.changes[0]?.id, type: 'feature', title: 'Gift cards', link: 'https://git.example.com/1' },
      ],
      risk: 'high',
      targets: ['production', 'staging'],
      affects: ['payments', 'search'],
      customers: true,
      answers: { schema: false, irreversible: false, downtime: false, restricted: false },
      rollbackPlan: 'Redeploy, 5 min',
      when: { kind: 'at', start: '2026-03-05T06:00:00.000Z', end: null },
    });
  });

  it.each([
    ['the title', { title: 'Other words' }, ['title “Faster basket” → “Other words”']],
    ['the words for customers', { customers: 'Other words' }, ['other words for customers']],
    ['that customers notice it', { customers: null }, ['customers notice nothing']],
    ['nothing', {}, []],
  ])('tells whoever is asked again of %s', (_, edit, words) => {
    const release = aRelease({ title: 'Faster basket', customers: 'A page' });
    expect(changedWords(snapshotOf(release, 'low'), snapshotOf({ ...release, ...edit }, 'low'))).toEqual(words);
  });

  it('knows of no words of a round from before they were kept', () => {
    const release = aRelease({ title: 'Faster basket' });
    const { words: _, ...old } = snapshotOf(release, 'low');
    expect(changedWords(old, snapshotOf({ ...release, title: 'Other words' }, 'low'))).toEqual([]);
  });

  it.each([
    ['the title', { title: 'Other words' }],
    ['the words for customers', { customers: 'Other words' }],
    ['owner and deployer', { owner: ADAM, deployer: ADAM }],
    ['the change number', { changeNumber: 'CHG-1' }],
  ])('does not depend on %s', (_, edit) => {
    const release = aRelease({ customers: 'A page' });
    expect(hashOf(snapshotOf({ ...release, ...edit }, 'low'))).toBe(hashOf(snapshotOf(release, 'low')));
  });

  it('does not depend on the order of changes, targets and services', () => {
    const [a, b] = [aChange({ title: 'a' }), aChange({ title: 'b' })];
    const one = aRelease({ changes: [a, b], targets: ['x', 'y'], affects: ['p', 'q'] });
    const two = { ...one, changes: [b, a], targets: ['y', 'x'], affects: ['q', 'p'] };
    expect(snapshotOf(two, 'low')).toEqual(snapshotOf(one, 'low'));
    expect(one.changes).toEqual([a, b]);
  });
});

describe('the canonical text', () => {
  it.each<[string, unknown]>([
    ['{"a":[2,{"c":"x","d":null}],"b":1}', { b: 1, a: [2, { d: null, c: 'x' }] }],
    ['{"b":1}', { a: undefined, b: 1 }],
    ['[]', []],
    ['"“quoted” \\"twice\\""', '“quoted” "twice"'],
    ['null', null],
  ])('has sorted keys and nothing that is not there: %s', (text, value) => {
    expect(canonical(value)).toBe(text);
  });

  it('is JSON that reads back as the same value, so that no two values share a text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonical(plain))).toEqual(plain);
      }),
    );
  });

  it('does not depend on the order in which keys were written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.string(), fc.nat()), { selector: ([key]) => key }), (entries) => {
        const reversed = Object.fromEntries([...entries].reverse());
        expect(canonical(reversed)).toBe(canonical(Object.fromEntries(entries)));
      }),
    );
  });

  it('is hashed to 16 hex digits of SHA-256', () => {
    const text =
      '{"affects":[],"answers":{"downtime":false,"irreversible":false,"restricted":false,"schema":false},' +
      '"artifact":{"digest":null,"revision":1,"sha":null},"changes":[],"customers":false,"risk":"low",' +
      '"rollbackPlan":"Redeploy, 5 min","targets":["production"],"when":{"kind":"asap"}}';
    expect(hashOf(aSnapshot())).toBe(createHash('sha256').update(text).digest('hex').slice(0, 16));
  });

  it.each<[string, Partial<Snapshot>]>([
    ['artifact', { artifact: { revision: 2, sha: null, digest: null } }],
    ['digest', { artifact: { revision: 1, sha: null, digest: 'sha256:1' } }],
    ['changes', { changes: [change('a')] }],
    ['risk', { risk: 'medium' }],
    ['targets', { targets: [] }],
    ['affected services', { affects: ['payments'] }],
    ['customers', { customers: true }],
    ['answers', { answers: { schema: true, irreversible: false, downtime: false, restricted: false } }],
    ['rollback plan', { rollbackPlan: null }],
    ['time', { when: { kind: 'undecided' } }],
  ])('has another hash for another %s', (_, more) => {
    expect(hashOf(aSnapshot(more))).not.toBe(hashOf(aSnapshot()));
  });
});

describe('what is different', () => {
  const digest = 'sha256:0123456789abcdef';
  it.each<[Partial<Snapshot>, Partial<Snapshot>, Difference]>([
    [
      { artifact: { revision: 1, sha: '0123456789abcdef', digest: null } },
      { artifact: { revision: 2, sha: '0123456789abcdef', digest } },
      { what: 'artifact', sentence: 'artifact 0123456789ab → sha256:01234', affects: 'all' },
    ],
    [
      {},
      { artifact: { revision: 2, sha: null, digest: null } },
      { what: 'artifact', sentence: 'reworked, its artifact not named yet', affects: 'all' },
    ],
    [{}, { changes: [change('a', 'Fix')] }, { what: 'change added', sentence: '+ change “Fix”', affects: 'all' }],
    [{ changes: [change('a', 'Fix')] }, {}, { what: 'change removed', sentence: '− change “Fix”', affects: 'high' }],
    [{}, { risk: 'high' }, { what: 'risk', sentence: 'risk low → high', affects: 'all' }],
    [{ risk: 'high' }, { risk: 'medium' }, { what: 'risk', sentence: 'risk high → medium', affects: 'none' }],
    [
      {},
      { targets: ['production', 'staging'] },
      { what: 'targets', sentence: 'deploys to production, staging', affects: 'all' },
    ],
    [
      { targets: ['production', 'staging'] },
      { targets: ['production'] },
      { what: 'targets', sentence: 'deploys to production', affects: 'none' },
    ],
    [{}, { targets: ['staging'] }, { what: 'targets', sentence: 'deploys to staging', affects: 'all' }],
    [{}, { affects: ['payments'] }, { what: 'affected services', sentence: 'also affects payments', affects: 'all' }],
    [
      { affects: ['payments'] },
      {},
      { what: 'affected services', sentence: 'affects no other service', affects: 'none' },
    ],
    [{}, { customers: true }, { what: 'customers', sentence: 'customers notice it', affects: 'all' }],
    [{ customers: true }, {}, { what: 'customers', sentence: 'customers notice nothing', affects: 'none' }],
    [
      {},
      { answers: { schema: true, irreversible: false, downtime: false, restricted: false } },
      { what: 'answers', sentence: '+ changes data or schema', affects: 'owners' },
    ],
    [{}, { rollbackPlan: null }, { what: 'rollback plan', sentence: 'another rollback plan', affects: 'owners' }],
    [{}, { when: at() }, { what: 'time', sentence: 'another time', affects: 'owners' }],
    [{ when: at() }, { when: { kind: 'asap' } }, { what: 'time', sentence: 'another time', affects: 'owners' }],
  ])('%#: is told in words, with the rules that it takes back', (before, now, expected) => {
    expect(differences(aSnapshot(before), aSnapshot(now))).toEqual([expected]);
  });

  it.each([
    [1, 'none'],
    [DAY, 'none'],
    [-DAY, 'none'],
    [DAY + 1, 'owners'],
    [-DAY - 1, 'owners'],
  ] as const)('a start that moves by %i ms takes back: %s', (ms, affects) => {
    const found = differences(aSnapshot({ when: at() }), aSnapshot({ when: at(ms) }));
    expect(found).toEqual([{ what: 'time', sentence: 'another time', affects }]);
  });

  it('is nothing between equal contents', () => {
    expect(differences(aSnapshot({ when: at() }), aSnapshot({ when: at() }))).toEqual([]);
  });

  it('is each change by its name, and a swapped one twice', () => {
    const found = differences(
      aSnapshot({ changes: [change('a'), change('b')] }),
      aSnapshot({ changes: [change('b'), change('c')] }),
    );
    expect(found.map(({ sentence }) => sentence)).toEqual(['+ change “c”', '− change “a”']);
  });

  it('is listed in the order in which people ask: artifact, changes, risk, where, whom, how, when', () => {
    const now = aSnapshot({
      when: at(),
      rollbackPlan: null,
      answers: { schema: true, irreversible: false, downtime: false, restricted: false },
      customers: true,
      affects: ['payments'],
      targets: ['staging'],
      risk: 'high',
      changes: [change('a')],
      artifact: { revision: 2, sha: null, digest: null },
    });
    expect(differences(aSnapshot(), now).map(({ what }) => what)).toEqual([
      'artifact',
      'change added',
      'risk',
      'targets',
      'affected services',
      'customers',
      'answers',
      'rollback plan',
      'time',
    ]);
  });
});

describe('the rules that a difference takes back', () => {
  const found = (affects: Difference['affects']): Difference[] => [{ what: 'time', sentence: '', affects }];
  const rules = { owners: ['$owners'], named: ['checkout-owners'], qa: ['qa'], both: ['qa', '$owners'] };

  it.each<[Difference['affects'], keyof typeof rules, RiskLevel, boolean]>([
    ['all', 'owners', 'low', true],
    ['all', 'qa', 'low', true],
    ['owners', 'owners', 'low', true],
    ['owners', 'named', 'low', true],
    ['owners', 'both', 'low', true],
    ['owners', 'qa', 'critical', false],
    ['high', 'qa', 'low', false],
    ['high', 'qa', 'medium', false],
    ['high', 'qa', 'high', true],
    ['high', 'owners', 'critical', true],
    ['none', 'owners', 'critical', false],
  ])('one that affects %s, the rule of %s at %s risk: %s', (affects, rule, risk, expected) => {
    expect(takesBack(found(affects), aRule({ groups: rules[rule] }), 'checkout-owners', risk)).toBe(expected);
  });

  it('are those of the worst of several differences', () => {
    const several = [...found('none'), ...found('owners')];
    expect(takesBack(several, aRule({ groups: ['$owners'] }), 'checkout-owners', 'low')).toBe(true);
    expect(takesBack([], aRule({ groups: ['$owners'] }), 'checkout-owners', 'low')).toBe(false);
  });
});
