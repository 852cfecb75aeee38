/** What is in one of its places already: the approval by which it goes on to the rest of them. */
import { approvalCheck } from '../approval/approval-check.ts';
import { liveApprovals } from '../approval/policy.ts';
import { type Check, pass } from '../check.ts';
import { keyOf } from '../release/release.ts';
import type { Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { command, people, type Sentence, say } from '../words.ts';
import { standingPlaces } from './standing.ts';

/**
 * Where it came by the approval that it had then, and is: an approval is for a start in its time, and what began by it goes on to the rest of its
 * places. Not where it came as an emergency, or unasked.
 */
const begunIn = (s: Situation): string | null => {
  const { round, release, breakGlass } = s;
  const { state, artifact } = release;
  if (state.status !== 'deploying' && state.status !== 'failed') return null;
  const until = round?.snapshot.artifact.revision === artifact.revision ? round.validUntil : null;
  const byPolicy = state.status === 'deploying' && state.from.status === 'approved' && state.from.by.kind === 'policy';
  const first = standingPlaces(s).find(
    (d) => d.id !== breakGlass?.usedBy && (byPolicy || (until !== null && d.startedAt < until)),
  );
  return first?.environment ?? null;
};

const begunCheck = ({ round }: Situation, place: string): Check => {
  const voters = round === null ? [] : [...new Set(liveApprovals(round))];
  const by = voters.length === 0 ? say`approved` : say`approved by ${people(voters)}`;
  return pass('approval.granted', 'Approval', say`${by}; it began in ${place} in its time`);
};

/** What nobody approved, and is in one of its places by an emergency: the rest of them is another one. */
const restFix = (s: Situation, environment: string): Sentence =>
  s.breakGlass?.usedBy == null
    ? say`Nobody is asked about the rest of what is out already: roll it back, or bring another version, which is asked about.`
    : say`For ${environment} an emergency has to be declared as well, once the last one is judged: ${command(`emergency ${keyOf(s.release)}`)}. Or bring another version, which is asked about.`;

/** Whether it is approved for this place: by what it began with, where it is in another one already. */
export const approvedFor = (s: Situation, environment: string, now: Instant): Check => {
  const check = approvalCheck(s, environment, now);
  if (check.state === 'pass') return check;
  const begun = begunIn(s);
  if (begun !== null) return begunCheck(s, begun);
  const { status } = s.release.state;
  const partly = (status === 'deploying' || status === 'failed') && standingPlaces(s).length > 0;
  return !partly ? check : { ...check, fix: restFix(s, environment) };
};
