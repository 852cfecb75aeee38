/** Two people with the same form: each one's changes count, whatever the order, and what both changed is asked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EditInput, editRelease } from '../../../src/domain/plan/edit.ts';
import { changedHere, seenBoth, shownOf } from '../../../src/domain/plan/meanwhile.ts';
import type { Release } from '../../../src/domain/release/release.ts';
import { instant } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  afterOf,
  anAct,
  aRelease,
  aSituation,
  BELLA,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const base = aRelease({
  title: 'Faster basket',
  customers: 'A new page',
  when: { kind: 'at', start: instant('2026-03-05T06:00:00.250Z'), end: instant('2026-03-05T07:00:00Z') },
  affects: [],
});

/** What a form that showed `release` gives back: every field, with what its reader changed. */
const form = (release: Release, changed: EditInput = {}): EditInput => {
  const { title, customers, rollbackPlan, answers, owner, deployer, changeNumber, rehearsedOn, affects, when } =
    release;
  const asForm =
    when.kind === 'at' ? { kind: 'at' as const, start: instant(`${when.start.slice(0, 19)}Z`), end: null } : when;
  return {
    title,
    customers,
    when: asForm,
    rollbackPlan,
    answers,
    owner,
    deployer,
    changeNumber,
    rehearsedOn,
    affects,
    ...changed,
  };
};
const saved = (s: ReturnType<typeof aSituation>, shownRelease: Release, changed: EditInput) =>
  editRelease(s, { ...form(shownRelease, changed), shown: shownOf(shownRelease) }, anAct(OWNER));

describe('a form that was opened before somebody else saved', () => {
  it('saved as it was opened changes nothing, the window’s end and milliseconds included', () => {
    const s = aSituation({ release: base });
    const next = editRelease(s, { ...form(base), shown: shownOf(base) }, anAct(OWNER));
    expect(afterOf(next)).toBe(s);
  });

  it('does not put back what the other one changed', () => {
    const first = afterOf(saved(aSituation({ release: base }), base, { title: 'Even faster basket', deployer: ADAM }));
    const second = afterOf(saved(first, base, { customers: 'A page and a half' }));
    expect(second.release).toMatchObject({
      title: 'Even faster basket',
      deployer: ADAM,
      customers: 'A page and a half',
    });
  });

  it('of the same field says what it is now, and saves when it is sent once more', () => {
    const first = afterOf(saved(aSituation({ release: base }), base, { title: 'Olivia’s words' }));
    const refusal = refusalOf(saved(first, base, { title: 'Adam’s words', changeNumber: 'CHG1' }));
    expect(refusal).toMatchObject({ code: 'changed_meanwhile', fields: [{ field: 'title' }] });
    const shown = seenBoth(shownOf(base), first.release, ['title']);
    const again = { ...form(base, { title: 'Adam’s words', changeNumber: 'CHG1' }), shown };
    expect(afterOf(editRelease(first, again, anAct(ADAM))).release).toMatchObject({
      title: 'Adam’s words',
      changeNumber: 'CHG1',
    });
  });

  it('is no question when both wrote the same', () => {
    const first = afterOf(saved(aSituation({ release: base }), base, { owner: BELLA }));
    expect(saved(first, base, { owner: BELLA }).ok).toBe(true);
  });

  it('ends with the changes of both, in either order, where they touch different fields', () => {
    const values: readonly EditInput[] = [
      { title: 'One' },
      { customers: null },
      { rollbackPlan: 'Restore' },
      { changeNumber: 'CHG7' },
      { deployer: BELLA },
      { rehearsedOn: '2026-03-01' },
      { when: { kind: 'at', start: instant('2026-03-06T06:00:00Z'), end: null } },
      { answers: { schema: true, irreversible: false, downtime: false, restricted: false } },
    ];
    const catalog = aCatalog({ policies: { default: { rules: { all: [] }, otherwise: 'nobody' } } });
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...values], { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 5 }),
        (picked, cut) => {
          const [mine, theirs] = [picked.slice(0, cut), picked.slice(cut)].map(
            (list) => Object.assign({}, ...list) as EditInput,
          );
          const s = aSituation({ release: base, around: { catalog } });
          const one = afterOf(saved(afterOf(saved(s, base, mine ?? {})), base, theirs ?? {})).release;
          const other = afterOf(saved(afterOf(saved(s, base, theirs ?? {})), base, mine ?? {})).release;
          expect(one).toEqual(other);
          for (const [key, value] of Object.entries({ ...mine, ...theirs }))
            if (key !== 'when') expect(one[key as keyof Release]).toEqual(value);
        },
      ),
    );
  });

  it('gives only what its reader changed', () => {
    const read = changedHere(base, form(base, { title: ' Faster basket ', affects: [] }), shownOf(base));
    expect(read).toEqual({ ok: true, value: {} });
  });
});
