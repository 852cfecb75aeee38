import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { failDeployment } from '../../../src/domain/deployment/outcome.ts';
import { rework } from '../../../src/domain/deployment/rework.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import { editRelease } from '../../../src/domain/plan/edit.ts';
import { type ReleaseState, STATUS_WORDS } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  aDeployment,
  anAct,
  aRelease,
  aSituation,
  counting,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const by = (who = OWNER, now = NOW) => anAct(who, now, newId);
const production = { environment: 'production', reason: null };
const FAILED: ReleaseState = { status: 'failed', since: NOW, reason: 'no disk' };
const BACK: ReleaseState = { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'no disk' };

/** Approved by a person, deployed, failed. */
const failed = (): Situation => {
  const approved = done(approve(done(submit(aSituation(), by())).after, { hash: null, comment: null }, by(ADAM))).after;
  const started = done(startDeployment(approved, production, by())).after;
  return done(failDeployment(started, { environment: null, reason: 'no disk' }, by())).after;
};

describe('rework', () => {
  it.each([
    ['failed', FAILED],
    ['was rolled back', BACK],
  ])('takes what %s back to draft as the next revision, with no artifact yet', (_, state) => {
    const artifact = { revision: 4, sha: 'abc', digest: 'sha256:1' };
    const s = aSituation({ release: aRelease({ state, artifact, askWhenReady: true }) });
    const { after: next, events } = done(rework(s, by(ADAM, after(NOW, HOUR))));
    expect(next.release.state).toEqual({
      status: 'draft',
      since: after(NOW, HOUR),
      returned: { why: 'reworked', by: ADAM, reason: null },
    });
    expect(next.release.artifact).toEqual({ revision: 5, sha: null, digest: null });
    expect(next.release.askWhenReady).toBe(false);
    expect(events).toMatchObject([{ kind: 'release.reworked', data: { revision: 5 } }]);
  });

  it('is another artifact: the old approval does not count for it', () => {
    const s = done(rework(failed(), by(OWNER, after(NOW, HOUR)))).after;
    expect(s.round?.state).toBe('invalidated');
    expect(refusalOf(startDeployment(s, production, by())).code).toBe('not_ready');
    const edited = done(editRelease(s, { title: 'Once more' }, by())).after;
    expect(edited.release.state.status).toBe('draft');
    expect(edited.round?.n).toBe(1);
  });

  it('is asked for in the next round', () => {
    const again = done(submit(done(rework(failed(), by())).after, by())).after;
    expect(again.round).toMatchObject({ n: 2, state: 'open', decisions: [] });
    expect(again.round?.snapshot.artifact.revision).toBe(2);
  });

  it('leaves the review of the failure due', () => {
    expect(done(rework(failed(), by())).after.reviews).toMatchObject([{ form: 'failure', state: 'due' }]);
  });

  it('keeps the end of a round that had ended before', () => {
    const s = failed();
    const ended = s.round?.endedAt;
    expect(done(rework(s, by(OWNER, after(NOW, HOUR)))).after.round?.endedAt).toBe(ended);
  });

  const others: readonly ReleaseState[] = [
    { status: 'draft', since: NOW, returned: null },
    { status: 'awaiting_approval', since: NOW, round: 'rnd_1' as never },
    { status: 'deployed', since: NOW, before: null, healthy: null },
    { status: 'closed', since: NOW, by: OWNER, outcome: 'failed', from: FAILED as never },
    { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null },
  ];
  it.each(others.map((state) => [STATUS_WORDS[state.status], state] as const))(
    'is refused for what is %s',
    (status, state) => {
      expect(refusalOf(rework(aSituation({ release: aRelease({ state }) }), by()))).toMatchObject({
        code: 'status',
        did: 'Not reworked',
        name: 'checkout 2.14.0',
        status,
      });
    },
  );

  it.each(['deploy', 'rollback'] as const)('is refused while a %s of it still runs, and says where', (kind) => {
    const s = aSituation({ release: aRelease({ state: FAILED }), deployments: [aDeployment({ kind })] });
    expect(refusalOf(rework(s, by()))).toMatchObject({ code: 'status', status: 'still at work in production' });
  });

  it('is refused when a newer version now runs, and names it', () => {
    const newer = { release: aRelease().id, number: 150, version: '2.15.0' };
    const s = aSituation({ release: aRelease({ state: FAILED }), around: { newer } });
    expect(refusalOf(rework(s, by()))).toMatchObject({
      code: 'status',
      status: 'replaced: 2.15.0 (REL-150) now runs',
    });
  });
});
