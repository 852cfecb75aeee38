/** What names an artifact: a commit, a digest. */
import { type Field } from '../refusal.ts';
import { cut, type Sentence, say } from '../words.ts';
import type { Artifact } from './release.ts';

const SHA = /^[0-9a-f]{7,64}$/i;
const DIGEST = /^[a-z0-9]+:[0-9a-f]{32,128}$/i;

/** What is neither a commit nor a digest. */
export const artifactProblems = ({
  sha,
  digest,
}: Pick<Artifact, 'sha' | 'digest'>): { field: Field; problem: Sentence }[] => [
  ...(sha === null || SHA.test(sha)
    ? []
    : [
        {
          field: 'artifact' as const,
          problem: say`“${cut(sha, 80)}” is not a commit: write 7 to 64 hexadecimal digits.`,
        },
      ]),
  ...(digest === null || DIGEST.test(digest)
    ? []
    : [
        {
          field: 'artifact' as const,
          problem: say`“${cut(digest, 80)}” is not a digest: write it like sha256: and its hexadecimal digits.`,
        },
      ]),
];
