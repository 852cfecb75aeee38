import { describe, expect, it } from 'vitest';
import { addAction, finishAction, withAction } from '../../../src/domain/review/action.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  afterOf,
  anAct,
  anAction,
  aSituation,
  BELLA,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const due = after(NOW, 48 * HOUR);
const later = after(NOW, HOUR);
const input = { text: 'Add a canary metric', owner: BELLA, due };

describe('adding an action', () => {
  it('opens it for its owner, until its day', () => {
    const { after: s, events } = done(addAction(aSituation(), input, anAct(ADAM)));
    const [action] = s.actions;
    expect(action).toEqual({
      id: action?.id,
      ...input,
      state: 'open',
      reason: null,
      createdAt: NOW,
      doneAt: null,
    });
    expect(events).toMatchObject([
      {
        kind: 'action.added',
        data: { owner: BELLA, due },
        words: 'Add a canary metric',
        subject: action?.id,
        release: s.release.id,
      },
    ]);
  });

  it('without an owner is the release owner’s, without a day due in two weeks: nothing is left to nobody', () => {
    const s = afterOf(addAction(aSituation(), { ...input, owner: null, due: null }, anAct()));
    expect(s.actions).toMatchObject([{ owner: OWNER, due: after(NOW, 14 * DAY), state: 'open' }]);
  });

  it('puts it after those that are there', () => {
    const first = anAction({ text: 'First' });
    const s = afterOf(addAction(aSituation({ actions: [first] }), input, anAct()));
    expect(s.actions.map(({ text }) => text)).toEqual(['First', 'Add a canary metric']);
    expect(s.actions[0]).toEqual(first);
  });

  it.each([
    ['an empty text', { ...input, text: '' }, 'text'],
    ['a text of spaces', { ...input, text: '  ' }, 'text'],
    ['a day that is past', { ...input, due: after(NOW, -1) }, 'due'],
    ['a day that is this moment', { ...input, due: NOW }, 'due'],
  ])('is refused with %s', (_, wrong, field) => {
    expect(refusalOf(addAction(aSituation(), wrong, anAct()))).toMatchObject({ code: 'fields', problems: [{ field }] });
  });

  it('takes a day that begins in a moment', () => {
    expect(addAction(aSituation(), { ...input, due: after(NOW, 1) }, anAct()).ok).toBe(true);
  });

  it('goes on with what another verb did before it', () => {
    const before = done(addAction(aSituation(), { ...input, text: 'First' }, anAct()));
    const { after: s, events } = withAction(before, { ...input, text: 'Second' }, anAct());
    expect(s.actions.map(({ text }) => text)).toEqual(['First', 'Second']);
    expect(events.map(({ words }) => words)).toEqual(['First', 'Second']);
  });
});

describe('ending an action', () => {
  const action = anAction();
  const other = anAction({ text: 'Another' });
  const s = aSituation({ actions: [other, action] });
  const finish = (state: 'done' | "won't do", reason: string | null, id: string = action.id) =>
    finishAction(s, { action: id, state, reason }, anAct(BELLA, later));

  it('as done needs no words', () => {
    const { after: next, events } = done(finish('done', null));
    expect(next.actions).toEqual([other, { ...action, state: 'done', reason: null, doneAt: later }]);
    expect(events).toMatchObject([
      { kind: 'action.finished', data: { state: 'done' }, subject: action.id, words: 'Add a canary metric' },
    ]);
  });

  it("as one that won't be done keeps why", () => {
    const next = afterOf(finish("won't do", 'the service is switched off'));
    expect(next.actions[1]).toMatchObject({ state: "won't do", reason: 'the service is switched off', doneAt: later });
  });

  it.each([null, '', '  '])("as one that won't be done is refused without a reason (%j)", (reason) => {
    expect(refusalOf(finish("won't do", reason))).toMatchObject({ code: 'fields', problems: [{ field: 'reason' }] });
  });

  it('is refused for one that this release does not have', () => {
    expect(refusalOf(finish('done', null, 'act_none'))).toMatchObject({
      code: 'not_found',
      what: 'action',
      reference: 'act_none',
    });
  });

  it.each(['done', "won't do"] as const)('is refused for one that is %s already, which keeps its end', (state) => {
    const ended = anAction({ state, doneAt: NOW });
    const again = finishAction(
      aSituation({ actions: [ended] }),
      { action: ended.id, state: 'done', reason: null },
      anAct(),
    );
    expect(refusalOf(again)).toMatchObject({
      code: 'status',
      did: 'Nothing changed',
      name: '“Add a canary metric”',
      status: state,
    });
  });
});
