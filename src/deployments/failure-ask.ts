/** To whoever decides after a failure: what failed, and the ways on. It follows what is decided, so that no button outlives its question. */

import type { Message, Place } from '../courier/message.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { MANAGERS_AFTER, undecidedFailure, whoDecides } from '../domain/deployment/escalation.ts';
import { failedPlace } from '../domain/deployment/health.ts';
import { isTaken, laterThere, newerWords } from '../domain/deployment/newer.ts';
import {
  failures,
  fixUnderWay,
  isUnwell,
  lastThere,
  standingPlaces,
  wrongSince,
} from '../domain/deployment/standing.ts';
import { keptApart } from '../domain/deployment/starter.ts';
import { isOfEmergency } from '../domain/emergency/emergency.ts';
import { type UserId, userId } from '../domain/ids.ts';
import { nameOf, STATUS_WORDS, statusOf } from '../domain/release/release.ts';
import { runner } from '../domain/release/runner.ts';
import { isProtected } from '../domain/release/traits.ts';
import { after, type Instant } from '../domain/time.ts';
import { person } from '../domain/words.ts';
import { anyOf } from '../situation/card-look.ts';
import { causeWords } from '../situation/card-steps.ts';
import { ROLE_GIVEN } from '../situation/news-for.ts';
import { cardParts } from '../situation/release-card.ts';
import type { Seen } from '../situation/seen-by.ts';
import { aloud, directVoice, message, noLongerNeeded, restrictedLine, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, fact } from '../slack/kit.ts';
import { EMPTY, isEmpty, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';

/** It went back in one of several places, where nothing had failed before. */
const isBack = ({ kind, state }: Deployment): boolean => kind === 'rollback' && state === 'succeeded';

const isDecidedAbout = (d: Deployment): boolean => d.state === 'failed' || d.unhealthyAt !== null || isBack(d);

const ASKED_BELOW = 'it is asked again below';

/** What became of the failure; null while somebody still has to decide. */
const decidedSince = (s: Seen, failure: Deployment): string | null => {
  const { state } = s.release;
  const later = s.deployments.slice(s.deployments.indexOf(failure) + 1);
  if (failure.healthyAgainAt !== null)
    return `it is healthy after all${s.release.targets.length > 1 ? ` in ${failure.environment}` : ''}`;
  const there = standingPlaces(s).find(({ environment }) => environment === failure.environment);
  if (there !== undefined && there.id !== failure.id && !isUnwell(there))
    return `it went through in ${failure.environment} since`;
  const last = lastThere(s).get(failure.environment);
  if (!isBack(failure) && last?.kind === 'rollback' && last.state === 'succeeded' && state.status === 'failed')
    return `${failure.environment} is back on ${last.version}`;
  // What went wrong last is what is decided about, wherever it was.
  const wentWrong = failures(s).some((d) => d.id !== failure.id && wrongSince(d) > wrongSince(failure));
  // On hold it is still this one that will be decided about.
  const asked = undecidedFailure({ ...s, release: { ...s.release, hold: null } });
  if (asked !== null && asked.deployment !== failure.id && (wentWrong || (isBack(failure) && later.some(isBack))))
    return ASKED_BELOW;
  const back = later.find((d) => d.state === 'running' && d.kind === 'rollback');
  if (back !== undefined) return `it is going back to ${back.version}`;
  if (isTaken(s, failure.environment)) return newerWords(s);
  const live = laterThere(s, failure.environment);
  if (live !== null) return `${failure.environment} runs ${live.version}`;
  const fix = fixUnderWay(s);
  if (fix !== null) return `its fix ${fix.version} (REL-${fix.number}) is ${STATUS_WORDS[fix.status]}`;
  switch (state.status) {
    case 'failed':
      return null;
    case 'rolled_back':
      return `it is back on ${state.to}`;
    case 'draft':
      return 'it is being reworked';
    case 'deploying':
      return 'it is being deployed again';
    case 'deployed':
      return failure.unhealthyAt === null ? 'it is deployed' : 'it is healthy after all';
    default:
      return `it is ${statusOf(state)}`;
  }
};

const reported = (failure: Deployment): Mrkdwn => md`${reportedBy(failure)}${causeWords(failure)}`;

/** What went wrong before it elsewhere, and still is: one decision is about all of it. */
const besides = (s: Seen, failure: Deployment): readonly Mrkdwn[] =>
  failures(s)
    .filter(({ id }) => id !== failure.id)
    .map(reported);

const reportedBy = (failure: Deployment): Mrkdwn =>
  isBack(failure)
    ? md`${failure.environment} went back to ${failure.version}: ${quoteText(failure.reason ?? '', 300)}`
    : failure.unhealthyBy !== null
      ? md`${sentenceMarkup([person(failure.unhealthyBy)], { names: 'mention', command: '' })} says that it is not healthy in ${failure.environment}: ${quoteText(failure.reason ?? '', 300)}`
      : failure.finishedBy === null
        ? md`${failure.kind === 'rollback' ? 'Going back in' : 'The deployment to'} ${failure.environment} counts as failed: nobody finished it in time.`
        : md`${sentenceMarkup([person(failure.finishedBy)], { names: 'mention', command: '' })} reported that ${failure.kind === 'rollback' ? 'going back' : 'the deployment'} failed in ${failure.environment}: ${quoteText(failure.reason ?? '', 300)}`;

/** Who decides instead of this reader. */
const othersDecide = (s: Seen, began: string, what: Place): Message => {
  const { people } = whoDecides(s, what.now);
  const who =
    people.length === 0 ? md`nobody who is here` : anyOf(people, { s, now: what.now, voice: directVoice(what) });
  return noLongerNeeded(`${began}; somebody else decides`, md`${began}, and ${who} decides.`);
};

const isHere = ({ release: { owner, deployer }, around: { inactive } }: Seen): boolean =>
  [owner, deployer].some((id) => id !== null && !inactive.includes(id));

/** What a decision can be; the rest of the card is for other people, or for later. */
const WAYS_ON: ReadonlySet<string> = new Set([
  ACTIONS.rollBack,
  ACTIONS.start,
  ACTIONS.startWithReason,
  ACTIONS.askException,
  ACTIONS.rework,
  ACTIONS.rollbackDone,
  ACTIONS.rollbackFailed,
]);

/** Why somebody is asked who has nothing to do with it. */
const calledWords = (s: Seen, occurrence: string, now: Instant): Mrkdwn =>
  occurrence === 'managers' &&
  (!isHere(s) || now < after(undecidedFailure(s)?.since ?? s.release.state.since, MANAGERS_AFTER))
    ? md`You are asked because those who would decide ${isHere(s) ? 'had' : 'have'} left.`
    : occurrence === 'on call'
      ? md`You are asked because nobody has decided for a quarter of an hour.`
      : occurrence === 'managers'
        ? md`You are asked because nobody has decided for two hours.`
        : occurrence.startsWith(ROLE_GIVEN)
          ? md`You are the ${occurrence.split(' ')[1] ?? 'owner'} now.`
          : EMPTY;

/** Called besides those whose it is, as nobody had decided; not before that is so again, after a hold or another start of the clock. */
const isCalled = (s: Seen, { occurrence, now }: Place, me: UserId): boolean => {
  if (occurrence !== 'on call' && occurrence !== 'managers') return false;
  const calls = undecidedFailure(s)?.calls ?? [];
  return s.release.hold !== null || calls.some((call) => call.at <= now && call.people.includes(me));
};

/** Until it was judged, an emergency is told as one, whatever it came to. */
const markOf = (s: Seen, failure: Deployment): Mrkdwn => {
  if (isOfEmergency(s, failure)) return md`:rotating_light: Emergency:`;
  return isBack(failure) ? md`:leftwards_arrow_with_hook:` : md`:red_circle:`;
};

export const failureAsk: SeenRenderer = (s, what) => {
  const failure = s.deployments.find(({ id }) => id === what.subject);
  if (failure === undefined || !isDecidedAbout(failure)) return null;
  const name = nameOf(s.release);
  if (!what.newest)
    return { ...message(`Asked again: ${name}`, [md`${name} is asked about again below.`]), gone: true };
  const open = { text: 'Open', action: ACTIONS.show, value: s.release.id };
  // Where nothing is at stake there is nothing to decide: it is news, and stays what it was.
  if (!isProtected(s, failure.environment)) {
    const news = `${name} failed in ${failure.environment}`;
    return message(aloud(s, news), [md`:red_circle: *${news}*`, reported(failure)], actions([open]));
  }
  const decided = decidedSince(s, failure);
  const began = isBack(failure)
    ? `${name} went back in ${failure.environment}`
    : failure.unhealthyAt === null
      ? `${name} failed`
      : `${name} was not healthy`;
  const me = userId(what.audience);
  const asked = me === runner(s) || me === s.release.owner || isCalled(s, what, me);
  if (!asked && (decided === null || decided === ASKED_BELOW)) return othersDecide(s, began, what);
  if (decided !== null) return noLongerNeeded(`${began}; ${decided}`, md`${began}, and ${decided}.`);
  const parts = cardParts(s, what.now, directVoice(what));
  // What runs elsewhere is ended by whoever runs it, from their own message.
  const barred = keptApart(s, failedPlace(s), me, what.now) !== null;
  const starts = (action: string): boolean => action === ACTIONS.start || action === ACTIONS.startWithReason;
  const ways = [...parts.buttons, ...parts.more]
    .filter(({ action }) => WAYS_ON.has(action))
    // What is kept from this reader is not offered to them.
    .filter(({ action }) => !(barred && starts(action)));
  const head = isBack(failure)
    ? `${name} went back in ${failure.environment}: decide about the rest`
    : failure.kind === 'rollback'
      ? `${name}: going back failed, decide what to do`
      : failure.unhealthyAt === null
        ? `${name} failed: decide what to do`
        : `${name} is not healthy: decide what to do`;
  return message(
    aloud(s, head, 'decision'),
    [
      md`${markOf(s, failure)} *${head}*`,
      restrictedLine(s),
      reported(failure),
      ...besides(s, failure),
      calledWords(s, what.occurrence, what.now),
      parts.label === 'Held' ? fact('Held', parts.next) : parts.next,
    ].filter((line) => !isEmpty(line)),
    actions(
      [...ways.slice(0, 2), { text: 'Fix forward…', action: ACTIONS.fixForward, value: s.release.id }],
      [
        s.release.hold === null
          ? { text: 'Hold', action: ACTIONS.hold, value: s.release.id }
          : { text: 'Resume', action: ACTIONS.resume, value: s.release.id },
        { text: 'Open', action: ACTIONS.show, value: s.release.id },
      ],
    ),
  );
};
