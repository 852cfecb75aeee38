/** What channels read of a release: its card, the events in its thread, and the one message for stakeholders. */

import { askedByMention } from '../domain/approval/asking.ts';
import { eventSentence } from '../domain/events.ts';
import { zoneOf } from '../domain/release/traits.ts';
import { problemOccurrence } from '../situation/posts-for.ts';
import { releaseCard } from '../situation/release-card.ts';
import { channelVoice, message, type SeenRenderer } from '../situation/show.ts';
import {
  EMPTY,
  groupMention,
  isEmpty,
  joined,
  md,
  quoteText,
  readAloud,
  sentenceMarkup,
  sentenceText,
} from '../slack/mrkdwn.ts';
import { problemWords } from './problem-words.ts';
import { publicState } from './public-state.ts';
import { stakeholderWords } from './stakeholder-words.ts';

export const card: SeenRenderer = (s, what) => releaseCard(s, what.now, channelVoice(s, what));

/** What happened in one step, each as it was. */
export const threadLine: SeenRenderer = (s, what, events) => {
  if (events.length === 0) return null;
  const sentences = events.map(eventSentence);
  const voice = channelVoice(s, what);
  const plain = { names: s.around.names, command: what.command, zone: zoneOf(s) };
  const opens = events.some((event) => event.kind === 'round.opened' && s.round?.n === event.data.round);
  const asked = opens && s.round !== null ? askedByMention(s, s.round) : [];
  const call =
    asked.length === 0
      ? EMPTY
      : md`${joined(
          asked.map(({ id }) => groupMention(id)),
          ' ',
        )} one of you decides, with the buttons of the card.`;
  return message(
    sentences.map((sentence) => sentenceText(sentence, plain)).join(' '),
    [...sentences.map((sentence) => sentenceMarkup(sentence, voice)), call].filter((line) => !isEmpty(line)),
  );
};

/** One message for each release that customers notice: no card, no button, edited for life. */
export const stakeholderPost: SeenRenderer = (s, { now }) => {
  const { release } = s;
  const { customers, answers } = release;
  const { head, leadIn } = stakeholderWords(s, now);
  const coming = publicState(s) === 'coming';
  return message(
    readAloud(head, zoneOf(s)),
    [
      md`*${head}*`,
      // Taken out, or not for everybody any more: the post goes on without.
      customers === null || answers.restricted ? EMPTY : md`${leadIn}${quoteText(customers, 1_000)}`,
      md`${coming ? (answers.downtime ? 'There is a short downtime.' : 'No downtime. Nothing for you to do.') : ''}`,
    ].filter((line) => !isEmpty(line)),
  );
};

/** A failure that customers may feel, told once and edited until it is solved. */
export const stakeholderProblem: SeenRenderer = (s, what) => {
  const [id] = what.occurrence.split(' ');
  const failed = s.deployments.find((d) => d.id === id) ?? null;
  // It was taken back, and said again: that has a post of its own.
  if (failed !== null && what.occurrence !== problemOccurrence(failed) && what.occurrence !== failed.id)
    return message(`${s.release.service}: no problem after all`, [md`*${s.release.service}: no problem after all.*`]);
  const { words } = problemWords(s, failed);
  return message(readAloud(words, zoneOf(s)), [words]);
};
