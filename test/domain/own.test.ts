/** Records by what strangers send. */
import { expect, it } from 'vitest';
import { own, ownFrom } from '../../src/domain/own.ts';

it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  '%s is there when it was put there, and not otherwise',
  (name) => {
    expect(own<string>({ olivia: 'x' })[name]).toBeUndefined();
    expect(ownFrom<string>([['olivia', 'x']])[name]).toBeUndefined();
    expect(ownFrom([['olivia', 'x']])['olivia']).toBe('x');
  },
);
