/** Moving behind a freeze: slots that nobody else has, and what the move costs, told before. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { editRelease } from '../../../src/domain/plan/edit.ts';
import {
  firstSlot,
  freeMoment,
  lapsesInside,
  moveBehind,
  movingDoes,
  planShown,
  slotsFor,
} from '../../../src/domain/plan/moving.ts';
import type { When } from '../../../src/domain/release/release.ts';
import type { Sibling, Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR, type Instant, instant, MINUTE } from '../../../src/domain/time.ts';
import { ADAM, aFreeze, afterOf, anAct, aRelease, aSituation, counting, NOW, OWNER } from '../../support/builders.ts';

const newId = counting();
const freeze = aFreeze();
const END = freeze.endsAt;
const at = (start: Instant): When => ({ kind: 'at', start, end: null });

const planned = (when: When, more: Partial<Situation['around']> = {}): Situation =>
  aSituation({ release: aRelease({ when }), around: { freezes: [freeze], ...more } });
const approved = (when: When): Situation => {
  const s = afterOf(submit(planned(when), anAct(OWNER, NOW, newId)));
  return afterOf(approve(s, { hash: null, comment: null }, anAct(ADAM, NOW, newId)));
};
const other = (start: Instant, more: Partial<Sibling> = {}): Sibling => ({
  release: aRelease().id,
  number: 141,
  version: '2.13.2',
  owner: ADAM,
  targets: ['production'],
  when: at(start),
  status: 'approved',
  everAsked: true,
  fixes: null,
  ...more,
});

describe('the slot of one', () => {
  it('is the end of the freeze where nothing else is planned', () => {
    expect(firstSlot(approved({ kind: 'asap' }), NOW)).toBe(END);
  });

  it('comes after a release of the service that has that time', () => {
    const s = planned({ kind: 'asap' }, { siblings: [other(END)] });
    expect(freeMoment(s, END)).toBe(after(END, 2 * HOUR));
    const row = [other(END), other(after(END, 3 * HOUR)), other(after(END, 6 * HOUR))];
    expect(freeMoment({ ...s, around: { ...s.around, siblings: row } }, END)).toBe(after(END, 8 * HOUR));
  });

  it('is not held up by a draft, nor by one that is planned for no time', () => {
    const siblings = [other(END, { status: 'draft' }), other(END, { when: { kind: 'asap' } })];
    expect(freeMoment(planned({ kind: 'asap' }, { siblings }), END)).toBe(END);
  });
});

describe('slots of several', () => {
  it('of one service differ by the time that a deployment may take, and none is inside the freeze', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 4 }),
        (n, taken) => {
          const siblings = taken.map((minutes) => other(after(END, minutes * MINUTE)));
          const held = Array.from({ length: n }, () => planned({ kind: 'asap' }, { siblings })).map((s) => ({
            ...s,
            release: { ...s.release, state: approved({ kind: 'asap' }).release.state },
          }));
          const slots = slotsFor(held, NOW).map(({ slot }) => Date.parse(slot ?? ''));
          for (const slot of slots) {
            expect(slot).toBeGreaterThanOrEqual(Date.parse(END));
            const near = (each: number): boolean => Math.abs(each - slot) < 2 * HOUR;
            const taken_ = siblings.flatMap(({ when }) => (when.kind === 'at' ? [Date.parse(when.start)] : []));
            expect(taken_.filter(near)).toEqual([]);
            expect(slots.filter(near)).toEqual([slot]);
          }
          expect(new Set(slots).size).toBe(n);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of two services may be the same', () => {
    const one = planned({ kind: 'asap' });
    const two: Situation = { ...planned({ kind: 'asap' }), release: aRelease({ service: 'search' }) };
    const [first, second] = slotsFor([one, two], NOW).map(({ slot }) => slot);
    expect(first).toBe(second);
  });
});

describe('what a move does to the approval', () => {
  const start = instant('2026-03-03T18:00:00Z');

  it('is nothing within a day of the time that was approved, to the millisecond, and asking again beyond', () => {
    const s = approved(at(start));
    expect(movingDoes(s, after(start, DAY), NOW)).toBe('nothing');
    expect(movingDoes(s, after(start, DAY + 1), NOW)).toEqual({ asksAgain: 'another day' });
    const kept = editRelease(s, { when: at(after(start, DAY)) }, anAct(OWNER, NOW, newId));
    expect(afterOf(kept).release.state.status).toBe('approved');
    const lost = editRelease(s, { when: at(after(start, DAY + 1)) }, anAct(OWNER, NOW, newId));
    expect(afterOf(lost).release.state.status).toBe('awaiting_approval');
  });

  it('is nothing within a day of when “as soon as possible” was approved', () => {
    const s = approved({ kind: 'asap' });
    expect(movingDoes(s, after(NOW, DAY), NOW)).toBe('nothing');
    expect(movingDoes(s, after(NOW, 3 * DAY), NOW)).toEqual({ asksAgain: 'not so soon' });
  });

  it('is nothing for a draft', () =>
    expect(movingDoes(planned(at(start)), after(start, 9 * DAY), NOW)).toBe('nothing'));

  it('is a refusal where the move would be one', () => {
    expect(movingDoes(approved(at(start)), after(NOW, -HOUR), NOW)).toBe('refused');
  });
});

describe('what a freeze does to an approval', () => {
  it('is said where it ends before the freeze does', () => {
    const inside = approved(at(after(NOW, DAY)));
    const { state } = inside.release;
    const held = { ...freeze, startsAt: NOW, endsAt: after(NOW, 3 * DAY) };
    const s = { ...inside, around: { ...inside.around, freezes: [held] } };
    expect(lapsesInside(s, NOW)).toBe(state.status === 'approved' ? state.validUntil : null);
    expect(lapsesInside({ ...s, around: { ...s.around, freezes: [] } }, NOW)).toBeNull();
    expect(
      lapsesInside({ ...s, around: { ...s.around, freezes: [{ ...held, endsAt: after(NOW, 25 * HOUR) }] } }, NOW),
    ).toBeNull();
  });
});

describe('a move that a button offered', () => {
  const s = approved(at(after(NOW, DAY)));
  const act = anAct(OWNER, NOW, newId);

  it('is made as long as the plan is what the button showed', () => {
    const moved = afterOf(moveBehind(s, { start: END, from: planShown(s.release) }, act));
    expect(moved.release.when).toMatchObject({ kind: 'at', start: END });
    expect(moveBehind(s, { start: END }, act).ok).toBe(true);
  });

  it('leaves a plan that somebody else has made meanwhile', () => {
    expect(moveBehind(s, { start: END, from: 'asap' }, act)).toMatchObject({
      ok: false,
      refusal: { code: 'fields', problems: [{ field: 'when' }] },
    });
  });

  it('is refused where another one took the slot, with the next that is free', () => {
    const taken = { ...s, around: { ...s.around, siblings: [other(END)] } };
    const refused = moveBehind(taken, { start: END, from: planShown(s.release) }, act);
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'fields', problems: [{ field: 'when' }] } });
    expect(JSON.stringify(refused)).toContain(after(END, 2 * HOUR));
  });

  it('to a slot that has begun goes to the next minute', () => {
    const moved = afterOf(moveBehind(approved({ kind: 'asap' }), { start: after(NOW, -HOUR) }, act));
    expect(moved.release.when).toMatchObject({ start: after(NOW, MINUTE) });
  });
});
