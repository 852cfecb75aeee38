/** Action items: added by a review or a person, followed up until they are done or will not be done. */

import { happened } from '../events.ts';
import type { Id, UserId } from '../ids.ts';
import { mayGiveAway, mayRead } from '../permissions.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, DAY, type Instant } from '../time.ts';
import { at, command, say } from '../words.ts';

export type ActionItem = {
  id: Id<'action'>;
  text: string;
  owner: UserId | null;
  due: Instant | null;
  state: 'open' | 'done' | "won't do";
  reason: string | null;
  createdAt: Instant;
  doneAt: Instant | null;
};

const DUE_IN = 14 * DAY;

export const withAction = (
  effect: Effect,
  input: { text: string; owner: UserId | null; due: Instant | null },
  act: Act,
): Effect => {
  const { release, around } = effect.after;
  // What nobody is to do by no time is not done: without a name it is the owner's, without a date due in two weeks. Whoever may not read a
  // restricted release gives nobody a part in it, themselves least of all.
  const owner = mayRead(around.catalog, release, act.by) ? (input.owner ?? release.owner) : release.owner;
  const due = input.due ?? after(act.now, DUE_IN);
  const action: ActionItem = {
    id: act.newId('action'),
    text: input.text,
    owner,
    due,
    state: 'open',
    reason: null,
    createdAt: act.now,
    doneAt: null,
  };
  const event = happened(
    effect.after.release.id,
    'action.added',
    { owner, due },
    { words: input.text, subject: action.id },
  );
  return { after: { ...effect.after, actions: [...effect.after.actions, action] }, events: [...effect.events, event] };
};

/** Adds an action item. Refuses an empty text and a date that is past. */
export const addAction = (
  s: Situation,
  input: { text: string; owner: UserId | null; due: Instant | null },
  act: Act,
): Decision<Effect> => {
  if (input.text.trim() === '')
    return refuseField('text', say`Not added: say what is to be done, for example “add a canary metric”.`);
  if (input.due !== null && input.due <= act.now)
    return refuseField('due', say`Not added: ${at(input.due)} is past. Pick a day that is still to come.`);
  const may = mayGiveAway(s.around.catalog, s.release, act.by, 'Not added');
  return may.ok ? allow(withAction({ after: s, events: [] }, input, act)) : may;
};

/** Marks an action as done, or as one that will not be done, which needs a reason. */
export const finishAction = (
  s: Situation,
  input: { action: string; state: 'done' | "won't do"; reason: string | null },
  act: Act,
): Decision<Effect> => {
  const action = s.actions.find(({ id }) => id === input.action);
  if (action === undefined)
    return refuse({ code: 'not_found', what: 'action', reference: input.action, fix: say`See ${command('actions')}.` });
  if (action.state !== 'open')
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: `“${action.text}”`,
      status: action.state,
      fix: say`See ${command('actions')}.`,
    });
  if (input.state === "won't do" && (input.reason ?? '').trim() === '')
    return refuseField('reason', say`Say why it will not be done.`);
  const actions = s.actions.map((other) =>
    other.id === action.id ? { ...other, state: input.state, reason: input.reason, doneAt: act.now } : other,
  );
  return allow({
    after: { ...s, actions },
    events: [
      happened(
        s.release.id,
        'action.finished',
        { state: input.state },
        { words: input.reason === null ? action.text : `${action.text}: ${input.reason}`, subject: action.id },
      ),
    ],
  });
};
