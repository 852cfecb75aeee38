/** What time alone makes worth telling, whoever looks. */

import type { Wanted } from '../courier/messages.ts';
import { startsByItself, TOLD_AHEAD } from '../domain/deployment/by-itself.ts';
import { undecidedFailure } from '../domain/deployment/escalation.ts';
import { pauseNudges } from '../domain/deployment/rollout.ts';
import { verifyNudges } from '../domain/deployment/watch.ts';
import { canBeStarted } from '../domain/duties.ts';
import { judgesOf } from '../domain/emergency/emergency.ts';
import { emergencyPhase, isUnjudged, ranOut } from '../domain/emergency/phase.ts';
import { heldByFreeze } from '../domain/freeze/caught.ts';
import {
  cannotWait,
  endedInVain,
  exceptionDeciders,
  exceptionReminder,
  stuckExceptions,
} from '../domain/freeze/exception.ts';
import { awaitedGates } from '../domain/gate/awaited.ts';
import { awake } from '../domain/hours.ts';
import { holder, holdNudges } from '../domain/plan/hold.ts';
import { lostNeeds } from '../domain/plan/links.ts';
import { isPrivate, notStarted } from '../domain/release/release.ts';
import { runner, runs, standIns } from '../domain/release/runner.ts';
import type { Situation } from '../domain/situation.ts';
import { after, HOUR, type Instant } from '../domain/time.ts';
import { turnOf } from '../domain/turn.ts';
import { TOLD_WITHIN } from '../domain/wake.ts';
import { asksOfDeciders, emergencyOpens, gateAsk } from './asks-for.ts';
import { cameBack, EXCEPTION_OVER, EXCEPTION_STUCK, KEPT, OWNERLESS, TAKEN_OVER } from './news-for.ts';
import { type Actor, atAnyHour, toPerson } from './to-person.ts';

/** Asked again once it is late, all who could judge it, each in their working hours. */
const lateJudges = (s: Situation, now: Instant): readonly Wanted[] => {
  const grant = s.breakGlass;
  return grant === null || !isUnjudged(grant) || now < grant.judgeBy
    ? []
    : judgesOf(s)
        .filter((id) => awake(s, id, now))
        .map((id) => toPerson(grant.id, 'emergency-judge', id, 'late'));
};

/** Those who may decide an exception, once more, by how urgent it is: in their hours, or at any where it cannot wait for those. */
const exceptionsAgain = (s: Situation, now: Instant): readonly Wanted[] =>
  s.exceptions.flatMap((exception) => {
    const at = exceptionReminder(exception, s, now);
    return at === null || at > now
      ? []
      : exceptionDeciders(exception, s)
          .map((id) => ({ id, anyHour: cannotWait(exception, s, id, now) }))
          .filter(({ id, anyHour }) => anyHour || awake(s, id, now))
          .map(({ id, anyHour }) => ({ ...toPerson(exception.id, 'exception-ask', id, 'again'), anyHour }));
  });

/** Whoever asked for an exception that came to nothing, in their hours, while they can still do something about it. */
const exceptionsOver = (s: Situation, now: Instant): readonly Wanted[] =>
  s.exceptions
    .filter((each) => endedInVain(each, s, now) && now <= after(each.validUntil, TOLD_WITHIN))
    .filter(({ requestedBy }) => awake(s, requestedBy, now))
    .map(({ id, requestedBy }) => toPerson(s.release.id, 'news', requestedBy, `${EXCEPTION_OVER}${id}`));

/** Whoever asked for an exception that nobody can decide any more, in their hours: waiting does not help. */
const exceptionsStuck = (s: Situation, now: Instant): readonly Wanted[] =>
  stuckExceptions(s, now)
    .filter(({ exception: { requestedBy } }) => awake(s, requestedBy, now))
    .map(({ exception: { id, requestedBy } }) =>
      toPerson(s.release.id, 'news', requestedBy, `${EXCEPTION_STUCK}${id}`),
    );

/** Whoever broke the glass and never started: it is over, told at once as everything is that they do by it. */
const emergencyRanOut = (s: Situation, now: Instant): readonly Wanted[] => {
  const grant = s.breakGlass;
  return grant !== null && ranOut(s, now) && now <= after(grant.expiresAt, TOLD_WITHIN)
    ? [atAnyHour(toPerson(s.release.id, 'news', grant.by, `emergency over ${grant.id}`))]
    : [];
};

/** To whoever starts it, once a turn: at its planned time whatever the hour, because it was chosen; later, and after a freeze, in their hours. */
const itsTurn = (s: Situation, now: Instant, actor: Actor | null): readonly Wanted[] => {
  const turn = turnOf(s, now);
  const who = runner(s);
  if (turn === null || who === actor || now > after(turn.at, TOLD_WITHIN)) return [];
  const { when } = s.release;
  // A freeze that ends soon after the chosen time ends for somebody who is there.
  const chosen = when.kind === 'at' && now >= when.start && now <= after(when.start, HOUR);
  const asked = toPerson(s.release.id, 'news', who, `turn ${turn.at}`);
  return chosen ? [atAnyHour(asked)] : awake(s, who, now) ? [asked] : [];
};

/** At the time that was chosen: whoever was to start it cannot, and hears why, unless the message about a freeze has told them already. */
const keptAtItsTime = (s: Situation, now: Instant, actor: Actor | null): readonly Wanted[] => {
  const { when, state, hold, owner } = s.release;
  if (state.status !== 'approved' || hold !== null || when.kind !== 'at') return [];
  if (now < when.start || now > after(when.start, HOUR) || canBeStarted(s, now)) return [];
  const who = runner(s);
  const told = who === owner && heldByFreeze(s, now) !== null;
  return told || who === actor ? [] : [atAnyHour(toPerson(s.release.id, 'news', who, `${KEPT}${when.start}`))];
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
    d.state !== 'running' || !awake(s, runs(s, d), now)
      ? []
      : pauseNudges(d)
          .filter((at) => at <= now && now <= after(at, TOLD_WITHIN))
          .slice(-1)
          .map((at) => toPerson(s.release.id, 'news', runs(s, d), `paused ${at}`)),
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
  const { owner, state } = s.release;
  const over = state.status === 'closed' || state.status === 'cancelled' || isPrivate(s.release);
  if (over || !s.around.inactive.includes(owner)) return [];
  return standIns(s)
    .filter((id) => awake(s, id, now))
    .map((id) => toPerson(s.release.id, 'news', id, `${OWNERLESS}${owner}`));
};

/** Whoever ran it left while it runs, or before they started it: whose it is now is told, and nothing else would tell them. */
const takenOver = (s: Situation, now: Instant): readonly Wanted[] => {
  const { deployer, state } = s.release;
  const gone = deployer !== null && s.around.inactive.includes(deployer) && state.status === 'approved';
  const starts = gone && awake(s, runner(s), now) ? [runner(s)] : [];
  return [
    ...starts.map((id) => toPerson(s.release.id, 'news', id, `${TAKEN_OVER}${deployer ?? ''}`)),
    ...s.deployments
      .filter((d) => d.state === 'running' && s.around.inactive.includes(d.runBy))
      .map((d) => atAnyHour(toPerson(s.release.id, 'news', runs(s, d), `${TAKEN_OVER}${d.runBy} ${d.id}`))),
  ];
};

/** Whoever put it on hold, a day and a week later, in their hours: does it still wait? */
const stillHeld = (s: Situation, now: Instant): readonly Wanted[] => {
  const { hold } = s.release;
  const who = holder(s);
  return hold === null || !awake(s, who, now)
    ? []
    : holdNudges(s.release)
        .filter((at) => at <= now && now <= after(at, TOLD_WITHIN))
        .slice(-1)
        .map((at) => toPerson(s.release.id, 'news', who, `held ${at}`));
};

/** What time alone makes worth telling. Asked for at every look: each message exists once. */
export const nudgesFor = (s: Situation, now: Instant, actor: Actor | null = null): readonly Wanted[] => {
  const grant = s.breakGlass;
  const opened = grant !== null && grant.second !== null && emergencyPhase(grant, now) === 'open';
  return [
    ...cameBack(s, now),
    ...(opened ? [emergencyOpens(s, grant)] : []),
    ...emergencyRanOut(s, now),
    ...exceptionsStuck(s, now),
    ...itsTurn(s, now, actor),
    ...keptAtItsTime(s, now, actor),
    ...stillHeld(s, now),
    ...ownerless(s, now),
    ...takenOver(s, now),
    ...asksOfDeciders(s),
    ...stillUndecided(s, now),
    ...stillPaused(s, now),
    ...stillUnverified(s, now),
    ...startsSoon(s, now),
    ...inVain(s, now),
    ...exceptionsAgain(s, now),
    ...exceptionsOver(s, now),
    ...lateJudges(s, now),
    ...awaitedGates(s, now)
      // Whose it is to record them may have changed with the people who are here.
      .filter(({ since }) => since !== null || actor === null)
      .flatMap((each) => gateAsk(s, each)),
  ].map((each) => ({ ...each, release: s.release.id }));
};
