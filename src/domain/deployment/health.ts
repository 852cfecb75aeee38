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
import { command, count, cut, listing, people, say } from '../words.ts';
import { openItems } from './checklist.ts';
import type { Cause, Deployment } from './deployment.ts';
import { newerWords } from './newer.ts';
import { verificationOf } from './verification.ts';

/** Said to be not healthy, and nothing was done about it yet. */
export const onlyUnhealthy = (s: Situation): Deployment | null => {
  const bad = s.deployments.findLast((d) => d.unhealthyAt !== null && d.healthyAgainAt === null);
  if (s.release.state.status !== 'failed' || s.around.newer !== null || bad == null) return null;
  const since = bad.unhealthyAt ?? bad.startedAt;
  const goneOn = s.deployments.some((d) => isProtected(s, d.environment) && d.id !== bad.id && d.startedAt >= since);
  return goneOn ? null : bad;
};

/** Healthy after all: what was called a failure by mistake stands where it stood. */
const healthyAfterAll = (s: Situation, d: Deployment, event: EventDraft, act: Act): Effect => {
  const { now } = act;
  // Nothing failed: the review of a failure that nobody has answered is not wanted.
  const reviews = s.reviews.map((review) =>
    review.state === 'due' && review.form === 'failure'
      ? { ...review, state: 'skipped' as const, submittedAt: now }
      : review,
  );
  const deployments = s.deployments.map((each) => (each.id === d.id ? { ...each, healthyAgainAt: now } : each));
  const release = move(s.release, { status: 'deployed', since: now, before: d.before, healthy: null });
  const again = { ...s, release, deployments, reviews };
  // That nothing failed is not yet that all was looked at, by as many as have to.
  const enough = openChecks(again).length === 0 && (confirmations(again).needed === 1 || tokenName(act.by) !== null);
  const state = enough ? { healthy: true } : { healthy: null, confirmed: [act.by] };
  const after_ = { ...again, release: { ...release, state: { ...release.state, ...state } as typeof release.state } };
  return openReview({ after: after_, events: [event] }, 'success', act);
};

/** What failed, or is not well, of what matters: there it is tried again. */
export const lastFailure = (s: Situation): Deployment | null => {
  const there = s.deployments.filter((d) => d.kind === 'deploy' && isProtected(s, d.environment));
  const bad = (d: Deployment): boolean => d.state === 'failed' || (d.unhealthyAt !== null && d.healthyAgainAt === null);
  return there.findLast(bad) ?? there.at(-1) ?? null;
};
export const failedPlace = (s: Situation): string => lastFailure(s)?.environment ?? nextEnvironment(s);

/** What it runs as, in each protected environment: looked at until somebody says how it is. */
export const watched = (s: Situation): readonly Deployment[] => {
  const { state } = s.release;
  return state.status !== 'deployed' || state.healthy === true || s.around.newer !== null ? [] : watchedPlaces(s);
};

/** Where it went through, the last place last. */
export const watchedPlaces = (s: Situation): readonly Deployment[] => {
  const last = new Map(
    s.deployments
      .filter((d) => d.kind === 'deploy' && d.state === 'succeeded' && isProtected(s, d.environment))
      .map((d) => [d.environment, d]),
  );
  return [...last.values()];
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

/** Verification: healthy, or not healthy, which makes it a failure; until something is done about it that can be taken back. */
export const reportHealth = (
  s: Situation,
  /** `environment`: where it is not well; where it came last, when nothing is said. */
  input: {
    healthy: boolean;
    reason: string | null;
    cause?: Cause | null | undefined;
    environment?: string | null | undefined;
  },
  act: Act,
): Decision<Effect> => {
  const { state } = s.release;
  const event = happened(s.release.id, 'health.reported', { healthy: input.healthy }, { words: input.reason });
  const unhealthy = onlyUnhealthy(s);
  if (input.healthy && unhealthy !== null) return allow(healthyAfterAll(s, unhealthy, event, act));
  if (state.status !== 'deployed') {
    return refuse({
      code: 'status',
      did: 'Not recorded',
      name: nameOf(s.release),
      status: STATUS_WORDS[state.status],
      fix: say`Health is said of a deployed release.`,
    });
  }
  const { newer } = s.around;
  if (newer !== null)
    return refuse({
      code: 'status',
      did: 'Not recorded',
      name: nameOf(s.release),
      status: `replaced: ${newerWords(s)}`,
      fix: say`Say it of that one: ${command(input.healthy ? `healthy REL-${newer.number}` : `unhealthy REL-${newer.number} "why"`)}.`,
    });
  if (input.healthy) return confirmed(s, act);
  if (input.reason === null || input.reason.trim() === '')
    return refuseField('reason', say`Say what is not healthy; it is announced as a failure.`);
  const places = watchedPlaces(s);
  const last = input.environment == null ? places.at(-1) : places.find((d) => d.environment === input.environment);
  if (last === undefined)
    return refuseField(
      'environment',
      say`${nameOf(s.release)} does not run in ${input.environment ?? 'a place that matters'}. Name ${listing(
        places.map((d) => d.environment),
        'or',
      )}.`,
    );
  const release = move(s.release, { status: 'failed', since: act.now, reason: input.reason });
  const deployments = s.deployments.map((d) =>
    d.id === last.id
      ? {
          ...d,
          unhealthyAt: act.now,
          unhealthyBy: act.by,
          healthyAgainAt: null,
          reason: input.reason,
          cause: input.cause ?? null,
          inARow: (s.around.failing[d.environment] ?? 0) + 1,
        }
      : d,
  );
  const told = { ...event, subject: last.id };
  return allow(openReview({ after: { ...s, release, deployments }, events: [told] }, 'failed', act));
};
