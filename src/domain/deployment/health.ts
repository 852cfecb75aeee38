/** Once it went through: who says that it is healthy or not, after what was looked at. */
import { membersOf, onCall } from '../catalog/catalog.ts';
import { type EventDraft, happened } from '../events.ts';
import type { UserId } from '../ids.ts';
import { nextEnvironment } from '../readiness.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { keyOf, move, nameOf, roleHolders, STATUS_WORDS } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import { openReview } from '../review/review.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { tokenName } from '../token/token.ts';
import { command, count, cut, listing, people, type Sentence, say } from '../words.ts';
import { openItems } from './checklist.ts';
import type { Cause, Deployment } from './deployment.ts';
import { newerWords } from './newer.ts';
import { failures, isUnwell, standingPlaces, stands, unwell } from './standing.ts';
import { verificationOf } from './verification.ts';

/** Healthy after all: what was called a failure by mistake stands where it stood, once nothing else is wrong. */
const healthyAfterAll = (s: Situation, d: Deployment, event: EventDraft, act: Act): Effect => {
  const { now } = act;
  const deployments = s.deployments.map((each) => (each.id === d.id ? { ...each, healthyAgainAt: now } : each));
  const there = { ...s, deployments };
  const { state } = s.release;
  const left = failures(there).at(-1);
  if (state.status === 'failed' && (left !== undefined || !s.release.targets.every((place) => stands(there, place)))) {
    const release = { ...s.release, state: { ...state, reason: left?.reason ?? state.reason } };
    return { after: { ...there, release }, events: [event] };
  }
  // Nothing failed: the review of a failure that nobody has answered is not wanted.
  const reviews = s.reviews.map((review) =>
    review.state === 'due' && review.form === 'failure'
      ? { ...review, state: 'skipped' as const, submittedAt: now }
      : review,
  );
  const release = move(s.release, { status: 'deployed', since: now, before: d.before, healthy: null });
  const again = { ...there, release, reviews };
  // That nothing failed is not yet that all was looked at, by as many as have to.
  const enough = openChecks(again).length === 0 && (confirmations(again).needed === 1 || tokenName(act.by) !== null);
  const healthy = enough ? { healthy: true } : { healthy: null, confirmed: [act.by] };
  const after_ = { ...again, release: { ...release, state: { ...release.state, ...healthy } as typeof release.state } };
  return openReview({ after: after_, events: [event] }, 'success', act);
};

/** What is to be tried again: what failed last, or is not well, of what matters. */
export const lastFailure = (s: Situation): Deployment | null => {
  const there = s.deployments.filter((d) => d.kind === 'deploy' && isProtected(s, d.environment));
  const now = failures(s).findLast(({ kind }) => kind === 'deploy');
  const gone = there.filter((d) => !stands(s, d.environment));
  return now ?? gone.findLast((d) => d.state === 'failed' || isUnwell(d)) ?? gone.at(-1) ?? there.at(-1) ?? null;
};
export const failedPlace = (s: Situation): string => lastFailure(s)?.environment ?? nextEnvironment(s);

/** What it runs as, in each protected environment: looked at until somebody says how it is. */
export const watched = (s: Situation): readonly Deployment[] => {
  const { state } = s.release;
  return state.status !== 'deployed' || state.healthy === true || s.around.newer !== null ? [] : standingPlaces(s);
};

/** What is still to be looked at before it counts as healthy, by its place where it runs in several. */
export const openChecks = (s: Situation): readonly string[] => {
  const all = watched(s);
  return all.flatMap((d) =>
    openItems(d, 'verify').map(({ text }) => (all.length > 1 ? `${text} (${d.environment})` : text)),
  );
};

/** Who may say that it is healthy: first those whom it concerns most. */
const verifiers = (s: Situation): readonly UserId[] => {
  const { catalog, inactive } = s.around;
  const { owner, deployer, service } = s.release;
  const { roles } = catalog;
  const groups = membersOf(catalog, ['$owners', ...roles.deployer, ...roles.release_manager], service);
  const all = [deployer ?? owner, owner, ...onCall(catalog, service), ...groups, ...roleHolders(s.release)];
  return [...new Set(all)].filter((id) => !inactive.includes(id));
};

/** How many people have to say that it is healthy, and who has: never more than there are who may. */
export const confirmations = (s: Situation): { said: readonly UserId[]; needed: number } => {
  const { state, service } = s.release;
  const said = state.status === 'deployed' ? (state.confirmed ?? []) : [];
  const there = new Set([...verifiers(s), ...said]).size;
  return { said, needed: Math.max(1, Math.min(verificationOf(s.around.catalog, service).people, there)) };
};

/** Who is to say how it is: whoever runs it, and where several have to, as many others of those who look after it. */
export const toConfirm = (s: Situation): readonly UserId[] => {
  const { said, needed } = confirmations(s);
  return verifiers(s)
    .filter((id) => !said.includes(id))
    .slice(0, needed - said.length);
};

export const isNowHealthy = (s: Situation, event: EventDraft): Effect => {
  const { state } = s.release;
  return state.status !== 'deployed'
    ? { after: s, events: [] }
    : { after: { ...s, release: { ...s.release, state: { ...state, healthy: true } } }, events: [event] };
};

/** One more says that it is healthy. A pipeline that has looked counts for all of them; what is on the list is looked at first, whoever says it. */
const confirmed = (s: Situation, act: Act): Decision<Effect> => {
  const { state } = s.release;
  const open = openChecks(s);
  if (state.status === 'deployed' && state.healthy === true) return allow({ after: s, events: [] });
  if (open.length > 0)
    return refuse({
      code: 'status',
      did: 'Not recorded',
      name: nameOf(s.release),
      status: `not looked at yet: ${cut(open[0] ?? '', 60)}${open.length === 1 ? '' : ` and ${count(open.length - 1, 'more check')}`}`,
      fix: say`Tick what you have seen, with ${command(`tick ${keyOf(s.release)}`)}.`,
    });
  const { said, needed } = confirmations(s);
  const healthy = happened(s.release.id, 'health.reported', { healthy: true });
  if (state.status !== 'deployed' || tokenName(act.by) !== null) return allow(isNowHealthy(s, healthy));
  if (said.includes(act.by))
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(s.release),
      status: `healthy by your word already; ${needed - said.length} more of ${needed} have to say so`,
      fix: say`Next is ${people(toConfirm(s).slice(0, 3))}.`,
    });
  const all = [...said, act.by];
  if (all.length >= needed) return allow(isNowHealthy(s, healthy));
  return allow({
    after: { ...s, release: { ...s.release, state: { ...state, confirmed: all } } },
    events: [happened(s.release.id, 'health.confirmed', { said: all.length, needed })],
  });
};

type HealthInput = {
  healthy: boolean;
  reason: string | null;
  cause?: Cause | null | undefined;
  /** Where; of several places it has to be said which one is not well. */
  environment?: string | null | undefined;
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
      ? { ...s.release, state: { ...state, reason } }
      : move(s.release, { status: 'failed', since: act.now, reason });
  return openReview({ after: { ...s, release, deployments }, events: [event] }, 'failed', act);
};

/** Verification: healthy, or not healthy, which makes it a failure; until something is done about it that can be taken back. */
export const reportHealth = (s: Situation, input: HealthInput, act: Act): Decision<Effect> => {
  const { healthy, environment } = input;
  const { state } = s.release;
  const { newer } = s.around;
  const name = nameOf(s.release);
  const refused = (status: string, fix: Sentence) => refuse({ code: 'status', did: 'Not recorded', name, status, fix });
  const all = standingPlaces(s);
  const sick = unwell(s);
  const others = all.filter((d) => !isUnwell(d));
  const live = state.status === 'deployed' || (state.status === 'failed' && (healthy ? sick : others).length > 0);
  if (!live && state.status === 'failed' && newer === null && all.length > 0)
    return refused(
      healthy ? 'failed, and nobody said that it is not well where it runs' : 'known not to be healthy already',
      say`See ${command(`show ${keyOf(s.release)}`)}.`,
    );
  if (!live && all.length > 0 && state.status === 'deploying')
    return refused(
      `still on its way, and in ${all.map((d) => d.environment).join(', ')} already`,
      say`Where it is not well it goes back: ${command(`rollback ${keyOf(s.release)} ${all[0]?.environment ?? ''} "why"`)}.`,
    );
  if (!live) return refused(STATUS_WORDS[state.status], say`Health is said of a deployed release.`);
  if (newer !== null) {
    // Where the newer one has not come yet, this one is what runs, and can go back.
    const [here] = all.filter((d) => newer.places?.includes(d.environment) === false);
    const back =
      here === undefined
        ? []
        : say` Where it still runs it goes back: ${command(`rollback ${keyOf(s.release)} ${here.environment} "why"`)}.`;
    return refused(
      `replaced: ${newerWords(s)}`,
      say`Say it of that one: ${command(healthy ? `healthy REL-${newer.number}` : `unhealthy REL-${newer.number} "why"`)}.${healthy ? [] : back}`,
    );
  }
  const eventOf = (d: Deployment) =>
    happened(
      s.release.id,
      'health.reported',
      { healthy, ...(all.length > 1 ? { environment: d.environment } : {}) },
      { words: input.reason, subject: d.id },
    );
  const nowhere = (these: readonly Deployment[]): Sentence =>
    say`${name} does not run in ${environment ?? 'a place that matters'}${these.length === all.length ? '' : ' as not healthy'}. Name ${places(these)}.`;
  if (healthy && state.status === 'deployed') {
    // Of the whole, where nobody says of which.
    if (environment == null) return confirmed(s, act);
    const there = meant(all, environment, nowhere(all), nowhere(all));
    if (!there.ok) return there;
    return all.length === 1 ? confirmed(s, act) : wellThere(s, there.value, act);
  }
  if (healthy) {
    const which = say`It is not healthy in ${places(sick, 'and')}. Say where it is healthy after all: ${command(`healthy ${keyOf(s.release)} ${sick[0]?.environment ?? ''}`)}.`;
    const there = meant(sick, environment, nowhere(sick), which);
    return there.ok ? allow(healthyAfterAll(s, there.value, eventOf(there.value), act)) : there;
  }
  if ((input.reason ?? '').trim() === '')
    return refuseField('reason', say`Say what is not healthy; it is announced as a failure.`);
  const which = say`${name} runs in ${places(all, 'and')}. Say where it is not healthy: ${command(`unhealthy ${keyOf(s.release)} ${others[0]?.environment ?? ''} "why"`)}.`;
  const there = meant(all, environment, nowhere(all), which);
  if (!there.ok) return there;
  if (isUnwell(there.value))
    return refused(
      `known not to be healthy in ${there.value.environment} already`,
      say`Roll it back, retry, or say that it is healthy after all: ${command(`healthy ${keyOf(s.release)} ${there.value.environment}`)}.`,
    );
  return allow(unwellThere(s, there.value, input, eventOf(there.value), act));
};
