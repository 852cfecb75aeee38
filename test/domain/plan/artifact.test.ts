/** Which artifact a release is: filled in it is the same release, another one was approved by nobody. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { recordArtifact } from '../../../src/domain/plan/artifact.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import {
  ADAM,
  aCatalog,
  afterOf,
  anAct,
  aRelease,
  aSituation,
  aWaiting,
  counting,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const [A, B] = ['a', 'b'].map((each) => `sha256:${each.repeat(64)}`) as [string, string];
const newId = counting();
const act = anAct(OWNER, NOW, newId);
const record = (s: Situation, digest: string | null, sha: string | null = null) =>
  recordArtifact(s, { digest, sha }, act);
const approvedOf = (s: Situation): Situation =>
  afterOf(approve(s, { hash: null, comment: null }, anAct(ADAM, NOW, newId)));

describe('the artifact', () => {
  it('is filled in and asks nobody again', () => {
    const s = approvedOf(aWaiting());
    const { after, events } = done(record(s, A));
    expect(after.release.artifact).toEqual({ revision: 1, sha: null, digest: A });
    expect(after.release.state.status).toBe('approved');
    expect(events).toMatchObject([{ kind: 'artifact.recorded', data: { revision: 1, artifact: A } }]);
    expect(done(record(after, null, 'abcdef1')).after.release.artifact).toEqual({
      revision: 1,
      sha: 'abcdef1',
      digest: A,
    });
  });

  it('that is another one is another revision, and is asked again', () => {
    const s = approvedOf(afterOf(record(aWaiting(), A)));
    const { after, events } = done(record(s, B));
    expect(after.release.artifact).toEqual({ revision: 2, sha: null, digest: B });
    expect(after.release.state.status).toBe('awaiting_approval');
    expect(events.map(({ kind }) => kind)).toContain('round.invalidated');
  });

  it('under strict rules is asked about once it is named: nobody approved it before', () => {
    const s = approvedOf(aWaiting());
    const strict = { ...s, around: { ...s.around, catalog: aCatalog({ ...s.around.catalog, preset: 'strict' }) } };
    const asked = { ...strict, release: { ...strict.release, everAsked: true } };
    const next = record(asked, A);
    expect(next.ok ? next.value.after.release.artifact.revision : refusalOf(next)).toBe(2);
  });

  it.each([
    ['nothing', null, null, 'fields'],
    ['what is no digest', 'latest', null, 'fields'],
    ['what is no commit', null, 'HEAD', 'fields'],
  ])('is refused for %s', (_, digest, sha, code) =>
    expect(refusalOf(record(aSituation(), digest, sha)).code).toBe(code),
  );

  it('is refused when it is known as that, and once it has started', () => {
    expect(refusalOf(record(afterOf(record(aSituation(), A)), A)).code).toBe('status');
    const gone = aSituation({
      release: aRelease({ state: { status: 'deployed', since: NOW, before: null, healthy: null } }),
    });
    expect(refusalOf(record(gone, A)).code).toBe('status');
  });
});
