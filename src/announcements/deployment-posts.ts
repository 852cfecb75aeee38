/** What channels read of one deployment: that it started, how it ended, and what became of it since. */

import type { Message, Place } from '../courier/message.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { undecidedFailure, whoDecides } from '../domain/deployment/escalation.ts';
import { isReplaced, isTaken, newerWords } from '../domain/deployment/newer.ts';
import { canGoBack, rollbackTarget, stillReached } from '../domain/deployment/rollback.ts';
import { failures, stands, unwell } from '../domain/deployment/standing.ts';
import { isOfEmergency } from '../domain/emergency/emergency.ts';
import { isProtected } from '../domain/release/traits.ts';
import { dueReview, type Review } from '../domain/review/review.ts';
import { between, type Instant, MINUTE } from '../domain/time.ts';
import { person, took } from '../domain/words.ts';
import { partOf } from '../situation/card-failed.ts';
import { anyOf } from '../situation/card-look.ts';
import { causeWords, rolloutWords, stepWords } from '../situation/card-steps.ts';
import { EDIT_WITHIN, UNHEALTHY } from '../situation/posts-for.ts';
import { changesWords } from '../situation/release-facts.ts';
import type { Seen } from '../situation/seen-by.ts';
import { channelVoice, message, type SeenRenderer } from '../situation/show.ts';
import { statusWord } from '../situation/status-look.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions } from '../slack/kit.ts';
import {
  dateToken,
  EMPTY,
  isEmpty,
  joined,
  type Mrkdwn,
  md,
  quoteText,
  sentenceMarkup,
  type Voice,
} from '../slack/mrkdwn.ts';

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
  // What began before it is told by its own post.
  if (running !== undefined && running.id !== d.id && running.startedAt >= (d.finishedAt ?? d.startedAt))
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

/** It is back on what ran before: where it is not back yet, whether the place is locked, when it is reviewed. */
const backPost = (s: Seen, d: Deployment, finishedAt: Instant): Message => {
  const { service } = s.release;
  const where = s.release.targets.length > 1 ? ` in ${d.environment}` : '';
  const left = stillReached(s).filter((place) => place !== d.environment && stands(s, place));
  return message(
    `${service} is back on ${d.version} in ${d.environment}`,
    [
      md`:leftwards_arrow_with_hook: ${emergencyMark(s, d)}*${service} is back on ${d.version}${where}* ${dateToken(finishedAt)}, took ${took(minutes(d.startedAt, finishedAt))}`,
      left.length === 0
        ? EMPTY
        : md`${left.join(', ')} still ${left.length === 1 ? 'runs' : 'run'} ${s.release.version}`,
      joined([lockWords(s, d.environment), reviewWords(dueReview(s), finishedAt), sinceThen(s, d)], ' · '),
    ].filter((line) => !isEmpty(line)),
  );
};

/** It failed: where, why, who decides by when, and for whoever may the way back. */
const failedPost = (s: Seen, d: Deployment, finishedAt: Instant, voice: Voice, now: Instant): Message => {
  const what = d.kind === 'rollback' ? `rollback to ${d.version}` : d.version;
  const part = partOf(d);
  const where = `${d.environment}${part === null ? '' : ` at ${part} %`}`;
  return message(
    `${emergencyWord(s, d)}${s.release.service} ${what} failed in ${where}`,
    [
      md`:red_circle: ${emergencyMark(s, d)}*${s.release.service} ${what} failed in ${where}* ${dateToken(finishedAt)}: ${quoteText(d.reason ?? 'no reason given', 300)}${causeWords(d)}`,
      inARow(d),
      joined([decides(s, d, voice, now), sinceThen(s, d)], ' · '),
    ].filter((line) => !isEmpty(line)),
    rollBackButton(s, d),
  );
};

/** Said not to be healthy, and then healthy after all. */
const healthyAfterAll = ({ release: { service } }: Seen, { version, environment }: Deployment): Message =>
  message(`${service} ${version} was not healthy in ${environment}`, [
    md`*${service} ${version} was said not to be healthy in ${environment}*, and healthy after all.`,
  ]);

/** How a deployment ended, as a new post: failed, rolled back, or a success that came late. */
export const deploymentOutcome: SeenRenderer = (s, what) => {
  const d = deploymentOf(s, what);
  if (d === null || d.finishedAt === null) return null;
  const voice = channelVoice(s, what);
  // Said, taken back, and said again: each has its post, and the older one tells how it ended.
  if (what.occurrence.startsWith(UNHEALTHY))
    return what.newest ? unhealthyPost(s, d, voice, what.now) : healthyAfterAll(s, d);
  if (d.state !== 'succeeded') return failedPost(s, d, d.finishedAt, voice, what.now);
  return d.kind === 'rollback' ? backPost(s, d, d.finishedAt) : succeeded(s, d, d.finishedAt);
};
