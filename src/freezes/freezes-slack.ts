/** Freezes, from Slack: declared with a preview of what they hit, listed, ended; what they catch is moved. */
import type { KnownBlock, ModalView } from '@slack/types';
import type { Freeze } from '../domain/freeze/calendar.ts';
import { endOf, phaseOf } from '../domain/freeze/calendar.ts';
import { type FreezeInput, scopeWords } from '../domain/freeze/freeze.ts';
import { type FreezeId, parseId } from '../domain/ids.ts';
import { nearestOf } from '../domain/nearest.ts';
import { mayAct, maySee } from '../domain/permissions.ts';
import { slotsFor } from '../domain/plan/moving.ts';
import { allow, refuse } from '../domain/refusal.ts';
import { nameOf, type Release } from '../domain/release/release.ts';
import { fromWallTime, type Instant, instant, inZone, isZone } from '../domain/time.ts';
import { at, command, count, say } from '../domain/words.ts';
import { onClick } from '../releases/act-on-release.ts';
import { asText } from '../releases/find-release.ts';
import { plannedReleases } from '../releases/release-store.ts';
import { perform, performOnWorkspace } from '../situation/perform.ts';
import { chosen, dateOf, type RawValues, textOf, ticked, timeOf } from '../slack/form-values.ts';
import { ACTIONS, unpackValue, VIEWS } from '../slack/ids.ts';
import {
  actions,
  context,
  dateInput,
  form,
  multiSelectInput,
  section,
  selectInput,
  textInput,
  timeInput,
} from '../slack/kit.ts';
import { dateToken, joined, type Mrkdwn, md } from '../slack/mrkdwn.ts';
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
import { exceptionVerbs } from './exception-verbs.ts';
import { caughtOf, slotLine } from './freeze-messages.ts';
import { status } from './freeze-status-slack.ts';
import { findFreeze, liveFreezes, readFreeze } from './freeze-store.ts';
import { freezeVerbs } from './freeze-verbs.ts';

const SEVERITIES = [
  { text: 'Hard: nothing starts without an exception', value: 'hard' },
  { text: 'Soft: people may start with a reason', value: 'soft' },
];

const newFreezeForm = (request: Request, impact: readonly KnownBlock[]): ModalView => {
  const { catalog } = request;
  const zone = request.person.zone;
  const today = inZone(request.ctx.now, zone).toPlainDate();
  const groups = Object.keys(catalog.groups).map((name) => ({ text: name, value: name }));
  return form({
    id: VIEWS.newFreeze,
    title: 'Declare a freeze',
    submit: 'Declare',
    metadata: '',
    blocks: [
      textInput({ id: 'name', label: 'Name', placeholder: 'Quarter end' }),
      textInput({ id: 'reason', label: 'Why?', hint: 'The announcement carries it.' }),
      selectInput({ id: 'severity', label: 'How strict', choices: SEVERITIES, initial: catalog.freezeSeverity }),
      multiSelectInput({
        id: 'scope',
        label: 'Services',
        choices: Object.keys(catalog.services).map((name) => ({ text: name, value: name })),
        optional: true,
        hint: 'Leave empty for all services.',
      }),
      multiSelectInput({
        id: 'environments',
        label: 'Environments',
        choices: catalog.environments.map(({ name }) => ({ text: name, value: name })),
        initial: catalog.environments.filter((item) => item.protected).map(({ name }) => name),
        optional: true,
      }),
      dateInput({ id: 'start', label: 'Starts on', initial: today.toString() }),
      timeInput({ id: 'start_time', label: 'Start time', initial: '18:00' }),
      dateInput({ id: 'end', label: 'Ends on', initial: today.add({ days: 3 }).toString() }),
      timeInput({ id: 'end_time', label: 'End time', initial: '07:00' }),
      textInput({ id: 'zone', label: 'Time zone', initial: zone, hint: 'An IANA zone such as Europe/London.' }),
      selectInput({
        id: 'approvers',
        label: 'Who may grant exceptions',
        choices: groups,
        initial: catalog.roles.release_manager[0] ?? groups[0]?.value ?? null,
      }),
      // Beside the button that it is about.
      ...impact,
    ],
  });
};

/** Who may not declare one learns it before filling in a form. */
const openNewFreeze = (request: Request): Answer => {
  const permitted = mayAct('declare_freeze', request.catalog, request.actor, null);
  return permitted.ok ? { kind: 'form', view: newFreezeForm(request, []) } : refused(permitted.refusal);
};

const wall = (values: RawValues, day: string, time: string): string =>
  `${dateOf(values, day) ?? ''}T${timeOf(values, time) ?? ''}`;

const parseFreeze = (values: RawValues): FreezeInput => ({
  name: textOf(values, 'name') ?? '',
  reason: textOf(values, 'reason') ?? '',
  severity: chosen(values, 'severity') === 'soft' ? 'soft' : 'hard',
  scope: { services: ticked(values, 'scope'), environments: ticked(values, 'environments') },
  start: wall(values, 'start', 'start_time'),
  end: wall(values, 'end', 'end_time'),
  zone: textOf(values, 'zone') ?? '',
  approvers: chosen(values, 'approvers') ?? '',
});

/** What it would hit, said before it is saved: the form comes back once with the list, and the second submission declares it. */
const impactOf = async (request: ViewRequest, input: FreezeInput): Promise<readonly Release[]> => {
  if (
    !isZone(input.zone) ||
    !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(input.start) ||
    !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(input.end)
  )
    return [];
  const [from, to] = [fromWallTime(input.start, input.zone, 'start'), fromWallTime(input.end, input.zone, 'end')];
  const planned = await plannedReleases(request.deps.database.db, request.ctx.workspace);
  const inside = (at: Instant) => at >= from && at < to;
  return planned.filter((release) => {
    if (!maySee(request.catalog, release, request.actor)) return false;
    const start = release.when.kind === 'at' ? release.when.start : request.ctx.now;
    const concerned = [release.service, ...release.affects];
    const services = input.scope.services.length === 0 || concerned.some((name) => input.scope.services.includes(name));
    const environments =
      input.scope.environments.length === 0 || release.targets.some((name) => input.scope.environments.includes(name));
    return services && environments && inside(start);
  });
};

/** What the preview was about: other times or another scope are previewed again. */
const previewed = ({ start, end, zone, scope }: FreezeInput): string =>
  ['previewed', start, end, zone, ...scope.services, '/', ...scope.environments].join(' ').slice(0, 2_000);

const submitFreeze = async (request: ViewRequest): Promise<Answer> => {
  const input = parseFreeze(request.values);
  const hit = request.metadata === previewed(input) ? [] : await impactOf(request, input);
  if (hit.length > 0) {
    const line = context(
      md`It hits ${count(hit.length, 'planned release')}: ${hit.slice(0, 8).map(nameOf).join(', ')}. ${hit.length === 1 ? 'Its owner' : 'Their owners'} will be told. Press Declare again to save.`,
    );
    return { kind: 'form', view: { ...newFreezeForm(request, [line]), private_metadata: previewed(input) } };
  }
  const ctx = { ...request.ctx, actor: request.actor };
  return answerTo(await performOnWorkspace(request.deps, ctx, freezeVerbs.declare, input), ({ freeze }) =>
    tell([
      md`Declared: *${freeze.name}* (freeze ${freeze.number}), ${dateToken(freeze.startsAt)} – ${dateToken(freeze.endsAt)}.`,
      md`It stops ${scopeWords(freeze.scope)}. The channels of these services have been told.`,
    ]),
  );
};

const freezeLine = (freeze: Freeze, now: Instant) =>
  md`${freeze.number} *${freeze.name}* · ${phaseOf(freeze, now)} · ${dateToken(freeze.startsAt)} – ${dateToken(endOf(freeze))} · stops ${scopeWords(freeze.scope)} · ${freeze.severity}`;

const list = async (request: Request): Promise<Answer> => {
  const freezes = await liveFreezes(request.deps.database.db, request.ctx.workspace, request.ctx.now);
  const lines = freezes.map((freeze) => freezeLine(freeze, request.ctx.now));
  return tell(
    lines.length === 0 ? [md`No freeze is active or planned.`] : lines,
    actions([{ text: 'Declare a freeze', action: ACTIONS.newFreeze, value: 'new' }]),
  );
};

/** By number, by a name of one or more words, or the only one that is active; what follows it is the reason. */
const freezeMeant = async (
  request: CommandRequest,
  words: readonly string[],
): Promise<{ found: Freeze | null; reason: string }> => {
  const { db } = request.deps.database;
  for (let most = Math.min(words.length, 6); most > 0; most -= 1) {
    const found = await findFreeze(db, request.ctx.workspace, words.slice(0, most).join(' '));
    if (found !== null) return { found, reason: asText(words.slice(most)) };
  }
  // A word that names none is a mistake, not a reason: only a quoted reason, or none, may mean the one that is active.
  if (words[0] !== undefined && !words[0].includes(' ')) return { found: null, reason: '' };
  const live = await liveFreezes(db, request.ctx.workspace, request.ctx.now);
  const active = live.filter((freeze) => phaseOf(freeze, request.ctx.now) === 'active');
  const [only] = active;
  return { found: active.length === 1 && only !== undefined ? only : null, reason: asText(words) };
};

const endByCommand = async (request: CommandRequest): Promise<Answer> => {
  const { found, reason } = await freezeMeant(request, request.words.slice(1));
  if (found === null) {
    const [, reference] = request.words;
    return refused(
      reference === undefined
        ? { code: 'ambiguous', what: 'freeze', examples: ['freeze end 3 "the quarter is closed"'] }
        : { code: 'not_found', what: 'freeze', reference, fix: say`See them with ${command('freeze list')}.` },
    );
  }
  const ctx = { ...request.ctx, actor: request.actor };
  const decision = await performOnWorkspace(request.deps, ctx, freezeVerbs.end, { freeze: found.id, reason });
  return answerTo(decision, () =>
    tell([md`Ended: ${found.name}. Nothing that it held starts by itself; the owners choose.`]),
  );
};

/** `freeze extend 3 until Fri 18:00 "the campaign is late"`; the word has to fit the time. */
const moveEndByCommand = async (request: CommandRequest, word: 'extend' | 'shorten'): Promise<Answer> => {
  const example = `freeze ${word} 3 until Fri 18:00 "the campaign is late"`;
  const until = request.words.findIndex((each) => each.toLowerCase() === 'until');
  if (until < 2) return refused({ code: 'ambiguous', what: 'freeze and its new end', examples: [example] });
  const name = request.words.slice(1, until);
  const { found } = await freezeMeant(request, name);
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
  if (endsAt > found.endsAt !== (word === 'extend') && endsAt !== found.endsAt)
    return refused({
      code: 'fields',
      problems: [
        {
          field: 'until',
          problem: say`Not moved: it ends ${at(found.endsAt)}, so that would ${word === 'extend' ? 'shorten' : 'extend'} it. Say ${command(`freeze ${word === 'extend' ? 'shorten' : 'extend'} …`)} if that is meant.`,
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
      md`${found.name} ends ${dateToken(endsAt)} now, was ${dateToken(found.endsAt)}. Everybody who was told of it hears it.`,
    ]),
  );
};

/** What *Move all* would do, shown before it is done. */
const openMoveAll = async (request: Request, freeze: Freeze | null): Promise<Answer> => {
  const held = freeze === null ? [] : await heldOf(request, freeze);
  if (freeze === null || held.length === 0) return tell([md`Nothing to move: no freeze holds a release of yours.`]);
  const blocks = [
    section([md`*${freeze.name}* ends ${dateToken(endOf(freeze))}. Each goes to the first slot that is free for it:`]),
    section(
      slotsFor(held, request.ctx.now)
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

const freezeById = async (request: Request, id: string): Promise<Freeze | null> => {
  const known = parseId('freeze', id);
  const stored =
    known === null ? null : await readFreeze(request.deps.database.db, request.ctx.workspace, known as FreezeId);
  return stored?.freeze ?? null;
};

/** Each move is a change of its own: one that is refused does not hold up the others, and is named. */
const moveAll = async (request: ViewRequest): Promise<Answer> => {
  const freeze = await freezeById(request, request.metadata);
  const held = freeze === null ? [] : await heldOf(request, freeze);
  const moved: Mrkdwn[] = [];
  const stayed: Mrkdwn[] = [];
  for (const { s, slot } of slotsFor(held, request.ctx.now)) {
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

const FREEZE_VERBS = ['new', 'list', 'status', 'end', 'extend', 'shorten', 'move'] as const;

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
      return endByCommand(request);
    case 'extend':
    case 'shorten':
      return moveEndByCommand(request, sub);
    case 'move':
      return openMoveAll(
        request,
        await findFreeze(request.deps.database.db, request.ctx.workspace, request.words.slice(1).join(' ')),
      );
    default:
      return unknownFreezeVerb(sub);
  }
};

export const freezeRoutes: Routes = {
  verbs: {
    freeze: { opens: 'Declare a freeze', bareOnly: true, run: freezeVerb },
  },
  actions: {
    [ACTIONS.newFreeze]: {
      opens: 'Declare a freeze',
      run: (request) => Promise.resolve(openNewFreeze(request)),
    },
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
    [ACTIONS.moveAll]: {
      opens: 'Move all',
      run: async (request) => openMoveAll(request, await freezeById(request, request.value)),
    },
  },
  views: {
    new_freeze: { run: submitFreeze },
    freeze_move_all: { run: moveAll },
  },
};
