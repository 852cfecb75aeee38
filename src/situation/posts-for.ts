/** What channels are to see after a change: the card and its thread, deployments and how they ended, stakeholder posts, emergencies. */
import type { Wanted } from '../courier/messages.ts';
import { askedByMention } from '../domain/approval/asking.ts';
import { holds } from '../domain/catalog/catalog.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { failures, isUnwell } from '../domain/deployment/standing.ts';
import { isPrivate, notStarted } from '../domain/release/release.ts';
import { isProtected, traitsOf } from '../domain/release/traits.ts';
import type { Situation } from '../domain/situation.ts';
import { between, MINUTE } from '../domain/time.ts';
import type { NamedEvent } from '../journal/append.ts';

/** The outcome edits the deployment post within this time; later it is a post of its own. */
export const EDIT_WITHIN = 30 * MINUTE;

/** The occurrence of the post that says that what had gone through is not healthy. */
export const UNHEALTHY = 'unhealthy';

const teamChannel = (s: Situation): string | null => s.around.catalog.services[s.release.service]?.channel ?? null;

/** `light` shows a card only once it starts; the others when approval is asked or granted by policy. */
const hasCard = (s: Situation): boolean => {
  if (isPrivate(s.release)) return false;
  if (s.around.catalog.preset === 'light') return s.deployments.length > 0;
  return s.release.everAsked || s.deployments.length > 0;
};

const THREAD_KINDS: ReadonlySet<string> = new Set([
  'release.edited',
  'release.assigned',
  'release.held',
  'release.resumed',
  'release.hold_ended',
  'release.cancelled',
  'release.came_back',
  'release.depends',
  'release.fixed',
  'release.unfixed',
  'release.closed',
  'release.reopened',
  'release.reworked',
  'change.added',
  'change.removed',
  'round.opened',
  'round.approved',
  'round.withdrawn',
  'round.expired',
  'round.invalidated',
  'round.reopened',
  'round.stuck',
  'approval.lapsed',
  'approval.given',
  'approval.undone',
  'risk.raised',
  'approval.rejected',
  'approval.by_policy',
  'question.asked',
  'question.answered',
  'gate.recorded',
  'gate.waived',
  'deployment.started',
  'deployment.step',
  'rollout.moved',
  'rollout.paused',
  'rollout.resumed',
  'rollout.stopped',
  'rollout.recovered',
  'deployment.handed_over',
  'deployment.unasked',
  'deployment.aborted',
  'deployment.ended_in_part',
  'health.reported',
  'health.confirmed',
  'health.signal',
  'lock.lifted',
  'exception.requested',
  'exception.decided',
  'exception.revoked',
  'breakglass.granted',
  'breakglass.confirmed',
  'breakglass.judged',
  'review.submitted',
  'action.added',
]);

const stakeholderPosts = (s: Situation): readonly Wanted[] => {
  const shown = s.release.customers !== null && !s.release.answers.restricted && !isPrivate(s.release);
  const status = s.release.state.status;
  // A cancellation edits what was posted; it is no reason to post.
  if (!shown || status === 'draft' || status === 'awaiting_approval' || status === 'cancelled') return [];
  const channels = s.around.catalog.announce.filter(({ when }) => holds(when, traitsOf(s))).flatMap(({ to }) => to);
  return [...new Set(channels)].map((place) => ({
    subject: s.release.id,
    kind: 'stakeholder-post',
    audience: 'stakeholders',
    place,
  }));
};

/** Of what failed, or of one report that it is not healthy: said once more after it was taken back, it has a post of its own. */
export const problemOccurrence = ({ id, unhealthyAt }: Deployment): string =>
  unhealthyAt === null ? id : `${id} ${unhealthyAt}`;

const problemOf = (s: Situation, failed: Deployment): readonly Wanted[] =>
  stakeholderPosts(s).map((post) => ({
    ...post,
    kind: 'stakeholder-problem',
    occurrence: problemOccurrence(failed),
  }));

/** Tried again and failed again it is the same problem: what failed first there, and nothing has ended since. */
const beganAs = (s: Situation, d: Deployment): Deployment => {
  const there = s.deployments.filter(({ environment, state }) => environment === d.environment && state !== 'aborted');
  const before = there[there.indexOf(d) - 1];
  const wrong = before?.kind === 'deploy' && (before.state === 'failed' || isUnwell(before));
  // What came there first was well again in between.
  return d.state === 'failed' && before !== undefined && wrong ? beganAs(s, before) : d;
};

/** One a problem: that going back fails as well is told where the problem was told. */
const problemPosts = (s: Situation, { environment }: Deployment): readonly Wanted[] => {
  const deploys = s.deployments.filter((d) => d.kind === 'deploy');
  // What began elsewhere goes on here: it is one problem until the release is nowhere, or works.
  const [first] = failures(s).filter((d) => d.kind === 'deploy');
  if (first !== undefined) return problemOf(s, beganAs(s, first));
  const began = deploys.findLast(
    (d) => d.revision === s.release.artifact.revision && (d.state === 'failed' || d.unhealthyAt !== null),
  );
  const mended = deploys.some((d) => began !== undefined && d.startedAt > began.startedAt && d.state === 'succeeded');
  const there = deploys.findLast((d) => d.environment === environment);
  const deployed = began === undefined || mended ? there : began;
  return deployed === undefined ? [] : problemOf(s, beganAs(s, deployed));
};

const deploymentMessages = (s: Situation, event: NamedEvent, channel: string): readonly Wanted[] => {
  const deployment = s.deployments.find(({ id }) => id === event.subject);
  if (deployment === undefined) return [];
  const post: Wanted = { subject: deployment.id, kind: 'deployment-post', audience: 'team', place: channel };
  const outcome: Wanted = { subject: deployment.id, kind: 'deployment-outcome', audience: 'team', place: channel };
  switch (event.kind) {
    case 'deployment.started':
      // That what is live goes back is news to those who were told that it is.
      return deployment.kind === 'rollback' ? [post, ...problemPosts(s, deployment)] : [post];
    case 'deployment.failed':
      return [outcome, ...(isProtected(s, deployment.environment) ? problemPosts(s, deployment) : [])];
    case 'health.reported':
      return event.data.healthy
        ? []
        : [{ ...outcome, occurrence: `${UNHEALTHY} ${event.id}` }, ...problemPosts(s, deployment)];
    case 'deployment.rolled_back':
      return [outcome];
    case 'deployment.succeeded':
      return late(deployment) ? [{ ...outcome, threadOf: s.release.id, broadcast: true }] : [];
    default:
      return [];
  }
};

const late = (deployment: Deployment): boolean =>
  deployment.finishedAt !== null && between(deployment.startedAt, deployment.finishedAt) > EDIT_WITHIN;

/** A reply that holds so much is still read. */
const MOST_IN_A_LINE = 10;

/** One reply for all that one act brought. */
const threadLines = (s: Situation, events: readonly NamedEvent[], channel: string): readonly Wanted[] => {
  const askedAgain = events.some(({ kind }) => kind === 'round.invalidated');
  const callsGroup = s.round !== null && askedByMention(s, s.round).length > 0;
  // A change that asks again says so itself, and calls no group.
  const told = events.filter(
    ({ kind, release }) =>
      release === s.release.id && THREAD_KINDS.has(kind) && !(kind === 'round.opened' && askedAgain && !callsGroup),
  );
  return told.flatMap(({ id }, index): readonly Wanted[] => {
    if (index % MOST_IN_A_LINE !== 0) return [];
    const rest = told.slice(index + 1, index + MOST_IN_A_LINE).map((event) => event.id);
    const line = {
      subject: id,
      kind: 'thread-line',
      audience: 'team',
      place: channel,
      threadOf: s.release.id,
    } as const;
    return [{ ...line, occurrence: rest.join(' ') }];
  });
};

/** A lock by hand that has come to its end. */
const lockNotices = (before: Situation | null, s: Situation, channel: string): readonly Wanted[] => {
  const held = new Set((before?.locks ?? []).filter(({ liftedAt }) => liftedAt === null).map(({ id }) => id));
  return s.locks
    .filter(({ id, release, liftedAt }) => release === null && liftedAt !== null && held.has(id))
    .map(({ id }) => ({ subject: id, kind: 'lock-notice', audience: 'team', place: channel }));
};

/** The list of a deployment, to be ticked in the thread of its card. */
const checklists = (s: Situation, events: readonly NamedEvent[], channel: string): readonly Wanted[] =>
  events
    .filter(({ kind }) => kind === 'deployment.started')
    .flatMap(({ subject }) => s.deployments.filter(({ id, checklist }) => id === subject && checklist.length > 0))
    .map(({ id }) => ({
      subject: id,
      kind: 'checklist',
      audience: 'team',
      place: channel,
      threadOf: s.release.id,
    }));

/** Posts that a change calls for, or that follow it. */
export const postsFor = (before: Situation | null, s: Situation, events: readonly NamedEvent[]): readonly Wanted[] => {
  const channel = teamChannel(s);
  const toStakeholders = notStarted(s.release) && s.release.state.status !== 'approved' ? [] : stakeholderPosts(s);
  if (channel === null) return toStakeholders;
  const card: readonly Wanted[] = hasCard(s)
    ? [{ subject: s.release.id, kind: 'card', audience: 'team', place: channel }]
    : [];
  const { breakGlass } = s;
  const loud: readonly Wanted[] =
    breakGlass !== null && breakGlass.id !== before?.breakGlass?.id
      ? [{ subject: breakGlass.id, kind: 'emergency-post', audience: 'team', place: channel }]
      : [];
  return [
    ...card,
    ...lockNotices(before, s, channel),
    ...checklists(s, events, channel),
    ...events.flatMap((event) => deploymentMessages(s, event, channel)),
    ...(card.length === 0 ? [] : threadLines(s, events, channel)),
    ...loud,
    ...toStakeholders,
  ];
};
