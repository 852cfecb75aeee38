/** Whether what is deployed is what was approved: who still has to, who did, until when it lasts. */
import { describe, expect, it } from 'vitest';
import { approvalCheck } from '../../../src/domain/approval/approval-check.ts';
import { approve, reject } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { type Check } from '../../../src/domain/check.ts';
import { failDeployment } from '../../../src/domain/deployment/outcome.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import type { UserId } from '../../../src/domain/ids.ts';
import { readiness } from '../../../src/domain/readiness.ts';
import type { ReleaseState, Returned } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR, instant } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import {
  ADAM,
  aCatalog,
  anAct,
  aRelease,
  aSituation,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
} from '../../support/builders.ts';

const newId = counting();
const by = (who: UserId = OWNER, now = NOW) => anAct(who, now, newId);
const yes = { hash: null, comment: null };
const approval = (s: Situation, now = NOW, environment = 'production'): Check => {
  const found = approvalCheck(s, environment, now);
  expect(readiness(s, environment, now).checks).toContainEqual(found);
  return found;
};
const asked = (around: Partial<Situation['around']> = {}): Situation =>
  done(submit(aSituation({ around }), by())).after;
const approved = (): Situation => done(approve(asked(), yes, by(ADAM))).after;
const failed = (s: Situation): Situation => {
  const started = done(startDeployment(s, { environment: 'production', reason: null }, by())).after;
  return done(failDeployment(started, { environment: null, reason: 'no disk' }, by())).after;
};
const words = ({ sentence }: Check): string => sentenceText(sentence, { names: {}, command: '/release', zone: 'UTC' });
const FAILED: ReleaseState = { status: 'failed', since: NOW, reason: 'x' };

describe('an environment that is not protected', () => {
  it.each([
    ['draft', aSituation()],
    ['waiting', asked()],
    ['failed', aSituation({ release: aRelease({ state: FAILED }) })],
  ])('needs no approval of what is %s', (_, s) => {
    expect(approval(s, NOW, 'staging')).toMatchObject({ code: 'approval.granted', state: 'pass' });
  });
});

describe('of whom somebody does not count any more', () => {
  const left = (s: Situation): Situation => ({ ...s, around: { ...s.around, inactive: [ADAM] } });
  it('waits for others, also before they are asked', () => {
    expect(words(approval(left(approved())))).toMatch(/still has to approve: somebody who did does not count any more/);
  });
});

describe('a draft', () => {
  it('waits to be asked for', () => {
    const check = approval(aSituation());
    expect(check).toMatchObject({ code: 'approval.pending', state: 'wait', until: null });
    expect(check.fix).toContainEqual({ command: 'submit' });
  });

  it('that was rejected is denied, with who and why', () => {
    const s = done(reject(asked(), { hash: null, reason: 'Wait for the index' }, by(ADAM))).after;
    const check = approval(s);
    expect(check).toMatchObject({ code: 'approval.rejected', state: 'deny', until: null });
    expect(check.sentence).toEqual(expect.arrayContaining([{ person: ADAM }, 'Wait for the index']));
  });

  it.each(['withdrawn', 'expired', 'approval lapsed', 'reworked'] as const)('that came back as %s waits', (why) => {
    const returned: Returned = { why, by: null, reason: null };
    const s = aSituation({ release: aRelease({ state: { status: 'draft', since: NOW, returned } }) });
    expect(approval(s)).toMatchObject({ code: 'approval.pending', state: 'wait' });
    expect(approval(s).sentence).toContain(why);
  });
});

describe('an open round', () => {
  it('waits for those who can, and says when the others are asked', () => {
    const check = approval(asked());
    expect(check).toMatchObject({ code: 'approval.pending', state: 'wait', until: null });
    expect(check.sentence).toEqual(expect.arrayContaining([{ person: ADAM }, { person: BELLA }, { group: 'owners' }]));
    expect(check.sentence).not.toContainEqual({ person: OWNER });
    // Everybody who can was asked: there is no rest.
    expect(check.fix).not.toContainEqual({ at: '2026-03-03T14:00:00.000Z' });
    const few = asked();
    const round = few.round === null ? null : { ...few.round, asks: few.round.asks.slice(0, 1) };
    expect(approval({ ...few, round }).fix).toContainEqual({ at: '2026-03-03T14:00:00.000Z' });
  });

  it('says nothing of that time once it is past', () => {
    expect(
      approval(asked(), instant('2026-03-03T14:00:00Z')).fix.some((part) => typeof part === 'object' && 'at' in part),
    ).toBe(false);
  });

  it('says so when nobody is left who could', () => {
    const s = asked();
    const left = { ...s, around: { ...s.around, inactive: [ADAM, BELLA] } };
    expect(words(approval(left))).toMatch(/nobody can give it now/);
  });
});

describe('an approval', () => {
  it('of people passes, and names them', () => {
    const check = approval(approved());
    expect(check).toMatchObject({ code: 'approval.granted', state: 'pass' });
    expect(check.sentence).toContainEqual({ person: ADAM });
  });

  it('of a policy that asks nobody names the policy and its version, and no person', () => {
    const s = done(submit(aSituation({ around: { catalog: aCatalog({ preset: 'light' }) } }), by())).after;
    const check = approval(s);
    expect(check).toMatchObject({ code: 'approval.granted', state: 'pass' });
    expect(words(check)).toBe('policy default v7 asks nobody');
  });

  it.each([
    ['to its last moment', -1, 'approval.granted', 'pass'],
    ['not at its end', 0, 'approval.lapsed', 'wait'],
    ['not after it', DAY, 'approval.lapsed', 'wait'],
  ])('lasts seven days, %s', (_, more, code, state) => {
    expect(approval(approved(), after(NOW, 7 * DAY + more))).toMatchObject({ code, state });
  });

  it.each([
    ['to its last moment', -1, 'approval.granted'],
    ['not at its end', 0, 'approval.lapsed'],
  ])('lasts four hours after its window, %s', (_, more, code) => {
    const when = { kind: 'at', start: after(NOW, HOUR), end: after(NOW, 2 * HOUR) } as const;
    const s = done(submit(aSituation({ release: aRelease({ when }) }), by())).after;
    const planned = done(approve(s, yes, by(ADAM))).after;
    expect(approval(planned, after(NOW, 6 * HOUR + more)).code).toBe(code);
  });

  it('of another artifact is none', () => {
    const s = approved();
    const rebuilt = { ...s, release: { ...s.release, artifact: { revision: 2, sha: null, digest: null } } };
    expect(approval(rebuilt)).toMatchObject({ code: 'approval.pending', state: 'wait' });
  });

  it('by somebody who was deactivated since is none', () => {
    const s = approved();
    expect(approval({ ...s, around: { ...s.around, inactive: [ADAM] } })).toMatchObject({
      code: 'approval.pending',
      state: 'wait',
    });
  });
});

describe('after a failure', () => {
  it('the approval is good for a retry, while it lasts', () => {
    expect(approval(failed(approved()))).toMatchObject({ code: 'approval.granted', state: 'pass' });
    expect(approval(failed(approved()), after(NOW, 7 * DAY - 1)).code).toBe('approval.granted');
    expect(approval(failed(approved()), after(NOW, 7 * DAY))).toMatchObject({ code: 'approval.lapsed', state: 'wait' });
  });

  it('what nobody approved waits for an approval', () => {
    const s = aSituation({ release: aRelease({ state: FAILED }) });
    expect(approval(s)).toMatchObject({ code: 'approval.pending', state: 'wait' });
  });

  it.each([
    ['the policy asks nobody', { catalog: aCatalog({ preset: 'light' }) }, 'normal'],
    ['its type is pre-approved', {}, 'standard'],
  ] as const)('nobody is asked when %s', (_, around, type) => {
    const s = aSituation({ release: aRelease({ state: FAILED, type }), around });
    expect(approval(s)).toMatchObject({ code: 'approval.granted', state: 'pass' });
  });
});

describe('under way', () => {
  it('the approval is good for the next environment', () => {
    const environments = ['eu', 'us'].map((name) => ({ name, protected: true, requires: null }));
    const catalog = aCatalog({ environments });
    const s = done(
      submit(aSituation({ release: aRelease({ targets: ['eu', 'us'] }), around: { catalog } }), by()),
    ).after;
    const granted = done(approve(s, yes, by(ADAM))).after;
    const started = done(startDeployment(granted, { environment: 'eu', reason: null }, by())).after;
    expect(approval(started, NOW, 'us')).toMatchObject({ code: 'approval.granted', state: 'pass' });
    expect(approval(started, after(NOW, 7 * DAY), 'us').code).toBe('approval.lapsed');
  });
});
