/** What a check says: a stable code, a sentence, until when, and the way out. */
import { type Instant } from './time.ts';
import { type Sentence } from './words.ts';

export type CheckCode =
  | 'release.status'
  | 'release.hold'
  | 'release.superseded'
  | 'release.health'
  | 'approval.pending'
  | 'approval.rejected'
  | 'approval.lapsed'
  | 'approval.granted'
  | 'gates'
  | 'environment.order'
  | 'freeze.active'
  | 'window.closed'
  | 'lock.held'
  | 'dependencies'
  | 'plan.later'
  | 'artifact.differs'
  | 'artifact.unknown'
  | 'emergency.granted';

/** `deny` is only for what waiting cannot cure; `warn` goes on for a person with a reason, and waits for a pipeline. */
export type CheckState = 'pass' | 'warn' | 'wait' | 'deny';
export type Check = {
  code: CheckCode;
  label: string;
  state: CheckState;
  sentence: Sentence;
  until: Instant | null;
  fix: Sentence;
  /** What to know besides, where there is room: on the card and in *why*, not in a refusal. */
  besides?: Sentence;
};
export type Readiness = { environment: string; checks: readonly Check[]; earliest: Instant | null };

export const NOTHING: Sentence = [];

export const pass = (code: CheckCode, label: string, sentence: Sentence): Check => ({
  code,
  label,
  state: 'pass',
  sentence,
  until: null,
  fix: NOTHING,
});
