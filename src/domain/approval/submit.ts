/** The life of an approval round: asked, decided, asked again after a change, withdrawn. Every verb is pure. */

import { membersOf, type Policy, type RuleTree } from '../catalog/catalog.ts';
import { happened } from '../events.ts';
import { gateStates, gatesInTheWay, isMet, requiredGates } from '../gate/gate.ts';
import { allow, type Decision, type Field, refuse, refuseField } from '../refusal.ts';
import { move, nameOf, type Release } from '../release/release.ts';
import { riskLevel, traitsOf, zoneOf } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, DAY, HOUR, type Instant } from '../time.ts';
import { command, say } from '../words.ts';
import { addWorkingDays, nextWorkingTime } from '../working-time.ts';
import { alternatives, applicable, askFirst, evaluate, unsatisfiable } from './policy.ts';
import { riskOf } from './risk.ts';
import type { ApprovalDecision, Round } from './round.ts';
import { hashOf, snapshotOf } from './snapshot.ts';

const ROUND_WORKING_DAYS = 3;

const EMERGENCY_ROUND = 4 * HOUR;

export const REMIND_AFTER = 4 * HOUR;

const APPROVAL_LASTS = 7 * DAY;

const AFTER_WINDOW = 4 * HOUR;

const policyOf = (s: Situation): { name: string; policy: Policy } => {
  const { catalog } = s.around;
  const name = catalog.services[s.release.service]?.policy ?? 'default';
  const policy = catalog.policies[name];
  if (policy === undefined)
    throw new Error(`Catalog version ${catalog.version} has no policy ${name}: its validation has a bug.`);
  return { name, policy };
};

/** The rules that would be asked now; `null` when nobody is. */
export const rulesFor = (s: Situation): RuleTree | null =>
  s.release.type === 'standard' ? null : applicable(policyOf(s).policy, traitsOf(s));

export const scored = (s: Situation, now: Instant): Situation => {
  const states = gateStates(s, now);
  const met = states.filter(isMet).length;
  const evidence = met === states.length ? 'green' : met > 0 ? 'partial' : 'missing';
  return { ...s, release: { ...s.release, risk: riskOf(s, evidence, now) } };
};

/**
 * Asks for approval. Refuses when it is not a draft, evidence or the rollback plan is missing, or nobody could satisfy a rule.
 * A policy that asks nobody makes it approved at once, journalled as decided by the policy.
 */
export const submit = (before: Situation, act: Act): Decision<Effect> => {
  const s = scored(before, act.now);
  const { release } = s;
  if (release.state.status !== 'draft')
    return refuse({
      code: 'status',
      did: 'Not asked',
      name: nameOf(release),
      status: release.state.status.replace('_', ' '),
      fix: say`See ${command('show')}.`,
    });
  if (s.around.catalog.rollbackPlan === 'required' && release.rollbackPlan === null) {
    return refuseField(
      'rollbackPlan',
      say`Not asked: the policy wants a rollback plan. Say how to go back, how long it takes and what triggers it.`,
    );
  }
  const details = s.around.catalog.planDetails === 'required' ? missingDetails(release) : [];
  if (details.length > 0)
    return refuse({
      code: 'fields',
      problems: details.map(({ field, what }) => ({
        field,
        problem: say`Not asked: the rules here want a ${what}. Add it with Edit.`,
      })),
    });
  if (release.when.kind === 'at' && release.when.start <= act.now) {
    return refuseField(
      'when',
      say`Not asked: its planned time is past. Pick a new one with ${command('schedule')}, then ask.`,
    );
  }
  const missing = gatesInTheWay(s, 'approval', act.now);
  if (missing.length > 0) return refuse({ code: 'not_asked.gates', missing: missing.map(({ rule }) => rule.name) });
  const rules = rulesFor(s);
  return rules === null
    ? allow(approvedByPolicy(s, act))
    : openRound({ ...s, release: { ...release, submitter: act.by } }, rules, act, []);
};

/** What the rules want to know before anybody is asked: who deploys, under which change number, when. */
export const missingDetails = ({ deployer, changeNumber, when }: Release): { field: Field; what: string }[] => [
  ...(deployer === null ? [{ field: 'deployer' as const, what: 'deployer' }] : []),
  ...(changeNumber === null ? [{ field: 'changeNumber' as const, what: 'change number' }] : []),
  ...(when.kind === 'at' ? [] : [{ field: 'when' as const, what: 'time' }]),
];

const approvedByPolicy = (s: Situation, act: Act): Effect => {
  const { catalog } = s.around;
  const policy = s.release.type === 'standard' ? 'pre-approved (standard)' : policyOf(s).name;
  const by = { kind: 'policy', policy, catalogVersion: catalog.version } as const;
  const release = { ...s.release, submitter: act.by, everAsked: true };
  const after = move(release, { status: 'approved', since: act.now, by, validUntil: validUntil(release, act.now) });
  return {
    after: { ...s, release: after },
    events: [happened(release.id, 'approval.by_policy', { policy, catalogVersion: catalog.version })],
  };
};

/** Approvals last until the window's end + 4 hours, or 7 days. */
export const validUntil = (release: Release, now: Instant): Instant => {
  const { when } = release;
  return when.kind === 'at' ? after(when.end ?? after(when.start, HOUR), AFTER_WINDOW) : after(now, APPROVAL_LASTS);
};

export const expiry = (s: Situation, now: Instant): Instant =>
  s.release.type === 'emergency' ? after(now, EMERGENCY_ROUND) : addWorkingDays(now, ROUND_WORKING_DAYS, zoneOf(s));

/** Four hours later, in working hours of the service. */
export const reminder = (s: Situation, now: Instant): Instant => nextWorkingTime(after(now, REMIND_AFTER), zoneOf(s));

const newRound = (s: Situation, rules: RuleTree, act: Act, carried: readonly ApprovalDecision[]): Round => {
  const snapshot = snapshotOf(s.release, riskLevel(s));
  const { catalog } = s.around;
  const groups = alternatives(rules)
    .flat()
    .flatMap((rule) => [...membersOf(catalog, rule.groups, s.release.service), ...rule.people]);
  return {
    id: act.newId('round'),
    n: (s.round?.n ?? 0) + 1,
    state: 'open',
    openedAt: act.now,
    openedBy: s.release.submitter ?? act.by,
    expiresAt: expiry(s, act.now),
    endedAt: null,
    validUntil: null,
    snapshot,
    hash: hashOf(snapshot),
    policy: policyOf(s).name,
    rules,
    gates: requiredGates({ ...s, round: null }).map(({ name }) => name),
    members: catalog.membershipFixedAtSubmit ? [...new Set(groups)] : null,
    catalogVersion: catalog.version,
    remindAt: reminder(s, act.now),
    remindedAt: null,
    decisions: carried,
    questions: [],
    asks: [],
  };
};

export const openRound = (
  s: Situation,
  rules: RuleTree,
  act: Act,
  carried: readonly ApprovalDecision[],
): Decision<Effect> => {
  const short = unsatisfiable(rules, s, null);
  if (short !== null) {
    const of = short.rule.groups
      .map((name) => (name === '$owners' ? (s.around.catalog.services[s.release.service]?.owners ?? name) : name))
      .join(' or ');
    return refuse({
      code: 'not_asked.unsatisfiable',
      rule: short.rule.name,
      needs: short.rule.count,
      left: short.left,
      of: of === '' ? 'the named people' : of,
    });
  }
  const round = newRound(s, rules, act, carried);
  const release = move(
    { ...s.release, everAsked: true },
    { status: 'awaiting_approval', since: act.now, round: round.id },
  );
  const open: Situation = { ...s, release, round };
  const asks = askFirst(open, round, act.now).map((id) => ({ person: id, at: act.now, wave: 'first' as const }));
  const asked = { ...open, round: { ...round, asks } };
  const event = happened(release.id, 'round.opened', {
    round: round.n,
    hash: round.hash,
    risk: riskLevel(s),
    asked: asks.map((ask) => ask.person),
  });
  return allow(approvedWhenSatisfied({ after: asked, events: [event] }, act.now));
};

/** Moves to approved once the whole policy is satisfied. */
export const approvedWhenSatisfied = (effect: Effect, now: Instant): Effect => {
  const { round, release } = effect.after;
  if (round === null || round.state !== 'open' || !evaluate(effect.after, round).satisfied) return effect;
  const until = validUntil(release, now);
  const approved: Round = { ...round, state: 'approved', endedAt: now, validUntil: until };
  const state = { status: 'approved', since: now, by: { kind: 'round', round: round.id }, validUntil: until } as const;
  return {
    after: { ...effect.after, release: move(release, state), round: approved },
    events: [...effect.events, happened(release.id, 'round.approved', { round: round.n, validUntil: until })],
  };
};
