/** The card of what failed, or is not well: why, where, what runs meanwhile, and the ways on. */

import { type Deployment } from '../domain/deployment/deployment.ts';
import { whoDecides } from '../domain/deployment/escalation.ts';
import { failedPlace, lastFailure } from '../domain/deployment/health.ts';
import { isReplaced, laterThere, newerWords } from '../domain/deployment/newer.ts';
import { canGoBack, stillReached } from '../domain/deployment/rollback.ts';
import { stepOf } from '../domain/deployment/rollout.ts';
import {
  failures,
  fixUnderWay,
  goneBack,
  isOvertaken,
  isUnwell,
  lastThere,
  leftIn,
  standingPlaces,
  unwell,
} from '../domain/deployment/standing.ts';
import { obstacles, readiness } from '../domain/readiness.ts';
import { STATUS_WORDS, type StateOf } from '../domain/release/release.ts';
import { enumerated, listing, type Sentence } from '../domain/words.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { type ButtonSpec, fact, type MoreItem } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import { anyOf, type CardParts, type Look, more, quiet, startButton, value, wellValue } from './card-look.ts';
import { causeWords, exceptionButton, rolloutWords } from './card-steps.ts';
import type { Seen } from './seen-by.ts';

/** What runs instead of it: a newer one, or what another release went back to. */
const insteadWords = (s: Seen): string => {
  const { service, targets } = s.release;
  if (s.around.newer !== null) return `${service} ${newerWords(s)}`;
  const others = targets.flatMap((place) => {
    const live = laterThere(s, place);
    return live === null ? [] : [`${live.version} in ${place}`];
  });
  return `${service} runs ${enumerated(others)}`;
};

/** It failed, and a newer version runs by now: nothing is left to decide but what there is to learn. */
const failedAndReplaced = (look: Look, state: StateOf<'failed'>): Partial<CardParts> => ({
  next: md`Nothing to roll back or retry: ${insteadWords(look.s)}.`,
  facts: [fact('Reason', quoteText(state.reason, 300))],
  buttons: [{ text: 'Review now', action: ACTIONS.review, value: value(look.s) }],
  more: more(look.s, ['Close', ACTIONS.close], ['Timeline', ACTIONS.timeline]),
});

/** A newer one runs where it failed, and elsewhere it runs still. */
const failedAndOvertaken = (look: Look, state: StateOf<'failed'>): Partial<CardParts> => {
  const { s } = look;
  const stays = standingPlaces(s).map(({ environment }) => environment);
  const back = goneBack(s);
  const rest =
    stays.length > 0
      ? md` It runs still in ${stays.join(', ')}.`
      : back.length > 0
        ? md` In ${back.join(', ')} it went back.`
        : EMPTY;
  return {
    next: md`Nothing to decide any more: ${insteadWords(s)}.${rest}`,
    facts: [fact('Reason', quoteText(state.reason, 300)), fact('Running', runningWords(s))],
    buttons: [
      { text: 'Review now', action: ACTIONS.review, value: value(s) },
      ...failedButtons(look, { again: '', may: false, back: canGoBack(s), fresh: false }).filter(
        ({ action }) => action === ACTIONS.rollBack,
      ),
    ],
    more: more(s, ['Close', ACTIONS.close], ['Timeline', ACTIONS.timeline]),
  };
};

/** How much of the place it had when it failed in the middle of its steps, as far as anybody said; null where it had none, or all. */
export const partOf = (d: Deployment | undefined): number | null => {
  if (d?.kind !== 'deploy' || d.state !== 'failed' || d.rollout === null) return null;
  const { percent } = stepOf(d.rollout);
  return percent !== null && percent > 0 && percent < 100 ? percent : null;
};

/** What runs where now: after a failure in one place the others may have it, or be back already. */
const runningWords = (s: Seen): Mrkdwn =>
  joined(
    s.release.targets.map((environment) => {
      const live = s.around.running.find((row) => row.environment === environment)?.version ?? 'nothing';
      const last = s.deployments.findLast((d) => d.environment === environment && d.state !== 'aborted');
      const failed =
        last?.state !== 'failed' || laterThere(s, environment) !== null
          ? ''
          : last.kind === 'rollback'
            ? `, as far as is known: going back to ${last.version} failed`
            : `, as far as is known: ${last.version} failed there`;
      const part = partOf(last);
      return part === null
        ? md`${live} in ${environment}${failed}`
        : md`${last?.version ?? ''} on ${part} %, ${live} on the rest, in ${environment}`;
    }),
    ' · ',
  );

/** What can be said of each place still: well after all where it is not, not well where it is. An overflow menu has five items. */
const healthItems = (s: Seen): readonly MoreItem[] => {
  const sick = unwell(s);
  const others = standingPlaces(s).filter((d) => !isUnwell(d));
  const several = sick.length + others.length > 1;
  const items = sick.map(({ environment }) => ({
    text: several ? `Healthy after all in ${environment}` : 'Healthy after all',
    action: ACTIONS.healthy,
    value: wellValue(s, environment),
  }));
  if (sick.length === 0) return [];
  return [...items, ...(others.length === 0 ? [] : more(s, ['Not healthy…', ACTIONS.unhealthy]))].slice(0, 2);
};

/** Why it failed; of several places what is wrong in each. */
export const reasonWords = (s: Seen, reason: string): Mrkdwn => {
  const bad = failures(s);
  const failed = lastFailure(s);
  const [first] = bad;
  if (bad.length === 1 && first?.kind === 'rollback' && first.reason !== null && first.reason !== reason)
    return md`going back: ${quoteText(first.reason, 150)} · before that: ${quoteText(reason, 150)}`;
  return bad.length < 2
    ? md`${quoteText(reason, 300)}${failed === null ? EMPTY : causeWords(failed)}`
    : joined(
        bad.map((d) => md`${d.environment}: ${quoteText(d.reason ?? 'no reason given', 150)}${causeWords(d)}`),
        ' · ',
      );
};

/** It went back in one place, and is well in another: what is left to decide is what becomes of that one. */
const halfBack = (s: Seen): readonly string[] => {
  const back = s.release.targets.some((place) => lastThere(s).get(place)?.kind === 'rollback');
  return back && failures(s).length === 0 ? standingPlaces(s).map(({ environment }) => environment) : [];
};

/** Who decides, by when, and who is asked as well if nobody has by then. */
const decidesWords = (look: Look): Mrkdwn => {
  const { people, next } = whoDecides(look.s, look.now);
  if (people.length === 0) return md`Nobody who could decide is here: an admin adds an owner or a release manager`;
  const who = anyOf(people, look);
  return next === null
    ? md`${who} decides`
    : md`${who} decides by ${dateToken(next.at, '{time}')}, then ${anyOf(next.people, look)} as well`;
};

/** What of its approval a retry can count on; nothing where nobody was asked. */
const approvalStands = (look: Look, sentence: Sentence): Mrkdwn =>
  look.s.round === null ? EMPTY : sentenceMarkup(sentence, look.voice);

/** The ways on from where it failed, as somebody decides between them. */
const waysOnWords = (look: Look, { again, may, back, fresh }: Ways): Mrkdwn => {
  const { s, voice } = look;
  const fix = fixUnderWay(s);
  if (fix !== null) {
    const others = `${back ? 'roll back' : ''}${back && may ? ' or ' : ''}${may ? 'retry' : ''}`;
    return md`${others === '' ? 'nothing to do' : `${others}, if that cannot wait`}`;
  }
  const stay = halfBack(s);
  if (stay.length > 0)
    return md`roll back ${stay.join(', ')} as well, ${may ? `retry ${again}` : 'fix forward'}, or leave it there and close it`;
  const ways = [...(back ? ['roll back'] : []), ...(may ? ['retry'] : fresh ? ['rework'] : []), 'fix forward'];
  return sentenceMarkup(listing(ways, 'or'), voice);
};

/** What can be done about it: where it may be tried again, whether it can go back, whether nothing of it runs any more. */
type Ways = { again: string; may: boolean; back: boolean; fresh: boolean };

const failedButtons = (look: Look, { again, may, back, fresh }: Ways): readonly ButtonSpec[] => {
  const { s, now } = look;
  const several = s.release.targets.length > 1;
  const [left] = stillReached(s);
  const rollBack: ButtonSpec = {
    text: several && left !== undefined ? `Roll back ${left}…` : 'Roll back…',
    action: ACTIONS.rollBack,
    value: packValue(s.release.id, left ?? ''),
    style: 'danger',
  };
  return [
    ...(back ? [rollBack] : []),
    ...(may
      ? [{ ...quiet(startButton(s, again, now)), text: several ? `Retry ${again}` : 'Retry' }]
      : exceptionButton(s, again, now)),
    ...(fresh ? [{ text: 'Rework', action: ACTIONS.rework, value: value(s) }] : []),
  ];
};

/** What of it runs at this moment, and how far that is. */
const stillRunning = ({ s, now }: Look): Mrkdwn =>
  joined(
    s.deployments
      .filter((d) => d.state === 'running')
      .map((d) => md`${d.environment}${d.rollout === null ? '' : md`: ${rolloutWords(d, now)}`}`),
    ' · ',
  );

export const failedParts = (look: Look, state: StateOf<'failed'>): Partial<CardParts> => {
  const { s, now } = look;
  if (isReplaced(s)) return failedAndReplaced(look, state);
  if (isOvertaken(s)) return failedAndOvertaken(look, state);
  const again = failedPlace(s);
  const answer = readiness(s, again, now);
  const stops = obstacles(answer).map(({ sentence }) => sentenceMarkup(sentence, look.voice));
  const may = stops.length === 0;
  const fresh = standingPlaces(s).length + leftIn(s).length === 0;
  const ways = { again, may, back: canGoBack(s), fresh };
  const approval = answer.checks.find(({ code }) => code === 'approval.granted');
  const fix = fixUnderWay(s);
  const health = healthItems(s);
  return {
    next:
      fix === null
        ? md`${decidesWords(look)}: ${waysOnWords(look, ways)}.`
        : md`Its fix ${fix.version} (REL-${fix.number}) is ${STATUS_WORDS[fix.status]}. Until that is there: ${waysOnWords(look, ways)}.`,
    facts: [
      fact('Reason', reasonWords(s, state.reason)),
      fact('Running', runningWords(s)),
      fact('Still running', stillRunning(look)),
      fact('Approval', may && approval !== undefined ? approvalStands(look, approval.sentence) : EMPTY),
      // Why *Retry* is not among its buttons, and whether somebody decides about that already.
      fact('Retry', may || fix !== null ? EMPTY : joined(stops, ' · ')),
    ],
    buttons: failedButtons(look, ways),
    more: [
      ...health,
      ...more(
        s,
        ['Fix forward…', ACTIONS.fixForward],
        // The review has a message of its own, and the message that asks holds it; a menu has five items, and *Details* is one of them.
        ...(health.length > 1 ? [] : [['Hold', ACTIONS.hold] as const]),
        ...(health.length > 0 ? [] : [['Review now', ACTIONS.review] as const]),
        ['Close', ACTIONS.close],
      ),
    ],
  };
};
