/** Where what was approved has to be named, everybody hears so until it is: a pipeline waits, a person answers for it with a reason. */
import { describe, expect, it } from 'vitest';
import { artifactNamedCheck, mustBeNamed } from '../../../src/domain/deployment/artifact-check.ts';
import { pipelineAnswer } from '../../../src/domain/deployment/pipeline.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import { NOTHING_GIVEN } from '../../../src/domain/release/artifact.ts';
import {
  aCatalog,
  aGrant,
  anAct,
  aRelease,
  aSituation,
  counting,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';
import { approved } from '../../support/deploying.ts';

const strict = { catalog: aCatalog({ preset: 'strict' }) };
const s = aSituation({ release: aRelease({ state: approved }), around: strict });
const named = aSituation({
  release: aRelease({ state: approved, artifact: { revision: 1, sha: 'abcdef1', digest: null } }),
  around: strict,
});
const act = anAct(OWNER, NOW, counting());

describe('an artifact that nobody named', () => {
  it('has to be, under strict rules, where somebody approves', () => {
    expect(mustBeNamed(s, 'production')).toBe(true);
    expect(mustBeNamed(s, 'staging')).toBe(false);
    expect(mustBeNamed(aSituation(), 'production')).toBe(false);
  });

  it('is said, until it is', () => {
    expect(artifactNamedCheck(s, 'production')).toMatchObject([{ code: 'artifact.unknown', state: 'warn' }]);
    expect(artifactNamedCheck(s, 'staging')).toEqual([]);
    expect(artifactNamedCheck(named, 'production')).toEqual([]);
  });

  it('is started by a person with a reason, and by no pipeline', () => {
    const bare = refusalOf(startDeployment(s, { environment: 'production', reason: null }, act));
    expect(bare).toMatchObject({ code: 'fields', problems: [{ field: 'reason' }] });
    const started = done(startDeployment(s, { environment: 'production', reason: 'built by hand' }, act));
    expect(started.events[0]?.data).toMatchObject({ reasons: ['artifact.unknown'] });
    expect(pipelineAnswer(s, 'production', NOTHING_GIVEN, NOW).decision).toBe('wait');
  });

  it('keeps no emergency', () => {
    const draft = aRelease({ ...s.release, state: { status: 'draft', since: NOW, returned: null } });
    const glass = { ...s, release: draft, breakGlass: aGrant() };
    expect(startDeployment(glass, { environment: 'production', reason: null }, act).ok).toBe(true);
    expect(pipelineAnswer(glass, 'production', NOTHING_GIVEN, NOW).decision).toBe('allow');
  });
});
