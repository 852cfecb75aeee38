/** What use cases are given. Built once in start.ts; tests build their own. */
import type { CompiledQuery } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from './db/connection.ts';
import type { NewId, ReleaseId, WorkspaceId } from './domain/ids.ts';
import type { Release } from './domain/release/release.ts';
import type { Instant } from './domain/time.ts';
import type { JournalKey } from './journal/chain.ts';
import type { Catalogs, Situations } from './situation/parts.ts';

/** Named moments at which the crash tests kill the process. */
export type CrashPoint = 'between trips' | 'before ack' | 'after commit' | 'after claim' | 'after send' | 'before mark';

export type Metrics = {
  useCase: (name: string, outcome: 'ok' | 'refused' | 'failed') => void;
  ack: (kind: string, ms: number) => void;
  slackCall: (method: string, outcome: 'ok' | 'limited' | 'failed') => void;
  skippedTick: (job: string) => void;
};

/** Statements by which releases are looked at again by the next tick. */
export type Waking = {
  /** What runs, or is locked, in an environment concerns every other release of the service. */
  siblings: (release: Release, now: Instant) => readonly CompiledQuery[];
  /** These, because something that they hang on has moved. */
  releases: (workspace: WorkspaceId, releases: readonly ReleaseId[], now: Instant) => readonly CompiledQuery[];
  /** Everything of a service that has not ended. */
  service: (of: { workspace: WorkspaceId; service: string }, now: Instant) => readonly CompiledQuery[];
  /** Rules or people changed: everything that is open. */
  openReleases: (workspace: WorkspaceId, now: Instant) => CompiledQuery<{ id: ReleaseId }>;
};

export type Deps = {
  database: Database;
  /** Business time: the database's, or the sandbox's movable clock. Never the machine's. */
  clock: { now: () => Instant };
  newId: NewId;
  /** How situations are read and saved: two loops over the parts of app.ts. */
  situations: Situations;
  catalogs: Catalogs;
  waking: Waking;
  random: () => number;
  log: Logger;
  journalKey: JournalKey;
  /** The command name of this installation, printed in every text: `/release`. */
  command: string;
  /** Where the rules come from a file; null where each workspace keeps its own. */
  catalogFile: string | null;
  /** Says that there may be something to deliver or to settle. */
  wake: () => void;
  /** Says that there is something to send to systems other than Slack. */
  send: () => void;
  /** Where others reach this Signalbox; `null`: not known. */
  url: string | null;
  at: (point: CrashPoint) => void;
  metrics: Metrics;
};
