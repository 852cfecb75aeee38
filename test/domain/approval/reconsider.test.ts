/** What an edit does to a round. Beside it: reconsider-carried (decisions that stand), -time (a plan that moves), -people (approvers who leave). */
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { reconsider, thenReconsider } from '../../../src/domain/approval/reconsider.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { happened } from '../../../src/domain/events.ts';
import { addChange, removeChange } from '../../../src/domain/plan/changes.ts';
import { type EditInput, editRelease } from '../../../src/domain/plan/edit.ts';
import type { Release, ReleaseState } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalogOf,
  aChange,
  afterOf,
  anAct,
  aRelease,
  aRule,
  aSituation,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const later = after(NOW, HOUR);
const by = (who: typeof ADAM, now = NOW) => anAct(who, now, newId);
const answers = { schema: false, irreversible: false, downtime: false, restricted: false };
const before = { environment: 'production', version: '2.13.0', release: newId('release'), since: NOW };

const asked = (release: Partial<Release> = {}, rules = [aRule()]): Situation => {
  const around = { catalog: aCatalogOf({ all: rules }), running: [before] };
  return afterOf(submit(aSituation({ release: aRelease(release), around }), by(OWNER)));
};
const approved = (release: Partial<Release> = {}): Situation =>
  afterOf(approve(asked(release), { hash: null, comment: null }, by(ADAM)));
const edited = (s: Situation, edit: EditInput): Situation => afterOf(editRelease(s, edit, by(OWNER, later)));
const changed = (s: Situation, more: Partial<Release>): Situation =>
  afterOf(reconsider(s, { ...s, release: { ...s.release, ...more } }, by(OWNER, later)));
const outcome = (s: Situation) => [s.round?.n, s.release.state.status];

describe('an edit of what is approved', () => {
  it.each<[string, EditInput]>([
    ['another title', { title: 'Another' }],
    ['a change number', { changeNumber: 'CHG-1' }],
    ['another deployer, where the rules let a deployer approve', { deployer: ADAM }],
    ['nothing at all', {}],
  ])('stays approved with %s', (_, edit) => {
    const s = approved();
    expect(outcome(edited(s, edit))).toEqual([1, 'approved']);
    expect(edited(s, edit).round).toEqual(s.round);
  });

  it('is looked at only for what differs: nothing differs, nothing happens', () => {
    const s = approved();
    expect(done(reconsider(s, s, by(OWNER, later)))).toEqual({ after: s, events: [] });
  });

  it.each<[string, EditInput]>([
    ['that customers notice it', { customers: 'A page' }],
    ['another rollback plan', { rollbackPlan: 'Restore the backup' }],
    ['a schema change', { answers: { ...answers, schema: true } }],
    ['that it cannot be undone', { answers: { ...answers, irreversible: true } }],
    ['downtime', { answers: { ...answers, downtime: true } }],
    ['a planned time', { when: { kind: 'at', start: after(NOW, 2 * DAY), end: null } }],
  ])('is asked again with %s', (_, edit) => {
    expect(outcome(edited(approved(), edit))).toEqual([2, 'awaiting_approval']);
  });

  it.each<[string, number, Partial<Release>]>([
    ['a new artifact', 2, { artifact: { revision: 2, sha: null, digest: null } }],
    ['a digest where none was known', 1, { artifact: { revision: 1, sha: null, digest: 'sha256:1' } }],
    ['a further environment', 2, { targets: ['production', 'staging'] }],
    ['a further service', 2, { affects: ['payments'] }],
    ['fewer environments', 1, { targets: [] }],
  ])('with %s is in round %i', (_, round, more) => {
    expect(changed(approved(), more).round?.n).toBe(round);
  });

  it('lets what customers notice be said in other words, and in none', () => {
    const s = approved({ customers: 'A page' });
    const reworded = edited(s, { customers: 'A better page' });
    expect(outcome(reworded)).toEqual([1, 'approved']);
    expect(reworded.release.customers).toBe('A better page');
    expect(outcome(edited(s, { customers: null }))).toEqual([1, 'approved']);
  });

  it('is asked again for a change that is added', () => {
    const input = { title: 'Fix', link: null, type: 'bugfix' as const, author: null, customers: false };
    const { events, after: s } = done(addChange(approved(), input, by(OWNER, later)));
    expect(outcome(s)).toEqual([2, 'awaiting_approval']);
    expect(events.map(({ kind }) => kind)).toEqual(['change.added', 'round.invalidated', 'round.opened']);
    expect(events[1]).toMatchObject({
      data: { round: 1, differences: ['change added'], carried: [] },
      words: '+ change “Fix”',
    });
  });

  it('is asked again for a change that is taken out from high risk on, and below not', () => {
    const changes = [aChange({ title: 'One' }), aChange({ title: 'Two' })];
    const risk = { score: 0, level: 'high' as const, parts: [], raised: { level: 'high' as const, by: BELLA } };
    const without = (s: Situation) => afterOf(removeChange(s, 'One', by(OWNER, later)));
    expect(outcome(without(approved({ changes })))).toEqual([1, 'approved']);
    expect(outcome(without(approved({ changes, risk })))).toEqual([2, 'awaiting_approval']);
  });

  it('says each kind of difference once, and each difference in words', () => {
    const changes = [aChange({ title: 'One' }), aChange({ title: 'Two' })];
    const s = approved();
    const { events } = done(
      reconsider(s, { ...s, release: { ...s.release, changes, affects: ['payments'] } }, by(OWNER)),
    );
    expect(events[0]).toMatchObject({
      kind: 'round.invalidated',
      data: { differences: ['change added', 'affected services'] },
      words: '+ change “One”, + change “Two”, also affects payments',
    });
  });

  it('is scored again with a material edit only', () => {
    const s = approved();
    const failing = { ...s, around: { ...s.around, failures30d: { checkout: 2 } } };
    expect(edited(failing, { title: 'Another' }).release.risk?.score).toBe(s.release.risk?.score);
    const score = (s.release.risk?.score ?? 0) + 6;
    expect(edited(failing, { rollbackPlan: 'Restore the backup' }).release.risk?.score).toBe(score);
  });
});

describe('the round after an edit', () => {
  it('is new in everything: content, hash, clock, and people who are asked', () => {
    const s = asked();
    const next = edited(s, { rollbackPlan: 'Restore the backup' });
    expect(next.round).toMatchObject({
      n: 2,
      state: 'open',
      openedAt: later,
      openedBy: OWNER,
      expiresAt: '2026-03-06T11:00:00.000Z',
      snapshot: { rollbackPlan: 'Restore the backup' },
      decisions: [],
    });
    expect(next.round?.id).not.toBe(s.round?.id);
    expect(next.round?.hash).not.toBe(s.round?.hash);
    expect(next.round?.asks.map(({ person, at }) => [person, at])).toEqual([
      [ADAM, later],
      [BELLA, later],
    ]);
    expect(next.release.state).toEqual({ status: 'awaiting_approval', since: later, round: next.round?.id });
  });

  it('has the same requester, whoever edits', () => {
    const next = afterOf(editRelease(asked(), { rollbackPlan: 'Restore the backup' }, by(BELLA, later)));
    expect(next.round?.openedBy).toBe(OWNER);
    expect(refusalOf(approve(next, { hash: null, comment: null }, by(OWNER))).code).toBe('approval.requester');
  });

  it('takes the rules of the catalog now, while an edit that is not material keeps those of the request', () => {
    const s = asked();
    const newer = aCatalogOf({ all: [aRule({ name: 'stricter', count: 2 })] }, { version: 8 });
    const under = { ...s, around: { ...s.around, catalog: newer } };
    expect(edited(under, { title: 'Another' }).round).toEqual(s.round);
    expect(edited(under, { rollbackPlan: 'Other' }).round).toMatchObject({
      catalogVersion: 8,
      rules: { all: [{ name: 'stricter', count: 2 }] },
    });
  });

  it('is not opened where nobody could satisfy it: the edit is refused', () => {
    const three = aRule({ name: 'three owners', when: { customers: true }, count: 3 });
    expect(refusalOf(editRelease(asked({}, [aRule(), three]), { customers: 'A page' }, by(OWNER)))).toMatchObject({
      code: 'not_asked.unsatisfiable',
      rule: 'three owners',
      needs: 3,
    });
  });

  it('is not opened for a difference that takes nothing back, but the button shows the new content', () => {
    const s = asked({ targets: ['production', 'staging'] });
    const next = changed(s, { targets: ['production'] });
    expect(next.round).toMatchObject({ n: 1, snapshot: { targets: ['production'] } });
    expect(next.round?.hash).not.toBe(s.round?.hash);
    expect(refusalOf(approve(next, { hash: s.round?.hash ?? '', comment: null }, by(ADAM))).code).toBe(
      'approval.changed',
    );
  });
});

describe('an edit without a round', () => {
  it('scores a draft again and asks nobody', () => {
    const s = aSituation({ release: aRelease({ rollbackPlan: null }) });
    const { after: next, events } = done(reconsider(s, s, by(OWNER)));
    expect(next.release.risk?.parts).toContainEqual({ label: 'no rollback plan', points: 15 });
    expect([next.release.state, next.round, events]).toEqual([s.release.state, null, []]);
  });

  it.each<ReleaseState>([
    { status: 'deployed', since: NOW, before: null, healthy: null },
    { status: 'rolled_back', since: NOW, to: '2.13.0', reason: 'x' },
  ])('changes nothing once it is $status', (state) => {
    const s = aSituation({ release: aRelease({ state }) });
    expect(done(reconsider(s, s, by(OWNER)))).toEqual({ after: s, events: [] });
  });
});

describe('an edit while it waits', () => {
  /** Asked under rules that did not want to know these. */
  const waits = (): Situation => {
    const s = asked({ deployer: null, changeNumber: null });
    return { ...s, around: { ...s.around, catalog: { ...s.around.catalog, planDetails: 'required' } } };
  };

  it('is not refused for what was missing before it', () => {
    const s = waits();
    expect(reconsider(s, { ...s, release: { ...s.release, title: 'Another' } }, by(OWNER)).ok).toBe(true);
  });

  it('is refused for what it takes away', () => {
    const s = waits();
    const full = { ...s, release: { ...s.release, changeNumber: 'CHG1' } };
    expect(refusalOf(reconsider(full, s, by(OWNER)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'changeNumber' }],
    });
  });

  it.each([
    ['the deployer', { deployer: ADAM }, { deployer: null }, 'deployer'],
    ['the time', { when: { kind: 'at', start: after(NOW, DAY), end: null } }, { when: { kind: 'asap' } }, 'when'],
  ] as const)('is refused where it takes %s away', (_, had, has, field) => {
    const s = waits();
    const before = { ...s, release: { ...s.release, changeNumber: 'CHG1', ...had } };
    const after_ = { ...before, release: { ...before.release, ...has } };
    expect(refusalOf(reconsider(before, after_, by(OWNER)))).toMatchObject({ code: 'fields', problems: [{ field }] });
  });

  it('is refused where it takes the rollback plan away that the rules want', () => {
    const s = waits();
    const catalog = { ...s.around.catalog, planDetails: 'optional', rollbackPlan: 'required' } as const;
    const before = { ...s, around: { ...s.around, catalog } };
    const without = { ...before, release: { ...before.release, rollbackPlan: null } };
    expect(refusalOf(reconsider(before, without, by(OWNER)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'rollbackPlan' }],
    });
  });
});

describe('an edit and what follows from it', () => {
  it('is one effect: the event of the edit first', () => {
    const s = approved();
    const release = { ...s.release, rollbackPlan: 'Other' };
    const edit = { after: { ...s, release }, events: [happened(release.id, 'release.edited', { fields: ['x'] })] };
    const { events } = done(thenReconsider(s, edit, by(OWNER)));
    expect(events.map(({ kind }) => kind)).toEqual(['release.edited', 'round.invalidated', 'round.opened']);
  });
});
