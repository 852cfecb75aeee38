/** What renderers share: the voice of a place, and a message from lines. */
import type { KnownBlock } from '@slack/types';
import type { Message, Place } from '../courier/message.ts';
import type { Situation } from '../domain/situation.ts';
import { cut } from '../domain/words.ts';
import { section } from '../slack/kit.ts';
import { type Mrkdwn, md, plainText, type Voice } from '../slack/mrkdwn.ts';

/** Notifications show about 60 characters; screen readers read all of it. */
const TEXT_MAX = 400;

/** In channels people are named: a mention would ring for somebody who has nothing to do. */
export const channelVoice = (s: Situation, what: Place): Voice => ({
  names: s.around.names,
  command: what.command,
});
export const directVoice = (what: Place): Voice => ({ names: 'mention', command: what.command });

/** What a request becomes once nothing is wanted any more. */
export const noLongerNeeded = (text: string, why: Mrkdwn): Message => ({
  ...message(text, [md`No longer needed: ${why}`]),
  over: true,
});

export const message = (text: string, lines: readonly Mrkdwn[], rest: readonly KnownBlock[] = []): Message => ({
  text: cut(plainText(text), TEXT_MAX),
  blocks: [section(lines), ...rest],
});
