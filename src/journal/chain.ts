/**
 * The chain itself: what the hash of a row covers. A stored canonical text, the previous hash and a key that is not in the database:
 * whoever can rewrite the tables still cannot write a valid chain.
 */
import { createHash, createHmac } from 'node:crypto';
import { canonical } from '../domain/approval/snapshot.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

export type JournalKey = { id: string; secret: string };
export const GENESIS = '0'.repeat(64);

export type Entry = {
  workspace: WorkspaceId;
  seq: number;
  id: string;
  at: Instant;
  due: Instant | null;
  actor: UserId | 'signalbox';
  surface: string;
  kind: string;
  release: string | null;
  subject: string;
  data: unknown;
  /** Salted hash of the free text, which lives beside the chain. */
  words: string | null;
  key: string;
};

export const entryText = (entry: Entry): string => canonical(entry);

export const wordsHash = (salt: string, words: string): string =>
  createHash('sha256').update(`${salt}\n${words}`).digest('hex');

export const linkHash = (key: JournalKey, prev: string, text: string): string =>
  createHmac('sha256', key.secret).update(prev).update('\n').update(text).digest('hex');
