/** Freezes as channels meet them: ahead, started, moved, left out, about to end, over; in the words of a team and of stakeholders. */

import type { Message, OtherRenderer, Place } from '../courier/message.ts';
import type { Db } from '../db/connection.ts';
import { type Catalog } from '../domain/catalog/catalog.ts';
import type { Freeze } from '../domain/freeze/calendar.ts';
import { endOf, isUsual, phaseOf } from '../domain/freeze/calendar.ts';
import { type Declared, dayOf, nextOfThem, nextOne, repeatWords } from '../domain/freeze/recurrence.ts';
import { scopeWords } from '../domain/freeze/scope.ts';
import { type FreezeId, type Id } from '../domain/ids.ts';
import { nameOf } from '../domain/release/release.ts';
import { fromWallTime, type Instant, plainTime } from '../domain/time.ts';
import { capital, count, person } from '../domain/words.ts';
import { readEvents } from '../journal/read.ts';
import type { Catalogs, Situations } from '../situation/parts.ts';
import { type Seen, seenBy } from '../situation/seen-by.ts';
import { channelVoice, message } from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, fact } from '../slack/kit.ts';
import { dateToken, isEmpty, joined, type Mrkdwn, md, mention, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import { calledOff, forStakeholders, isEverywhere } from './freeze-for-stakeholders.ts';
import { letInto, liveFreezes, readFreeze } from './freeze-store.ts';
import { caught, heldToTheEnd, isOf } from './held.ts';

/** What of it is frozen, as the subject of a sentence: `Production`, `Everything of checkout`, `Eu and us of checkout`. */
const subject = ({ scope }: Freeze): string => {
  const places = scope.environments.length === 0 ? 'everything' : scope.environments.join(' and ');
  return capital(scope.services.length === 0 ? places : `${places} of ${scope.services.join(', ')}`);
};
/** `is` or `are`. */
const is = ({ scope }: Freeze): string => (scope.environments.length > 1 ? 'are' : 'is');

/** Another freeze of the same that goes on after this one; null where it is open again. */
const stillFrozen = async (db: Db, freeze: Freeze, catalog: Catalog, now: Instant): Promise<Freeze | null> => {
  const meet = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === 0 || b.length === 0 || a.some((name) => b.includes(name));
  const live = await liveFreezes(db, freeze.workspace, catalog, now);
  return (
    live.find(
      (other) =>
        !isOf(freeze, other.id) &&
        phaseOf(other, now) === 'active' &&
        meet(other.scope.services, freeze.scope.services) &&
        meet(other.scope.environments, freeze.scope.environments),
    ) ?? null
  );
};

/** What is said once, when the end was moved: by when it ends now, when it was to, by whom and why. */
const movedNotice = async (db: Db, freeze: Freeze, rendering: Place): Promise<Message | null> => {
  const id = rendering.occurrence.slice('moved '.length) as Id<'event'>;
  const [event] = await readEvents(db, rendering.workspace, [id]);
  if (event?.kind !== 'freeze.moved') return null;
  const { endsAt, before } = event.data;
  // It was moved once more, or ended: this is not so any more.
  if (endOf(freeze) !== endsAt)
    return message(`${freeze.name} was to end ${plainTime(endsAt, freeze.zone)}`, [
      md`${quoteText(freeze.name, 80)} was to end ${dateToken(endsAt)}; ${phaseOf(freeze, rendering.now) === 'over' ? 'it ended' : 'it ends'} ${dateToken(endOf(freeze))}.`,
    ]);
  const later = endsAt > before ? 'later' : 'earlier';
  const text = `${freeze.name} ends ${later}: ${plainTime(endsAt, freeze.zone)}`;
  if (rendering.audience === 'stakeholders')
    return message(text, [
      md`*Planned changes go live again ${later}*: ${dateToken(endsAt)}, was ${dateToken(before)} · ${quoteText(freeze.name, 80)}.`,
    ]);
  const by = event.actor === 'signalbox' ? md`Signalbox` : mention(event.actor);
  return message(text, [
    md`:snowflake: *${quoteText(freeze.name, 80)} ends ${dateToken(endsAt)}*, was ${dateToken(before)}. ${by} decided${event.words === null ? '' : md`: ${quoteText(event.words, 200)}`}`,
  ]);
};

const factsOf = (freeze: Freeze): readonly Mrkdwn[] => {
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
const freezeButtons = (freeze: Freeze): ReturnType<typeof actions> =>
  actions([
    { text: 'Am I affected?', action: ACTIONS.freezeAffects, value: freeze.id },
    ...(freeze.severity === 'soft'
      ? []
      : [{ text: 'Ask for an exception', action: ACTIONS.freezeExcept, value: freeze.id }]),
  ]);

/** One of a row that people know: a line at its start, and the same post says when it is over. */
const usualPost = (freeze: Freeze, phase: ReturnType<typeof phaseOf>): Message =>
  phase === 'over'
    ? message(`${freeze.name} is over`, [
        md`*${quoteText(freeze.name, 80)} is over* since ${dateToken(endOf(freeze))}.`,
      ])
    : message(
        `${freeze.name} until ${plainTime(endOf(freeze), freeze.zone)}`,
        [
          md`:snowflake: *${quoteText(freeze.name, 80)} until ${dateToken(endOf(freeze))}* · ${freeze.severity === 'soft' ? 'a reason is wanted for' : 'stops'} ${scopeWords(freeze.scope)}. Rollbacks and emergency fixes still go.`,
        ],
        freezeButtons(freeze),
      );

/** All of a row at once: what was declared, or that it is over for good. */
const ofThemAll = (declared: Declared, rendering: Place): Message => {
  const { freeze } = declared;
  const how = freeze.repeats === null ? '' : repeatWords(freeze.repeats);
  const name = quoteText(freeze.name, 80);
  if (freeze.endedEarlyAt !== null)
    return message(`${freeze.name} does not come again`, [
      md`*${name} does not come again* (${how}): ended ${dateToken(freeze.endedEarlyAt)}.`,
    ]);
  // The next that takes place: the first may have been left out, or be long over.
  const next = nextOne(declared, rendering.now);
  const from = next?.startsAt ?? freeze.startsAt;
  const to = next?.endsAt ?? fromWallTime(freeze.repeats?.end ?? '', freeze.zone, 'end');
  if (rendering.audience === 'stakeholders') {
    const of = freeze.scope.services.length === 0 ? '' : ` of ${freeze.scope.services.join(', ')}`;
    return message(`No planned changes${of} go live during ${freeze.name}, ${how}`, [
      md`*No planned changes${of} go live during ${name}*: ${how}, next from ${dateToken(from)} to ${dateToken(to)}. Serious problems are still fixed.`,
    ]);
  }
  return message(
    `${subject(freeze)} will be frozen ${how}: ${freeze.name}`,
    [
      md`:snowflake: *${subject(freeze)} will be frozen ${how}*, next ${dateToken(from)} – ${dateToken(to)} (${freeze.zone}) · ${name}: ${quoteText(freeze.reason, 200)}`,
      ...factsOf(freeze),
    ],
    freezeButtons(freeze),
  );
};

/** That one of a row is left out, why, and when the next comes. */
const skippedLine = async (db: Db, declared: Declared, freeze: Freeze, rendering: Place): Promise<Mrkdwn> => {
  const id = rendering.occurrence.slice('skipped '.length) as Id<'event'>;
  const [event] = await readEvents(db, rendering.workspace, [id]);
  const next = nextOfThem(declared, freeze.startsAt, (each) => (endOf(each) > each.startsAt ? [each.startsAt] : []));
  const why = event?.words == null ? '' : md`: ${quoteText(event.words, 200)}`;
  const by = event === undefined || event.actor === 'signalbox' ? md`Signalbox` : mention(event.actor);
  return md`*${quoteText(freeze.name, 80)} does not take place ${dateToken(freeze.startsAt)} – ${dateToken(freeze.endsAt)}*. ${by} decided${why}${next === null ? '' : md` · the next one begins ${dateToken(next)}`}`;
};

/** An hour before the end, where something is held: who owns it chooses when it goes. */
const endingNotice = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  { now }: Place,
): Promise<Message | null> => {
  if (phaseOf(freeze, now) === 'over')
    return { ...message(`${freeze.name} is over`, [md`${quoteText(freeze.name, 80)} is over.`]), needless: true };
  const held = (await heldToTheEnd(situations, db, freeze, now)).flatMap((s) => seenBy(s, 'team') ?? []);
  if (held.length === 0) return null;
  return message(`${freeze.name} ends ${plainTime(endOf(freeze), freeze.zone)}`, [
    md`:snowflake: *${quoteText(freeze.name, 80)} ends ${dateToken(endOf(freeze))}*. ${count(held.length, 'release')} ${held.length === 1 ? 'is' : 'are'} held: ${held
      .slice(0, 5)
      .map((s) => nameOf(s.release))
      .join(', ')}. ${held.length === 1 ? 'Its owner chooses' : 'Their owners choose'} when.`,
  ]);
};

/** Of a freeze that is over its start and its end stay; what was told ahead and meanwhile is told there. */
const staysBehind = (occurrence: string): boolean =>
  occurrence === 'start' || occurrence === 'end' || occurrence.startsWith('skipped ');

/** Which of them it held to its end, and whose they are. */
const heldWords = (held: readonly Seen[], rendering: Place): Mrkdwn => {
  const named = held
    .slice(0, 5)
    .map((s) => md`${nameOf(s.release)} (${sentenceMarkup([person(s.release.owner)], channelVoice(s, rendering))})`);
  const left = held.length - named.length;
  return md`${joined(named, ', ')}${left === 0 ? '' : ` and ${left} more`}`;
};

/** Ahead, started, ended: each its own post in the channels that it concerns; the start post follows its state to the end. */
export const freezeNotice =
  (situations: Situations, catalogs: Pick<Catalogs, 'current'>): OtherRenderer =>
  async (db, rendering) => {
    const catalog = await catalogs.current(db, rendering.workspace);
    const stored =
      catalog === null ? null : await readFreeze(db, rendering.workspace, catalog, rendering.subject as FreezeId);
    if (catalog === null || stored === null) return null;
    const { freeze } = stored;
    if (dayOf(freeze.id) === null && freeze.repeats !== null) return ofThemAll(stored.declared, rendering);
    const zoned = (at: Freeze['startsAt']) => plainTime(at, freeze.zone);
    // A notice ahead says what it said until the freeze is over; the post of the start follows it through.
    const phase = phaseOf(freeze, rendering.now);
    const shown = rendering.occurrence === 'start' || phase === 'over' ? phase : 'planned';
    if (phase === 'over' && !staysBehind(rendering.occurrence))
      return { ...message(`${freeze.name} is over`, [md`${quoteText(freeze.name, 80)} is over.`]), gone: true };
    if (rendering.occurrence.startsWith('moved ')) return movedNotice(db, freeze, rendering);
    if (rendering.occurrence.startsWith('skipped '))
      return message(`${freeze.name} does not take place`, [await skippedLine(db, stored.declared, freeze, rendering)]);
    if (rendering.occurrence.startsWith('ending ')) return endingNotice(situations, db, freeze, rendering);
    if (isUsual(freeze) && !calledOff(freeze)) return usualPost(freeze, phase);
    const other = rendering.occurrence === 'end' ? await stillFrozen(db, freeze, catalog, rendering.now) : null;
    if (rendering.audience === 'stakeholders')
      return forStakeholders(
        freeze,
        shown,
        rendering.occurrence,
        other,
        isEverywhere(freeze, catalog),
        shown === 'over' && (await letInto(db, freeze, rendering.now)).some(({ used_by }) => used_by !== null),
      );
    if (calledOff(freeze) && rendering.occurrence !== 'end')
      return message(`${freeze.name} does not take place`, [
        md`${quoteText(freeze.name, 80)}, ${dateToken(freeze.startsAt)} – ${dateToken(freeze.endsAt)}, does not take place.`,
      ]);
    if (calledOff(freeze))
      return message(`${freeze.name} does not take place`, [
        other === null
          ? md`*${quoteText(freeze.name, 80)} does not take place*: ${subject(freeze).toLowerCase()} stay${is(freeze) === 'is' ? 's' : ''} open.`
          : md`*${quoteText(freeze.name, 80)} does not take place*; ${quoteText(other.name, 80)} holds until ${dateToken(endOf(other))}.`,
      ]);
    const let_ = phase === 'over' ? [] : await letInto(db, freeze, rendering.now);
    const facts = [...factsOf(freeze), fact('Let in', letWords(let_))].filter((line) => !isEmpty(line));
    if (rendering.occurrence === 'end') {
      const held = (await heldToTheEnd(situations, db, freeze, rendering.now)).flatMap((s) => seenBy(s, 'team') ?? []);
      if (other !== null)
        return message(`${freeze.name} is over, ${other.name} is not`, [
          md`:snowflake: *${quoteText(freeze.name, 80)} is over*, and ${subject(other).toLowerCase()} stays frozen until ${dateToken(endOf(other))} (${quoteText(other.name, 80)}).`,
        ]);
      return message(`${subject(freeze)} is open again`, [
        md`*${subject(freeze)} ${is(freeze)} open again* since ${dateToken(endOf(freeze))} · ${quoteText(freeze.name, 80)}`,
        ...(held.length === 0
          ? []
          : [md`Held until now: ${heldWords(held, rendering)}. Nothing of it starts by itself.`]),
      ]);
    }
    if (shown === 'planned' && phase === 'active')
      return message(`${freeze.name} has begun`, [
        md`:snowflake: ${quoteText(freeze.name, 80)} has begun, until ${dateToken(freeze.endsAt)}.`,
      ]);
    if (shown === 'over')
      return message(`${freeze.name} is over`, [
        md`*${quoteText(freeze.name, 80)} is over* since ${dateToken(endOf(freeze))}.`,
      ]);
    if (shown === 'active') {
      return message(
        `${subject(freeze)} is frozen until ${zoned(freeze.endsAt)}: ${freeze.name}`,
        [
          md`:snowflake: *${subject(freeze)} ${is(freeze)} frozen until ${dateToken(freeze.endsAt)}* · ${quoteText(freeze.name, 80)}: ${quoteText(freeze.reason, 200)}`,
          ...facts,
        ],
        freezeButtons(freeze),
      );
    }
    const inside = (await caught(situations, db, freeze, rendering.now, null)).flatMap(
      ({ s }) => seenBy(s, 'team') ?? [],
    );
    const told =
      inside.length === 0
        ? md`No release is planned inside.`
        : md`${count(inside.length, 'release')} planned inside: ${inside
            .slice(0, 5)
            .map((s) => nameOf(s.release))
            .join(', ')}. ${inside.length === 1 ? 'Its owner has' : 'Their owners have'} been told.`;
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
