/** An edit under which somebody has to be asked who was not: nothing gets through by being edited after it was let go. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { reconsider } from '../../../src/domain/approval/reconsider.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import type { Catalog } from '../../../src/domain/catalog/catalog.ts';
import { editRelease } from '../../../src/domain/plan/edit.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import {
  ADAM,
  aCatalogOf,
  afterOf,
  anAct,
  aRule,
  aSituation,
  counting,
  OWNER,
  QUINN,
  RITA,
} from '../../support/builders.ts';

const newId = counting();
const by = (who = OWNER) => anAct(who, undefined, newId);
const answers = { schema: true, irreversible: false, downtime: false, restricted: false };
const withSchema = (s: Situation): Situation => afterOf(editRelease(s, { answers }, by()));
const submitted = (catalog: Catalog): Situation => afterOf(submit(aSituation({ around: { catalog } }), by()));
const dba = aRule({ name: 'dba', when: { schema: true }, groups: ['managers'] });

describe('let go by a policy that asked nobody', () => {
  const asksNobodyElse = aCatalogOf({ all: [dba] }, { otherwise: 'nobody' });

  it('it is asked about once the edit makes the policy ask', () => {
    const free = submitted(asksNobodyElse);
    expect(free.release.state).toMatchObject({ status: 'approved', by: { kind: 'policy' } });
    const s = withSchema(free);
    expect(s.release.state.status).toBe('awaiting_approval');
    expect(s.round).toMatchObject({ n: 1, state: 'open' });
    expect(s.round?.asks.map(({ person }) => person)).toEqual([RITA]);
  });

  it('it stays free when the policy still asks nobody', () => {
    const s = afterOf(editRelease(submitted(asksNobodyElse), { title: 'Another' }, by()));
    expect(s.release.state).toMatchObject({ status: 'approved', by: { kind: 'policy' } });
  });

  it('it is refused where nobody could be asked, and nothing changes', () => {
    const nobody = aCatalogOf({ all: [{ ...dba, groups: [], people: [OWNER] }] }, { otherwise: 'nobody' });
    const free = submitted(nobody);
    const refused = editRelease(free, { answers }, by());
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'not_asked.unsatisfiable', rule: 'dba' } });
  });
});

describe('approved by people', () => {
  const quality = aRule({ name: 'quality', groups: ['qa'] });
  const approved = (): Situation =>
    afterOf(approve(submitted(aCatalogOf({ all: [quality, dba] })), { hash: null, comment: null }, by(QUINN)));

  it('a rule that applies only after the edit is asked, and what still counts is carried over', () => {
    expect(approved().release.state.status).toBe('approved');
    const s = withSchema(approved());
    expect(s.release.state.status).toBe('awaiting_approval');
    expect(s.round).toMatchObject({ n: 2, state: 'open' });
    expect(s.round?.asks.map(({ person }) => person)).toContain(RITA);
    const done = afterOf(approve(s, { hash: null, comment: null }, by(RITA)));
    const again = done.round?.decisions.map(({ actor }) => actor);
    expect(again).toContain(RITA);
  });

  it('a rule that was asked already is not asked again for what it does not look at', () => {
    const s = approved();
    const renamed = afterOf(reconsider(s, { ...s, release: { ...s.release, title: 'Another' } }, by(ADAM)));
    expect([renamed.round?.n, renamed.release.state.status]).toEqual([1, 'approved']);
  });
});
