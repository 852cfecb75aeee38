/** Deployments, from Slack: start, say how it ended, go back, lift a lock, see what runs where. */

import type { KnownBlock } from '@slack/types';
import { environmentNamed, protectedEnvironments } from '../domain/catalog/catalog.ts';
import { CAUSES } from '../domain/deployment/deployment.ts';
import { confirmations, toConfirm } from '../domain/deployment/health.ts';
import { isUnwell, standingPlaces, unwell } from '../domain/deployment/standing.ts';
import { keptApart } from '../domain/deployment/starter.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { mayAct } from '../domain/permissions.ts';
import { wouldReplace } from '../domain/plan/replace.ts';
import { nextEnvironment, readiness } from '../domain/readiness.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import { person } from '../domain/words.ts';
import { actOn, onClick, onCommand, onSubmit } from '../releases/act-on-release.ts';
import { environmentMeant, namedRelease, wordsAfter } from '../releases/find-release.ts';
import { openOnRelease, openReason, orItsForm } from '../releases/reason-form.ts';
import { situationFor } from '../releases/release-answers.ts';
import { startButton } from '../situation/card-look.ts';
import { type Seen, type SeenRelease } from '../situation/seen-by.ts';
import { chosen, type RawValues, textOf } from '../slack/form-values.ts';
import { ACTIONS, unpackValue, VIEWS, type ViewId } from '../slack/ids.ts';
import { actions, alert, form, selectInput, textInput } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  type ActionRequest,
  type Answer,
  type Bare,
  type CommandRequest,
  type Request,
  type Route,
  type Routes,
  refused,
  tell,
} from '../slack/requests.ts';
import { deploymentVerbs } from './deployment-verbs.ts';

const verbs = deploymentVerbs;

const nextFor = async (request: Request, release: ReleaseId): Promise<string> => {
  const s = await situationFor(request, release);
  return s === null ? '' : nextEnvironment(s);
};

export const ANNOUNCED = 'It is announced.';

/** What went wrong, and its cause in one word for the reports. */
const openFailure = (
  title: string,
  id: ViewId,
  label: string,
  first: (s: Seen) => readonly KnownBlock[] = () => [],
): Route<ActionRequest> =>
  openOnRelease(
    title,
    async (release, request) => {
      const s = await situationFor(request, release.id);
      return form({
        id,
        title,
        submit: 'Record',
        metadata: request.value,
        blocks: [
          ...(s === null ? [] : first(s)),
          textInput({ id: 'reason', label, multiline: true, hint: `${nameOf(release)}. ${ANNOUNCED}` }),
          selectInput({
            id: 'cause',
            label: 'Cause, where you know it',
            choices: CAUSES.map((cause) => ({ text: cause, value: cause })),
            optional: true,
          }),
        ],
      });
    },
    'finish',
  );

/** Of several places where it runs, the one that is meant: not one that is known not to be well. */
const whereChoice = (s: Seen): readonly KnownBlock[] => {
  const all = standingPlaces(s);
  const places = all.filter((d) => !isUnwell(d)).map(({ environment }) => ({ text: environment, value: environment }));
  return all.length < 2 || places.length === 0
    ? []
    : [selectInput({ id: 'environment', label: 'Where?', choices: places })];
};

const causeIn = (values: RawValues) => CAUSES.find((cause) => cause === chosen(values, 'cause')) ?? null;

/** `/deploy REL-142 [environment]`; a soft freeze wants a reason, which may follow. */
const start = async (request: CommandRequest): Promise<Answer> => {
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const named = environmentMeant(request.catalog, request.words[1], request.text);
  if (!named.ok) return refused(named.refusal);
  const environment = named.value ?? (await nextFor(request, found.value.id));
  const words = wordsAfter(request, named.value === null ? 1 : 2);
  const reason = words === '' ? null : words;
  const early = reason === null ? await beforeItsTime(request, found.value, environment) : null;
  return early ?? actOn(request, verbs.start, found.value.id, { environment, reason }, `Started in ${environment}.`);
};

/** The question, where a release may start and was planned for later, or takes the place of others; null where there is nothing to ask. A reason is an answer already. */
export const beforeItsTime = async (
  request: CommandRequest,
  { id, when }: SeenRelease,
  environment: string,
): Promise<Answer | null> => {
  const { now } = request.ctx;
  if (!protectedEnvironments(request.catalog).includes(environment)) return null;
  const s = await situationFor(request, id);
  // What has to be refused, or wants a reason, is answered by the rule.
  if (s === null || readiness(s, environment, now, request.actor).checks.some(({ state }) => state !== 'pass'))
    return null;
  if (!mayAct('start', request.catalog, request.actor, s.release).ok) return null;
  if (keptApart(s, environment, request.actor, now) !== null) return null;
  const old = wouldReplace(s, environment).map((sibling) => `${sibling.version} (${keyOf(sibling)})`);
  const early = when.kind === 'at' && when.start > now;
  if (!early && old.length === 0) return null;
  const planned = early ? md` ${nameOf(s.release)} is planned for ${dateToken(when.start)}.` : EMPTY;
  const replaced =
    old.length === 0
      ? ''
      : ` ${planned === EMPTY ? 'it' : 'It'} replaces ${old.slice(0, 3).join(', ')}${old.length > 3 ? ` and ${old.length - 3} more` : ''}.`;
  return tell(
    [md`Not started:${planned}${replaced} Press to start it in ${environment} now.`],
    actions([startButton(s, environment, now)]),
  );
};

/** What it does not wait for, its plan, and whose place it takes: read before a reason is written. */
const openStart = openOnRelease(
  'Start with a reason',
  async (release, request) => {
    const s = await situationFor(request, release.id);
    const environment = environmentIn(request.value) ?? '';
    const { now } = request.ctx;
    const open =
      s === null ? [] : readiness(s, environment, now, request.actor).checks.filter(({ state }) => state !== 'pass');
    const old =
      s === null ? [] : wouldReplace(s, environment).map((sibling) => `${sibling.version} (${keyOf(sibling)})`);
    const { when } = release;
    const lines = [
      ...open.map(({ sentence }) => sentenceMarkup(sentence, request.voice)),
      when.kind === 'at' && when.start > now ? md`it is planned for ${dateToken(when.start)}` : EMPTY,
      old.length === 0
        ? EMPTY
        : md`it replaces ${old.slice(0, 3).join(', ')}${old.length > 3 ? ` and ${old.length - 3} more` : ''}`,
    ].filter((line) => line !== EMPTY);
    return form({
      id: VIEWS.start,
      title: 'Start with a reason',
      submit: 'Start',
      metadata: request.value,
      blocks: [
        ...lines.map((line) => alert(md`${line}.`, 'warning')),
        textInput({
          id: 'reason',
          label: 'Why does it not wait?',
          multiline: true,
          hint: `${nameOf(release)} to ${environment}. ${ANNOUNCED}`,
        }),
      ],
    });
  },
  'start',
);

/** Healthy, or who and which place is still to come. */
const saidWords = (_release: SeenRelease, { voice }: Bare, s: Seen): Mrkdwn => {
  const { state } = s.release;
  const { said, needed } = confirmations(s);
  const next = joined(
    toConfirm(s).map((id) => sentenceMarkup([person(id)], voice)),
    ', ',
  );
  const sick = unwell(s).map(({ environment }) => environment);
  if (state.status === 'failed')
    return md`Healthy there.${sick.length === 0 ? '' : ` Not healthy still: ${sick.join(', ')}.`}`;
  const { wellIn = [] } = state.status === 'deployed' ? state : {};
  const left = standingPlaces(s).filter(({ environment }) => !wellIn.includes(environment));
  if (state.status === 'deployed' && state.healthy === null && wellIn.length > 0 && left.length > 0)
    return md`Counted: healthy in ${wellIn.join(', ')}. Left: ${left.map(({ environment }) => environment).join(', ')}.`;
  return state.status === 'deployed' && state.healthy === null
    ? md`Counted: ${said.length} of ${needed} say that it is healthy. Next: ${next}.`
    : md`Healthy.`;
};

/** The second part of a button that is about one environment. */
const environmentIn = (value: string): string | null => unpackValue(value)[1] || null;
/** The third: what it showed. */
export const shownIn = (value: string): { shown?: string } => {
  const shown = unpackValue(value)[2] ?? '';
  return shown === '' ? {} : { shown };
};
export const reasonIn = (values: RawValues): string => textOf(values, 'reason') ?? '';

/** `REF [ENVIRONMENT] why`: the place is one only where words follow it. */
export const placeAndReason = (request: CommandRequest): { environment: string | null; reason: string } => {
  const [, word = '', ...rest] = request.words;
  const environment = rest.length > 0 && environmentNamed(request.catalog, word) !== null ? word : null;
  return { environment, reason: wordsAfter(request, environment === null ? 1 : 2) };
};

const openUnhealthy = openFailure('Not healthy', VIEWS.unhealthy, 'What is not healthy?', whereChoice);

const openLiftLock = openReason('Lift lock', VIEWS.liftLock, 'Lift lock', 'What was the cause?', {
  becomes: ANNOUNCED,
  may: 'lift_lock',
});

export const deploymentRoutes: Routes = {
  verbs: {
    deploy: { run: start },
    healthy: onCommand(
      verbs.health,
      (request) => {
        // What is no environment is refused, not passed over.
        const there = environmentMeant(request.catalog, request.words[1], request.text);
        return there.ok ? { healthy: true, reason: null, environment: there.value } : there;
      },
      saidWords,
    ),
    abort: onCommand(verbs.abort, placeAndReason, 'Aborted; nothing was touched.'),
    unhealthy: orItsForm(
      onCommand(verbs.health, (request) => ({ healthy: false, ...placeAndReason(request) }), 'Recorded as a failure.'),
      ACTIONS.unhealthy,
      openUnhealthy,
    ),
  },
  actions: {
    [ACTIONS.start]: onClick(
      verbs.start,
      ({ value }) => ({ environment: environmentIn(value) ?? '', reason: null }),
      'Started.',
    ),
    [ACTIONS.startWithReason]: openStart,
    [ACTIONS.succeed]: onClick(
      verbs.succeed,
      ({ value }) => ({ environment: environmentIn(value), ...shownIn(value) }),
      ({ service, version }, { value }) => `${service} ${version} is in ${environmentIn(value) ?? 'production'}.`,
    ),
    [ACTIONS.abort]: onClick(
      verbs.abort,
      ({ value }) => ({ environment: environmentIn(value), reason: null, ...shownIn(value) }),
      'Aborted; nothing was touched.',
    ),
    [ACTIONS.healthy]: onClick(
      verbs.health,
      ({ value }) => ({ healthy: true, reason: null, environment: environmentIn(value), ...shownIn(value) }),
      saidWords,
    ),
    [ACTIONS.fail]: openFailure('It failed', VIEWS.fail, 'What failed?'),
    [ACTIONS.unhealthy]: openUnhealthy,
    [ACTIONS.liftLock]: openLiftLock,
  },
  views: {
    deployment_start: onSubmit(
      verbs.start,
      ({ metadata, values }) => ({ environment: environmentIn(metadata) ?? '', reason: reasonIn(values) }),
      'Started.',
    ),
    deployment_fail: onSubmit(
      verbs.fail,
      ({ metadata, values }) => ({
        environment: environmentIn(metadata),
        reason: reasonIn(values),
        cause: causeIn(values),
        ...shownIn(metadata),
      }),
      'Recorded and announced.',
    ),
    health_bad: onSubmit(
      verbs.health,
      ({ values }) => ({
        healthy: false,
        reason: reasonIn(values),
        cause: causeIn(values),
        environment: chosen(values, 'environment'),
      }),
      'Recorded as a failure.',
    ),
    lock_lift: onSubmit(
      verbs.liftLock,
      ({ metadata, values }) => ({ environment: environmentIn(metadata) ?? '', reason: reasonIn(values) }),
      'The lock is lifted.',
    ),
  },
};
