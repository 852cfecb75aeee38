/** What waits for whom, for each thing that a release can wait for; that nobody is forgotten is a property of no-dead-end.test.ts. */
import { describe, expect, it } from 'vitest';
import { byDutyUrgency, canBeStarted, type Duty, dutiesOf } from '../../src/domain/duties.ts';
import type { UserId } from '../../src/domain/ids.ts';
import type { Release } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, HOUR } from '../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  aDeployment,
  aFreeze,
  aGrant,
  aRelease,
  aReview,
  aRound,
  aSituation,
  aWaiting,
  BELLA,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../support/builders.ts';
import { drafted, gate, result } from '../support/drafted.ts';

const EVERYBODY = [OWNER, ADAM, BELLA, QUINN, RITA];
const who = (s: Situation, kind: Duty['kind'], now = NOW): readonly UserId[] =>
  EVERYBODY.filter((id) => dutiesOf(s, id, now).some((duty) => duty.kind === kind));

const approved: Release['state'] = {
  status: 'approved',
  since: NOW,
  validUntil: after(NOW, 100 * HOUR),
  by: { kind: 'policy', policy: 'nobody', catalogVersion: 1 },
};
const of = (state: Release['state'], more: Partial<Release> = {}): Release => aRelease({ state, ...more });
const frozen = { around: { freezes: [aFreeze({ startsAt: after(NOW, -HOUR), endsAt: after(NOW, 5 * HOUR) })] } };

describe('what waits', () => {
  it('for those who were asked and have not decided: the approval', () => {
    const round = aRound({ asks: [ADAM, BELLA].map((person) => ({ person, at: NOW, wave: 'first' as const })) });
    expect(who(aWaiting(round), 'approve')).toEqual([ADAM, BELLA]);
  });

  it('for nobody: the approval of what goes as an emergency', () => {
    const round = aRound({ asks: [{ person: ADAM, at: NOW, wave: 'first' }] });
    const s = aWaiting(round);
    const state = { status: 'deploying' as const, since: NOW, deployment: aDeployment().id, from: s.release.state };
    expect(who({ ...s, release: { ...s.release, state } as Release }, 'approve')).toEqual([]);
  });

  it.each<[string, Partial<Release>, readonly UserId[]]>([
    ['its deployer', { deployer: ADAM }, [ADAM]],
    ['its owner, where no deployer is named', {}, [OWNER]],
    ['nobody before its time', { when: { kind: 'at', start: after(NOW, HOUR), end: null } }, []],
    ['nobody while it is on hold', { hold: { by: OWNER, since: NOW, reason: 'wait', until: null } }, []],
  ])('for %s: to start what is approved and free', (_, more, expected) =>
    expect(who(aSituation({ release: of(approved, more) }), 'start')).toEqual(expected),
  );

  it('for its owner: to leave a freeze that holds it', () => {
    const s = aSituation({ release: of(approved), ...frozen });
    expect(who(s, 'leave freeze')).toEqual([OWNER]);
    expect(who(s, 'start')).toEqual([]);
  });

  it('for whoever started it: to say how it ended', () => {
    const s = aSituation({ deployments: [aDeployment({ state: 'running', finishedAt: null, startedBy: BELLA })] });
    expect(who(s, 'end')).toEqual([BELLA]);
  });

  it('for its owner, and its deployer: to decide about a failure, unless something newer runs', () => {
    const failed: Release['state'] = { status: 'failed', since: NOW, reason: 'x' };
    const deployments = [aDeployment({ state: 'failed', finishedAt: NOW })];
    expect(who(aSituation({ release: of(failed), deployments }), 'decide failure')).toEqual([OWNER]);
    const given = aSituation({ release: of(failed, { deployer: ADAM }), deployments });
    expect(who(given, 'decide failure')).toEqual([OWNER, ADAM]);
    const newer = { release: aRelease().id, number: 143, version: '2.15.0' };
    expect(who(aSituation({ release: of(failed), deployments, around: { newer } }), 'decide failure')).toEqual([]);
  });

  it('for its deployer, else its owner: to say whether it is healthy, once', () => {
    const deployed = (healthy: boolean | null): Release['state'] => ({
      status: 'deployed',
      since: NOW,
      before: null,
      healthy,
    });
    expect(who(aSituation({ release: of(deployed(null)) }), 'say healthy')).toEqual([OWNER]);
    expect(who(aSituation({ release: of(deployed(true)) }), 'say healthy')).toEqual([]);
  });

  it('for its owner: to ask again after a rejection', () => {
    const back: Release['state'] = {
      status: 'draft',
      since: NOW,
      returned: { why: 'rejected', by: ADAM, reason: 'no load test' },
    };
    expect(who(aSituation({ release: of(back) }), 'ask again')).toEqual([OWNER]);
    expect(who(aSituation(), 'ask again')).toEqual([]);
  });

  it('for the second person of an emergency: to confirm it; for the judges, once it is used: to judge it', () => {
    const waiting = aGrant({ second: ADAM, grantedAt: after(NOW, HOUR) });
    expect(who(aSituation({ breakGlass: waiting }), 'confirm emergency')).toEqual([ADAM]);
    expect(who(aSituation({ breakGlass: waiting }), 'judge emergency')).toEqual([]);
    const used = aGrant({ usedBy: aDeployment().id });
    expect(who(aSituation({ breakGlass: used }), 'judge emergency')).toEqual([ADAM, BELLA, RITA]);
    expect(who(aSituation({ breakGlass: used }), 'confirm emergency')).toEqual([]);
  });

  it('for those asked about a gate: to record it', () => {
    const catalog = aCatalog({
      groups: { ...aCatalog().groups, testers: { people: [QUINN], slack: null } },
      gates: [{ name: 'smoke', when: {}, before: 'production', owners: ['testers'], waive: 'release_manager' }],
    });
    expect(who(aSituation({ release: of(approved), around: { catalog } }), 'record gate')).toEqual([QUINN]);
  });

  it('for the owner of a review that is due: to answer it', () => {
    const s = aSituation({ reviews: [aReview({ dueAt: NOW })] });
    expect(who(s, 'review')).toEqual([OWNER]);
    expect(who(s, 'review', after(NOW, -HOUR))).toEqual([]);
  });

  it('in the order of what hurts', () => {
    const kinds: readonly Duty['kind'][] = ['say healthy', 'approve', 'decide failure'];
    const s = aSituation();
    const sorted = kinds.map((kind) => ({ s, duty: { kind } as Duty })).sort(byDutyUrgency(NOW));
    expect(sorted.map(({ duty }) => duty.kind)).toEqual(['decide failure', 'approve', 'say healthy']);
  });

  it('of two of a kind the one that is due sooner', () => {
    const planned = (hours: number) =>
      aSituation({ release: of(approved, { when: { kind: 'at', start: after(NOW, hours * HOUR), end: null } }) });
    const all = [9, 2, 5].map((hours) => ({
      s: planned(hours),
      duty: { kind: 'start', environment: 'production' } as Duty,
    }));
    const sorted = all.sort(byDutyUrgency(NOW)).map(({ s }) => s.release.when);
    expect(sorted).toEqual([2, 5, 9].map((hours) => ({ kind: 'at', start: after(NOW, hours * HOUR), end: null })));
  });
});

describe('a gate that failed', () => {
  const failed = drafted({}, aCatalog({ gates: [gate()] }), {
    gates: [result({ outcome: 'failed' })],
  });

  it('waits for the owner of the release, until it passes or while it is on hold', () => {
    expect(who(failed, 'mend gate')).toEqual([OWNER]);
    expect(who({ ...failed, gates: [...failed.gates, result({ at: after(NOW, HOUR) })] }, 'mend gate')).toEqual([]);
    const hold = { by: OWNER, since: NOW, reason: 'wait', until: null };
    expect(who({ ...failed, release: { ...failed.release, hold } }, 'mend gate')).toEqual([]);
  });
});

describe('what can be started by whoever starts it', () => {
  it.each<[string, boolean, Situation, number]>([
    ['approved and free', true, aSituation({ release: of(approved) }), 0],
    ['frozen', false, aSituation({ release: of(approved), ...frozen }), 0],
    [
      'before its time',
      false,
      aSituation({ release: of(approved, { when: { kind: 'at', start: after(NOW, HOUR), end: null } }) }),
      0,
    ],
    [
      'at its time',
      true,
      aSituation({ release: of(approved, { when: { kind: 'at', start: after(NOW, HOUR), end: null } }) }),
      1,
    ],
    ['not approved', false, aWaiting(), 0],
  ])('%s: %s', (_, expected, s, hours) => {
    expect(canBeStarted(s, after(NOW, hours * HOUR))).toBe(expected);
  });
});
