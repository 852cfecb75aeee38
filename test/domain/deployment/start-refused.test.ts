/** What refuses a start, and what gets past that: a reason under a soft freeze, a broken glass. */
import { describe, expect, it } from 'vitest';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import { userId } from '../../../src/domain/ids.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import { after, DAY, instant, MINUTE } from '../../../src/domain/time.ts';
import {
  aDeployment,
  aFreeze,
  aGrant,
  anAct,
  aRelease,
  aSituation,
  BELLA,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const production = { environment: 'production', reason: null };
const staging = { environment: 'staging', reason: null };
const byPolicy: ReleaseState = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: after(NOW, 7 * DAY),
};
type Around = NonNullable<NonNullable<Parameters<typeof aSituation>[0]>['around']>;
const ready = (around: Around = {}) => aSituation({ release: aRelease({ state: byPolicy }), around });
const newer = { release: aRelease().id, number: 150, version: '2.15.0' };

describe('a start is refused', () => {
  it('to an environment that nobody knows, with those that are known', () => {
    expect(refusalOf(startDeployment(ready(), { environment: 'prod', reason: null }, anAct()))).toEqual({
      code: 'not_found',
      what: 'environment',
      reference: 'prod',
      fix: ['Known: ', 'staging, production', '.'],
    });
  });

  it('with every obstacle at once, in the order of the checks', () => {
    const s = aSituation({
      release: aRelease({ hold: { by: OWNER, reason: 'DBA', since: NOW, until: null } }),
      deployments: [aDeployment()],
      around: { freezes: [aFreeze()], newer },
    });
    const refusal = refusalOf(startDeployment(s, production, anAct()));
    expect(refusal).toMatchObject({
      code: 'not_ready',
      environment: 'production',
      obstacles: [
        { code: 'release.hold' },
        { code: 'release.superseded' },
        { code: 'approval.pending' },
        { code: 'freeze.active' },
        { code: 'lock.held' },
      ],
    });
  });

  it.each([
    ['another release of the service is being deployed there', ready({ busy: [aDeployment({ version: '2.13.2' })] })],
    ['it is being deployed there already', { ...ready(), deployments: [aDeployment()] }],
    ['it is being rolled back there', { ...ready(), deployments: [aDeployment({ kind: 'rollback' })] }],
    ['a hard freeze holds it, whatever reason is given', ready({ freezes: [aFreeze()] })],
  ])('while %s', (_, s) => {
    expect(refusalOf(startDeployment(s, { ...production, reason: 'It must go' }, anAct())).code).toBe('not_ready');
  });

  it('under a soft freeze without a reason, and the refusal says until when it is frozen', () => {
    const s = ready({ freezes: [aFreeze({ severity: 'soft' })] });
    const refusal = refusalOf(startDeployment(s, production, anAct()));
    expect(refusal).toMatchObject({ code: 'fields', problems: [{ field: 'reason' }] });
    expect(refusal.code === 'fields' && refusal.problems[0]?.problem).toContainEqual({
      at: '2026-03-04T07:00:00.000Z',
    });
  });
});

describe('whom a hard freeze exempts', () => {
  const exempting = (exemptGroups: string[], more: Parameters<typeof aFreeze>[0] = {}) =>
    aFreeze({ exemptGroups, ...more });
  const reason = 'The pager rings';

  it('may start with a reason, and it stands in the journal with what it overruled', () => {
    const s = ready({ freezes: [exempting(['owners'])] });
    expect(refusalOf(startDeployment(s, production, anAct()))).toMatchObject({ code: 'fields' });
    const { events } = done(startDeployment(s, { ...production, reason }, anAct()));
    expect(events).toMatchObject([{ words: reason, data: { reasons: ['freeze.active'], passed: ['Quarter end'] } }]);
  });

  it.each([
    ['somebody else', [exempting(['managers'])], OWNER],
    ['a pipeline', [exempting(['owners'])], userId('token:ci')],
    ['where a second one does not exempt them', [exempting(['owners']), exempting([], { name: 'Audit' })], OWNER],
  ])('not %s', (_, freezes, by) => {
    expect(refusalOf(startDeployment(ready({ freezes }), { ...production, reason }, anAct(by))).code).toBe('not_ready');
  });

  it('not past anything else', () => {
    const s = ready({ freezes: [exempting(['owners'])], busy: [aDeployment({ version: '2.13.2' })] });
    const refusal = refusalOf(startDeployment(s, { ...production, reason }, anAct()));
    expect(refusal).toMatchObject({ code: 'not_ready', obstacles: [{ label: 'Lock' }] });
  });
});

describe('a reason', () => {
  it('starts it under a soft freeze, and stands in the journal with what it overruled', () => {
    const s = ready({ freezes: [aFreeze({ severity: 'soft' })] });
    const { events } = done(startDeployment(s, { ...production, reason: 'A customer waits' }, anAct()));
    expect(events).toMatchObject([{ words: 'A customer waits', data: { reasons: ['freeze.active'] } }]);
  });

  it('that nobody asked for is kept as well', () => {
    const { events } = done(startDeployment(ready(), { ...production, reason: 'As planned' }, anAct()));
    expect(events).toMatchObject([{ words: 'As planned', data: { reasons: [] } }]);
  });
});

describe('an emergency grant', () => {
  const draft = (more: Parameters<typeof aGrant>[0] = {}) =>
    aSituation({ breakGlass: aGrant(more), around: { freezes: [aFreeze()] } });

  it('starts a draft under a freeze, and is used up by that', () => {
    const { after: next } = done(startDeployment(draft(), production, anAct()));
    expect(next.release.state).toMatchObject({ status: 'deploying', from: { status: 'draft' } });
    expect(next.breakGlass?.usedBy).toBe(next.deployments[0]?.id);
  });

  it('is not used up by a deployment elsewhere', () => {
    const s = draft();
    expect(done(startDeployment(s, staging, anAct())).after.breakGlass).toEqual(s.breakGlass);
  });

  it.each([
    ['from its start', NOW, true],
    ['until the last moment', instant('2026-03-03T13:59:59.999Z'), true],
    ['not when it is over', instant('2026-03-03T14:00:00Z'), false],
    ['not before the ten minutes are over', after(NOW, -MINUTE), false],
  ])('counts %s', (_, now, ok) => {
    expect(startDeployment(draft(), production, anAct(OWNER, now)).ok).toBe(ok);
  });

  it.each([
    ['for another environment', { environment: 'staging' }],
    ['that was used', { usedBy: aDeployment().id }],
  ])('%s starts nothing in production', (_, more) => {
    expect(refusalOf(startDeployment(draft(more), production, anAct())).code).toBe('not_ready');
  });

  it.each([
    ['a hold', aSituation({ release: aRelease({ hold: { by: BELLA, reason: 'DBA', since: NOW, until: null } }) })],
    ['a newer version', aSituation({ around: { newer } })],
    ['what runs there', aSituation({ around: { busy: [aDeployment()] } })],
  ])('does not overrule %s', (_, s) => {
    expect(refusalOf(startDeployment({ ...s, breakGlass: aGrant() }, production, anAct())).code).toBe('not_ready');
  });
});
