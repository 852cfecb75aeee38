/** What single people are told or asked after a change, or because time has passed. */
import type { Wanted } from '../courier/messages.ts';
import { liveDecisions } from '../domain/approval/policy.ts';
import { canonical } from '../domain/approval/snapshot.ts';
import { membersOf } from '../domain/catalog/catalog.ts';
import { startsByItself, TOLD_AHEAD } from '../domain/deployment/by-itself.ts';
import { undecidedFailure } from '../domain/deployment/escalation.ts';
import { toConfirm } from '../domain/deployment/health.ts';
import { pauseNudges } from '../domain/deployment/rollout.ts';
import { failures } from '../domain/deployment/standing.ts';
import { alarmed, verifyNudges } from '../domain/deployment/watch.ts';
import { runner } from '../domain/duties.ts';
import { judgesOf } from '../domain/emergency/emergency.ts';
import { type BreakGlass, emergencyPhase, isUnjudged, phaseIn, ranOut } from '../domain/emergency/phase.ts';
import { catching } from '../domain/freeze/caught.ts';
import { cannotWait, exceptionDeciders } from '../domain/freeze/exception.ts';
import { type AwaitedGate, awaitedGates } from '../domain/gate/awaited.ts';
import { awake } from '../domain/hours.ts';
import type { UserId } from '../domain/ids.ts';
import { holdNudges } from '../domain/plan/hold.ts';
import { lostNeeds } from '../domain/plan/links.ts';
import { isPrivate, notStarted } from '../domain/release/release.ts';
import { BY_TIME, TOLD_WITHIN } from '../domain/settle.ts';
import type { Situation } from '../domain/situation.ts';
import { after, HOUR, type Instant } from '../domain/time.ts';
import { turnOf } from '../domain/turn.ts';
import type { NamedEvent } from '../journal/append.ts';

const toPerson = (subject: string, kind: Wanted['kind'], person: UserId, occurrence = ''): Wanted => ({
  subject,
  kind,
  audience: person,
  place: person,
  occurrence,
});

const atAnyHour = (wanted: Wanted): Wanted => ({ ...wanted, anyHour: true });

export type Actor = UserId | 'signalbox';

const others =
  (actor: Actor, kind: Wanted['kind']) =>
  (subject: string, occurrence: string, people: readonly (UserId | null)[]): readonly Wanted[] =>
    [...new Set(people)]
      .filter((id) => id !== null && id !== actor)
      .map((id) => toPerson(subject, kind, id as UserId, occurrence));

/** Who is told once what happened: a role they got, an answer to what they asked for, something of theirs that failed. */
const notices = (s: Situation, event: NamedEvent, actor: Actor, now: Instant): readonly Wanted[] => {
  const { release, breakGlass, around } = s;
  const told = others(actor, 'notice');
  const tell = (people: readonly (UserId | null)[]): readonly Wanted[] => told(event.id, '', people);
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
  const left = s.release.state.status === 'failed' ? failures(s).at(-1) : undefined;
  return left === undefined ? [] : failureAsks(s, left.id, event.id);
};

/** Who decides about a failure; where they have left, the release managers do. */
const failureAsks = ({ release, around }: Situation, deployment: string, occurrence = ''): readonly Wanted[] => {
  const theirs = [...new Set([release.deployer ?? release.owner, release.owner])];
  const here = theirs.filter((id) => !around.inactive.includes(id));
  return here.length > 0
    ? here.map((id) => toPerson(deployment, 'failure-ask', id, occurrence))
    : managersOf(around, release.service).map((id) => toPerson(deployment, 'failure-ask', id, 'managers'));
};

const managersOf = ({ catalog, inactive }: Situation['around'], service: string): readonly UserId[] =>
  membersOf(catalog, catalog.roles.release_manager, service).filter((id) => !inactive.includes(id));

/** What time took back is told in its people's working hours: nobody can do anything about it at night. */
const cameBack = (s: Situation, now: Instant): readonly Wanted[] => {
  const { state, owner } = s.release;
  const passed =
    state.status === 'draft' &&
    state.returned !== null &&
    BY_TIME.has(state.returned.why) &&
    now <= after(state.since, TOLD_WITHIN);
  return !passed
    ? []
    : [...new Set([owner, s.round?.openedBy ?? owner])]
        .filter((id) => awake(s, id, now))
        .map((id) => toPerson(s.release.id, 'news', id, `returned ${state.since}`));
};

/** An emergency that may start, a deployment, a failure that is to be decided: whoever is given it is wanted now. */
const isUnderWay = (s: Situation, now: Instant): boolean => {
  const phase = phaseIn(s, now);
  return (
    phase === 'waits' || phase === 'open' || s.release.state.status === 'deploying' || undecidedFailure(s) !== null
  );
};

/** How the occurrence of a message begins that tells somebody of their role, of the one that they had, and of the time that somebody else chose. */
export const ROLE_GIVEN = 'role ';
export const ROLE_LOST = 'not owner ';
export const MOVED = 'moved ';
export const OWNERLESS = 'ownerless ';

/** By whom, and out of which freeze. */
const movedBy = (before: Situation, actor: Actor, event: string, now: Instant): string =>
  `${MOVED}${actor}~${catching(before, now)[0]?.id ?? ''}~${event}`;

/** Whoever has the role now, whom a failure asks already where one waits; and the owner that was. */
const roleNews = (
  before: Situation | null,
  s: Situation,
  { id, data: { role, to } }: Extract<NamedEvent, { kind: 'release.assigned' }>,
  actor: Actor,
  now: Instant,
): readonly Wanted[] => {
  const tell = others(actor, 'news');
  const given = undecidedFailure(s) === null ? tell(s.release.id, `${ROLE_GIVEN}${role} ${id}`, [to]) : [];
  const was = before?.release.owner ?? null;
  const lost = role === 'owner' && was !== s.release.owner ? tell(s.release.id, `${ROLE_LOST}${id}`, [was]) : [];
  return [...(isUnderWay(s, now) ? given.map(atAnyHour) : given), ...lost];
};

/** What was asked of the owner waits for whoever that is now. */
const openQuestions = (
  { round }: Situation,
  { data: { role, to } }: Extract<NamedEvent, { kind: 'release.assigned' }>,
) =>
  round === null || round.state !== 'open' || role !== 'owner'
    ? []
    : round.questions.filter(({ answeredAt }) => answeredAt === null).map(({ id }) => toPerson(id, 'question', to));

/** The one message shows how it stands: of several reasons for it, the one is kept that it has to name. */
const oneNews = (wanted: readonly Wanted[]): readonly Wanted[] => {
  const named = [ROLE_GIVEN, MOVED].flatMap((begins) =>
    wanted.filter(({ kind, occurrence = '' }) => kind === 'news' && occurrence.startsWith(begins)),
  );
  // Of two the first is kept.
  const kept = new Map(named.toReversed().map((each) => [each.audience, each]));
  return wanted.filter((each) => each.kind !== 'news' || (kept.get(each.audience) ?? each) === each);
};

/**
 * The one message about it to its owner and to who deploys it: edited while nothing is wanted of them, posted anew when something is, or
 * when what they had is lost. Nobody is told what they did themselves.
 */
const news = (
  before: Situation | null,
  s: Situation,
  event: NamedEvent,
  actor: Actor,
  now: Instant,
): readonly Wanted[] => {
  const { release, round } = s;
  const about = (people: readonly (UserId | null)[]): readonly Wanted[] =>
    others(actor, 'news')(release.id, event.id, people);
  const wasApproved = before?.release.state.status === 'approved';
  const asked = [release.owner, round?.openedBy ?? null];
  switch (event.kind) {
    case 'release.assigned':
      return [...roleNews(before, s, event, actor, now), ...openQuestions(s, event)];
    case 'release.edited':
      return before !== null && canonical(before.release.when) !== canonical(release.when)
        ? others(actor, 'news')(release.id, movedBy(before, actor, event.id, now), [release.owner, release.deployer])
        : [];
    case 'approval.rejected':
    case 'round.stuck':
      return about(asked);
    case 'round.expired':
    case 'approval.lapsed':
      return cameBack(s, now);
    case 'approval.undone':
    case 'round.invalidated':
    case 'round.reopened':
      return wasApproved ? about([release.owner]) : [];
    case 'release.held':
    case 'release.resumed':
      return about([release.owner, release.deployer]);
    case 'release.cancelled':
    case 'release.came_back':
      return about([release.owner]);
    case 'round.approved':
      return about([...asked, release.deployer]);
    case 'approval.by_policy':
      return about([...(actor === 'signalbox' ? [release.owner] : []), release.deployer]);
    case 'deployment.started':
      return event.data.reasons.includes('rollback') ? about([release.owner]) : [];
    case 'deployment.rolled_back':
      return about([release.owner]);
    case 'deployment.handed_over':
      return about([event.data.to]).map(atAnyHour);
    case 'health.confirmed':
      return about(toConfirm(s));
    default:
      return [];
  }
};

const gateAsk = ({ release }: Situation, { gate, since, asked }: AwaitedGate): readonly Wanted[] =>
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
  // Somebody who reminds them by hand has chosen the hour.
  const byHand = reminded?.kind === 'round.reminded';
  const again = reminded === undefined ? [] : round.asks.filter(({ person }) => !decided.has(person));
  return [
    ...posted.map(({ person }) => asking(person, firstTime.has(person) ? `${round.id} again` : round.id)),
    ...again.map(({ person }) => ({ ...asking(person, reminded?.id ?? ''), anyHour: byHand })),
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
const emergencyOpens = (s: Situation, { id, by }: BreakGlass): Wanted =>
  atAnyHour(toPerson(s.release.id, 'news', by, `emergency ${id}`));

/** Asked again once it is late, all who could judge it, each in their working hours. */
const lateJudges = (s: Situation, now: Instant): readonly Wanted[] => {
  const grant = s.breakGlass;
  return grant === null || !isUnjudged(grant) || now < grant.judgeBy
    ? []
    : judgesOf(s)
        .filter((id) => awake(s, id, now))
        .map((id) => toPerson(grant.id, 'emergency-judge', id, 'late'));
};

/** Whoever broke the glass and never started: it is over, told in their working hours. */
const emergencyRanOut = (s: Situation, now: Instant): readonly Wanted[] => {
  const grant = s.breakGlass;
  return grant !== null && ranOut(s, now) && now <= after(grant.expiresAt, TOLD_WITHIN) && awake(s, grant.by, now)
    ? [toPerson(s.release.id, 'news', grant.by, `emergency over ${grant.id}`)]
    : [];
};

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

/** To whoever starts it, once a turn: at its planned time whatever the hour, because it was chosen; later, and after a freeze, in their hours. */
const itsTurn = (s: Situation, now: Instant, actor: Actor | null): readonly Wanted[] => {
  const turn = turnOf(s, now);
  const who = runner(s);
  if (turn === null || who === actor || now > after(turn.at, TOLD_WITHIN)) return [];
  const chosen = turn.why === 'planned' && now <= after(turn.at, HOUR);
  const asked = toPerson(s.release.id, 'news', who, `turn ${turn.at}`);
  return chosen ? [atAnyHour(asked)] : awake(s, who, now) ? [asked] : [];
};

/** A failure that nobody has decided about: those on call after a quarter of an hour, the release managers after two hours, at any hour. */
const stillUndecided = (s: Situation, now: Instant): readonly Wanted[] => {
  const found = undecidedFailure(s);
  return found === null
    ? []
    : found.calls
        .filter(({ at }) => at <= now && now <= after(at, TOLD_WITHIN))
        .flatMap(({ who, people }) => people.map((id) => toPerson(found.deployment, 'failure-ask', id, who)));
};

/** Whoever runs it, shortly before it starts by itself: there is time to hold it. */
const startsSoon = (s: Situation, now: Instant): readonly Wanted[] => {
  const planned = startsByItself(s);
  const soon = planned !== null && now >= after(planned.at, -TOLD_AHEAD) && now < planned.at;
  return soon ? [atAnyHour(toPerson(s.release.id, 'news', runner(s), `soon ${planned.at}`))] : [];
};

/** Whoever runs a deployment that is paused, two hours and a day later, in their hours. */
const stillPaused = (s: Situation, now: Instant): readonly Wanted[] =>
  s.deployments.flatMap((d) =>
    d.state !== 'running' || !awake(s, d.runBy, now)
      ? []
      : pauseNudges(d)
          .filter((at) => at <= now && now <= after(at, TOLD_WITHIN))
          .slice(-1)
          .map((at) => toPerson(s.release.id, 'news', d.runBy, `paused ${at}`)),
  );

/** Nobody has said how it is: whoever runs it, and later its owner and those on call, in their hours. */
const stillUnverified = (s: Situation, now: Instant): readonly Wanted[] =>
  verifyNudges(s)
    .filter(({ at }) => at <= now && now <= after(at, TOLD_WITHIN))
    .flatMap(({ at, people }) =>
      people.filter((id) => awake(s, id, now)).map((id) => toPerson(s.release.id, 'news', id, `verify ${at}`)),
    );

/** Its owner, when what it waits for was given up: waiting does not help any more. */
const inVain = (s: Situation, now: Instant): readonly Wanted[] =>
  notStarted(s.release) && awake(s, s.release.owner, now)
    ? lostNeeds(s)
        .filter(({ since }) => now <= after(since, TOLD_WITHIN))
        .map(({ since }) => toPerson(s.release.id, 'news', s.release.owner, `in vain ${since}`))
    : [];

/** Its owner left: those who look after the service and the release managers are told once, in their hours, that it is nobody's. */
const ownerless = (s: Situation, now: Instant): readonly Wanted[] => {
  const { owner, service, state } = s.release;
  const { catalog, inactive } = s.around;
  const over = state.status === 'closed' || state.status === 'cancelled' || isPrivate(s.release);
  if (over || !inactive.includes(owner)) return [];
  const people = membersOf(catalog, ['$owners', ...catalog.roles.release_manager], service);
  return people
    .filter((id) => !inactive.includes(id) && awake(s, id, now))
    .map((id) => toPerson(s.release.id, 'news', id, `${OWNERLESS}${owner}`));
};

/** Whoever put it on hold, a day and a week later, in their hours: does it still wait? */
const stillHeld = (s: Situation, now: Instant): readonly Wanted[] => {
  const { hold } = s.release;
  return hold === null || !awake(s, hold.by, now)
    ? []
    : holdNudges(s.release)
        .filter((at) => at <= now && now <= after(at, TOLD_WITHIN))
        .slice(-1)
        .map((at) => toPerson(s.release.id, 'news', hold.by, `held ${at}`));
};

/** What time alone makes worth telling. Asked for at every look: each message exists once. */
export const nudgesFor = (s: Situation, now: Instant, actor: Actor | null = null): readonly Wanted[] => {
  const grant = s.breakGlass;
  const opened = grant !== null && grant.second !== null && emergencyPhase(grant, now) === 'open';
  return [
    ...cameBack(s, now),
    ...(opened ? [emergencyOpens(s, grant)] : []),
    ...emergencyRanOut(s, now),
    ...itsTurn(s, now, actor),
    ...stillHeld(s, now),
    ...ownerless(s, now),
    ...stillUndecided(s, now),
    ...stillPaused(s, now),
    ...stillUnverified(s, now),
    ...startsSoon(s, now),
    ...inVain(s, now),
    ...lateJudges(s, now),
    ...awaitedGates(s, now)
      .filter(({ since }) => since !== null)
      .flatMap((each) => gateAsk(s, each)),
  ].map((each) => ({ ...each, release: s.release.id }));
};
