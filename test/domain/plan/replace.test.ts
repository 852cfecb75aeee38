/** Replaced by a newer version that was deployed, and back when that one is gone. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { comeBack, newerThan, replace, type Success, wouldReplace } from '../../../src/domain/plan/replace.ts';
import { readiness } from '../../../src/domain/readiness.ts';
import { settle } from '../../../src/domain/settle.ts';
import type { Sibling, Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import { ADAM, aCatalog, afterOf, anAct, aRelease, aSituation, counting, NOW, OWNER } from '../../support/builders.ts';

const newId = counting();
const later = after(NOW, HOUR);
const newer = { release: aRelease().id, number: 145, version: '2.15.0' };
const asked = () => afterOf(submit(aSituation(), anAct(OWNER, NOW, newId)));
const approved = () => afterOf(approve(asked(), { hash: null, comment: null }, anAct(ADAM, NOW, newId)));
const replaced = (s: Situation) => replace(s, newer, later).after;
const withNewer = (s: Situation, value: Situation['around']['newer']): Situation => ({
  ...s,
  around: { ...s.around, newer: value },
});

const sibling = (more: Partial<Sibling> = {}): Sibling => ({
  release: aRelease().id,
  number: 141,
  version: '2.13.2',
  owner: ADAM,
  targets: ['production'],
  when: { kind: 'asap' },
  status: 'approved',
  everAsked: true,
  fixes: null,
  ...more,
});

describe('what is newer', () => {
  const mine = aRelease({ version: '1', number: 1 });
  const [second, third] = [aRelease({ number: 2 }).id, aRelease({ number: 3 }).id];
  const row = (
    version: string,
    release: Success['release'],
    number: number,
    kind: Success['kind'] = 'deploy',
  ): Success => ({
    environment: 'production',
    version,
    release,
    number,
    kind,
    since: NOW,
  });
  const free = aCatalog();
  const unordered = {
    ...free,
    services: Object.fromEntries(
      Object.entries(free.services).map(([name, service]) => [name, { ...service, versioning: 'free' as const }]),
    ),
  };

  it('is a later release that is live, in whatever order versions are', () => {
    expect(newerThan(mine, unordered, [row('2', second, 2)])?.release).toBe(second);
  });

  it('knows in which of its places', () => {
    const release = { ...mine, targets: ['eu', 'us'] };
    const there = (environment: string) => ({ ...row('2', second, 2), environment });
    expect(newerThan(release, unordered, [there('us')])?.places).toEqual(['us']);
    expect(newerThan(release, unordered, [there('eu'), there('us')])?.places).toEqual(['eu', 'us']);
  });

  it('is not one that was gone back from: what runs is of the release that had brought it', () => {
    const back = row('2', third, 3, 'rollback');
    expect(newerThan(mine, unordered, [row('2', second, 2), row('3', third, 3), back])?.release).toBe(second);
    expect(newerThan(mine, unordered, [row('0', second, 2), row('1', mine.id, 1)])).toBeNull();
    expect(newerThan(mine, unordered, [row('3', third, 3), row('0', third, 3, 'rollback')])).toBeNull();
  });

  it('is whatever was deployed over it, an older version too, until something goes back to it', () => {
    const own = row('1', mine.id, 1);
    const older = { ...row('0.9', third, 3) };
    const catalog = aCatalog();
    const version = { ...mine, version: '1.0.0' };
    const rows = [
      { ...own, version: '1.0.0' },
      { ...older, version: '0.9.0' },
    ];
    expect(newerThan(version, catalog, rows)).toMatchObject({ release: third, taken: ['production'] });
    const back: Success = { ...own, version: '1.0.0', release: third, number: 3, kind: 'rollback' };
    expect(newerThan(version, catalog, [...rows, back])).toBeNull();
    // It went back from itself, and something else came after that: it may come again.
    const gone: Success = { ...own, version: '0.8.0', kind: 'rollback' };
    expect(
      newerThan(version, catalog, [{ ...own, version: '1.0.0' }, gone, { ...older, version: '0.9.0' }]),
    ).toBeNull();
  });
});

describe('replaced by a newer version', () => {
  it('is cancelled in the name of nobody, pointing at the newer one, and knows where it came from', () => {
    const { after: s, events } = replace(approved(), newer, later);
    expect(s.release.state).toMatchObject({
      status: 'cancelled',
      since: later,
      by: null,
      replacedBy: newer.release,
      reason: 'replaced by checkout 2.15.0 (REL-145)',
      from: { status: 'approved' },
    });
    expect(events).toMatchObject([
      { kind: 'release.cancelled', data: { replacedBy: 'REL-145', version: '2.15.0' }, words: null },
    ]);
  });

  it('takes the round with it, open or approved', () => {
    for (const s of [asked(), approved()])
      expect(replaced(s).round).toMatchObject({ state: 'withdrawn', endedAt: later });
  });

  it('never happens to what has started: that is a bug of whoever asks', () => {
    const state = { status: 'deployed', since: NOW, before: null, healthy: null } as const;
    expect(() => replaced(aSituation({ release: aRelease({ state }) }))).toThrow(
      'cannot go from deployed to cancelled',
    );
  });
});

describe('the newer one was rolled back', () => {
  it('what was approved is approved again, by the same people, and may start', () => {
    const back = settle(replaced(approved()), later, newId);
    expect(back.after.release.state).toMatchObject({ status: 'approved', since: later });
    expect(back.after.round).toMatchObject({ state: 'approved' });
    expect(back.events).toMatchObject([{ kind: 'release.came_back', data: { status: 'approved' } }]);
    expect(readiness(back.after, 'production', later).checks.every(({ state }) => state === 'pass')).toBe(true);
  });

  it.each([
    ['what waited', asked, later],
    ['what was approved for a time that has passed', approved, after(NOW, 8 * DAY)],
  ])('%s is a draft that says why, and is asked for again by a person', (_, make, now) => {
    const back = settle(replaced(make()), now, newId).after;
    expect(back.release.state).toMatchObject({ status: 'draft', returned: { why: 'no longer replaced' } });
    expect(back.release.askWhenReady).toBe(false);
    expect(submit(back, anAct(OWNER, now, newId)).ok).toBe(true);
  });

  it('a draft is the draft that it was', () => {
    const draft = aSituation({ release: aRelease({ askWhenReady: true }) });
    expect(comeBack(replaced(draft), later)?.after.release).toMatchObject({
      askWhenReady: true,
      state: { status: 'draft', returned: null },
    });
  });

  it('nothing comes back while the newer one, or a plan of the same version, is there', () => {
    const s = replaced(approved());
    expect(comeBack(withNewer(s, newer), later)).toBeNull();
    const again = sibling({ version: s.release.version, number: 150 });
    expect(comeBack({ ...s, around: { ...s.around, siblings: [again] } }, later)).toBeNull();
  });

  it('what a person cancelled stays cancelled', () => {
    const state = {
      status: 'cancelled',
      since: NOW,
      by: OWNER,
      reason: 'not needed',
      replacedBy: null,
      from: null,
    } as const;
    expect(comeBack(aSituation({ release: aRelease({ state }) }), later)).toBeNull();
  });
});

describe('what a start would replace', () => {
  const names = (siblings: readonly Sibling[], environment = 'production') =>
    wouldReplace(aSituation({ around: { siblings } }), environment).map(({ number }) => number);

  it('is every older plan for the same place', () => {
    for (const status of ['draft', 'awaiting_approval', 'approved'] as const)
      expect(names([sibling({ status })])).toEqual([141]);
  });

  it.each<[string, Partial<Sibling>]>([
    ['a later one', { number: 150 }],
    ['a newer version', { version: '2.14.1' }],
    ['one for other places', { targets: ['eu'] }],
    ['one that has started in its only place', { status: 'deploying' }],
    ['a private draft, of which others do not know', { status: 'draft', everAsked: false }],
  ])('is not %s', (_, more) => expect(names([sibling(more)])).toEqual([]));

  it('is one that is half way, which would go no further', () =>
    expect(names([sibling({ status: 'deploying', targets: ['production', 'eu'] })])).toEqual([141]));
});
