/** Once it went through: who says that it is healthy or not, and what its probes and numbers say meanwhile. */
import { onCall } from '../catalog/catalog.ts';
import { type EventDraft, happened } from '../events.ts';
import type { UserId } from '../ids.ts';
import { newerWords } from '../plan/replace.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { keyOf, move, nameOf, STATUS_WORDS } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import { openReview } from '../review/review.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, HOUR, type Instant, latest, MINUTE } from '../time.ts';
import { tokenName } from '../token/token.ts';
import { command, count, listing, say } from '../words.ts';
import { openItems } from './checklist.ts';
import type { Cause, Deployment } from './deployment.ts';
import { BAD_PROBES, type Look, looked, type Signal } from './signals.ts';
import { verificationOf } from './verification.ts';

/** Said to be not healthy, and nothing was done about it yet. */
export const onlyUnhealthy = (s: Situation): Deployment | null => {
  const last = s.deployments.findLast((d) => isProtected(s, d.environment));
  const asItWas = last?.kind === 'deploy' && last.state === 'succeeded' && last.unhealthyAt !== null;
  return s.release.state.status === 'failed' && asItWas && s.around.newer === null ? last : null;
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
  const release = move(s.release, { status: 'deployed', since: now, before: d.before, healthy: true });
  const deployments = s.deployments.map((each) => (each.id === d.id ? { ...each, healthyAgainAt: now } : each));
  return openReview({ after: { ...s, release, deployments, reviews }, events: [event] }, 'success', act);
};

/** What it runs as, in each protected environment: looked at until somebody says how it is. */
export const watched = (s: Situation): readonly Deployment[] => {
  const { state } = s.release;
  if (state.status !== 'deployed' || state.healthy === true || s.around.newer !== null) return [];
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

/** How many people have to say that it is healthy, and who has. */
export const confirmations = (s: Situation): { said: readonly UserId[]; needed: number } => {
  const { state, service } = s.release;
  return {
    said: state.status === 'deployed' ? (state.confirmed ?? []) : [],
    needed: Math.max(1, verificationOf(s.around.catalog, service).people),
  };
};

const isNowHealthy = (s: Situation, event: EventDraft): Effect => {
  const { state } = s.release;
  return state.status !== 'deployed'
    ? { after: s, events: [] }
    : { after: { ...s, release: { ...s.release, state: { ...state, healthy: true } } }, events: [event] };
};

/** One more says that it is healthy. A pipeline that has looked counts for all of them; what is on the list is looked at first, whoever says it. */
const confirmed = (s: Situation, act: Act): Decision<Effect> => {
  const { state } = s.release;
  const open = openChecks(s);
  if (open.length > 0)
    return refuseField(
      'text',
      say`Not recorded: ${count(open.length, 'check is', 'checks are')} open: ${listing(open.slice(0, 3))}${open.length > 3 ? ` and ${open.length - 3} more` : ''}. Tick them with ${command(`tick ${keyOf(s.release)}`)}.`,
    );
  const { said, needed } = confirmations(s);
  const healthy = happened(s.release.id, 'health.reported', { healthy: true });
  if (state.status !== 'deployed' || tokenName(act.by) !== null || state.healthy === true)
    return allow(isNowHealthy(s, healthy));
  if (said.includes(act.by))
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(s.release),
      status: `healthy by your word already; ${needed - said.length} more of ${needed} have to say so`,
      fix: say`Ask somebody else who deploys.`,
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
  input: { healthy: boolean; reason: string | null; cause?: Cause | null | undefined },
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
  const release = move(s.release, { status: 'failed', since: act.now, reason: input.reason });
  const last = s.deployments.findLast(
    (d) => d.kind === 'deploy' && d.state === 'succeeded' && isProtected(s, d.environment),
  );
  const deployments = s.deployments.map((d) =>
    d.id === last?.id
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
  const told = { ...event, subject: last?.id ?? event.subject };
  return allow(openReview({ after: { ...s, release, deployments }, events: [told] }, 'failed', act));
};

/** Since when every probe of it answers well, everywhere; `null` where one does not, or none was asked yet. */
const wellSince = (s: Situation): Instant | null => {
  const { probes } = verificationOf(s.around.catalog, s.release.service);
  const places = watched(s);
  const signals = places.flatMap((d) => probes.map((url) => d.signals.find(({ name }) => name === url)));
  const bad = places.some((d) => d.signals.some(({ ok }) => !ok));
  return probes.length === 0 || places.length === 0 || bad || signals.some((signal) => signal === undefined)
    ? null
    : latest([...signals.map((signal) => signal?.since ?? null), ...places.map(({ finishedAt }) => finishedAt)]);
};

/** When it counts as healthy without anybody's word: its probes have answered well for their time, or nobody has to say so and its list is done. */
export const healthyByItselfAt = (s: Situation): Instant | null => {
  const { state, hold, service } = s.release;
  if (state.status !== 'deployed' || hold !== null || watched(s).length === 0 || openChecks(s).length > 0) return null;
  const { people, minutes, probes } = verificationOf(s.around.catalog, service);
  const since = wellSince(s);
  const well = since === null ? null : after(since, minutes * MINUTE);
  const at = well ?? (people === 0 && probes.length === 0 ? state.since : null);
  const ticked = watched(s).flatMap(({ checklist }) => checklist.map((item) => item.at));
  return at === null ? null : latest([at, ...ticked]);
};

export const healthyByItself = (s: Situation, now: Instant): Effect | null => {
  const at = healthyByItselfAt(s);
  if (at === null || at > now) return null;
  const { probes } = verificationOf(s.around.catalog, s.release.service);
  const by = probes.length > 0 ? ({ by: 'probes' } as const) : {};
  return isNowHealthy(s, happened(s.release.id, 'health.reported', { healthy: true, ...by }, { due: at }));
};

export type ProbeInput = { environment: string; looks: readonly Look[] };

/** What a look brings: the deployment with its signals, and what is told of it. */
const seen = (s: Situation, d: Deployment, look: Look, now: Instant, patience: number): Effect => {
  const signals = looked(d.signals, look, now, patience);
  const isBad = (all: readonly Signal[]): boolean => all.some(({ name, ok }) => name === look.name && !ok);
  const [was, is] = [isBad(d.signals), isBad(signals)];
  const deployments = s.deployments.map((each) => (each.id === d.id ? { ...each, signals } : each));
  const data = { environment: d.environment, signal: look.name, ok: !is, said: look.said };
  const event = happened(s.release.id, 'health.signal', data, { subject: d.id });
  return { after: { ...s, deployments }, events: was === is ? [] : [event] };
};

/** Deployments whose addresses are asked: in steps while they run, and once they are through until somebody says how it is. */
export const isProbed = (s: Situation): ((d: Deployment) => boolean) => {
  const { probes } = verificationOf(s.around.catalog, s.release.service);
  const asked = probes.length === 0 ? [] : [...underWay(s), ...watched(s)];
  return (d) => asked.includes(d);
};

/** What its addresses answered. Told when one turns bad, or well again; nothing where it is not looked at any more. */
export const probed = (s: Situation, { environment, looks }: ProbeInput, act: Act): Decision<Effect> => {
  let effect: Effect = { after: s, events: [] };
  for (const look of looks) {
    const d = [...underWay(effect.after), ...watched(effect.after)].find((each) => each.environment === environment);
    if (d === undefined) break;
    const next = seen(effect.after, d, look, act.now, BAD_PROBES);
    effect = { after: next.after, events: [...effect.events, ...next.events] };
  }
  return allow(effect);
};

/** In steps: at each of them it has to answer well. */
const underWay = (s: Situation): readonly Deployment[] =>
  s.deployments.filter((d) => d.state === 'running' && d.rollout !== null);

/** A number that was posted once it was through: over its limit it is told at once, as often as it turns. */
export const measured = (s: Situation, environment: string | null, look: Look, act: Act): Decision<Effect> | null => {
  const d = watched(s).find((each) => environment === null || each.environment === environment);
  return d === undefined ? null : allow(seen(s, d, look, act.now, 1));
};

/** Who hears of a signal that turned bad. */
export const alarmed = (s: Situation, d: Deployment): readonly UserId[] => [
  d.runBy,
  s.release.owner,
  ...onCall(s.around.catalog, s.release.service),
];

/** What its signals say against it; nothing where all is well. */
export const badSignals = (s: Situation): readonly { place: string | null; name: string; said: string }[] => {
  const all = watched(s);
  return all.flatMap((d) =>
    d.signals
      .filter(({ ok }) => !ok)
      .map(({ name, said }) => ({ place: all.length > 1 ? d.environment : null, name, said })),
  );
};

/** Something else ran there in between: what was gone back to was known before. */
const cameAgain = (s: Situation, d: Deployment): boolean =>
  s.around.running.some(
    ({ environment, since }) => environment === d.environment && d.finishedAt !== null && since > d.finishedAt,
  );

const ATTENTION = 4 * HOUR;

/** When nobody has said how it is: whoever runs it is asked after its time, and four hours later its owner and those on call. */
export const verifyNudges = (s: Situation): readonly { at: Instant; people: readonly UserId[] }[] => {
  const { state, hold, deployer, owner, service } = s.release;
  if (state.status !== 'deployed' || hold !== null || watched(s).every((d) => cameAgain(s, d))) return [];
  const { minutes } = verificationOf(s.around.catalog, service);
  const first = after(state.since, minutes * MINUTE);
  const runs = deployer ?? owner;
  const rest = [...new Set([owner, ...onCall(s.around.catalog, service)])].filter(
    (id) => id !== runs && !s.around.inactive.includes(id),
  );
  return [
    { at: first, people: [runs] },
    { at: after(first, ATTENTION), people: rest },
  ];
};
