/** What people who wait for changes are told of each state: one table, in their words. */

import { backOn, failures, standingPlaces } from '../domain/deployment/standing.ts';
import { heldByFreeze } from '../domain/freeze/caught.ts';
import { gatesInTheWay } from '../domain/gate/gate.ts';
import { inVain, obstacles, readiness } from '../domain/readiness.ts';
import { leftOutOf, nameOf } from '../domain/release/release.ts';
import { type Instant } from '../domain/time.ts';
import { enumerated } from '../domain/words.ts';
import type { Seen } from '../situation/seen-by.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import {
  backWhere,
  cameAt,
  everCame,
  hasCome,
  isLive,
  keptWhere,
  mendedBy,
  newerEverywhere,
  publicState,
  runsNow,
  wentApart,
} from './public-state.ts';

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
const goesLive = (s: Seen, now: Instant): Mrkdwn => {
  const there = standingPlaces(s).map(({ environment }) => environment);
  const left = s.release.targets.filter((place) => !there.includes(place));
  const [next] = left;
  if (there.length === 0 || next === undefined || s.deployments.some(({ state }) => state === 'running'))
    return md`going live now`;
  const stops = (place: string, ...codes: readonly string[]): boolean =>
    obstacles(readiness(s, place, now)).some(({ code }) => codes.includes(code));
  // Nobody knows when a hold or a lock ends, or what failed is mended.
  const failed = (place: string): boolean => gatesInTheWay(s, place, now).some(({ state }) => state === 'failed');
  const unsure = left.filter(
    (place) => inVain(readiness(s, place, now)) !== null || failed(place) || stops(place, 'release.hold', 'lock.held'),
  );
  const open = md`when it comes to ${unsure.join(', ')} is said here`;
  if (unsure.length === left.length) return md`live in ${there.join(', ')}; ${open}`;
  // A time inside a freeze is no time.
  const frozen = left.filter((place) => !unsure.includes(place) && stops(place, 'freeze.active'));
  const moves = left.filter((place) => !unsure.includes(place) && !frozen.includes(place));
  const from = frozen[0] === undefined ? null : readiness(s, frozen[0], now).earliest;
  const later = from === null ? md` once the freeze is over` : md` not before ${dateToken(from)}`;
  const comes = joined(
    [
      md`live in ${there.join(', ')}, and comes`,
      moves.length === 0 ? EMPTY : md`to ${moves.join(', ')} next${frozen.length === 0 ? '' : ','}`,
      frozen.length === 0 ? EMPTY : md`to ${frozen.join(', ')}${later}`,
    ],
    ' ',
  );
  return unsure.length === 0 ? comes : md`${comes}; ${open}`;
};

/** Where it was to come, and somebody had it go no further. */
const doesNotCome = ({ release: { state } }: Seen): string => {
  const left = leftOutOf(state);
  return left.length === 0 ? '' : `; it does not come to ${enumerated(left, 'or')}`;
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
      return { head: md`${name} is ${goesLive(s, now)}.`, leadIn: 'What changes: ' };
    case 'live':
      if (mend !== null)
        return {
          head: md`${name} was mended by ${mend.version}, which ${mend.well ? 'is live' : 'has a problem of its own'}.`,
          leadIn: '',
        };
      return {
        head: md`${name} is live${keptWhere(s)}${state.status === 'deployed' ? md` since ${dateToken(cameAt(s) ?? state.since)}` : EMPTY}${doesNotCome(s)}.`,
        leadIn: '',
      };
    case 'live with a problem':
      return { head: md`${name} is live${keptWhere(s)}, with a problem that is known.`, leadIn: '' };
    case 'problem':
      // What went wrong is over where it was: it is back there, and well where it stays.
      if (failures(s).length === 0 && hasCome(s))
        return {
          head: md`${name} is live${keptWhere(s)}, and was taken back${backWhere(s)}.`,
          leadIn: 'What changes: ',
        };
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
      const newer = newerEverywhere(s);
      if (newer !== null)
        return {
          head: md`${name} is not live: a newer version of ${s.release.service}, ${newer}, took its place.`,
          leadIn: 'What was to change: ',
        };
      const to = state.status === 'rolled_back' ? state.to : runsNow(s);
      const apart = wentApart(s) ? backOn(s) : null;
      return {
        head: md`${s.release.service} is back on ${apart ?? md`${to ?? 'the version before'}${backWhere(s)}`}: ${s.release.version} is not live.`,
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
