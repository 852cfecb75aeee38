/** Going back, from Slack: which release, in which place, why; and what came of it. */

import { isKnownBad, rollbackTarget, stillReached } from '../domain/deployment/rollback.ts';
import { readerOf } from '../domain/permissions.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { nameOf, type ReleaseStatus } from '../domain/release/release.ts';
import { command, say } from '../domain/words.ts';
import { onClick, onCommand, onSubmit } from '../releases/act-on-release.ts';
import { namedRelease } from '../releases/find-release.ts';
import { openOnRelease, openReason, orItsForm } from '../releases/reason-form.ts';
import { situationFor } from '../releases/release-answers.ts';
import { openReleasesOfServices } from '../releases/release-store.ts';
import { releaseSeenBy, type Seen, type SeenRelease } from '../situation/seen-by.ts';
import { chosen } from '../slack/form-values.ts';
import { ACTIONS, packValue, unpackValue, VIEWS } from '../slack/ids.ts';
import { alert, form, selectInput, textInput } from '../slack/kit.ts';
import { md } from '../slack/mrkdwn.ts';
import { type CommandRequest, type Routes } from '../slack/requests.ts';
import { deploymentVerbs } from './deployment-verbs.ts';
import { ANNOUNCED, placeAndReason, reasonIn, shownIn } from './deployments-slack.ts';

const verbs = deploymentVerbs;

/** Whether it runs in that place, as far as anybody knows. */
const runsIn = (s: Seen, place: string): boolean => {
  const live = s.around.running.find(({ environment }) => environment === place);
  return live === undefined || live.version === s.release.version;
};

/** Says which place goes back to what: a release may stand in several. */
const openRollback = openOnRelease(
  'Roll back',
  async (release, request) => {
    const s = await situationFor(request, release.id);
    const reached = s === null ? [] : stillReached(s).map((place) => ({ place, target: rollbackTarget(s, place) }));
    const [first, ...others] = reached;
    const what = first?.target == null ? '' : ` goes back to ${first.target} in ${first.place}`;
    const bad =
      s === null ? [] : [...new Set(reached.map(({ target }) => target))].filter((each) => isKnownBad(s, each));
    const rest = others.length === 0 ? '' : ` Then ${others.map(({ place }) => place).join(', ')}, each on its own.`;
    const choices = reached.flatMap(({ place, target }) => (target === null ? [] : [{ text: place, value: place }]));
    // The place that the button named, and no other one that came since.
    const [, named = first?.place ?? ''] = unpackValue(request.value);
    const initial = choices.some(({ value }) => value === named) ? named : null;
    return form({
      id: VIEWS.rollBack,
      title: 'Roll back',
      submit: 'Roll back',
      metadata: packValue(release.id, named),
      blocks: [
        ...bad.map((version) =>
          alert(
            md`${version ?? ''}, to which it goes back, is not well itself: somebody has to decide about it next.`,
            'warning',
          ),
        ),
        ...(choices.length < 2 ? [] : [selectInput({ id: 'environment', label: 'Where?', choices, initial })]),
        textInput({
          id: 'reason',
          label: 'Why does it go back?',
          multiline: true,
          hint: `${nameOf(release)}${what}. ${ANNOUNCED}${rest}`,
        }),
      ],
    });
  },
  'roll_back',
);

const LIVE: readonly ReleaseStatus[] = ['deploying', 'failed', 'deployed'];

/** `/release rollback checkout` means what is live of the service; a reference means that release. */
const rollbackMeant = async (request: CommandRequest): Promise<Decision<SeenRelease>> => {
  const [word = ''] = request.words;
  if (request.catalog.services[word] === undefined) return namedRelease(request);
  const { deps, ctx, catalog, actor } = request;
  const open = await openReleasesOfServices(deps.database.db, ctx.workspace, [word], readerOf(catalog, actor));
  const [live] = open
    .filter(({ state }) => LIVE.includes(state.status))
    .flatMap((release) => releaseSeenBy(release, catalog, actor) ?? []);
  return live === undefined
    ? refuse({ code: 'not_found', what: 'live release of', reference: word, fix: say`See ${command('env')}.` })
    : allow(live);
};

/** Each place goes back on its own: what else still runs it is said with it. */
const goingBack = ({ version }: SeenRelease, _request: unknown, s: Seen): string => {
  const here = s.deployments.find(({ kind, state }) => kind === 'rollback' && state === 'running')?.environment;
  // Where another version has come since, this one runs no more.
  const left = stillReached(s).filter((place) => place !== here && runsIn(s, place));
  const to = s.deployments.find(({ kind, state }) => kind === 'rollback' && state === 'running')?.version ?? null;
  const bad = isKnownBad(s, to) ? ` ${to} is not well itself: somebody has to decide about it next.` : '';
  return left.length === 0
    ? `Going back; say when it is.${bad}`
    : `Going back in ${here}; say when it is. ${left.join(', ')} still ${left.length === 1 ? 'runs' : 'run'} ${version}: roll it back again after that.${bad}`;
};

export const rollbackRoutes: Routes = {
  verbs: {
    rollback: orItsForm(
      onCommand(verbs.rollBack, placeAndReason, goingBack, rollbackMeant),
      ACTIONS.rollBack,
      openRollback,
      rollbackMeant,
    ),
  },
  actions: {
    [ACTIONS.rollbackDone]: onClick(
      verbs.rollbackDone,
      ({ value }) => shownIn(value),
      ({ service, state }) =>
        state.status === 'rolled_back'
          ? `${service} is back on ${state.to}.`
          : 'It is back there; another place still runs it.',
    ),
    [ACTIONS.rollBack]: openRollback,
    [ACTIONS.rollbackFailed]: openReason('Rollback failed', VIEWS.rollbackFailed, 'Record', 'What failed?', {
      becomes: ANNOUNCED,
      may: 'roll_back',
    }),
  },
  views: {
    rollback: onSubmit(
      verbs.rollBack,
      ({ metadata, values }) => ({
        reason: reasonIn(values),
        environment: chosen(values, 'environment') ?? (unpackValue(metadata)[1] || null),
      }),
      goingBack,
    ),
    rollback_fail: onSubmit(
      verbs.rollbackFailed,
      ({ metadata, values }) => ({ reason: reasonIn(values), ...shownIn(metadata) }),
      'Recorded: it stays failed.',
    ),
  },
};
