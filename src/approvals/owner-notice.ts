/** What became of something that somebody asked for, told once, with the buttons of how it stands now. */
import type { Place } from '../courier/message.ts';
import { watched } from '../domain/deployment/health.ts';
import { eventSentence } from '../domain/events.ts';
import { gateStates } from '../domain/gate/gate.ts';
import { nameOf } from '../domain/release/release.ts';
import { zoneOf } from '../domain/release/traits.ts';
import type { Seen, SeenEvent } from '../situation/seen-by.ts';
import { aloud, directVoice, message, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, type Mrkdwn, md, sentenceMarkup, sentenceText } from '../slack/mrkdwn.ts';

const noticeHead = (event: SeenEvent, s: Seen): string => {
  const name = nameOf(s.release);
  switch (event.kind) {
    case 'gate.recorded':
      return `${name}: gate ${event.data.gate} ${event.data.outcome}`;
    case 'deployment.unasked':
      return `${name} was deployed to ${event.data.environment} without being asked about`;
    case 'breakglass.judged':
      return `${name}: the emergency was ${event.data.verdict}`;
    case 'action.added':
      return `You have something to do for ${name}`;
    case 'exception.revoked':
      return `The exception for ${name} was taken back`;
    case 'exception.decided':
      return `The exception for ${name} was ${event.data.verdict}`;
    case 'health.signal':
      return event.data.ok
        ? `${name} is well again in ${event.data.environment}`
        : `${name} may not be healthy in ${event.data.environment}`;
    case 'message.resumed':
      return `${name}: what waited for its channel is posted`;
    case 'message.undeliverable':
      return `A request about ${name} could not be delivered`;
    default:
      return name;
  }
};

/** What it tells of is not so any more: somebody who slept meanwhile need not hear of it. */
const isPast = (event: SeenEvent, s: Seen, now: Place['now']): boolean => {
  switch (event.kind) {
    case 'gate.recorded':
      return gateStates(s, now).find(({ rule }) => rule.name === event.data.gate)?.state !== event.data.outcome;
    case 'action.added':
      return s.actions.find(({ id }) => id === event.subject)?.state !== 'open';
    case 'exception.decided':
      return s.exceptions.find(({ id }) => id === event.subject)?.verdict !== event.data.verdict;
    default:
      return false;
  }
};

/** For how long what was granted holds. */
const untilWords = (s: Seen, event: SeenEvent): Mrkdwn => {
  const granted = event.kind === 'exception.decided' ? s.exceptions.find(({ id }) => id === event.subject) : undefined;
  return granted?.verdict === 'granted' ? md`For one start until ${dateToken(granted.validUntil)}.` : EMPTY;
};

/** What became of something that this person asked for, with the buttons of the current state. */
export const ownerNotice: SeenRenderer = (s, what, event) => {
  if (event === null) return null;
  const sentence = eventSentence(event);
  const text = `${noticeHead(event, s)}. ${sentenceText(sentence, { names: s.around.names, command: what.command, zone: s.around.zones[what.audience] ?? zoneOf(s) })}`;
  // Told once, so it shows what does not grow old.
  const told = message(
    aloud(s, text),
    [md`*${noticeHead(event, s)}*`, sentenceMarkup(sentence, directVoice(what)), untilWords(s, event)].filter(
      (line) => !isEmpty(line),
    ),
    actions([
      // Whoever hears of it can say what it is.
      ...(event.kind === 'health.signal' && !event.data.ok && watched(s).length > 0
        ? [
            { text: 'Not healthy…', action: ACTIONS.unhealthy, value: s.release.id },
            { text: 'Roll back…', action: ACTIONS.rollBack, value: s.release.id, style: 'danger' as const },
          ]
        : []),
      { text: 'Open', action: ACTIONS.show, value: s.release.id },
    ]),
  );
  return isPast(event, s, what.now) ? { ...told, needless: true } : told;
};
