/** What another planned time does to a round, and to how long an approval lasts. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { undoApproval } from '../../../src/domain/approval/undo.ts';
import { type EditInput, editRelease } from '../../../src/domain/plan/edit.ts';
import type { Release } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR, instant } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalogOf,
  afterOf,
  anAct,
  aRelease,
  aRule,
  aSituation,
  counting,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const later = after(NOW, HOUR);
const by = (who: typeof ADAM, now = NOW) => anAct(who, now, newId);
const before = { environment: 'production', version: '2.13.0', release: newId('release'), since: NOW };

const approved = (release: Partial<Release>): Situation => {
  const around = { catalog: aCatalogOf({ all: [aRule()] }), running: [before] };
  const asked = afterOf(submit(aSituation({ release: aRelease(release), around }), by(OWNER)));
  return afterOf(approve(asked, { hash: null, comment: null }, by(ADAM)));
};
const edited = (s: Situation, edit: EditInput): Situation => afterOf(editRelease(s, edit, by(OWNER, later)));

describe('a time that moves', () => {
  const start = instant('2026-03-05T06:00:00Z');
  const planned = () => approved({ when: { kind: 'at', start, end: after(start, 2 * HOUR) } });
  const moved = (s: Situation, ms: number) =>
    edited(s, { when: { kind: 'at', start: after(start, ms), end: after(start, ms + 2 * HOUR) } });

  it.each([
    [20 * HOUR, 1],
    [-20 * HOUR, 1],
    [DAY, 1],
    [DAY + 1, 2],
    [30 * HOUR, 2],
  ])('by %i ms leads to round %i', (ms, round) => {
    expect(moved(planned(), ms).round?.n).toBe(round);
  });

  it('within a day takes the end of the approval with it', () => {
    const s = moved(planned(), 20 * HOUR);
    const validUntil = '2026-03-06T08:00:00.000Z';
    expect(planned().release.state).toMatchObject({ validUntil: '2026-03-05T12:00:00.000Z' });
    expect(s.release.state).toMatchObject({ status: 'approved', validUntil });
    expect(s.round).toMatchObject({ state: 'approved', validUntil });
  });

  it('in small steps is measured from the time that was approved', () => {
    const once = moved(planned(), 20 * HOUR);
    expect(moved(once, 40 * HOUR).round?.n).toBe(2);
    expect(moved(once, 24 * HOUR).round?.n).toBe(1);
  });

  it('keeps the length of its window, and does not mind a start that has passed', () => {
    const when = { kind: 'at' as const, start, end: after(start, 2 * HOUR) };
    const s = aSituation({ release: aRelease({ when }) });
    const late = by(OWNER, after(start, HOUR));
    const same = { kind: 'at' as const, start, end: null };
    const renamed = afterOf(editRelease(s, { title: 'Better words', when: same }, late));
    expect(renamed.release).toMatchObject({ title: 'Better words', when });
    const next = after(start, 3 * HOUR);
    expect(afterOf(editRelease(s, { when: { ...same, start: next } }, late)).release.when).toEqual({
      kind: 'at',
      start: next,
      end: after(next, 2 * HOUR),
    });
    expect(refusalOf(editRelease(s, { when: { ...same, start: NOW } }, late)).code).toBe('fields');
  });
});

describe('a request that was reopened', () => {
  it('keeps the days that it got then when its time moves a little', () => {
    const start = instant('2026-03-19T06:00:00Z');
    const taken = after(NOW, 7 * DAY);
    const reopened = afterOf(undoApproval(approved({ when: { kind: 'at', start, end: null } }), by(ADAM, taken)));
    const edit = { when: { kind: 'at', start: after(start, HOUR), end: null } } as const;
    const moved = afterOf(editRelease(reopened, edit, by(OWNER, after(taken, HOUR))));
    expect(moved.round?.expiresAt).toBe(reopened.round?.expiresAt);
  });
});
