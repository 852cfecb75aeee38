import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, command, count, cut, group, listing, people, person, say, took } from '../../src/domain/words.ts';
import { sentenceText } from '../../src/slack/mrkdwn.ts';
import { ADAM, aRelease, BELLA, NOW, OWNER } from '../support/builders.ts';

const names = { [ADAM]: 'adam', [BELLA]: 'bella', [OWNER]: 'olivia' };
const read = (sentence: ReturnType<typeof say>): string =>
  sentenceText(sentence, { names, command: '/release', zone: 'Europe/London' });

describe('saying something', () => {
  it('keeps people, groups, times and commands as what they are', () => {
    expect(say`Ask ${person(ADAM)} of ${group('qa')} at ${at(NOW)} with ${command('remind')}.`).toEqual([
      'Ask ',
      { person: ADAM },
      ' of ',
      { group: 'qa' },
      ' at ',
      { at: NOW },
      ' with ',
      { command: 'remind' },
      '.',
    ]);
  });

  it('reads as one sentence', () => {
    const { id } = aRelease();
    expect(read(say`${person(ADAM)} holds ${{ release: 'REL-7', id }} until ${at(NOW)}; ${group('qa')} waits.`)).toBe(
      'adam holds REL-7 until Tue 3 Mar 10:00 London; @qa waits.',
    );
  });

  it.each([
    ['a number as its digits', say`${3} left`, ['3', ' left']],
    ['nought as well', say`${0} left`, ['0', ' left']],
    [
      'a sentence inside, part by part',
      say`Why: ${say`${person(ADAM)} left`}.`,
      ['Why: ', { person: ADAM }, ' left', '.'],
    ],
    ['an empty sentence as nothing', say`Done.${[]}`, ['Done.']],
    ['nothing at all', say``, []],
  ])('takes %s', (_, sentence, parts) => expect(sentence).toEqual(parts));

  it('leaves text as text, whatever it looks like', () => {
    expect(say`Why: ${'<@U2ADAM> *now*'}`).toEqual(['Why: ', '<@U2ADAM> *now*']);
  });

  it('loses nothing and adds nothing', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.string(), (before, number, after) => {
        const parts = say`${before}|${number}|${after}`.map((part) => (typeof part === 'string' ? part : 'not text'));
        expect(parts.join('')).toBe(`${before}|${number}|${after}`);
      }),
    );
  });
});

describe('listing', () => {
  it.each([
    ['nothing', [], ''],
    ['one', ['a'], 'a'],
    ['two', ['a', 'b'], 'a and b'],
    ['three', ['a', 'b', 'c'], 'a, b and c'],
    ['four', ['a', 'b', 'c', 'd'], 'a, b, c and d'],
  ])('%s', (_, items, text) => expect(read(listing(items))).toBe(text));

  it('says "or" where one is enough', () => {
    expect(read(listing([group('qa'), group('leads'), group('dba')], 'or'))).toBe('@qa, @leads or @dba');
  });

  it('takes numbers and whole sentences', () => {
    expect(read(listing([1, say`${person(ADAM)} left`, 'x']))).toBe('1, adam left and x');
  });

  it('of people keeps each as a person', () => {
    expect(people([ADAM, BELLA])).toEqual([{ person: ADAM }, ' and ', { person: BELLA }]);
    expect(read(people([ADAM, BELLA, OWNER]))).toBe('adam, bella and olivia');
  });
});

describe('counting', () => {
  it.each([
    [0, '0 changes'],
    [1, '1 change'],
    [2, '2 changes'],
    [21, '21 changes'],
  ])('%d', (n, text) => expect(count(n, 'change')).toBe(text));

  it('takes another plural', () => {
    expect(count(1, 'person', 'people')).toBe('1 person');
    expect(count(3, 'person', 'people')).toBe('3 people');
  });
});

describe('how long it took', () => {
  it.each([
    [0, 'under a minute'],
    [1, '1 min'],
    [48, '48 min'],
  ])('%d', (minutes, text) => expect(took(minutes)).toBe(text));
});

describe('cutting', () => {
  it.each([
    ['shorter', 'abc', 4, 'abc'],
    ['just as long', 'abcd', 4, 'abcd'],
    ['one too long', 'abcde', 4, 'abc…'],
    ['far too long', 'abcdefgh', 2, 'a…'],
    ['emoji just as long', '🚀🚀🚀', 3, '🚀🚀🚀'],
    ['emoji one too long', '🚀🚀🚀🚀', 3, '🚀🚀…'],
  ])('%s', (_, text, most, expected) => expect(cut(text, most)).toBe(expected));

  it('never leaves half a character, and is never longer than it may', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, most) => {
        const short = cut(text, most);
        expect(short).not.toMatch(/\p{Surrogate}/u);
        expect([...short].length).toBeLessThanOrEqual(most);
        expect(text.startsWith(short.replace(/…$/, ''))).toBe(true);
      }),
    );
  });
});
