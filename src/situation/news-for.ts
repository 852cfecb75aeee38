/** The one message about a release to its owner and to who deploys it: what it follows, what rings anew, and why. */

import type { Wanted } from '../courier/messages.ts';
import { canonical } from '../domain/approval/snapshot.ts';
import { undecidedFailure } from '../domain/deployment/escalation.ts';
import { toConfirm } from '../domain/deployment/health.ts';
import { phaseIn } from '../domain/emergency/phase.ts';
import { catching } from '../domain/freeze/caught.ts';
import { awake } from '../domain/hours.ts';
import type { UserId } from '../domain/ids.ts';
import { runner } from '../domain/release/runner.ts';
import type { Situation } from '../domain/situation.ts';
import { after, type Instant } from '../domain/time.ts';
import { BY_TIME, TOLD_WITHIN } from '../domain/wake.ts';
import type { NamedEvent } from '../journal/append.ts';
import { type Actor, atAnyHour, others, toPerson } from './to-person.ts';

/** What time took back is told in its people's working hours: nobody can do anything about it at night. */
export const cameBack = (s: Situation, now: Instant): readonly Wanted[] => {
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
export const TAKEN_OVER = 'taken over ';
export const KEPT = 'kept ';
export const EXCEPTION_OVER = 'exception over ';
export const EXCEPTION_STUCK = 'exception stuck ';

/** By whom, out of which freeze, and to when: moved again, it is not their word any more. */
const movedBy = (
  before: Situation,
  { release: { when } }: Situation,
  actor: Actor,
  event: string,
  now: Instant,
): string => `${MOVED}${actor}~${catching(before, now)[0]?.id ?? ''}~${when.kind === 'at' ? when.start : ''}~${event}`;

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
export const oneNews = (wanted: readonly Wanted[]): readonly Wanted[] => {
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
export const news = (
  before: Situation | null,
  s: Situation,
  event: NamedEvent,
  actor: Actor,
  now: Instant,
): readonly Wanted[] => {
  const { release, round } = s;
  // Whoever left is written to no more: who stands in for them is.
  const here = (id: UserId | null): UserId | null => (id !== null && s.around.inactive.includes(id) ? runner(s) : id);
  const about = (people: readonly (UserId | null)[]): readonly Wanted[] =>
    others(actor, 'news')(release.id, event.id, people.map(here));
  const wasApproved = before?.release.state.status === 'approved';
  const asked = [release.owner, round?.openedBy ?? null];
  switch (event.kind) {
    case 'release.assigned':
      return [...roleNews(before, s, event, actor, now), ...openQuestions(s, event)];
    case 'release.edited':
      return before !== null && canonical(before.release.when) !== canonical(release.when)
        ? others(actor, 'news')(release.id, movedBy(before, s, actor, event.id, now), [release.owner, release.deployer])
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
    case 'release.hold_ended':
      return about([release.owner, release.deployer]);
    case 'release.cancelled':
    case 'release.came_back':
      return about([release.owner]);
    case 'deployment.ended_in_part':
      // What went back instead is asked about in a message of its own.
      return event.data.back === null ? about([release.owner, release.deployer]) : [];
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
