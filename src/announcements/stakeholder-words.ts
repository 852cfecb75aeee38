/** What people who wait for changes are told of each state: one table, in their words. */

import type { Deployment } from '../domain/deployment/deployment.ts';
import { isReplaced } from '../domain/deployment/newer.ts';
import { isKnownBad, stillReached } from '../domain/deployment/rollback.ts';
import { failures, fixUnderWay, standingPlaces } from '../domain/deployment/standing.ts';
import { heldByFreeze } from '../domain/freeze/caught.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { nameOf, type ReleaseState } from '../domain/release/release.ts';
import { type Instant, latest } from '../domain/time.ts';
import type { Seen } from '../situation/seen-by.ts';
import { dateToken, EMPTY, type Mrkdwn, md } from '../slack/mrkdwn.ts';

/** Where a release stands for somebody who does not deploy. */
export type PublicState =
  | 'coming'
  | 'going live'
  | 'live'
  | 'live with a problem'
  | 'problem'
  | 'going back'
  | 'back'
  | 'being repaired'
  | 'not live'
  | 'replaced'
  | 'cancelled';

const isLive = (s: Seen): boolean =>
  s.around.running.some(
    ({ environment, version }) => s.release.targets.includes(environment) && version === s.release.version,
  );

/** What it came to in the end, where it was closed. */
const closedAs = (s: Seen, from: ReleaseState): PublicState => {
  if (from.status === 'rolled_back') return 'back';
  if (from.status === 'failed' && standingPlaces(s).length > 0) return 'live with a problem';
  return isLive(s) || from.status === 'deployed' ? 'live' : 'not live';
};

/** Attempts where it was meant to go: what went through on the way there reached no customer. */
const attempts = ({ deployments, release }: Seen): readonly Deployment[] =>
  deployments.filter(({ state, environment }) => state !== 'aborted' && release.targets.includes(environment));

/** The rollback that ended what was wrong with this deployment; null while nothing has. */
const wentBack = (s: Seen, failed: Deployment): Deployment | null =>
  s.deployments.find(
    (d) =>
      d.kind === 'rollback' &&
      d.state === 'succeeded' &&
      d.environment === failed.environment &&
      s.deployments.indexOf(d) > s.deployments.indexOf(failed),
  ) ?? null;

/** Before its next deployment: new, broken where it was brought, or back where it had been before. */
const beforeDeploying = (s: Seen): PublicState => {
  const last = attempts(s).filter(({ kind }) => kind === 'deploy');
  if (last.length === 0) return 'coming';
  if (!last.every((d) => wentBack(s, d) !== null)) return 'being repaired';
  return s.release.state.status === 'draft' ? 'back' : 'coming';
};

export const publicState = (s: Seen): PublicState => {
  const { state } = s.release;
  const rollingBack = s.deployments.some((d) => d.state === 'running' && d.kind === 'rollback');
  if (rollingBack) return 'going back';
  switch (state.status) {
    case 'draft':
    case 'awaiting_approval':
    case 'approved':
      return beforeDeploying(s);
    case 'deploying':
      return 'going live';
    case 'deployed':
      return 'live';
    case 'failed':
      return isReplaced(s) ? 'replaced' : 'problem';
    case 'rolled_back':
      return 'back';
    case 'closed':
      return closedAs(s, state.from);
    case 'cancelled':
      return state.replacedBy === null ? 'cancelled' : 'replaced';
  }
};

/** When it came to the last of its places: that it was called not healthy in between is no other time. */
const cameAt = (s: Seen): Instant | null => latest(standingPlaces(s).map(({ finishedAt }) => finishedAt));

/** Where it stays, when that is not everywhere. */
const keptWhere = (s: Seen): string => {
  const places = standingPlaces(s).map(({ environment }) => environment);
  return places.length < s.release.targets.length ? ` in ${places.join(', ')}` : '';
};

/** What went through is there, well or not. */
const hasCome = (s: Seen): boolean => standingPlaces(s).length > 0;

/** Where it went back, when a newer one runs elsewhere. */
const backWhere = (s: Seen): string => {
  const back = s.deployments.findLast((d) => d.kind === 'rollback' && d.state === 'succeeded');
  return s.around.newer === null || back === undefined ? '' : ` in ${back.environment}`;
};

/** The version that a service runs where this release was meant to go. */
const runsNow = (s: Seen): string | null =>
  s.around.running.find(({ environment }) => s.release.targets.includes(environment))?.version ?? null;

const hasFailed = ({ around: { siblings } }: Seen, id: ReleaseId): boolean =>
  siblings.some(({ release, status }) => release === id && status === 'failed');
const isFixOf = ({ release: { id }, around: { siblings } }: Seen, fix: ReleaseId): boolean =>
  siblings.some(({ release, fixes }) => release === fix && fixes === id);

/** The version that mended it, where what failed was fixed forward, and whether that one is well. */
const mendedBy = (s: Seen) => {
  const { state } = s.release;
  const { newer, busy } = s.around;
  return state.status === 'deployed' &&
    state.fixedBy !== undefined &&
    state.fixedBy === newer?.release &&
    !busy.some(({ release, kind }) => release === state.fixedBy && kind === 'rollback')
    ? { version: newer.version, well: !hasFailed(s, newer.release) }
    : null;
};

/** What a service went back to worked before, unless that version has a problem of its own. */
const asBefore = (s: Seen, version: string | null): string =>
  isKnownBad(s, version) ? ', which has a problem of its own' : ' and works as before';

/** It was live, whatever came then. */
const everCame = (s: Seen): boolean =>
  attempts(s).some(({ kind, state }) => kind === 'deploy' && state === 'succeeded');

const NEW_DATE = md`; a new date follows here`;

/** When it comes: never a time inside a freeze, nor one that has passed, nor one that nobody stands by any more. */
const comesWhen = (s: Seen, now: Instant): Mrkdwn => {
  const { when, state, hold } = s.release;
  if (state.status === 'draft') return NEW_DATE;
  const held = heldByFreeze(s, now);
  if (held !== null) return md`, not before ${dateToken(held.free)}: nothing changes until then`;
  if (hold !== null && (hold.until === null || (when.kind === 'at' && when.start < hold.until)))
    return hold.until === null ? NEW_DATE : md`, not before ${dateToken(hold.until)}`;
  if (when.kind !== 'at') return EMPTY;
  if (when.start > now) return md` ${dateToken(when.start)}`;
  return state.status === 'approved' ? EMPTY : NEW_DATE;
};

/** Under way somewhere, or there in some of its places and still to come to the others. */
const goesLive = (s: Seen): string => {
  const there = standingPlaces(s).map(({ environment }) => environment);
  const left = s.release.targets.filter((place) => !there.includes(place));
  return there.length === 0 || left.length === 0 || s.deployments.some(({ state }) => state === 'running')
    ? 'going live now'
    : `live in ${there.join(', ')}, and comes to ${left.join(', ')} next`;
};

type Words = { head: Mrkdwn /** What stands before the customers' sentence. */; leadIn: string };

/** The first line of the one message, read aloud for each state. */
export const stakeholderWords = (s: Seen, now: Instant): Words => {
  const name = nameOf(s.release);
  const { state } = s.release;
  const mend = mendedBy(s);
  switch (publicState(s)) {
    case 'coming':
      return { head: md`${name} is coming${comesWhen(s, now)}.`, leadIn: 'What changes: ' };
    case 'going live':
      return { head: md`${name} is ${goesLive(s)}.`, leadIn: 'What changes: ' };
    case 'live':
      if (mend !== null)
        return {
          head: md`${name} was mended by ${mend.version}, which ${mend.well ? 'is live' : 'has a problem of its own'}.`,
          leadIn: '',
        };
      return {
        head: md`${name} is live${state.status === 'deployed' ? md` since ${dateToken(cameAt(s) ?? state.since)}` : EMPTY}.`,
        leadIn: '',
      };
    case 'live with a problem':
      return { head: md`${name} is live${keptWhere(s)}, with a problem that is known.`, leadIn: '' };
    case 'problem':
      return {
        head: md`${name} has a problem.`,
        leadIn: hasCome(s) || isLive(s) ? 'What changes: ' : 'What was to change: ',
      };
    case 'going back':
      return {
        head: md`${name} has a problem: ${s.release.service} is going back to the version before.`,
        leadIn: 'What was to change: ',
      };
    case 'back': {
      const to = state.status === 'rolled_back' ? state.to : runsNow(s);
      return {
        head: md`${s.release.service} is back on ${to ?? 'the version before'}${backWhere(s)}: ${s.release.version} is not live.`,
        leadIn: 'Comes later: ',
      };
    }
    case 'being repaired':
      return { head: md`${name} is being repaired; a new date follows here.`, leadIn: 'Comes later: ' };
    case 'not live':
      return {
        head: md`${name} ${everCame(s) ? 'is not live any more' : 'did not go live'}.`,
        leadIn: 'What was to change: ',
      };
    case 'replaced':
      if (everCame(s))
        return {
          head: md`${name} is not live any more: a newer version of ${s.release.service} took its place.`,
          leadIn: 'What changed: ',
        };
      return {
        head: md`${name} does not come by itself: a newer version of ${s.release.service} took its place.`,
        leadIn: 'What was to change: ',
      };
    case 'cancelled':
      return { head: md`${name} does not come.`, leadIn: 'What was to change: ' };
  }
};

/** When the last word was said about it: a closed release keeps the time of what it came to. */
const settledAt = ({ release: { state } }: Seen): Instant =>
  state.status === 'closed' ? state.from.since : state.since;

/** What came in the same place after it. */
const cameAfter = (s: Seen, d: Deployment): readonly Deployment[] =>
  s.deployments
    .slice(s.deployments.indexOf(d) + 1)
    .filter(
      ({ kind, state, environment }) => kind === 'deploy' && state !== 'aborted' && environment === d.environment,
    );
const deployedAfter = (s: Seen, d: Deployment): boolean => cameAfter(s, d).length > 0;
const succeededAfter = (s: Seen, d: Deployment): Deployment | null =>
  cameAfter(s, d).find(({ state }) => state === 'succeeded') ?? null;

/** The post about a failure: what is known, what is being done, and what came of it. Once solved it stays so, whatever is tried next. */
export const problemWords = (s: Seen, failed: Deployment | null): { solved: boolean; words: Mrkdwn } => {
  const { release } = s;
  const { service } = release;
  const publicly = publicState(s);
  const back = failed === null ? null : wentBack(s, failed);
  const retried = failed?.state === 'failed' && failed.kind === 'deploy' ? succeededAfter(s, failed) : null;
  if (retried !== null && publicly !== 'live')
    return {
      solved: true,
      words: md`*${service}: solved ${dateToken(retried.finishedAt ?? retried.startedAt)}.* ${release.version} went live with another try.`,
    };
  if (back !== null && (stillReached(s).length === 0 || deployedAfter(s, back))) {
    const later = publicly === 'back' || publicly === 'coming' ? md`; ${release.version} comes later` : EMPTY;
    return {
      solved: true,
      words: md`*${service}: solved ${dateToken(back.finishedAt ?? back.startedAt)}.* It went back to ${back.version}${backWhere(s)}${asBefore(s, back.version)}${later}.`,
    };
  }
  const running = s.deployments.find((d) => d.state === 'running' && d.kind === 'rollback');
  if (failed?.healthyAgainAt != null && failures(s).length === 0 && running === undefined)
    return {
      solved: true,
      words: md`*${service}: no problem after all, ${dateToken(failed.healthyAgainAt)}.* ${release.version} works.`,
    };
  // What it brought elsewhere works.
  if (back !== null && publicly === 'going live')
    return {
      solved: true,
      words: md`*${service}: solved ${dateToken(back.finishedAt ?? back.startedAt)}.* In ${back.environment} it went back to ${back.version}${asBefore(s, back.version)}.`,
    };
  const came = failed !== null && (failed.unhealthyAt !== null || failed.state === 'succeeded');
  const rollback = s.deployments.findLast((d) => d.kind === 'rollback' && d.environment === failed?.environment);
  const since =
    failed?.unhealthyAt ?? (failed?.state === 'failed' ? failed.finishedAt : rollback?.startedAt) ?? settledAt(s);
  const began = came
    ? md`*${service} has a problem since ${dateToken(since)}.* It came with ${release.version}.`
    : md`*${service} has a problem since ${dateToken(since)}.* Bringing ${release.version} live did not work.`;
  const goOn = (what: string): { solved: boolean; words: Mrkdwn } => ({ solved: false, words: md`${began} ${what}` });
  switch (publicly) {
    case 'going back':
      return goOn(`The team is going back to ${running?.version ?? 'the version before'} now.`);
    case 'going live':
      return goOn(`The team is bringing ${release.version} live again now.`);
    case 'being repaired':
    case 'coming':
      return goOn('The team is preparing a repair.');
    case 'problem':
      if (failures(s).some((d) => d.kind === 'rollback'))
        return goOn('Going back did not work either; the team is on it.');
      if (fixUnderWay(s) !== null)
        return goOn(`The team is bringing ${fixUnderWay(s)?.version ?? 'another version'}, which mends it.`);
      return back !== null && failures(s).length === 0
        ? goOn(`In ${back.environment} it went back to ${back.version} and works; the rest is being decided.`)
        : goOn('The team is deciding what to do.');
    case 'back':
      return {
        solved: true,
        words: md`*${service}: solved ${dateToken(settledAt(s))}.* It runs ${runsNow(s) ?? 'the version before'} again${asBefore(s, runsNow(s))}; ${release.version} comes later.`,
      };
    case 'live with a problem':
      return goOn(`The team has closed it: ${release.version} stays live${keptWhere(s)}, with that.`);
    case 'live': {
      const mend = mendedBy(s);
      if (mend?.well === false)
        return goOn(`${mend.version}, which mended it, has a problem as well; the team is deciding what to do.`);
      return {
        solved: true,
        words: md`*${service}: solved ${dateToken(settledAt(s))}.* ${mend?.version ?? release.version} is live.`,
      };
    }
    case 'replaced': {
      const { newer } = s.around;
      if (newer !== null && hasFailed(s, newer.release))
        return isFixOf(s, newer.release)
          ? goOn(`${newer.version}, which was to mend it, has a problem as well; the team is deciding what to do.`)
          : {
              solved: true,
              words: md`*${service}: over.* A newer version, ${newer.version}, took its place, and has a problem of its own.`,
            };
      return { solved: true, words: md`*${service}: over.* A newer version, ${newer?.version ?? ''}, is live.` };
    }
    case 'not live':
    case 'cancelled':
      return {
        solved: true,
        words: md`*${service}: over ${dateToken(settledAt(s))}.* ${release.version} is not live, and the team has closed it.`,
      };
  }
};
