/** What probes and numbers say: one bad answer is an accident, what stays bad is not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BAD_PROBES, isFresh, isNews, looked, type Signal } from '../../../src/domain/deployment/signals.ts';
import { NOW } from '../../support/builders.ts';
import { later } from '../../support/verifying.ts';

const URL = 'https://shop.example.com/health';
const look = (ok: boolean) => ({ name: URL, ok, said: ok ? 'answered 200' : 'answered 503' });
const after = (answers: readonly boolean[], patience = BAD_PROBES): Signal | undefined =>
  answers.reduce<readonly Signal[]>((all, ok, n) => looked(all, look(ok), later(n), patience), [])[0];

describe('a signal', () => {
  it.each<[string, readonly boolean[], { ok: boolean; minute: number }]>([
    ['is well from its first good answer', [true, true, true], { ok: true, minute: 0 }],
    ['is still well after one bad answer', [true, false], { ok: true, minute: 0 }],
    ['is bad with the second in a row', [true, false, false], { ok: false, minute: 2 }],
    ['is well through accidents that are none in a row', [true, false, true, false, true], { ok: true, minute: 0 }],
    ['is well again with one good answer', [false, false, true], { ok: true, minute: 2 }],
    ['is not well before its first good answer', [false, true], { ok: true, minute: 1 }],
    ['that begins badly is not well', [false], { ok: false, minute: 0 }],
    ['stays bad', [true, false, false, false, false], { ok: false, minute: 2 }],
  ])('%s', (_, answers, { ok, minute }) => {
    expect(after(answers)).toMatchObject({ ok, since: later(minute) });
  });

  it('is bad at once where nobody waits', () => {
    expect(after([true, false], 1)).toMatchObject({ ok: false, since: later(1), said: 'answered 503' });
  });

  it('says what it says of itself, and nothing of the others', () => {
    const other: Signal = { name: 'errors', ok: false, alarm: true, said: 'is 4', since: NOW, bad: 1 };
    expect(looked([other], look(true), NOW, 2)).toEqual([other, { ...look(true), alarm: false, since: NOW, bad: 0 }]);
  });

  it('is bad exactly while the last two answers since it was well were bad: against a count by hand', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (answers) => {
        // By hand: bad since the last good answer, and at least twice.
        const sinceGood = answers.length - 1 - answers.lastIndexOf(true);
        expect(after(answers)?.alarm).toBe(sinceGood >= 2);
        expect(after(answers)?.ok).toBe(answers.includes(true) && sinceGood < 2);
      }),
    );
  });

  it('is kept only when a look tells something: what is not news changes nothing that is read', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (answers) => {
        let [all, skipped]: [readonly Signal[], readonly Signal[]] = [[], []];
        for (const [n, ok] of answers.entries()) {
          all = looked(all, look(ok), later(n), BAD_PROBES);
          if (isNews(skipped, look(ok), BAD_PROBES)) skipped = looked(skipped, look(ok), later(n), BAD_PROBES);
        }
        expect(skipped).toEqual(all);
      }),
    );
  });

  it('of which nobody knows how it was meanwhile begins anew', () => {
    const before = looked([], look(true), later(0), BAD_PROBES);
    expect(looked(before, look(true), later(90), BAD_PROBES, true)[0]?.since).toBe(later(90));
    expect(isNews(before, look(true), BAD_PROBES, true)).toBe(true);
    const alarming = [false, false].reduce((all, ok, n) => looked(all, look(ok), later(n), BAD_PROBES), before);
    expect(looked(alarming, look(false), later(90), BAD_PROBES, true)[0]?.alarm).toBe(true);
    expect(looked(alarming, look(true), later(90), BAD_PROBES, true)[0]?.alarm).toBe(false);
    expect([isFresh(later(0), later(3)), isFresh(later(0), later(4)), isFresh(null, later(0))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
