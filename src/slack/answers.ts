/** Any answer of a route as Slack shows it: as a modal, or as a private message. */
import type { KnownBlock, ModalView } from '@slack/types';
import { refusalSentence } from '../domain/refusal.ts';
import { notice, section } from './kit.ts';
import { md, type PlainVoice, sentenceText, type Voice } from './mrkdwn.ts';
import { plainBlocks } from './newer-blocks.ts';
import { type Answer, refusalMarkup } from './requests.ts';

/** Any answer as a modal. */
export const viewOf = (answer: Answer, title: string, voice: Voice): ModalView => {
  switch (answer.kind) {
    case 'form':
      return answer.view;
    case 'say':
      return notice(title, plainBlocks(answer.blocks));
    case 'refused':
      return notice(title, [section([refusalMarkup(answer.refusal, voice)])]);
    case 'done':
      return notice(title, [section([md`Done.`])]);
  }
};

/** The voice of a refusal's plain text. Where nobody could be asked who reads it, times are said in UTC, and named so. */
export const plainVoice = (answer: Extract<Answer, { kind: 'refused' }>, { command }: Voice): PlainVoice => ({
  names: {},
  zone: 'UTC',
  ...answer.reader,
  command,
});

/** Any answer as a private message. */
export const messageOf = (answer: Answer, voice: Voice): { text: string; blocks: readonly KnownBlock[] } => {
  switch (answer.kind) {
    case 'say':
      return { text: answer.text, blocks: answer.blocks };
    case 'refused':
      return {
        text: sentenceText(refusalSentence(answer.refusal), plainVoice(answer, voice)),
        blocks: [section([refusalMarkup(answer.refusal, voice)])],
      };
    case 'form':
    case 'done':
      return { text: 'Done.', blocks: [section([md`Done.`])] };
  }
};
