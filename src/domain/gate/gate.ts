/** Gates: evidence that a release needs. A result counts for the artifact that it was made for; a waiver counts until it expires. */
import { type Catalog, type GateRule, hasRole, holds, membersOf, type Traits } from '../catalog/catalog.ts';
import { happened } from '../events.ts';
import type { Id, UserId } from '../ids.ts';
import { allow, type Decision, refuse, refuseField, theseCan } from '../refusal.ts';
import { artifactProblems, mismatch } from '../release/artifact.ts';
import { traitsOf } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import type { Instant } from '../time.ts';
import { tokenName } from '../token/token.ts';
import { people, type Sentence, say } from '../words.ts';

export type GateState = {
  rule: GateRule;
  state: 'pending' | 'passed' | 'failed' | 'waived' | 'waiver expired';
  result: GateResult | null;
};

const requiredFor = (catalog: Catalog, traits: Traits): readonly GateRule[] =>
  catalog.gates.filter(({ when }) => holds(when, traits));

/** The gates that this release needs, by the catalog, type, risk and service. While a round is open its pinned list decides. */
export const requiredGates = (s: Situation): readonly GateRule[] => {
  const pinned = s.round !== null && (s.round.state === 'open' || s.round.state === 'approved') ? s.round.gates : null;
  const rules = s.around.catalog.gates;
  return pinned === null
    ? requiredFor(s.around.catalog, traitsOf(s))
    : rules.filter(({ name }) => pinned.includes(name));
};

const stateOf = (rule: GateRule, s: Situation, now: Instant): GateState => {
  const results = s.gates.filter(
    (each) =>
      each.gate === rule.name && each.revision === s.release.artifact.revision && madeForAnother(s, each) === null,
  );
  const result = results.reduce<GateResult | null>(
    (last, next) => (last === null || next.at >= last.at ? next : last),
    null,
  );
  if (result === null) return { rule, state: 'pending', result };
  if (result.outcome !== 'waived') return { rule, state: result.outcome, result };
  return { rule, state: result.expiresAt !== null && result.expiresAt <= now ? 'waiver expired' : 'waived', result };
};

export const gateStates = (s: Situation, now: Instant): readonly GateState[] =>
  requiredGates(s).map((rule) => stateOf(rule, s, now));
export const isMet = ({ state }: GateState): boolean => state === 'passed' || state === 'waived';

/** Gates in the way of `stage`: `approval`, or the name of an environment (those before approval count there as well). */
export const gatesInTheWay = (s: Situation, stage: string, now: Instant): readonly GateState[] =>
  gateStates(s, now).filter(
    (gate) => !isMet(gate) && (gate.rule.before === stage || (stage !== 'approval' && gate.rule.before === 'approval')),
  );

/** Who records its results. */
const gateOwners = (s: Situation, rule: GateRule): readonly UserId[] =>
  membersOf(s.around.catalog, rule.owners, s.release.service);

/** Who can do something about it: its owners who are here; where none of them is, those who may waive it. */
export const gateKeepers = (s: Situation, rule: GateRule): { people: readonly UserId[]; by: 'record' | 'waive' } => {
  const { catalog, inactive } = s.around;
  const here = (ids: readonly UserId[]): readonly UserId[] => ids.filter((id) => !inactive.includes(id));
  const owners = here(gateOwners(s, rule));
  return owners.length > 0
    ? { people: owners, by: 'record' }
    : { people: here(membersOf(catalog, catalog.roles[rule.waive], s.release.service)), by: 'waive' };
};

/** Who can, as the end of a refusal. */
const keepersWords = (s: Situation, rule: GateRule): Sentence => {
  const { people: can, by } = gateKeepers(s, rule);
  if (can.length === 0) return say`Nobody who can is here: an admin can add a person to its owners.`;
  return by === 'record' ? theseCan(can) : say`None of its owners is here. These can waive it: ${people(can)}.`;
};

const gateNamed = (s: Situation, name: string): Decision<GateRule> => {
  const known = requiredGates(s);
  const rule = known.find((gate) => gate.name === name);
  return rule === undefined
    ? refuse({ code: 'gate.unknown', gate: name, known: known.map((gate) => gate.name) })
    : allow(rule);
};

const recorded = (s: Situation, result: GateResult): Situation => ({ ...s, gates: [...s.gates, result] });

/** What is known of the artifact, where this result was made for another one: it is kept, and does not count. */
export const madeForAnother = ({ release }: Pick<Situation, 'release'>, { digest }: Pick<GateResult, 'digest'>) =>
  mismatch(release.artifact, { sha: null, digest });

/**
 * *Pass* or *Fail* by one of the gate's owners, or by a token. A result for another artifact is kept and does not count. Refuses an unknown gate,
 * somebody else, a failure that says nothing, and what is neither a digest nor a link.
 */
export const recordGate = (
  s: Situation,
  input: {
    gate: string;
    outcome: 'passed' | 'failed';
    comment: string | null;
    evidence?: string | null | undefined;
    digest?: string | null | undefined;
  },
  act: Act,
): Decision<Effect> => {
  const gate = gateNamed(s, input.gate);
  if (!gate.ok) return gate;
  const owners = gateOwners(s, gate.value);
  // A token is let by what it may do.
  if (!owners.includes(act.by) && tokenName(act.by) === null) {
    return refuse({
      code: 'forbidden',
      did: 'Not recorded',
      because: say`you do not own gate ${input.gate}`,
      can: keepersWords(s, gate.value),
    });
  }
  const evidence = input.evidence ?? null;
  const digest = input.digest ?? null;
  const unnamed = artifactProblems({ sha: null, digest });
  if (unnamed.length > 0) return refuse({ code: 'fields', problems: unnamed });
  if (evidence !== null && !/^https?:\/\/\S+$/.test(evidence))
    return refuseField('evidence', say`The evidence has to be a link, like https://ci.example.com/run/881.`);
  if (input.outcome === 'failed' && (input.comment ?? '').trim() === '' && evidence === null) {
    return refuseField('reason', say`Say what failed, so that its owner knows what to mend.`);
  }
  const { revision } = s.release.artifact;
  const result: GateResult = {
    id: act.newId('gateResult'),
    gate: input.gate,
    revision,
    outcome: input.outcome,
    actor: act.by,
    comment: input.comment,
    at: act.now,
    expiresAt: null,
    evidence,
    digest,
  };
  const event = happened(
    s.release.id,
    'gate.recorded',
    { gate: input.gate, outcome: input.outcome, revision, ofAnother: madeForAnother(s, result)?.given ?? null },
    { words: input.comment },
  );
  return allow({ after: recorded(s, result), events: [event] });
};

/** Waives a gate for this artifact until a time. Only for the role that the catalog names; needs a reason. */
export const waiveGate = (
  s: Situation,
  input: { gate: string; reason: string; until: Instant },
  act: Act,
): Decision<Effect> => {
  const gate = gateNamed(s, input.gate);
  if (!gate.ok) return gate;
  const { catalog } = s.around;
  if (!hasRole(catalog, gate.value.waive, act.by)) {
    const can = membersOf(catalog, catalog.roles[gate.value.waive], s.release.service);
    return refuse({
      code: 'forbidden',
      did: 'Not waived',
      because: say`gate ${input.gate} can be waived by a ${gate.value.waive.replace('_', ' ')}`,
      can: theseCan(can),
    });
  }
  if (input.reason.trim() === '') return refuseField('reason', say`Say why the gate can be waived; approvers read it.`);
  if (input.until <= act.now)
    return refuseField('until', say`The waiver would already be over. Pick a time that is still to come.`);
  const result: GateResult = {
    id: act.newId('gateResult'),
    gate: input.gate,
    revision: s.release.artifact.revision,
    outcome: 'waived',
    actor: act.by,
    comment: input.reason,
    at: act.now,
    expiresAt: input.until,
    evidence: null,
    digest: null,
  };
  return allow({
    after: recorded(s, result),
    events: [happened(s.release.id, 'gate.waived', { gate: input.gate, until: input.until }, { words: input.reason })],
  });
};

export type GateResult = {
  id: Id<'gateResult'>;
  gate: string;
  revision: number;
  outcome: 'passed' | 'failed' | 'waived';
  actor: UserId;
  comment: string | null;
  at: Instant;
  expiresAt: Instant | null;
  /** Where it can be seen. */
  evidence: string | null;
  /** The artifact that it was made for, where that was said. */
  digest: string | null;
};
