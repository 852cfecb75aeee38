/** An approval round: what was asked, whom, what they decided; and the one that can be decided now. */
import type { RiskLevel, RuleTree } from '../catalog/catalog.ts';
import type { Id, RoundId, UserId } from '../ids.ts';
import { type Refusal, refuse } from '../refusal.ts';
import {
  type Answers,
  type Change,
  keyOf,
  nameOf,
  type Release,
  type Returned,
  STATUS_WORDS,
  type When,
} from '../release/release.ts';
import type { Situation } from '../situation.ts';
import type { Instant } from '../time.ts';

/** The content that people approve, in canonical form. Its hash travels in the button. */
export type Snapshot = {
  artifact: { revision: number; sha: string | null; digest: string | null };
  changes: readonly { id: string; type: Change['type']; title: string; link: string | null }[];
  risk: RiskLevel;
  targets: readonly string[];
  affects: readonly string[];
  /** Whether customers notice; the words themselves may be improved. */
  customers: boolean;
  answers: Answers;
  rollbackPlan: string | null;
  when: When;
};

export type ApprovalDecision = {
  id: Id<'decision'>;
  actor: UserId;
  onBehalfOf: UserId | null;
  verdict: 'approve' | 'reject';
  comment: string | null;
  hash: string;
  at: Instant;
  retractedAt: Instant | null;
  /** The round that it was first given in, when it was carried over unchanged. */
  carriedFrom: RoundId | null;
};

export type Question = {
  id: Id<'question'>;
  asker: UserId;
  text: string;
  askedAt: Instant;
  answer: string | null;
  answeredBy: UserId | null;
  answeredAt: Instant | null;
};

/** Who has been asked. */
export const askedIn = ({ asks }: Pick<Round, 'asks'>): readonly UserId[] => asks.map(({ person }) => person);

export type Ask = { person: UserId; at: Instant; wave: 'first' | 'rest' };

export type RoundState =
  | 'open'
  | 'approved'
  | 'rejected'
  | 'expired'
  | 'withdrawn'
  | 'invalidated'
  | 'lapsed'
  | 'consumed';

/** One step of what was asked: the content under `hash` became another by these differences. */
export type Step = { hash: string; changed: readonly string[] };

const LONGEST_TRAIL = 20;

export const stepped = (trail: readonly Step[], step: Step): readonly Step[] => [...trail, step].slice(-LONGEST_TRAIL);

/** What changed since the content of this hash was asked for; `null` when it is not known any more. */
export const changedSinceHash = (trail: readonly Step[], hash: string): readonly string[] | null => {
  const from = trail.findLastIndex((step) => step.hash === hash);
  return from === -1 ? null : [...new Set(trail.slice(from).flatMap(({ changed }) => changed))];
};

export type Round = {
  id: RoundId;
  n: number;
  state: RoundState;
  openedAt: Instant;
  openedBy: UserId;
  expiresAt: Instant;
  endedAt: Instant | null;
  validUntil: Instant | null;
  snapshot: Snapshot;
  hash: string;
  policy: string;
  rules: RuleTree;
  gates: readonly string[];
  /** Members at submit, for presets under which later joiners do not count; `null` when membership is always current. */
  members: readonly UserId[] | null;
  catalogVersion: number;
  remindAt: Instant;
  /** When its owner last reminded those who are asked. */
  remindedAt: Instant | null;
  /** Since when nobody is left who could satisfy it; its owner was told then. */
  stuckSince: Instant | null;
  /** What was asked under earlier hashes, oldest first, and what changed after each: an old button gets the truth. */
  trail: readonly Step[];
  /** What became of the request before this one, what changed since, and whose approval of it does not count here. */
  since: { changed: readonly string[]; returned: Returned | null; dropped: readonly UserId[] } | null;
  decisions: readonly ApprovalDecision[];
  questions: readonly Question[];
  asks: readonly Ask[];
};

/** Until when to decide: before it is to start, where that comes first. */
export const decideBy = (round: Round, { when }: Pick<Release, 'when'>, now: Instant): Instant =>
  when.kind === 'at' && when.start > now && when.start < round.expiresAt ? when.start : round.expiresAt;

/** The round that can be decided. One that an emergency overtook is open and cannot: its release is not waiting any more. */
export const openRoundOf = (s: Situation): Round | null =>
  s.round !== null && s.round.state === 'open' && s.release.state.status === 'awaiting_approval' ? s.round : null;

export const noRound = (s: Situation): { ok: false; refusal: Refusal } =>
  refuse({
    code: 'approval.no_round',
    key: keyOf(s.release),
    name: nameOf(s.release),
    status: STATUS_WORDS[s.release.state.status],
  });
