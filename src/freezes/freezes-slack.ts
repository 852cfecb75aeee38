/** Freezes, from Slack: listed, ended, left out once, moved; what they catch is moved. */

import { endOf, type Freeze, phaseOf } from '../domain/freeze/calendar.ts';
import { repeatWords } from '../domain/freeze/recurrence.ts';
import { scopeWords } from '../domain/freeze/scope.ts';
import { nearestOf } from '../domain/nearest.ts';
import { allow, refuse } from '../domain/refusal.ts';
import { type Instant, instant } from '../domain/time.ts';
import { command, say } from '../domain/words.ts';
import { onClick } from '../releases/act-on-release.ts';
import { ACTIONS, unpackValue } from '../slack/ids.ts';
import { actions } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, md, sentenceMarkup } from '../slack/mrkdwn.ts';
import { type Answer, type CommandRequest, type Request, type Routes, refused, tell } from '../slack/requests.ts';
import { openNewFreeze } from './declare-freeze-slack.ts';
import { exceptionVerbs } from './exception-verbs.ts';
import { endByCommand, moveEndByCommand } from './freeze-ends-slack.ts';
import { live } from './freeze-meant.ts';
import { affects, exceptFrom, freezeById, freezeToMoveFrom, moveAll, openMoveAll } from './freeze-moves-slack.ts';
import { status } from './freeze-status-slack.ts';
import { oneOfEach } from './freeze-store.ts';

const freezeLine = (freeze: Freeze, now: Instant) => {
  const again = freeze.repeats === null ? md`` : md` · ${repeatWords(freeze.repeats)}`;
  return md`${freeze.number} *${freeze.name}* · ${phaseOf(freeze, now)} · ${dateToken(freeze.startsAt)} – ${dateToken(endOf(freeze))}${again} · stops ${scopeWords(freeze.scope)} · ${freeze.severity}`;
};

const PAGE = 25;

/** `freeze list [from]`. */
const list = async (request: Request, word: string | undefined): Promise<Answer> => {
  const all = oneOfEach(await live(request)).map((freeze) => freezeLine(freeze, request.ctx.now));
  const from = Math.min(Math.max(1, all.length), Math.max(1, Number(word ?? 1) || 1));
  const to = from - 1 + PAGE;
  const lines = [
    ...all.slice(from - 1, to),
    all.length > to
      ? md`${all.length - to} more: ${sentenceMarkup(say`${command(`freeze list ${to + 1}`)}`, request.voice)}`
      : EMPTY,
  ].filter((line) => !isEmpty(line));
  return tell(
    lines.length === 0 ? [md`No freeze is active or planned.`] : lines,
    actions([{ text: 'Declare a freeze', action: ACTIONS.newFreeze, value: 'new' }]),
  );
};

const FREEZE_VERBS = ['new', 'list', 'status', 'end', 'skip', 'stop', 'extend', 'shorten', 'move'] as const;

const unknownFreezeVerb = (sub: string): Answer => {
  const nearest = nearestOf(sub, FREEZE_VERBS);
  return refused({
    code: 'unknown_verb',
    verb: `freeze ${sub}`,
    nearest: nearest === null ? null : `freeze ${nearest}`,
  });
};

const freezeVerb = async (request: CommandRequest): Promise<Answer> => {
  const [sub = 'new'] = request.words;
  switch (sub) {
    case 'new':
      return openNewFreeze(request);
    case 'list':
      return list(request, request.words[1]);
    case 'status':
      return status(request);
    case 'end':
    case 'skip':
    case 'stop':
      return endByCommand(request, sub);
    case 'extend':
    case 'shorten':
      return moveEndByCommand(request, sub);
    case 'move':
      return openMoveAll(request, await freezeToMoveFrom(request, request.words.slice(1).join(' ')));
    default:
      return unknownFreezeVerb(sub);
  }
};

export const freezeRoutes: Routes = {
  verbs: {
    freeze: { opens: 'Declare a freeze', opensUpTo: 0, run: freezeVerb },
  },
  actions: {
    [ACTIONS.moveAfterFreeze]: onClick(
      exceptionVerbs.moveAfterFreeze,
      ({ value }) => {
        const [, slot = '', from] = unpackValue(value);
        return Number.isFinite(Date.parse(slot))
          ? allow({ start: instant(slot), ...(from === undefined ? {} : { from }) })
          : refuse({ code: 'ambiguous', what: 'time', examples: ['schedule REL-142 Thu 06:00'] });
      },
      ({ when, state }) => {
        const moved = when.kind === 'at' ? md`Moved to ${dateToken(when.start)}.` : md`Moved.`;
        return state.status === 'awaiting_approval' ? md`${moved} Approval is asked for this time.` : moved;
      },
    ),
    [ACTIONS.freezeAffects]: { run: async (request) => affects(request, await freezeById(request, request.value)) },
    [ACTIONS.freezeExcept]: {
      opens: 'Ask for an exception',
      run: async (request) => exceptFrom(request, await freezeById(request, request.value)),
    },
    [ACTIONS.moveAll]: {
      opens: 'Move all',
      run: async (request) => openMoveAll(request, await freezeById(request, request.value)),
    },
  },
  views: {
    freeze_move_all: { run: moveAll },
  },
};
