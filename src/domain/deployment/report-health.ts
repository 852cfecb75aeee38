/** What people and pipelines say of its health, of the whole or of one of several places: what is said of one says nothing of another. */

import { type EventDraft, happened } from '../events.ts';
import { allow, type Decision, type Refusal, refuse, refuseField } from '../refusal.ts';
import { keyOf, move, nameOf, STATUS_WORDS, type StateOf, statusOf } from '../release/release.ts';
import { openReview } from '../review/review.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { tokenName } from '../token/token.ts';
import { command, listing, type Sentence, say } from '../words.ts';
import type { Cause, Deployment } from './deployment.ts';
import { confirmations, confirmed, openChecks } from './health.ts';
import { isReplaced, newerWords } from './newer.ts';
import { failures, isUnhealthy, isUnwell, lastTurn, standingPlaces, stands, unwell, wrongReason } from './standing.ts';

/** Nothing failed: the review of a failure that nobody has answered is not wanted. */
const unasked = (s: Situation, now: Instant): Situation['reviews'] =>
  s.reviews.map((review) =>
    review.state === 'due' && review.form === 'failure'
      ? { ...review, state: 'skipped' as const, submittedAt: now }
      : review,
  );

/** Healthy after all: what was called a failure by mistake stands where it stood, once nothing else is wrong. */
const healthyAfterAll = (s: Situation, d: Deployment, event: EventDraft, act: Act): Effect => {
  const { now } = act;
  const deployments = s.deployments.map((each) => (each.id === d.id ? { ...each, healthyAgainAt: now } : each));
  const there = { ...s, deployments };
  const { state } = s.release;
  const left = failures(there).at(-1);
  if (state.status === 'failed' && (left !== undefined || !s.release.targets.every((place) => stands(there, place)))) {
    if (left === undefined && state.goesOn !== undefined) {
      const release = move(s.release, { ...state.goesOn, since: now });
      return { after: { ...there, release, reviews: unasked(s, now) }, events: [event] };
    }
    const release = { ...s.release, state: { ...state, reason: wrongReason(there) ?? state.reason } };
    return { after: { ...there, release }, events: [event] };
  }
  const reviews = unasked(s, now);
  const release = move(s.release, { status: 'deployed', since: now, before: d.before, healthy: null });
  const again = { ...there, release, reviews };
  // That nothing failed is not yet that all was looked at, by as many as have to.
  const wellIn = [...new Set([...(state.status === 'failed' ? (state.wellIn ?? []) : []), d.environment])];
  const everywhere = standingPlaces(again).every(({ environment }) => wellIn.includes(environment));
  const enough =
    everywhere && openChecks(again).length === 0 && (confirmations(again).needed === 1 || tokenName(act.by) !== null);
  const healthy = enough
    ? { healthy: true }
    : everywhere
      ? { healthy: null, confirmed: [act.by] }
      : { healthy: null, wellIn };
  const after_ = { ...again, release: { ...release, state: { ...release.state, ...healthy } as typeof release.state } };
  return openReview({ after: after_, events: [event] }, 'success', act);
};

type HealthInput = {
  healthy: boolean;
  reason: string | null;
  cause?: Cause | null | undefined;
  /** Where; of several places it has to be said which one is not well. */
  environment?: string | null | undefined;
  /** What the button showed: when the last word about it was said. */
  shown?: string | undefined;
};

const places = (all: readonly Deployment[], last: 'or' | 'and' = 'or'): Sentence =>
  listing(
    all.map(({ environment }) => environment),
    last,
  );

/** Which of them is meant. Refuses a place that is none of them, and says nothing for whoever says nothing where there are several. */
const meant = (
  all: readonly Deployment[],
  environment: string | null | undefined,
  none: Sentence,
  which: Sentence,
): Decision<Deployment> => {
  const found = environment == null ? all.slice(0, 2) : all.filter((d) => d.environment === environment);
  const [first, second] = found;
  if (first === undefined) return refuseField('environment', none);
  return second === undefined ? allow(first) : refuseField('environment', which);
};

/** Of one of several places: all of them have to be well before it counts as healthy, whoever said so of each. */
const wellThere = (s: Situation, d: Deployment, act: Act): Decision<Effect> => {
  const { state } = s.release;
  if (state.status !== 'deployed' || state.healthy === true) return allow({ after: s, events: [] });
  const wellIn = [...new Set([...(state.wellIn ?? []), d.environment])];
  const there = { ...s, release: { ...s.release, state: { ...state, wellIn } } };
  if (standingPlaces(s).every(({ environment }) => wellIn.includes(environment))) return confirmed(there, act);
  if ((state.wellIn ?? []).includes(d.environment))
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(s.release),
      status: `healthy in ${d.environment} already`,
      fix: say`Left is ${places(standingPlaces(s).filter(({ environment }) => !wellIn.includes(environment)))}.`,
    });
  const data = { healthy: true, environment: d.environment };
  return allow({ after: there, events: [happened(s.release.id, 'health.reported', data, { subject: d.id })] });
};

/** Of which places somebody has said that it is healthy there. */
const saidWell = (s: Situation, { healthy, wellIn }: StateOf<'deployed'>): readonly string[] =>
  healthy === true ? standingPlaces(s).map(({ environment }) => environment) : (wellIn ?? []);

/** It is not well in that place: a failure of the release, whatever the others say. */
const unwellThere = (s: Situation, d: Deployment, input: HealthInput, event: EventDraft, act: Act): Effect => {
  const reason = input.reason ?? '';
  const { state } = s.release;
  const deployments = s.deployments.map((each) =>
    each.id === d.id
      ? {
          ...each,
          unhealthyAt: act.now,
          unhealthyBy: act.by,
          healthyAgainAt: null,
          reason,
          cause: input.cause ?? null,
          inARow: (s.around.failing[d.environment] ?? 0) + 1,
        }
      : each,
  );
  const release =
    state.status === 'failed'
      ? {
          ...s.release,
          state: { ...state, reason, wellIn: (state.wellIn ?? []).filter((place) => place !== d.environment) },
        }
      : move(s.release, {
          status: 'failed',
          since: act.now,
          reason,
          ...(state.status === 'deploying' ? { goesOn: state } : {}),
          ...(state.status === 'deployed'
            ? { wellIn: saidWell(s, state).filter((place) => place !== d.environment) }
            : {}),
        });
  return openReview({ after: { ...s, release, deployments }, events: [event] }, 'failed', act);
};

const refused = (s: Situation, status: string, fix: Sentence): Refusal => ({
  code: 'status',
  did: 'Not recorded',
  name: nameOf(s.release),
  status,
  fix,
});

/** Why nothing can be said of its health now; `null` where something can. */
const notNow = (s: Situation, healthy: boolean): Refusal | null => {
  const { status } = s.release.state;
  const { newer } = s.around;
  if (newer !== null && isReplaced(s) && (status === 'deployed' || (status === 'failed' && isUnhealthy(s))))
    return refused(
      s,
      `replaced: ${newerWords(s)}`,
      say`Say it of that one: ${command(healthy ? `healthy ${keyOf(newer)}` : `unhealthy ${keyOf(newer)} "why"`)}.`,
    );
  const all = standingPlaces(s);
  const left = healthy ? unwell(s) : all.filter((d) => !isUnwell(d));
  if (status === 'deployed' || (status === 'failed' && left.length > 0)) return null;
  if (all.length === 0 || (status !== 'failed' && status !== 'deploying'))
    return refused(s, STATUS_WORDS[status], say`Health is said of a deployed release.`);
  // What is not well is said at once; that it is well when it has come everywhere.
  if (status === 'deploying')
    return healthy
      ? refused(
          s,
          `still on its way, and in ${all.map((d) => d.environment).join(', ')} so far`,
          say`Say that it is healthy once it is everywhere.`,
        )
      : null;
  return refused(
    s,
    healthy ? 'failed, and nobody said that it is not well where it runs' : 'known not to be healthy already',
    say`See ${command(`show ${keyOf(s.release)}`)}.`,
  );
};

const toldOf = (s: Situation, { healthy, reason }: HealthInput, d: Deployment): EventDraft =>
  happened(
    s.release.id,
    'health.reported',
    { healthy, ...(standingPlaces(s).length > 1 ? { environment: d.environment } : {}) },
    { words: reason, subject: d.id },
  );

/** Of the whole, where nobody says of which place; after a failure, of the place that was called not healthy. */
const healthySaid = (s: Situation, input: HealthInput, act: Act): Decision<Effect> => {
  const { environment } = input;
  const name = nameOf(s.release);
  if (s.release.state.status === 'deployed') {
    const all = standingPlaces(s);
    const none = say`${name} does not run in ${environment ?? ''}. Name ${places(all)}.`;
    const there = environment == null ? null : meant(all, environment, none, none);
    if (there?.ok === false) return there;
    return there === null || all.length === 1 ? confirmed(s, act) : wellThere(s, there.value, act);
  }
  const sick = unwell(s);
  const none = say`Nobody said that ${name} is not healthy in ${environment ?? ''}. Name ${places(sick)}.`;
  const which = say`It is not healthy in ${places(sick, 'and')}. Say where it is healthy after all: ${command(`healthy ${keyOf(s.release)} ${sick[0]?.environment ?? ''}`)}.`;
  const there = meant(sick, environment, none, which);
  return there.ok ? allow(healthyAfterAll(s, there.value, toldOf(s, input, there.value), act)) : there;
};

const unhealthySaid = (s: Situation, input: HealthInput, act: Act): Decision<Effect> => {
  if ((input.reason ?? '').trim() === '')
    return refuseField('reason', say`Say what is not healthy; it is announced as a failure.`);
  const name = nameOf(s.release);
  const key = keyOf(s.release);
  const all = standingPlaces(s);
  const well = all.find((d) => !isUnwell(d));
  const none = say`${name} does not run in ${input.environment ?? 'a place that matters'}. Name ${places(all)}.`;
  const which = say`${name} runs in ${places(all, 'and')}. Say where it is not healthy: ${command(`unhealthy ${key} ${well?.environment ?? ''} "why"`)}.`;
  const there = meant(all, input.environment, none, which);
  if (!there.ok) return there;
  const { environment } = there.value;
  if (isUnwell(there.value))
    return refuse(
      refused(
        s,
        `known not to be healthy in ${environment} already`,
        say`Roll it back, retry, or say that it is healthy after all: ${command(`healthy ${key} ${environment}`)}.`,
      ),
    );
  return allow(unwellThere(s, there.value, input, toldOf(s, input, there.value), act));
};

/** Verification: healthy, or not healthy, which makes it a failure; until something is done about it that can be taken back. */
export const reportHealth = (s: Situation, input: HealthInput, act: Act): Decision<Effect> => {
  const stopped = notNow(s, input.healthy);
  if (stopped !== null) return refuse(stopped);
  // Whoever says that it is healthy has seen what was said against it.
  if (input.healthy && input.shown !== undefined && input.shown !== lastTurn(s, input.environment ?? null))
    return refuse(
      refused(
        s,
        `${statusOf(s.release.state)} by now: that button was of how it stood before`,
        say`Read what was said first: ${command(`show ${keyOf(s.release)}`)}.`,
      ),
    );
  return input.healthy ? healthySaid(s, input, act) : unhealthySaid(s, input, act);
};
