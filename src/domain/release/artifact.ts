/** What names an artifact: a commit, a digest; and whether two names mean the same. */
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

/** What somebody says that they deploy, or tested. */
export type Given = Pick<Artifact, 'sha' | 'digest'>;
export const NOTHING_GIVEN: Given = { sha: null, digest: null };

/** Whether that is what is known of it, and nothing new in it. */
export const isKnownAs = (known: Given, given: Given): boolean =>
  mismatch(known, given) === null &&
  (given.sha === null || known.sha !== null) &&
  (given.digest === null || known.digest !== null);

/** What somebody typed: a digest has a colon, a commit none. */
export const givenIn = (text: string): Given =>
  text.includes(':') ? { sha: null, digest: text } : { sha: text === '' ? null : text, digest: null };

/** A commit may be shortened, to seven characters at least. */
const sameSha = (a: string, b: string): boolean => {
  const most = Math.min(a.length, b.length);
  return most >= 7 && a.slice(0, most).toLowerCase() === b.slice(0, most).toLowerCase();
};

/** The two that name different things, where they do. */
export const mismatch = (known: Given, given: Given): { known: string; given: string } | null => {
  if (known.digest !== null && given.digest !== null && known.digest.toLowerCase() !== given.digest.toLowerCase())
    return { known: known.digest, given: given.digest };
  return known.sha !== null && given.sha !== null && !sameSha(known.sha, given.sha)
    ? { known: known.sha, given: given.sha }
    : null;
};
