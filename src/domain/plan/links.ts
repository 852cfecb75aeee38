/** How a release hangs on others: what has to be deployed before it, or goes together with it, and what a hotfix fixes. */
import { happened } from '../events.ts';
import type { ReleaseId } from '../ids.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import {
  keyNumber,
  keyOf,
  type Need,
  nameOf,
  type Outcome,
  type Release,
  type ReleaseStatus,
  STATUS_WORDS,
  statusOf,
  type When,
} from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import type { Effect, Situation } from '../situation.ts';
import { type Instant, latest } from '../time.ts';
import { at, command, count, type Sentence, say } from '../words.ts';

/** What is known of a release that this one hangs on, by whatever way. */
export type Linked = Pick<Release, 'number' | 'service' | 'version' | 'everAsked'> & {
  release: ReleaseId;
  status: ReleaseStatus;
  since: Instant;
  /** What a closed one was before, how it closed, and since when it was so. */
  was: ReleaseStatus | null;
  outcome: Outcome | null;
  wasSince: Instant | null;
  /** What took its place, where it was replaced. */
  replacedBy: ReleaseId | null;
  when: When;
  needs: readonly Need[];
};

/** What is known of a release, by its id or key. */
export const linkedOf = (s: Situation, reference: string): Linked | null =>
  s.around.linked.find(({ release, number }) => release === reference || number === keyNumber(reference)) ?? null;

/** Its needs, with what is known of each; what goes together with it is so from both sides. */
const needsOf = (s: Situation): readonly Needed[] => {
  const own = s.release.needs.flatMap((need) => {
    const other = linkedOf(s, need.release);
    return other === null ? [] : [{ need, other }];
  });
  const others = s.around.neededBy
    .filter(
      ({ release, needs }) =>
        needs.some((need) => need.release === s.release.id && need.kind === 'together') &&
        !own.some(({ need }) => need.release === release),
    )
    .map((other): Needed => ({ need: { release: other.release, kind: 'together' }, other }));
  return [...own, ...others];
};

const named = ({ service, version, number }: Linked): string => `${service} ${version} (REL-${number})`;

const isLive = ({ status, was, outcome }: Linked): boolean =>
  status === 'deployed' ||
  (status === 'closed' && was === 'deployed' && outcome !== 'rolled back' && outcome !== 'failed');

/** What stands for it: itself, or what took its place. */
const standsFor = (s: Situation, other: Linked, depth = 10): Linked => {
  const next = other.status === 'cancelled' && other.replacedBy !== null ? linkedOf(s, other.replacedBy) : null;
  return next === null || depth === 0 ? other : standsFor(s, next, depth - 1);
};

const isThere = (s: Situation, other: Linked): boolean => isLive(standsFor(s, other));

const isReady = (s: Situation, other: Linked): boolean => {
  const { status } = standsFor(s, other);
  return isThere(s, other) || status === 'approved' || status === 'deploying';
};

/** Nobody but its roles knows of it yet. */
const isHidden = ({ status, everAsked }: Linked): boolean =>
  (status === 'draft' || status === 'cancelled') && !everAsked;

/** Waiting does not bring what was given up; what was replaced is brought by what took its place. */
const isGone = (s: Situation, other: Linked): boolean => {
  const it = standsFor(s, other);
  return it.status === 'cancelled' || (it.status === 'closed' && !isLive(it));
};

type Needed = { need: Need; other: Linked };

const isMet = (s: Situation, { need, other }: Needed): boolean =>
  need.kind === 'before' ? isThere(s, other) : isReady(s, other);

/** `failed`, `replaced by search 4.3.0 (REL-8), which is approved`. */
const standing = (s: Situation, other: Linked): string => {
  const it = standsFor(s, other);
  return it === other ? STATUS_WORDS[other.status] : `replaced by ${named(it)}, which is ${STATUS_WORDS[it.status]}`;
};

const sentenceOf = (s: Situation, { need, other }: Needed): Sentence =>
  need.kind === 'before'
    ? say`${named(other)} has to be deployed first, and is ${standing(s, other)}`
    : say`${named(other)} goes together with it, and is ${standing(s, other)}`;

/** The command that takes it back, of the release that says so. */
const takingBack = (s: Situation, { need, other }: Needed): string =>
  s.release.needs.some(({ release }) => release === need.release)
    ? `depends ${keyOf(s.release)} not on ${keyOf(other)}`
    : `depends ${keyOf(other)} not on ${keyOf(s.release)}`;

type NeedsCheck = { state: 'pass' | 'wait' | 'deny'; sentence: Sentence; fix: Sentence };

/** Whether what it needs is there. Nothing where it needs nothing, and where nothing is protected. */
export const needsCheck = (s: Situation, environment: string): NeedsCheck | null => {
  const all = needsOf(s);
  if (all.length === 0 || !isProtected(s, environment)) return null;
  const open = all.filter((each) => !isMet(s, each));
  const [first] = open;
  if (first === undefined)
    return { state: 'pass', sentence: say`${count(all.length, 'dependency is', 'dependencies are')} there`, fix: [] };
  const gone = open.find(({ other }) => isGone(s, other));
  const rest = open.length === 1 ? '' : ` (and ${open.length - 1} more)`;
  return {
    state: gone === undefined ? 'wait' : 'deny',
    sentence: say`${sentenceOf(s, gone ?? first)}${rest}`,
    fix: say`${gone === undefined ? 'Wait for it, or take' : 'Take'} the dependency back with ${command(takingBack(s, gone ?? first))}.`,
  };
};

/** Since when it is there, or ready: when it came to that, not what became of it since. */
const metAt = (s: Situation, { need, other }: Needed): Instant | null => {
  const it = standsFor(s, other);
  if (it.status === 'closed') return it.wasSince;
  // What goes together with it and has gone already was ready before that.
  return need.kind === 'together' && it.status !== 'approved' ? it.wasSince : it.since;
};

/** When the last of what it needs was there; `null` while something is open, or it needs nothing. */
export const needsMetAt = (s: Situation): Instant | null => {
  const all = needsOf(s);
  return all.length === 0 || all.some((each) => !isMet(s, each)) ? null : latest(all.map((each) => metAt(s, each)));
};

/** What it waits for in vain, and since when: it was given up. */
export const lostNeeds = (s: Situation): readonly { name: string; since: Instant }[] =>
  needsOf(s)
    .filter(({ other }) => isGone(s, other))
    .map(({ other }) => ({ name: named(other), since: other.since }));

const startOf = (when: When): Instant | null => (when.kind === 'at' ? when.start : null);

/** Where the plans do not fit: what has to go first is planned for later, what goes together for another time. */
export const needConflicts = (s: Situation): readonly Sentence[] => {
  const mine = startOf(s.release.when);
  return needsOf(s).flatMap(({ need, other }) => {
    const theirs = startOf(other.when);
    if (mine === null || theirs === null || isThere(s, other)) return [];
    if (need.kind === 'before')
      return theirs < mine ? [] : [say`${named(other)} has to go first, and is planned for ${at(theirs)}`];
    const end = other.when.kind === 'at' ? other.when.end : null;
    return theirs === mine || (end !== null && mine >= theirs && mine < end)
      ? []
      : [say`${named(other)} goes together with it, and is planned for ${at(theirs)}`];
  });
};

/** From `start`, by what has to go before: whether one comes to `to`. */
const reaches = (all: readonly Linked[], start: ReleaseId, to: ReleaseId, seen = new Set<ReleaseId>()): boolean => {
  if (start === to) return true;
  if (seen.has(start)) return false;
  seen.add(start);
  const needs = all.find(({ release }) => release === start)?.needs ?? [];
  return needs.some(({ release, kind }) => kind === 'before' && reaches(all, release, to, seen));
};

const MOST = 10;

/** `on`: the id of the other one, or its key. */
export type DependInput = { on: string; kind: Need['kind'] };

const isOver = ({ release: { state } }: Situation): boolean =>
  ['deployed', 'rolled_back', 'closed', 'cancelled'].includes(state.status);

/** Makes it wait for another release. Refuses itself, a circle, what others may not see, what was given up, and what is over already. */
export const dependOn = (s: Situation, { on, kind }: DependInput): Decision<Effect> => {
  const { release } = s;
  const other = linkedOf(s, on);
  const name = nameOf(release);
  const no = (status: string, fix: Sentence): Decision<never> =>
    refuse({ code: 'status', did: 'Nothing changed', name, status, fix });
  const itself = other?.release === release.id;
  if (other === null || (isHidden(other) && !itself))
    return refuse({
      code: 'not_found',
      what: 'release to wait for',
      reference: other === null ? on : keyOf(other),
      fix: other === null ? say`Name it like REL-142.` : say`It is a private draft: ask for its approval first.`,
    });
  if (itself) return no('the same release', say`Name the one that it waits for.`);
  if (isOver(s)) return no(statusOf(release.state), say`What is over waits for nothing.`);
  if (isGone(s, other))
    return no(
      `without a use for ${named(other)}, which is ${STATUS_WORDS[other.status]}`,
      say`Name one that is still to come.`,
    );
  const mutual =
    kind === 'together' && needsOf(s).some(({ need }) => need.release === other.release && need.kind === kind);
  if (mutual || release.needs.some((need) => need.release === other.release && need.kind === kind))
    return no(`waiting for ${named(other)} already`, say`See ${command(`why ${keyOf(release)}`)}.`);
  if (release.needs.length >= MOST) return no(`waiting for ${MOST} releases already`, say`Take one back first.`);
  if (kind === 'before' && reaches(s.around.linked, other.release, release.id))
    return no(
      `what ${named(other)} waits for: both would wait for ever`,
      say`Let them go together, or take the other way round back.`,
    );
  const needs = [...release.needs.filter((need) => need.release !== other.release), { release: other.release, kind }];
  const event = happened(release.id, 'release.depends', { on: named(other), kind, added: true });
  return allow({ after: { ...s, release: { ...release, needs } }, events: [event] });
};

/** It waits for that one no more. */
export const dependNoMore = (s: Situation, { on }: { on: string }): Decision<Effect> => {
  const { release } = s;
  const other = linkedOf(s, on);
  const need = release.needs.find((each) => each.release === (other?.release ?? on));
  if (need === undefined)
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(release),
      status: `not waiting for ${other === null ? 'it' : named(other)}`,
      fix:
        other !== null && s.around.neededBy.some((each) => each.release === other.release)
          ? say`That one says so: ${command(`depends ${keyOf(other)} not on ${keyOf(release)}`)}.`
          : say`See ${command(`why ${keyOf(release)}`)}.`,
    });
  const event = happened(release.id, 'release.depends', {
    on: other === null ? on : named(other),
    kind: need.kind,
    added: false,
  });
  const needs = release.needs.filter((each) => each !== need);
  return allow({ after: { ...s, release: { ...release, needs } }, events: [event] });
};

/** What it hangs on and what hangs on it, in a few words: `after search 4.2.0 (REL-7), approved`. */
export const linkWords = (s: Situation): readonly string[] => [
  ...needsOf(s).map(
    ({ need, other }) => `${need.kind === 'before' ? 'after' : 'together with'} ${named(other)}, ${standing(s, other)}`,
  ),
  ...s.around.neededBy
    .filter((other) => !needsOf(s).some(({ need }) => need.release === other.release))
    .map((other) => `${named(other)} waits for it`),
];

/** What a hotfix fixes, where it is of the same service. */
export const fixesWords = (s: Situation): string | null => {
  const fixed = s.release.fixes === null ? null : linkedOf(s, s.release.fixes);
  return fixed === null || fixed.service !== s.release.service ? null : named(fixed);
};
