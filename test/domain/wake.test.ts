/** When the tick has to look again. Too early is harmless, too late is a bug: each time by which something changes is one of these. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../src/domain/approval/decide.ts';
import { submit } from '../../src/domain/approval/submit.ts';
import type { GateResult } from '../../src/domain/gate/gate.ts';
import type { UserId } from '../../src/domain/ids.ts';
import type { ReleaseState } from '../../src/domain/release/release.ts';
import { settle } from '../../src/domain/settle.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY, HOUR, instant, MINUTE } from '../../src/domain/time.ts';
import { wakeAt } from '../../src/domain/wake.ts';
import { nudgesFor } from '../../src/situation/nudges-for.ts';
import {
  ADAM,
  aCatalog,
  aDeployment,
  aGrant,
  anAct,
  aRelease,
  aSituation,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
} from '../support/builders.ts';

const newId = counting();
const by = (who = OWNER) => anAct(who, NOW, newId);
const asked = (): Situation => done(submit(aSituation(), by())).after;
const approved = (): Situation => done(approve(asked(), { hash: null, comment: null }, by(ADAM))).after;
const deployed: ReleaseState = { status: 'deployed', since: NOW, before: null, healthy: null };
const held = (until: ReturnType<typeof instant> | null) =>
  aSituation({ release: aRelease({ hold: { by: OWNER, reason: 'DBA', since: NOW, until } }) });
const waiver = (expiresAt: GateResult['expiresAt']): GateResult => ({
  id: 'gtr_1' as GateResult['id'],
  gate: 'regression',
  revision: 1,
  outcome: 'waived',
  actor: QUINN,
  comment: null,
  at: NOW,
  expiresAt,
  evidence: null,
  digest: null,
});
const light = (state: ReleaseState) =>
  aSituation({ release: aRelease({ state }), around: { catalog: aCatalog({ preset: 'light' }) } });

describe('somebody who left at night', () => {
  const night = instant('2026-03-03T23:00:00Z');
  const morning = instant('2026-03-04T09:00:00Z');
  const left = (s: Situation, ...inactive: readonly UserId[]) => ({ ...s, around: { ...s.around, inactive } });
  const told = (s: Situation, now: ReturnType<typeof instant>) =>
    nudgesFor(s, now).filter(({ occurrence = '' }) => /^(ownerless|taken over|held) /.test(occurrence));

  it.each([
    ['its owner', left({ ...aSituation(), release: aRelease({ everAsked: true }) }, OWNER)],
    ['who was to deploy it', left({ ...approved(), release: { ...approved().release, deployer: QUINN } }, QUINN)],
  ])('was %s: whoever stands in is told as their day begins, and the clock wakes for it', (_, s) => {
    expect(told(s, night)).toEqual([]);
    const at = wakeAt(s, night);
    expect(at !== null && at <= morning).toBe(true);
    expect(told(s, morning)).not.toEqual([]);
  });

  it('had put it on hold: who answers for it is asked', () => {
    const s = left({ ...held(null), release: { ...held(null).release, owner: ADAM } }, OWNER);
    expect(told(s, after(NOW, DAY)).map(({ audience }) => audience)).toEqual([ADAM]);
  });
});

describe('waking', () => {
  it.each([
    ['is for nothing when only people can go on', aSituation(), null],
    ['is for asking whether a hold without an end still waits', held(null), DAY],
    ['is for the end of a hold', held(after(NOW, HOUR)), HOUR],
    ['is for the reminder of a round', asked(), 4 * HOUR],
    ['is for the end of an approval', approved(), 7 * DAY],
    ['is for the deadline of a deployment', aSituation({ deployments: [aDeployment()] }), 2 * HOUR],
    ['is for the end of a waiver', aSituation({ gates: [waiver(after(NOW, 3 * HOUR))] }), 3 * HOUR],
    ['is for the day on which what nobody reviews closes', light(deployed), DAY],
    ['is for the end of an emergency', aSituation({ breakGlass: aGrant() }), 4 * HOUR],
    [
      'is for the start of an emergency',
      aSituation({ breakGlass: aGrant({ grantedAt: after(NOW, 10 * MINUTE) }) }),
      10 * MINUTE,
    ],
  ])('%s', (_, s, ms) => {
    expect(wakeAt(s, NOW)).toBe(ms === null ? null : after(NOW, ms));
  });

  it.each([
    ['a deployment that has ended', aSituation({ deployments: [aDeployment({ state: 'failed' })] })],
    ['a hold that is over', held(NOW)],
    ['a result without an end', aSituation({ gates: [waiver(null)] })],
    ['a waiver that is over', aSituation({ gates: [waiver(after(NOW, -HOUR))] })],
    ['what waits for a review before it closes', aSituation({ release: aRelease({ state: deployed }) })],
    ['a round that is over', { ...asked(), release: aRelease({ state: deployed }) }],
  ])('is not for %s', (_, s) => {
    expect(wakeAt(s, NOW)).toBeNull();
  });

  it('is for whatever comes first, then for the next', () => {
    const s: Situation = {
      ...asked(),
      deployments: [aDeployment({ environment: 'staging', deadline: after(NOW, 2 * HOUR) })],
      gates: [waiver(after(NOW, 3 * HOUR))],
    };
    const times = [NOW];
    for (;;) {
      const next = wakeAt(s, times.at(-1) ?? NOW);
      if (next === null) break;
      times.push(next);
    }
    expect(times.slice(1)).toEqual([
      after(NOW, 2 * HOUR),
      after(NOW, 3 * HOUR),
      after(NOW, 4 * HOUR),
      instant('2026-03-06T10:00:00Z'),
    ]);
  });

  it('is for the moment at which it changes: nothing before, something then', () => {
    for (const s of [held(after(NOW, HOUR)), asked(), approved(), light(deployed)]) {
      const wake = wakeAt(s, NOW) ?? NOW;
      expect(settle(s, after(wake, -1), newId).events).toEqual([]);
      expect(settle(s, wake, newId).events).not.toEqual([]);
    }
  });
});
