/** Small helpers that renderers share: the situation behind a subject, and a message from lines. */
import type { KnownBlock } from '@slack/types';
import type { Message, Rendering } from '../courier/message.ts';
import type { Db } from '../db/connection.ts';
import type { ReleaseId } from '../domain/ids.ts';
import type { Situation } from '../domain/situation.ts';
import { cut } from '../domain/wording.ts';
import { readSituation } from '../situation/read-situations.ts';
import { section } from '../slack/kit.ts';
import { type Mrkdwn, md, plainText, type Voice } from '../slack/mrkdwn.ts';

/** Notifications show about 60 characters; screen readers read all of it. */
const TEXT_MAX = 400;

export const situationOf = (db: Db, what: Rendering, release: ReleaseId): Promise<Situation | null> =>
  readSituation(db, what.workspace, release, what.now);

/** In channels people are named: a mention would ring for somebody who has nothing to do. */
export const channelVoice = (s: Situation, what: Rendering): Voice => ({
  names: s.around.names,
  command: what.command,
});
export const directVoice = (what: Rendering): Voice => ({ names: 'mention', command: what.command });

/** What a request becomes once nothing is wanted any more. */
export const noLongerNeeded = (text: string, why: Mrkdwn): Message => ({
  ...message(text, [md`No longer needed: ${why}`]),
  over: true,
});

export const message = (text: string, lines: readonly Mrkdwn[], rest: readonly KnownBlock[] = []): Message => ({
  text: cut(plainText(text), TEXT_MAX),
  blocks: [section(lines), ...rest],
});
