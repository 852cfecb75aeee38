/** What an emergency adds to the card of a release: that it may start without approval, and afterwards who judges it by when. */

import { lockOf } from '../domain/deployment/lock.ts';
import { judgesOf } from '../domain/emergency/emergency.ts';
import { isUnjudged } from '../domain/emergency/phase.ts';
import { nextEnvironment, obstacles, readiness } from '../domain/readiness.ts';
import { runner } from '../domain/release/runner.ts';
import { fact } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, joined, type Mrkdwn, md, sentenceMarkup } from '../slack/mrkdwn.ts';
import { anyOf, type CardParts, handStarter, type Look, liftButton, quiet, startButton, who } from './card-look.ts';

/** What it does not skip keeps it; a hold is said by the card itself. */
const keptLine = (stops: readonly Mrkdwn[], until: Mrkdwn): Mrkdwn =>
  stops.length === 0
    ? md`An emergency: once it is resumed it may start without approval, until ${until}.`
    : md`An emergency: it may start without approval until ${until}, but for this: ${joined(stops, '; ')}.`;

/** While the glass is broken it can start, whatever it waits for; before that, who confirms it. */
export const withGrant = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const { s, now } = look;
  const { status } = s.release.state;
  if (s.breakGlass === null || (status !== 'draft' && status !== 'awaiting_approval' && status !== 'failed'))
    return parts;
  const environment = nextEnvironment(s);
  const answer = readiness(s, environment, now);
  const check = answer.checks.find(({ code }) => code === 'emergency.granted');
  if (check === undefined) return parts;
  const { breakGlass: grant } = s;
  // What an emergency does not skip: a hold, which the card says above all, a lock, a newer version.
  const left = obstacles(answer).filter(({ code }) => code !== 'emergency.granted');
  const stops = left
    .filter(({ code }) => code !== 'release.hold')
    .map(({ sentence }) => sentenceMarkup(sentence, look.voice));
  const until = dateToken(grant.expiresAt);
  const free =
    handStarter(s, environment, now) === null
      ? md`It may start without approval until ${until}.`
      : md`${who(runner(s), look)} may start it without approval until ${until}.`;
  const line =
    check.state === 'pass'
      ? left.length === 0
        ? free
        : keptLine(stops, until)
      : joined([md`${sentenceMarkup(check.sentence, look.voice)}.`, ...stops.map((each) => md`Then: ${each}.`)], ' ');
  // Who approves it goes on beside the emergency.
  // Of a draft nothing has to be asked while it may start without.
  const asked =
    status === 'awaiting_approval'
      ? md`Approval: ${parts.next ?? EMPTY}.`
      : status === 'draft' && check.state === 'pass'
        ? EMPTY
        : (parts.next ?? EMPTY);
  const next = joined([line, asked], ' ');
  const others = (parts.buttons ?? []).map(quiet);
  const lock = lockOf(s, environment, now);
  // What keeps it back is taken away first.
  if (check.state === 'pass' && status !== 'failed' && lock?.release != null)
    return { ...parts, next, buttons: [liftButton(lock.release, environment), ...others].slice(0, 3) };
  if (check.state !== 'pass' || left.length > 0 || status === 'failed') return { ...parts, next };
  return { ...parts, next, buttons: [startButton(s, environment, now), ...others].slice(0, 3) };
};

/** Who says whether it was justified, and by when; nothing once somebody has, or before it was used. */
export const judgedWords = (look: Look): Mrkdwn => {
  const { s, now } = look;
  const grant = s.breakGlass;
  if (grant === null || !isUnjudged(grant)) return EMPTY;
  const can = judgesOf(s);
  const by = dateToken(grant.judgeBy);
  if (can.length === 0)
    return md`to be judged by ${by}, and nobody is left who may: an admin can add a release manager`;
  const judges = anyOf(can, look);
  return grant.judgeBy <= now
    ? md`nobody said by ${by} whether it was justified; ${judges} can`
    : md`${judges} says by ${by} whether it was justified`;
};

/** Until it was judged that stands on its card, whatever became of what it started. */
export const withJudges = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const judged = judgedWords(look);
  return isEmpty(judged) ? parts : { ...parts, facts: [fact('Emergency', judged), ...(parts.facts ?? [])] };
};
