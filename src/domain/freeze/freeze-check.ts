/** Whether a freeze or a window keeps it from a place: until when, and who may start all the same. */

import { membersOf } from '../catalog/catalog.ts';
import { type Check, NOTHING, pass } from '../check.ts';
import { dayBeginsOf } from '../hours.ts';
import type { UserId } from '../ids.ts';
import { mayAct } from '../permissions.ts';
import { notStarted, planOrNow } from '../release/release.ts';
import { servicesOf } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { tokenName } from '../token/token.ts';
import { at, command, cut, group, listing, people, person, type Sentence, say } from '../words.ts';
import {
  endOf,
  type Freeze,
  type FreezeQuestion,
  firstOpenMoment,
  freezesInARow,
  freezesStopping,
  isLiveException,
} from './calendar.ts';
import { closedUntil, firstOpenWindow, hasWindows } from './window.ts';

export const freezeQuestion = (s: Situation, environment: string, now: Instant): FreezeQuestion => ({
  services: servicesOf(s),
  environment,
  type: s.release.type,
  at: now,
});

/** A freeze holds there now, and none at the time that it is planned for: nobody has anything to do about it. */
export const plannedPastFreeze = (s: Situation, environment: string, now: Instant): boolean => {
  const stopping = (moment: Instant): number =>
    freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, environment, moment)).length;
  return stopping(now) > 0 && stopping(planOrNow(s.release, now)) === 0;
};

/** The exception by which it may start there despite a freeze; null where no freeze would stop it. */
const lettingIn = (s: Situation, environment: string, now: Instant): Situation['exceptions'][number] | null => {
  const frozen = freezesStopping(s.around.freezes, [], freezeQuestion(s, environment, now)).map(({ id }) => id);
  return (
    s.exceptions.find(
      (each) => each.environment === environment && frozen.includes(each.freeze) && isLiveException(each, now),
    ) ?? null
  );
};

/** Those of this group who may decide it: nobody decides for themselves, by a token that they made neither. */
export const decidersOf = (
  s: Situation,
  approvers: string,
  { requestedBy }: Situation['exceptions'][number],
): readonly UserId[] => {
  const makers = tokenName(requestedBy) === null ? [] : s.release.vouchedBy;
  return exceptionApprovers(s, approvers).filter(
    (id) => id !== requestedBy && !makers.includes(id) && !s.around.inactive.includes(id),
  );
};

const MOST_NAMED = 3;

/** Of whom an exception is asked, by name. */
export const exceptionAskedOf = (s: Situation, approvers: string, asked: Situation['exceptions'][number]): Sentence => {
  const deciders = decidersOf(s, approvers, asked);
  if (deciders.length === 0) return say`an exception is asked of ${group(approvers)}, where nobody can decide it now`;
  const more = deciders.length - MOST_NAMED;
  const names = [...deciders.slice(0, MOST_NAMED).map(person), ...(more > 0 ? [`${more} more`] : [])];
  return say`${listing(names)} ${deciders.length === 1 ? 'is' : 'are'} asked for an exception`;
};

/** Of whom an exception is asked, and when they are at work again. */
const askedWords = (
  s: Situation,
  approvers: string,
  asked: Situation['exceptions'][number],
  now: Instant,
): Sentence => {
  const deciders = decidersOf(s, approvers, asked);
  const begins = deciders.length === 0 ? null : dayBeginsOf(s, deciders, now);
  return say`; ${exceptionAskedOf(s, approvers, asked)}${begins === null ? NOTHING : say`, whose day begins ${at(begins)}`}`;
};

export const freezeCheck = (s: Situation, environment: string, now: Instant): Check => {
  const question = freezeQuestion(s, environment, now);
  const stopping = freezesStopping(s.around.freezes, s.exceptions, question);
  // The worst counts, never the longest: a soft freeze that ends later does not soften a hard one.
  const [freeze] = stopping;
  if (freeze === undefined) {
    const exception = lettingIn(s, environment, now);
    const words =
      exception === null
        ? say`no freeze`
        : say`an exception lets it in, for one start until ${at(exception.validUntil)}`;
    return pass('freeze.active', 'Freeze', words);
  }
  // What was moved behind the freeze asks for nothing any more.
  const wanted = freezesStopping([freeze], [], { ...question, at: planOrNow(s.release, now) }).length > 0;
  const last = s.exceptions.findLast((each) => each.freeze === freeze.id && each.environment === environment);
  const asked = wanted && last?.verdict === 'requested' && last.validUntil > now;
  const turnedDown =
    wanted && last?.verdict === 'denied' && last.decidedBy !== null
      ? say`${person(last.decidedBy)} denied an exception${last.reply === null ? '' : `: “${cut(last.reply, 200)}”`}`
      : last?.verdict === 'revoked' && last.decidedBy !== null
        ? say`${person(last.decidedBy)} took the exception back${last.reply === null ? '' : `: “${cut(last.reply, 200)}”`}`
        : last?.verdict === 'granted' && last.usedBy !== null
          ? say`the exception was for one start, and is used`
          : last?.verdict === 'granted' && last.validUntil <= now
            ? say`an exception was granted until ${at(last.validUntil)}`
            : null;
  const { severity } = freeze;
  // What is on its way is moved no more.
  const instead = notStarted(s.release) ? 'move it' : 'until the freeze is over';
  const deciders = asked && last !== undefined ? decidersOf(s, freeze.approvers, last) : null;
  const undecidable = deciders?.length === 0;
  // Each that stops it wants an exception of its own; one of a service that it only affects says so.
  const names = stopping
    .filter((each) => each.severity === severity)
    .map(({ name, scope }) =>
      scope.services.length === 0 || scope.services.includes(s.release.service)
        ? name
        : `${name}, of ${scope.services.filter((service) => s.release.affects.includes(service)).join(', ')}, which it affects`,
    );
  const alike = s.around.freezes.filter((each) => severity === 'soft' || each.severity === 'hard');
  // One that begins before the other ends holds it as well.
  const row = freezesInARow(alike, s.exceptions, question);
  const until = endOf(row.at(-1) ?? freeze);
  const later = [...new Set(row.filter(({ id }) => !stopping.some((each) => each.id === id)).map(({ name }) => name))];
  const then = later.length === 0 ? NOTHING : say`, then ${listing(later)}`;
  return {
    code: 'freeze.active',
    label: 'Freeze',
    state: severity === 'soft' ? 'warn' : 'wait',
    sentence: say`${environment} is frozen until ${at(until)} (${listing(names)}${then})${deciders === null || last === undefined ? NOTHING : askedWords(s, freeze.approvers, last, now)}`,
    until,
    fix: plannedPastFreeze(s, environment, now)
      ? say`Nothing to do: it is planned for ${at(planOrNow(s.release, now))}, when that is over.`
      : severity === 'soft'
        ? say`It can start with a reason: ${command(`deploy REL-${s.release.number} ${environment} "why"`)}.`
        : undecidable
          ? say`An admin adds a person to ${group(freeze.approvers)}, or ${instead}.`
          : asked
            ? say`Wait for ${group(freeze.approvers)} to decide, or ${instead}.`
            : say`${notStarted(s.release) ? 'Move it, or ask' : 'Ask'} ${group(freeze.approvers)} for an exception with ${command(`exception REL-${s.release.number}`)}.${exemptWords(s, environment, stopping)}`,
    ...(turnedDown === null ? {} : { besides: turnedDown }),
  };
};

/** Who may start it all the same: those whom every hard freeze of the place exempts. */
const exemptFrom = (s: Situation, stopping: readonly Freeze[]): readonly UserId[] => {
  const hard = stopping.filter(({ severity }) => severity === 'hard');
  const [first, ...others] = hard.map(({ exemptGroups }) =>
    membersOf(s.around.catalog, exemptGroups, s.release.service),
  );
  return (first ?? [])
    .filter((id) => others.every((people_) => people_.includes(id)))
    .filter((id) => !s.around.inactive.includes(id) && mayAct('start', s.around.catalog, id, s.release).ok);
};

/** Who may start it there now all the same, with a reason. */
export const exemptAt = (s: Situation, environment: string, now: Instant): readonly UserId[] =>
  exemptFrom(s, freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, environment, now)));

const exemptWords = (s: Situation, environment: string, stopping: readonly Freeze[]): Sentence => {
  const who = exemptFrom(s, stopping);
  return who.length === 0
    ? NOTHING
    : say` ${people(who.slice(0, 3))}${who.length > 3 ? ' and others' : ''} may start it all the same, with a reason: ${command(`deploy REL-${s.release.number} ${environment} "why"`)}.`;
};

/** Whether a hard freeze stops everybody but some, of whom this person is one. */
export const isExempt = (s: Situation, environment: string, by: UserId, now: Instant): boolean =>
  exemptAt(s, environment, now).includes(by);

/** The next window may open inside a freeze. */
const whenFree = (s: Situation, environment: string, opens: Instant): Sentence => {
  const schedule = command(`schedule REL-${s.release.number}`);
  const free = openIn(s, environment, opens);
  return free === null || free <= opens
    ? say`Plan it for then with ${schedule}.`
    : say`It is frozen then: plan it for ${at(free)} or later with ${schedule}.`;
};

/** Where there are windows, nothing starts outside of them; nothing is said where there are none. */
export const windowCheck = (s: Situation, environment: string, now: Instant): readonly Check[] => {
  const question = freezeQuestion(s, environment, now);
  const closed = closedUntil(s.around.catalog, question);
  if (closed === null)
    return hasWindows(s.around.catalog, question)
      ? [pass('window.closed', 'Window', say`a deploy window is open`)]
      : [];
  return [
    {
      code: 'window.closed',
      label: 'Window',
      state: 'wait',
      sentence: closed.sentence,
      until: closed.until,
      fix: closed.until === null ? say`Ask an admin to change the windows.` : whenFree(s, environment, closed.until),
    },
  ];
};

/** The first moment at or after `from` at which neither a freeze nor a window keeps it from the environment; `null` where its windows never meet. */
export const openIn = (s: Situation, environment: string, from: Instant): Instant | null => {
  let moment = from;
  for (;;) {
    const thawed = firstOpenMoment(s.around.freezes, s.exceptions, freezeQuestion(s, environment, moment));
    const open = firstOpenWindow(s.around.catalog, freezeQuestion(s, environment, thawed));
    if (open === null || open === moment) return open;
    moment = open;
  }
};

/** Who may decide an exception from a freeze. */
export const exceptionApprovers = (s: Situation, approvers: string): ReturnType<typeof membersOf> =>
  membersOf(s.around.catalog, [approvers], s.release.service);
