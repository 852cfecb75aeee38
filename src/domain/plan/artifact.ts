/** The artifact of a release: commit and digest, as the pipeline, a form or a command says. Another one is another revision, and approved by nobody. */
import { thenReconsider } from '../approval/reconsider.ts';
import { boundTo } from '../deployment/pipeline.ts';
import { happened } from '../events.ts';
import { type Decision, refuse, refuseField } from '../refusal.ts';
import { artifactProblems, type Given, isKnownAs, mismatch } from '../release/artifact.ts';
import { keyOf, nameOf } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { say } from '../words.ts';
import { mayStillEdit } from './edit.ts';

/**
 * Records what is to be deployed. What was not known is filled in; another one raises the revision and takes approvals back, and so does naming it
 * at all where the approved one has to be named. Refuses what is neither a commit nor a digest, and what has started.
 */
export const recordArtifact = (s: Situation, given: Given, act: Act): Decision<Effect> => {
  const open = mayStillEdit(s.release, 'Not recorded');
  if (!open.ok) return open;
  if (given.sha === null && given.digest === null)
    return refuseField(
      'artifact',
      say`Not recorded: say its commit, of 7 to 40 hexadecimal digits, or its digest, sha256:….`,
    );
  const problems = artifactProblems(given);
  if (problems.length > 0) return refuse({ code: 'fields', problems });
  const { artifact } = s.release;
  const filled = boundTo(s.release, given);
  const another = mismatch(artifact, given) !== null;
  if (isKnownAs(artifact, given))
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(s.release),
      status: `known as that already`,
      fix: say`See ${keyOf(s.release)}.`,
    });
  const asked = s.release.everAsked && s.around.catalog.preset === 'strict';
  const next =
    another || asked
      ? {
          ...(another ? { sha: given.sha, digest: given.digest } : { sha: filled.sha, digest: filled.digest }),
          revision: artifact.revision + 1,
        }
      : filled;
  const release = { ...s.release, artifact: next };
  const event = happened(release.id, 'artifact.recorded', {
    revision: next.revision,
    artifact: given.digest ?? given.sha ?? '',
  });
  return thenReconsider(s, { after: { ...s, release }, events: [event] }, act, 'Not recorded');
};
