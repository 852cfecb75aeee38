/** Who is to be told what: a pure planner. Compares a situation before and after, with its events, and returns the messages wanted. */

import { homeSubject, type Wanted } from '../courier/messages.ts';
import { askedByMention, liveDecisions } from '../domain/approval/policy.ts';
import { holds, membersOf } from '../domain/catalog/catalog.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { judgesOf } from '../domain/deployment/emergency.ts';
import { gateStates } from '../domain/gate/gate.ts';
import type { UserId } from '../domain/ids.ts';
import { exceptionApprovers } from '../domain/readiness.ts';
import { isPrivate, notStarted, roleHolders } from '../domain/release/release.ts';
import { isProtected, traitsOf } from '../domain/release/traits.ts';
import type { Situation } from '../domain/situation.ts';
import { between, type Instant, MINUTE } from '../domain/time.ts';
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

/** One a deployment: that going back fails as well is told where the problem was told. */
const problemPosts = (s: Situation, { environment }: Deployment): readonly Wanted[] => {
  const deployed = s.deployments.findLast((d) => d.kind === 'deploy' && d.environment === environment);
  return deployed === undefined
    ? []
    : stakeholderPosts(s).map((post) => ({ ...post, kind: 'stakeholder-problem', occurrence: deployed.id }));
};

const deploymentMessages = (s: Situation, event: NamedEvent, channel: string): readonly Wanted[] => {
  const deployment = s.deployments.find(({ id }) => id === event.subject);
  if (deployment === undefined) return [];
  const post: Wanted = { subject: deployment.id, kind: 'deployment-post', audience: 'team', place: channel };
  const outcome: Wanted = { subject: deployment.id, kind: 'deployment-outcome', audience: 'team', place: channel };
  switch (event.kind) {
    case 'deployment.started':
      return [post];
    case 'deployment.failed':
      return [outcome, ...(isProtected(s, deployment.environment) ? problemPosts(s, deployment) : [])];
    case 'health.reported':
      return event.data.healthy ? [] : [{ ...outcome, occurrence: UNHEALTHY }, ...problemPosts(s, deployment)];
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

type Actor = UserId | 'signalbox';

const others =
  (actor: Actor, kind: Wanted['kind']) =>
  (subject: string, occurrence: string, people: readonly (UserId | null)[]): readonly Wanted[] =>
    [...new Set(people)]
      .filter((id) => id !== null && id !== actor)
      .map((id) => toPerson(subject, kind, id as UserId, occurrence));

/** Who is told once what happened: a role they got, an answer to what they asked for, something of theirs that failed. */
const notices = (s: Situation, event: NamedEvent, actor: Actor): readonly Wanted[] => {
  const { release, breakGlass, around } = s;
  const told = others(actor, 'notice');
  const tell = (people: readonly (UserId | null)[]): readonly Wanted[] => told(event.id, '', people);
  switch (event.kind) {
    case 'release.assigned':
      return tell([event.data.to]);
    case 'gate.recorded':
      return event.data.outcome === 'failed' ? tell([release.owner]) : [];
    case 'deployment.failed':
      return failureAsks(s, event.subject);
    case 'health.reported':
      return event.data.healthy ? [] : failureAsks(s, event.subject);
    case 'exception.decided':
      return tell([s.exceptions.find(({ id }) => id === event.subject)?.requestedBy ?? null]);
    case 'breakglass.judged':
      return event.data.verdict === 'justified'
        ? []
        : tell([
            breakGlass?.by ?? null,
            ...membersOf(around.catalog, around.catalog.roles.release_manager, release.service),
          ]);
    default:
      return [];
  }
};

const failureAsks = ({ release }: Situation, deployment: string): readonly Wanted[] =>
  [...new Set([release.deployer ?? release.owner, release.owner])].map((id) => toPerson(deployment, 'failure-ask', id));

const APPROVED = 'approved';

/**
 * The owner's one message about it: edited while nothing is wanted of them, posted anew when something is, or when what they had is lost.
 * Nobody is told what they did themselves.
 */
const news = (before: Situation | null, s: Situation, event: NamedEvent, actor: Actor): readonly Wanted[] => {
  const { release, round } = s;
  const about = others(actor, 'news');
  const wasApproved = before?.release.state.status === 'approved';
  const asked = [release.owner, round?.openedBy ?? null];
  switch (event.kind) {
    case 'approval.rejected':
    case 'round.expired':
    case 'approval.lapsed':
    case 'round.stuck':
      return about(release.id, event.id, asked);
    case 'approval.undone':
    case 'round.invalidated':
    case 'round.reopened':
      return wasApproved ? about(release.id, event.id, [release.owner]) : [];
    case 'release.cancelled':
    case 'release.came_back':
      return about(release.id, event.id, [release.owner]);
    case 'round.approved':
      return about(release.id, APPROVED, asked);
    case 'approval.by_policy':
      return actor === 'signalbox' ? about(release.id, APPROVED, [release.owner]) : [];
    default:
      return [];
  }
};

/** Gates that have to be recorded for it to go on: those before approval while it waits to be asked, then all others. */
const awaited = (s: Situation, now: Instant): readonly { gate: string; owners: readonly UserId[] }[] => {
  const { status } = s.release.state;
  const asking = status === 'draft' && s.release.askWhenReady;
  const asked = status === 'awaiting_approval' || status === 'approved';
  if (!asking && !asked) return [];
  return gateStates(s, now)
    .filter(({ rule, state }) => state === 'pending' && (asked || rule.before === 'approval'))
    .map(({ rule }) => ({ gate: rule.name, owners: membersOf(s.around.catalog, rule.owners, s.release.service) }));
};

const MOST_GATE_OWNERS = 2;

const gateAsks = (
  before: Situation | null,
  s: Situation,
  events: readonly NamedEvent[],
  now: Instant,
): readonly Wanted[] => {
  const { revision } = s.release.artifact;
  const fresh = events.some(({ kind }) => kind === 'release.created');
  const same = before !== null && !fresh && before.release.artifact.revision === revision;
  const known = new Set(same ? awaited(before, now).map(({ gate }) => gate) : []);
  return awaited(s, now)
    .filter(({ gate }) => !known.has(gate))
    .flatMap(({ gate, owners }) =>
      owners
        .filter((id) => !s.around.inactive.includes(id))
        .slice(0, MOST_GATE_OWNERS)
        .map((id) => toPerson(s.release.id, 'gate-ask', id, `${gate}~${revision}`)),
    );
};

/** A request follows its release: somebody who has not decided yet has one message, whatever is edited meanwhile. */
const asks = (before: Situation | null, s: Situation, events: readonly NamedEvent[]): readonly Wanted[] => {
  const { round, release } = s;
  if (round === null || round.state !== 'open') return [];
  const earlier = before?.round ?? null;
  const same = earlier?.id === round.id;
  const known = new Set(same ? earlier.asks : []);
  const decided = new Set(liveDecisions(round).map(({ actor }) => actor));
  const fresh = round.asks.filter((ask) => !known.has(ask) && !decided.has(ask.person));
  const undecided = (person: UserId): boolean =>
    earlier !== null &&
    earlier.state === 'open' &&
    earlier.asks.some((ask) => ask.person === person) &&
    !liveDecisions(earlier).some(({ actor }) => actor === person);
  // In the next round, who had not answered the last one still has its request: it shows what is asked now.
  const posted = fresh.filter(({ person }) => same || !undecided(person));
  const asking = (person: UserId, occurrence: string) => toPerson(release.id, 'approval-ask', person, occurrence);
  const firstTime = new Set(same ? earlier.asks.map(({ person }) => person) : []);
  const reminded = events.find(({ kind }) => kind === 'round.reminded');
  const again = reminded === undefined ? [] : round.asks.filter(({ person }) => !decided.has(person));
  return [
    ...posted.map(({ person }) => asking(person, firstTime.has(person) ? `${round.id} again` : round.id)),
    ...again.map(({ person }) => asking(person, reminded?.id ?? '')),
    ...answered(events, s),
  ];
};

const answered = (events: readonly NamedEvent[], s: Situation): readonly Wanted[] =>
  events.flatMap((event) => {
    const question = s.round?.questions.find(({ id }) => id === event.subject);
    if (question === undefined || s.round === null) return [];
    if (event.kind === 'question.asked') return [toPerson(question.id, 'question', s.release.owner)];
    return event.kind === 'question.answered'
      ? [toPerson(s.release.id, 'approval-ask', question.asker, question.id)]
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

const MOST_JUDGES = 4;

/** Everything that is to be seen after this change, besides the living messages that are refreshed anyway. */
export const messagesFor = (
  before: Situation | null,
  after: Situation,
  events: readonly NamedEvent[],
  actor: Actor,
  now: Instant,
): readonly Wanted[] => {
  const channel = teamChannel(after);
  const { id } = after.release;
  const card: readonly Wanted[] =
    channel !== null && hasCard(after) ? [{ subject: id, kind: 'card', audience: 'team', place: channel }] : [];
  const askedAgain = events.some(({ kind }) => kind === 'round.invalidated');
  const callsGroup = after.round !== null && askedByMention(after, after.round).length > 0;
  const lines =
    channel === null || card.length === 0
      ? []
      : events
          // A change that asks again says so itself, and calls no group.
          .filter(({ kind }) => THREAD_KINDS.has(kind) && !(kind === 'round.opened' && askedAgain && !callsGroup))
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
      ? [...new Set([after.breakGlass.second, ...judgesOf(after).slice(0, MOST_JUDGES)])]
          .filter((person) => person !== null)
          .map((person) => toPerson(after.breakGlass?.id ?? '', 'emergency-judge', person))
      : [];
  const loud: readonly Wanted[] =
    channel !== null && after.breakGlass !== null && after.breakGlass.id !== before?.breakGlass?.id
      ? [{ subject: after.breakGlass.id, kind: 'emergency-post', audience: 'team', place: channel }]
      : [];
  const wanted: readonly Wanted[] = [
    ...card,
    ...(channel === null ? [] : events.flatMap((event) => deploymentMessages(after, event, channel))),
    ...lines,
    ...asks(before, after, events),
    ...exceptionAsks(events, after),
    ...judged,
    ...loud,
    ...events.flatMap((event) => {
      const by = event.byItself === true ? 'signalbox' : actor;
      return [...notices(after, event, by), ...news(before, after, event, by)];
    }),
    ...gateAsks(before, after, events, now),
    ...(notStarted(after.release) && after.release.state.status !== 'approved' ? [] : stakeholderPosts(after)),
  ];
  return wanted.map((each) => ({ ...each, release: id }));
};

/** Subjects whose living messages show something of this situation. */
export const subjectsOf = (before: Situation | null, s: Situation): readonly string[] => [
  s.release.id,
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
