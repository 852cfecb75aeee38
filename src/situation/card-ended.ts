/** The card when it is over: closed or cancelled. */

import { environmentNamed } from '../domain/catalog/catalog.ts';
import { standingPlaces } from '../domain/deployment/standing.ts';
import { type StateOf } from '../domain/release/release.ts';
import { between, MINUTE } from '../domain/time.ts';
import { count, enumerated, took } from '../domain/words.ts';
import { ACTIONS } from '../slack/ids.ts';
import { fact } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, quoteText } from '../slack/mrkdwn.ts';
import { type CardParts, footLine, type Look, more, who } from './card-look.ts';
import type { Seen } from './seen-by.ts';

/** Where what failed was left as it is. */
const runsStill = (s: Seen): Mrkdwn => {
  const { state } = s.release;
  return state.status === 'closed' && state.from.status === 'failed'
    ? md`${enumerated(standingPlaces(s).map(({ environment }) => environment))}`
    : EMPTY;
};

const leadTime = (s: Seen): string => {
  const finished = s.deployments.findLast(
    (d) =>
      d.kind === 'deploy' &&
      d.state === 'succeeded' &&
      (environmentNamed(s.around.catalog, d.environment)?.protected ?? false),
  )?.finishedAt;
  if (finished == null) return '';
  const minutes = Math.round(between(s.release.createdAt, finished) / MINUTE);
  const hours = Math.round(minutes / 60);
  if (minutes < 120) return took(minutes);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

export const closedParts = (look: Look): Partial<CardParts> => {
  const { s } = look;
  const open = s.actions.filter((action) => action.state === 'open');
  const lesson = s.reviews.findLast((review) => review.state === 'submitted')?.answers['change'];
  return {
    label: '',
    summary: EMPTY,
    next:
      open.length === 0
        ? lesson === undefined || lesson === ''
          ? md`${quoteText(s.release.title)}`
          : md`*Lesson*   “${quoteText(lesson, 200)}”`
        : md`${count(open.length, 'action')} open: ${joined(
            open
              .slice(0, 3)
              .map(
                (action) =>
                  md`${quoteText(action.text, 80)}${action.owner === null ? EMPTY : md`, ${who(action.owner, look)}`}${action.due === null ? EMPTY : md` by ${dateToken(action.due, '{date_short_pretty}')}`}`,
              ),
            ' · ',
          )}`,
    facts: [fact('Runs still', runsStill(s))],
    foot: footLine(look, leadTime(s) === '' ? EMPTY : md`took ${leadTime(s)} from plan to production`),
    buttons: [],
    more: more(s, ['Timeline', ACTIONS.timeline]),
  };
};

/** Reworked after a failure and then given up, it has been there; otherwise nothing has happened to what people use. */
const untouched = ({ deployments, around }: Seen): boolean =>
  !deployments.some(
    ({ environment, state }) =>
      state !== 'aborted' && (environmentNamed(around.catalog, environment)?.protected ?? false),
  );

export const cancelledParts = (look: Look, state: StateOf<'cancelled'>): Partial<CardParts> => ({
  label: '',
  next:
    state.replacedBy !== null
      ? md`R${state.reason.slice(1)}.${state.from === null ? '' : ' It comes back by itself if that one is rolled back, unless somebody cancels it.'}`
      : md`${quoteText(state.reason, 300)}. ${untouched(look.s) ? `Nothing was deployed to ${look.s.release.targets.join(' or ')}.` : 'Its deployment stands in the timeline.'}`,
  summary: EMPTY,
  facts: [],
  foot: footLine(look),
  buttons: [],
  more: more(
    look.s,
    ['Timeline', ACTIONS.timeline],
    ...(state.replacedBy === null || state.from === null ? [] : [['Cancel', ACTIONS.cancel] as const]),
  ),
});
