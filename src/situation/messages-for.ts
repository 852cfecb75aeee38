/** Who is to be told what: a pure planner. Compares a situation before and after, with its events, and returns the messages wanted. */

import { homeSubject, type Wanted } from '../courier/messages.ts';
import { liveDecisions } from '../domain/approval/policy.ts';
import { holds, membersOf } from '../domain/catalog/catalog.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { judgesOf } from '../domain/deployment/emergency.ts';
import type { UserId } from '../domain/ids.ts';
import { exceptionApprovers } from '../domain/readiness.ts';
import { isPrivate, notStarted, roleHolders } from '../domain/release/release.ts';
import { isProtected, traitsOf } from '../domain/release/traits.ts';
import type { Situation } from '../domain/situation.ts';
import { between, MINUTE } from '../domain/time.ts';
import type { NamedEvent } from '../journal/append.ts';

/** The outcome edits the deployment post within this time; later it is a post of its own. */
export const EDIT_WITHIN = 30 * MINUTE;

const teamChannel = (s: Situation): string | null => s.around.catalog.services[s.release.service]?.channel ?? null;

/** `light` shows a card only once it starts; the others when approval is asked or granted by policy. */
const hasCard = (s: Situation): boolean => {
  if (isPrivate(s.release)) return false;
  if (s.around.catalog.preset === 'light') return s.deployments.length > 0;
  return s.release.everAsked || s.deployments.length > 0;
};

const toPerson = (subject: string, kind: Wanted['kind'], person: UserId, occurrence = ''): Wanted => ({
  subject,
  kind,
  audience: person,
  place: person,
  occurrence,
});

const THREAD_KINDS: ReadonlySet<string> = new Set([
  'release.edited',
  'release.held',
  'release.resumed',
  'release.hold_ended',
  'release.cancelled',
  'release.came_back',
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
  'deployment.aborted',
  'health.reported',
  'lock.lifted',
  'exception.requested',
  'exception.decided',
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

const problemPosts = (s: Situation, event: NamedEvent): readonly Wanted[] =>
  stakeholderPosts(s).map((post) => ({ ...post, kind: 'stakeholder-problem', occurrence: event.subject }));

const deploymentMessages = (s: Situation, event: NamedEvent, channel: string): readonly Wanted[] => {
  const deployment = s.deployments.find(({ id }) => id === event.subject);
  if (deployment === undefined) return [];
  const post: Wanted = { subject: deployment.id, kind: 'deployment-post', audience: 'team', place: channel };
  const outcome: Wanted = { subject: deployment.id, kind: 'deployment-outcome', audience: 'team', place: channel };
  switch (event.kind) {
    case 'deployment.started':
      return [post];
    case 'deployment.failed':
      return [outcome, ...(isProtected(s, deployment.environment) ? problemPosts(s, event) : [])];
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

/** A person is told by a message only to act, or when what they asked for was decided. Nobody is told what they did themselves. */
const notices = (s: Situation, event: NamedEvent, actor: UserId | 'signalbox'): readonly Wanted[] => {
  const { release, round } = s;
  const tell = (people: readonly (UserId | null)[]): readonly Wanted[] =>
    [...new Set(people)]
      .filter((id) => id !== null && id !== actor)
      .map((id) => toPerson(event.id, 'notice', id as UserId));
  switch (event.kind) {
    case 'round.approved':
    case 'approval.rejected':
    case 'round.expired':
    case 'approval.lapsed':
    case 'round.stuck':
      return tell([release.owner, round?.openedBy ?? null]);
    case 'approval.by_policy':
      return event.release !== null && actor === 'signalbox' ? tell([release.owner]) : [];
    case 'release.came_back':
      return tell([release.owner]);
    case 'release.cancelled':
    case 'release.assigned':
      return tell([event.kind === 'release.assigned' ? event.data.to : release.owner]);
    case 'deployment.failed':
      return [...new Set([release.deployer ?? release.owner, release.owner])].map((id) =>
        toPerson(event.subject ?? event.id, 'failure-ask', id),
      );
    case 'exception.decided':
      return tell([s.exceptions.find(({ id }) => id === event.subject)?.requestedBy ?? null]);
    case 'breakglass.granted':
      return tell([event.data.second]);
    default:
      return [];
  }
};

const asks = (before: Situation | null, s: Situation, events: readonly NamedEvent[]): readonly Wanted[] => {
  const { round } = s;
  if (round === null || round.state !== 'open') return [];
  const known = new Set(before?.round?.id === round.id ? before.round.asks : []);
  const decided = new Set(liveDecisions(round).map(({ actor }) => actor));
  const fresh = round.asks.filter((ask) => !known.has(ask) && !decided.has(ask.person));
  const firstTime = new Set(before?.round?.id === round.id ? before.round.asks.map(({ person }) => person) : []);
  const reminded = events.find(({ kind }) => kind === 'round.reminded');
  const again =
    reminded === undefined
      ? []
      : round.asks
          .filter(({ person }) => !decided.has(person))
          .map(({ person }) => toPerson(round.id, 'approval-ask', person, reminded.id));
  return [
    ...fresh.map(({ person }) => toPerson(round.id, 'approval-ask', person, firstTime.has(person) ? 'reminder' : '')),
    ...again,
    ...answered(events, s),
  ];
};

const answered = (events: readonly NamedEvent[], s: Situation): readonly Wanted[] =>
  events.flatMap((event) => {
    const question = s.round?.questions.find(({ id }) => id === event.subject);
    if (question === undefined || s.round === null) return [];
    if (event.kind === 'question.asked') return [toPerson(question.id, 'question', s.release.owner)];
    return event.kind === 'question.answered'
      ? [toPerson(s.round.id, 'approval-ask', question.asker, question.id)]
      : [];
  });

const exceptionAsks = (events: readonly NamedEvent[], s: Situation): readonly Wanted[] =>
  events.flatMap((event) => {
    if (event.kind !== 'exception.requested') return [];
    const exception = s.exceptions.find(({ id }) => id === event.subject);
    const freeze = s.around.freezes.find(({ id }) => id === exception?.freeze);
    if (exception === undefined || freeze === undefined) return [];
    return exceptionApprovers(s, freeze.approvers)
      .filter((id) => id !== exception.requestedBy)
      .map((id) => toPerson(exception.id, 'exception-ask', id));
  });

/** Everything that is to be seen after this change, besides the living messages that are refreshed anyway. */
export const messagesFor = (
  before: Situation | null,
  after: Situation,
  events: readonly NamedEvent[],
  actor: UserId | 'signalbox',
): readonly Wanted[] => {
  const channel = teamChannel(after);
  const { id } = after.release;
  const card: readonly Wanted[] =
    channel !== null && hasCard(after) ? [{ subject: id, kind: 'card', audience: 'team', place: channel }] : [];
  const lines =
    channel === null || card.length === 0
      ? []
      : events
          .filter(({ kind }) => THREAD_KINDS.has(kind))
          .map(
            (event): Wanted => ({
              subject: event.id,
              kind: 'thread-line',
              audience: 'team',
              place: channel,
              threadOf: id,
            }),
          );
  const judged =
    after.breakGlass !== null && after.breakGlass.id !== before?.breakGlass?.id
      ? judgesOf(after)
          .slice(0, 2)
          .map((person) => toPerson(after.breakGlass?.id ?? '', 'emergency-judge', person))
      : [];
  const wanted: readonly Wanted[] = [
    ...card,
    ...(channel === null ? [] : events.flatMap((event) => deploymentMessages(after, event, channel))),
    ...lines,
    ...asks(before, after, events),
    ...exceptionAsks(events, after),
    ...judged,
    ...events.flatMap((event) => notices(after, event, actor)),
    ...(notStarted(after.release) && after.release.state.status !== 'approved' ? [] : stakeholderPosts(after)),
  ];
  return wanted.map((each) => ({ ...each, release: id }));
};

/** Subjects whose living messages show something of this situation. */
export const subjectsOf = (before: Situation | null, s: Situation): readonly string[] => [
  s.release.id,
  ...[s.round?.id, before?.round?.id].filter((id) => id !== undefined),
  ...(s.round?.questions.map(({ id }) => id) ?? []),
  ...(before === null || before.release.when !== s.release.when || before.release.state !== s.release.state
    ? s.around.freezes.map(({ id }) => id)
    : []),
  ...s.deployments.map(({ id }) => id),
  ...s.exceptions.map(({ id }) => id),
  ...s.actions.map(({ id }) => id),
  ...(s.breakGlass === null ? [] : [s.breakGlass.id]),
  ...(s.reviews.length > 0 ? [s.release.owner] : []),
  ...homesConcerned(before, s).map((id) => homeSubject(id)),
];

/** Whose Home shows something of this: those with a role, those asked, the owners of the service, the release managers. */
const homesConcerned = (before: Situation | null, s: Situation): readonly UserId[] => {
  const { catalog } = s.around;
  const asked = [...(s.round?.asks ?? []), ...(before?.round?.asks ?? [])].map(({ person }) => person);
  const groups = membersOf(catalog, ['$owners', ...catalog.roles.release_manager], s.release.service);
  return [...new Set([...roleHolders(s.release), ...asked, ...groups])];
};
