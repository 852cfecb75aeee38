import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestOf } from '../../src/domain/nearest.ts';

const VERBS = ['approve', 'reject', 'cancel', 'change', 'hold', 'remind', 'rollback', 'submit', 'show', 'timeline'];

describe('what was probably meant', () => {
  it.each([
    ['the word itself', 'approve', 'approve'],
    ['a letter left out', 'aprove', 'approve'],
    ['a letter too many', 'rejject', 'reject'],
    ['a wrong letter', 'submjt', 'submit'],
    ['two letters the wrong way round', 'timelien', 'timeline'],
    ['two letters of a short word the wrong way round', 'hsow', 'show'],
    ['capitals', 'Approve', 'approve'],
    ['all capitals', 'ROLLBACK', 'rollback'],
    ['the nearer of two that are alike', 'chancel', 'cancel'],
  ])('%s: %s', (_, word, meant) => expect(nearestOf(word, VERBS)).toBe(meant));

  it.each([
    ['a word of nothing here', 'xyzzy'],
    ['more than a third wrong', 'axxxxve'],
    ['an empty word', ''],
    ['a sentence', 'what is going on here'],
  ])('is none for %s', (_, word) => expect(nearestOf(word, VERBS)).toBeNull());

  it('a letter left out, one too many and a wrong one count the same', () => {
    expect(nearestOf('sho', ['show'])).toBe('show');
    expect(nearestOf('shows', ['shoxx', 'show'])).toBe('show');
    expect(nearestOf('shaw', ['shxx', 'show'])).toBe('show');
  });

  it('finds the words of three letters with two the wrong way round', () => {
    expect(nearestOf('nwe', ['new', 'env', 'ask'])).toBe('new');
    expect(nearestOf('serch', ['search', 'checkout'])).toBe('search');
  });

  it('is none where nothing is known', () => expect(nearestOf('approve', [])).toBeNull());
});

/** The distance as its definition says it, without a table. */
const distance = (a: string, b: string): number => {
  if (a === '') return b.length;
  if (b === '') return a.length;
  const replaced = distance(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1);
  const swaps = a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0];
  const swapped = swaps ? distance(a.slice(2), b.slice(2)) + 1 : Number.POSITIVE_INFINITY;
  return Math.min(replaced, swapped, distance(a.slice(1), b) + 1, distance(a, b.slice(1)) + 1);
};

describe('against the definition of the distance', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 });
  const known = fc.uniqueArray(word, { minLength: 1, maxLength: 4 });

  it('what is found is as near as anything', () => {
    fc.assert(
      fc.property(word, known, (typed, words) => {
        const found = nearestOf(typed, words);
        if (found === null) return;
        expect(distance(typed, found)).toBe(Math.min(...words.map((each) => distance(typed, each))));
      }),
    );
  });

  it('a word that is a third of its letters away, or less, is always found', () => {
    fc.assert(
      fc.property(word, known, (typed, words) => {
        const near = words.some((each) => 3 * distance(typed, each) <= typed.length);
        if (near) expect(nearestOf(typed, words)).not.toBeNull();
      }),
    );
  });

  it('a word of which more than half is wrong is never suggested', () => {
    const long = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 6 });
    fc.assert(
      fc.property(long, known, (typed, words) => {
        const found = nearestOf(typed, words);
        if (found !== null) expect(2 * distance(typed, found)).toBeLessThanOrEqual(typed.length);
      }),
    );
  });
});
