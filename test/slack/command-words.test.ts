import { describe, expect, it } from 'vitest';
import { flagIn, inOurWords, wordsOf } from '../../src/slack/command-words.ts';

const read = (text: string): string => inOurWords(wordsOf(text)).join(' ');

describe('what people type', () => {
  it.each([
    ['start REL-1', 'deploy REL-1'],
    ['Roll Back REL-2 "worse"', 'rollback REL-2 worse'],
    ['not healthy checkout 2.14.0 slow', 'unhealthy checkout@2.14.0 slow'],
    ['lift lock checkout production cause', 'unlock checkout production cause'],
    ['WHY checkout v2.14.0', 'why checkout@v2.14.0'],
    ['promote checkout 2.14.0 staging', 'promote checkout@2.14.0 staging'],
    ['new checkout 2.14.0 "x"', 'new checkout 2.14.0 x'],
    ['env checkout 2.14.0', 'env checkout 2.14.0'],
    ['schedule REL-1 10:00', 'schedule REL-1 10:00'],
    ['REL-1', 'REL-1'],
    ['', ''],
    // Words like any other, whatever an object has by these names.
    ['constructor checkout', 'constructor checkout'],
    ['__proto__', '__proto__'],
    ['toString REL-1', 'toString REL-1'],
  ])('%j is read as %j', (typed, meant) => expect(read(typed)).toBe(meant));

  it.each([
    ['cancel REL-1 --force', '--force'],
    ['cancel REL-1 —force', '—force'],
    ['cancel REL-1 "with --force"', null],
    ['hold REL-1 a -- b', null],
    ['lock checkout production -x', null],
  ])('the option in %j is %j', (text, flag) => expect(flagIn(text)).toBe(flag));
});
