/** What could not be delivered, as an admin reads it: by place and reason, with one button for all of it. */
import type { TroubleRow } from '../courier/messages.ts';
import { userId } from '../domain/ids.ts';
import { count } from '../domain/words.ts';
import { ACTIONS } from '../slack/ids.ts';
import { channelMention, type Mrkdwn, md, mention, quoteText } from '../slack/mrkdwn.ts';

/** What Slack's error means for whoever can mend it. */
const mending = ({ trouble: state, error, arrived }: TroubleRow): string => {
  if (state === 'ambiguous') return 'Slack never said whether it arrived: look there first, it may be there already';
  if (error === 'not_in_channel' || error === 'channel_not_found')
    return 'Signalbox is not in that channel: invite it, and what waits goes out by itself';
  if (error === 'is_archived') return 'the channel is archived: name another one in the catalog';
  if (error === 'user_not_found') return 'Slack knows nobody by that id: correct the catalog';
  if (error === 'missing_scope') return 'the app lacks a scope for it: the command doctor names it';
  const said = error ?? 'no reason was given';
  if (arrived) return `Slack took the words and refused the rest (${said}): what changes next is tried as it should be`;
  return state === 'refused' ? `Slack refused it (${said}): what changes next is tried again` : said;
};

const placeMention = (place: string): Mrkdwn => (/^[UW]/.test(place) ? mention(userId(place)) : channelMention(place));

/** What was set aside, by place and reason: not one line for each message. */
export const troubledLines = (rows: readonly TroubleRow[]): readonly Mrkdwn[] => {
  const groups = new Map<string, TroubleRow[]>();
  for (const row of rows) {
    const key = `${row.place} ${mending(row)}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].slice(0, 10).flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [md`✗ ${count(group.length, 'message')} to ${placeMention(first.place)}: ${quoteText(mending(first), 200)}`];
  });
};

export const TRY_ALL = { text: 'Try all again', action: ACTIONS.replay, value: 'all' } as const;
