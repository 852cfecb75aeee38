/** A freeze in the words of a team: what is frozen, what is stopped, what waited for it. */

import type { Message, Place } from '../courier/message.ts';
import type { Db } from '../db/connection.ts';
import { endOf, type Freeze, type FreezePhase, phaseOf } from '../domain/freeze/calendar.ts';
import { scopeWords } from '../domain/freeze/scope.ts';
import { nameOf } from '../domain/release/release.ts';
import type { Situation } from '../domain/situation.ts';
import { type Instant, plainTime } from '../domain/time.ts';
import { capital, count, person } from '../domain/words.ts';
import type { Situations } from '../situation/parts.ts';
import { type Seen, seenBy } from '../situation/seen-by.ts';
import { channelVoice, message } from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, fact } from '../slack/kit.ts';
import { dateToken, isEmpty, joined, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import { calledOff } from './freeze-for-stakeholders.ts';
import { letInto } from './freeze-store.ts';
import { caught, heldToTheEnd } from './held.ts';

/** What of it is frozen, as the subject of a sentence: `Production`, `Everything of checkout`, `Eu and us of checkout`. */
export const subject = ({ scope }: Freeze): string => {
  const places = scope.environments.length === 0 ? 'everything' : scope.environments.join(' and ');
  return capital(scope.services.length === 0 ? places : `${places} of ${scope.services.join(', ')}`);
};
/** `is` or `are`. */
const is = ({ scope }: Freeze): string => (scope.environments.length > 1 ? 'are' : 'is');

/** What it stops and what not, and who may let something in. */
export const factsOf = (freeze: Freeze): readonly Mrkdwn[] => {
  const types = freeze.exemptTypes.filter((type) => type !== 'emergency');
  return [
    freeze.severity === 'soft'
      ? fact('Soft', md`${scopeWords(freeze.scope)} start with a reason`)
      : fact('Stopped', md`${scopeWords(freeze.scope)}`),
    fact(
      'Not stopped',
      md`merging, other environments, rollbacks, emergency fixes${types.map((type) => `, ${type} releases`).join('')}${freeze.exemptGroups.length === 0 ? '' : md`; people of ${freeze.exemptGroups.map((name) => `@${name}`).join(', ')} with a reason`}`,
    ),
    ...(freeze.severity === 'soft' ? [] : [fact('Exceptions', md`@${freeze.approvers}`)]),
  ];
};

/** What goes all the same, by an exception. */
const letWords = (all: Awaited<ReturnType<typeof letInto>>): Mrkdwn =>
  joined(
    all.map(
      ({ service, version, number, valid_until: until, used_by: used }) =>
        md`${service} ${version} (REL-${number}) ${used === null ? md`until ${dateToken(until)}` : 'started'}`,
    ),
    ' · ',
  );

/** Beside what is told of a freeze: what of theirs it stops, and the way out. */
export const freezeButtons = (freeze: Freeze): ReturnType<typeof actions> =>
  actions([
    { text: 'Am I affected?', action: ACTIONS.freezeAffects, value: freeze.id },
    ...(freeze.severity === 'soft'
      ? []
      : [{ text: 'Ask for an exception', action: ACTIONS.freezeExcept, value: freeze.id }]),
  ]);

/** Which of them it held to its end, and whose they are. */
const heldWords = (held: readonly Seen[], rendering: Place): Mrkdwn => {
  const named = held
    .slice(0, 5)
    .map((s) => md`${nameOf(s.release)} (${sentenceMarkup([person(s.release.owner)], channelVoice(s, rendering))})`);
  const left = held.length - named.length;
  return md`${joined(named, ', ')}${left === 0 ? '' : ` and ${left} more`}`;
};

/** It was called off: told where it was announced, and as its end. */
const calledOffNotice = (freeze: Freeze, other: Freeze | null, atItsEnd: boolean): Message => {
  const text = `${freeze.name} does not take place`;
  const name = quoteText(freeze.name, 80);
  if (!atItsEnd)
    return message(text, [
      md`${name}, ${dateToken(freeze.startsAt)} – ${dateToken(freeze.endsAt)}, does not take place.`,
    ]);
  return message(text, [
    other === null
      ? md`*${name} does not take place*: ${subject(freeze).toLowerCase()} stay${is(freeze) === 'is' ? 's' : ''} open.`
      : md`*${name} does not take place*; ${quoteText(other.name, 80)} holds until ${dateToken(endOf(other))}.`,
  ]);
};

/** It is over: what is open again, unless another holds it still, and what waited for it. */
const endNotice = (freeze: Freeze, other: Freeze | null, held: readonly Seen[], rendering: Place): Message =>
  other === null
    ? message(`${subject(freeze)} is open again`, [
        md`*${subject(freeze)} ${is(freeze)} open again* since ${dateToken(endOf(freeze))} · ${quoteText(freeze.name, 80)}`,
        ...(held.length === 0
          ? []
          : [md`Held until now: ${heldWords(held, rendering)}. Nothing of it starts by itself.`]),
      ])
    : message(`${freeze.name} is over, ${other.name} is not`, [
        md`:snowflake: *${quoteText(freeze.name, 80)} is over*, and ${subject(other).toLowerCase()} stays frozen until ${dateToken(endOf(other))} (${quoteText(other.name, 80)}).`,
      ]);

/** It holds: from when it began to when it ends. */
const activeNotice = (freeze: Freeze, facts: readonly Mrkdwn[]): Message =>
  message(
    `${subject(freeze)} is frozen until ${plainTime(freeze.endsAt, freeze.zone)}: ${freeze.name}`,
    [
      md`:snowflake: *${subject(freeze)} ${is(freeze)} frozen until ${dateToken(freeze.endsAt)}* · ${quoteText(freeze.name, 80)}: ${quoteText(freeze.reason, 200)}`,
      ...facts,
    ],
    freezeButtons(freeze),
  );

/** It is to come: when, why, and what is planned inside. */
const aheadNotice = (freeze: Freeze, facts: readonly Mrkdwn[], inside: readonly Seen[]): Message => {
  const zoned = (at: Instant): string => plainTime(at, freeze.zone);
  const names = inside
    .slice(0, 5)
    .map(({ release }) => nameOf(release))
    .join(', ');
  const told =
    inside.length === 0
      ? md`No release is planned inside.`
      : md`${count(inside.length, 'release')} planned inside: ${names}. ${inside.length === 1 ? 'Its owner has' : 'Their owners have'} been told.`;
  return message(
    `${subject(freeze)} will be frozen from ${zoned(freeze.startsAt)} to ${zoned(freeze.endsAt)}`,
    [
      md`:snowflake: *${subject(freeze)} will be frozen ${dateToken(freeze.startsAt)} – ${dateToken(freeze.endsAt)}* (${freeze.zone}) · ${quoteText(freeze.name, 80)}: ${quoteText(freeze.reason, 200)}`,
      ...facts,
      told,
    ],
    freezeButtons(freeze),
  );
};

/** What it was posted for, once that is past: one line. */
const pastNotice = (freeze: Freeze, phase: 'active' | 'over'): Message =>
  phase === 'active'
    ? message(`${freeze.name} has begun`, [
        md`:snowflake: ${quoteText(freeze.name, 80)} has begun, until ${dateToken(freeze.endsAt)}.`,
      ])
    : message(`${freeze.name} is over`, [
        md`*${quoteText(freeze.name, 80)} is over* since ${dateToken(endOf(freeze))}.`,
      ]);

/** With what a notice is read. */
type Reading = { situations: Situations; db: Db; rendering: Place };

/** To the team of a service: by what it was posted for, and how far the freeze is by now. */
export const forTeam = async (
  { situations, db, rendering }: Reading,
  freeze: Freeze,
  shown: FreezePhase,
  other: Freeze | null,
): Promise<Message> => {
  const { now, occurrence } = rendering;
  const atItsEnd = occurrence === 'end';
  const seen = (list: readonly Situation[]): readonly Seen[] => list.flatMap((s) => seenBy(s, 'team') ?? []);
  if (calledOff(freeze)) return calledOffNotice(freeze, other, atItsEnd);
  if (atItsEnd) return endNotice(freeze, other, seen(await heldToTheEnd(situations, db, freeze, now)), rendering);
  const phase = phaseOf(freeze, now);
  if (shown === 'over') return pastNotice(freeze, 'over');
  if (shown === 'planned' && phase === 'active') return pastNotice(freeze, 'active');
  const letIn = phase === 'over' ? [] : await letInto(db, freeze, now);
  const facts = [...factsOf(freeze), fact('Let in', letWords(letIn))].filter((line) => !isEmpty(line));
  if (shown === 'active') return activeNotice(freeze, facts);
  const inside = await caught(situations, db, freeze, now, null);
  return aheadNotice(freeze, facts, seen(inside.map(({ s }) => s)));
};
