/** Freezes, from Slack: listed, ended, left out once, moved; what they catch is moved. */
import { endOf, type Freeze, phaseOf } from '../domain/freeze/calendar.ts';
import { around, type Declared, dayOf, nextOne, repeatWords } from '../domain/freeze/recurrence.ts';
import { scopeWords } from '../domain/freeze/scope.ts';
import { type FreezeId, parseId } from '../domain/ids.ts';
import { nearestOf } from '../domain/nearest.ts';
import { mayAct } from '../domain/permissions.ts';
import { slotsFor } from '../domain/plan/moving.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { nameOf } from '../domain/release/release.ts';
import { type Instant, instant, latest } from '../domain/time.ts';
import { at, command, count, say } from '../domain/words.ts';
import { onClick } from '../releases/act-on-release.ts';
import { asText } from '../releases/find-release.ts';
import { perform, performOnWorkspace } from '../situation/perform.ts';
import { ACTIONS, unpackValue, VIEWS } from '../slack/ids.ts';
import { actions, form, section } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import {
  type Answer,
  answerTo,
  type CommandRequest,
  type Request,
  type Routes,
  refusalMarkup,
  refused,
  tell,
  type ViewRequest,
} from '../slack/requests.ts';
import { typedTime } from '../slack/typed-time.ts';
import { openNewFreeze } from './declare-freeze-slack.ts';
import { exceptionVerbs } from './exception-verbs.ts';
import { openException } from './exceptions-slack.ts';
import { heldMessage, slotLine } from './freeze-messages.ts';
import { status } from './freeze-status-slack.ts';
import { findFreeze, liveFreezes, oneOfEach, readFreeze } from './freeze-store.ts';
import { freezeVerbs } from './freeze-verbs.ts';
import { caughtBy, caughtOf, type Held } from './held.ts';

const freezeLine = (freeze: Freeze, now: Instant) => {
  const again = freeze.repeats === null ? md`` : md` · ${repeatWords(freeze.repeats)}`;
  return md`${freeze.number} *${freeze.name}* · ${phaseOf(freeze, now)} · ${dateToken(freeze.startsAt)} – ${dateToken(endOf(freeze))}${again} · stops ${scopeWords(freeze.scope)} · ${freeze.severity}`;
};

const live = (request: Request): Promise<readonly Freeze[]> =>
  liveFreezes(request.deps.database.db, request.ctx.workspace, request.catalog, request.ctx.now);

const list = async (request: Request): Promise<Answer> => {
  const lines = oneOfEach(await live(request)).map((freeze) => freezeLine(freeze, request.ctx.now));
  return tell(
    lines.length === 0 ? [md`No freeze is active or planned.`] : lines,
    actions([{ text: 'Declare a freeze', action: ACTIONS.newFreeze, value: 'new' }]),
  );
};

const named = (request: Request, reference: string): Promise<Declared | null> =>
  findFreeze(request.deps.database.db, request.ctx.workspace, request.catalog, reference);

/** By number, by a name of one or more words, or the only one that is active; what follows it is the reason. */
const freezeMeant = async (
  request: CommandRequest,
  words: readonly string[],
): Promise<{ found: Declared | null; reason: string }> => {
  for (let most = Math.min(words.length, 6); most > 0; most -= 1) {
    const found = await named(request, words.slice(0, most).join(' '));
    if (found !== null) return { found, reason: asText(words.slice(most)) };
  }
  // A word that names none is a mistake, not a reason: only a quoted reason, or none, may mean the one that is active.
  if (words[0] !== undefined && !words[0].includes(' ')) return { found: null, reason: '' };
  const active = oneOfEach(await live(request)).filter((freeze) => phaseOf(freeze, request.ctx.now) === 'active');
  const [only] = active;
  const found = active.length === 1 && only !== undefined ? await named(request, String(only.number)) : null;
  return { found, reason: asText(words) };
};

/** The one of a freeze that is on. */
const onNow = (declared: Declared, now: Instant): Freeze | null =>
  around(declared, now).find((freeze) => phaseOf(freeze, now) === 'active') ?? null;

/** The one that is on, else the next; `null` where none comes any more. */
const nextOf = (declared: Declared, now: Instant): Freeze | null => {
  if (declared.freeze.repeats === null) return declared.freeze;
  return nextOne(declared, now);
};

const ENDINGS = {
  end: { example: 'freeze end 3 "the quarter is closed"', done: 'Ended' },
  skip: { example: 'freeze skip 3 "no trading on that day"', done: 'Skipped' },
  stop: { example: 'freeze stop 3 "we do not need it any more"', done: 'Stopped for good' },
} as const;

/** What `end`, `skip` and `stop` are about: the one that is on, the next one, all of them. */
const endMeant = (declared: Declared, sub: keyof typeof ENDINGS, now: Instant): Decision<Freeze> => {
  const { freeze } = declared;
  const { number, repeats } = freeze;
  const name = `freeze ${number} (${freeze.name})`;
  if (repeats === null)
    return sub === 'skip'
      ? refuse({
          code: 'status',
          did: 'Not skipped',
          name,
          status: 'a freeze that does not come again',
          fix: say`End it with ${command(`freeze end ${number} "why"`)}.`,
        })
      : allow(freeze);
  if (sub === 'stop' || freeze.endedEarlyAt !== null) return allow(freeze);
  const found = sub === 'end' ? onNow(declared, now) : nextOf(declared, now);
  if (nextOf(declared, now) === null)
    return refuse({
      code: 'status',
      did: sub === 'end' ? 'Not ended' : 'Not skipped',
      name,
      status: 'over: none of it comes any more',
      fix: say`See ${command('freeze list')}.`,
    });
  return found === null
    ? refuse({
        code: 'status',
        did: 'Not ended',
        name,
        status: 'not on now',
        fix: say`To leave out the next one, ${command(`freeze skip ${number} "why"`)}; to end it for good, ${command(`freeze stop ${number} "why"`)}.`,
      })
    : allow(found);
};

const endByCommand = async (request: CommandRequest, sub: keyof typeof ENDINGS): Promise<Answer> => {
  const { found, reason } = await freezeMeant(request, request.words.slice(1));
  const { example, done } = ENDINGS[sub];
  if (found === null) {
    const [, reference] = request.words;
    return refused(
      reference === undefined
        ? { code: 'ambiguous', what: 'freeze', examples: [example] }
        : { code: 'not_found', what: 'freeze', reference, fix: say`See them with ${command('freeze list')}.` },
    );
  }
  const meant = endMeant(found, sub, request.ctx.now);
  if (!meant.ok) return refused(meant.refusal);
  const { id, name, startsAt } = meant.value;
  const ctx = { ...request.ctx, actor: request.actor };
  const decision = await performOnWorkspace(request.deps, ctx, freezeVerbs.end, { freeze: id, reason });
  return answerTo(decision, () =>
    tell([
      startsAt > request.ctx.now && dayOf(id) !== null
        ? md`${done}: ${name} of ${dateToken(startsAt)} does not take place.`
        : md`${done}: ${name}. Nothing that it held starts by itself; the owners choose.`,
    ]),
  );
};

/** `freeze extend 3 until Fri 18:00 "the campaign is late"`; the word has to fit the time. */
const moveEndByCommand = async (request: CommandRequest, word: 'extend' | 'shorten'): Promise<Answer> => {
  const example = `freeze ${word} 3 until Fri 18:00 "the campaign is late"`;
  const until = request.words.findIndex((each) => each.toLowerCase() === 'until');
  if (until < 2) return refused({ code: 'ambiguous', what: 'freeze and its new end', examples: [example] });
  const name = request.words.slice(1, until);
  const { found: declared } = await freezeMeant(request, name);
  const found = declared === null ? null : nextOf(declared, request.ctx.now);
  if (declared !== null && found === null)
    return refused({
      code: 'status',
      did: 'Not moved',
      name: `freeze ${declared.freeze.number} (${declared.freeze.name})`,
      status: 'over: none of it comes any more',
      fix: say`Declare another one with ${command('freeze new')}.`,
    });
  if (found === null)
    return refused({
      code: 'not_found',
      what: 'freeze',
      reference: name.join(' '),
      fix: say`See them with ${command('freeze list')}.`,
    });
  // The reason stands last, in quotes: it is one word then.
  const quoted = /["“”„]\s*$/.test(request.text);
  const said = request.words.slice(until + 1);
  const when = quoted ? said.slice(0, -1) : said;
  const read = typedTime(when.join(' '), request.person.zone, request.ctx.now);
  if (!read.ok)
    return refused({ code: 'fields', problems: [{ field: 'until', problem: say`Not moved: ${read.problem}` }] });
  const endsAt = read.time.start;
  const past = endsAt <= request.ctx.now;
  if (!past && endsAt > found.endsAt !== (word === 'extend') && endsAt !== found.endsAt)
    return refused({
      code: 'fields',
      problems: [
        {
          field: 'until',
          problem: say`Not moved: it ends ${at(found.endsAt)}, and ${at(endsAt)} would ${word === 'extend' ? 'shorten' : 'extend'} it. Say ${command(`freeze ${word === 'extend' ? 'shorten' : 'extend'} …`)} if that is meant.`,
        },
      ],
    });
  const reason = quoted ? asText(said.slice(-1)) : '';
  const input = { freeze: found.id, endsAt, reason };
  const decision = await performOnWorkspace(
    request.deps,
    { ...request.ctx, actor: request.actor },
    freezeVerbs.moveEnd,
    input,
  );
  return answerTo(decision, () =>
    tell([
      md`${found.name} ends ${dateToken(endsAt)}${read.time.typed === null ? EMPTY : md` your time (you typed “${read.time.typed}”)`} now, was ${dateToken(found.endsAt)}. Everybody who was told of it hears it.`,
    ]),
  );
};

/** What *Move all* would do, shown before it is done. */
const openMoveAll = async (request: Request, freeze: Freeze | null): Promise<Answer> => {
  const { theirs, held } = freeze === null ? { theirs: true, held: [] } : await movable(request, freeze);
  if (freeze === null || held.length === 0)
    return tell([md`Nothing to move: no freeze holds a release that you may move.`]);
  const until = latest(held.map((each) => each.until)) ?? endOf(freeze);
  const blocks = [
    section([
      md`*${freeze.name}* ends ${dateToken(until)}. ${theirs ? EMPTY : md`None of these is yours; their owners hear of it. `}Each goes to the first slot that is free for it:`,
    ]),
    section(
      slotsFor(
        held.map(({ s }) => s),
        request.ctx.now,
      )
        .slice(0, 20)
        .map((each) => slotLine(each, request.ctx.now)),
    ),
  ];
  return {
    kind: 'form',
    view: form({ id: VIEWS.moveAll, title: 'Move all', submit: 'Move all', metadata: freeze.id, blocks }),
  };
};

const heldOf = (request: Request, freeze: Freeze) =>
  caughtOf(request.deps.situations, request.deps.database.db, freeze, request.ctx.now, request.actor);

/** What of theirs it stops; where that is nothing, what of others they may move, as release managers do. */
const movable = async (request: Request, freeze: Freeze): Promise<{ theirs: boolean; held: readonly Held[] }> => {
  const own = await heldOf(request, freeze);
  if (own.length > 0) return { theirs: true, held: own };
  const { deps, ctx, actor, catalog } = request;
  const all = await caughtBy(deps.situations, deps.database.db, freeze, ctx.now, actor);
  return { theirs: false, held: all.filter(({ s }) => mayAct('edit', catalog, actor, s.release).ok) };
};

const freezeById = async (request: Request, id: string): Promise<Freeze | null> => {
  const known = parseId('freeze', id);
  const stored =
    known === null
      ? null
      : await readFreeze(request.deps.database.db, request.ctx.workspace, request.catalog, known as FreezeId);
  return stored?.freeze ?? null;
};

/** The one of that name which is on, or the next. */
const freezeToMoveFrom = async (request: Request, reference: string): Promise<Freeze | null> => {
  const declared = await named(request, reference);
  return declared === null || declared.freeze.repeats !== null
    ? (declared?.freeze ?? null)
    : nextOf(declared, request.ctx.now);
};

/** What of theirs a freeze stops, each with its ways out. */
const affects = async (request: Request, freeze: Freeze | null): Promise<Answer> => {
  if (freeze === null) return tell([md`This freeze is not there any more. See ${request.voice.command} freeze list.`]);
  const held = await heldOf(request, freeze);
  const { text, blocks } = heldMessage(freeze, held, request.ctx.now);
  return held.length === 0
    ? tell([md`No release of yours is inside ${freeze.name}. A freeze stops deployments, nothing else.`])
    : tell([md`${text}`], blocks);
};

/** The form where only one of theirs is meant; else what of theirs it stops, each with its button. */
const exceptFrom = async (request: Request, freeze: Freeze | null): Promise<Answer> => {
  const [only, ...others] = freeze === null ? [] : await heldOf(request, freeze);
  return only === undefined || others.length > 0
    ? affects(request, freeze)
    : openException(request, allow(only.s.release), undefined);
};

/** Each move is a change of its own: one that is refused does not hold up the others, and is named. */
const moveAll = async (request: ViewRequest): Promise<Answer> => {
  const freeze = await freezeById(request, request.metadata);
  const held = freeze === null ? [] : (await movable(request, freeze)).held;
  const moved: Mrkdwn[] = [];
  const stayed: Mrkdwn[] = [];
  for (const { s, slot } of slotsFor(
    held.map(({ s }) => s),
    request.ctx.now,
  )) {
    const name = md`${nameOf(s.release)}`;
    if (slot === null) {
      stayed.push(md`${name} (no slot yet)`);
      continue;
    }
    const ctx = { ...request.ctx, requestKey: `${request.ctx.requestKey ?? ''}/${s.release.id}` };
    const decision = await perform(
      request.deps,
      ctx,
      exceptionVerbs.moveAfterFreeze,
      { release: s.release.id },
      { start: slot },
    );
    if (decision.ok) moved.push(md`${name} to ${dateToken(slot)}`);
    else stayed.push(md`${name}: ${refusalMarkup(decision.refusal, request.voice)}`);
  }
  return tell([
    md`*${count(moved.length, 'release')} moved.*`,
    ...moved.map((line) => md`• ${line}`),
    ...(stayed.length === 0 ? [] : [md`Not moved: ${joined(stayed, ' · ')}`]),
  ]);
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
      return list(request);
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
        const [, slot = ''] = unpackValue(value);
        return Number.isFinite(Date.parse(slot))
          ? allow({ start: instant(slot) })
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
