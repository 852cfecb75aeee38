/** What all routes share: how a refusal is answered, and how a repetition is known. */
import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Deps } from '../deps.ts';
import { canonical } from '../domain/approval/snapshot.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { nearestOf } from '../domain/nearest.ts';
import type { Refusal } from '../domain/refusal.ts';
import { say } from '../domain/words.ts';
import type { Env } from './caller.ts';
import { type Problem, problemSchema, refusalProblem } from './problems.ts';

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
  415: document('The body is not sent as JSON'),
  422: document('An input is not right'),
  429: document('Too many requests'),
  503: document('Come again in a moment'),
} as const;

type Status = keyof typeof refusals;

/** Of what every route may answer, what this one does: a document that names what never comes is no help. */
export const refusalsBut = <Never extends Status>(...never: readonly Never[]): Omit<typeof refusals, Never> =>
  Object.fromEntries(
    Object.entries(refusals).filter(([status]) => !(never as readonly number[]).includes(Number(status))),
  ) as Omit<typeof refusals, Never>;

/** A reading takes no body, and nothing is in its way: of one release, and of lists. */
export const readingRefusals = refusalsBut(409, 413, 415, 503);
export const listRefusals = refusalsBut(404, 409, 413, 415, 503);

/**
 * Answers with a refusal of a rule, or with a problem that is worded already. The router's types know JSON alone, and not that of problems: a
 * refusal fits everywhere.
 */
export const answerProblem = async (c: Context<Env>, deps: Deps, what: Refusal | Refused): Promise<never> => {
  const told = 'status' in what && 'detail' in what ? what : await refusalProblem(deps, c.var.caller.workspace, what);
  if (told.status === 503) c.header('retry-after', '2');
  return c.json(told, told.status as Status, { 'content-type': 'application/problem+json' }) as never;
};

export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'What was done under a key is done once, and answered alike for 48 hours. A refusal is not kept: what was in the way may be gone.',
    ),
});

/** The same document whether it was just made or had been kept: the database keeps no order of names. */
export const inOrder = <Body>(body: Body): Body => JSON.parse(canonical(body)) as Body;

const printOf = (method: string, path: string, body: unknown): string =>
  createHash('sha256')
    .update(`${method} ${path}\n${canonical(body)}`)
    .digest('hex')
    .slice(0, 24);

/** Under which key this request is kept, and what it asks; nothing where the caller gave none. What is refused is not kept. */
export const keeping = (c: Context<Env>, body: unknown): { requestKey: string | null; print?: string } => {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return { requestKey: null };
  const named = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return { requestKey: `api:${c.var.caller.token.id}:${named}`, print: printOf(c.req.method, c.req.path, body) };
};

/** An environment that the catalog does not have. */
export const nowhereRefusal = (catalog: Catalog, environment: string): Refusal | null => {
  const names = catalog.environments.map(({ name }) => name);
  if (names.includes(environment)) return null;
  const nearest = nearestOf(environment, names);
  const hint = nearest === null ? ` Known: ${names.join(', ')}.` : ` Did you mean ${nearest}?`;
  return {
    code: 'fields',
    problems: [{ field: 'environment', problem: say`There is no environment “${environment}”.${hint}` }],
  };
};
