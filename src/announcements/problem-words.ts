/** What people who wait for a change read of what went wrong with it, until it is over; and over it stays. */

import type { Deployment } from '../domain/deployment/deployment.ts';
import { isReplaced, isTaken, laterThere } from '../domain/deployment/newer.ts';
import { isKnownBad, stillReached } from '../domain/deployment/rollback.ts';
import { backOn, failures, fixUnderWay } from '../domain/deployment/standing.ts';
import { leftOutOf } from '../domain/release/release.ts';
import { type Instant } from '../domain/time.ts';
import type { Seen } from '../situation/seen-by.ts';
import { dateToken, EMPTY, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import {
  asBefore,
  backWhere,
  hasFailed,
  isFixOf,
  keptWhere,
  mendedBy,
  newerEverywhere,
  publicState,
  runsNow,
  wentApart,
  wentBack,
} from './public-state.ts';

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
  const several = release.targets.length + leftOutOf(release.state).length > 1;
  const back = failed === null ? null : wentBack(s, failed);
  // What another try solved is solved since then, whatever comes elsewhere or later.
  const retried = failed?.kind === 'deploy' && failed.healthyAgainAt === null ? succeededAfter(s, failed) : null;
  if (retried !== null && (back === null || s.deployments.indexOf(retried) < s.deployments.indexOf(back)))
    return {
      solved: true,
      words: md`*${service}: solved ${dateToken(retried.finishedAt ?? retried.startedAt)}.* ${release.version} ${publicly === 'live' && !several ? 'is live' : `went live${several ? ` in ${retried.environment}` : ''} with another try`}.`,
    };
  const again = back === null ? null : succeededAfter(s, back);
  if (back !== null && again !== null && wentBack(s, again) === null)
    return {
      solved: true,
      words: md`*${service}: solved ${dateToken(again.finishedAt ?? again.startedAt)}.* ${release.version} went live${several ? ` in ${again.environment}` : ''} with another try.`,
    };
  const { newer } = s.around;
  const taken = back === null && failed !== null && isTaken(s, failed.environment) && !isReplaced(s);
  if (taken && newer !== null && hasFailed(s, newer.release))
    return {
      solved: false,
      words: md`*${service} has a problem in ${failed.environment}.* A newer version, ${newer.version}, is there, and has a problem as well.`,
    };
  if (taken && newer !== null)
    return {
      solved: true,
      words: md`*${service}: over in ${failed.environment}.* A newer version, ${newer.version}, is live there.`,
    };
  const later = back === null && failed !== null ? laterThere(s, failed.environment) : null;
  if (later !== null && failed !== null && newer === null)
    return {
      solved: true,
      words: md`*${service}: solved ${dateToken(later.since)}.* ${several ? `In ${failed.environment} it` : 'It'} runs ${later.version} again.`,
    };
  if (back !== null && s.breakGlass?.usedBy != null && stillReached(s).length === 0 && newerEverywhere(s) === null)
    return {
      solved: true,
      words: md`*${service} is back on ${back.version} since ${dateToken(back.finishedAt ?? back.startedAt)}.* What ${release.version} was to mend is not mended yet.`,
    };
  if (back !== null && (stillReached(s).length === 0 || deployedAfter(s, back))) {
    const later = publicly === 'back' || publicly === 'coming' ? md`; ${release.version} comes later` : EMPTY;
    return {
      solved: true,
      words: md`*${service}: ${isKnownBad(s, back.version) ? 'went back' : 'solved'} ${dateToken(back.finishedAt ?? back.startedAt)}.* It went back to ${back.version}${wentApart(s) ? ` in ${back.environment}` : backWhere(s)}${asBefore(s, back.version)}${later}.`,
    };
  }
  const running = s.deployments.find((d) => d.state === 'running' && d.kind === 'rollback');
  // Of several places each has its own.
  const alone = s.deployments.every((d) => d.id === failed?.id || (d.state !== 'failed' && d.unhealthyAt === null));
  if (failed?.healthyAgainAt != null && alone && running === undefined)
    return {
      solved: true,
      words: md`*${service}: no problem after all, ${dateToken(failed.healthyAgainAt)}.* ${release.version} works.`,
    };
  // What is wrong elsewhere has a post of its own.
  if (failed?.healthyAgainAt != null && failures(s).every(({ id }) => id !== failed.id))
    return {
      solved: true,
      words: md`*${service}: no problem in ${failed.environment} after all, ${dateToken(failed.healthyAgainAt)}.*`,
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
  const there = several && failed !== null ? ` in ${failed.environment}` : '';
  const began = came
    ? md`*${service} has a problem${there} since ${dateToken(since)}.* It came with ${release.version}.`
    : md`*${service} has a problem${there} since ${dateToken(since)}.* Bringing ${release.version} live did not work.`;
  const goOn = (what: string): { solved: boolean; words: Mrkdwn } => ({ solved: false, words: md`${began} ${what}` });
  switch (publicly) {
    case 'going back':
      return several && running !== undefined && running.environment !== failed?.environment
        ? goOn(`The team is going back to ${running.version} in ${running.environment} now.`)
        : goOn(`The team is going back to ${running?.version ?? 'the version before'} now.`);
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
      if (back !== null)
        return {
          solved: true,
          words: md`*${service}: solved in ${back.environment} ${dateToken(back.finishedAt ?? back.startedAt)}.* It went back to ${back.version} there.`,
        };
      return goOn('The team is deciding what to do.');
    case 'back':
      return {
        solved: true,
        words: md`*${service}: solved ${dateToken(settledAt(s))}.* It runs ${wentApart(s) ? (backOn(s) ?? '') : `${runsNow(s) ?? 'the version before'} again${backWhere(s)}`}${asBefore(s, runsNow(s))}; ${release.version} comes later.`,
      };
    case 'live with a problem':
      return goOn(`The team has closed it: ${release.version} stays live${keptWhere(s)}, with that.`);
    case 'live': {
      const mend = mendedBy(s);
      if (mend?.well === false)
        return goOn(`${mend.version}, which mended it, has a problem as well; the team is deciding what to do.`);
      if (back !== null && keptWhere(s) !== '')
        return {
          solved: true,
          words: md`*${service}: solved ${dateToken(back.finishedAt ?? back.startedAt)}.* In ${back.environment} it went back to ${back.version}${asBefore(s, back.version)}; ${release.version} is live${keptWhere(s)}.`,
        };
      return {
        solved: true,
        words: md`*${service}: solved ${dateToken(settledAt(s))}.* ${mend?.version ?? release.version} is live.`,
      };
    }
    case 'replaced': {
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
