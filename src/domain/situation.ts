/** A situation: everything that deciding about one release needs, read in one consistent snapshot. Verbs take one and return the next. */
import type { Round } from './approval/round.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { Deployment, Running } from './deployment/deployment.ts';
import type { Lock } from './deployment/lock.ts';
import type { BreakGlass } from './emergency/phase.ts';
import type { EventDraft } from './events.ts';
import type { Freeze } from './freeze/calendar.ts';
import type { FreezeException } from './freeze/exception.ts';
import type { GateResult } from './gate/gate.ts';
import type { NewId, ReleaseId, UserId } from './ids.ts';
import type { Plan } from './plan/conflicts.ts';
import type { Linked } from './plan/links.ts';
import type { Release, ReleaseStatus } from './release/release.ts';
import type { ActionItem } from './review/action.ts';
import type { Review } from './review/review.ts';
import type { Instant } from './time.ts';

/** What is around the release and not its own: read, never written through it. */
export type Surroundings = {
  freezes: readonly Freeze[];
  /** Those that ended in the last week. */
  endedFreezes: readonly Freeze[];
  /** Deployments of other releases that run on the same service now. */
  busy: readonly Deployment[];
  running: readonly Running[];
  /** Versions of this service that succeeded in each environment, for rolling back. */
  succeeded: readonly Running[];
  /** Releases of any service that are planned for a time and meet this one: in a service, or in who deploys them. */
  plans: readonly Plan[];
  /** Other releases of the same service that are open. */
  siblings: readonly Sibling[];
  /** Releases that this one hangs on, directly or by others, and what it fixes. */
  linked: readonly Linked[];
  /** Releases that wait for this one. */
  neededBy: readonly Linked[];
  /** `places`: where it has taken its place, of the targets; `taken`: where that or any other newer one has. */
  newer: {
    release: ReleaseId;
    number: number;
    version: string;
    places?: readonly string[];
    taken?: readonly string[];
  } | null;
  /** Failures in protected environments in the last 30 days, of each service that this may concern. */
  failures30d: Readonly<Record<string, number>>;
  /** When the last of them was, in each environment. */
  lastFailed: Readonly<Record<string, Instant>>;
  /** Failures of this service in each environment since its last success there. */
  failing: Readonly<Record<string, number>>;
  /** An emergency of the one who acts that nobody has judged yet: no second one before that. */
  unjudged: { by: UserId; key: string } | null;
  /** Deactivated people, guests, bots and strangers: they count for nothing. */
  inactive: readonly UserId[];
  /** Asks sent to each person in the last seven days, for asking the least asked first. */
  askedLately: Readonly<Record<string, number>>;
  zones: Readonly<Record<string, string>>;
  /** Names to show where a mention would ring. */
  names: Readonly<Record<string, string>>;
  catalog: Catalog;
};

/** What a release has to know of another one of its service. */
export type Sibling = Pick<Release, 'number' | 'version' | 'owner' | 'targets' | 'when' | 'everAsked' | 'fixes'> & {
  release: ReleaseId;
  status: ReleaseStatus;
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
  /** Where its card stands in Slack, once it is posted. */
  card: { channel: string; ts: string } | null;
  /** The messages about it to whoever acts, by their ts, as far as they are kept up to date: not what was posted twice. */
  theirs: readonly string[];
  around: Surroundings;
};

/** What a verb did: the situation after it, and what the journal says of it. */
export type Effect = { after: Situation; events: readonly EventDraft[] };

/** `vouches`: who made the token that acts. */
export type Act = { by: UserId; now: Instant; newId: NewId; vouches?: UserId };
