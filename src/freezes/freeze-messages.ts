/** Freezes as people meet them: notices in channels, the offer to an owner whose release is held, the request for an exception. */

import type { KnownBlock } from '@slack/types';
import type { Message, OtherRenderer, Place } from '../courier/message.ts';
import type { Db } from '../db/connection.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import type { Freeze } from '../domain/freeze/calendar.ts';
import { covers, endOf, isUsual, phaseOf } from '../domain/freeze/calendar.ts';
import { catching, heldToItsEnd, stoppingFreeze } from '../domain/freeze/caught.ts';
import { isWanted } from '../domain/freeze/exception.ts';
import { type Declared, dayOf, declaredId, nextOfThem, nextOne, repeatWords } from '../domain/freeze/recurrence.ts';
import { scopeWords } from '../domain/freeze/scope.ts';
import { type FreezeId, type Id, type UserId, userId } from '../domain/ids.ts';
import { firstSlot, slotsFor } from '../domain/plan/moving.ts';
import { nextEnvironment, targetsLeft } from '../domain/readiness.ts';
import { keyOf, nameOf, notStarted, type Release } from '../domain/release/release.ts';
import type { Situation } from '../domain/situation.ts';
import { fromWallTime, type Instant, latest, plainTime } from '../domain/time.ts';
import { capital, count } from '../domain/words.ts';
import { readEvents } from '../journal/read.ts';
import { openReleasesOf, plannedReleases } from '../releases/release-store.ts';
import { moveButton, movingWords } from '../situation/card-look.ts';
import type { Catalogs, Situations } from '../situation/parts.ts';
import { type Seen, seenBy } from '../situation/seen-by.ts';
import { message, noLongerNeeded, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS, NEWEST, packValue } from '../slack/ids.ts';
import { actions, type ButtonSpec, fact } from '../slack/kit.ts';
import { dateToken, type Mrkdwn, md, mention, quoteText } from '../slack/mrkdwn.ts';
import { liveFreezes, readFreeze } from './freeze-store.ts';

/** What of it is frozen, as the subject of a sentence: `Production`, `Everything of checkout`, `Eu and us of checkout`. */
const subject = ({ scope }: Freeze): string => {
  const places = scope.environments.length === 0 ? 'everything' : scope.environments.join(' and ');
  return capital(scope.services.length === 0 ? places : `${places} of ${scope.services.join(', ')}`);
};
/** `is` or `are`. */
const is = ({ scope }: Freeze): string => (scope.environments.length > 1 ? 'are' : 'is');

/** Not started, or not everywhere yet. */
const goesOn = (release: Release): boolean => notStarted(release) || release.state.status === 'deploying';

/** Whether it is the freeze, or one of its occurrences. */
const isOf = (freeze: Freeze, id: FreezeId): boolean =>
  id === freeze.id || (dayOf(freeze.id) === null && declaredId(id) === freeze.id);

type Caught = { s: Situation; by: readonly FreezeId[] };

/** Releases that the freeze would stop, and which occurrence of it, read at once: all, or those of one owner. */
const caught = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  now: Instant,
  owner: UserId | null,
): Promise<readonly Caught[]> => {
  const { workspace } = freeze;
  const planned =
    owner === null
      ? await plannedReleases(db, workspace, true)
      : (await openReleasesOf(db, workspace, owner)).filter(goesOn);
  if (planned.length === 0) return [];
  const found = await situations.read(db, { workspace, releases: planned.map(({ id }) => id), actor: null, now });
  return (found?.situations ?? [])
    .map((s) => ({ s, by: catching(s, now).flatMap(({ id }) => (isOf(freeze, id) ? [id] : [])) }))
    .filter(({ by }) => by.length > 0);
};

/** To whom it has to be offered to move: everybody who owns something that the freeze would stop. */
export const ownersCaught = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  now: Instant,
): Promise<readonly { owner: UserId; by: FreezeId }[]> => {
  const pairs = (await caught(situations, db, freeze, now, null)).flatMap(({ s, by }) =>
    by.map((id) => ({ owner: s.release.owner, by: id })),
  );
  return [...new Map(pairs.map((pair) => [`${pair.owner} ${pair.by}`, pair])).values()];
};

/** What a freeze holds of somebody, and until when. */
export type Held = { s: Seen; until: Instant };

/** What of theirs the freeze would stop. */
export const caughtOf = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  now: Instant,
  owner: UserId,
): Promise<readonly Held[]> =>
  (await caught(situations, db, freeze, now, owner)).flatMap(({ s, by }) => {
    const seen = seenBy(s, owner);
    const ends = s.around.freezes.filter(({ id }) => by.includes(id)).map(endOf);
    return seen === null ? [] : [{ s: seen, until: latest(ends) ?? endOf(freeze) }];
  });

/** Releases in the freeze's scope that are not everywhere yet, wherever its times stand: what it holds, or held until it ended. */
export const inScope = async (db: Db, freeze: Freeze): Promise<readonly Release[]> => {
  const planned = await plannedReleases(db, freeze.workspace, true);
  return planned.filter(({ service, affects, targets }) =>
    targets.some((environment) => [service, ...affects].some((name) => covers(freeze, name, environment))),
  );
};

/** What it held until it ended, and has not started since. */
export const heldToTheEnd = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  now: Instant,
): Promise<readonly Situation[]> => {
  const releases = (await inScope(db, freeze)).map(({ id }) => id);
  if (releases.length === 0) return [];
  const found = await situations.read(db, { workspace: freeze.workspace, releases, actor: null, now });
  return (found?.situations ?? []).filter((s) => heldToItsEnd(freeze, s));
};

/** Ended before it began: nothing was ever frozen. */
const calledOff = ({ endedEarlyAt, startsAt }: Freeze): boolean => endedEarlyAt !== null && endedEarlyAt <= startsAt;

/** For people who wait for changes, not for deployments: what does not come, from when to when, and that help still does. */
const forStakeholders = (
  freeze: Freeze,
  phase: ReturnType<typeof phaseOf>,
  occurrence: string,
  other: Freeze | null,
): Message => {
  const of = freeze.scope.services.length === 0 ? '' : ` of ${freeze.scope.services.join(', ')}`;
  if (calledOff(freeze) && occurrence !== 'end')
    return message(`${freeze.name} does not take place`, [md`${quoteText(freeze.name, 80)} does not take place.`]);
  if (calledOff(freeze) && other !== null)
    return message(`${freeze.name} does not take place`, [
      md`${quoteText(freeze.name, 80)} does not take place; *no planned changes${of} go live until ${dateToken(endOf(other))}* · ${quoteText(other.name, 80)}.`,
    ]);
  if (calledOff(freeze))
    return message(`Planned changes${of} go live as planned`, [
      md`*Planned changes${of} go live as planned*: ${quoteText(freeze.name, 80)} does not take place.`,
    ]);
  if (other !== null)
    return message(`${freeze.name} is over, ${other.name} is not`, [
      md`${quoteText(freeze.name, 80)} is over; *no planned changes${of} go live until ${dateToken(endOf(other))}* · ${quoteText(other.name, 80)}.`,
    ]);
  if (occurrence === 'end')
    return message(`Planned changes${of} go live again`, [
      md`*Planned changes${of} go live again* since ${dateToken(endOf(freeze))}.`,
    ]);
  if (phase === 'over')
    return message(`${freeze.name} is over`, [
      md`No planned changes${of} went live until ${dateToken(endOf(freeze))} · ${quoteText(freeze.name, 80)}.`,
    ]);
  const when =
    occurrence === 'start'
      ? md`until ${dateToken(endOf(freeze))}`
      : md`from ${dateToken(freeze.startsAt)} to ${dateToken(freeze.endsAt)}`;
  return message(`No planned changes${of} go live until ${plainTime(endOf(freeze), freeze.zone)}`, [
    md`*No planned changes${of} go live ${when}* · ${quoteText(freeze.name, 80)}. Serious problems are still fixed.`,
  ]);
};

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

/** Beside what is told of a freeze: what of theirs it stops, and the way out. */
const freezeButtons = (freeze: Freeze): readonly KnownBlock[] =>
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
    return message(`${freeze.name} is over`, [md`${quoteText(freeze.name, 80)} is over.`]);
  const held = (await heldToTheEnd(situations, db, freeze, now)).flatMap((s) => seenBy(s, 'team') ?? []);
  if (held.length === 0) return null;
  return message(`${freeze.name} ends ${plainTime(endOf(freeze), freeze.zone)}`, [
    md`:snowflake: *${quoteText(freeze.name, 80)} ends ${dateToken(endOf(freeze))}*. ${count(held.length, 'release')} ${held.length === 1 ? 'is' : 'are'} held: ${held
      .slice(0, 5)
      .map((s) => nameOf(s.release))
      .join(', ')}. ${held.length === 1 ? 'Its owner chooses' : 'Their owners choose'} when.`,
  ]);
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
    if (rendering.occurrence.startsWith('moved ')) return movedNotice(db, freeze, rendering);
    if (rendering.occurrence.startsWith('skipped '))
      return message(`${freeze.name} does not take place`, [await skippedLine(db, stored.declared, freeze, rendering)]);
    if (rendering.occurrence.startsWith('ending ')) return endingNotice(situations, db, freeze, rendering);
    if (isUsual(freeze) && !calledOff(freeze)) return usualPost(freeze, phase);
    const other = rendering.occurrence === 'end' ? await stillFrozen(db, freeze, catalog, rendering.now) : null;
    if (rendering.audience === 'stakeholders') return forStakeholders(freeze, shown, rendering.occurrence, other);
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
    const facts = factsOf(freeze);
    if (rendering.occurrence === 'end') {
      const held = await heldToTheEnd(situations, db, freeze, rendering.now);
      if (other !== null)
        return message(`${freeze.name} is over, ${other.name} is not`, [
          md`:snowflake: *${quoteText(freeze.name, 80)} is over*, and ${subject(other).toLowerCase()} stays frozen until ${dateToken(endOf(other))} (${quoteText(other.name, 80)}).`,
        ]);
      return message(`${subject(freeze)} is open again`, [
        md`*${subject(freeze)} ${is(freeze)} open again* since ${dateToken(endOf(freeze))} · ${quoteText(freeze.name, 80)}`,
        held.length === 0
          ? md`Nothing was held.`
          : md`${count(held.length, 'held release')} ${held.length === 1 ? 'waits for its owner' : 'wait for their owners'}: nothing starts by itself.`,
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

/** An exception for it is being decided. */
const asksAlready = (s: Seen, environment: string, now: Instant): boolean =>
  s.exceptions.some((exception) => exception.environment === environment && isWanted(exception, s, now));

const choices = (s: Seen, now: Instant): readonly ButtonSpec[] => {
  const frozen = targetsLeft(s).find((target) => stoppingFreeze(s, target, now) !== null);
  const environment = frozen ?? nextEnvironment(s);
  const slot = firstSlot(s, now);
  return [
    ...(slot === null || !notStarted(s.release) ? [] : [{ ...moveButton(s, slot, now), style: 'primary' as const }]),
    ...(asksAlready(s, environment, now)
      ? []
      : [{ text: 'Ask for an exception', action: ACTIONS.askException, value: packValue(s.release.id, environment) }]),
    notStarted(s.release)
      ? { text: 'Cancel release', action: ACTIONS.cancel, value: s.release.id }
      : { text: 'Open', action: ACTIONS.show, value: s.release.id },
  ];
};

/** `checkout 2.15.0 → Mon 5 Jan 07:30`: what *Move all* would do, before it is done. */
export const slotLine = ({ s, slot }: { s: Seen; slot: Instant | null }, now: Instant): Mrkdwn => {
  const cost = slot === null ? null : movingWords(s, slot, now);
  return md`• *${nameOf(s.release)}* (${keyOf(s.release)}) → ${slot === null ? 'no slot yet: it stays' : dateToken(slot)}${cost === null ? '' : '. Approval is asked again'}`;
};

const MOST_ALONE = 2;
const MOST_LISTED = 20;

/** What of somebody's a freeze holds, and the ways out: one or two each with its buttons, more of them as one list. */
export const heldMessage = (freeze: Freeze, held: readonly Held[], now: Instant): Message => {
  const [first] = held;
  if (first === undefined)
    return noLongerNeeded(
      `${freeze.name} holds nothing of yours`,
      md`the freeze ${quoteText(freeze.name, 80)} holds nothing of yours.`,
    );
  const lines = held.map(
    ({ s, until }) =>
      md`*${nameOf(s.release)}* (${keyOf(s.release)}) is inside the freeze ${quoteText(freeze.name, 80)}, until ${dateToken(until)}.`,
  );
  const text = `${count(held.length, 'release')} of yours ${held.length === 1 ? 'is' : 'are'} inside the freeze ${freeze.name}`;
  if (held.length > MOST_ALONE)
    return message(
      text,
      [
        md`*${held.length} of yours are inside the freeze ${quoteText(freeze.name, 80)}*, until ${dateToken(latest(held.map(({ until }) => until)) ?? endOf(freeze))}. Held, not lost; the first slot of each:`,
        ...slotsFor(
          held.map(({ s }) => s),
          now,
        )
          .slice(0, MOST_LISTED)
          .map((each) => slotLine(each, now)),
      ],
      actions([
        { text: 'Move all to their first slot…', action: ACTIONS.moveAll, value: freeze.id, style: 'primary' },
        {
          text: 'See my releases',
          action: ACTIONS.listPage,
          value: packValue(String(NEWEST), 'mine'),
        },
      ]),
    );
  return {
    ...message(text, lines),
    blocks: [
      ...message('', [md`Held, not lost: nothing is cancelled by itself.`]).blocks,
      ...held.flatMap(({ s }, index) => [...message('', [lines[index] ?? md``]).blocks, ...actions(choices(s, now))]),
    ],
  };
};

/** To an owner: what of theirs the freeze holds, and the ways out. One or two each with its buttons, more of them as one list. */
export const freezeHeld =
  (situations: Situations, catalogs: Pick<Catalogs, 'current'>): OtherRenderer =>
  async (db, rendering) => {
    const catalog = await catalogs.current(db, rendering.workspace);
    const stored =
      catalog === null ? null : await readFreeze(db, rendering.workspace, catalog, rendering.subject as FreezeId);
    if (stored === null) return null;
    const { freeze } = stored;
    const held = await caughtOf(situations, db, freeze, rendering.now, userId(rendering.audience));
    return heldMessage(freeze, held, rendering.now);
  };

/** To those who may decide an exception. */
export const exceptionAsk: SeenRenderer = (s, rendering) => {
  const exception = s.exceptions.find(({ id }) => id === rendering.subject);
  if (exception === undefined) return null;
  const freeze = s.around.freezes.find(({ id }) => id === exception.freeze);
  const name = nameOf(s.release);
  if (exception.verdict !== 'requested')
    return noLongerNeeded(
      `Decided: exception for ${name} ${exception.verdict}`,
      md`${exception.decidedBy === null ? 'it' : exception.decidedBy === rendering.audience ? 'you' : mention(exception.decidedBy)} ${exception.verdict} the exception for ${name}.`,
    );
  if (!isWanted(exception, s, rendering.now))
    return noLongerNeeded(
      `No exception needed: ${name}`,
      md`no freeze stops ${name} in ${exception.environment} any more.`,
    );
  const value = packValue(s.release.id, exception.id);
  return message(
    `Exception for ${name} in ${exception.environment}?`,
    [
      md`*Let ${name} into ${exception.environment} despite ${quoteText(freeze?.name ?? 'the freeze', 80)}?*`,
      fact('Reason', quoteText(exception.reason)),
      md`Asked by ${mention(exception.requestedBy)} · valid until ${dateToken(exception.validUntil)} · approvals are still needed`,
    ],
    actions([
      { text: 'Grant', action: ACTIONS.grantException, value, style: 'primary' },
      { text: 'Deny…', action: ACTIONS.denyException, value },
      { text: 'Open', action: ACTIONS.show, value: s.release.id },
    ]),
  );
};
