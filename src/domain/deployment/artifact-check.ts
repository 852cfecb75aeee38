/** Whether anybody named what was approved: where that has to be named, nobody can tell whether what goes out is it. */
import type { Check } from '../check.ts';
import { keyOf } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import { command, say } from '../words.ts';

/** Where two people of two groups approve, what they approved has to be named. */
export const mustBeNamed = (s: Situation, environment: string): boolean =>
  s.around.catalog.preset === 'strict' && isProtected(s, environment);

/** Nothing where it need not be, or is. A person may answer for it with a reason; a pipeline waits until it is named. */
export const artifactNamedCheck = (s: Situation, environment: string): readonly Check[] => {
  const { digest, sha } = s.release.artifact;
  return !mustBeNamed(s, environment) || digest !== null || sha !== null
    ? []
    : [
        {
          code: 'artifact.unknown',
          label: 'Artifact',
          state: 'warn',
          sentence: say`nobody said which artifact it is`,
          until: null,
          fix: say`Record its digest or commit with ${command(`artifact ${keyOf(s.release)}`)}${s.release.everAsked ? '; approval is then asked again' : ', before approval is asked for'}.`,
        },
      ];
};
