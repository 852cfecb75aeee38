/** The list of a deployment, in the thread of its card and privately: what is done by whom and when, and a button for each item. */
import type { KnownBlock } from '@slack/types';
import { type ChecklistItem, itemTook, openItems } from '../domain/deployment/checklist.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { isListOver } from '../domain/deployment/tick.ts';
import { nameOf } from '../domain/release/release.ts';
import { person, took } from '../domain/words.ts';
import type { Seen } from '../situation/seen-by.ts';
import { channelVoice, message, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { buttonOf, section } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, quoteText, sentenceMarkup, type Voice } from '../slack/mrkdwn.ts';

const HEADS: Readonly<Record<ChecklistItem['when'], string>> = {
  deploy: 'To do on the way',
  verify: 'To look at once it is through',
};

const itemWords = (d: Deployment, item: ChecklistItem, n: number, voice: Voice): Mrkdwn => {
  const planned = item.minutes === null ? EMPTY : md`${item.at === null ? '' : 'planned '}${took(item.minutes)}`;
  if (item.at === null || item.by === null)
    return joined([md`:white_circle: ${n}. ${quoteText(item.text, 200)}`, planned], ' · ');
  const minutes = itemTook(d, item);
  return joined(
    [
      md`:white_check_mark: ${n}. ${quoteText(item.text, 200)}`,
      md`${sentenceMarkup([person(item.by)], voice)} ${dateToken(item.at, '{time}')}`,
      item.when === 'deploy' && minutes !== null ? md`took ${took(minutes)}` : EMPTY,
      planned,
    ],
    ' · ',
  );
};

const row = (s: Seen, d: Deployment, item: ChecklistItem, voice: Voice): KnownBlock => {
  const n = d.checklist.indexOf(item) + 1;
  const done = item.at !== null;
  return section(
    [itemWords(d, item, n, voice)],
    isListOver(s, d)
      ? undefined
      : buttonOf({
          text: done ? 'Not done' : 'Done',
          action: done ? ACTIONS.untickItem : ACTIONS.tickItem,
          value: packValue(s.release.id, d.environment, String(n), d.id),
        }),
  );
};

const part = (s: Seen, d: Deployment, when: ChecklistItem['when'], voice: Voice): readonly KnownBlock[] => {
  const items = d.checklist.filter((item) => item.when === when);
  const done = items.length - openItems(d, when).length;
  return items.length === 0
    ? []
    : [section([md`*${HEADS[when]}* ${done} of ${items.length}`]), ...items.map((item) => row(s, d, item, voice))];
};

/** Its blocks, wherever they are shown. */
export const checklistBlocks = (s: Seen, d: Deployment, voice: Voice): readonly KnownBlock[] => [
  section([md`*${nameOf(s.release)} → ${d.environment}: what to do*`]),
  ...part(s, d, 'deploy', voice),
  ...part(s, d, 'verify', voice),
];

export const checklist: SeenRenderer = (s, what) => {
  const d = s.deployments.find(({ id }) => id === what.subject);
  if (d === undefined || d.checklist.length === 0) return null;
  const done = d.checklist.filter(({ at }) => at !== null).length;
  const text = `${nameOf(s.release)} → ${d.environment}: ${done} of ${d.checklist.length} done`;
  return { ...message(text, []), blocks: checklistBlocks(s, d, channelVoice(s, what)) };
};
