/** What a freeze holds of somebody, from Slack: shown with the ways out, moved together behind it. */

import { endOf, type Freeze } from '../domain/freeze/calendar.ts';
import { type FreezeId, parseId } from '../domain/ids.ts';
import { mayAct } from '../domain/permissions.ts';
import { slotsFor } from '../domain/plan/moving.ts';
import { allow } from '../domain/refusal.ts';
import { nameOf } from '../domain/release/release.ts';
import { latest } from '../domain/time.ts';
import { count } from '../domain/words.ts';
import { perform } from '../situation/perform.ts';
import { VIEWS } from '../slack/ids.ts';
import { form, section } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import { type Answer, type Request, refusalMarkup, tell, type ViewRequest } from '../slack/requests.ts';
import { exceptionVerbs } from './exception-verbs.ts';
import { openException } from './exceptions-slack.ts';
import { named, nextOf } from './freeze-meant.ts';
import { heldMessage, slotLine } from './freeze-messages.ts';
import { readFreeze } from './freeze-store.ts';
import { caughtBy, caughtOf, type Held } from './held.ts';

const MOST_LISTED = 20;

/** What *Move all* would do, shown before it is done. */
export const openMoveAll = async (request: Request, freeze: Freeze | null): Promise<Answer> => {
  const { theirs, held } = freeze === null ? { theirs: true, held: [] } : await movable(request, freeze);
  if (freeze === null || held.length === 0)
    return tell([md`Nothing to move: no freeze holds a release that you may move.`]);
  const until = latest(held.map((each) => each.until)) ?? endOf(freeze);
  const blocks = [
    section([
      md`*${freeze.name}* ends ${dateToken(until)}. ${theirs ? EMPTY : md`None of these is yours; their owners hear of it. `}Each goes to the first slot that is free for it:`,
    ]),
    section([
      ...slotsFor(
        held.map(({ s }) => s),
        request.ctx.now,
      )
        .slice(0, MOST_LISTED)
        .map((each) => slotLine(each, request.ctx.now)),
      held.length > MOST_LISTED ? md`and ${held.length - MOST_LISTED} more` : EMPTY,
    ]),
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

export const freezeById = async (request: Request, id: string): Promise<Freeze | null> => {
  const known = parseId('freeze', id);
  const stored =
    known === null
      ? null
      : await readFreeze(request.deps.database.db, request.ctx.workspace, request.catalog, known as FreezeId);
  return stored?.freeze ?? null;
};

/** The one of that name which is on, or the next. */
export const freezeToMoveFrom = async (request: Request, reference: string): Promise<Freeze | null> => {
  const declared = await named(request, reference);
  return declared === null || declared.freeze.repeats !== null
    ? (declared?.freeze ?? null)
    : nextOf(declared, request.ctx.now);
};

/** What of theirs a freeze stops, each with its ways out. */
export const affects = async (request: Request, freeze: Freeze | null): Promise<Answer> => {
  if (freeze === null) return tell([md`This freeze is not there any more. See ${request.voice.command} freeze list.`]);
  const held = await heldOf(request, freeze);
  const { text, blocks } = heldMessage(freeze, held, request.ctx.now, request.actor);
  return held.length === 0
    ? tell([md`No release of yours is inside ${freeze.name}. A freeze stops deployments, nothing else.`])
    : tell([md`${text}`], blocks);
};

/** The form where only one of theirs is meant; else what of theirs it stops, each with its button. */
export const exceptFrom = async (request: Request, freeze: Freeze | null): Promise<Answer> => {
  const [only, ...others] = freeze === null ? [] : await heldOf(request, freeze);
  return only === undefined || others.length > 0
    ? affects(request, freeze)
    : openException(request, allow(only.s.release), undefined);
};

/** Each move is a change of its own: one that is refused does not hold up the others, and is named. */
export const moveAll = async (request: ViewRequest): Promise<Answer> => {
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
