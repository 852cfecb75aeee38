/** Freezes as people meet them in person: what of theirs is held and the ways out, and the request for an exception. */

import type { Message, OtherRenderer } from '../courier/message.ts';
import { endOf, type Freeze, freezesStopping, isLiveException } from '../domain/freeze/calendar.ts';
import { frozenPlaces, stoppingFreeze } from '../domain/freeze/caught.ts';
import { isWanted } from '../domain/freeze/exception.ts';
import { freezeQuestion } from '../domain/freeze/freeze-check.ts';
import { type FreezeId, type UserId, userId } from '../domain/ids.ts';
import { lapsesInside, slotBehind, slotsFor } from '../domain/plan/moving.ts';
import { nextEnvironment, targetsLeft } from '../domain/readiness.ts';
import { keyOf, nameOf, notStarted, OPEN_STATUSES, planOrNow, statusOf } from '../domain/release/release.ts';
import { type Instant, latest } from '../domain/time.ts';
import { count, enumerated, person } from '../domain/words.ts';
import { moveButton, movingWords } from '../situation/card-look.ts';
import { exceptionButton } from '../situation/card-steps.ts';
import type { Catalogs, Situations } from '../situation/parts.ts';
import { type Seen } from '../situation/seen-by.ts';
import { aloud, message, noLongerNeeded, restrictedLine, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS, NEWEST, packValue } from '../slack/ids.ts';
import { actions, type ButtonSpec, context, fact } from '../slack/kit.ts';
import {
  dateToken,
  EMPTY,
  isEmpty,
  joined,
  type Mrkdwn,
  md,
  mention,
  quoteText,
  sentenceMarkup,
} from '../slack/mrkdwn.ts';
import { readFreeze } from './freeze-store.ts';
import { caughtOf, type Held } from './held.ts';

const choices = (s: Seen, now: Instant, reader: UserId): readonly ButtonSpec[] => {
  const frozen = targetsLeft(s).find((target) => stoppingFreeze(s, target, now) !== null);
  const environment = frozen ?? nextEnvironment(s);
  const slot = slotBehind(s, now);
  return [
    ...(slot === null || !notStarted(s.release)
      ? []
      : [{ ...moveButton(s, slot, now, reader), style: 'primary' as const }]),
    ...exceptionButton(s, environment, now),
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

/** What becomes of its approval while the freeze holds it. */
const approvalWords = (s: Seen, now: Instant): Mrkdwn => {
  const { state } = s.release;
  const lapses = lapsesInside(s, now);
  if (lapses !== null) return md`Its approval ends before that, ${dateToken(lapses)}.`;
  return state.status === 'draft' && state.returned?.why === 'approval lapsed'
    ? md`Its approval lapsed ${dateToken(state.since)}: it is asked again for a new time.`
    : EMPTY;
};

/** What the freeze does to it, where, and until when. */
const heldLine = (s: Seen, freeze: Freeze, until: Instant, now: Instant): Mrkdwn => {
  const places = frozenPlaces(s, now).map(({ environment }) => environment);
  const where = places.length === 0 || places.length === s.release.targets.length ? '' : ` in ${enumerated(places)}`;
  const begun = s.deployments.some((d) => d.state === 'running' && places.includes(d.environment));
  const does =
    freeze.severity === 'soft'
      ? `starts${where} only with a reason`
      : begun
        ? `does not go on to its next step${where}`
        : `cannot start${where}`;
  return md`*${nameOf(s.release)}* (${keyOf(s.release)}) ${does} until ${dateToken(until)}: freeze ${quoteText(freeze.name, 80)}.`;
};

const MOST_ALONE = 2;
const MOST_LISTED = 20;

/** What of somebody's a freeze holds, and the ways out: one or two each with its buttons, more of them as one list. */
export const heldMessage = (freeze: Freeze, held: readonly Held[], now: Instant, reader: UserId): Message => {
  const [first] = held;
  if (first === undefined)
    return noLongerNeeded(
      `${freeze.name} holds nothing of yours`,
      md`the freeze ${quoteText(freeze.name, 80)} holds nothing of yours.`,
    );
  const lines = held.map(({ s, until }) => joined([heldLine(s, freeze, until, now), approvalWords(s, now)], ' '));
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
        held.length > MOST_LISTED ? md`and ${held.length - MOST_LISTED} more` : EMPTY,
      ].filter((line) => !isEmpty(line)),
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
      ...message('', [
        freeze.severity === 'soft'
          ? md`A soft freeze: what cannot wait may start with a reason.`
          : md`Held, not lost: nothing is cancelled by itself.`,
      ]).blocks,
      ...held.flatMap(({ s }, index) => [
        ...message('', [lines[index] ?? md``]).blocks,
        ...actions(choices(s, now, reader)),
      ]),
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
    if (!rendering.newest)
      return {
        ...message(freeze.name, [md`The freeze ${quoteText(freeze.name, 80)} is told of again below.`]),
        gone: true,
      };
    const reader = userId(rendering.audience);
    const held = await caughtOf(situations, db, freeze, rendering.now, reader);
    return heldMessage(freeze, held, rendering.now, reader);
  };

/** What would stop it there all the same. */
const alsoFrozen = (s: Seen, exception: Seen['exceptions'][number], now: Instant): Mrkdwn => {
  const question = freezeQuestion(s, exception.environment, planOrNow(s.release, now));
  const others = freezesStopping(s.around.freezes, s.exceptions, question).filter(({ id }) => id !== exception.freeze);
  return others.length === 0
    ? EMPTY
    : md`${others.map(({ name }) => name).join(', ')}: each wants an exception of its own`;
};

const isOver = ({ state }: Seen['release']): boolean =>
  !OPEN_STATUSES.includes(state.status) || state.status === 'deployed';

/** Once somebody has decided it: one's own word, or what another said of what one was asked for. */
const decidedException = (s: Seen, exception: Seen['exceptions'][number], reader: string): Message => {
  const { decidedBy, decidedAt, verdict } = exception;
  const when = decidedAt === null ? EMPTY : md`, ${dateToken(decidedAt)}`;
  const did = md`${verdict === 'revoked' ? 'took back' : verdict} the exception for ${nameOf(s.release)}${when}.`;
  const text = `Decided: exception for ${nameOf(s.release)} ${verdict}`;
  if (decidedBy === reader) return { text, blocks: [context(md`You ${did}`)], over: true };
  const who =
    decidedBy === null
      ? md`it was decided:`
      : sentenceMarkup([person(decidedBy)], { names: s.around.names, command: '' });
  return noLongerNeeded(text, md`${who} ${did}`);
};

/** To those who may decide an exception. */
export const exceptionAsk: SeenRenderer = (s, rendering) => {
  const exception = s.exceptions.find(({ id }) => id === rendering.subject);
  if (exception === undefined) return null;
  const freeze = s.around.freezes.find(({ id }) => id === exception.freeze);
  const name = nameOf(s.release);
  if (!rendering.newest)
    return {
      ...message(`Asked again: ${name}`, [md`The exception for ${name} is asked about again below.`]),
      gone: true,
    };
  if (isLiveException(exception, rendering.now) && exception.decidedBy === rendering.audience)
    return message(
      `You granted the exception for ${name}`,
      [
        md`*You let ${name} into ${exception.environment} despite ${quoteText(freeze?.name ?? 'the freeze', 80)}*`,
        md`For one start until ${dateToken(exception.validUntil)}; it does not replace approval.`,
      ],
      actions([
        {
          text: 'Take it back…',
          action: ACTIONS.revokeException,
          value: packValue(s.release.id, exception.id),
        },
        { text: 'Open', action: ACTIONS.show, value: s.release.id },
      ]),
    );
  if (exception.verdict !== 'requested') return decidedException(s, exception, rendering.audience);
  if (!isWanted(exception, s, rendering.now))
    return noLongerNeeded(
      `No exception needed: ${name}`,
      exception.validUntil <= rendering.now
        ? md`the exception for ${name} was asked for until ${dateToken(exception.validUntil)}.`
        : md`${isOver(s.release) ? md`${name} ${s.release.state.status === 'failed' ? 'has' : 'is'} ${statusOf(s.release.state)}` : md`no freeze stops ${name} in ${exception.environment} any more`}.`,
    );
  const value = packValue(s.release.id, exception.id);
  return message(
    aloud(s, `Exception for ${name} in ${exception.environment}?`, 'decision'),
    [
      md`*Let ${name} into ${exception.environment} despite ${quoteText(freeze?.name ?? 'the freeze', 80)}?*`,
      restrictedLine(s),
      joined(
        [quoteText(s.release.title, 200), s.release.risk === null ? EMPTY : md`${s.release.risk.level} risk`],
        ' · ',
      ),
      rendering.occurrence === 'again' ? md`You are asked once more: nobody has decided yet.` : EMPTY,
      fact('Also frozen by', alsoFrozen(s, exception, rendering.now)),
      fact('Reason', quoteText(exception.reason)),
      fact('How urgent', md`${exception.urgency ?? 'not said'}`),
      fact('Who is hit if it goes wrong', quoteText(exception.blastRadius ?? 'not said', 300)),
      fact('How to go back', quoteText(exception.rollback ?? 'not said', 300)),
      md`Asked by ${mention(exception.requestedBy)} · for one start until ${dateToken(exception.validUntil)} · it does not replace approval`,
    ].filter((line) => !isEmpty(line)),
    actions([
      { text: 'Grant', action: ACTIONS.grantException, value, style: 'primary' },
      { text: 'Deny…', action: ACTIONS.denyException, value },
      { text: 'Open', action: ACTIONS.show, value: s.release.id },
    ]),
  );
};
