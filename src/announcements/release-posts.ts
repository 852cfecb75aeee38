/** What channels read of a release: its card, the events in its thread, its deployments, and the one message for stakeholders. */

import type { Message, Place } from '../courier/message.ts';
import { askedByMention } from '../domain/approval/asking.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { undecidedFailure, whoDecides } from '../domain/deployment/escalation.ts';
import { isReplaced, isTaken, newerWords } from '../domain/deployment/newer.ts';
import { canGoBack, rollbackTarget, stillReached } from '../domain/deployment/rollback.ts';
import { failures, stands, unwell } from '../domain/deployment/standing.ts';
import { isOfEmergency } from '../domain/emergency/emergency.ts';
import { eventSentence } from '../domain/events.ts';
import { isProtected, zoneOf } from '../domain/release/traits.ts';
import { dueReview, type Review } from '../domain/review/review.ts';
import { between, type Instant, MINUTE } from '../domain/time.ts';
import { person, took } from '../domain/words.ts';
import { partOf } from '../situation/card-failed.ts';
import { anyOf } from '../situation/card-look.ts';
import { causeWords, rolloutWords, stepWords } from '../situation/card-steps.ts';
import { EDIT_WITHIN, problemOccurrence, UNHEALTHY } from '../situation/posts-for.ts';
import { releaseCard } from '../situation/release-card.ts';
import { changesWords } from '../situation/release-facts.ts';
import type { Seen } from '../situation/seen-by.ts';
import { channelVoice, message, type SeenRenderer } from '../situation/show.ts';
import { statusWord } from '../situation/status-look.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions } from '../slack/kit.ts';
import {
  dateToken,
  EMPTY,
  groupMention,
  isEmpty,
  joined,
  type Mrkdwn,
  md,
  quoteText,
  readAloud,
  sentenceMarkup,
  sentenceText,
  type Voice,
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

const deploymentOf = (s: Seen, what: Place): Deployment | null =>
  s.deployments.find(({ id }) => id === what.subject) ?? null;

const minutes = (from: Instant, to: Instant): number => Math.round(between(from, to) / MINUTE);
const namedBy = (id: Deployment['startedBy'], voice: Voice): Mrkdwn => sentenceMarkup([person(id)], voice);

const emergencyMark = (s: Seen, d: Deployment): Mrkdwn =>
  isOfEmergency(s, d) ? md`:rotating_light: Emergency: ` : EMPTY;
const emergencyWord = (s: Seen, d: Deployment): string => (isOfEmergency(s, d) ? 'Emergency: ' : '');

/** What went through and did not stay: the post of a success follows, so that two posts do not contradict each other. */
const didNotStay = (s: Seen, d: Deployment): Mrkdwn => {
  const back = s.deployments.findLast(
    ({ kind, environment, state, startedAt }) =>
      kind === 'rollback' && environment === d.environment && startedAt > d.startedAt && state !== 'aborted',
  );
  if (back?.state === 'running') return md`Since then: it is going back to ${back.version}.`;
  if (back?.state === 'succeeded')
    return md`Since then: back on ${back.version}${back.finishedAt === null ? EMPTY : md` ${dateToken(back.finishedAt)}`}.`;
  return isTaken(s, d.environment) ? md`Since then: ${newerWords(s)}.` : EMPTY;
};

/** It was said to be through before its last step. */
const endedAt = ({ rollout }: Deployment): Mrkdwn =>
  rollout === null || rollout.index === rollout.steps.length - 1
    ? EMPTY
    : md`said to be through at step ${rollout.index + 1} of ${rollout.steps.length}${rollout.paused === null ? '' : ', while it was paused'}`;

/** What it took the place of; of another try what had been there before the first. */
const beforeWords = (s: Seen, d: Deployment): Mrkdwn => {
  const before = d.before === s.release.version ? rollbackTarget(s, d.environment) : d.before;
  return before === null ? md`nothing ran there before` : md`before ${before}`;
};

const succeeded = (s: Seen, d: Deployment, finishedAt: Instant): Message =>
  message(`${s.release.service} ${d.version} is in ${d.environment}`, [
    md`:white_check_mark: ${emergencyMark(s, d)}*${s.release.service} ${d.version} is in ${d.environment}* ${dateToken(finishedAt)}, ${took(minutes(d.startedAt, finishedAt))}`,
    joined([beforeWords(s, d), endedAt(d), didNotStay(s, d)], ' · '),
  ]);

/** The second living message: started, and within half an hour its outcome when it went well. Failures are posts of their own. */
export const deploymentPost: SeenRenderer = (s, what) => {
  const d = deploymentOf(s, what);
  if (d === null) return null;
  const voice = channelVoice(s, what);
  if (
    d.state === 'succeeded' &&
    d.kind === 'deploy' &&
    d.finishedAt !== null &&
    between(d.startedAt, d.finishedAt) <= EDIT_WITHIN
  )
    return succeeded(s, d, d.finishedAt);
  const doing =
    d.kind === 'rollback'
      ? `${s.release.service} ${d.state === 'succeeded' ? 'went' : 'is going'} back to ${d.version} in ${d.environment}`
      : `${s.release.service} ${d.version} → ${d.environment} started`;
  const ended =
    d.state === 'running'
      ? EMPTY
      : d.state === 'succeeded' && d.kind === 'rollback' && d.finishedAt !== null
        ? md` – ${dateToken(d.finishedAt, '{time}')}`
        : md` · ${d.state === 'succeeded' ? 'done' : d.state}`;
  return message(`${emergencyWord(s, d)}${doing}`, [
    md`${emergencyMark(s, d)}*${doing}* ${dateToken(d.startedAt)}${ended}`,
    joined(
      [
        d.kind === 'rollback' ? quoteText(d.reason ?? '', 200) : md`changes: ${changesWords(s, d.before)}`,
        namedBy(d.startedBy, voice),
        d.state !== 'running' ? EMPTY : d.rollout === null ? stepWords(d) : rolloutWords(d, what.now),
        d.attempt === 1 ? EMPTY : md`tried ${d.attempt === 2 ? 'once' : `${d.attempt - 1} times`} before`,
      ],
      ' · ',
    ),
  ]);
};

/** While its health in one place says how it is there, whatever it does elsewhere. */
const HEALTH_COUNTS: ReadonlySet<string> = new Set(['failed', 'deployed', 'deploying']);

/** What became of it, on a post that tells how a deployment ended: told late, or read late. */
const sinceThen = (s: Seen, d: Deployment): Mrkdwn => {
  const { state } = s.release;
  const running = s.deployments.find((other) => other.state === 'running');
  const elsewhere = running !== undefined && running.environment !== d.environment;
  if (elsewhere && d.healthyAgainAt !== null) return md`Since then: it is healthy after all in ${d.environment}.`;
  if (running !== undefined && running.id !== d.id)
    return running.kind === 'rollback'
      ? md`Since then: ${elsewhere ? running.environment : 'it'} is going back to ${running.version}.`
      : md`Since then: it is being deployed ${elsewhere ? `to ${running.environment}` : 'again'}.`;
  const back = s.deployments.slice(s.deployments.indexOf(d) + 1).findLast((o) => o.environment === d.environment);
  // One of several places: of the others the release as a whole says how it is.
  if (d.kind === 'deploy' && back?.kind === 'rollback' && back.state === 'succeeded' && state.status === 'failed')
    return md`Since then: ${d.environment} is back on ${back.version}.`;
  if (d.kind === 'deploy' && d.state === 'failed' && isTaken(s, d.environment) && !isReplaced(s))
    return md`Since then: ${newerWords(s)}.`;
  if (d.healthyAgainAt !== null && HEALTH_COUNTS.has(state.status))
    return md`Since then: it is healthy after all${s.release.targets.length > 1 ? md` in ${d.environment}` : EMPTY}.`;
  const sick = unwell(s).filter(({ environment }) => environment !== d.environment);
  if (d.kind === 'deploy' && d.state === 'succeeded' && d.unhealthyAt === null && sick.length > 0)
    return md`Since then: it is not healthy in ${sick.map(({ environment }) => environment).join(', ')}.`;
  const said =
    d.state === 'failed' || d.unhealthyAt !== null ? 'failed' : d.kind === 'rollback' ? 'rolled_back' : 'deployed';
  // Another place of it may still run what failed; here it is as the post says.
  if (state.status === said || (d.kind === 'rollback' && state.status === 'failed')) return EMPTY;
  // What happened on the way to production is no failure of the release.
  if (!isProtected(s, d.environment)) return EMPTY;
  return state.status === 'draft' || state.status === 'awaiting_approval' || state.status === 'approved'
    ? md`Since then: it is being reworked.`
    : state.status === 'deployed' && state.fixedBy !== undefined
      ? md`Since then: fixed forward.`
      : md`Since then: ${statusWord(state)}.`;
};

/** Who decides, as long as somebody has to. */
const isToDecide = (s: Seen, d: Deployment): boolean =>
  undecidedFailure(s) !== null &&
  // What is wrong now is what is decided about.
  (failures(s).some(({ id }) => id === d.id) || s.deployments.at(-1)?.id === d.id);

/** Whom the card names, until when. */
const decides = (s: Seen, d: Deployment, voice: Voice, now: Instant): Mrkdwn => {
  if (!isToDecide(s, d)) return EMPTY;
  const { people, next } = whoDecides(s, now);
  if (people.length === 0) return md`nobody who could decide is here`;
  const who = anyOf(people, { s, now, voice });
  return next === null ? md`${who} decides` : md`${who} decides by ${dateToken(next.at, '{time}')}`;
};

const rollBackButton = (s: Seen, d: Deployment) =>
  isToDecide(s, d) && canGoBack(s)
    ? actions([{ text: 'Roll back…', action: ACTIONS.rollBack, value: s.release.id, style: 'danger' as const }])
    : [];

/** It had gone through, and then it was not healthy. */
const unhealthyPost = (s: Seen, d: Deployment, voice: Voice, now: Instant): Message | null =>
  d.unhealthyAt === null
    ? null
    : message(
        `${s.release.service} ${d.version} is not healthy in ${d.environment}`,
        [
          md`:red_circle: *${s.release.service} ${d.version} is not healthy in ${d.environment}* ${dateToken(d.unhealthyAt)}: ${quoteText(d.reason ?? '', 300)}`,
          joined([decides(s, d, voice, now), sinceThen(s, d)], ' · '),
        ].filter((line) => !isEmpty(line)),
        rollBackButton(s, d),
      );

const lockWords = (s: Seen, environment: string): Mrkdwn =>
  s.locks.some((lock) => lock.environment === environment && lock.release === s.release.id && lock.liftedAt === null)
    ? md`${environment} is locked until the cause is known`
    : md`${environment} is open again`;

/** The review of an earlier failure of it may be due already. */
const reviewWords = (review: Review | null, now: Instant): Mrkdwn =>
  review === null ? EMPTY : review.dueAt <= now ? md`its review is due` : md`review ${dateToken(review.dueAt)}`;

const ALARMING = 3;

/** Told once, with the third: what follows it is known to go badly. */
const inARow = (d: Deployment): Mrkdwn =>
  d.inARow === ALARMING
    ? md`:rotating_light: The ${ALARMING}rd failure of ${d.service} in ${d.environment} in a row: look for the cause before the next try.`
    : EMPTY;

/** How a deployment ended, as a new post: failed, rolled back, or a success that came late. */
export const deploymentOutcome: SeenRenderer = (s, what) => {
  const d = deploymentOf(s, what);
  if (d === null || d.finishedAt === null) return null;
  const { finishedAt } = d;
  const voice = channelVoice(s, what);
  const { service } = s.release;
  // Said, taken back, and said again: each has its post, and the older one tells how it ended.
  if (what.occurrence.startsWith(UNHEALTHY))
    return what.newest
      ? unhealthyPost(s, d, voice, what.now)
      : message(`${service} ${d.version} was not healthy in ${d.environment}`, [
          md`*${service} ${d.version} was said not to be healthy in ${d.environment}*, and healthy after all.`,
        ]);
  if (d.kind === 'rollback' && d.state === 'succeeded') {
    const review = dueReview(s);
    const where = s.release.targets.length > 1 ? ` in ${d.environment}` : '';
    const left = stillReached(s).filter((place) => place !== d.environment && stands(s, place));
    return message(
      `${service} is back on ${d.version} in ${d.environment}`,
      [
        md`:leftwards_arrow_with_hook: ${emergencyMark(s, d)}*${service} is back on ${d.version}${where}* ${dateToken(finishedAt)}, took ${took(minutes(d.startedAt, finishedAt))}`,
        left.length === 0
          ? EMPTY
          : md`${left.join(', ')} still ${left.length === 1 ? 'runs' : 'run'} ${s.release.version}`,
        joined([lockWords(s, d.environment), reviewWords(review, finishedAt), sinceThen(s, d)], ' · '),
      ].filter((line) => !isEmpty(line)),
    );
  }
  if (d.state === 'succeeded') return succeeded(s, d, finishedAt);
  const what_ = d.kind === 'rollback' ? `rollback to ${d.version}` : d.version;
  const part = partOf(d);
  const where = `${d.environment}${part === null ? '' : ` at ${part} %`}`;
  return message(
    `${emergencyWord(s, d)}${service} ${what_} failed in ${where}`,
    [
      md`:red_circle: ${emergencyMark(s, d)}*${service} ${what_} failed in ${where}* ${dateToken(finishedAt)}: ${quoteText(d.reason ?? 'no reason given', 300)}${causeWords(d)}`,
      inARow(d),
      joined([decides(s, d, voice, what.now), sinceThen(s, d)], ' · '),
    ].filter((line) => !isEmpty(line)),
    rollBackButton(s, d),
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
