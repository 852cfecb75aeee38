/** The HTTP front: health and metrics, then Slack. What Bolt does not check itself is checked here, before it. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsRegistry } from './metrics.ts';

const BODY_LIMIT = 1_000_000;
const SKEW_S = 300;

type Pages = (req: IncomingMessage, res: ServerResponse, path: string) => Promise<void>;

/** `pages` are those on which workspaces install the app, by path. */
export type Front = {
  slack: RequestListener | null;
  /** Everything under /v1. */
  api: RequestListener;
  /** Everything under /hooks. */
  hooks: RequestListener;
  pages: ReadonlyMap<string, Pages>;
  ready: () => Promise<boolean>;
  /** Null where they have an address of their own. */
  metrics: MetricsRegistry | null;
};

const answer = (res: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
  res.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' });
  res.end(body);
};

const readBody = async (req: IncomingMessage): Promise<Buffer | null> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_LIMIT) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
};

/** Bolt refuses what is older than five minutes and takes what is dated in the future, or not at all: all of it is refused here. */
const skewed = (req: IncomingMessage): boolean => {
  const timestamp = Number(req.headers['x-slack-request-timestamp']);
  return !(Math.abs(Date.now() / 1_000 - timestamp) <= SKEW_S);
};

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectIn = (text: string): Json | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
};

/** What Bolt reads of each kind without looking: where it is missing, the request would fail inside of it. */
const NEEDS: Readonly<Record<string, (payload: Json) => boolean>> = {
  event_callback: ({ event }) => isObject(event),
  block_actions: ({ actions }) => Array.isArray(actions) && actions.length > 0 && actions.every(isObject),
  view_submission: ({ view }) => isObject(view),
  view_closed: ({ view }) => isObject(view),
};

const canBeRead = (payload: Json | null): boolean => {
  if (payload === null) return false;
  const kind = String(payload['type']);
  return !Object.hasOwn(NEEDS, kind) || NEEDS[kind]?.(payload) === true;
};

/** Whether it can be a request of Slack: an object, or a form. Bolt reads fields of whatever it is given, and `null` would end the process. */
const isReadable = (req: IncomingMessage, body: Buffer): boolean => {
  const text = body.toString('utf8');
  if (req.headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true)
    return canBeRead(objectIn(text));
  const payload = new URLSearchParams(text).get('payload');
  return payload === null || canBeRead(objectIn(payload));
};

const isRateNotice = (req: IncomingMessage, body: Buffer): boolean =>
  req.headers['content-type']?.startsWith('application/json') === true &&
  /^\s*\{[^{]*"type"\s*:\s*"app_rate_limited"/.test(body.toString('utf8'));

const toSlack = async (slack: RequestListener, req: IncomingMessage, res: ServerResponse): Promise<void> => {
  if (req.method !== 'POST') {
    res.setHeader('allow', 'POST');
    return answer(res, 405, 'Slack posts its requests here; there is nothing to see.');
  }
  if (skewed(req)) return answer(res, 401, 'The request is more than five minutes away from now.');
  const body = await readBody(req);
  if (body === null) return answer(res, 413, 'The request is larger than 1 MB.');
  if (!isReadable(req, body)) return answer(res, 400, 'The request is neither a form nor a JSON object.');
  // Bolt does not know this type, logs an error and lets it hang for three seconds.
  if (isRateNotice(req, body)) return answer(res, 200, '');
  Object.assign(req, { rawBody: body });
  slack(req, res);
};

const showMetrics = async (metrics: MetricsRegistry, res: ServerResponse): Promise<void> =>
  answer(res, 200, await metrics.text(), 'text/plain; version=0.0.4');

const route = async (front: Front, req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const path = (req.url ?? '/').split('?')[0];
  if (path === '/healthz') return answer(res, 200, 'ok');
  if (path === '/readyz') return (await front.ready()) ? answer(res, 200, 'ready') : answer(res, 503, 'not ready');
  if (path === '/metrics' && front.metrics !== null) return showMetrics(front.metrics, res);
  if (path === '/slack/events' && front.slack !== null) return toSlack(front.slack, req, res);
  if (path?.startsWith('/v1/') === true) return front.api(req, res);
  if (path?.startsWith('/hooks/') === true) return front.hooks(req, res);
  const page = req.method === 'GET' ? front.pages.get(path ?? '') : undefined;
  if (page !== undefined && path !== undefined) return page(req, res, path);
  return answer(res, 404, 'There is nothing here.');
};

/** `/metrics` alone, for an address that only the monitoring reaches. */
export const listenForMetrics = (
  metrics: MetricsRegistry,
  host: string,
  port: number,
  onError: (error: unknown) => void,
): Promise<{ server: Server; port: number }> =>
  listening(
    (req, res) =>
      req.url?.split('?')[0] === '/metrics'
        ? showMetrics(metrics, res)
        : Promise.resolve(answer(res, 404, 'There is only /metrics here.')),
    host,
    port,
    onError,
  );

/** Starts to listen and returns the server with its port. */
export const listen = (
  front: Front,
  host: string,
  port: number,
  onError: (error: unknown) => void,
): Promise<{ server: Server; port: number }> => listening((req, res) => route(front, req, res), host, port, onError);

const listening = (
  serve: (req: IncomingMessage, res: ServerResponse) => Promise<void>,
  host: string,
  port: number,
  onError: (error: unknown) => void,
): Promise<{ server: Server; port: number }> => {
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (req, res) => {
    serve(req, res).catch((error: unknown) => {
      // Whoever called went away, or was too slow and has been told so: nothing failed here.
      if (!req.complete && (error as { code?: unknown }).code === 'ECONNRESET') return;
      onError(error);
      if (!res.headersSent) answer(res, 500, 'Signalbox failed at this; see its log.');
    });
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.maxHeadersCount = 100;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
};
