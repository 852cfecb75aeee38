/** A situation: everything that deciding about one release needs, read in one consistent snapshot. Verbs take one and return the next. */
import type { Catalog, RiskLevel, RuleTree } from './catalog.ts';
import type { EventDraft } from './events.ts';
import type { DeploymentId, FreezeId, Id, ReleaseId, ReviewId, RoundId, UserId, WorkspaceId } from './ids.ts';
import type { Instant } from './instant.ts';
import type { Answers, Change, Outcome, Release, When } from './release.ts';

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
  decisions: readonly ApprovalDecision[];
  questions: readonly Question[];
  asks: readonly Ask[];
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
};

export type FreezeScope = { services: readonly string[]; environments: readonly string[] };
export type Freeze = {
  workspace: WorkspaceId;
  id: FreezeId;
  number: number;
  name: string;
  reason: string;
  severity: 'hard' | 'soft';
  scope: FreezeScope;
  startsAt: Instant;
  endsAt: Instant;
  zone: string;
  exemptTypes: readonly string[];
  approvers: string;
  createdBy: UserId;
  endedEarlyAt: Instant | null;
};

export type FreezeException = {
  id: Id<'exception'>;
  freeze: FreezeId;
  release: ReleaseId;
  environment: string;
  reason: string;
  requestedBy: UserId;
  requestedAt: Instant;
  verdict: 'requested' | 'granted' | 'denied';
  decidedBy: UserId | null;
  decidedAt: Instant | null;
  validUntil: Instant;
};

export type DeploymentState = 'running' | 'succeeded' | 'failed' | 'aborted';
export type Deployment = {
  id: DeploymentId;
  release: ReleaseId;
  service: string;
  environment: string;
  version: string;
  revision: number;
  kind: 'deploy' | 'rollback';
  attempt: number;
  state: DeploymentState;
  startedBy: UserId;
  startedAt: Instant;
  finishedAt: Instant | null;
  finishedBy: UserId | null;
  deadline: Instant;
  reason: string | null;
  /** The version that ran before it, to go back to. */
  before: string | null;
};

export type Lock = {
  id: Id<'lock'>;
  service: string;
  environment: string;
  release: ReleaseId;
  reason: string;
  holder: UserId;
  since: Instant;
  liftedAt: Instant | null;
  liftedBy: UserId | null;
};

export type BreakGlass = {
  id: Id<'breakGlass'>;
  environment: string;
  justification: string;
  incident: string | null;
  by: UserId;
  second: UserId | null;
  grantedAt: Instant;
  expiresAt: Instant;
  usedBy: DeploymentId | null;
  judgeBy: Instant;
  verdict: 'justified' | 'not justified' | null;
  judgedBy: UserId | null;
  judgedAt: Instant | null;
};

export type ReviewForm = 'short' | 'full' | 'failure';
export type Review = {
  id: ReviewId;
  form: ReviewForm;
  state: 'due' | 'submitted' | 'skipped';
  owner: UserId;
  openedAt: Instant;
  dueAt: Instant;
  outcome: Outcome | null;
  answers: Readonly<Record<string, string>>;
  submittedBy: UserId | null;
  submittedAt: Instant | null;
};

export type ActionItem = {
  id: Id<'action'>;
  text: string;
  owner: UserId | null;
  due: Instant | null;
  state: 'open' | 'done' | "won't do";
  reason: string | null;
  createdAt: Instant;
  doneAt: Instant | null;
};

/** What runs in an environment of the service: the last success there. */
export type Running = { environment: string; version: string; release: ReleaseId; since: Instant };

/** What is around the release and not its own: read, never written through it. */
export type Surroundings = {
  freezes: readonly Freeze[];
  /** Deployments of other releases that run on the same service now. */
  busy: readonly Deployment[];
  running: readonly Running[];
  /** Versions of this service that succeeded in each environment, for rolling back. */
  succeeded: readonly Running[];
  newer: { release: ReleaseId; number: number; version: string } | null;
  failures30d: number;
  /** Deactivated people, guests, bots and strangers: they count for nothing. */
  inactive: readonly UserId[];
  /** Asks sent to each person in the last seven days, for asking the least asked first. */
  askedLately: Readonly<Record<string, number>>;
  zones: Readonly<Record<string, string>>;
  /** Names to show where a mention would ring. */
  names: Readonly<Record<string, string>>;
  catalog: Catalog;
};

export type Situation = {
  release: Release;
  round: Round | null;
  gates: readonly GateResult[];
  deployments: readonly Deployment[];
  breakGlass: BreakGlass | null;
  reviews: readonly Review[];
  actions: readonly ActionItem[];
  exceptions: readonly FreezeException[];
  /** Locks of the environments of its service, whoever set them. */
  locks: readonly Lock[];
  around: Surroundings;
};

/** What a verb did: the situation after it, and what the journal says of it. */
export type Effect = { after: Situation; events: readonly EventDraft[] };
