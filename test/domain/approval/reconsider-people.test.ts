/** An approver who stops counting after the approval: what was approved waits again. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { evaluate } from '../../../src/domain/approval/policy.ts';
import { askedAnew } from '../../../src/domain/approval/reconsider.ts';
import type { Group } from '../../../src/domain/catalog/catalog.ts';
import { editRelease } from '../../../src/domain/plan/edit.ts';
import type { Release } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, instant } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  aCatalogOf,
  aChange,
  afterOf,
  anAct,
  aRound,
  aRule,
  aSituation,
  aWaiting,
  BELLA,
  counting,
  NOW,
  OWNER,
  QUINN,
  RITA,
  refusalOf,
} from '../../support/builders.ts';

const yes = { hash: null, comment: null };
const later = after(NOW, 2 * DAY);
const asks = [ADAM, BELLA].map((person) => ({ person, at: NOW, wave: 'first' as const }));
const careful = aRule({ exclude: { requester: true, authors: true, deployer: true } });
const approved = (): Situation =>
  afterOf(approve(aWaiting(aRound({ asks, rules: { all: [careful] } })), yes, anAct(ADAM)));
const withOwners = (s: Situation, owners: Group['people']): Situation => {
  const catalog = aCatalog({ groups: { ...s.around.catalog.groups, owners: { people: owners, slack: null } } });
  return { ...s, around: { ...s.around, catalog } };
};
const withRelease = (s: Situation, more: Partial<Release>): Situation => ({ ...s, release: { ...s.release, ...more } });

describe('an approval whose approver stops counting', () => {
  it.each([
    ['left the group', (s: Situation) => withOwners(s, [OWNER, BELLA])],
    ['was deactivated', (s: Situation) => ({ ...s, around: { ...s.around, inactive: [ADAM] } })],
    ['became the owner', (s: Situation) => withRelease(s, { owner: ADAM })],
    ['became the deployer', (s: Situation) => withRelease(s, { deployer: ADAM })],
    ['turned out to be an author', (s: Situation) => withRelease(s, { changes: [aChange({ author: ADAM })] })],
  ])('waits again when the approver %s', (_, happens) => {
    const s = happens(approved());
    const effect = askedAnew(s, later);
    expect(effect?.after.release.state).toEqual({ status: 'awaiting_approval', since: later, round: s.round?.id });
    expect(effect?.after.round).toMatchObject({ n: 1, state: 'open', endedAt: null, validUntil: null });
    expect(effect?.events).toMatchObject([{ kind: 'round.reopened', data: { round: 1 } }]);
  });

  it('keeps the decision in the history, dismissed with its reason', () => {
    const open = askedAnew(withOwners(approved(), [OWNER, BELLA]), later)?.after ?? aSituation();
    expect(open.round?.decisions).toMatchObject([{ actor: ADAM, retractedAt: null }]);
    expect(evaluate(open, open.round ?? aRound()).dismissed).toMatchObject([{ actor: ADAM, why: 'not a member' }]);
  });

  it('asks others, not again those who were asked', () => {
    const open = askedAnew(withOwners(approved(), [OWNER, BELLA, QUINN, RITA]), later);
    expect(open?.after.round?.asks).toEqual([...asks, { person: QUINN, at: later, wave: 'first' }]);
  });

  it('gets three working days anew, from when it was noticed', () => {
    const open = askedAnew(withOwners(approved(), [OWNER, BELLA]), later);
    expect(open?.after.round?.expiresAt).toBe('2026-03-10T10:00:00.000Z');
    expect((open?.after.round?.remindAt ?? '') > later).toBe(true);
  });

  it('is approved by the next one', () => {
    const open = askedAnew(withOwners(approved(), [OWNER, BELLA]), later)?.after ?? aSituation();
    const next = afterOf(approve(open, yes, anAct(BELLA, later, counting())));
    expect(next.release.state).toMatchObject({ status: 'approved', since: later });
  });
});

describe('an approval that stands', () => {
  it.each<[string, (s: Situation) => Situation]>([
    ['nothing happened', (s) => s],
    ['somebody else left', (s) => withOwners(s, [OWNER, ADAM])],
    ['somebody joined', (s) => withOwners(s, [OWNER, ADAM, BELLA, QUINN])],
    ['it is still waiting', () => aWaiting()],
    ['it was never asked for', () => aSituation()],
  ])('is left alone when %s', (_, happens) => {
    expect(askedAnew(happens(approved()), later)).toBeNull();
  });

  it('is left alone when another rule of an any counts the same person', () => {
    const round = aRound({ rules: { any: [careful, aRule({ name: 'lenient' })] } });
    const s = afterOf(approve(aWaiting(round), yes, anAct(ADAM)));
    expect(askedAnew(withRelease(s, { deployer: ADAM }), later)).toBeNull();
  });

  it('is not touched once the deployment has started', () => {
    const s = withOwners(approved(), [OWNER]);
    const state = { status: 'deployed', since: later, before: null, healthy: null } as const;
    expect(askedAnew(withRelease(s, { state }), later)).toBeNull();
  });

  it('by a policy has no approver who could leave', () => {
    const by = { kind: 'policy', policy: 'default', catalogVersion: 7 } as const;
    const state = { status: 'approved', since: NOW, by, validUntil: instant('2026-03-10T10:00:00Z') } as const;
    expect(askedAnew(withRelease(aSituation({ round: aRound({ state: 'rejected' }) }), { state }), later)).toBeNull();
  });
});

describe('an edit of what nobody could approve already', () => {
  const gone = aRule({ name: 'gone', groups: [], people: [QUINN] });
  const round = aRound({ rules: { all: [gone, { ...careful, name: 'careful', groups: [], people: [ADAM] }] } });
  const s = aWaiting(round, { around: { catalog: aCatalogOf(round.rules), inactive: [QUINN] } });
  const edit = (more: Parameters<typeof editRelease>[1]) => editRelease(s, more, anAct(OWNER, later, counting()));

  it('is refused for the rule that it makes worse', () => {
    expect(refusalOf(edit({ deployer: ADAM }))).toMatchObject({
      code: 'not_asked.unsatisfiable',
      rule: 'careful',
      left: 0,
    });
  });

  it('is let where it makes nothing worse', () => expect(edit({ deployer: BELLA }).ok).toBe(true));
});
