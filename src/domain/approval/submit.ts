/** The life of an approval round: asked, decided, asked again after a change, withdrawn. Every verb is pure. */

import { groupName, membersOf, type Policy, type Rule, type RuleTree } from '../catalog/catalog.ts';
import { happened } from '../events.ts';
import { gateStates, gatesInTheWay, requiredGates } from '../gate/gate.ts';
import { mayGiveAway } from '../permissions.ts';
import { allow, type Decision, type Field, type Refusal, refuse } from '../refusal.ts';
import { keyOf, move, nameOf, statusOf, withVoucher } from '../release/release.ts';
import { riskLevel, traitsOf } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { command, cut, listing, type Sentence, say } from '../words.ts';
import { askFirst } from './asking.ts';
import { alternatives, applicable, evaluate, liveApprovals, unsatisfiable } from './policy.ts';
import { evidenceOf, riskOf } from './risk.ts';
import { type ApprovalDecision, type Round, type Snapshot, stepped } from './round.ts';
import { changedWords, hashOf, snapshotOf } from './snapshot.ts';
import { expiry, reminder, validUntil } from './times.ts';

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
  const risk = riskOf(s, evidenceOf(gateStates(s, now)), now);
  return { ...s, release: { ...s.release, risk } };
};

/** One thing that has to be there before approval can be asked for: in a few words for the card, and as a refusal. */
export type Missing = { what: Sentence; refusal: Refusal };

const missingField = (field: Field, what: string, problem: Sentence): Missing => ({
  what: say`${what}`,
  refusal: { code: 'fields', problems: [{ field, problem }] },
});

/** What the rules want to know before anybody is asked, and as long as it waits or is approved. */
export const missingDetails = (s: Situation, did: string): readonly Missing[] => {
  const { catalog } = s.around;
  const { rollbackPlan, deployer, changeNumber, when } = s.release;
  const details: readonly (readonly [Field, string])[] =
    catalog.planDetails !== 'required'
      ? []
      : [
          ...(deployer === null ? [['deployer', 'deployer'] as const] : []),
          ...((changeNumber ?? '').trim() === '' ? [['changeNumber', 'change number'] as const] : []),
          ...(when.kind === 'at' ? [] : [['when', 'time'] as const]),
        ];
  const problem = (what: string, index: number): Sentence => {
    const wants = index === 0 ? say`${did}: the rules here want a ${what}.` : say`They want a ${what} as well.`;
    return index < details.length - 1 ? wants : say`${wants} Add ${index === 0 ? 'it' : 'them'} with Edit.`;
  };
  return [
    ...(catalog.rollbackPlan === 'required' && (rollbackPlan ?? '').trim() === ''
      ? [
          missingField(
            'rollbackPlan',
            'no rollback plan',
            say`${did}: the policy wants a rollback plan. Say how to go back, how long it takes and what triggers it.`,
          ),
        ]
      : []),
    ...details.map(([field, what], index) => missingField(field, `no ${what}`, problem(what, index))),
  ];
};

/** Where authors do not count, a change of nobody known could be anybody's: under strict rules and at critical risk it stops the request. */
export const unknownAuthors = (s: Situation, rules: RuleTree, did: string): readonly Missing[] => {
  const unknown = s.release.changes.filter(({ author }) => author === null);
  const { catalog } = s.around;
  const strict = catalog.planDetails === 'required' || catalog.services[s.release.service]?.policy === 'strict';
  const grave = strict || riskLevel(s) === 'critical';
  const matters =
    grave &&
    alternatives(rules)
      .flat()
      .some(({ exclude }) => exclude.authors);
  return !matters || unknown.length === 0
    ? []
    : [
        missingField(
          'change',
          `nobody knows who wrote ${unknown.length === 1 ? 'a change' : `${unknown.length} changes`}`,
          say`${did}: nobody knows who wrote ${listing(unknown.slice(0, 3).map(({ title }) => `“${cut(title, 40)}”`))}, and authors do not count here. Add it with its author: ${command(`change add ${keyOf(s.release)} LINK by @user`)}.`,
        ),
      ];
};

/** Everything that has to be there before approval can be asked for; the card of a draft shows the same list. */
export const missingBeforeAsking = (s: Situation, now: Instant): readonly Missing[] => {
  const { when } = s.release;
  const rules = rulesFor(s);
  const gates = gatesInTheWay(s, 'approval', now);
  const short = rules === null ? null : unsatisfiable(rules, s, null);
  return [
    ...missingDetails(s, 'Not asked'),
    ...(when.kind === 'at' && when.start <= now
      ? [
          missingField(
            'when',
            'its planned time is past',
            say`Not asked: its planned time is past. Pick a new one with ${command('schedule')}, then ask.`,
          ),
        ]
      : []),
    ...gates.map(({ rule, state }) => ({
      what: say`gate ${rule.name} ${state === 'pending' ? 'has not reported' : state}`,
      refusal: { code: 'not_asked.gates' as const, missing: gates.map((gate) => gate.rule.name) },
    })),
    ...(rules === null ? [] : unknownAuthors(s, rules, 'Not asked')),
    ...(short === null
      ? []
      : [
          {
            what: say`nobody could approve it: rule “${short.rule.name}” wants ${short.rule.count}, ${short.left} left; an admin can add a person`,
            refusal: unsatisfiableRefusal(s, short, 'Not asked'),
          },
        ]),
  ];
};

/** All that is missing in one refusal. */
const refusedFor = (missing: readonly Missing[]): Refusal | null => {
  const [first] = missing;
  if (first === undefined) return null;
  if (missing.every(({ refusal }) => refusal.code === first.refusal.code)) {
    const problems = missing.flatMap(({ refusal }) => (refusal.code === 'fields' ? refusal.problems : []));
    return problems.length > 0 ? { code: 'fields', problems } : first.refusal;
  }
  return { code: 'not_asked.several', missing: missing.map(({ what }) => what) };
};

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

/** Four hours later, in working hours of the service. */

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

export const unsatisfiableRefusal = (
  s: Situation,
  { rule, left }: { rule: Rule; left: number },
  did: string,
): Refusal => ({
  code: 'not_asked.unsatisfiable',
  did,
  rule: rule.name,
  needs: rule.count,
  left,
  groups: rule.groups.map((name) => groupName(s.around.catalog, name, s.release.service)),
  people: rule.people,
});

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
