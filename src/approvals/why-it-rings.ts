/** Why the one message about a release comes anew although nobody pressed anything: each as long as it is so. */

import { type Place } from '../courier/message.ts';
import { startsByItself } from '../domain/deployment/by-itself.ts';
import { confirmations, watched } from '../domain/deployment/health.ts';
import { badSignals } from '../domain/deployment/watch.ts';
import { canBeStarted } from '../domain/duties.ts';
import { endOf } from '../domain/freeze/calendar.ts';
import { endedInVain, stuckExceptions } from '../domain/freeze/exception.ts';
import { type UserId, userId } from '../domain/ids.ts';
import { lostNeeds } from '../domain/plan/links.ts';
import { notStarted } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { type Turn, turnOf } from '../domain/turn.ts';
import { person } from '../domain/words.ts';
import { EXCEPTION_OVER, EXCEPTION_STUCK, KEPT, MOVED, ROLE_LOST, TAKEN_OVER } from '../situation/news-for.ts';
import type { Seen } from '../situation/seen-by.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, quoteText, sentenceMarkup, type Voice } from '../slack/mrkdwn.ts';

/** An emergency that ended without a start. */
const unusedWords = (s: Seen, occurrence: string): Mrkdwn =>
  s.breakGlass !== null && occurrence === `emergency over ${s.breakGlass.id}`
    ? md`The emergency for ${s.breakGlass.environment} ended unused ${dateToken(s.breakGlass.expiresAt)}.`
    : EMPTY;

/** To whoever asked for an exception that came to nothing. */
const exceptionOver = (s: Seen, occurrence: string, now: Instant): Mrkdwn => {
  const exception = s.exceptions.find(({ id }) => occurrence === `${EXCEPTION_OVER}${id}`);
  if (exception === undefined || !endedInVain(exception, s, now)) return EMPTY;
  const { environment, validUntil, verdict } = exception;
  return verdict === 'granted'
    ? md`The exception for ${environment} ended unused ${dateToken(validUntil)}.`
    : md`Nobody decided the exception for ${environment} by ${dateToken(validUntil)}, when it would have ended.`;
};

/** To whoever asked for an exception that nobody can decide; as long as that is so. */
const exceptionStuck = (s: Seen, occurrence: string, now: Instant): Mrkdwn => {
  const stuck = stuckExceptions(s, now).find(({ exception }) => occurrence === `${EXCEPTION_STUCK}${exception.id}`);
  return stuck === undefined
    ? EMPTY
    : md`Nobody can decide the exception for ${stuck.exception.environment} any more: an admin can add a person to @${stuck.approvers}, or you move it.`;
};

const TURN_WORDS: Readonly<Record<Turn['why'], Mrkdwn>> = {
  planned: md`Its planned time has come.`,
  freed: md`The freeze that held it is over.`,
  opened: md`A deploy window is open.`,
  unlocked: md`The lock that kept it out is lifted.`,
  ended: md`The deployment before it has ended.`,
  needed: md`What it waited for is there.`,
};

/** Why it rings although nobody did anything; as long as that is so. */
const turnWords = (s: Seen, occurrence: string, now: Instant): Mrkdwn => {
  const turn = turnOf(s, now);
  if (turn === null || occurrence !== `turn ${turn.at}`) return EMPTY;
  return TURN_WORDS[turn.why];
};

/** At the time that was chosen something is in the way: what it is stands below. */
const keptWords = (s: Seen, occurrence: string, now: Instant): Mrkdwn =>
  occurrence.startsWith(KEPT) && s.release.state.status === 'approved' && !canBeStarted(s, now)
    ? md`Its planned time has come, and it cannot start.`
    : EMPTY;

/** To whoever runs it, shortly before it starts by itself. */
const soonWords = (s: Seen, occurrence: string, now: Instant): Mrkdwn => {
  const planned = startsByItself(s);
  return planned !== null && occurrence === `soon ${planned.at}` && now < planned.at
    ? md`It starts by itself in ${planned.environment} ${dateToken(planned.at)}, unless it is held or moved.`
    : EMPTY;
};

/** To whoever runs it, some time after it was paused. */
const pausedWords = (s: Seen, occurrence: string): Mrkdwn =>
  occurrence.startsWith('paused ') && s.deployments.some((d) => d.state === 'running' && d.rollout?.paused != null)
    ? md`It is paused: does it still wait? The place is nobody else’s meanwhile.`
    : EMPTY;

/** To whose it is now, when whoever ran it, or was to start it, has left. */
const takenOverWords = (s: Seen, occurrence: string, voice: Voice): Mrkdwn => {
  const [left = '', id] = occurrence.startsWith(TAKEN_OVER) ? occurrence.slice(TAKEN_OVER.length).split(' ') : [];
  const d = s.deployments.find((each) => each.id === id);
  const who = left === '' ? EMPTY : sentenceMarkup([person(userId(left))], voice);
  if (d?.state === 'running' && d.runBy === left)
    return d.kind === 'rollback'
      ? md`${who} left while it goes back in ${d.environment}: you say when it is back, or hand it over.`
      : md`${who} left while it runs in ${d.environment}: you say when it is through, or hand it over.`;
  return left !== '' && left === s.release.deployer && notStarted(s.release)
    ? md`${who}, who was to deploy it, left: it is yours to start, or to give to somebody.`
    : EMPTY;
};

/** To whoever runs it, or looks after it, when nobody has said how it is. */
const verifyWords = (s: Seen, occurrence: string): Mrkdwn => {
  if (!occurrence.startsWith('verify ') || watched(s).length === 0) return EMPTY;
  const { said, needed } = confirmations(s);
  const first =
    said.length === 0
      ? md`Nobody has said whether it is healthy.`
      : md`${said.length} of ${needed} have said that it is healthy.`;
  return joined([first, ...badSignals(s).map(({ name, said: words }) => md`:octagonal_sign: ${name} ${words}.`)], ' ');
};

/** To its owner, when what it waits for was given up. */
const inVainWords = (s: Seen, occurrence: string): Mrkdwn =>
  occurrence.startsWith('in vain ') && lostNeeds(s).length > 0
    ? md`What it waits for was given up: ${lostNeeds(s)
        .map(({ name }) => name)
        .join(', ')}.`
    : EMPTY;

/** To whoever put it on hold, some time after. */
const heldWords = (s: Seen, occurrence: string, me: UserId): Mrkdwn =>
  s.release.hold !== null && occurrence.startsWith('held ')
    ? md`${s.release.hold.by === me ? 'You put it' : 'It is'} on hold: does it still wait? Nothing of it moves before somebody resumes it.`
    : EMPTY;

/** To the owner that was. */
const roleLost = (s: Seen, occurrence: string, me: UserId, voice: Voice): Mrkdwn =>
  occurrence.startsWith(ROLE_LOST) && s.release.owner !== me
    ? md`${sentenceMarkup([person(s.release.owner)], voice)} is the owner now.`
    : EMPTY;

/** Who chose another time, and out of which freeze; as long as it is the last word about it. */
const movedWords = (s: Seen, occurrence: string, voice: Voice): Mrkdwn => {
  const { when } = s.release;
  if (!occurrence.startsWith(MOVED) || when.kind !== 'at') return EMPTY;
  const [by = '', freeze = '', to] = occurrence.slice(MOVED.length).split('~');
  if (to !== when.start) return EMPTY;
  const out = s.around.freezes.find((each) => each.id === freeze && !(each.startsAt <= to && to < endOf(each)));
  const from = out === undefined ? EMPTY : md` out of the freeze ${quoteText(out.name, 80)}`;
  const who = by === 'signalbox' ? 'Signalbox' : sentenceMarkup([person(userId(by))], voice);
  return md`${who} moved it${from} to ${dateToken(when.start)}.`;
};

/** All of them, in the order in which they are read; most are empty. */
export const whyItRings = (s: Seen, { occurrence, now }: Place, me: UserId, voice: Voice): readonly Mrkdwn[] => [
  roleLost(s, occurrence, me, voice),
  movedWords(s, occurrence, voice),
  turnWords(s, occurrence, now),
  keptWords(s, occurrence, now),
  heldWords(s, occurrence, me),
  pausedWords(s, occurrence),
  takenOverWords(s, occurrence, voice),
  verifyWords(s, occurrence),
  soonWords(s, occurrence, now),
  unusedWords(s, occurrence),
  exceptionOver(s, occurrence, now),
  exceptionStuck(s, occurrence, now),
  inVainWords(s, occurrence),
];
