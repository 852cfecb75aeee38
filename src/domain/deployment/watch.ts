/** What its probes and numbers say of a deployment, when they make it healthy, and who is asked when nobody says how it is. */

import { onCall } from '../catalog/catalog.ts';
import { happened } from '../events.ts';
import type { DeploymentId, UserId } from '../ids.ts';
import { allow, type Decision } from '../refusal.ts';
import { runs } from '../release/runner.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, HOUR, type Instant, latest, MINUTE } from '../time.ts';
import type { Deployment } from './deployment.ts';
import { confirmations, isNowHealthy, openChecks, toConfirm, watched } from './health.ts';
import { BAD_PROBES, isFresh, type Look, looked, type Signal } from './signals.ts';
import { probeName, probesIn, verificationOf } from './verification.ts';

/** The addresses of a deployment, as they are shown. */
export const namesIn = (s: Situation, { environment }: Deployment): readonly string[] =>
  probesIn(s.around.catalog, s.release.service, environment).map(({ url }) => probeName(url));

/** What is said against a deployment by what the catalog still asks. */
export const alarmsOf = (s: Situation, d: Deployment): readonly Signal[] => {
  const rules = s.around.catalog.services[s.release.service]?.health ?? [];
  const known = new Set([...namesIn(s, d), ...rules.map(({ metric }) => metric)]);
  return d.signals.filter(({ name, alarm }) => alarm && known.has(name));
};

/** What its signals say against it; nothing where all is well. */
export const badSignals = (s: Situation): readonly { place: string | null; name: string; said: string }[] => {
  const all = watched(s);
  return all.flatMap((d) =>
    alarmsOf(s, d).map(({ name, said }) => ({ place: all.length > 1 ? d.environment : null, name, said })),
  );
};

/** Since when every probe of it has answered well, in every place that has any; `null` where one does not, or was not asked yet. */
const wellSince = (s: Situation): Instant | null => {
  const places = watched(s);
  const signals = places.flatMap((d) => namesIn(s, d).map((name) => d.signals.find((signal) => signal.name === name)));
  const bad = places.some((d) => alarmsOf(s, d).length > 0);
  const well = signals.every((signal) => signal !== undefined && signal.ok && signal.bad === 0);
  return signals.length === 0 || bad || !well
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

/** Counts as healthy, once it is time; by what was seen lately alone: nobody knows how an address is that was not asked. */
export const healthyByItself = (s: Situation, now: Instant): Effect | null => {
  const at = healthyByItselfAt(s);
  if (at === null || at > now) return null;
  const asked = watched(s).filter((d) => namesIn(s, d).length > 0);
  if (asked.some(({ probedAt }) => !isFresh(probedAt, now))) return null;
  const by = asked.length > 0 ? ('probes' as const) : ('checks' as const);
  return isNowHealthy(s, happened(s.release.id, 'health.reported', { healthy: true, by }, { due: at }));
};

export type ProbeInput = { deployment: DeploymentId; looks: readonly Look[] };

/** What a look brings: the deployment with its signals, and what is told of it. */
const seen = (
  s: Situation,
  d: Deployment,
  look: Look,
  now: Instant,
  { patience, gap }: { patience: number; gap: boolean },
): Effect => {
  const signals = looked(d.signals, look, now, patience, gap);
  const isBad = (all: readonly Signal[]): boolean => all.some(({ name, alarm }) => name === look.name && alarm);
  const [was, is] = [isBad(d.signals), isBad(signals)];
  const deployments = s.deployments.map((each) => (each.id === d.id ? { ...each, signals } : each));
  const data = { environment: d.environment, signal: look.name, ok: !is, said: look.said };
  const event = happened(s.release.id, 'health.signal', data, { subject: d.id });
  return { after: { ...s, deployments }, events: was === is ? [] : [event] };
};

/** What its addresses answered. Told when one turns bad, or well again; nothing where it is not looked at any more. */
export const probed = (s: Situation, { deployment, looks }: ProbeInput, act: Act): Decision<Effect> => {
  const asked = [...underWay(s), ...watched(s)].find(({ id }) => id === deployment);
  const gap = asked !== undefined && !isFresh(asked.probedAt, act.now);
  let effect: Effect = { after: s, events: [] };
  for (const look of asked === undefined ? [] : looks) {
    const d = effect.after.deployments.find(({ id }) => id === deployment);
    if (d === undefined) break;
    const next = seen(effect.after, d, look, act.now, { patience: BAD_PROBES, gap });
    effect = { after: next.after, events: [...effect.events, ...next.events] };
  }
  const deployments = effect.after.deployments.map((d) => (d.id === deployment ? { ...d, probedAt: act.now } : d));
  return allow(asked === undefined ? effect : { ...effect, after: { ...effect.after, deployments } });
};

/** In steps: at each of them it has to answer well. */
const underWay = (s: Situation): readonly Deployment[] =>
  s.deployments.filter((d) => d.state === 'running' && d.rollout !== null);

/** Deployments whose addresses are asked: in steps while they run, and once they are through until somebody says how it is. */
export const isProbed = (s: Situation): ((d: Deployment) => boolean) => {
  const asked = new Set([...underWay(s), ...watched(s)].filter((d) => namesIn(s, d).length > 0).map(({ id }) => id));
  return ({ id }) => asked.has(id);
};

/** A number that was posted once it was through: over its limit it is told at once, as often as it turns. */
export const measured = (s: Situation, environment: string | null, look: Look, act: Act): Decision<Effect> | null => {
  const d = watched(s).find((each) => environment === null || each.environment === environment);
  return d === undefined ? null : allow(seen(s, d, look, act.now, { patience: 1, gap: false }));
};

/** Who hears of a signal that turned bad, or well again. */
export const alarmed = (s: Situation, d: Deployment): readonly UserId[] => [
  runs(s, d),
  s.release.owner,
  ...onCall(s.around.catalog, s.release.service),
];

/** Something else ran there in between: what was gone back to was known before. */
const cameAgain = (s: Situation, d: Deployment): boolean =>
  s.around.running.some(
    ({ environment, since }) => environment === d.environment && d.finishedAt !== null && since > d.finishedAt,
  );

const ATTENTION = 4 * HOUR;

/** When nobody has said how it is: whose turn it is is asked after its time, and four hours later its owner and those on call. */
export const verifyNudges = (s: Situation): readonly { at: Instant; people: readonly UserId[] }[] => {
  const { state, hold, owner, service } = s.release;
  if (state.status !== 'deployed' || hold !== null || watched(s).every((d) => cameAgain(s, d))) return [];
  const { minutes, people } = verificationOf(s.around.catalog, service);
  // Nobody has to say so, and nothing is to be looked at: its probes do, or call somebody.
  if (people === 0 && openChecks(s).length === 0) return [];
  const first = after(state.since, minutes * MINUTE);
  const turn = toConfirm(s);
  const { said } = confirmations(s);
  const rest = [...new Set([owner, ...onCall(s.around.catalog, service)])].filter(
    (id) => !turn.includes(id) && !said.includes(id) && !s.around.inactive.includes(id),
  );
  return [
    { at: first, people: turn },
    { at: after(first, ATTENTION), people: rest },
  ];
};
