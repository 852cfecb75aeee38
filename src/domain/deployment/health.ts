/** Once it went through: who has to say that it is healthy, and what is looked at before. */

import { membersOf, onCall } from '../catalog/catalog.ts';
import { type EventDraft, happened } from '../events.ts';
import type { UserId } from '../ids.ts';
import { nextEnvironment } from '../readiness.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import { keyOf, nameOf, roleHolders } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { tokenName } from '../token/token.ts';
import { command, count, cut, people, say } from '../words.ts';
import { openItems } from './checklist.ts';
import type { Deployment } from './deployment.ts';
import { isReplaced } from './newer.ts';
import { failures, isUnwell, standingPlaces, stands } from './standing.ts';
import { verificationOf } from './verification.ts';

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
  return state.status !== 'deployed' || state.healthy === true || isReplaced(s) ? [] : standingPlaces(s);
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
export const confirmed = (s: Situation, act: Act): Decision<Effect> => {
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
