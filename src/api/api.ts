/** The HTTP API: the table of verbs, the readings and the gate, for tokens; and the document that describes it. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { etag } from 'hono/etag';
import type { Deps } from '../deps.ts';
import { issueWords } from '../issue-words.ts';
import type { VerbTable } from '../situation/verbs.ts';
import { knownQuery, methodsAt } from './addresses.ts';
import { agentRoute } from './agents.ts';
import { limitedTo } from './body-limit.ts';
import { calendarFeed } from './calendar-feed.ts';
import { type Caller, callers, type Env, refuse } from './caller.ts';
import { type ApiDocument, docsPage } from './docs-page.ts';
import { eventSchema } from './event-json.ts';
import { gateRoutes } from './gate.ts';
import { fieldOf, NotKnown, notKnownProblem, problem } from './problems.ts';
import { readingRoutes } from './readings.ts';
import { startRoute } from './start-route.ts';
import { verbRoutes } from './verb-routes.ts';
import { type Waiting, waitingFor } from './waiting.ts';

const BODY_LIMIT = 1_000_000;

const INFO = {
  title: 'Signalbox API',
  version: '1',
  description:
    'Pipelines, scripts and assistants ask before they deploy, and say how it goes: the answers are those of the cards in Slack. What can be done is what people can do there, save approving.',
};

/** One request of the API from inside, in the name of a caller; `key`: what makes a repetition the same. */
export type CallApi = (
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  key?: string,
) => Promise<{ status: number; body: Record<string, unknown> }>;

export type Api = {
  as: (caller: Caller) => CallApi;
  listener: RequestListener;
  document: () => ApiDocument;
  waiting: Waiting;
};

/** A body that is no JSON, or not what the schema says, as a problem that names the field. */
const newApi = (): OpenAPIHono<Env> =>
  new OpenAPIHono<Env>({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const errors = result.error.issues.map((issue) => ({
        field: fieldOf(issue),
        detail: issueWords(issue, ': see /v1/docs'),
      }));
      const [first] = errors;
      return c.json(
        problem(
          422,
          'fields',
          `Nothing done: ${first?.field ?? 'the body'}: ${first?.detail ?? 'is not right'}.`,
          errors,
        ),
        422,
        { 'content-type': 'application/problem+json' },
      );
    },
  });

export const buildApi = (deps: Deps, table: VerbTable): Api => {
  const api = newApi();
  const waiting = waitingFor(deps);
  api.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  let made: ApiDocument | null = null;
  /** As it is served; made when first wanted, because the routes come after. */
  const document = (): ApiDocument => {
    made ??= JSON.parse(
      JSON.stringify(api.getOpenAPI31Document({ openapi: '3.1.0', info: INFO, security: [{ token: [] }] })),
    ) as ApiDocument;
    return made;
  };
  api.get('/v1/openapi.json', (c) => c.json(document()));
  api.get('/v1/docs', (c) => c.html(docsPage(document())));
  calendarFeed(api, deps);
  api.use(
    '/v1/*',
    limitedTo(BODY_LIMIT, (c) => refuse(c, 413, 'body.large', 'The body is larger than 1 MB.')),
  );
  api.use('/v1/*', (c, next) => {
    const sent = c.req.header('content-length') ?? c.req.header('transfer-encoding');
    const json = /^application\/(?:[\w.+-]+\+)?json\b/i.test(c.req.header('content-type') ?? '');
    return c.req.method === 'POST' && sent !== undefined && sent !== '0' && !json
      ? Promise.resolve(refuse(c, 415, 'body.type', 'Send JSON, with “Content-Type: application/json”.'))
      : next();
  });
  api.use('/v1/*', callers(deps));
  api.use('/v1/*', knownQuery(document));
  api.on('GET', '/v1/*', etag());
  api.openAPIRegistry.registerWebhook({
    method: 'post',
    path: 'event',
    summary: 'What a webhook is told, signed by Standard Webhooks',
    request: { body: { content: { 'application/json': { schema: eventSchema } } } },
    responses: { 200: { description: 'Taken. 410: told nothing any more; anything else is told again, for a day.' } },
  });
  gateRoutes(api, deps, waiting);
  startRoute(api, deps);
  readingRoutes(api, deps);
  verbRoutes(api, deps, table);
  agentRoute(api, document);
  api.notFound((c) => {
    const others = methodsAt(document(), c.req.path).map((method) => method.toUpperCase());
    if (others.length === 0) return refuse(c, 404, 'not_found', 'There is nothing here: see /v1/docs.');
    c.header('allow', others.join(', '));
    return refuse(c, 405, 'method', `${c.req.path} is asked with ${others.join(' or ')}: see /v1/docs.`);
  });
  api.onError((error, c) => {
    if (error instanceof NotKnown)
      return c.json(notKnownProblem(error), 422, { 'content-type': 'application/problem+json' });
    if (error instanceof SyntaxError) return refuse(c, 422, 'fields', 'Nothing done: the body is not JSON.');
    if ('getResponse' in error) return refuse(c, 422, 'fields', `Nothing done: ${error.message}.`);
    deps.log.error({ err: error, method: c.req.method, path: c.req.path }, 'api');
    return refuse(
      c,
      500,
      'failed',
      'Signalbox failed at this; its log says why. With an Idempotency-Key it can be sent again.',
    );
  });
  const listener = getRequestListener(api.fetch, { overrideGlobalObjects: false });
  const as =
    (caller: Caller): CallApi =>
    async (method, path, body, key) => {
      const headers = {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      };
      const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      const response = await api.request(path, init, { caller });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
  return {
    as,
    listener: (req: IncomingMessage, res: ServerResponse) => void listener(req, res),
    document,
    waiting,
  };
};
