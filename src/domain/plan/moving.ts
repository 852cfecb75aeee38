/** Moving held releases behind a freeze: to which slot each, and what a move does to the approval, told before it is done. */

import { liveDecisions } from '../approval/policy.ts';
import { differences } from '../approval/snapshot.ts';
import type { Freeze } from '../freeze/calendar.ts';
import { heldByFreeze, openMoment, plannedInto, plannedOutside, stoppingFreeze } from '../freeze/caught.ts';
import { nextEnvironment, readiness, targetsLeft } from '../readiness.ts';
import { type Decision, refuseField } from '../refusal.ts';
import { keyOf, notStarted, type Release } from '../release/release.ts';
import { type Act, type Effect, type Sibling, type Situation } from '../situation.ts';
import { after, type Instant, MINUTE } from '../time.ts';
import { at, command, say } from '../words.ts';
import { editRelease } from './edit.ts';
import { validUntilNow } from './hold.ts';

const DEPLOYS_IN = 120;

/** How long a deployment of the service may take. */
const lasts = (s: Situation): number =>
  (s.around.catalog.services[s.release.service]?.deployMinutes ?? DEPLOYS_IN) * MINUTE;

type Planned = Pick<Sibling, 'when' | 'status'>;

/** Another release of the service whose deployment is planned to run into this one's. */
const clash = (s: Situation, others: readonly Planned[], start: Instant): Instant | null => {
  const taken = others
    .filter(({ status }) => status !== 'draft')
    .flatMap(({ when }) => (when.kind === 'at' ? [when.start] : []))
    .filter((other) => other > after(start, -lasts(s)) && other < after(start, lasts(s)));
  const [last] = taken.sort().reverse();
  return last ?? null;
};

/** The first moment at or after `from` that no freeze stops and no other release of the service has. */
export const freeMoment = (s: Situation, from: Instant, others: readonly Planned[] = s.around.siblings): Instant => {
  let start = openMoment(s, from);
  for (;;) {
    const other = clash(s, others, start);
    if (other === null) return start;
    start = openMoment(s, after(other, lasts(s)));
  }
};

/**
 * What stands against this start, while it is being picked: past, inside a freeze, or beside another deployment of the service. `free`: the
 * first moment from then on that nothing has. `null` when nothing does.
 */
export type AgainstStart =
  | { why: 'past' }
  | { why: 'frozen'; environment: string; freeze: Freeze; free: Instant }
  | { why: 'closed'; environment: string; free: Instant }
  | { why: 'another'; free: Instant };

export const againstStart = (s: Situation, start: Instant, now: Instant): AgainstStart | null => {
  if (start <= now) return { why: 'past' };
  const planned: Situation = { ...s, release: { ...s.release, when: { kind: 'at', start, end: null } } };
  const into = plannedInto(planned, targetsLeft(planned), now);
  const free = freeMoment(planned, start);
  if (into !== null) return { why: 'frozen', environment: into.environment, freeze: into.freeze, free };
  const outside = plannedOutside(planned, targetsLeft(planned), now);
  if (outside !== null) return { why: 'closed', environment: outside.environment, free };
  return free === start ? null : { why: 'another', free };
};

/** The first moment at which it could start; null while nobody can say. */
export const firstSlot = (
  s: Situation,
  now: Instant,
  others: readonly Planned[] = s.around.siblings,
): Instant | null => {
  const environment = nextEnvironment(s);
  const from = readiness(s, environment, now).earliest ?? stoppingFreeze(s, environment, now)?.endsAt ?? null;
  return from === null ? null : freeMoment(s, from, others);
};

/** When its approval ends, where that is before whatever freeze holds it does; null where it lasts until then. */
export const lapsesInside = (s: Situation, now: Instant): Instant | null => {
  const held = s.release.state.status === 'approved' ? heldByFreeze(s, now) : null;
  const until = validUntilNow(s, now);
  return held !== null && until <= held.free ? until : null;
};

/** Where *Move* takes it: behind the freeze that it is planned into, else to the first moment at which it could start. */
export const slotBehind = (s: Situation, now: Instant): Instant | null => {
  const into = plannedInto(s, targetsLeft(s), now) ?? plannedOutside(s, targetsLeft(s), now);
  return into === null ? firstSlot(s, now) : freeMoment(s, into.slot);
};

const planOf = ({ release }: Situation): string => (release.when.kind === 'at' ? release.when.start : '');
const byPlan = (a: Situation, b: Situation): number =>
  planOf(a) === planOf(b) ? a.release.number - b.release.number : planOf(a) < planOf(b) ? -1 : 1;

/** A slot for each of several, in the order of their plans: no two of one service at the same time. */
export const slotsFor = <S extends Situation>(
  held: readonly S[],
  now: Instant,
): readonly { s: S; slot: Instant | null }[] => {
  const moved = new Map<string, Planned>();
  return [...held].sort(byPlan).map((s) => {
    const given = held.flatMap(({ release }) =>
      release.service === s.release.service && release.id !== s.release.id ? (moved.get(release.id) ?? []) : [],
    );
    const staying = s.around.siblings.filter(({ release }) => !held.some((other) => other.release.id === release));
    const slot = firstSlot(s, now, [...staying, ...given]);
    if (slot !== null) moved.set(s.release.id, { when: { kind: 'at', start: slot, end: null }, status: 'approved' });
    return { s, slot };
  });
};

/** For when it is planned, as a button carries it. */
export const planShown = ({ when }: Pick<Release, 'when'>): string => (when.kind === 'at' ? when.start : when.kind);

/**
 * To the first slot after the freeze; a slot that has begun meanwhile is the next minute. Refuses where somebody has planned it anew since the
 * button was shown (`from`).
 */
export const moveBehind = (
  s: Situation,
  { start, from }: { start: Instant; from?: string | null | undefined },
  act: Act,
): Decision<Effect> => {
  const { when } = s.release;
  if (from != null && from !== planShown(s.release))
    return refuseField(
      'when',
      say`Not moved: since that button was shown it was planned ${when.kind === 'at' ? say`for ${at(when.start)}` : say`anew`}. Choose another time with ${command(`schedule ${keyOf(s.release)}`)}.`,
    );
  const next = start > act.now ? start : after(act.now, MINUTE);
  // Of several that one freeze holds, another took the slot of that button.
  if (from != null && clash(s, s.around.siblings, next) !== null)
    return refuseField(
      'when',
      say`Not moved: another release of ${s.release.service} has ${at(next)} by now. The next free time is ${at(freeMoment(s, next))}: take it with ${command(`schedule ${keyOf(s.release)}`)}.`,
    );
  return editRelease(s, { when: { kind: 'at', start: next, end: null } }, act);
};

/** What moving it there does to its approval: the same edit, tried. */
export const movingDoes = (
  s: Situation,
  start: Instant,
  now: Instant,
): 'nothing' | 'refused' | { asksAgain: 'another day' | 'not so soon' | 'what it is judged by' } => {
  if (!notStarted(s.release) || s.release.state.status === 'draft') return 'nothing';
  let count = 0;
  const newId = (): never => {
    count += 1;
    return `tried_${count}` as never;
  };
  const tried = editRelease(s, { when: { kind: 'at', start, end: null } }, { by: s.release.owner, now, newId });
  if (!tried.ok) return 'refused';
  // Where nobody has approved yet there is nothing to lose.
  const given = s.round !== null && liveDecisions(s.round).some(({ verdict }) => verdict === 'approve');
  if (!given || tried.value.after.round?.id === s.round?.id) return 'nothing';
  const { round } = s;
  const when = { kind: 'at', start, end: null } as const;
  const farther =
    round !== null &&
    differences(round.snapshot, { ...round.snapshot, when }, round.endedAt ?? round.openedAt).some(
      ({ affects }) => affects !== 'none',
    );
  if (!farther) return { asksAgain: 'what it is judged by' };
  return { asksAgain: s.release.when.kind === 'at' ? 'another day' : 'not so soon' };
};
