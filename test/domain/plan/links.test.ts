/** What a release hangs on: what goes before it, what goes together with it, and what a hotfix mends. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReleaseId } from '../../../src/domain/ids.ts';
import { conflicts } from '../../../src/domain/plan/conflicts.ts';
import {
  dependNoMore,
  dependOn,
  type Linked,
  linkWords,
  needConflicts,
  needsCheck,
  needsMetAt,
} from '../../../src/domain/plan/links.ts';
import { readiness } from '../../../src/domain/readiness.ts';
import { refusalSentence } from '../../../src/domain/refusal.ts';
import type { Need, Release } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { turnOf } from '../../../src/domain/turn.ts';
import { wakeAt } from '../../../src/domain/wake.ts';
import { nudgesFor } from '../../../src/situation/nudges-for.ts';
import { afterOf, aRelease, aSituation, done, NOW, OWNER, refusalOf } from '../../support/builders.ts';
import { approved } from '../../support/deploying.ts';
import { about, id, other } from '../../support/linked.ts';
import { later } from '../../support/verifying.ts';

const needing = (linked: readonly Linked[], kind: Need['kind'] = 'before', more: Partial<Release> = {}): Situation =>
  about(linked, { needs: linked.map(({ release }) => ({ release, kind })), ...more });
const words = (parts: ReturnType<typeof refusalSentence>): string =>
  parts.map((part) => (typeof part === 'string' ? part : 'command' in part ? part.command : '·')).join('');

describe('what has to go first', () => {
  it.each<[Linked['status'], Linked['was'], 'pass' | 'wait' | 'deny']>([
    ['draft', null, 'wait'],
    ['awaiting_approval', null, 'wait'],
    ['approved', null, 'wait'],
    ['deploying', null, 'wait'],
    ['deployed', null, 'pass'],
    ['failed', null, 'wait'],
    ['rolled_back', null, 'wait'],
    ['closed', 'deployed', 'pass'],
    ['closed', 'rolled_back', 'deny'],
    ['closed', 'failed', 'deny'],
    ['cancelled', null, 'deny'],
  ])('%s (%s): %s', (status, was, state) => {
    const s = needing([other(7, { status, was })]);
    expect(needsCheck(s, 'production')?.state).toBe(state);
    expect(readiness(s, 'production', NOW).checks.find(({ code }) => code === 'dependencies')?.state).toBe(state);
  });

  it('is named with its status and the way out; what was given up before what is only late', () => {
    const check = needsCheck(needing([other(7), other(8, { status: 'cancelled' })]), 'production');
    expect(words(check?.sentence ?? [])).toBe(
      'search 4.8.0 (REL-8) has to be deployed first, and is cancelled (and 1 more)',
    );
    expect(words(check?.fix ?? [])).toBe('Take the dependency back with depends REL-142 not on REL-8.');
  });

  it('keeps nothing from where nothing is protected, and says nothing where it needs nothing', () => {
    expect(needsCheck(needing([other(7)]), 'staging')).toBeNull();
    expect(needsCheck(about([other(7)]), 'production')).toBeNull();
  });
});

it.each<[Linked['status'], 'pass' | 'wait']>([
  ['awaiting_approval', 'wait'],
  ['approved', 'pass'],
  ['deploying', 'pass'],
  ['deployed', 'pass'],
  ['failed', 'wait'],
])('what goes together with it has to be ready: %s %s', (status, state) => {
  expect(needsCheck(needing([other(7, { status })], 'together'), 'production')?.state).toBe(state);
});

describe('what took the place of a dependency', () => {
  const replaced = (status: Linked['status']) =>
    needing([other(7, { status: 'cancelled', replacedBy: id(8) })], 'before').around.linked.concat(
      other(8, { status }),
    );
  const check = (status: Linked['status']) =>
    needsCheck(about(replaced(status), { needs: [{ release: id(7), kind: 'before' }] }), 'production');

  it('stands for it: waited for until it is there', () => {
    expect(words(check('approved')?.sentence ?? [])).toBe(
      'search 4.7.0 (REL-7) has to be deployed first, and is replaced by search 4.8.0 (REL-8), which is approved',
    );
    expect(check('approved')?.state).toBe('wait');
    expect(check('deployed')?.state).toBe('pass');
    expect(check('cancelled')?.state).toBe('deny');
  });
});

describe('what goes together', () => {
  const partner = other(7, { status: 'awaiting_approval', needs: [{ release: id(142), kind: 'together' }] });
  const s = aSituation({ release: aRelease({ id: id(142), state: approved }), around: { neededBy: [partner] } });

  it('does so from both sides, whoever says it', () => {
    expect(needsCheck(s, 'production')?.state).toBe('wait');
    expect(linkWords(s)).toEqual(['together with search 4.7.0 (REL-7), waiting for approval']);
    expect(words(needsCheck(s, 'production')?.fix ?? [])).toContain('depends REL-7 not on REL-142');
    const ready = { ...s, around: { ...s.around, neededBy: [{ ...partner, status: 'approved' as const }] } };
    expect(needsCheck(ready, 'production')?.state).toBe('pass');
  });

  it('is said once, by either of them', () => {
    const again = dependOn({ ...s, around: { ...s.around, linked: [partner] } }, { on: 'REL-7', kind: 'together' });
    expect(words(refusalSentence(refusalOf(again)))).toContain('already');
  });

  it('what only waits for it holds nothing up', () => {
    const waits = { ...partner, needs: [{ release: id(142), kind: 'before' as const }] };
    const mine = { ...s, around: { ...s.around, neededBy: [waits] } };
    expect(needsCheck(mine, 'production')).toBeNull();
    expect(linkWords(mine)).toEqual(['search 4.7.0 (REL-7) waits for it']);
  });

  it('is taken back where it was said', () => {
    const here = about([partner], {}).around;
    const refusal = refusalOf(dependNoMore({ ...s, around: { ...here, neededBy: [partner] } }, { on: 'REL-7' }));
    expect(words(refusalSentence(refusal))).toContain('depends REL-7 not on REL-142');
  });
});

it('its owner hears once that what it waits for was given up', () => {
  const s = needing([other(7, { status: 'cancelled', since: later(5) })]);
  const told = (minutes: number) =>
    nudgesFor(s, later(minutes)).filter(({ occurrence }) => occurrence?.startsWith('in vain'));
  expect(told(6)).toMatchObject([{ audience: OWNER, occurrence: `in vain ${later(5)}` }]);
  expect(wakeAt(s, later(5))).not.toBeNull();
});

describe('whoever starts it', () => {
  it('hears when the last of what it needs is there', () => {
    const s = needing([
      other(7, { status: 'deployed', since: later(5) }),
      other(8, { status: 'deployed', since: later(9) }),
    ]);
    expect(needsMetAt(s)).toBe(later(9));
    expect(turnOf(s, later(10))).toEqual({ at: later(9), why: 'needed' });
    expect(needsMetAt(needing([other(7)]))).toBeNull();
    expect(needsMetAt(about([]))).toBeNull();
  });
});

describe('plans that do not fit', () => {
  const when = (minutes: number, end: number | null = null) => ({
    kind: 'at' as const,
    start: later(minutes),
    end: end === null ? null : later(end),
  });

  it.each<[string, Need['kind'], Linked['when'], number]>([
    ['first, and planned later', 'before', when(90), 1],
    ['first, and planned at the same time', 'before', when(60), 1],
    ['first, and planned earlier', 'before', when(30), 0],
    ['first, and planned for no time', 'before', { kind: 'asap' }, 0],
    ['together, at another time', 'together', when(90), 1],
    ['together, at the same time', 'together', when(60), 0],
    ['together, in its window', 'together', when(30, 90), 0],
  ])('%s', (_, kind, theirs, count) => {
    const s = needing([other(7, { when: theirs })], kind, { when: when(60) });
    expect(needConflicts(s)).toHaveLength(count);
    expect(conflicts(s, NOW)).toHaveLength(count);
  });

  it('are none once it is there', () => {
    expect(
      needConflicts(needing([other(7, { status: 'deployed', when: when(90) })], 'before', { when: when(60) })),
    ).toEqual([]);
  });
});

describe('to make it wait', () => {
  it('is kept, said, and taken back', () => {
    const { after: s, events } = done(dependOn(about([other(7)]), { on: id(7), kind: 'before' }));
    expect(s.release.needs).toEqual([{ release: id(7), kind: 'before' }]);
    expect(events).toMatchObject([{ kind: 'release.depends', data: { on: 'search 4.7.0 (REL-7)', added: true } }]);
    expect(linkWords(s)).toEqual(['after search 4.7.0 (REL-7), approved']);
    const back = done(dependNoMore(s, { on: id(7) }));
    expect(back.after.release.needs).toEqual([]);
    expect(back.events).toMatchObject([{ data: { added: false } }]);
  });

  it('takes the other kind instead, and not both', () => {
    const s = afterOf(dependOn(needing([other(7)]), { on: id(7), kind: 'together' }));
    expect(s.release.needs).toEqual([{ release: id(7), kind: 'together' }]);
  });

  const me = other(142, { service: 'checkout' });
  it.each<[string, Situation, ReleaseId, string]>([
    ['itself', about([me]), id(142), 'the same release'],
    ['what nobody knows', about([]), id(9), 'release to wait for'],
    ['a private draft', about([other(7, { status: 'draft', everAsked: false })]), id(7), 'private draft'],
    ['what was given up', about([other(7, { status: 'cancelled' })]), id(7), 'cancelled'],
    ['what it waits for already', needing([other(7)]), id(7), 'already'],
    ['what waits for it', about([other(7, { needs: [{ release: id(142), kind: 'before' }] }), me]), id(7), 'for ever'],
    [
      'what waits for it by another',
      about([
        other(7, { needs: [{ release: id(8), kind: 'before' }] }),
        other(8, { needs: [{ release: id(142), kind: 'before' }] }),
        me,
      ]),
      id(7),
      'for ever',
    ],
    [
      'anything once it is over',
      about([other(7)], { state: { status: 'deployed', since: NOW, before: null, healthy: null } }),
      id(7),
      'over',
    ],
  ])('is refused for %s', (_, s, on, said) => {
    expect(words(refusalSentence(refusalOf(dependOn(s, { on, kind: 'before' }))))).toContain(said);
  });

  it('never makes a circle, whatever is tried in whatever order: by walking all of it', () => {
    const all = [1, 2, 3, 4, 5];
    const pair = fc.tuple(fc.constantFrom(...all), fc.constantFrom(...all));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 20 }), (tries) => {
        const needs = new Map<number, Need[]>(all.map((n) => [n, []]));
        for (const [from, to] of tries) {
          const linked = all.map((n) => other(n, { needs: needs.get(n) ?? [] }));
          const s = about(linked, { id: id(from), number: from, needs: needs.get(from) ?? [] });
          const decision = dependOn(s, { on: id(to), kind: 'before' });
          if (decision.ok) needs.set(from, [...decision.value.after.release.needs]);
        }
        // Taken away from its ends, nothing is left: by an algorithm of its own.
        const left = new Set(all);
        for (let turn = 0; turn < all.length; turn += 1)
          for (const n of left)
            if ((needs.get(n) ?? []).every(({ release }) => !left.has(Number(release.slice(4))))) left.delete(n);
        expect([...left]).toEqual([]);
      }),
    );
  });

  it('is not taken back where it does not wait', () => {
    expect(refusalOf(dependNoMore(about([other(7)]), { on: id(7) })).code).toBe('status');
  });
});
