/** What channels read of a release: its card, the events in its thread, its deployments, and the one message for stakeholders. */
import type { Message, Place } from '../courier/message.ts';
import { askedByMention } from '../domain/approval/policy.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { eventSentence } from '../domain/events.ts';
import { nameOf, type Release } from '../domain/release/release.ts';
import { zoneOf } from '../domain/release/traits.ts';
import { dueReview } from '../domain/review/review.ts';
import { between, type Instant, MINUTE } from '../domain/time.ts';
import { person, took } from '../domain/words.ts';
import { EDIT_WITHIN } from '../situation/messages-for.ts';
import { releaseCard } from '../situation/release-card.ts';
import { changesWords } from '../situation/release-facts.ts';
import type { Seen } from '../situation/seen-by.ts';
import { channelVoice, message, type SeenRenderer } from '../situation/show.ts';
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
  sentenceMarkup,
  sentenceText,
  type Voice,
} from '../slack/mrkdwn.ts';

export const card: SeenRenderer = (s, what) => releaseCard(s, what.now, channelVoice(s, what));

/** One event, as it happened. */
export const threadLine: SeenRenderer = (s, what, event) => {
  if (event === null) return null;
  const sentence = eventSentence(event);
  const voice = channelVoice(s, what);
  const asked = event.kind === 'round.opened' && s.round?.n === event.data.round ? askedByMention(s, s.round) : [];
  const call =
    asked.length === 0
      ? EMPTY
      : md`${joined(
          asked.map(({ id }) => groupMention(id)),
          ' ',
        )} one of you decides, with the buttons of the card.`;
  return message(
    sentenceText(sentence, { names: s.around.names, command: what.command, zone: zoneOf(s) }),
    [sentenceMarkup(sentence, voice), call].filter((line) => !isEmpty(line)),
  );
};

const deploymentOf = (s: Seen, what: Place): Deployment | null =>
  s.deployments.find(({ id }) => id === what.subject) ?? null;

const minutes = (from: Instant, to: Instant): number => Math.round(between(from, to) / MINUTE);
const namedBy = (id: Deployment['startedBy'], voice: Voice): Mrkdwn => sentenceMarkup([person(id)], voice);

const succeeded = (s: Seen, d: Deployment, finishedAt: Instant): Message =>
  message(`${s.release.service} ${d.version} is in ${d.environment}`, [
    md`*${s.release.service} ${d.version} is in ${d.environment}* ${dateToken(finishedAt)}, ${took(minutes(d.startedAt, finishedAt))}`,
    d.before === null ? md`nothing ran there before` : md`before ${d.before}`,
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
      ? `${s.release.service} is going back to ${d.version} in ${d.environment}`
      : `${s.release.service} ${d.version} → ${d.environment} started`;
  const ended = d.state === 'running' ? EMPTY : md` · ${d.state === 'succeeded' ? 'done' : d.state}`;
  return message(doing, [
    md`*${doing}* ${dateToken(d.startedAt)}${ended}`,
    joined(
      [
        d.kind === 'rollback' ? quoteText(d.reason ?? '', 200) : md`changes: ${changesWords(s, d.before)}`,
        namedBy(d.startedBy, voice),
        md`attempt ${d.attempt}`,
      ],
      ' · ',
    ),
  ]);
};

/** What became of it, on a post that tells how a deployment ended: told late, or read late. */
const sinceThen = (s: Seen, d: Deployment): Mrkdwn => {
  const { status } = s.release.state;
  const said = d.state === 'failed' ? 'failed' : d.kind === 'rollback' ? 'rolled_back' : 'deployed';
  return s.deployments.at(-1)?.id === d.id || status === said ? EMPTY : md`Since then: ${status.replace('_', ' ')}.`;
};

/** How a deployment ended, as a new post: failed, rolled back, or a success that came late. */
export const deploymentOutcome: SeenRenderer = (s, what) => {
  const d = deploymentOf(s, what);
  if (d === null || d.finishedAt === null) return null;
  const { finishedAt } = d;
  const voice = channelVoice(s, what);
  const { service } = s.release;
  if (d.kind === 'rollback' && d.state === 'succeeded') {
    const review = dueReview(s);
    return message(`${service} is back on ${d.version} in ${d.environment}`, [
      md`*${service} is back on ${d.version}* ${dateToken(finishedAt)}, took ${took(minutes(d.startedAt, finishedAt))}`,
      joined(
        [
          md`locked in ${d.environment} until the cause is known`,
          review === null ? EMPTY : md`review ${dateToken(review.dueAt)}`,
          sinceThen(s, d),
        ],
        ' · ',
      ),
    ]);
  }
  if (d.state === 'succeeded') return succeeded(s, d, finishedAt);
  const what_ = d.kind === 'rollback' ? `rollback to ${d.version}` : d.version;
  return message(
    `${service} ${what_} failed in ${d.environment}`,
    [
      md`*${service} ${what_} failed in ${d.environment}* ${dateToken(finishedAt)}: ${quoteText(d.reason ?? 'no reason given', 300)}`,
      joined([md`${namedBy(s.release.deployer ?? s.release.owner, voice)} decides`, sinceThen(s, d)], ' · '),
    ],
    s.release.state.status === 'failed'
      ? actions([{ text: 'Roll back…', action: ACTIONS.rollBack, value: s.release.id, style: 'danger' }])
      : [],
  );
};

const STAKEHOLDER_WORDS: Readonly<Record<Release['state']['status'], string>> = {
  draft: 'comes later',
  awaiting_approval: 'comes later',
  approved: 'is coming',
  deploying: 'is going live now',
  deployed: 'is live',
  failed: 'has a problem',
  rolled_back: 'comes later',
  closed: 'is live',
  cancelled: 'is cancelled',
};

/** One message for each release that customers notice: no card, no button, edited for life. */
export const stakeholderPost: SeenRenderer = (s) => {
  const { release } = s;
  const { customers, state, when } = release;
  if (customers === null) return null;
  const backAgain =
    state.status === 'rolled_back' || (state.status === 'closed' && state.from.status === 'rolled_back');
  const words = backAgain ? 'comes later' : STAKEHOLDER_WORDS[state.status];
  const time =
    state.status === 'approved'
      ? when.kind === 'at'
        ? md` ${dateToken(when.start)}`
        : EMPTY
      : state.status === 'deployed'
        ? md` since ${dateToken(state.since)}`
        : EMPTY;
  return message(`${nameOf(release)} ${words}`, [
    md`*${nameOf(release)} ${words}${time}.* ${quoteText(customers, 1_000)}`,
    md`${state.status === 'approved' && !release.answers.downtime ? 'No downtime. Nothing for you to do.' : release.answers.downtime ? 'There is a short downtime.' : ''}`,
  ]);
};

/** A failure that customers may feel, told once and edited when it is solved. */
export const stakeholderProblem: SeenRenderer = (s, what) => {
  const { release } = s;
  const deployment = s.deployments.find(({ id }) => id === what.occurrence);
  const { state } = release;
  if (state.status === 'rolled_back' || state.status === 'deployed' || state.status === 'closed') {
    return message(`${release.service}: solved`, [
      md`*${release.service}: solved ${dateToken(state.since)}.* It works as before.`,
    ]);
  }
  const since = deployment?.finishedAt ?? release.state.since;
  return message(`${release.service} has a problem`, [
    md`*${release.service} has a problem since ${dateToken(since)}.* Bringing ${release.version} live did not work. The team is deciding now.`,
  ]);
};
