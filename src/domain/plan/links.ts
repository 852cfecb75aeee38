/** How a release hangs on others: what has to be deployed before it, or goes together with it, and what a hotfix fixes. */
import { happened } from '../events.ts';
import type { ReleaseId } from '../ids.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import {
  keyNumber,
  keyOf,
  move,
  type Need,
  nameOf,
  type Release,
  type ReleaseStatus,
  STATUS_WORDS,
  type When,
} from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import type { Effect, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { at, command, count, type Sentence, say } from '../words.ts';

/** What is known of a release that this one hangs on, by whatever way. */
export type Linked = Pick<Release, 'number' | 'service' | 'version' | 'everAsked'> & {
  release: ReleaseId;
  status: ReleaseStatus;
  since: Instant;
  /** What a closed one was before. */
  was: ReleaseStatus | null;
  when: When;
  needs: readonly Need[];
};

/** What is known of a release, by its id or key. */
export const linkedOf = (s: Situation, reference: string): Linked | null =>
  s.around.linked.find(({ release, number }) => release === reference || number === keyNumber(reference)) ?? null;

/** Its needs, with what is known of each. */
const needsOf = (s: Situation): readonly { need: Need; other: Linked }[] =>
  s.release.needs.flatMap((need) => {
    const other = linkedOf(s, need.release);
    return other === null ? [] : [{ need, other }];
  });

const named = ({ service, version, number }: Linked): string => `${service} ${version} (REL-${number})`;

const isThere = ({ status, was }: Linked): boolean =>
  status === 'deployed' || (status === 'closed' && was === 'deployed');

const isReady = (other: Linked): boolean =>
  isThere(other) || other.status === 'approved' || other.status === 'deploying';

/** Nobody but its roles knows of it yet. */
const isHidden = ({ status, everAsked }: Linked): boolean =>
  (status === 'draft' || status === 'cancelled') && !everAsked;

/** Waiting does not bring what was given up. */
const isGone = ({ status, was }: Linked): boolean =>
  status === 'cancelled' || (status === 'closed' && was !== 'deployed');

const isMet = ({ need, other }: { need: Need; other: Linked }): boolean =>
  need.kind === 'before' ? isThere(other) : isReady(other);

const sentenceOf = ({ need, other }: { need: Need; other: Linked }): Sentence =>
  need.kind === 'before'
    ? say`${named(other)} has to be deployed first, and is ${STATUS_WORDS[other.status]}`
    : say`${named(other)} goes together with it, and is ${STATUS_WORDS[other.status]}`;

type NeedsCheck = { state: 'pass' | 'wait' | 'deny'; sentence: Sentence; fix: Sentence };

/** Whether what it needs is there. Nothing where it needs nothing, and where nothing is protected. */
export const needsCheck = (s: Situation, environment: string): NeedsCheck | null => {
  const all = needsOf(s);
  if (all.length === 0 || !isProtected(s, environment)) return null;
  const open = all.filter((each) => !isMet(each));
  const [first] = open;
  if (first === undefined)
    return { state: 'pass', sentence: say`${count(all.length, 'dependency is', 'dependencies are')} there`, fix: [] };
  const gone = open.find(({ other }) => isGone(other));
  const key = keyOf(s.release);
  const rest = open.length === 1 ? '' : ` (and ${open.length - 1} more)`;
  return {
    state: gone === undefined ? 'wait' : 'deny',
    sentence: say`${sentenceOf(gone ?? first)}${rest}`,
    fix: say`${gone === undefined ? 'Wait for it, or take' : 'Take'} the dependency back with ${command(`depends ${key} not on REL-${(gone ?? first).other.number}`)}.`,
  };
};

/** When the last of what it needs was deployed; `null` while something is open, or it needs nothing. */
export const needsMetAt = (s: Situation): Instant | null => {
  const all = needsOf(s);
  return all.length === 0 || all.some((each) => !isMet(each))
    ? null
    : all.map(({ other }) => other.since).reduce((last, since) => (since > last ? since : last));
};

const startOf = (when: When): Instant | null => (when.kind === 'at' ? when.start : null);

/** Where the plans do not fit: what has to go first is planned for later, what goes together for another time. */
export const needConflicts = (s: Situation): readonly Sentence[] => {
  const mine = startOf(s.release.when);
  return needsOf(s).flatMap(({ need, other }) => {
    const theirs = startOf(other.when);
    if (mine === null || theirs === null || isThere(other)) return [];
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
      fix: say`A private draft is asked for first, with ${command('submit')}.`,
    });
  if (itself) return no('the same release', say`Name the one that it waits for.`);
  if (isOver(s)) return no(STATUS_WORDS[release.state.status], say`What is over waits for nothing.`);
  if (isGone(other))
    return no(
      `without a use for ${named(other)}, which is ${STATUS_WORDS[other.status]}`,
      say`Name one that is still to come.`,
    );
  if (release.needs.some((need) => need.release === other.release && need.kind === kind))
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
      fix: say`See ${command(`why ${keyOf(release)}`)}.`,
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
    ({ need, other }) =>
      `${need.kind === 'before' ? 'after' : 'together with'} ${named(other)}, ${STATUS_WORDS[other.status]}`,
  ),
  ...s.around.neededBy.map(({ name }) => `${name} waits for it`),
];

/** What a hotfix fixes, where it is of the same service. */
export const fixesWords = (s: Situation): string | null => {
  const fixed = s.release.fixes === null ? null : linkedOf(s, s.release.fixes);
  return fixed === null || fixed.service !== s.release.service ? null : named(fixed);
};

/** The hotfix that is everywhere where this one failed; `null` while none is. */
const fixedBy = (s: Situation) =>
  s.around.siblings.find(
    ({ fixes, status, targets }) =>
      fixes === s.release.id && status === 'deployed' && s.release.targets.every((place) => targets.includes(place)),
  ) ?? null;

/** What failed is fixed forward: a hotfix of it is deployed. And failed again when that one is not any more. */
export const followHotfix = (s: Situation, now: Instant): Effect | null => {
  const { state } = s.release;
  const fix = fixedBy(s);
  const running = s.deployments.some((d) => d.state === 'running');
  if (state.status === 'failed' && fix !== null && !running) {
    const before = s.deployments.findLast(({ kind }) => kind === 'deploy')?.before ?? null;
    const release = move(s.release, { status: 'deployed', since: now, before, healthy: true, fixedBy: fix.release });
    const data = { by: keyOf(fix), version: fix.version };
    return { after: { ...s, release }, events: [happened(s.release.id, 'release.fixed', data)] };
  }
  const lost =
    state.status === 'deployed' && state.fixedBy !== undefined
      ? s.around.siblings.find(({ release, status }) => release === state.fixedBy && status === 'rolled_back')
      : undefined;
  if (lost === undefined) return null;
  const reason = `its fix ${lost.version} (${keyOf(lost)}) was rolled back`;
  const event = happened(s.release.id, 'release.unfixed', { by: keyOf(lost), version: lost.version });
  return { after: { ...s, release: move(s.release, { status: 'failed', since: now, reason }) }, events: [event] };
};
