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
import { count } from '../domain/words.ts';
import { readEvents } from '../journal/read.ts';
import type { Catalogs, Situations } from '../situation/parts.ts';
import { seenBy } from '../situation/seen-by.ts';
import { message } from '../situation/show.ts';
import { dateToken, type Mrkdwn, md, mention, quoteText } from '../slack/mrkdwn.ts';
import { calledOff, forStakeholders, isEverywhere } from './freeze-for-stakeholders.ts';
import { factsOf, forTeam, freezeButtons, subject } from './freeze-for-team.ts';
import { letInto, liveFreezes, readFreeze } from './freeze-store.ts';
import { heldToTheEnd, isOf } from './held.ts';

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

/** Ahead, started, ended: each its own post in the channels that it concerns; the start post follows its state to the end. */
export const freezeNotice =
  (situations: Situations, catalogs: Pick<Catalogs, 'current'>): OtherRenderer =>
  async (db, rendering) => {
    const { now, occurrence } = rendering;
    const catalog = await catalogs.current(db, rendering.workspace);
    const stored =
      catalog === null ? null : await readFreeze(db, rendering.workspace, catalog, rendering.subject as FreezeId);
    if (catalog === null || stored === null) return null;
    const { freeze } = stored;
    if (dayOf(freeze.id) === null && freeze.repeats !== null) return ofThemAll(stored.declared, rendering);
    // A notice ahead says what it said until the freeze is over; the post of the start follows it through.
    const phase = phaseOf(freeze, now);
    const shown = occurrence === 'start' || phase === 'over' ? phase : 'planned';
    if (phase === 'over' && !staysBehind(occurrence))
      return { ...message(`${freeze.name} is over`, [md`${quoteText(freeze.name, 80)} is over.`]), gone: true };
    if (occurrence.startsWith('moved ')) return movedNotice(db, freeze, rendering);
    if (occurrence.startsWith('skipped '))
      return message(`${freeze.name} does not take place`, [await skippedLine(db, stored.declared, freeze, rendering)]);
    if (occurrence.startsWith('ending ')) return endingNotice(situations, db, freeze, rendering);
    if (isUsual(freeze) && !calledOff(freeze)) return usualPost(freeze, phase);
    const other = occurrence === 'end' ? await stillFrozen(db, freeze, catalog, now) : null;
    if (rendering.audience !== 'stakeholders') return forTeam({ situations, db, rendering }, freeze, shown, other);
    const used = shown === 'over' && (await letInto(db, freeze, now)).some(({ used_by }) => used_by !== null);
    return forStakeholders(freeze, shown, occurrence, other, isEverywhere(freeze, catalog), used);
  };
