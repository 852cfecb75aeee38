/** What people do again and again in a journey. */
import { expect } from 'vitest';
import type { Name, Testbed } from './testbed.ts';

export const create = async (bed: Testbed, version: string, title = 'Faster basket'): Promise<void> => {
  await bed.as('olivia').command('/release', `new checkout ${version} "${title}"`, bed.channels.team);
  await bed.settled();
};
export const clickCard = async (bed: Testbed, who: Name, version: string, label: string): Promise<void> => {
  await bed.settled();
  const card = bed.sandbox
    .messagesIn(bed.channels.team)
    .findLast(
      ({ text, threadTs }) => threadTs === null && text.startsWith(`checkout ${version} `) && /REL-\d+$/.test(text),
    );
  if (card === undefined) throw new Error(`no card of ${version}`);
  await bed.as(who).click(card, label);
  await bed.settled();
};
export const approve = (bed: Testbed, version: string) => clickCard(bed, 'adam', version, 'Approve');
export const fill = async (
  bed: Testbed,
  who: Name,
  fields: Readonly<Record<string, string | readonly string[]>>,
): Promise<void> => {
  for (const [field, value] of Object.entries(fields)) await bed.as(who).fill(field, value);
  expect((await bed.as(who).submit()).errors).toEqual({});
  await bed.settled();
};
/** Rita declares a freeze: the first submission shows what it hits, the second saves it. */
export const freeze = async (
  bed: Testbed,
  fields: Readonly<Record<string, string | readonly string[]>>,
): Promise<void> => {
  const rita = bed.as('rita');
  await rita.command('/freeze', 'new', bed.channels.team);
  for (const [field, value] of Object.entries(fields)) await rita.fill(field, value);
  for (let turn = 0; turn < 2 && rita.modal()?.callbackId === 'new_freeze'; turn += 1) await rita.submit();
};
/** What they type; returns what only they read of it. */
export const typed = async (bed: Testbed, who: Name, text: string): Promise<string> => {
  await bed.as(who).command('/release', text, bed.channels.team);
  await bed.settled();
  return bed.as(who).lastPrivate(bed.channels.team);
};
export const fails = async (bed: Testbed, version: string, reason: string): Promise<void> => {
  await clickCard(bed, 'olivia', version, 'It failed…');
  await fill(bed, 'olivia', { reason });
};
export const shipped = async (bed: Testbed, version: string): Promise<void> => {
  await create(bed, version);
  await approve(bed, version);
  await clickCard(bed, 'olivia', version, 'I am starting');
  await clickCard(bed, 'olivia', version, 'It went through');
};

/** What Slack sends when somebody changed. */
export const userChange = (bed: Testbed, id: string, who: Name, user: Record<string, unknown>) => ({
  token: 'x',
  team_id: bed.sandbox.world.teamId,
  api_app_id: bed.sandbox.world.appId,
  type: 'event_callback',
  event_id: id,
  event_time: 1,
  authorizations: [
    {
      team_id: bed.sandbox.world.teamId,
      enterprise_id: null,
      user_id: bed.sandbox.world.botUserId,
      is_bot: true,
      is_enterprise_install: false,
    },
  ],
  event: {
    type: 'user_change',
    user: { id: bed.ids[who], name: who, profile: {}, team_id: bed.sandbox.world.teamId, ...user },
    event_ts: id,
  },
});

let changes = 0;

/** Somebody is deactivated, or comes back. */
export const deactivate = async (bed: Testbed, who: Name, deleted = true): Promise<void> => {
  const user = bed.sandbox.world.users.get(bed.ids[who]);
  if (user === undefined) throw new Error(`There is no ${String(who)}.`);
  user.deleted = deleted;
  changes += 1;
  await bed.sandbox.deliver('event', userChange(bed, `Ev-${changes}`, who, { deleted }));
  await bed.settled();
};
