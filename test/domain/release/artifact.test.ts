import { describe, expect, it } from 'vitest';
import { artifactProblems, givenIn, isKnownAs } from '../../../src/domain/release/artifact.ts';

describe('what names an artifact', () => {
  it.each([
    [0, { sha: null, digest: null }],
    [0, { sha: 'abcdef1', digest: `sha256:${'0'.repeat(64)}` }],
    [1, { sha: 'abcdef', digest: null }],
    [1, { sha: 'HEAD', digest: null }],
    [1, { sha: null, digest: 'latest' }],
    [1, { sha: null, digest: 'sha256:xyz' }],
    [2, { sha: 'main', digest: 'main' }],
  ])('has %i problems: %o', (count, given) => {
    expect(artifactProblems(given)).toHaveLength(count);
    expect(artifactProblems(given).every(({ field }) => field === 'artifact')).toBe(true);
  });
});

it('typed, it is a digest where it has a colon, else a commit', () => {
  expect(givenIn('sha256:aa')).toEqual({ sha: null, digest: 'sha256:aa' });
  expect(givenIn('abcdef1')).toEqual({ sha: 'abcdef1', digest: null });
  expect(givenIn('')).toEqual({ sha: null, digest: null });
});

it.each([
  ['the same', { sha: 'abcdef1', digest: null }, { sha: 'abcdef1', digest: null }, true],
  ['another', { sha: 'abcdef1', digest: null }, { sha: '1abcdef', digest: null }, false],
  ['what was not known', { sha: 'abcdef1', digest: null }, { sha: null, digest: 'sha256:aa' }, false],
  ['nothing', { sha: 'abcdef1', digest: null }, { sha: null, digest: null }, true],
])('whether it is known as that: %s', (_, known, given, expected) => expect(isKnownAs(known, given)).toBe(expected));
