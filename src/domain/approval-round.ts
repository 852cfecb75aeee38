/** The life of an approval round: asked, decided, asked again after a change, withdrawn. Every verb is pure. */
import type { Act } from './act.ts';
import {
  alternatives,
  applicable,
  askFirst,
  type Exclusion,
  eligible,
  evaluate,
  exclusionOf,
  liveDecisions,
  stillCan,
  unsatisfiable,
} from './approval-policy.ts';
import { isHigher, membersOf, type Policy, type RiskLevel, type Rule, type RuleTree } from './catalog.ts';
import { type EventDraft, happened } from './events.ts';
import { gateStates, gatesInTheWay, isMet, requiredGates } from './gates.ts';
import { after, DAY, earliest, HOUR, type Instant } from './instant.ts';
import { differences, hashOf, snapshotOf, takesBack } from './invalidation.ts';
import { allow, type Decision, type Field, type Refusal, refuse, refuseField } from './refusal.ts';
import { move, nameOf, notStarted, type Release } from './release.ts';
import type { ApprovalDecision, Effect, Question, Round, Situation } from './situation.ts';
import { riskLevel, riskOf, traitsOf, zoneOf } from './traits.ts';
import { command, group, say } from './wording.ts';
import { addWorkingDays, nextWorkingTime } from './working-time.ts';

const ROUND_WORKING_DAYS = 3;
const EMERGENCY_ROUND = 4 * HOUR;
const REMIND_AFTER = 4 * HOUR;
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

const scored = (s: Situation, now: Instant): Situation => {
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
const validUntil = (release: Release, now: Instant): Instant => {
  const { when } = release;
  return when.kind === 'at' ? after(when.end ?? after(when.start, HOUR), AFTER_WINDOW) : after(now, APPROVAL_LASTS);
};

const expiry = (s: Situation, now: Instant): Instant =>
  s.release.type === 'emergency' ? after(now, EMERGENCY_ROUND) : addWorkingDays(now, ROUND_WORKING_DAYS, zoneOf(s));

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
    remindAt: nextWorkingTime(after(act.now, REMIND_AFTER), zoneOf(s)),
    decisions: carried,
    questions: [],
    asks: [],
  };
};

const openRound = (s: Situation, rules: RuleTree, act: Act, carried: readonly ApprovalDecision[]): Decision<Effect> => {
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
const approvedWhenSatisfied = (effect: Effect, now: Instant): Effect => {
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

/** The round that can be decided. One that an emergency overtook is open and cannot: its release is not waiting any more. */
const openRoundOf = (s: Situation): Round | null =>
  s.round !== null && s.round.state === 'open' && s.release.state.status === 'awaiting_approval' ? s.round : null;
const noRound = (s: Situation): { ok: false; refusal: Refusal } =>
  refuse({ code: 'approval.no_round', name: nameOf(s.release), status: s.release.state.status.replace('_', ' ') });

/** Why this person's decision would not count; `null` when it would. */
const notCounted = (s: Situation, round: Round, by: Act['by']): Refusal | null => {
  const rules = [...new Set(alternatives(round.rules).flat())];
  if (rules.some((rule) => eligible(rule, s, round).includes(by))) return null;
  const { catalog } = s.around;
  const mine = rules.filter(
    (rule) => membersOf(catalog, rule.groups, s.release.service).includes(by) || rule.people.includes(by),
  );
  const reason = mine.map((rule) => ({ rule, why: exclusionOf(rule, by, s, round) })).find(({ why }) => why !== null);
  if (reason?.why != null) return excluded(reason.why, reason.rule, s, round);
  const groups = rules
    .flatMap((rule) => rule.groups)
    .map((name) => (name === '$owners' ? (catalog.services[s.release.service]?.owners ?? name) : name));
  return { code: 'approval.not_eligible', groups: [...new Set(groups)], can: stillCan(s, round) };
};

const excluded = (why: Exclusion, rule: Rule, s: Situation, round: Round): Refusal => {
  const asked = stillCan(s, round);
  switch (why) {
    case 'requester':
      return { code: 'approval.requester', rule: rule.name, asked };
    case 'author':
      return { code: 'approval.author', rule: rule.name, asked };
    case 'deployer':
      return { code: 'approval.deployer', rule: rule.name, asked };
    case 'joined late':
      return { code: 'approval.joined_late', rule: rule.name, openedAt: round.openedAt };
    case 'inactive':
      return {
        code: 'forbidden',
        did: 'Not counted',
        because: say`guests, bots and deactivated people cannot approve`,
        can: say`Ask ${group(rule.groups[0] ?? 'an approver')}.`,
      };
  }
};

const decision = (
  s: Situation,
  round: Round,
  verdict: 'approve' | 'reject',
  comment: string | null,
  act: Act,
): ApprovalDecision => ({
  id: act.newId('decision'),
  actor: act.by,
  onBehalfOf: null,
  verdict,
  comment,
  hash: round.hash,
  at: act.now,
  retractedAt: null,
  carriedFrom: null,
});

/** What the clicker saw against what is now: `hash` is the one in the button; `null` when decided by command, on the current state. */
const changedSince = (s: Situation, round: Round, hash: string | null): Refusal | null => {
  if (hash === null || hash === round.hash) return null;
  const found = differences(round.snapshot, snapshotOf(s.release, riskLevel(s))).map(({ sentence }) => sentence);
  return { code: 'approval.changed', differences: found.length > 0 ? found : ['it was asked again as a new round'] };
};

/** At critical risk an approval is a form with a reason, never one press. */
export const needsReason = (round: Round): boolean => round.snapshot.risk === 'critical';

/**
 * Counts an approval. Refuses without a round, for content that changed, for people the rules do not count, twice, and at critical risk
 * without a reason.
 */
export const approve = (
  s: Situation,
  input: { hash: string | null; comment: string | null },
  act: Act,
): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const refusal = notCounted(s, round, act.by) ?? changedSince(s, round, input.hash);
  if (refusal !== null) return refuse(refusal);
  const mine = liveDecisions(round).find(({ actor }) => actor === act.by);
  if (mine !== undefined) return refuse({ code: 'approval.already', round: round.n, at: mine.at });
  if (needsReason(round) && (input.comment ?? '').trim() === '')
    return refuseField(
      'reason',
      say`Not counted: at critical risk an approval needs a reason. Say why it may go, with Decide… or ${command(`approve REL-${s.release.number} "why"`)}.`,
    );
  const decisions = [...round.decisions, decision(s, round, 'approve', input.comment, act)];
  const event = happened(
    s.release.id,
    'approval.given',
    { round: round.n, hash: round.hash },
    { words: input.comment },
  );
  return allow(approvedWhenSatisfied({ after: { ...s, round: { ...round, decisions } }, events: [event] }, act.now));
};

/** Ends the round and takes the release back to draft. Needs a reason; refused to people whose decision would not count. */
export const reject = (s: Situation, input: { hash: string | null; reason: string }, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const refusal = notCounted(s, round, act.by) ?? changedSince(s, round, input.hash);
  if (refusal !== null) return refuse(refusal);
  if (input.reason.trim() === '')
    return refuseField('reason', say`Say what must change, so that the owner can act on it.`);
  const earlier = round.decisions.map((given) =>
    given.actor === act.by && given.retractedAt === null ? { ...given, retractedAt: act.now } : given,
  );
  const decisions = [...earlier, decision(s, round, 'reject', input.reason, act)];
  const ended: Round = { ...round, state: 'rejected', endedAt: act.now, decisions };
  const release = move(s.release, {
    status: 'draft',
    since: act.now,
    returned: { why: 'rejected', by: act.by, reason: input.reason },
  });
  const event = happened(
    release.id,
    'approval.rejected',
    { round: round.n, hash: round.hash },
    { words: input.reason },
  );
  return allow({ after: { ...s, release: { ...release, askWhenReady: false }, round: ended }, events: [event] });
};

/** Takes back one's own approval, until the deployment starts. An approved release waits for approval again. */
export const undoApproval = (s: Situation, act: Act): Decision<Effect> => {
  const { round, release } = s;
  const { status } = release.state;
  const asked = status === 'awaiting_approval' || (status === 'approved' && round?.state === 'approved');
  if (round === null || !asked) return noRound(s);
  const mine = liveDecisions(round).find(({ actor, verdict }) => actor === act.by && verdict === 'approve');
  if (mine === undefined) return refuse({ code: 'approval.not_yours', round: round.n });
  const decisions = round.decisions.map((given) => (given.id === mine.id ? { ...given, retractedAt: act.now } : given));
  const reopened: Round = { ...round, decisions, state: 'open', endedAt: null, validUntil: null };
  const back =
    release.state.status === 'approved'
      ? move(release, { status: 'awaiting_approval', since: act.now, round: round.id })
      : release;
  const events = [happened(release.id, 'approval.undone', { round: round.n })];
  return allow(approvedWhenSatisfied({ after: { ...s, release: back, round: reopened }, events }, act.now));
};

/**
 * An approver knows better than the score: the rules of the higher level are asked, in a new round. Refused to people whose decision would
 * not count, downwards, without a reason, and where nobody could satisfy those rules.
 */
export const raiseRisk = (
  s: Situation,
  input: { level: RiskLevel | null; reason: string },
  act: Act,
): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const refusal = notCounted(s, round, act.by);
  if (refusal !== null) return refuse(refusal);
  const { level } = input;
  const from = riskLevel(s);
  if (level === null || !isHigher(level, from))
    return refuseField(
      'level',
      say`Not raised: the risk is ${from} already. Pick a higher level; an approver cannot lower it.`,
    );
  if (input.reason.trim() === '')
    return refuseField(
      'reason',
      say`Not raised: say what makes it riskier. The owner and the other approvers read it.`,
    );
  const risk = { ...(s.release.risk ?? { score: 0, parts: [] }), level, raised: { level, by: act.by } };
  const next = reconsider({ ...s, release: { ...s.release, risk } }, act);
  const event = happened(s.release.id, 'risk.raised', { round: round.n, from, to: level }, { words: input.reason });
  return next.ok ? allow({ ...next.value, events: [event, ...next.value.events] }) : next;
};

/** The owner takes the request back: content is kept, nobody is asked any more. */
export const withdraw = (s: Situation, reason: string | null, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const release = move(s.release, {
    status: 'draft',
    since: act.now,
    returned: { why: 'withdrawn', by: act.by, reason },
  });
  const ended: Round = { ...round, state: 'withdrawn', endedAt: act.now };
  const event = happened(release.id, 'round.withdrawn', { round: round.n }, { words: reason });
  return allow({ after: { ...s, release: { ...release, askWhenReady: false }, round: ended }, events: [event] });
};

/** An approver asks the owner; the asker's reminder waits for the answer. */
export const ask = (s: Situation, text: string, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const refusal = notCounted(s, round, act.by);
  if (refusal !== null) return refuse(refusal);
  if (text.trim() === '') return refuseField('question', say`Write the question; its owner gets it as a message.`);
  const question: Question = {
    id: act.newId('question'),
    asker: act.by,
    text,
    askedAt: act.now,
    answer: null,
    answeredBy: null,
    answeredAt: null,
  };
  const event = happened(s.release.id, 'question.asked', { round: round.n }, { words: text, subject: question.id });
  return allow({ after: { ...s, round: { ...round, questions: [...round.questions, question] } }, events: [event] });
};

/** Answers an open question; the asker is asked again with the answer on the second line. */
export const answer = (s: Situation, input: { question: string; text: string }, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const open = round.questions.find(({ id }) => id === input.question);
  if (open === undefined)
    return refuse({
      code: 'not_found',
      what: 'open question',
      reference: input.question,
      fix: say`See ${command('show')}.`,
    });
  if (input.text.trim() === '') return refuseField('answer', say`Write the answer; the approver decides by it.`);
  const questions = round.questions.map((question) =>
    question.id === open.id ? { ...question, answer: input.text, answeredBy: act.by, answeredAt: act.now } : question,
  );
  const event = happened(
    s.release.id,
    'question.answered',
    { round: round.n },
    { words: input.text, subject: open.id },
  );
  return allow({
    after: { ...s, round: { ...round, questions, remindAt: clockAfterAnswer(s, round, act.now) } },
    events: [event],
  });
};

/** The clock stood still while the question was open: a reminder that fell into that time comes four working hours after the answer. */
const clockAfterAnswer = (s: Situation, round: Round, now: Instant): Instant =>
  round.remindAt > now ? round.remindAt : nextWorkingTime(after(now, REMIND_AFTER), zoneOf(s));

/**
 * Compares what was approved with what the release is now. A difference that takes back a rule opens round n+1 with the decisions that
 * are still valid; any other is noted in the open round. Called after every edit.
 */
export const reconsider = (edited: Situation, act: Act): Decision<Effect> => {
  const { round, release } = edited;
  const { status } = release.state;
  const live =
    round !== null && (status === 'awaiting_approval' || (status === 'approved' && round.state === 'approved'));
  if (round === null || !live) {
    return allow({ after: notStarted(release) ? prolonged(scored(edited, act.now), act.now) : edited, events: [] });
  }
  // Only a material edit is rescored: other words for customers are no other risk.
  const raised = release.risk?.raised?.level ?? round.snapshot.risk;
  const asked = isHigher(raised, round.snapshot.risk) ? raised : round.snapshot.risk;
  const material = differences(round.snapshot, snapshotOf(release, asked)).length > 0;
  if (!material) return allow({ after: edited, events: [] });
  const s = scored(edited, act.now);
  const found = differences(round.snapshot, snapshotOf(s.release, riskLevel(s)));
  const rules = rulesFor(s);
  const ownersGroup = s.around.catalog.services[release.service]?.owners ?? '';
  const taken = [...new Set(alternatives(round.rules).flat())].filter((rule) =>
    takesBack(found, rule, ownersGroup, riskLevel(s)),
  );
  if (taken.length === 0 || rules === null)
    return allow({ after: prolonged({ ...s, round: noted(round, s) }, act.now), events: [] });
  const carried = stillValid(s, round, taken).map((given) => ({
    ...given,
    id: act.newId('decision'),
    carriedFrom: given.carriedFrom ?? round.id,
  }));
  const closed: EventDraft = happened(
    release.id,
    'round.invalidated',
    {
      round: round.n,
      differences: [...new Set(found.map(({ what }) => what))],
      carried: carried.map(({ actor }) => actor),
    },
    { words: found.map(({ sentence }) => sentence).join(', ') },
  );
  const next = openRound(s, rules, act, carried);
  return next.ok ? allow({ after: next.value.after, events: [closed, ...next.value.events] }) : next;
};

/** The time stays the one that was approved: many small moves are not one small move. */
const noted = (round: Round, s: Situation): Round => {
  const snapshot = { ...snapshotOf(s.release, riskLevel(s)), when: round.snapshot.when };
  return { ...round, snapshot, hash: hashOf(snapshot) };
};

const stillValid = (s: Situation, round: Round, taken: readonly Rule[]): readonly ApprovalDecision[] =>
  liveDecisions(round)
    .filter(({ verdict }) => verdict === 'approve')
    .filter(({ actor }) => !taken.some((rule) => eligible(rule, s, null).includes(actor)));

/** An approval lasts with the time that it is for: moved within tolerance, it lapses later or earlier too. */
const prolonged = (s: Situation, now: Instant): Situation => {
  const { release, round } = s;
  if (release.state.status !== 'approved') return s;
  const until = validUntil(release, now);
  const state = { ...release.state, validUntil: until };
  const lasting = round !== null && round.state === 'approved' ? { ...round, validUntil: until } : round;
  return { ...s, release: { ...release, state }, round: lasting };
};

/** An approver stopped counting (left, became the owner): what was approved waits again, and others are asked. */
export const askedAnew = (s: Situation, now: Instant): Effect | null => {
  const { round, release } = s;
  const broken =
    release.state.status === 'approved' &&
    round !== null &&
    round.state === 'approved' &&
    !evaluate(s, round).satisfied;
  if (round === null || !broken) return null;
  const open: Round = {
    ...round,
    state: 'open',
    endedAt: null,
    validUntil: null,
    expiresAt: expiry(s, now),
    remindAt: nextWorkingTime(after(now, REMIND_AFTER), zoneOf(s)),
  };
  const waiting: Situation = {
    ...s,
    release: move(release, { status: 'awaiting_approval', since: now, round: round.id }),
    round: open,
  };
  const known = new Set(round.asks.map(({ person }) => person));
  const fresh = askFirst(waiting, open, now).filter((id) => !known.has(id));
  const asks = [...round.asks, ...fresh.map((id) => ({ person: id, at: now, wave: 'first' as const }))];
  return {
    after: { ...waiting, round: { ...open, asks } },
    events: [happened(release.id, 'round.reopened', { round: round.n })],
  };
};

/** The owner's *Remind*: at most once in four hours per round. */
export const remind = (s: Situation, lastAt: Instant | null, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const next = earliest([lastAt === null ? null : after(lastAt, REMIND_AFTER)]);
  if (next !== null && next > act.now) return refuse({ code: 'remind.too_soon', next });
  return allow({ after: s, events: [happened(s.release.id, 'round.reminded', { round: round.n })] });
};
