/** A new release, from Slack: by the form, by one line, and the second step where the rules want it. */

import { plannedIntoSentence } from '../domain/freeze/caught.ts';
import { mayAct } from '../domain/permissions.ts';
import { hotfixVersion, proposedVersion, type ReleaseInput } from '../domain/plan/plan.ts';
import { targetsLeft } from '../domain/readiness.ts';
import type { Decision } from '../domain/refusal.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import { command, say } from '../domain/words.ts';
import { perform, performOnWorkspace } from '../situation/perform.ts';
import type { SeenRelease } from '../situation/seen-by.ts';
import type { ReleaseVerb } from '../situation/verbs.ts';
import { quotedApart } from '../slack/command-words.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, type ButtonSpec } from '../slack/kit.ts';
import { EMPTY, isEmpty, type Mrkdwn, md, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  type Answer,
  answerTo,
  type CommandRequest,
  type Request,
  type Route,
  refusalMarkup,
  refused,
  tell,
  type ViewRequest,
} from '../slack/requests.ts';
import { performMeeting, releaseIdIn } from './act-on-release.ts';
import { asText, servicesOfChannel } from './find-release.ts';
import { formFacts } from './form-facts.ts';
import { type Created, newRelease } from './new-release-verb.ts';
import { situationFor } from './release-answers.ts';
import { fixesIn, newReleaseForm, parseNewRelease, parsePlanDetails, planDetailsForm } from './release-modal.ts';
import { openReleasesOf } from './release-store.ts';
import { releaseVerbs } from './release-verbs.ts';

const lastService = async (request: Request): Promise<string> => {
  const [here] = servicesOfChannel(request.catalog, request.channel);
  const [mine] = await openReleasesOf(request.deps.database.db, request.ctx.workspace, request.actor, 1);
  return here ?? mine?.service ?? Object.keys(request.catalog.services)[0] ?? '';
};

/** Who may not plan a release learns it before the form is filled. */
export const openNew = async (request: Request): Promise<Answer> => {
  const permitted = mayAct('create', request.catalog, request.actor, null);
  if (!permitted.ok) return refused(permitted.refusal);
  const facts = await formFacts(request, await lastService(request));
  return { kind: 'form', view: newReleaseForm(request.catalog, facts, { whenKind: 'asap' }) };
};

/** A hotfix of what failed: the next version of its service, filled in; it is asked about by the rules for hotfixes. */
export const openHotfix = async (request: Request, found: Decision<SeenRelease>): Promise<Answer> => {
  if (!found.ok) return refused(found.refusal);
  const permitted = mayAct('create', request.catalog, request.actor, null);
  if (!permitted.ok) return refused(permitted.refusal);
  const facts = await formFacts(request, found.value.service);
  const title = `Fixes ${nameOf(found.value)} (${keyOf(found.value)})`;
  const version = hotfixVersion(request.catalog.services[found.value.service], facts.versions, found.value.version);
  const state = {
    whenKind: 'asap',
    title,
    hotfix: true,
    fixes: found.value.id,
    ...(version === null ? {} : { version }),
  };
  return { kind: 'form', view: newReleaseForm(request.catalog, facts, state) };
};

const create = ({ deps, ctx, actor }: Request, input: ReleaseInput) =>
  performOnWorkspace(deps, { ...ctx, actor }, newRelease, input);

const created = async (
  request: Request,
  { release, notAsked }: Omit<Created, 'key'>,
  assumed: Mrkdwn,
): Promise<Answer> => {
  const s = await situationFor(request, release);
  if (s === null) throw new Error(`${release} was created and is not there.`);
  const name = md`${nameOf(s.release)} (${keyOf(s.release)})`;
  const { status } = s.release.state;
  const line =
    notAsked !== null
      ? md`${name} is a draft. ${refusalMarkup(notAsked, request.voice)}`
      : status === 'awaiting_approval'
        ? md`${name} waits for approval. You get a message when it is decided.`
        : status === 'approved'
          ? md`${name} is free to go: nobody has to approve it.`
          : md`${name} is a draft that only those named on it see.`;
  const undo: readonly ButtonSpec[] = [
    { text: 'Open', action: ACTIONS.show, value: release },
    { text: 'Edit', action: ACTIONS.edit, value: release },
    { text: 'Undo: cancel it', action: ACTIONS.cancel, value: release },
  ];
  const later = plannedIntoSentence(s, targetsLeft(s), request.ctx.now);
  const lines = [line, sentenceMarkup(later, request.voice), assumed];
  return tell(
    lines.filter((each) => !isEmpty(each)),
    actions(undo),
  );
};

/**
 * `/release new checkout 2.14.0 "Faster basket"`: done at once; what was left out is assumed and said. Without a title there is too little to
 * assume, and the form opens with what was typed.
 */
export const newByCommand = async (request: CommandRequest): Promise<Answer> => {
  const [first = ''] = request.words;
  // A title in quotes, and nothing before it: the service is the channel's, or that of the last release.
  const [service = '', ...rest] = first.includes(' ') ? [await lastService(request), ...request.words] : request.words;
  const definition = request.catalog.services[service];
  const facts = await formFacts(request, service);
  const typed = rest.length > 1 || /^v?\d[\w.+-]*$/i.test(rest[0] ?? '') ? rest[0] : undefined;
  const proposed = definition === undefined ? null : proposedVersion(definition, facts.versions, request.ctx.now);
  const titled = typed === undefined ? rest : rest.slice(1);
  const { quoted } = quotedApart(request.text);
  // Beside a title in quotes nothing else is one; quotes within quotes are told apart by nobody.
  const marks = request.text.match(/["“”„]/g)?.length ?? 0;
  const beside = quoted === null || marks !== 2 ? [] : titled.filter((word) => word !== quoted);
  if (beside.length > 0 && titled.length > beside.length)
    return refused({
      code: 'not_found',
      what: 'option',
      reference: beside.join(' '),
      fix: say`The form asks for everything else: ${command('new')}.`,
    });
  const title = asText(titled);
  if (title === '' && definition !== undefined) {
    const state = { whenKind: 'asap', ...(typed === undefined ? {} : { version: typed }) };
    return { kind: 'form', view: newReleaseForm(request.catalog, facts, state) };
  }
  const version = typed ?? proposed ?? '';
  const input: ReleaseInput = {
    service,
    version,
    title,
    customers: null,
    when: { kind: 'asap' },
    rollbackPlan: null,
    answers: { schema: false, irreversible: false, downtime: false, restricted: false },
    hotfix: false,
    askWhenReady: true,
  };
  const assumed = md`Assumed: ${typed === undefined ? `version ${version}, ` : ''}as soon as approved, nothing that customers notice.`;
  return answerTo(await create(request, input), (value) => created(request, value, assumed));
};

/** The second step under rules that want it: the draft gets what is missing, then approval is asked for. */
export const submitDetails =
  (submit: ReleaseVerb<null>) =>
  async (request: ViewRequest): Promise<Answer> => {
    const found = releaseIdIn(request.metadata);
    if (!found.ok) return refused(found.refusal);
    const release = found.value;
    const input = parsePlanDetails(request.values);
    if (!input.ok) return refused(input.refusal);
    const edited = await performMeeting(request, releaseVerbs.complete, { release }, input.value);
    if (!edited.ok) return refused(edited.refusal);
    // Where it is not complete, asking says what is missing.
    const s = await situationFor(request, release);
    if (s?.release.state.status !== 'draft') return created(request, { release, notAsked: null }, EMPTY);
    const asking = { ...request.ctx, requestKey: `${request.ctx.requestKey ?? ''}/ask` };
    const asked = await perform(request.deps, asking, submit, { release }, null);
    return created(request, { release, notAsked: asked.ok ? null : asked.refusal }, EMPTY);
  };

export const submitNew: Route<ViewRequest> = {
  run: async (request) => {
    const read = parseNewRelease(request.values);
    if (!read.ok) return refused(read.refusal);
    const input: ReleaseInput = { ...read.value, ...fixesIn(request.metadata) };
    const decision = await create(request, input);
    if (decision.ok) {
      const more = input.askWhenReady && request.catalog.planDetails === 'required';
      const s = more ? await situationFor(request, decision.value.release) : null;
      return s === null
        ? created(request, decision.value, EMPTY)
        : { kind: 'form', view: planDetailsForm(s.release, request.ctx.now) };
    }
    return refused(decision.refusal);
  },
};
