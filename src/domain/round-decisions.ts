/** What people do to an open round: approve, reject, raise the risk, take back, ask, answer, withdraw, remind. Every verb is pure. */
import type { Act } from './act.ts';
import { alternatives, type Exclusion, eligible, exclusionOf, liveDecisions, stillCan } from './approval-policy.ts';
import { approvedWhenSatisfied, REMIND_AFTER } from './approval-round.ts';
import { isHigher, membersOf, type RiskLevel, type Rule } from './catalog.ts';
import { happened } from './events.ts';
import { after, earliest, type Instant } from './instant.ts';
import { differences, snapshotOf } from './invalidation.ts';
import { allow, type Decision, type Refusal, refuse, refuseField, theseCan } from './refusal.ts';
import { keyOf, move, nameOf } from './release.ts';
import { reconsider } from './round-changes.ts';
import type { ApprovalDecision, Effect, Question, Round, Situation } from './situation.ts';
import { riskLevel, zoneOf } from './traits.ts';
import { command, group, say } from './wording.ts';
import { nextWorkingTime } from './working-time.ts';

/** The round that can be decided. One that an emergency overtook is open and cannot: its release is not waiting any more. */
const openRoundOf = (s: Situation): Round | null =>
  s.round !== null && s.round.state === 'open' && s.release.state.status === 'awaiting_approval' ? s.round : null;

/** One's own decision in the latest round, also when that has ended since. */
const alreadyApproved = (s: Situation, by: Act['by']): Refusal | null => {
  const mine =
    s.round?.state === 'approved'
      ? liveDecisions(s.round).find(({ actor, verdict }) => actor === by && verdict === 'approve')
      : undefined;
  return s.round === null || mine === undefined
    ? null
    : { code: 'approval.already', round: s.round.n, at: mine.at, undo: s.release.state.status === 'approved' };
};

const noRound = (s: Situation): { ok: false; refusal: Refusal } =>
  refuse({
    code: 'approval.no_round',
    key: keyOf(s.release),
    name: nameOf(s.release),
    status: s.release.state.status.replace('_', ' '),
  });

/** Why this person's decision would not count; `null` when it would. */
const notCounted = (s: Situation, round: Round, by: Act['by']): Refusal | null => {
  const rules = [...new Set(alternatives(round.rules).flat())];
  if (rules.some((rule) => eligible(rule, s, round).includes(by))) return null;
  const { catalog } = s.around;
  const mine = rules.filter(
    (rule) => membersOf(catalog, rule.groups, s.release.service).includes(by) || rule.people.includes(by),
  );
  const reason = mine.map((rule) => ({ rule, why: exclusionOf(rule, by, s, round) })).find(({ why }) => why !== null);
  if (reason?.why != null) return excluded(reason.why, reason.rule, s, round, by);
  const groups = rules
    .flatMap((rule) => rule.groups)
    .map((name) => (name === '$owners' ? (catalog.services[s.release.service]?.owners ?? name) : name));
  return { code: 'approval.not_eligible', groups: [...new Set(groups)], can: stillCan(s, round) };
};

const requesterAs = (s: Situation, round: Round, by: Act['by']): 'submitter' | 'owner' | 'creator' =>
  by === round.openedBy ? 'submitter' : by === s.release.owner ? 'owner' : 'creator';

const excluded = (why: Exclusion, rule: Rule, s: Situation, round: Round, by: Act['by']): Refusal => {
  const asked = stillCan(s, round);
  switch (why) {
    case 'requester':
      return { code: 'approval.requester', as: requesterAs(s, round, by), rule: rule.name, asked };
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
  if (round === null) {
    const already = alreadyApproved(s, act.by);
    return already === null ? noRound(s) : refuse(already);
  }
  const refusal = notCounted(s, round, act.by) ?? changedSince(s, round, input.hash);
  if (refusal !== null) return refuse(refusal);
  const mine = liveDecisions(round).find(({ actor }) => actor === act.by);
  if (mine !== undefined) return refuse({ code: 'approval.already', round: round.n, at: mine.at, undo: true });
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
  if (notCounted(s, round, act.by) !== null)
    return refuse({
      code: 'forbidden',
      did: 'Not raised',
      because: say`this is for the people who can approve it`,
      can: theseCan(stillCan(s, round)),
    });
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

/** The owner's *Remind*: at most once in four hours per round. */
export const remind = (s: Situation, lastAt: Instant | null, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s);
  const next = earliest([lastAt === null ? null : after(lastAt, REMIND_AFTER)]);
  if (next !== null && next > act.now) return refuse({ code: 'remind.too_soon', next });
  return allow({ after: s, events: [happened(s.release.id, 'round.reminded', { round: round.n })] });
};
