/** Every verb that a token may do, as a route: the table's name, schema and words, and nothing else. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Deps } from '../deps.ts';
import { madeForAnother } from '../domain/gate/gate.ts';
import type { Refusal } from '../domain/refusal.ts';
import { keyOf, parseReference } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { tokenRefusal } from '../domain/token/token.ts';
import { say } from '../domain/words.ts';
import { findRelease } from '../releases/release-store.ts';
import { perform, performOnWorkspace } from '../situation/perform.ts';
import type { Seen } from '../situation/seen-by.ts';
import {
  isReleaseVerb,
  isWorkspaceVerb,
  type ReleaseVerb,
  type Verb,
  type VerbTable,
  type WorkspaceVerb,
} from '../situation/verbs.ts';
import { type Caller, ctxOf, type Env } from './caller.ts';
import { answerProblem, idempotencyHeader, inOrder, keeping, refusals, refusalsBut } from './common.ts';
import { NotKnown, refusalProblem } from './problems.ts';
import { releaseJson, releaseSchema } from './release-json.ts';

/** `record gate` is `/record-gate`. */
const slugOf = ({ name }: Pick<Verb, 'name'>): string => name.replaceAll(' ', '-');

/** The path of a verb. */
export const pathOf = (verb: Pick<Verb, 'name' | 'on'>): string =>
  verb.on === 'release' ? `/v1/releases/{ref}/${slugOf(verb)}` : `/v1/${slugOf(verb)}`;

export const refParam = z.object({
  ref: z
    .string()
    .max(130)
    .openapi({
      param: { name: 'ref', in: 'path' },
      example: 'REL-142',
      description: 'REL-142, 142 or checkout@2.14.0',
    }),
});

/** A field that is spelt wrong is refused, and not left out in silence. */
const exact = ({ input }: Verb): z.ZodType => (input instanceof z.ZodObject ? input.strict() : input);

/** Whether anything has to be said; where nothing has, nothing needs to be sent. */
const wantsSomething = (verb: Verb): boolean => !verb.input.safeParse({}).success;

/** What stands for nothing has no body. */
const bodyOf = (verb: Verb) =>
  verb.input instanceof z.ZodNull
    ? {}
    : { body: { content: { 'application/json': { schema: exact(verb) } }, required: wantsSomething(verb) } };

const described = (verb: Verb) => ({
  method: 'post' as const,
  path: pathOf(verb),
  tags: ['What can be done'],
  operationId: slugOf(verb),
  'x-token-scope': verb.token ?? undefined,
  summary: `${verb.name}: ${verb.says}`,
  description: `Needs a token that may ${verb.token ?? ''}.`,
});

const doneSchema = z.object({
  release: releaseSchema.nullable(),
  note: z.string().nullable().describe('What did not come of it, although it was done.'),
});
type Done = z.infer<typeof doneSchema>;
const NOT_SEEN: Done = { release: null, note: null };

/** A result of another artifact is kept, and whoever sent it hears that it does not count. */
const noteOf = (s: Seen, now: Instant): string | null => {
  const last = s.gates.at(-1);
  const differs = last === undefined || last.at !== now ? null : madeForAnother(s, last);
  return differs === null
    ? null
    : `Kept, and not counted: ${keyOf(s.release)} is ${differs.known}, and this result is of ${differs.given}.`;
};

/** A verb that wants nothing takes no fields either: what somebody sends with it they expect to count. */
const nothingIn = (text: string): null => {
  const sent: unknown = text.trim() === '' ? null : JSON.parse(text);
  const names = typeof sent === 'object' && sent !== null ? Object.keys(sent) : sent === null ? [] : ['body'];
  if (names.length > 0) throw new NotKnown(names);
  return null;
};

const inputOf = async (verb: Verb, { req }: Context<Env>): Promise<unknown> => {
  if (verb.input instanceof z.ZodNull) return nothingIn(await req.text());
  return !wantsSomething(verb) && (await req.text()) === '' ? {} : req.json();
};

const releaseRoute = (api: OpenAPIHono<Env>, deps: Deps, verb: ReleaseVerb<never>): void => {
  api.openapi(
    createRoute({
      ...described(verb),
      request: { params: refParam, headers: idempotencyHeader, ...bodyOf(verb) },
      responses: {
        200: {
          description: 'It is done; the release as it is now',
          content: { 'application/json': { schema: doneSchema } },
        },
        ...(verb.name === 'record gate' ? refusalsBut(409) : refusals),
      },
    }),
    async (c) => {
      const { caller } = c.var;
      const input = await inputOf(verb, c);
      const reference = parseReference(c.req.param('ref') ?? '');
      const found = reference === null ? null : await findRelease(deps.database.db, caller.workspace, reference);
      if (found === null || (caller.token.services.length > 0 && !caller.token.services.includes(found.service)))
        return answerProblem(c, deps, {
          code: 'not_found',
          what: 'release',
          reference: c.req.param('ref') ?? '',
          fix: say`Write it like REL-142 or checkout@2.14.0.`,
        });
      const kept = keeping(c, asJson(c.req.valid('json' as never)));
      const ctx = ctxOf(deps, caller, kept);
      const answer = (after: Seen): Done => ({ release: releaseJson(after.release), note: noteOf(after, ctx.now) });
      const done = await perform(deps, ctx, verb, { release: found.id, answer }, input);
      return done.ok ? c.json(inOrder(done.value.answer ?? NOT_SEEN), 200) : answerProblem(c, deps, done.refusal);
    },
  );
};

/** What was read is data alone: a value that is none, and fields that are none, are nothing. */
const asJson = (value: unknown): unknown =>
  value == null || (typeof value === 'object' && Object.keys(value).length === 0) ? null : value;

/** What a verb on the workspace answers: releases by their key, and why one was not asked for in words. */
const valueJson = async (deps: Deps, { workspace }: Caller, value: unknown): Promise<Record<string, unknown>> => {
  const { key, notAsked, ...rest } = (value ?? {}) as { key?: string; notAsked?: Refusal | null };
  if (key === undefined) return rest;
  return { release: key, notAsked: notAsked == null ? null : await refusalProblem(deps, workspace, notAsked) };
};

/** What of the refusals a verb on the workspace never gives: it looks for nothing, or nothing can be in its way. */
const NEVER: Readonly<Record<string, Partial<typeof refusals>>> = {
  'create release': refusalsBut(404, 409),
  'declare freeze': refusalsBut(404, 409),
  'lock environment': refusalsBut(404, 409),
  'unlock environment': refusalsBut(409),
};

const workspaceRoute = (api: OpenAPIHono<Env>, deps: Deps, verb: WorkspaceVerb<never, unknown>): void => {
  api.openapi(
    createRoute({
      ...described(verb),
      request: { headers: idempotencyHeader, ...bodyOf(verb) },
      responses: {
        200: {
          description: 'It is done',
          content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } },
        },
        ...(NEVER[verb.name] ?? refusals),
      },
    }),
    async (c) => {
      const { caller } = c.var;
      const barred = tokenRefusal(caller.token, { scope: verb.token, services: [] });
      if (barred !== null) return answerProblem(c, deps, barred);
      const input = await inputOf(verb, c);
      const kept = keeping(c, asJson(c.req.valid('json' as never)));
      const done = await performOnWorkspace(deps, ctxOf(deps, caller, kept), verb, input);
      return done.ok
        ? c.json(inOrder(await valueJson(deps, caller, done.value)), 200)
        : answerProblem(c, deps, done.refusal);
    },
  );
};

/** The verbs that a token may do. */
export const tokenVerbsOf = (table: VerbTable): readonly Verb[] =>
  Object.values(table)
    .flat()
    .filter(({ token }) => token !== null);

export const verbRoutes = (api: OpenAPIHono<Env>, deps: Deps, table: VerbTable): void => {
  for (const verb of tokenVerbsOf(table)) {
    if (isReleaseVerb(verb)) releaseRoute(api, deps, verb);
    if (isWorkspaceVerb(verb)) workspaceRoute(api, deps, verb);
  }
};
