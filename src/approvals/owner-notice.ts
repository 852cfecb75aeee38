/** What became of something that somebody asked for, told once, with the buttons of how it stands now. */

import type { Place } from '../courier/message.ts';
import { watched } from '../domain/deployment/health.ts';
import { eventSentence } from '../domain/events.ts';
import { endOf } from '../domain/freeze/calendar.ts';
import { stoppingFreeze } from '../domain/freeze/caught.ts';
import { gateStates, isMet } from '../domain/gate/gate.ts';
import { zoneFor } from '../domain/hours.ts';
import { userId } from '../domain/ids.ts';
import { nameOf, notStarted } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { cut } from '../domain/words.ts';
import type { Seen, SeenEvent } from '../situation/seen-by.ts';
import { aloud, directVoice, message, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, context } from '../slack/kit.ts';
import {
  dateToken,
  EMPTY,
  isEmpty,
  type Mrkdwn,
  md,
  quoteText,
  sentenceMarkup,
  sentenceText,
} from '../slack/mrkdwn.ts';

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
      return `${name}: what waited for a channel is posted`;
    case 'message.undeliverable':
      return event.data.asText === true
        ? `A request about ${name} arrived without its buttons`
        : `A request about ${name} could not be delivered`;
    default:
      return name;
  }
};

/** What these tell of can be over: somebody who slept meanwhile need not hear of it, and who read of it reads that. */
const FOLLOWS: ReadonlySet<string> = new Set(['gate.recorded', 'action.added', 'exception.decided']);

/** What became of it since; null while it is as it was told. */
const since = (event: SeenEvent, s: Seen, { now, audience }: Place): string | null => {
  const name = nameOf(s.release);
  switch (event.kind) {
    case 'gate.recorded': {
      const gate = gateStates(s, now).find(({ rule }) => rule.name === event.data.gate);
      if (gate?.state === event.data.outcome && (notStarted(s.release) || s.release.state.status === 'deploying'))
        return null;
      return gate !== undefined && isMet(gate)
        ? `${event.data.gate} of ${name} failed, and is ${gate.state} by now`
        : `${event.data.gate} of ${name} failed, and is not waited for any more`;
    }
    case 'action.added': {
      const action = s.actions.find(({ id }) => id === event.subject);
      if (action === undefined) return `What you had to do for ${name} is not wanted any more`;
      if (action.state !== 'open')
        return `“${cut(action.text, 120)}”, for ${name}: ${action.state === 'done' ? 'done' : 'it is not done'}`;
      return action.owner === audience ? null : `“${cut(action.text, 120)}”, for ${name}, is somebody else's now`;
    }
    case 'exception.decided': {
      const exception = s.exceptions.find(({ id }) => id === event.subject);
      if (exception?.verdict === event.data.verdict && exception.usedBy === null) return null;
      return `The exception for ${name} was ${event.data.verdict}${exception?.usedBy == null ? '' : ', and is used'}${exception?.verdict === 'revoked' ? ', and taken back' : ''}`;
    }
    default:
      return null;
  }
};

/** For how long what was granted holds. */
const untilWords = (s: Seen, event: SeenEvent, now: Instant): Mrkdwn => {
  const granted = event.kind === 'exception.decided' ? s.exceptions.find(({ id }) => id === event.subject) : undefined;
  if (granted?.verdict !== 'granted') return EMPTY;
  const other = stoppingFreeze(s, granted.environment, now);
  const still =
    other === null || other.severity === 'soft'
      ? EMPTY
      : md` Another freeze, ${quoteText(other.name, 80)}, holds it still until ${dateToken(endOf(other))}: that one wants an exception of its own.`;
  return md`For one start until ${dateToken(granted.validUntil)}.${still}`;
};

/** What became of something that this person asked for, with the buttons of the current state. */
export const ownerNotice: SeenRenderer = (s, what, [event]) => {
  if (event === undefined) return null;
  const past = since(event, s, what);
  if (past !== null) return { text: aloud(s, past), blocks: [context(md`${past}.`)], over: true };
  const sentence = eventSentence(event);
  const text = `${noticeHead(event, s)}. ${sentenceText(sentence, { names: s.around.names, command: what.command, zone: zoneFor(s, userId(what.audience)) })}`;
  // Told once, so it shows what does not grow old.
  const told = message(
    aloud(s, text),
    [md`*${noticeHead(event, s)}*`, sentenceMarkup(sentence, directVoice(what)), untilWords(s, event, what.now)].filter(
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
  return FOLLOWS.has(event.kind) ? { ...told, follows: true } : told;
};
