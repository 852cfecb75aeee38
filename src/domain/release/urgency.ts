/** In which order releases are listed: first what hurts, then what is overdue or held, then by time. */
import { type ReleaseId } from '../ids.ts';
import type { Instant } from '../time.ts';
import type { Release } from './release.ts';

/** Lower is more pressing. */
const grade = ({ state, hold, when }: Release, now: Instant): number => {
  if (state.status === 'failed') return 0;
  const planned = state.status === 'approved' || state.status === 'awaiting_approval';
  if (planned && when.kind === 'at' && when.start <= now) return 1;
  if (hold !== null) return 2;
  switch (state.status) {
    case 'deploying':
      return 3;
    case 'rolled_back':
      return 4;
    case 'approved':
      return 5;
    case 'awaiting_approval':
      return 6;
    case 'draft':
      if (state.returned === null) return 8;
      // Its time ran out: nobody decided, or nobody started it.
      return ['expired', 'approval lapsed'].includes(state.returned.why) ? 2 : 7;
    case 'deployed':
      return 9;
    case 'closed':
    case 'cancelled':
      return 10;
  }
};

const gradeOf = (release: Release, now: Instant, emergencies: readonly ReleaseId[]): number =>
  emergencies.includes(release.id) ? Math.min(0.5, grade(release, now)) : grade(release, now);

const startOf = ({ when }: Release): string => (when.kind === 'at' ? when.start : '9');

/** Failed first, then `emergencies`, overdue, held, under way; within each the soonest, then the newest. */
export const byUrgency =
  (now: Instant, emergencies: readonly ReleaseId[] = []) =>
  (a: Release, b: Release): number =>
    gradeOf(a, now, emergencies) - gradeOf(b, now, emergencies) ||
    (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : b.number - a.number);
