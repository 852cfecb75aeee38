import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { addChange, type ChangeInput, removeChange } from '../../../src/domain/plan/changes.ts';
import type { Change, Release, ReleaseState } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import {
  ADAM,
  aChange,
  afterOf,
  anAct,
  aRelease,
  aSituation,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const by = (who = OWNER) => anAct(who, NOW, newId);
const input = (more: Partial<ChangeInput> = {}): ChangeInput => ({
  title: 'Cheaper shipping',
  link: null,
  type: 'feature',
  author: null,
  customers: false,
  ...more,
});
const having = (changes: readonly Change[], more: Partial<Release> = {}): Situation =>
  aSituation({ release: aRelease({ changes, ...more }) });
const titles = (s: Situation): readonly string[] => s.release.changes.map(({ title }) => title);
const approvedBy = (s: Situation, ...people: (typeof OWNER)[]): Situation =>
  people.reduce((now, who) => afterOf(approve(now, { hash: null, comment: null }, by(who))), afterOf(submit(s, by())));

const LINK = 'https://git.example.com/checkout/pull/881';
const first = aChange({ title: 'One page', link: LINK });
const second = aChange({ title: 'Fewer fields' });
const DEPLOYED: ReleaseState = { status: 'deployed', since: NOW, before: null, healthy: null };

describe('adding a change', () => {
  it('puts it last, with all that is known of it', () => {
    const more = input({ title: ' Cheaper shipping ', link: 'https://x.example/1', author: ADAM, customers: true });
    const { after: s, events } = done(addChange(having([first]), more, by(BELLA)));
    const added = s.release.changes.at(-1);
    expect(titles(s)).toEqual(['One page', 'Cheaper shipping']);
    expect(added).toEqual({ ...more, title: 'Cheaper shipping', addedBy: BELLA, id: added?.id });
    expect(added?.id).toMatch(/^chg_/);
    expect(events).toMatchObject([{ kind: 'change.added', data: { change: added?.id }, words: 'Cheaper shipping' }]);
  });

  it('that is there without an author says who wrote it: the way out that an unknown author is given works', () => {
    const nobody = aChange({ title: 'One page', link: LINK, author: null });
    const { after: s, events } = done(
      addChange(having([nobody, second]), input({ link: LINK, author: ADAM }), by(BELLA)),
    );
    expect(s.release.changes).toEqual([{ ...nobody, author: ADAM }, second]);
    expect(events).toMatchObject([{ kind: 'release.edited', data: { fields: ['the author of a change'] } }]);
    expect(refusalOf(addChange(s, input({ link: LINK, author: BELLA }), by())).code).toBe('fields');
  });

  it.each(['', '  '])('is refused without a title (%j)', (title) => {
    expect(refusalOf(addChange(having([]), input({ title }), by()))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'change' }],
    });
  });

  it.each([
    ['the same link under another title', input({ title: 'Other words', link: LINK }), 'refused'],
    ['another link under the same title', input({ title: 'One page', link: `${LINK}2` }), 'added'],
    ['the same title, both without a link', input({ title: 'Fewer fields' }), 'refused'],
    ['another title without a link', input(), 'added'],
  ] as const)('%s is %s', (_, more, verdict) => {
    expect(addChange(having([first, second]), more, by()).ok ? 'added' : 'refused').toBe(verdict);
  });

  it('names the change that is there already, and where', () => {
    const refusal = refusalOf(addChange(having([first]), input({ title: 'x', link: LINK }), by()));
    const [problem] = refusal.code === 'fields' ? refusal.problems : [];
    expect(problem?.field).toBe('change');
    expect(sentenceText(problem?.problem ?? [], { names: {}, command: '/release', zone: 'UTC' })).toBe(
      'Not added: “One page” is in REL-142 already.',
    );
  });

  it('is refused once it has started, whatever the change', () => {
    const s = having([], { state: DEPLOYED });
    expect(refusalOf(addChange(s, input({ title: '' }), by()))).toMatchObject({
      code: 'status',
      did: 'Not added',
      status: 'deployed',
    });
  });
});

describe('taking a change out', () => {
  it.each([
    ['its number from 1', '2'],
    ['its title', 'Fewer fields'],
  ])('names it by %s', (_, which) => {
    const { after: s, events } = done(removeChange(having([first, second]), which, by(ADAM)));
    expect(titles(s)).toEqual(['One page']);
    expect(events).toMatchObject([{ kind: 'change.removed', data: { change: second.id }, words: 'Fewer fields' }]);
  });

  it('names it by its link', () => {
    expect(titles(afterOf(removeChange(having([first, second]), LINK, by())))).toEqual(['Fewer fields']);
  });

  it('a title that is a number is meant before the place', () => {
    const four = aChange({ title: '1' });
    expect(titles(afterOf(removeChange(having([first, four]), '1', by())))).toEqual(['One page']);
  });

  it.each(['0', '3', '-1', '1.5', 'Something else'])('is refused for %j, which is none of two', (which) => {
    expect(refusalOf(removeChange(having([first, second]), which, by()))).toMatchObject({
      code: 'not_found',
      what: 'change',
      reference: `“${which}”`,
    });
  });

  it('is refused once it has started', () => {
    expect(refusalOf(removeChange(having([first], { state: DEPLOYED }), '1', by()))).toMatchObject({
      code: 'status',
      did: 'Not removed',
      name: 'checkout 2.14.0',
      status: 'deployed',
    });
  });

  it('gives back what was there before it was added', () => {
    const s = having([first]);
    const again = removeChange(afterOf(addChange(s, input(), by())), 'Cheaper shipping', by());
    expect(titles(afterOf(again))).toEqual(titles(s));
  });
});

describe('what was approved and is changed', () => {
  it('is asked again when a change is added, in the same step', () => {
    const s = approvedBy(having([first]), ADAM);
    expect(s.release.state.status).toBe('approved');
    const { after: next, events } = done(addChange(s, input(), by()));
    expect(next.release.state.status).toBe('awaiting_approval');
    expect(next.round).toMatchObject({ n: 2, state: 'open' });
    expect(events.map(({ kind }) => kind)).toEqual(['change.added', 'round.invalidated', 'round.opened']);
  });

  it('is asked again while it is being asked, and nothing that was given counts', () => {
    const s = having([first], { answers: { schema: true, irreversible: true, downtime: true, restricted: false } });
    const half = approvedBy({ ...s, release: { ...s.release, rollbackPlan: null } }, ADAM);
    expect(half.release).toMatchObject({ state: { status: 'awaiting_approval' }, risk: { level: 'high' } });
    const next = afterOf(addChange(half, input(), by()));
    expect(next.round).toMatchObject({ n: 2, state: 'open', decisions: [] });
  });

  it('stays approved when a change is taken out of a small one', () => {
    const next = afterOf(removeChange(approvedBy(having([first, second]), ADAM), '1', by()));
    expect(next.release.state.status).toBe('approved');
    expect(next.round).toMatchObject({ n: 1, state: 'approved' });
  });

  it('is asked again when a change is taken out of a risky one', () => {
    const risky = having([first, second], {
      answers: { schema: true, irreversible: true, downtime: true, restricted: false },
      rollbackPlan: null,
    });
    const s = approvedBy(risky, ADAM, BELLA);
    expect(s.release).toMatchObject({ state: { status: 'approved' }, risk: { level: 'high' } });
    expect(afterOf(removeChange(s, '1', by())).round).toMatchObject({ n: 2, state: 'open' });
  });
});
