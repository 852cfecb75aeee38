/** The tables as Kysely sees them. On both engines: int8 is a number, numeric is text, timestamptz is an Instant, jsonb is parsed. */
import type { ColumnType, Generated } from 'kysely';
import type { Round, Snapshot } from '../domain/approval/round.ts';
import type { Catalog, RuleTree } from '../domain/catalog/catalog.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import type { BreakGlass } from '../domain/emergency/phase.ts';
import type { Freeze } from '../domain/freeze/calendar.ts';
import type { FreezeException } from '../domain/freeze/exception.ts';
import type { Changes, Repeats } from '../domain/freeze/recurrence.ts';
import type { FreezeScope, Picked } from '../domain/freeze/scope.ts';
import type { GateResult } from '../domain/gate/gate.ts';
import type {
  ChannelId,
  DeploymentId,
  FreezeId,
  Id,
  MessageId,
  ReleaseId,
  ReviewId,
  RoundId,
  UserId,
  WorkspaceId,
} from '../domain/ids.ts';
import type {
  Answers,
  Artifact,
  Change,
  Hold,
  Need,
  Release,
  ReleaseState,
  ReleaseStatus,
  Risk,
  When,
} from '../domain/release/release.ts';
import type { Review } from '../domain/review/review.ts';
import type { Instant } from '../domain/time.ts';
import type { Scope } from '../domain/token/token.ts';
import type { Topic as WebhookTopic } from '../domain/webhook/webhook.ts';

/** Written as JSON text (see `json`), read parsed. */
export type Json<T> = ColumnType<T, string, string>;
type Owned = { workspace_id: WorkspaceId };

export type WorkspacesTable = {
  id: WorkspaceId;
  slack_id: string;
  name: string;
  bot_user_id: UserId | null;
  paused_at: Instant | null;
  next_release: Generated<number>;
  next_freeze: Generated<number>;
  catalog_version: number | null;
  journal_seq: Generated<number>;
  journal_hash: Generated<string>;
  created_at: Instant;
};

/** `token` and `refresh_token` are sealed (see token-box). */
export type InstallationsTable = Owned & {
  bot_id: string;
  scopes: Json<readonly string[]>;
  installed_by: UserId;
  installed_at: Instant;
  token: string | null;
  refresh_token: string | null;
  expires_at: Instant | null;
  refreshing_until: Instant | null;
};

export type PersonKind = 'member' | 'guest' | 'bot' | 'stranger';
export type PeopleTable = Owned & {
  id: UserId;
  name: string;
  email: string | null;
  zone: string;
  active: boolean;
  kind: PersonKind;
  dm_channel: ChannelId | null;
  home_view: 'mine' | 'services' | 'everything' | null;
  confirmed_at: Instant;
  /** When there may be something to tell them that nobody did: a release manager's next morning. */
  wake_at: Instant | null;
};

export type CatalogsTable = Owned & {
  version: number;
  source: string;
  source_hash: string;
  document: Json<Catalog>;
  applied_by: string;
  applied_at: Instant;
  active_at: Instant | null;
  activated_by: UserId | 'signalbox' | null;
};

export type ReleasesTable = Owned & {
  id: ReleaseId;
  number: number;
  service: string;
  affects: Json<readonly string[]>;
  version: string;
  type: Release['type'];
  title: string;
  customers: string | null;
  owner: UserId;
  creator: UserId;
  submitter: UserId | null;
  deployer: UserId | null;
  revision: Artifact['revision'];
  sha: string | null;
  digest: string | null;
  targets: Json<readonly string[]>;
  answers: Json<Answers>;
  planned: Json<When>;
  rollback_plan: string | null;
  rehearsed_on: string | null;
  change_number: string | null;
  ask_when_ready: boolean;
  fixes: ReleaseId | null;
  needs: ColumnType<readonly Need[] | null, string | null, string | null>;
  vouched_by: ColumnType<readonly UserId[] | null, string | null, string | null>;
  changes: Json<readonly Change[]>;
  status: ReleaseStatus;
  state: Json<ReleaseState>;
  hold: ColumnType<Hold | null, string | null, string | null>;
  risk: ColumnType<Risk | null, string | null, string | null>;
  ever_asked: boolean;
  created_at: Instant;
  wake_at: Instant | null;
};

export type RoundsTable = Owned & {
  id: RoundId;
  release_id: ReleaseId;
  n: number;
  state: Round['state'];
  opened_at: Instant;
  opened_by: UserId;
  expires_at: Instant;
  ended_at: Instant | null;
  valid_until: Instant | null;
  remind_at: Instant;
  reminded_at: Instant | null;
  stuck_since: Instant | null;
  trail: Json<Round['trail']>;
  /** Whose approval was dropped is not in rows of before. */
  earlier: Json<(Omit<NonNullable<Round['since']>, 'dropped'> & { dropped?: readonly UserId[] }) | null>;
  snapshot: Json<Snapshot>;
  hash: string;
  policy: string;
  rules: Json<RuleTree>;
  gates: Json<readonly string[]>;
  members: ColumnType<readonly UserId[] | null, string | null, string | null>;
  catalog_version: number;
};

export type DecisionsTable = Owned & {
  id: Id<'decision'>;
  round_id: RoundId;
  actor: UserId;
  on_behalf_of: UserId | null;
  verdict: 'approve' | 'reject';
  comment: string | null;
  hash: string;
  at: Instant;
  retracted_at: Instant | null;
  carried_from: RoundId | null;
};

export type QuestionsTable = Owned & {
  id: Id<'question'>;
  round_id: RoundId;
  asker: UserId;
  text: string;
  asked_at: Instant;
  answer: string | null;
  answered_by: UserId | null;
  answered_at: Instant | null;
};

export type AsksTable = Owned & { round_id: RoundId; person: UserId; at: Instant; wave: 'first' | 'rest' };

export type GateResultsTable = Owned & {
  id: Id<'gateResult'>;
  release_id: ReleaseId;
  gate: string;
  revision: number;
  outcome: GateResult['outcome'];
  actor: UserId;
  comment: string | null;
  at: Instant;
  expires_at: Instant | null;
  evidence: string | null;
  digest: string | null;
};

export type FreezesTable = Owned & {
  id: FreezeId;
  number: number;
  name: string;
  reason: string;
  severity: Freeze['severity'];
  scope: Json<FreezeScope & Partial<Picked>>;
  repeats: Json<Repeats> | null;
  changes: Json<Changes>;
  starts_at: Instant;
  ends_at: Instant;
  zone: string;
  exempt_types: Json<readonly string[]>;
  exempt_groups: Json<readonly string[]>;
  approvers: string;
  created_by: UserId;
  created_at: Instant;
  ended_early_at: Instant | null;
  wake_at: Instant | null;
};

export type ExceptionsTable = Owned & {
  id: Id<'exception'>;
  freeze_id: FreezeId;
  freeze_day: string | null;
  release_id: ReleaseId;
  environment: string;
  reason: string;
  urgency: FreezeException['urgency'];
  blast_radius: string | null;
  rollback: string | null;
  used_by: DeploymentId | null;
  requested_by: UserId;
  requested_at: Instant;
  verdict: FreezeException['verdict'];
  decided_by: UserId | null;
  decided_at: Instant | null;
  reply: string | null;
  valid_until: Instant;
};

export type DeploymentsTable = Owned & {
  id: DeploymentId;
  release_id: ReleaseId;
  service: string;
  environment: string;
  version: string;
  revision: number;
  sha: string | null;
  digest: string | null;
  kind: Deployment['kind'];
  attempt: number;
  state: Deployment['state'];
  started_by: UserId;
  run_by: UserId | null;
  started_at: Instant;
  finished_at: Instant | null;
  finished_by: UserId | null;
  deadline: Instant;
  reason: string | null;
  before: string | null;
  unhealthy_at: Instant | null;
  unhealthy_by: UserId | null;
  healthy_again_at: Instant | null;
  step: Json<Deployment['step']>;
  cause: Deployment['cause'];
  in_a_row: number | null;
  rollout: Json<Deployment['rollout']>;
  checklist: Json<Deployment['checklist'] | null>;
  signals: Json<Deployment['signals'] | null>;
  probe_at: Instant | null;
  probed_at: Instant | null;
  run: string | null;
};

export type TokensTable = Owned & {
  id: Id<'token'>;
  name: string;
  scopes: Json<readonly Scope[]>;
  services: Json<readonly string[]>;
  environments: Json<readonly string[]>;
  hash: string;
  made_by: UserId;
  made_at: Instant;
  expires_at: Instant | null;
  used_at: Instant | null;
  revoked_at: Instant | null;
  revoked_by: UserId | null;
};

export type WebhooksTable = Owned & {
  id: Id<'webhook'>;
  name: string;
  url: string;
  topics: Json<readonly WebhookTopic[]>;
  services: Json<readonly string[]>;
  generation: number;
  told_seq: number;
  made_by: UserId;
  made_at: Instant;
  stopped_at: Instant | null;
  stopped_because: string | null;
};

export type DeliveriesTable = Owned & {
  id: Id<'delivery'>;
  webhook_id: Id<'webhook'> | null;
  kind: 'webhook' | 'github' | 'gitlab';
  event: string;
  body: string;
  target: ColumnType<unknown, string | null, string | null>;
  made_at: Instant;
  state: 'waiting' | 'delivered' | 'failed';
  attempts: number;
  next_at: Instant;
  lease_until: Instant | null;
  tried_at: Instant | null;
  status: number | null;
  error: string | null;
};

export type WaitingJobsTable = Owned & {
  id: Id<'waitingJob'>;
  token_id: Id<'token'>;
  system: 'github' | 'gitlab';
  what: Json<{ service: string; version: string | null; environment: string; sha: string }>;
  run: string | null;
  target: ColumnType<unknown, string, string>;
  asked_at: Instant;
  told: string | null;
  answered_at: Instant | null;
};

export type OutsideDeploymentsTable = Owned & {
  id: string;
  state: 'started' | 'succeeded' | 'failed';
  told_at: Instant;
};

export type LocksTable = Owned & {
  id: Id<'lock'>;
  service: string;
  environment: string;
  release_id: ReleaseId | null;
  reason: string;
  holder: UserId;
  since: Instant;
  lifted_at: Instant | null;
  lifted_by: UserId | null;
  expires_at: Instant | null;
  wake_at: Instant | null;
};

export type BreakGlassTable = Owned & {
  id: Id<'breakGlass'>;
  release_id: ReleaseId;
  environment: string;
  justification: string;
  incident: string | null;
  granted_to: UserId;
  second: UserId | null;
  granted_at: Instant;
  expires_at: Instant;
  used_by: DeploymentId | null;
  judge_by: Instant;
  verdict: BreakGlass['verdict'];
  judged_by: UserId | null;
  judged_at: Instant | null;
};

export type ReviewsTable = Owned & {
  id: ReviewId;
  release_id: ReleaseId;
  form: Review['form'];
  state: Review['state'];
  owner: UserId;
  opened_at: Instant;
  due_at: Instant;
  outcome: Review['outcome'];
  answers: Json<Readonly<Record<string, string>>>;
  submitted_by: UserId | null;
  submitted_at: Instant | null;
  wake_at: Instant | null;
};

export type ActionsTable = Owned & {
  id: Id<'action'>;
  release_id: ReleaseId;
  text: string;
  owner: UserId | null;
  due: Instant | null;
  state: 'open' | 'done' | "won't do";
  reason: string | null;
  created_at: Instant;
  done_at: Instant | null;
  wake_at: Instant | null;
};

export type Trouble = 'dead' | 'ambiguous' | 'paused' | 'refused';
export type MessagesTable = Owned & {
  id: MessageId;
  seq: ColumnType<number, never, never>;
  subject: string;
  kind: string;
  audience: string;
  place: string;
  occurrence: string;
  thread_of: MessageId | null;
  broadcast: Generated<boolean>;
  any_hour: Generated<boolean>;
  rests_until: Instant | null;
  release_id: ReleaseId | null;
  wanted: Generated<number>;
  shown: Generated<number>;
  content_hash: string | null;
  channel: ChannelId | null;
  ts: string | null;
  attempts: Generated<number>;
  next_at: Instant;
  lease_until: Instant | null;
  leased_by: string | null;
  sending_since: Instant | null;
  looked: Generated<number>;
  trouble: Trouble | null;
  error: string | null;
  shown_at: Instant | null;
  over: Generated<boolean>;
};

export type PacesTable = Owned & { place: string; next_at: Instant };
export type InboxTable = Owned & { key: string; answer: Json<unknown>; at: Instant };
export type JournalTable = Owned & {
  seq: number;
  id: Id<'event'>;
  release_id: ReleaseId | null;
  kind: string;
  canonical: string;
  prev: string;
  hash: string;
};
export type JournalWordsTable = Owned & { seq: number; salt: string; words: string | null };

export type Schema = {
  workspaces: WorkspacesTable;
  people: PeopleTable;
  catalogs: CatalogsTable;
  releases: ReleasesTable;
  rounds: RoundsTable;
  decisions: DecisionsTable;
  questions: QuestionsTable;
  asks: AsksTable;
  installations: InstallationsTable;
  gate_results: GateResultsTable;
  freezes: FreezesTable;
  exceptions: ExceptionsTable;
  deployments: DeploymentsTable;
  locks: LocksTable;
  break_glass: BreakGlassTable;
  reviews: ReviewsTable;
  actions: ActionsTable;
  tokens: TokensTable;
  webhooks: WebhooksTable;
  deliveries: DeliveriesTable;
  waiting_jobs: WaitingJobsTable;
  outside_deployments: OutsideDeploymentsTable;
  messages: MessagesTable;
  paces: PacesTable;
  inbox: InboxTable;
  journal: JournalTable;
  journal_words: JournalWordsTable;
};

/** Tables whose rows belong to a workspace: reading or writing one without saying which is refused (see tenant-guard). */
export const TENANT_TABLES: readonly (keyof Schema)[] = [
  'installations',
  'people',
  'catalogs',
  'releases',
  'rounds',
  'decisions',
  'questions',
  'asks',
  'gate_results',
  'freezes',
  'exceptions',
  'deployments',
  'locks',
  'break_glass',
  'reviews',
  'actions',
  'tokens',
  'webhooks',
  'deliveries',
  'waiting_jobs',
  'outside_deployments',
  'messages',
  'paces',
  'inbox',
  'journal',
  'journal_words',
];
