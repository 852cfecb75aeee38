/** What renderers share: what their reader may see, the voice of a place, and a message from lines. */

import type { KnownBlock } from '@slack/types';
import { type Message, ofRelease, type Place, type Renderer } from '../courier/message.ts';
import { isUnjudged } from '../domain/emergency/phase.ts';
import { cut } from '../domain/words.ts';
import { context, section } from '../slack/kit.ts';
import { EMPTY, type Mrkdwn, md, plainText, type Voice } from '../slack/mrkdwn.ts';
import { eventSeen, type Seen, type SeenEvent, seenBy, viewerOf } from './seen-by.ts';

/** Renders one release, or events of it, as its audience may see it. `null`: nothing to be seen. */
export type SeenRenderer = (s: Seen, what: Place, events: readonly SeenEvent[]) => Message | null;

/** A renderer is given what its audience may see; where that is nothing, there is no message. */
export const shown = (render: SeenRenderer): Renderer =>
  ofRelease((s, what, events) => {
    const seen = seenBy(s, viewerOf(what.audience));
    if (seen === null) return null;
    return render(
      seen,
      what,
      events.map((event) => eventSeen(event, seen.release)),
    );
  });

/** What a lock screen shows of a message: of a restricted release never more than that there is something. */
export const aloud = (s: Seen, text: string, wants: 'decision' | 'nothing' = 'nothing'): string =>
  !s.release.answers.restricted
    ? `${isUnjudged(s.breakGlass) && !text.startsWith('Emergency') ? 'Emergency: ' : ''}${text}`
    : wants === 'decision'
      ? 'A restricted release needs your decision.'
      : 'A restricted release has news for you.';

/** Whoever is told in person what a restricted release is reads that others must not be. */
export const restrictedLine = (s: Seen): Mrkdwn =>
  s.release.answers.restricted && !s.release.withheld ? md`:lock: Restricted: only those named on it may know.` : EMPTY;

/** Notifications show about 60 characters; screen readers read all of it. */
const TEXT_MAX = 400;

/** In channels people are named: a mention would ring for somebody who has nothing to do. */
export const channelVoice = (s: Seen, what: Place): Voice => ({
  names: s.around.names,
  command: what.command,
});
export const directVoice = (what: Place): Voice => ({ names: 'mention', command: what.command });

/** What a request becomes once nothing is wanted any more. */
export const noLongerNeeded = (text: string, why: Mrkdwn): Message => ({
  text: cut(plainText(text), TEXT_MAX),
  // What is over shrinks to one grey line.
  blocks: [context(md`No longer needed: ${why}`)],
  over: true,
});

export const message = (text: string, lines: readonly Mrkdwn[], rest: readonly KnownBlock[] = []): Message => ({
  text: cut(plainText(text), TEXT_MAX),
  blocks: [section(lines), ...rest],
});
