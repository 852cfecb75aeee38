/** Reviews and actions as messages: one a person and morning with everything that is due, never one for each release. */

import type { OtherRenderer } from '../courier/message.ts';
import { userId } from '../domain/ids.ts';
import { keyOf, nameOf, STATUS_WORDS } from '../domain/release/release.ts';
import { after, DAY } from '../domain/time.ts';
import { command, count, say } from '../domain/words.ts';
import { readReleases } from '../releases/release-store.ts';
import { aloud, directVoice, message, noLongerNeeded, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { actions, context, section } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, md, mention, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import { dueReviewsOf } from './review-store.ts';

const LATE_AFTER = 2 * DAY;
/** Reviews that want a few lines each, of one message: a dozen are enough for a morning. */
const MOST_LISTED = 10;

/** Characters: Slack takes 2,000 as the value of a button. */
const VALUE_MAX = 1_900;

/** All reviews of this person that are due, the fine ones behind one button. */
export const reviewPrompt: OtherRenderer = async (db, what) => {
  const due = await dueReviewsOf(db, what.workspace, userId(what.subject), what.now);
  if (!what.newest) return { ...message('Reviews: asked again below', [md`Asked again below.`]), gone: true };
  if (due.length === 0)
    return { ...message('Nothing is left to review', [md`Done: nothing is left to review.`]), over: true };
  const releases = new Map(
    (
      await readReleases(
        db,
        what.workspace,
        due.map(({ release }) => release),
      )
    ).map((release) => [release.id, release]),
  );
  const rows = due.flatMap(({ review, release }) => {
    const found = releases.get(release);
    return found === undefined ? [] : [{ review, release: found }];
  });
  const fine = rows.filter(({ review }) => review.form === 'short').sort((a, b) => a.release.number - b.release.number);
  // As many as the value of one button holds; the rest is asked about once these are done.
  const atOnce = fine.slice(0, Math.floor(VALUE_MAX / ((fine[0]?.release.id.length ?? 0) + 1)));
  const lines = rows.filter(({ review }) => review.form !== 'short');
  const late = rows.filter(({ review }) => review.dueAt <= after(what.now, -LATE_AFTER)).length;
  const lateWords =
    what.audience !== what.subject
      ? ', late, of somebody in your care'
      : late === 0
        ? ''
        : rows.length === 1
          ? ', late'
          : `, ${late} of them late`;
  const head = `${count(rows.length, 'release')} to review${lateWords}`;
  const fineBlocks =
    fine.length === 0
      ? []
      : [
          section([md`✓ ${fine.map(({ release }) => nameOf(release)).join(', ')}: no failure`]),
          ...actions([
            {
              text:
                fine.length === 1
                  ? 'All fine'
                  : fine.length === 2
                    ? 'Both fine'
                    : `${atOnce.length === fine.length ? 'All' : 'First'} ${atOnce.length} fine`,
              action: ACTIONS.allFine,
              value: packValue(...atOnce.map(({ release }) => release.id)),
              style: 'primary',
            },
            {
              text: 'Something to note…',
              action: ACTIONS.review,
              value: packValue(...atOnce.map(({ release }) => release.id)),
            },
          ]),
        ];
  const others = lines.map(({ review, release }) => [
    section([md`• ${nameOf(release)}: ${STATUS_WORDS[release.state.status]}, due ${dateToken(review.dueAt)}`]),
    ...actions([{ text: 'Review…', action: ACTIONS.review, value: release.id }]),
  ]);
  const summary =
    fine.length === 0
      ? `${count(lines.length, 'needs', 'need')} a few lines`
      : [
          `${fine.length} ${fine.length === 1 ? 'looks' : 'look'} fine`,
          ...(lines.length === 0 ? [] : [`${count(lines.length, 'needs', 'need')} a few lines`]),
        ].join(', ');
  return {
    ...message(`${head}: ${summary}`, [md`*${head}*`, md`${summary}`]),
    blocks: [
      section([md`*${head}*`, md`${summary}`]),
      ...fineBlocks,
      ...others.slice(0, MOST_LISTED).flat(),
      ...(others.length > MOST_LISTED
        ? [context(md`${others.length - MOST_LISTED} more follow when these are done.`)]
        : []),
    ],
  };
};

/** Before its date, on its day, and each week after it: the one before is taken away. */
export const actionReminder: SeenRenderer = (s, what) => {
  const action = s.actions.find(({ id }) => id === what.subject);
  if (action === undefined) return null;
  const late = action.due !== null && action.due < what.now;
  const theirs = action.owner !== null && action.owner !== what.audience;
  const head = `${theirs ? 'An action of somebody who left' : 'Your action'} is ${late ? 'late' : 'due'}`;
  if (!what.newest) return { ...message(head, [md`${head}: asked again below.`]), gone: true };
  if (action.state !== 'open')
    return noLongerNeeded(
      aloud(s, `${action.state === 'done' ? 'Done' : 'Will not be done'}: ${action.text}`),
      md`“${quoteText(action.text)}” is ${action.state}.`,
    );
  const value = action.id;
  return message(
    aloud(s, `${head}: ${action.text}`, 'decision'),
    [
      md`*${head}${action.due === null ? '' : md`${action.due < what.now ? ', due since' : ''} ${dateToken(action.due, '{date_short_pretty}')}`}*`,
      quoteText(action.text),
      theirs && action.owner !== null
        ? md`It was ${mention(action.owner)}’s. Do it, say that it will not be done, or give it to somebody with ${sentenceMarkup(say`${command(`action ${keyOf(s.release)} "what" @somebody`)}`, directVoice(what))}.`
        : EMPTY,
    ].filter((line) => !isEmpty(line)),
    actions([
      { text: 'Done', action: ACTIONS.actionDone, value, style: 'primary' },
      { text: "Won't do…", action: ACTIONS.actionWont, value },
    ]),
  );
};
