/** Deployments in steps, from Slack: on to the next, paused, handed over; and fixed forward after a failure. */
import { nextStepOf } from '../domain/deployment/rollout.ts';
import { userId } from '../domain/ids.ts';
import { refuseField } from '../domain/refusal.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import { say } from '../domain/words.ts';
import { actOn, onClick, onSubmit } from '../releases/act-on-release.ts';
import { environmentMeant, namedRelease, wordsAfter } from '../releases/find-release.ts';
import { openOnRelease, openReason } from '../releases/reason-form.ts';
import { personOf, textOf } from '../slack/form-values.ts';
import { ACTIONS, unpackValue, VIEWS } from '../slack/ids.ts';
import { context, form, personInput } from '../slack/kit.ts';
import { md, mention } from '../slack/mrkdwn.ts';
import { type Answer, type CommandRequest, type Routes, refused } from '../slack/requests.ts';
import { deploymentVerbs as verbs } from './deployment-verbs.ts';

const placeIn = (value: string): string | null => unpackValue(value)[1] ?? null;
/** The step that the button showed. */
const stepIn = (value: string): { from?: number } => {
  const shown = unpackValue(value)[2];
  return shown === undefined ? {} : { from: Number(shown) };
};

const STANDS = 'It stands in the thread of its card.';

const openHandOver = openOnRelease(
  'Hand over',
  (release, { value }) =>
    form({
      id: VIEWS.handOver,
      title: 'Hand over',
      submit: 'Hand over',
      metadata: value,
      blocks: [
        personInput({ id: 'person', label: 'Who runs it from now on?' }),
        context(md`${nameOf(release)} (${keyOf(release)}). They are told how it stands, and say how it goes.`),
      ],
    }),
  'steer',
);

const USAGE = [
  'step REL-142 next',
  'step REL-142 pause "the cache is cold"',
  'step REL-142 resume',
  'step REL-142 abort',
];

/** `step REF next|pause|resume|abort [environment] ["why"]`. */
const step = async (request: CommandRequest): Promise<Answer> => {
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const [, what = ''] = request.words;
  const named = environmentMeant(request.catalog, request.words[2], request.text);
  if (!named.ok) return refused(named.refusal);
  const environment = named.value;
  const words = wordsAfter(request, environment === null ? 2 : 3);
  const { id } = found.value;
  switch (what.toLowerCase()) {
    case 'next':
      return actOn(
        request,
        verbs.nextStep,
        id,
        { environment, reason: words === '' ? null : words },
        'On to the next step.',
      );
    case 'pause':
      return actOn(request, verbs.pause, id, { environment, reason: words }, 'Paused at this step.');
    case 'resume':
      return actOn(request, verbs.goOn, id, { environment }, 'It goes on.');
    case 'abort': {
      const reason = words === '' ? null : words;
      return actOn(request, verbs.abort, id, { environment, reason }, 'Aborted; nothing was touched.');
    }
    default:
      return refused({ code: 'ambiguous', what: 'step', examples: USAGE });
  }
};

export const rolloutRoutes: Routes = {
  verbs: { step: { run: step } },
  actions: {
    [ACTIONS.nextStep]: onClick(
      verbs.nextStep,
      ({ value }) => ({ environment: placeIn(value), reason: null, ...stepIn(value) }),
      (_release, { value }, s) => {
        const running = s.deployments.find((d) => d.state === 'running' && d.environment === placeIn(value));
        const last = running?.rollout == null ? false : nextStepOf(running.rollout) === null;
        return last ? 'On to the last step.' : 'On to the next step.';
      },
    ),
    [ACTIONS.nextStepAnyway]: openReason('Go on anyway', VIEWS.nextStep, 'Go on', 'Why does it not wait?', {
      becomes: STANDS,
    }),
    [ACTIONS.pauseStep]: openReason('Pause', VIEWS.pauseStep, 'Pause', 'What does it wait for?', { becomes: STANDS }),
    [ACTIONS.resumeStep]: onClick(verbs.goOn, ({ value }) => ({ environment: placeIn(value) }), 'It goes on.'),
    [ACTIONS.handOver]: openHandOver,
  },
  views: {
    step_next: onSubmit(
      verbs.nextStep,
      ({ metadata, values }) => ({
        environment: placeIn(metadata),
        reason: textOf(values, 'reason'),
        ...stepIn(metadata),
      }),
      'On to the next step.',
    ),
    step_pause: onSubmit(
      verbs.pause,
      ({ metadata, values }) => ({ environment: placeIn(metadata), reason: textOf(values, 'reason') ?? '' }),
      'Paused at this step.',
    ),
    hand_over: onSubmit(
      verbs.handOver,
      ({ metadata, values }) => {
        const person = personOf(values, 'person');
        return person === null
          ? refuseField('owner', say`Pick who runs it from now on.`)
          : { environment: placeIn(metadata), to: person };
      },
      (_release, { values }) => md`Handed over to ${mention(personOf(values, 'person') ?? userId(''))}.`,
    ),
  },
};
