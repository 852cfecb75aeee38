/** Which freeze stops a release, and whether a freeze catches it: now, and at the time that is planned for it. */

import { freezeQuestion } from '../readiness.ts';
import type { Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { type Freeze, freezesStopping } from './calendar.ts';

/** The freeze that would stop this release in the environment, now or at its planned time. */
export const stoppingFreeze = (s: Situation, environment: string, now: Instant): Freeze | null => {
  const { when } = s.release;
  const planned = when.kind === 'at' && when.start > now ? when.start : now;
  const question = freezeQuestion(s, environment, planned);
  return (
    freezesStopping(s.around.freezes, s.exceptions, question)[0] ??
    freezesStopping(s.around.freezes, s.exceptions, { ...question, at: now })[0] ??
    null
  );
};

/** Whether the freeze catches the release at the time that is planned for it: one that was moved behind the freeze is not caught. */
export const catches = (freeze: Freeze, s: Situation, now: Instant): boolean => {
  const { when } = s.release;
  const at = when.kind === 'at' && when.start > now ? when.start : now;
  return s.release.targets.some((environment) =>
    freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, environment, at)).some(
      ({ id }) => id === freeze.id,
    ),
  );
};
