import { describe, expect, it } from 'vitest';
import { artifactProblems } from '../../../src/domain/release/artifact.ts';

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
