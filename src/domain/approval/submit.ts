/** The life of an approval round: asked, decided, asked again after a change, withdrawn. Every verb is pure. */

import { membersOf, type RuleTree } from '../catalog/catalog.ts';
import { happened } from '../events.ts';
import { requiredGates } from '../gate/gate.ts';
import { mayGiveAway } from '../permissions.ts';
import { allow, type Decision, refuse } from '../refusal.ts';
import { move, nameOf, statusOf, withVoucher } from '../release/release.ts';
import { riskLevel } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { command, say } from '../words.ts';
import { askFirst } from './asking.ts';
import { missingBeforeAsking, policyOf, refusedFor, rulesFor, scored, unsatisfiableRefusal } from './before-asking.ts';
import { evaluate, liveApprovals, unsatisfiable } from './policy.ts';
import { type ApprovalDecision, type Round, type Snapshot, stepped } from './round.ts';
import { alternatives } from './rules.ts';
import { changedWords, hashOf, snapshotOf } from './snapshot.ts';
import { expiry, reminder, validUntil } from './times.ts';

/**
 * Asks for approval. Refuses when it is not a draft, evidence, a detail or an author is missing, its time is past, or nobody could satisfy a
 * rule. A policy that asks nobody makes it approved at once, journalled as decided by the policy.
 */
export const submit = (before: Situation, act: Act): Decision<Effect> => {
  const s = scored(before, act.now);
  const { release } = s;
  if (release.state.status !== 'draft')
    return refuse({
      code: 'status',
      did: 'Not asked',
      name: nameOf(release),
      status: statusOf(release.state),
      fix: say`See ${command('show')}.`,
    });
  const mayAsk = mayGiveAway(s.around.catalog, release, act.by, 'Not asked');
  if (!mayAsk.ok) return mayAsk;
  const asked: Situation = { ...s, release: { ...release, submitter: act.by, vouchedBy: withVoucher(release, act) } };
  const missing = refusedFor(missingBeforeAsking(asked, act.now));
  if (missing !== null) return refuse(missing);
  const rules = rulesFor(s);
  return rules === null ? allow(approvedByPolicy(s, act)) : openRound(asked, rules, act, []);
};

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

/** What was asked before, and what changed since. */
const changedSince = ({ round }: Situation, snapshot: Snapshot): readonly string[] =>
  round === null ? [] : changedWords(round.snapshot, snapshot);

const followed = (s: Situation, snapshot: Snapshot): Round['trail'] =>
  s.round === null ? [] : stepped(s.round.trail, { hash: s.round.hash, changed: changedSince(s, snapshot) });

const sinceLast = (s: Situation, snapshot: Snapshot, carried: readonly ApprovalDecision[]): Round['since'] => {
  const { state } = s.release;
  const { round } = s;
  if (round === null) return null;
  const before = round.since;
  // Whoever approved one of those before and has not seen it since.
  const approved = [...(before?.dropped ?? []), ...liveApprovals(round)];
  const dropped = [...new Set(approved)].filter((actor) => !carried.some((given) => given.actor === actor));
  const decided = round.decisions.map(({ actor, hash }) => [actor, hash] as const);
  const last = state.status === 'draft' ? state.returned : null;
  // A rejection is known until somebody has approved after it.
  const rejected = before?.returned?.why === 'rejected' && liveApprovals(round).length === 0 ? before.returned : null;
  return {
    changed: changedSince(s, snapshot),
    returned: last?.why === 'rejected' ? last : (rejected ?? last),
    dropped,
    // Nobody has decided: as it was asked first.
    from: decided.length > 0 ? round.hash : (before?.from ?? round.trail[0]?.hash ?? round.hash),
    saw: { ...before?.saw, ...Object.fromEntries(decided) },
  };
};

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
    remindAt: act.now,
    remindedAt: null,
    stuckSince: null,
    trail: followed(s, snapshot),
    since: sinceLast(s, snapshot, carried),
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
  did = 'Not asked',
): Decision<Effect> => {
  const short = unsatisfiable(rules, s, null);
  if (short !== null) return refuse(unsatisfiableRefusal(s, short, did));
  const round = newRound(s, rules, act, carried);
  const release = move(
    { ...s.release, everAsked: true },
    { status: 'awaiting_approval', since: act.now, round: round.id },
  );
  const open: Situation = { ...s, release, round };
  const first = askFirst(open, round, act.now);
  const asks = first.map((id) => ({ person: id, at: act.now, wave: 'first' as const }));
  const asked = { ...open, round: { ...round, asks, remindAt: reminder(open, act.now, first) } };
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
