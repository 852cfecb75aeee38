/** What single people are told or asked after a change, or because time has passed. */
import type { Wanted } from '../courier/messages.ts';
import { liveDecisions } from '../domain/approval/policy.ts';
import { membersOf } from '../domain/catalog/catalog.ts';
import { undecidedFailure } from '../domain/deployment/escalation.ts';
import { failures } from '../domain/deployment/standing.ts';
import { alarmed } from '../domain/deployment/watch.ts';
import { judgesOf } from '../domain/emergency/emergency.ts';
import { type BreakGlass } from '../domain/emergency/phase.ts';
import { cannotWait, exceptionDeciders } from '../domain/freeze/exception.ts';
import { type AwaitedGate, awaitedGates } from '../domain/gate/awaited.ts';
import type { UserId } from '../domain/ids.ts';
import type { Situation } from '../domain/situation.ts';
import { type Instant } from '../domain/time.ts';
import type { NamedEvent } from '../journal/append.ts';
import { news, oneNews, ROLE_GIVEN } from './news-for.ts';
import { type Actor, atAnyHour, others, toPerson } from './to-person.ts';

/** Who is told once what happened: a role they got, an answer to what they asked for, something of theirs that failed. */
const notices = (s: Situation, event: NamedEvent, actor: Actor, now: Instant): readonly Wanted[] => {
  const { release, breakGlass, around } = s;
  const told = others(actor, 'notice');
  const tell = (people: readonly (UserId | null)[]): readonly Wanted[] => told(release.id, event.id, people);
  switch (event.kind) {
    case 'release.assigned': {
      // Whoever takes it over while it waits for a decision is asked for that.
      const failed = undecidedFailure(s);
      return failed === null
        ? []
        : others(actor, 'failure-ask')(failed.deployment, `${ROLE_GIVEN}${event.data.role} ${event.id}`, [
            event.data.to,
          ]);
    }
    case 'release.resumed':
    case 'release.hold_ended':
    case 'release.reopened': {
      // What nobody could decide meanwhile is to be decided now.
      const failed = undecidedFailure(s);
      return failed === null ? [] : failureAsks(s, failed.deployment, event.id);
    }
    case 'action.added':
      return tell([event.data.owner]);
    case 'gate.recorded':
      return event.data.outcome === 'failed' ? tell([release.owner]) : [];
    case 'deployment.unasked':
      return tell([
        release.owner,
        ...(event.data.inTheWay.length === 0
          ? []
          : membersOf(around.catalog, around.catalog.roles.release_manager, release.service)),
      ]);
    case 'deployment.failed':
      return failureAsks(s, event.subject);
    case 'deployment.rolled_back':
    case 'deployment.ended_in_part':
      // Nothing had failed, and one of several places is back: nobody was asked yet.
      return undecidedFailure(s)?.deployment === event.subject ? failureAsks(s, event.subject) : [];
    case 'rollout.stopped': {
      const d = s.deployments.find(({ id }) => id === event.subject);
      return d === undefined ? [] : tell(alarmed(s, d)).map(atAnyHour);
    }
    case 'health.signal': {
      const d = s.deployments.find(({ id }) => id === event.subject);
      return d === undefined ? [] : tell(alarmed(s, d)).map(atAnyHour);
    }
    case 'health.reported':
    case 'deployment.succeeded':
      return wrongStill(s, event);
    case 'exception.revoked':
    case 'exception.decided': {
      const exception = s.exceptions.find(({ id }) => id === event.subject);
      if (exception === undefined) return [];
      const { requestedBy } = exception;
      return tell([requestedBy]).map((each) => (cannotWait(exception, s, requestedBy, now) ? atAnyHour(each) : each));
    }
    case 'breakglass.judged':
      return tell([
        breakGlass?.by ?? null,
        ...(event.data.verdict === 'justified'
          ? []
          : membersOf(around.catalog, around.catalog.roles.release_manager, release.service)),
      ]);
    default:
      return [];
  }
};

/** Not well there; or well here, and another place is not: what is left to decide is asked again. */
const wrongStill = (s: Situation, event: NamedEvent): readonly Wanted[] => {
  if (event.kind === 'health.reported' && !event.data.healthy) return failureAsks(s, event.subject, event.id);
  const left = s.release.state.status === 'failed' ? (failures(s).at(-1)?.id ?? undecidedFailure(s)?.deployment) : null;
  return left == null ? [] : failureAsks(s, left, event.id);
};

/** Whoever has to decide about a failure has a message that asks for it, however it came to be theirs: it was taken off hold, or somebody is back. */
export const asksOfDeciders = (s: Situation): readonly Wanted[] => {
  const failed = undecidedFailure(s);
  return failed === null ? [] : failureAsks(s, failed.deployment).map((each) => ({ ...each, standing: true }));
};

/** Who decides about a failure; where they have left, the release managers do, who are called without waiting. */
const failureAsks = ({ release, around }: Situation, deployment: string, occurrence = ''): readonly Wanted[] =>
  [...new Set([release.deployer ?? release.owner, release.owner])]
    .filter((id) => !around.inactive.includes(id))
    .map((id) => toPerson(deployment, 'failure-ask', id, occurrence));

export const gateAsk = ({ release }: Situation, { gate, since, asked }: AwaitedGate): readonly Wanted[] =>
  asked.map((id) =>
    toPerson(
      release.id,
      'gate-ask',
      id,
      [gate, release.artifact.revision, ...(since === null ? [] : [since])].join('~'),
    ),
  );

/** Gates that are waited for from now on: of a release that is new, of another artifact, or in another stage. */
const gateAsks = (
  before: Situation | null,
  s: Situation,
  events: readonly NamedEvent[],
  now: Instant,
): readonly Wanted[] => {
  const { revision } = s.release.artifact;
  const fresh = events.some(({ kind }) => kind === 'release.created');
  const same = before !== null && !fresh && before.release.artifact.revision === revision;
  const known = new Set(same ? awaitedGates(before, now).map(({ gate }) => gate) : []);
  return awaitedGates(s, now)
    .filter(({ gate }) => !known.has(gate))
    .flatMap((each) => gateAsk(s, each));
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
  // Whoever thought that it was decided hears that it is not.
  const reminded = events.find(({ kind }) => kind === 'round.reminded' || kind === 'approval.undone');
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

const exceptionAsks = (events: readonly NamedEvent[], s: Situation, now: Instant): readonly Wanted[] =>
  events.flatMap((event) => {
    if (event.kind !== 'exception.requested') return [];
    const exception = s.exceptions.find(({ id }) => id === event.subject);
    return exception === undefined
      ? []
      : exceptionDeciders(exception, s).map((id) => ({
          ...toPerson(exception.id, 'exception-ask', id),
          anyHour: cannotWait(exception, s, id, now),
        }));
  });

const MOST_JUDGES = 4;

/** Who is asked about an emergency: when it is declared, to confirm or to stop it; once it is used, to judge it. */
const judges = (before: Situation | null, s: Situation): readonly Wanted[] => {
  const grant = s.breakGlass;
  if (grant === null) return [];
  const earlier = before?.breakGlass?.id === grant.id ? before.breakGlass : null;
  const used = earlier?.usedBy === null && grant.usedBy !== null;
  const fresh = earlier === null || earlier.second !== grant.second;
  const occurrence = used ? 'used' : fresh ? '' : null;
  return occurrence === null
    ? []
    : [...new Set([grant.second, ...judgesOf(s).slice(0, MOST_JUDGES)])]
        .filter((person) => person !== null)
        .map((person) => toPerson(grant.id, 'emergency-judge', person, occurrence));
};

/** Whoever broke the glass: it may start now, as nobody answered in time or the second person confirmed it. */
export const emergencyOpens = (s: Situation, { id, by }: BreakGlass): Wanted =>
  atAnyHour(toPerson(s.release.id, 'news', by, `emergency ${id}`));

/** Everything that single people are told or asked. */
export const asksFor = (
  before: Situation | null,
  s: Situation,
  events: readonly NamedEvent[],
  actor: Actor,
  now: Instant,
): readonly Wanted[] => [
  ...asks(before, s, events),
  ...exceptionAsks(events, s, now),
  ...judges(before, s),
  ...oneNews(
    events.flatMap((event) => {
      const by = event.byItself === true ? 'signalbox' : actor;
      const confirmed = event.kind === 'breakglass.confirmed' && s.breakGlass !== null;
      return [
        ...notices(s, event, by, now),
        ...news(before, s, event, by, now),
        ...(confirmed && s.breakGlass !== null ? [emergencyOpens(s, s.breakGlass)] : []),
      ];
    }),
  ),
  ...gateAsks(before, s, events, now),
];
