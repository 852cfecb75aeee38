/** What happens to a round when what was approved, or who approved it, changes afterwards. */

import { isHigher, type Rule } from '../catalog/catalog.ts';
import { type EventDraft, happened } from '../events.ts';
import { allow, type Decision, type Refusal, refuse } from '../refusal.ts';
import { move, notStarted } from '../release/release.ts';
import { riskLevel } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { type Instant, latest } from '../time.ts';
import { askFirst } from './asking.ts';
import {
  type Missing,
  missingDetails,
  rulesFor,
  scored,
  unknownAuthors,
  unsatisfiableRefusal,
} from './before-asking.ts';
import { evaluate, lacking, liveApprovals, liveDecisions, shortRules } from './policy.ts';
import { type ApprovalDecision, askedIn, type Round, seenAsItIs, stepped } from './round.ts';
import { alternatives, membersOfRule } from './rules.ts';
import { canonical, changedWords, differences, hashOf, snapshotOf, takesBack } from './snapshot.ts';
import { openRound } from './submit.ts';
import { expiry, inItsTime, reminder, validUntil } from './times.ts';

/**
 * Compares what was approved with what the release is now. A difference that takes back a rule opens round n+1 with the decisions that
 * are still valid; any other is noted in the open round. Called after every edit.
 */
export const reconsider = (before: Situation, edited: Situation, act: Act, did = 'Not changed'): Decision<Effect> => {
  const next = reconsidered(before, edited, act, did);
  if (!next.ok) return next;
  const left = deadEnd(before, next.value.after, did);
  return left === null ? next : refuse(left);
};

/**
 * What nobody does on purpose: taking away the last who could approve, or what the rules want to know while it waits. An edit is refused only
 * for what it made worse: what was missing before it is no reason to refuse another one.
 */
const deadEnd = (before: Situation, s: Situation, did: string): Refusal | null => {
  const { status } = s.release.state;
  const { round } = s;
  if (status !== 'awaiting_approval' && status !== 'approved') return null;
  const missingIn = (each: Situation): readonly Missing[] => [
    ...missingDetails(each, did),
    ...(round === null ? [] : unknownAuthors(each, round.rules, did)),
  ];
  const known = new Set(missingIn(before).map(({ what }) => canonical(what)));
  const missing = missingIn(s).find(({ what }) => !known.has(canonical(what)));
  if (missing !== undefined) return missing.refusal;
  if (round === null || (round.state !== 'open' && round.state !== 'approved')) return null;
  const lacked = before.round === null ? 0 : lacking(before.round.rules, before, before.round);
  if (lacking(round.rules, s, round) <= lacked) return null;
  const was = before.round === null ? [] : shortRules(before.round.rules, before, before.round);
  const short = shortRules(round.rules, s, round);
  const worse = short.find(({ rule, left }) => !was.some((each) => each.rule.name === rule.name && each.left <= left));
  const named = worse ?? short[0];
  return named === undefined ? null : unsatisfiableRefusal(s, named, did);
};

const reconsidered = (before: Situation, edited: Situation, act: Act, did: string): Decision<Effect> => {
  const { round, release } = edited;
  const { status } = release.state;
  const live =
    round !== null && (status === 'awaiting_approval' || (status === 'approved' && round.state === 'approved'));
  if (round === null || !live) return withoutRound(edited, act);
  // Only a material edit is rescored: other words for customers are no other risk.
  const raised = release.risk?.raised?.level ?? round.snapshot.risk;
  const asked = isHigher(raised, round.snapshot.risk) ? raised : round.snapshot.risk;
  const given = round.endedAt ?? round.openedAt;
  const material = differences(round.snapshot, snapshotOf(release, asked), given).length > 0;
  // Moved back to the time that was approved: nothing to ask, but it lasts with that time, and is as risky as that time is.
  const moved = canonical(before.release.when) !== canonical(release.when);
  // What is found out of the way back counts in its risk, and asks nobody.
  const rehearsed = before.release.rehearsedOn !== release.rehearsedOn;
  if (!material && !rehearsed)
    return allow({ after: moved ? prolonged(scored(edited, act.now), act.now) : edited, events: [] });
  const s = scored(edited, act.now);
  const found = differences(round.snapshot, snapshotOf(s.release, riskLevel(s)), given);
  const rules = rulesFor(s);
  const ownersGroup = s.around.catalog.services[release.service]?.owners ?? '';
  const taken = [...new Set(alternatives(round.rules).flat())].filter((rule) =>
    takesBack(found, rule, ownersGroup, riskLevel(s)),
  );
  const known = new Set(alternatives(round.rules).flatMap((branch) => branch.map(({ name }) => name)));
  // A rule that applies only now was never asked: what it looks at was approved by nobody.
  const fresh = rules !== null && alternatives(rules).some((branch) => branch.some(({ name }) => !known.has(name)));
  if ((taken.length === 0 && !fresh) || rules === null)
    return allow({ after: prolonged({ ...s, round: noted(round, s) }, act.now), events: [] });
  const carried = stillValid(s, round, taken).map((decision) => ({
    ...decision,
    id: act.newId('decision'),
    carriedFrom: decision.carriedFrom ?? round.id,
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
  const next = openRound(s, rules, act, carried, did);
  return next.ok ? allow({ after: next.value.after, events: [closed, ...next.value.events] }) : next;
};

/** A draft is scored anew. What a policy let go that asked nobody is asked about once the edit makes it ask. */
const withoutRound = (edited: Situation, act: Act): Decision<Effect> => {
  if (!notStarted(edited.release)) return allow({ after: edited, events: [] });
  const s = scored(edited, act.now);
  const { state } = s.release;
  const rules = state.status === 'approved' && state.by.kind === 'policy' ? rulesFor(s) : null;
  return rules === null ? allow({ after: s, events: [] }) : openRound(s, rules, act, []);
};

/** The time stays the one that was approved: many small moves are not one small move. */
const noted = (round: Round, s: Situation): Round => {
  const snapshot = { ...snapshotOf(s.release, riskLevel(s)), when: round.snapshot.when };
  const hash = hashOf(snapshot);
  if (hash === round.hash) return { ...round, snapshot };
  const changed = changedWords(round.snapshot, snapshot);
  return { ...round, snapshot, hash, trail: stepped(round.trail, { hash: round.hash, changed }) };
};

const stillValid = (s: Situation, round: Round, taken: readonly Rule[]): readonly ApprovalDecision[] =>
  liveDecisions(round)
    .filter(({ verdict }) => verdict === 'approve')
    // By membership: somebody who is excluded just now may count again later, for content that they never saw.
    .filter(({ actor }) => !taken.some((rule) => membersOfRule(rule, s).includes(actor)));

/**
 * An approval lasts with the time that it is for, and a request no longer: moved within tolerance, both end later or earlier.
 * A request that was reopened keeps the days that it got then.
 */
const prolonged = (s: Situation, now: Instant): Situation => {
  const { release, round } = s;
  if (release.state.status !== 'approved') {
    if (round === null) return s;
    const asked = latest([round.expiresAt, expiry(s, round.openedAt)]) ?? round.expiresAt;
    return { ...s, round: { ...round, expiresAt: inItsTime(release, asked, now) } };
  }
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
    since: seenAsItIs(round, askedIn(round)),
    state: 'open',
    endedAt: null,
    validUntil: null,
    expiresAt: expiry(s, now),
    remindAt: now,
  };
  const waiting: Situation = {
    ...s,
    release: move(release, { status: 'awaiting_approval', since: now, round: round.id }),
    round: open,
  };
  const counted = new Set(evaluate(s, round).rules.flatMap(({ voters }) => voters));
  const noMore = [...new Set(liveApprovals(round))].filter((id) => !counted.has(id));
  const known = new Set(round.asks.map(({ person }) => person));
  const fresh = askFirst(waiting, open, now).filter((id) => !known.has(id));
  const asks = [...round.asks, ...fresh.map((id) => ({ person: id, at: now, wave: 'first' as const }))];
  return {
    after: { ...waiting, round: { ...open, asks, remindAt: reminder(s, now, askedIn({ asks })) } },
    events: [happened(release.id, 'round.reopened', { round: round.n, who: noMore })],
  };
};

export const thenReconsider = (before: Situation, effect: Effect, act: Act, did = 'Not changed'): Decision<Effect> => {
  const next = reconsider(before, effect.after, act, did);
  return next.ok ? allow({ after: next.value.after, events: [...effect.events, ...next.value.events] }) : next;
};
