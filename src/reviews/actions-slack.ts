/** What is to be done, from Slack: added, listed, done or not to be done. */

import { type Id, parseId, userId } from '../domain/ids.ts';
import { nameOf } from '../domain/release/release.ts';
import { type Instant } from '../domain/time.ts';
import { command, count, say } from '../domain/words.ts';
import { actOn } from '../releases/act-on-release.ts';
import { asText, releaseMeant } from '../releases/find-release.ts';
import { situationsFor } from '../releases/release-answers.ts';
import { perform } from '../situation/perform.ts';
import type { Seen } from '../situation/seen-by.ts';
import { personIn } from '../slack/command-words.ts';
import { rowsThatFit } from '../slack/fit.ts';
import { textOf } from '../slack/form-values.ts';
import { ACTIONS, VIEWS } from '../slack/ids.ts';
import { actions, reasonForm, section } from '../slack/kit.ts';
import {
  dateToken,
  EMPTY,
  joined,
  type Mrkdwn,
  md,
  mention,
  quoteText,
  sentenceMarkup,
  typedBeside,
} from '../slack/mrkdwn.ts';
import {
  type Answer,
  answerTo,
  type CommandRequest,
  type Request,
  type Routes,
  refused,
  tell,
} from '../slack/requests.ts';
import { EVENING, typedTime } from '../slack/typed-time.ts';
import { openActionsOf, readAction } from './review-store.ts';
import { reviewVerbs } from './review-verbs.ts';

const PAGE = 15;

/** `/release actions [all|@user] [from]`: one's own, somebody's, or everybody's; as many as one message holds, from that one on. */
const listActions = async (request: Request, words: readonly string[]): Promise<Answer> => {
  const somebody = personIn(words);
  const all = words.includes('all');
  const mine = somebody === undefined && !all;
  const whose = all ? null : somebody === undefined ? request.actor : userId(somebody);
  const open = await openActionsOf(request.deps.database.db, request.ctx.workspace, whose);
  const strange = words.find((word) => word !== 'all' && word !== 'mine' && !/^(?:<@.*>|\d+)$/.test(word));
  if (strange !== undefined)
    return refused({
      code: 'ambiguous',
      what: 'list of actions',
      examples: ['actions all', 'actions @ana', 'actions all 16'],
    });
  if (open.length === 0) {
    const others = mine ? await openActionsOf(request.deps.database.db, request.ctx.workspace, null) : [];
    const seeAll = sentenceMarkup(say`${command('actions all')}`, request.voice);
    return tell([
      others.length === 0
        ? md`No action is open${mine || all ? '' : ' there'}.`
        : md`None of yours is open. ${others.length} of others: ${seeAll}.`,
    ]);
  }
  const from = Math.min(open.length, Math.max(1, Number(words.find((word) => /^\d+$/.test(word)) ?? 1)));
  const shown = open.slice(from - 1, from - 1 + PAGE);
  const seen = new Map(
    (
      await situationsFor(
        request,
        shown.map(({ release }) => release),
      )
    ).map((s) => [s.release.id, s]),
  );
  const rows = shown.map(({ action, release }) => {
    const s = seen.get(release);
    const withheld = s?.release.withheld !== false;
    const facts = joined(
      [
        s === undefined ? EMPTY : md`${nameOf(s.release)}`,
        action.owner === null
          ? md`no owner`
          : md`${mention(action.owner)}${s?.around.inactive.includes(action.owner) === true ? ', who left' : ''}`,
        action.due === null
          ? md`no date`
          : md`${action.due < request.ctx.now ? 'late, due since' : 'due'} ${dateToken(action.due, '{date_short_pretty}')}`,
      ],
      ' · ',
    );
    return [
      section([withheld ? md`An action of a restricted release` : md`${quoteText(action.text, 200)}`, facts]),
      ...actions([
        { text: 'Done', action: ACTIONS.actionDone, value: action.id },
        { text: "Won't do…", action: ACTIONS.actionWont, value: action.id },
      ]),
    ];
  });
  const fit = rowsThatFit(rows);
  const to = from - 1 + fit;
  const whom = somebody === undefined ? EMPTY : md` ${mention(userId(somebody))}`;
  const again = sentenceMarkup(say`${command(all ? 'actions all' : 'actions')}`, request.voice);
  const next = to < open.length ? md`; the next ones: ${again}${whom} ${to + 1}` : EMPTY;
  const part = fit === open.length ? EMPTY : md`, ${from} to ${to}`;
  return tell([md`*${count(open.length, 'open action')}*${part}${next}`], rows.slice(0, fit).flat());
};

/** `/release action REL-142 "add a canary metric" @ana by Fri` */
const addByCommand = async (request: CommandRequest): Promise<Answer> => {
  const [word, ...words] = request.words;
  const owner = personIn(words);
  const said = words.filter((part) => !part.startsWith('<@'));
  const by = said.slice(0, -1).findLastIndex((part) => part.toLowerCase() === 'by');
  const read = by < 0 ? null : typedTime(said.slice(by + 1).join(' '), request.person.zone, request.ctx.now, EVENING);
  if (read?.ok === false)
    return refused({
      code: 'fields',
      problems: [
        { field: 'due', problem: say`Not added: ${read.problem} A “by” that belongs to the text goes into quotes.` },
      ],
    });
  const due: Instant | null = read?.time.start ?? null;
  // Typed without Slack's list, a name is only text: at the place of the owner it would be lost.
  const stranger = [(by < 0 ? said : said.slice(0, by)).at(-1) ?? ''].find((part) => /^@[\w.-]+$/.test(part));
  if (stranger !== undefined)
    return refused({
      code: 'fields',
      problems: [
        {
          field: 'owner',
          problem: say`Not added: ${stranger} is nobody here. Pick a person from the list that Slack shows after the @.`,
        },
      ],
    });
  const text = asText(by < 0 ? said : said.slice(0, by));
  const input = { text, owner: owner === undefined ? request.actor : userId(owner), due };
  const found = await releaseMeant(request, word);
  return found.ok
    ? actOn(request, reviewVerbs.addAction, found.value.id, input, added(read?.time.typed ?? null))
    : refused(found.refusal);
};

/** Whose it is, and until when: without a word about it, the owner's and two weeks. */
const added =
  (typed: string | null) =>
  (_release: unknown, _request: unknown, s: Seen): Mrkdwn => {
    const action = s.actions.at(-1);
    if (action === undefined) return md`Added.`;
    const whose = action.owner === null ? EMPTY : md`, ${mention(action.owner)}`;
    const until =
      action.due === null
        ? EMPTY
        : md`, by ${dateToken(action.due, typed === null ? '{date_short_pretty}' : undefined)}${typedBeside(typed)}`;
    return md`Added: ${quoteText(action.text, 200)}${whose}${until}.`;
  };

/** Ends the action that a button or a form names by its id. */
const finish = async (
  { deps, ctx }: Request,
  value: string,
  input: { state: 'done' | "won't do"; reason: string | null },
  done: string,
): Promise<Answer> => {
  const id = parseId('action', value) as Id<'action'> | null;
  const found = id === null ? null : await readAction(deps.database.db, ctx.workspace, id);
  if (found === null)
    return refused({
      code: 'not_found',
      what: 'action',
      reference: '',
      fix: say`See them with ${command('actions')}.`,
    });
  const { release, action } = found;
  const decision = await perform(deps, ctx, reviewVerbs.finishAction, { release }, { action: action.id, ...input });
  return answerTo(decision, () => tell([md`${done}`]));
};

export const actionRoutes: Routes = {
  verbs: {
    action: { run: addByCommand },
    actions: { run: (request) => listActions(request, request.words) },
  },
  actions: {
    [ACTIONS.actionDone]: {
      run: (request) => finish(request, request.value, { state: 'done', reason: null }, 'Done.'),
    },
    [ACTIONS.actionWont]: {
      opens: "Won't do",
      run: (request) =>
        Promise.resolve({
          kind: 'form',
          view: reasonForm({
            id: VIEWS.actionWont,
            title: "Won't do",
            submit: 'Save',
            label: 'Why will it not be done?',
            metadata: request.value,
          }),
        }),
    },
  },
  views: {
    action_wont: {
      run: (request) =>
        finish(request, request.metadata, { state: "won't do", reason: textOf(request.values, 'reason') }, 'Saved.'),
    },
  },
};
