/** Planning, from Slack: commands, buttons and forms about one release, and the lists. */

import { placeOf } from '../courier/messages.ts';
import { stillCan } from '../domain/approval-policy.ts';
import type { Catalog } from '../domain/catalog.ts';
import { mayStillEdit } from '../domain/edit-plan.ts';
import { type ReleaseId, userId } from '../domain/ids.ts';
import { mayAct, mayRead, type Verb as Permission } from '../domain/permissions.ts';
import { type Decision, refuseField } from '../domain/refusal.ts';
import { type Release } from '../domain/release.ts';
import { command, say } from '../domain/wording.ts';
import { instantOf, textOf } from '../slack/form-values.ts';
import { ACTIONS, type ActionId, unpackValue, VIEWS } from '../slack/ids.ts';
import { context, section } from '../slack/kit.ts';
import { channelMention, dateToken, EMPTY, type Mrkdwn, md, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  type ActionRequest,
  type Answer,
  answerTo,
  type CommandRequest,
  type Request,
  type Route,
  type Routes,
  refused,
  tell,
} from '../slack/requests.ts';
import { typedTime } from '../slack/typed-time.ts';
import * as plan from './change-plan.ts';
import {
  clickedRelease,
  environmentMeant,
  formRelease,
  namedRelease,
  releaseClicked,
  releaseMeant,
  wordsAfter,
} from './find-release.ts';
import { formFacts } from './form-facts.ts';
import { newByCommand, openNew, submitDetails, submitNew } from './new-release-slack.ts';
import { list, situationFor, timeline, whoami, why } from './release-answers.ts';
import { cardBlocks, cardParts } from './release-card.ts';
import { titleOf } from './release-facts.ts';
import {
  addChangeForm,
  editReleaseForm,
  holdForm,
  newReleaseForm,
  parseChange,
  parseEditRelease,
  reasonForm,
  scheduleForm,
  serviceChosen,
  whenKindChosen,
} from './release-modal.ts';

export type Submitted = Parameters<NonNullable<Routes['views']['hold']>['run']>[0];

/** The card, privately, as the answer to `show` and after every change. */
export const shown = async (request: Request, release: ReleaseId, first: Mrkdwn = EMPTY): Promise<Answer> => {
  const s = await situationFor(request, release);
  if (s === null)
    return refused({
      code: 'not_found',
      what: 'release',
      reference: release,
      fix: say`List them with ${command('list')}.`,
    });
  const asked = s.round === null ? [] : [...s.round.asks.map(({ person }) => person), ...stillCan(s, s.round)];
  const readable = mayRead(request.catalog, s.release, request.actor, asked);
  const parts = cardParts(s, request.ctx.now, request.voice, readable);
  const title = titleOf(s.release, readable);
  const place = await placeOf(request.deps.database.db, request.ctx.workspace, release, 'card');
  const where = place === null ? [] : [context(md`Its card stands in ${channelMention(place.channel)}.`)];
  return {
    kind: 'say',
    text: parts.text,
    blocks: [...(first === EMPTY ? [] : [section([first])]), ...cardBlocks(parts, title), ...where],
  };
};

/** Runs `act` on the release that is meant, and answers with what it became. */
export const onRelease = async (
  request: Request,
  found: Decision<Release>,
  act: (release: Release) => Promise<Decision<unknown>>,
  done: (release: Release) => Mrkdwn,
): Promise<Answer> => {
  if (!found.ok) return refused(found.refusal);
  const release = found.value;
  return answerTo(await act(release), async () => {
    const clicked = 'action' in request ? (request as ActionRequest).message : null;
    const place =
      clicked === null ? null : await placeOf(request.deps.database.db, request.ctx.workspace, release.id, 'card');
    // Beneath its own card a second one would say nothing new.
    return place !== null && place.ts === clicked ? tell([done(release)]) : shown(request, release.id, done(release));
  });
};

/** A choice inside the form changes the form: same blocks, other proposals. */
const rerender = async (request: ActionRequest): Promise<Answer> => {
  if (request.view?.callback === VIEWS.newRelease) {
    const service = serviceChosen(request.values) ?? request.view.metadata;
    return {
      kind: 'form',
      view: newReleaseForm(request.catalog, await formFacts(request, service), {
        whenKind: whenKindChosen(request.values),
      }),
    };
  }
  const found = await releaseClicked(request, request.view?.metadata ?? '');
  return found.ok
    ? { kind: 'form', view: editReleaseForm(request.catalog, found.value, whenKindChosen(request.values)) }
    : refused(found.refusal);
};

type Verb = Route<CommandRequest>;

const withRelease =
  <R extends Request>(
    find: (request: R) => Promise<Decision<Release>>,
    run: (request: R, release: Release) => Promise<Answer> | Answer,
  ) =>
  async (request: R): Promise<Answer> => {
    const found = await find(request);
    return found.ok ? run(request, found.value) : refused(found.refusal);
  };

const schedule = async (request: CommandRequest): Promise<Answer> => {
  const time = typedTime(wordsAfter(request), request.person.zone, request.ctx.now);
  if (time === null)
    return refused({
      code: 'ambiguous',
      what: 'time',
      examples: ['schedule REL-142 Thu 06:00', 'schedule REL-142 tomorrow 10:00-11:00'],
    });
  return onRelease(
    request,
    await namedRelease(request),
    (release) => plan.schedule(request.deps, request.ctx, release.id, { kind: 'at', ...time }),
    () => md`Scheduled for ${dateToken(time.start)}${time.end === null ? EMPTY : md` – ${dateToken(time.end)}`}.`,
  );
};

const personIn = (words: readonly string[]) =>
  words.map((word) => /^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$/.exec(word)?.[1]).find((id) => id !== undefined);

const assign = async (request: CommandRequest): Promise<Answer> => {
  const [, role, ...more] = request.words;
  const to = personIn(more);
  if ((role !== 'owner' && role !== 'deployer') || to === undefined)
    return refused({
      code: 'ambiguous',
      what: role === 'owner' || role === 'deployer' ? 'person (with @)' : 'role',
      examples: ['assign REL-142 deployer @ana', 'assign REL-142 owner @ana'],
    });
  return onRelease(
    request,
    await namedRelease(request),
    (release) => plan.assign(request.deps, request.ctx, release.id, { role, to: userId(to) }),
    () => md`Assigned.`,
  );
};

const change = async (request: CommandRequest): Promise<Answer> => {
  const [action, word, ...what] = request.words;
  const text = what.join(' ');
  if (action !== 'add' && action !== 'remove')
    return refused({
      code: 'ambiguous',
      what: 'change',
      examples: ['change add REL-142 https://…/881', 'change remove REL-142 2'],
    });
  const found = await releaseMeant(request, word);
  if (action === 'remove')
    return onRelease(
      request,
      found,
      (release) => plan.removeFrom(request.deps, request.ctx, release.id, text),
      () => md`Removed.`,
    );
  const link = /^<?(https?:\/\/[^\s>|]+)/.exec(text)?.[1] ?? null;
  const title =
    link === null ? text : text.replace(/^<?https?:\/\/[^\s>]+>?\s*/, '') || link.split('/').slice(-2).join('/');
  return onRelease(
    request,
    found,
    (release) =>
      plan.addTo(request.deps, request.ctx, release.id, { title, link, type: 'other', author: null, customers: false }),
    () => md`Added.`,
  );
};

const reasoned = (
  act: (request: CommandRequest, release: Release, reason: string) => Promise<Decision<unknown>>,
  done: string,
): Verb => ({
  run: async (request) =>
    onRelease(
      request,
      await namedRelease(request),
      (release) => act(request, release, wordsAfter(request)),
      () => md`${done}`,
    ),
});

/** Opens a form for those who may submit it; others learn at once who may. */
const formFor =
  (verb: Permission, view: (release: Release, catalog: Catalog) => Extract<Answer, { kind: 'form' }>['view']) =>
  (request: Request, release: Release): Answer => {
    const permitted = mayAct(verb, request.catalog, request.actor, release);
    const possible = permitted.ok && verb === 'edit' ? mayStillEdit(release) : permitted;
    return possible.ok ? { kind: 'form', view: view(release, request.catalog) } : refused(possible.refusal);
  };

const opening = (
  title: string,
  verb: Permission,
  view: (release: Release) => Extract<Answer, { kind: 'form' }>['view'],
): Route<ActionRequest> => ({ opens: title, run: withRelease(clickedRelease, formFor(verb, view)) });

const clicking = (
  act: (request: ActionRequest, release: Release) => Promise<Decision<unknown>>,
  done: string,
): Route<ActionRequest> => ({
  run: async (request) =>
    onRelease(
      request,
      await clickedRelease(request),
      (release) => act(request, release),
      () => md`${done}`,
    ),
});

const openEdit = formFor('edit', (release, catalog) => editReleaseForm(catalog, release, release.when.kind));

const showClicked = withRelease(clickedRelease, (request: ActionRequest, release) => shown(request, release.id));

/** A click on something old: the current state, or a way in when the release is unknown. */
const showAnything = async (request: ActionRequest): Promise<Answer> => {
  const answer = await showClicked(request);
  return answer.kind === 'refused'
    ? tell([
        md`This button is from an earlier message. Nothing was changed. See what waits for you with ${sentenceMarkup(say`${command('')}`, request.voice)}.`,
      ])
    : answer;
};

const ACTION_ROUTES: Partial<Record<ActionId, Route<ActionRequest>>> = {
  [ACTIONS.new]: { opens: 'New release', run: openNew },
  [ACTIONS.show]: { run: showAnything },
  [ACTIONS.why]: { run: withRelease(clickedRelease, (request, release) => why(request, release, null)) },
  [ACTIONS.timeline]: { run: withRelease(clickedRelease, timeline) },
  [ACTIONS.edit]: { opens: 'Edit release', run: withRelease(clickedRelease, openEdit) },
  [ACTIONS.addChange]: opening('Add change', 'edit', addChangeForm),
  [ACTIONS.schedule]: opening('Schedule', 'edit', scheduleForm),
  [ACTIONS.hold]: opening('Hold', 'hold', holdForm),
  [ACTIONS.cancel]: opening('Cancel release', 'cancel', (release) =>
    reasonForm({
      id: VIEWS.cancel,
      title: 'Cancel release',
      submit: 'Cancel release',
      label: 'Why?',
      metadata: release.id,
    }),
  ),
  [ACTIONS.resume]: clicking(
    (request, release) => plan.resume(request.deps, request.ctx, release.id),
    'The hold is over.',
  ),
  [ACTIONS.close]: clicking((request, release) => plan.closeRelease(request.deps, request.ctx, release.id), 'Closed.'),
  [ACTIONS.rework]: clicking(
    (request, release) => plan.reworkRelease(request.deps, request.ctx, release.id),
    'Back to draft.',
  ),
  [ACTIONS.listPage]: {
    run: (request) => {
      const [before = '0', words = ''] = unpackValue(request.value);
      return list(
        request,
        words.split(' ').filter((word) => word !== ''),
        Number(before),
      );
    },
  },
  [ACTIONS.serviceChosen]: { run: rerender },
  [ACTIONS.whenChosen]: { run: rerender },
};

const submitted = (act: (request: Submitted, release: Release) => Promise<Decision<unknown>>, done: string) => ({
  run: async (request: Submitted): Promise<Answer> =>
    onRelease(
      request,
      await formRelease(request),
      (release) => act(request, release),
      () => md`${done}`,
    ),
});

export const releaseRoutes: Routes = {
  verbs: {
    new: {
      opens: 'New release',
      bareOnly: true,
      run: (request) => (request.words.length === 0 ? openNew(request) : newByCommand(request)),
    },
    show: { run: withRelease(namedRelease, (request, release) => shown(request, release.id)) },
    why: {
      run: withRelease(namedRelease, (request, release) => {
        const environment = environmentMeant(request.catalog, request.words[1]);
        return environment.ok ? why(request, release, environment.value) : refused(environment.refusal);
      }),
    },
    timeline: { run: withRelease(namedRelease, timeline) },
    list: { run: (request) => list(request, request.words, null) },
    edit: { opens: 'Edit release', run: withRelease(namedRelease, openEdit) },
    assign: { run: assign },
    change: { run: change },
    schedule: { run: schedule },
    hold: reasoned(
      (request, release, reason) => plan.hold(request.deps, request.ctx, release.id, { reason, until: null }),
      'On hold.',
    ),
    resume: reasoned((request, release) => plan.resume(request.deps, request.ctx, release.id), 'The hold is over.'),
    cancel: reasoned(
      (request, release, reason) => plan.cancel(request.deps, request.ctx, release.id, reason),
      'Cancelled.',
    ),
    close: reasoned((request, release) => plan.closeRelease(request.deps, request.ctx, release.id), 'Closed.'),
    reopen: reasoned(
      (request, release, reason) => plan.reopenRelease(request.deps, request.ctx, release.id, reason),
      'Open again.',
    ),
    rework: reasoned((request, release) => plan.reworkRelease(request.deps, request.ctx, release.id), 'Back to draft.'),
    whoami: { run: whoami },
  },
  actions: ACTION_ROUTES,
  views: {
    new_release: submitNew,
    plan_details: { run: submitDetails },
    edit_release: submitted(
      (request, release) => plan.edit(request.deps, request.ctx, release.id, parseEditRelease(request.values)),
      'Saved.',
    ),
    add_change: submitted(
      (request, release) => plan.addTo(request.deps, request.ctx, release.id, parseChange(request.values)),
      'Added.',
    ),
    schedule: submitted((request, release) => {
      const start = instantOf(request.values, 'when');
      return start === null
        ? Promise.resolve(refuseField('when', say`Pick the time at which it starts.`))
        : plan.schedule(request.deps, request.ctx, release.id, { kind: 'at', start, end: null });
    }, 'Scheduled.'),
    hold: submitted(
      (request, release) =>
        plan.hold(request.deps, request.ctx, release.id, {
          reason: textOf(request.values, 'reason') ?? '',
          until: instantOf(request.values, 'until'),
        }),
      'On hold.',
    ),
    cancel: submitted(
      (request, release) => plan.cancel(request.deps, request.ctx, release.id, textOf(request.values, 'reason') ?? ''),
      'Cancelled.',
    ),
  },
};
