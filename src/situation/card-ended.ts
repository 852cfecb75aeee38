/** The card when it is over: closed or cancelled. */

import { environmentNamed } from '../domain/catalog/catalog.ts';
import { nameOf, type StateOf } from '../domain/release/release.ts';
import { between, MINUTE } from '../domain/time.ts';
import { count } from '../domain/words.ts';
import { ACTIONS } from '../slack/ids.ts';
import { fact } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, md, quoteText } from '../slack/mrkdwn.ts';
import { type CardParts, type Look, value } from './card-look.ts';
import type { Seen } from './seen-by.ts';

const leadTime = (s: Seen): string => {
  const finished = s.deployments.findLast((d) => d.state === 'succeeded')?.finishedAt;
  if (finished == null) return '';
  const minutes = Math.round(between(s.release.createdAt, finished) / MINUTE);
  const hours = Math.round(minutes / 60);
  if (minutes < 120) return `${minutes} min`;
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

export const closedParts = (look: Look, state: StateOf<'closed'>): Partial<CardParts> => {
  const { s } = look;
  const open = s.actions.filter((action) => action.state === 'open');
  const lesson = s.reviews.findLast((review) => review.state === 'submitted')?.answers['change'];
  return {
    headline: md`*${nameOf(s.release)} · CLOSED · ${state.outcome} · ${dateToken(state.since)}*`,
    next:
      open.length === 0
        ? md`No action is open.`
        : md`${count(open.length, 'action')} open: ${joined(
            open
              .slice(0, 3)
              .map(
                (action) =>
                  md`${quoteText(action.text, 80)}${action.due === null ? EMPTY : md` by ${dateToken(action.due, '{date_short_pretty}')}`}`,
              ),
            ' · ',
          )}`,
    facts: [
      fact('Lead time', md`${leadTime(s)}`),
      fact('Lesson', lesson === undefined || lesson === '' ? EMPTY : md`“${quoteText(lesson, 200)}”`),
    ],
    buttons: [{ text: 'Timeline', action: ACTIONS.timeline, value: value(s) }],
    more: [],
  };
};

/** Reworked after a failure and then given up, it has been there; otherwise nothing has happened to what people use. */
const untouched = ({ deployments, around }: Seen): boolean =>
  !deployments.some(
    ({ environment, state }) =>
      state !== 'aborted' && (environmentNamed(around.catalog, environment)?.protected ?? false),
  );

export const cancelledParts = (look: Look, state: StateOf<'cancelled'>): Partial<CardParts> => ({
  next:
    state.replacedBy !== null
      ? md`R${state.reason.slice(1)}. It comes back by itself if that one is rolled back.`
      : md`${quoteText(state.reason, 300)}. ${untouched(look.s) ? 'Nothing was deployed to production.' : 'Its deployment stands in the timeline.'}`,
  facts: [],
  buttons: [{ text: 'Timeline', action: ACTIONS.timeline, value: value(look.s) }],
  more: [],
});
