/** Planning, from Slack: commands, buttons and forms about one release, and the lists. */

import type { Catalog } from '../domain/catalog/catalog.ts';
import { type ReleaseId } from '../domain/ids.ts';
import { mayAct, type Permission } from '../domain/permissions.ts';
import { mayStillEdit } from '../domain/plan/edit.ts';
import { seenBoth } from '../domain/plan/meanwhile.ts';
import { allow, type Decision, refuseField } from '../domain/refusal.ts';
import { nameOf } from '../domain/release/release.ts';
import { command, person, say } from '../domain/words.ts';
import type { SeenRelease } from '../situation/seen-by.ts';
import { instantOf, textOf } from '../slack/form-values.ts';
import { ACTIONS, unpackValue, VIEWS } from '../slack/ids.ts';
import { reasonForm } from '../slack/kit.ts';
import { md, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  type ActionRequest,
  type Answer,
  type Request,
  type Route,
  type Routes,
  refusalMarkup,
  refused,
  tell,
  type ViewRequest,
} from '../slack/requests.ts';
import { cardAnswer, onClick, onCommand, onSubmit } from './act-on-release.ts';
import { details } from './details.ts';
import { clickedRelease, environmentMeant, namedRelease, releaseClicked, wordsAfter } from './find-release.ts';
import { formFacts, startWarning } from './form-facts.ts';
import { newByCommand, openHotfix, openNew, submitDetails, submitNew } from './new-release-slack.ts';
import { assign, change, depends, hold, nowListed, schedule } from './plan-commands.ts';
import { orItsForm } from './reason-form.ts';
import { list, situationFor, timeline, whoami, why } from './release-answers.ts';
import {
  addChangeForm,
  editReleaseForm,
  fixesIn,
  holdForm,
  newReleaseForm,
  parseChange,
  parseEditRelease,
  planDetailsForm,
  scheduleForm,
  serviceChosen,
  shownIn,
  whenKindChosen,
} from './release-modal.ts';
import { releaseVerbs } from './release-verbs.ts';

/** The card, privately, as the answer to `show`. */
const shown = async (request: Request, release: ReleaseId): Promise<Answer> => {
  const s = await situationFor(request, release);
  return s === null
    ? refused({ code: 'not_found', what: 'release', reference: release, fix: say`List them with ${command('list')}.` })
    : cardAnswer(request, s);
};

const cancelledWords = (release: SeenRelease): string =>
  release.state.status === 'cancelled'
    ? 'Cancelled.'
    : `${nameOf(release)} stays in ${release.targets.join(', ')}, and goes no further.`;

/** A choice inside the form changes the form: same blocks, other proposals. */
const rerender = async (request: ActionRequest): Promise<Answer> => {
  const whenKind = whenKindChosen(request.values);
  const start = instantOf(request.values, 'when');
  if (request.view?.callback === VIEWS.newRelease) {
    const [shown = ''] = unpackValue(request.view.metadata);
    const service = serviceChosen(request.values) ?? shown;
    const facts = await formFacts(request, service, start);
    const state = { whenKind, start, ...fixesIn(request.view.metadata) };
    return { kind: 'form', view: newReleaseForm(request.catalog, facts, state) };
  }
  const metadata = request.view?.metadata ?? '';
  const found = await releaseClicked(request, unpackValue(metadata)[0] ?? '');
  if (!found.ok) return refused(found.refusal);
  const s = await situationFor(request, found.value.id);
  const warning = s === null ? null : startWarning(s, start, request.ctx.now);
  switch (request.view?.callback) {
    case VIEWS.schedule:
      return { kind: 'form', view: scheduleForm(found.value, warning) };
    case VIEWS.planDetails:
      return { kind: 'form', view: planDetailsForm(found.value, request.ctx.now, warning) };
    default: {
      const state = { whenKind, shown: shownIn(metadata), warning };
      return { kind: 'form', view: editReleaseForm(request.catalog, found.value, state) };
    }
  }
};

const withRelease =
  <R extends Request>(
    find: (request: R) => Promise<Decision<SeenRelease>>,
    run: (request: R, release: SeenRelease) => Promise<Answer> | Answer,
  ) =>
  async (request: R): Promise<Answer> => {
    const found = await find(request);
    return found.ok ? run(request, found.value) : refused(found.refusal);
  };

const verbs = releaseVerbs;

/** Opens a form for those who may submit it; others learn at once who may. */
const formFor =
  (verb: Permission, view: (release: SeenRelease, catalog: Catalog) => Extract<Answer, { kind: 'form' }>['view']) =>
  (request: Request, release: SeenRelease): Answer => {
    const permitted = mayAct(verb, request.catalog, request.actor, release);
    // Its words would come back from the form as what stands in their place.
    if (permitted.ok && release.withheld)
      return refused({
        code: 'forbidden',
        did: 'Not opened',
        because: say`the words of a restricted release are for those named on it`,
        can: say`Its owner ${person(release.owner)} can change it, or give you a role.`,
      });
    const possible = permitted.ok && verb === 'edit' ? mayStillEdit(release) : permitted;
    return possible.ok ? { kind: 'form', view: view(release, request.catalog) } : refused(possible.refusal);
  };

const opening = (
  title: string,
  verb: Permission,
  view: (release: SeenRelease) => Extract<Answer, { kind: 'form' }>['view'],
): Route<ActionRequest> => ({ opens: title, run: withRelease(clickedRelease, formFor(verb, view)) });

const openEdit = formFor('edit', (release, catalog) =>
  editReleaseForm(catalog, release, { whenKind: release.when.kind }),
);

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

const saving = onSubmit(
  verbs.edit,
  ({ metadata, values }) => {
    const read = parseEditRelease(values);
    return read.ok ? allow({ ...read.value, shown: shownIn(metadata) }) : read;
  },
  'Saved.',
);

/** Whoever saves over a change of somebody else gets the form back with both, and decides. */
const saveEdit = async (request: ViewRequest): Promise<Answer> => {
  const answer = await saving.act(request);
  if (answer.kind !== 'refused' || answer.refusal.code !== 'changed_meanwhile') return answer;
  const found = await releaseClicked(request, unpackValue(request.metadata)[0] ?? '');
  if (!found.ok) return refused(found.refusal);
  const fields = answer.refusal.fields.map(({ field }) => field);
  const shown = seenBoth(shownIn(request.metadata), found.value, fields);
  const news = refusalMarkup(answer.refusal, request.voice);
  const state = { whenKind: whenKindChosen(request.values), shown, news };
  return { kind: 'form', view: editReleaseForm(request.catalog, found.value, state) };
};

const NO_WAY_BACK = 'This cannot be taken back: to come there after all it takes a release of its own.';

const openCancel = opening('Cancel release', 'cancel', (release) =>
  reasonForm({
    id: VIEWS.cancel,
    ...(release.state.status === 'deploying'
      ? { title: 'Go no further', submit: 'Leave it there', hint: NO_WAY_BACK }
      : { title: 'Cancel release', submit: 'Cancel release' }),
    label: 'Why?',
    metadata: release.id,
  }),
);

const openHold = opening('Hold', 'hold', holdForm);

const ACTION_ROUTES: Routes['actions'] = {
  [ACTIONS.new]: { opens: 'New release', run: openNew },
  [ACTIONS.show]: { run: showAnything },
  [ACTIONS.why]: { run: withRelease(clickedRelease, (request, release) => why(request, release, null)) },
  [ACTIONS.timeline]: {
    run: withRelease(clickedRelease, (request, release) => {
      const before = Number(unpackValue(request.value)[1]);
      return timeline(request, release, before > 0 ? before : null);
    }),
  },
  [ACTIONS.details]: { opens: 'Details', run: withRelease(clickedRelease, details) },
  [ACTIONS.edit]: { opens: 'Edit release', run: withRelease(clickedRelease, openEdit) },
  [ACTIONS.addChange]: opening('Add change', 'edit', addChangeForm),
  [ACTIONS.schedule]: opening('Schedule', 'edit', (release) => scheduleForm(release)),
  [ACTIONS.hold]: openHold,
  [ACTIONS.cancel]: openCancel,
  [ACTIONS.resume]: onClick(verbs.resume, () => null, 'The hold is over.'),
  [ACTIONS.close]: onClick(verbs.close, () => null, 'Closed.'),
  [ACTIONS.rework]: onClick(verbs.rework, () => null, 'Back to draft.'),
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
  [ACTIONS.fixForward]: {
    opens: 'New release',
    run: async (request) => openHotfix(request, await clickedRelease(request)),
  },
  [ACTIONS.serviceChosen]: { run: rerender },
  [ACTIONS.whenChosen]: { run: rerender },
  [ACTIONS.whenPicked]: { run: rerender },
};

export const releaseRoutes: Routes = {
  verbs: {
    hotfix: { opens: 'New release', run: async (request) => openHotfix(request, await namedRelease(request)) },
    new: {
      opens: 'New release',
      opensUpTo: 0,
      run: (request) => (request.words.length === 0 ? openNew(request) : newByCommand(request)),
    },
    show: { run: withRelease(namedRelease, (request, release) => shown(request, release.id)) },
    why: {
      run: withRelease(namedRelease, (request, release) => {
        const environment = environmentMeant(request.catalog, request.words[1]);
        return environment.ok ? why(request, release, environment.value) : refused(environment.refusal);
      }),
    },
    timeline: { run: withRelease(namedRelease, (request, release) => timeline(request, release)) },
    list: { run: (request) => list(request, request.words, null) },
    edit: { opens: 'Edit release', run: withRelease(namedRelease, openEdit) },
    assign,
    change: { run: change },
    schedule,
    depends: { run: depends },
    hold: orItsForm(hold, ACTIONS.hold, openHold),
    resume: onCommand(verbs.resume, () => null, 'The hold is over.'),
    cancel: orItsForm(
      onCommand(verbs.cancel, (request) => ({ reason: wordsAfter(request) }), cancelledWords),
      ACTIONS.cancel,
      openCancel,
    ),
    close: onCommand(verbs.close, () => null, 'Closed.'),
    reopen: onCommand(verbs.reopen, (request) => ({ reason: wordsAfter(request) }), 'Open again.'),
    rework: onCommand(verbs.rework, () => null, 'Back to draft.'),
    whoami: { run: whoami },
  },
  actions: ACTION_ROUTES,
  views: {
    new_release: submitNew,
    plan_details: { run: submitDetails(verbs.submit) },
    edit_release: { run: saveEdit },
    add_change: onSubmit(verbs.addChange, ({ values }) => parseChange(values), nowListed),
    schedule: onSubmit(
      verbs.schedule,
      ({ values }) => {
        const start = instantOf(values, 'when');
        return start === null
          ? refuseField('when', say`Pick the time at which it starts.`)
          : allow({ when: { kind: 'at', start, end: null } });
      },
      'Scheduled.',
    ),
    hold: onSubmit(
      verbs.hold,
      ({ values }) => ({ reason: textOf(values, 'reason') ?? '', until: instantOf(values, 'until') }),
      'On hold.',
    ),
    cancel: onSubmit(verbs.cancel, ({ values }) => ({ reason: textOf(values, 'reason') ?? '' }), cancelledWords),
  },
};
