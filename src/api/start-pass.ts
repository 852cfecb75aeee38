/**
 * The pass that an allowed start gets: signed, for one start of one artifact in one place, good for fifteen minutes. What it lets start is looked
 * at once more when it is used.
 */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { ReleaseId, WorkspaceId } from '../domain/ids.ts';
import { after, type Instant, instant, MINUTE } from '../domain/time.ts';
import type { JournalKey } from '../journal/chain.ts';

const LASTS = 15 * MINUTE;

const shape = z.object({
  workspace: z.string(),
  token: z.string(),
  release: z.string(),
  service: z.string(),
  version: z.string(),
  revision: z.number(),
  environment: z.string(),
  sha: z.string().nullable(),
  digest: z.string().nullable(),
  until: z.string(),
  nonce: z.string(),
});

export type Pass = {
  workspace: WorkspaceId;
  /** Whose it is: nobody else can use it. */
  token: string;
  release: ReleaseId;
  service: string;
  version: string;
  revision: number;
  environment: string;
  sha: string | null;
  digest: string | null;
  until: Instant;
  nonce: string;
};

const signed = (key: JournalKey, body: string): Buffer =>
  createHmac('sha256', key.secret).update(`start pass\n${body}`).digest();

export const makePass = (key: JournalKey, pass: Omit<Pass, 'until' | 'nonce'>, now: Instant): string => {
  const whole: Pass = { ...pass, until: after(now, LASTS), nonce: randomUUID() };
  const body = Buffer.from(JSON.stringify(whole)).toString('base64url');
  return `${body}.${signed(key, body).toString('base64url')}`;
};

/** `null` for what was not made here, or not as it is. Whether it is still good is the caller's to look at. */
export const readPass = (key: JournalKey, text: string): Pass | null => {
  const [body = '', signature = ''] = text.split('.');
  const given = Buffer.from(signature, 'base64url');
  const right = signed(key, body);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const read = shape.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
  return read.success ? { ...(read.data as Pass), until: instant(read.data.until) } : null;
};
