/** What a release contains: changes added and taken out. A material one asks again, in the same step. */
import { thenReconsider } from '../approval/reconsider.ts';
import { happened } from '../events.ts';
import type { UserId } from '../ids.ts';
import { type Decision, refuse, refuseField } from '../refusal.ts';
import { type Change, type ChangeType, keyOf } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { cut, say } from '../words.ts';
import { mayStillEdit } from './edit.ts';

export type ChangeInput = {
  title: string;
  link: string | null;
  type: ChangeType;
  author: UserId | null;
  customers: boolean;
};

/** Says who wrote a change of which nobody knew. */
const authored = (s: Situation, twin: Change, author: UserId, act: Act): Decision<Effect> => {
  const changes = s.release.changes.map((change) => (change.id === twin.id ? { ...change, author } : change));
  const release = { ...s.release, changes };
  const event = happened(release.id, 'release.edited', { fields: ['the author of a change'] });
  return thenReconsider(s, { after: { ...s, release }, events: [event] }, act, 'Not added');
};

/** Adds a change. Refuses an empty title and a link that is there already, unless it now comes with the author that was unknown. */
export const addChange = (s: Situation, input: ChangeInput, act: Act): Decision<Effect> => {
  const open = mayStillEdit(s.release, 'Not added');
  if (!open.ok) return open;
  if (input.title.trim() === '') return refuseField('change', say`Say what the change is: a link, or a few words.`);
  if (input.link !== null && !/^https?:\/\/\S+$/i.test(input.link))
    return refuseField(
      'link',
      say`“${cut(input.link, 80)}” is no link: write one like https://github.com/acme/checkout/pull/12, or leave it out.`,
    );
  const twin = s.release.changes.find(
    ({ link, title }) =>
      (input.link !== null && link === input.link) || (input.link === null && title === input.title.trim()),
  );
  if (twin !== undefined && twin.author === null && input.author !== null) return authored(s, twin, input.author, act);
  if (twin !== undefined)
    return refuseField('change', say`Not added: “${twin.title}” is in ${keyOf(s.release)} already.`);
  const change: Change = { id: act.newId('change'), ...input, title: input.title.trim(), addedBy: act.by };
  const release = { ...s.release, changes: [...s.release.changes, change] };
  return thenReconsider(
    s,
    {
      after: { ...s, release },
      events: [happened(release.id, 'change.added', { change: change.id }, { words: change.title })],
    },
    act,
    'Not added',
  );
};

/** Takes a change out again, named by its link, its title or its place in the list (from 1). */
export const removeChange = (s: Situation, which: string, act: Act): Decision<Effect> => {
  const open = mayStillEdit(s.release, 'Not removed');
  if (!open.ok) return open;
  const { changes } = s.release;
  const change = changes.find(({ link, title }) => link === which || title === which) ?? changes[Number(which) - 1];
  if (which === '')
    return refuse({ code: 'ambiguous', what: 'change', examples: [`change remove ${keyOf(s.release)} 1`] });
  if (change === undefined)
    return refuse({
      code: 'not_found',
      what: 'change',
      reference: `“${which}”`,
      fix: say`${keyOf(s.release)} has ${changes.length}; name one by its number or link.`,
    });
  const release = { ...s.release, changes: changes.filter(({ id }) => id !== change.id) };
  return thenReconsider(
    s,
    {
      after: { ...s, release },
      events: [happened(release.id, 'change.removed', { change: change.id }, { words: change.title })],
    },
    act,
    'Not removed',
  );
};
