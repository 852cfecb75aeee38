/** A release: what it is, which statuses it can have, and the one table of the moves between them. */
import type { ReleaseType, RiskLevel } from '../catalog/catalog.ts';
import type { DeploymentId, Id, ReleaseId, RoundId, UserId, WorkspaceId } from '../ids.ts';
import type { Instant } from '../time.ts';

export type Outcome = 'success' | 'success with issues' | 'rolled back' | 'failed';

/** How a draft came back from being asked for. */
export type Returned = {
  why: 'rejected' | 'withdrawn' | 'expired' | 'approval lapsed' | 'reworked' | 'no longer replaced';
  by: UserId | null;
  reason: string | null;
};

export const RETURNED_WORDS: Readonly<Record<Returned['why'], string>> = {
  rejected: 'it was rejected',
  withdrawn: 'it was taken back',
  expired: 'nobody decided in time',
  'approval lapsed': 'its approval lapsed',
  reworked: 'it is being reworked',
  'no longer replaced': 'what had replaced it was rolled back',
};

export type ReleaseState =
  | { status: 'draft'; since: Instant; returned: Returned | null }
  | { status: 'awaiting_approval'; since: Instant; round: RoundId }
  | { status: 'approved'; since: Instant; by: ApprovedBy; validUntil: Instant }
  | {
      status: 'deploying';
      since: Instant;
      deployment: DeploymentId;
      from: BeforeDeploying;
      /** The places to which somebody had it go no further. */
      leftOut?: readonly string[];
    }
  | {
      status: 'deployed';
      since: Instant;
      before: string | null;
      healthy: boolean | null;
      /** Who has said that it is healthy, where several have to. */
      confirmed?: readonly UserId[];
      /** Of which of several places somebody has said so. */
      wellIn?: readonly string[];
      /** The hotfix that mended it, where it had failed. */
      fixedBy?: ReleaseId;
      /** The places to which somebody had it go no further. */
      leftOut?: readonly string[];
      /** A newer one came before it was in all of its places: it goes on to the rest, should that one go back. */
      goesOn?: StateOf<'deploying'>;
    }
  | {
      status: 'failed';
      since: Instant;
      reason: string;
      /** Since when somebody has to decide: not while it was on hold, or being mended. Null while nobody has to; not known before it is looked at. */
      openSince?: Instant | null | undefined;
      /** The places to which somebody had it go no further. */
      leftOut?: readonly string[];
      /** Of which of its other places somebody has said that it is healthy there. */
      wellIn?: readonly string[];
      /** It was called not healthy in one place while it was on its way to another: there it goes on, if it is healthy after all. */
      goesOn?: StateOf<'deploying'>;
    }
  | {
      status: 'rolled_back';
      since: Instant;
      to: string;
      reason: string;
      /** The places to which somebody had it go no further. */
      leftOut?: readonly string[];
    }
  | { status: 'closed'; since: Instant; by: UserId | null; outcome: Outcome; from: BeforeClosing }
  | {
      status: 'cancelled';
      since: Instant;
      by: UserId | null;
      reason: string;
      replacedBy: ReleaseId | null;
      /** Where a replaced one came from, and goes back to. */
      from: BeforeCancelling | null;
    };

export type ReleaseStatus = ReleaseState['status'];

/** What a status is called, in cards, lists and refusals alike. */
export const STATUS_WORDS: Readonly<Record<ReleaseStatus, string>> = {
  draft: 'draft',
  awaiting_approval: 'waiting for approval',
  approved: 'approved',
  deploying: 'deploying',
  deployed: 'deployed',
  failed: 'failed',
  rolled_back: 'rolled back',
  closed: 'closed',
  cancelled: 'cancelled',
};
/** What this one is called: replaced is not cancelled. */
export const statusOf = (state: ReleaseState): string =>
  state.status === 'cancelled' && state.replacedBy !== null ? 'replaced' : STATUS_WORDS[state.status];

export type StateOf<Status extends ReleaseStatus> = Extract<ReleaseState, { status: Status }>;
export type BeforeDeploying = StateOf<'draft' | 'awaiting_approval' | 'approved' | 'failed'>;
export type BeforeCancelling = StateOf<'draft' | 'awaiting_approval' | 'approved'>;
export type BeforeClosing = StateOf<'deployed' | 'rolled_back' | 'failed'>;

/** Who made it approved: people in a round, or a policy that asks nobody. The two are never shown alike. */
export type ApprovedBy = { kind: 'round'; round: RoundId } | { kind: 'policy'; policy: string; catalogVersion: number };

export type When = { kind: 'asap' } | { kind: 'at'; start: Instant; end: Instant | null } | { kind: 'undecided' };

export type ChangeType = 'feature' | 'bugfix' | 'infra' | 'config' | 'security' | 'other';
export type Change = {
  id: Id<'change'>;
  type: ChangeType;
  title: string;
  link: string | null;
  author: UserId | null;
  /** Who put it into the release; null for those that were there before this was kept. */
  addedBy: UserId | null;
  customers: boolean;
};

/** What only the owner can say; shown to approvers as "the owner says". */
export type Answers = { schema: boolean; irreversible: boolean; downtime: boolean; restricted: boolean };
export type Artifact = { revision: number; sha: string | null; digest: string | null };
export type Hold = { by: UserId; reason: string; since: Instant; until: Instant | null };
export type Risk = {
  score: number;
  level: RiskLevel;
  parts: readonly { label: string; points: number }[];
  /** What an approver knows and the score does not: the level is never below it. */
  raised?: { level: RiskLevel; by: UserId; reason?: string | null } | undefined;
};

/** `before`: the other one has to be deployed first. `together`: both go in one window, so the other one has to be ready as well. */
export type Need = { release: ReleaseId; kind: 'before' | 'together' };

export type Release = {
  workspace: WorkspaceId;
  id: ReleaseId;
  number: number;
  service: string;
  affects: readonly string[];
  version: string;
  type: ReleaseType;
  title: string;
  customers: string | null;
  owner: UserId;
  creator: UserId;
  submitter: UserId | null;
  deployer: UserId | null;
  artifact: Artifact;
  targets: readonly string[];
  answers: Answers;
  when: When;
  rollbackPlan: string | null;
  /** The day on which going back was last tried, `2026-11-03`. */
  rehearsedOn: string | null;
  /** The number of the change request elsewhere, where one is wanted. */
  changeNumber: string | null;
  askWhenReady: boolean;
  /** What it fixes, where it is a hotfix of something. */
  fixes: ReleaseId | null;
  /** What has to be deployed before it, or goes together with it. */
  needs: readonly Need[];
  changes: readonly Change[];
  state: ReleaseState;
  hold: Hold | null;
  risk: Risk | null;
  everAsked: boolean;
  /** Whose tokens planned it or asked for it: they count as whoever asked. */
  vouchedBy: readonly UserId[];
  createdAt: Instant;
};

/** Every legal move between statuses. Whether a move is allowed now is decided by the verbs; a move that is not here is a bug. */
const MOVES: Readonly<Record<ReleaseStatus, readonly ReleaseStatus[]>> = {
  draft: ['awaiting_approval', 'approved', 'deploying', 'cancelled'],
  awaiting_approval: ['approved', 'draft', 'awaiting_approval', 'deploying', 'cancelled'],
  approved: ['awaiting_approval', 'draft', 'deploying', 'cancelled'],
  deploying: ['draft', 'awaiting_approval', 'approved', 'failed', 'deployed', 'rolled_back'],
  deployed: ['deploying', 'failed', 'rolled_back', 'closed'],
  failed: ['deploying', 'rolled_back', 'deployed', 'draft', 'closed'],
  rolled_back: ['draft', 'closed'],
  closed: ['deployed', 'rolled_back', 'failed'],
  // Replaced, it can be given up for good.
  cancelled: ['draft', 'approved', 'cancelled'],
};

/** The release in its next state. Throws on a move that the table does not have: no verb may ask for one. */
export const move = (release: Release, state: ReleaseState): Release => {
  const from = release.state.status;
  if (!MOVES[from].includes(state.status)) {
    throw new Error(`${release.id} cannot go from ${from} to ${state.status}: the verb that asked has a bug.`);
  }
  if (state.status === 'deployed' || state.status === 'deploying' || state.status === 'rolled_back')
    return { ...release, state: { ...leftOutIn(release.state), ...state } };
  if (state.status !== 'failed') return { ...release, state };
  // What there is to decide about a failure begins anew with it, whatever was kept of an earlier one.
  const anew = from === 'failed' ? {} : { openSince: undefined };
  return { ...release, state: { ...leftOutIn(release.state), ...state, ...anew } };
};

/** The moment that counts for a plan: its time while that is still to come, else now. */
export const planOrNow = ({ when }: Pick<Release, 'when'>, now: Instant): Instant =>
  when.kind === 'at' && when.start > now ? when.start : now;

/** The places to which somebody had it go no further, whatever came then. */
export const leftOutOf = (state: ReleaseState): readonly string[] => {
  if (state.status === 'closed') return leftOutOf(state.from);
  return 'leftOut' in state ? (state.leftOut ?? []) : [];
};

/** How it is called, well or not, tried again or gone back, changes nothing about that. */
const leftOutIn = (state: ReleaseState): { leftOut?: readonly string[] } => {
  const leftOut = leftOutOf(state);
  return leftOut.length === 0 ? {} : { leftOut };
};

const NOT_STARTED: readonly ReleaseStatus[] = ['draft', 'awaiting_approval', 'approved'];
export const OPEN_STATUSES: readonly ReleaseStatus[] = [
  ...NOT_STARTED,
  'deploying',
  'deployed',
  'failed',
  'rolled_back',
];
export const FINISHED: readonly ReleaseStatus[] = ['deployed', 'failed', 'rolled_back'];

export const notStarted = (release: Release): boolean => NOT_STARTED.includes(release.state.status);

/** With who answers for it now, where a token acts. */
export const withVoucher = (
  { vouchedBy }: Pick<Release, 'vouchedBy'>,
  { vouches }: { vouches?: UserId },
): readonly UserId[] => (vouches === undefined || vouchedBy.includes(vouches) ? vouchedBy : [...vouchedBy, vouches]);

/** A draft that was never asked for is private to the people with a role on it, also once it is cancelled. */
export const isPrivate = (release: Pick<Release, 'everAsked'> & { state: Pick<ReleaseState, 'status'> }): boolean =>
  (release.state.status === 'draft' || release.state.status === 'cancelled') && !release.everAsked;

/** People with a role on the release. */
export const roleHolders = (release: Release): readonly UserId[] =>
  [...new Set([release.owner, release.creator, release.submitter, release.deployer])].filter((id) => id !== null);

export const STAGES = ['Plan', 'Test', 'Approve', 'Deploy', 'Verify', 'Review'] as const;
export type Stage = (typeof STAGES)[number];

/** The stage is derived from the status; `gatesOpen` is the number of required gates without a result. */
export const stageOf = (release: Release, gatesOpen: number): Stage => {
  switch (release.state.status) {
    case 'draft':
      return gatesOpen > 0 ? 'Test' : 'Plan';
    case 'awaiting_approval':
      return 'Approve';
    case 'approved':
    case 'deploying':
    case 'failed':
      return 'Deploy';
    case 'deployed':
      return release.state.healthy === true ? 'Review' : 'Verify';
    case 'rolled_back':
    case 'closed':
    case 'cancelled':
      return 'Review';
  }
};

export const keyOf = (release: Pick<Release, 'number'>): string => `REL-${release.number}`;

/** What people say: `checkout 2.14.0`; a restricted release is named by its key alone outside its roles. */
export const nameOf = (release: Pick<Release, 'service' | 'version'>): string =>
  `${release.service} ${release.version}`;

export type Reference = { number: number } | { service: string; version: string };

/** `142` of `REL-142`; `null` of anything else. */
export const keyNumber = (text: string): number | null => {
  const reference = parseReference(text);
  return reference !== null && 'number' in reference ? reference.number : null;
};

/** Reads `REL-142`, `142` or `checkout@2.14.0`; `null` for anything else. */
export const parseReference = (text: string): Reference | null => {
  const key = /^(?:rel-)?(\d{1,9})$/i.exec(text);
  if (key?.[1] !== undefined) return { number: Number(key[1]) };
  const named = /^([\w.-]{1,80})@([\w.+-]{1,40})$/.exec(text);
  return named?.[1] !== undefined && named[2] !== undefined ? { service: named[1], version: named[2] } : null;
};
