/** The sandbox's HTTP side: the Web API, response URLs and the socket of Socket Mode, on the loopback interface only. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { checkMessage } from './check-blocks.ts';
import type { Socket } from './delivery.ts';
import type { Fault, Faults } from './faults.ts';
import { RESPONSE_URL_MS, RESPONSE_URL_USES } from './limits.ts';
import { exchange } from './oauth.ts';
import type { Rates } from './rates.ts';
import { type Args, call, type Reply, SlackRefusal } from './web-api.ts';
import { newTs, type World } from './world.ts';

export type Call = { method: string; args: Args; reply: Reply | null; fault: Fault['kind'] | null; at: number };
/** Answers a request that is not the Web API's; false when it is not its either. */
export type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<boolean>;
export type ApiServer = {
  url: string;
  calls: Call[];
  /** Another workspace that has the app. */
  join: (world: World) => void;
  serve: (handler: Handler) => void;
  close: () => Promise<void>;
};

const readBody = async (req: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
};

const argsOf = (type: string, body: string): Args =>
  type.startsWith('application/json')
    ? (JSON.parse(body === '' ? '{}' : body) as Args)
    : Object.fromEntries(new URLSearchParams(body));

const send = (res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  res.end(JSON.stringify(body));
};

const run = (world: World, method: string, token: string | null, args: Args): Reply => {
  try {
    return call(world, method, token, args);
  } catch (error) {
    if (error instanceof SlackRefusal) return error.reply;
    throw error;
  }
};

type Parts = { worlds: World[]; faults: Faults; rates: Rates; socket: Socket; calls: Call[]; wsUrl: () => string };

/** Before the call is done, or after it: what its caller gets instead of the answer. True when it was dealt with. */
const before = (fault: Fault | null, req: IncomingMessage, res: ServerResponse): boolean => {
  switch (fault?.kind) {
    case 'limited':
      send(res, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(fault.retryAfterS) });
      return true;
    case 'error':
      send(res, 200, { ok: false, error: fault.error });
      return true;
    case 'status before':
      send(res, 503, { ok: false });
      return true;
    case 'reset before':
      req.socket.destroy();
      return true;
    default:
      return false;
  }
};

const afterwards = async (
  fault: Fault | null,
  req: IncomingMessage,
  res: ServerResponse,
  reply: Reply,
  scopes: string,
): Promise<void> => {
  switch (fault?.kind) {
    case 'status after':
      return send(res, 503, { ok: false });
    case 'reset after':
      req.socket.destroy();
      return;
    case 'hang after':
      await wait(fault.ms);
      req.socket.destroy();
      return;
    default:
      return send(res, 200, reply, { 'x-oauth-scopes': scopes });
  }
};

const api = async (parts: Parts, method: string, req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const args = argsOf(req.headers['content-type'] ?? '', await readBody(req));
  const token =
    req.headers.authorization?.replace(/^Bearer /, '') ?? (typeof args['token'] === 'string' ? args['token'] : null);
  const [first] = parts.worlds;
  const world = parts.worlds.find(({ tokens }) => token !== null && tokens.has(token)) ?? first;
  if (world === undefined) throw new Error('There is no workspace.');
  if (method === 'apps.connections.open') {
    return token === world.appToken
      ? send(res, 200, { ok: true, url: parts.wsUrl() })
      : send(res, 200, { ok: false, error: 'invalid_auth' });
  }
  const fault = parts.faults.take(method, args);
  const wait_ =
    fault === null ? parts.rates.refuse(method, typeof args['channel'] === 'string' ? args['channel'] : null) : null;
  const effective: Fault | null = wait_ === null ? fault : { kind: 'limited', retryAfterS: wait_ };
  if (before(effective, req, res)) {
    parts.calls.push({ method, args, reply: null, fault: effective?.kind ?? null, at: Date.now() });
    return;
  }
  const reply = method === 'oauth.v2.access' ? exchange(parts.worlds, args) : run(world, method, token, args);
  parts.calls.push({ method, args, reply, fault: effective?.kind ?? null, at: Date.now() });
  await afterwards(effective, req, res, reply, [...world.scopes].join(','));
};

/** A response URL: five uses in half an hour; private unless it says otherwise. */
const respond = async (
  { worlds, faults }: Parts,
  id: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> => {
  const world = worlds.find(({ responseUrls }) => responseUrls.has(id));
  const known = world?.responseUrls.get(id);
  if (world === undefined || known === undefined) return send(res, 404, { ok: false, error: 'used_url' });
  if (known.uses >= RESPONSE_URL_USES || Date.now() - known.issuedAt > RESPONSE_URL_MS)
    return send(res, 404, { ok: false, error: 'expired_url' });
  known.uses += 1;
  const body = JSON.parse(await readBody(req)) as Record<string, unknown>;
  const blocks = (body['blocks'] as readonly unknown[] | undefined) ?? [];
  const problem = blocks.length === 0 ? null : checkMessage(blocks);
  if (problem !== null) return send(res, 400, { ok: false, error: problem.error });
  const fault = faults.take('response_url', body);
  if (fault?.kind === 'error') return send(res, 200, { ok: false, error: fault.error });
  const original = world.messages.find(({ channel, ts }) => channel === known.channel && ts === known.messageTs);
  if (body['replace_original'] === true && original !== undefined)
    Object.assign(original, { text: String(body['text'] ?? ''), blocks, edits: original.edits + 1 });
  else addPrivate(world, known.user, known.channel, body);
  send(res, 200, { ok: true });
};

/** A message that only one person sees: an answer to a command or a click. */
export const addPrivate = (world: World, user: string, channel: string, body: Record<string, unknown>): void => {
  const blocks = (body['blocks'] as readonly unknown[] | undefined) ?? [];
  const open = body['response_type'] === 'in_channel';
  world.messages.push({
    channel,
    ts: newTs(),
    user: world.botUserId,
    text: String(body['text'] ?? ''),
    blocks,
    threadTs: null,
    broadcast: false,
    metadata: null,
    onlyFor: open ? null : user,
    edits: 0,
    storedAt: Date.now(),
    at: world.clock.now(),
  });
};

/** Starts the server on a free port of the loopback interface, or on `port`. */
export const startApi = async (
  world: World,
  faults: Faults,
  rates: Rates,
  socket: Socket,
  port: number,
): Promise<ApiServer> => {
  const calls: Call[] = [];
  let address = '';
  const ticket = randomUUID();
  let extra: Handler = () => Promise.resolve(false);
  const worlds = [world];
  const parts: Parts = { worlds, faults, rates, socket, calls, wsUrl: () => `ws://${address}/socket?ticket=${ticket}` };
  const route = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(req.headers.host ?? ''))
      return send(res, 403, { ok: false, problem: 'The sandbox answers to 127.0.0.1 and localhost only.' });
    const [, kind, name = ''] = (req.url ?? '').split('?')[0]?.split('/') ?? [];
    if (kind === 'api') return api(parts, name, req, res);
    if (kind === 'response') return respond(parts, name, req, res);
    if (await extra(req, res)) return;
    return send(res, 404, { ok: false });
  };
  const server = createServer((req, res) => {
    route(req, res).catch((error: unknown) => send(res, 500, { ok: false, error: String(error) }));
  });
  const sockets = new WebSocketServer({
    server,
    path: '/socket',
    // Any page in a browser on this machine may try to open it; none knows the ticket.
    verifyClient: ({ req }: { req: IncomingMessage }) => req.url?.endsWith(`ticket=${ticket}`) === true,
  });
  sockets.on('connection', socket.connect);
  // The server's own listener tells of it.
  sockets.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${address}/api/`,
    calls,
    join: (other) => void worlds.push(other),
    serve: (handler) => {
      extra = handler;
    },
    close: async () => {
      socket.drop();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
