/** What all routes share: how a refusal is answered, and how a repetition is known. */
import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Deps } from '../deps.ts';
import { canonical } from '../domain/approval/snapshot.ts';
import type { Refusal } from '../domain/refusal.ts';
import { keyStartsWith } from '../tokens/token-store.ts';
import type { Env } from './caller.ts';
import { type Problem, problem, problemSchema, refusalProblem } from './problems.ts';

/** What is refused before any rule is asked. */
export type Refused = Problem;

const document = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

/** What every route may answer besides. */
export const refusals = {
  401: document('No token, or one that does not count'),
  403: document('This token may not'),
  404: document('There is no such thing here'),
  409: document('Something is in the way'),
  413: document('More than 1 MB'),
  422: document('An input is not right'),
  429: document('Too many requests'),
  503: document('Come again in a moment'),
} as const;

type RefusalStatus = keyof typeof refusals;

/**
 * Answers with a refusal of a rule, or with a problem that is worded already. The router's types know JSON alone, and not that of problems: a
 * refusal fits everywhere.
 */
export const answerProblem = async (c: Context<Env>, deps: Deps, what: Refusal | Refused): Promise<never> => {
  const told = 'status' in what && 'detail' in what ? what : await refusalProblem(deps, c.var.caller.workspace, what);
  if (told.status === 503) c.header('retry-after', '2');
  return c.json(told, told.status as RefusalStatus, { 'content-type': 'application/problem+json' }) as never;
};

export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The same key gets the same answer for 48 hours, and is done once.'),
});

/** The same document whether it was just made or had been kept: the database keeps no order of names. */
export const inOrder = <Body>(body: Body): Body => JSON.parse(canonical(body)) as Body;

const printOf = (method: string, path: string, body: unknown): string =>
  createHash('sha256')
    .update(`${method} ${path}\n${canonical(body)}`)
    .digest('hex')
    .slice(0, 24);

/**
 * The key under which this request is kept, with what it asks: `null` where the caller gave none. Refused when the key was used for something
 * else.
 */
export const requestKeyFor = async (c: Context<Env>, deps: Deps, body: unknown): Promise<string | null | Refused> => {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return null;
  const { workspace, token } = c.var.caller;
  const prefix = `api:${token.id}:${key}:`;
  const whole = `${prefix}${printOf(c.req.method, c.req.path, body)}`;
  const used = await keyStartsWith(deps.database.db, workspace, prefix);
  return used !== null && used !== whole
    ? problem(
        422,
        'idempotency.reused',
        'Nothing done: this Idempotency-Key was used for another request. Take a new one.',
      )
    : whole;
};
