/** Which decisions an edit takes back, and which are carried over into the next round. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { undoApproval } from '../../../src/domain/approval/undo.ts';
import type { RuleTree } from '../../../src/domain/catalog/catalog.ts';
import { type EditInput, editRelease } from '../../../src/domain/plan/edit.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalogOf,
  afterOf,
  anAct,
  aRule,
  aSituation,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../../support/builders.ts';

const newId = counting();
const later = after(NOW, HOUR);
const by = (who: typeof ADAM, now = NOW) => anAct(who, now, newId);
const owners = aRule();
const quality = aRule({ name: 'quality', groups: ['qa'] });
const managers = aRule({ name: 'release management', groups: ['managers'] });

/** Asked by these rules, with what these people said, in this order. */
const decided = (rules: RuleTree, ...people: (typeof ADAM)[]): Situation => {
  const before = { environment: 'production', version: '2.13.0', release: newId('release'), since: NOW };
  const around = { catalog: aCatalogOf(rules), running: [before] };
  const s = afterOf(submit(aSituation({ around }), by(OWNER)));
  return people.reduce((last, who) => afterOf(approve(last, { hash: null, comment: `by ${who}` }, by(who))), s);
};
const edit = (s: Situation, input: EditInput) => done(editRelease(s, input, by(OWNER, later)));
const plan = { rollbackPlan: 'Restore the backup' };
const votersOf = (s: Situation) => s.round?.decisions.map(({ actor }) => actor);

describe('decisions after an edit', () => {
  it('of rules that the difference does not touch stand, unchanged, with the round that they are from', () => {
    const s = decided({ all: [owners, quality, managers] }, QUINN, ADAM);
    const { after: next, events } = edit(s, plan);
    expect(next.round?.decisions).toEqual([
      {
        id: expect.not.stringMatching(`^${s.round?.decisions[0]?.id}$`),
        actor: QUINN,
        onBehalfOf: null,
        verdict: 'approve',
        comment: `by ${QUINN}`,
        hash: s.round?.hash,
        at: NOW,
        retractedAt: null,
        carriedFrom: s.round?.id,
      },
    ]);
    expect(events.find(({ kind }) => kind === 'round.invalidated')?.data).toMatchObject({ carried: [QUINN] });
  });

  it.each<[string, EditInput, (typeof ADAM)[]]>([
    ['another rollback plan', plan, [QUINN, RITA]],
    [
      'a schema change',
      { answers: { schema: true, irreversible: false, downtime: false, restricted: false } },
      [QUINN, RITA],
    ],
    ['a time that is planned', { when: { kind: 'at', start: after(NOW, 30 * HOUR), end: null } }, [QUINN, RITA]],
    ['that customers notice it', { customers: 'A page' }, []],
  ])('stand or fall with the difference: %s', (_, input, expected) => {
    const s = decided({ all: [owners, quality, managers] }, QUINN, ADAM, RITA);
    expect(votersOf(edit(s, input).after)).toEqual(expected);
  });

  it('are asked again only of those whose decision fell', () => {
    const next = edit(decided({ all: [owners, quality] }, QUINN, ADAM), plan).after;
    expect(next.round?.asks.map(({ person }) => person)).toEqual([ADAM, BELLA]);
    expect(afterOf(approve(next, { hash: null, comment: null }, by(BELLA, later))).release.state.status).toBe(
      'approved',
    );
  });

  it('keep the first round that they were given in, through two edits', () => {
    const s = decided({ all: [owners, quality] }, QUINN);
    const twice = edit(edit(s, plan).after, { rollbackPlan: 'Another' }).after;
    expect(twice.round).toMatchObject({ n: 3, decisions: [{ actor: QUINN, carriedFrom: s.round?.id }] });
  });

  it('that were taken back stay where they are', () => {
    const undone = afterOf(undoApproval(decided({ all: [owners, quality] }, QUINN), by(QUINN)));
    expect(votersOf(edit(undone, plan).after)).toEqual([]);
  });

  it('of somebody who is in a touched rule as well do not stand for the other one', () => {
    const both = aRule({ name: 'second', groups: [], people: [ADAM, QUINN] });
    const next = edit(decided({ all: [owners, both] }, ADAM, QUINN), plan).after;
    expect(votersOf(next)).toEqual([QUINN]);
  });

  it('do not come back for content that their author never saw, because the author was excluded for a while', () => {
    const strict = aRule({ exclude: { requester: true, authors: false, deployer: true } });
    const s = decided({ all: [strict, quality] }, ADAM);
    const excluded = edit(s, { ...plan, deployer: ADAM }).after;
    const again = edit(excluded, { deployer: null }).after;
    expect(votersOf(again)).toEqual([]);
  });

  it('that are enough without the touched rule approve the next round at once', () => {
    const any = [aRule({ count: 2 }), { all: [quality, managers] }];
    const s = decided({ any }, ADAM, QUINN, RITA);
    const { after: next, events } = edit(s, plan);
    expect(events.map(({ kind }) => kind)).toEqual([
      'release.edited',
      'round.invalidated',
      'round.opened',
      'round.approved',
    ]);
    expect(next.round).toMatchObject({ n: 2, state: 'approved', endedAt: later });
    expect(next.release.state).toMatchObject({ status: 'approved', since: later });
  });

  it('stand all where no rule of the round belongs to the owners', () => {
    const s = decided({ all: [quality] }, QUINN);
    const next = edit(s, plan).after;
    expect(next.round).toMatchObject({ n: 1, state: 'approved', snapshot: plan });
    expect(next.release.state.status).toBe('approved');
  });
});
