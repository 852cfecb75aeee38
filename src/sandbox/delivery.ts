/** Brings payloads to the bot: signed HTTP, or envelopes over Socket Mode. Waits for the acknowledgement, and writes down when none came. */
import { createHmac, randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { ACK_MS } from './limits.ts';
import type { World } from './world.ts';

export type PayloadKind = 'command' | 'interactive' | 'event';
/** `body` is what the bot answered with, if anything. `acknowledged` is false after three seconds, or when the connection broke. */
export type Acknowledgement = {
  acknowledged: boolean;
  status: number;
  body: Record<string, unknown> | null;
  ms: number;
};
export type Deliver = (kind: PayloadKind, payload: Record<string, unknown>) => Promise<Acknowledgement>;

const encode = (kind: PayloadKind, payload: Record<string, unknown>): { body: string; type: string } => {
  if (kind === 'event') return { body: JSON.stringify(payload), type: 'application/json' };
  const fields =
    kind === 'command'
      ? Object.entries(payload).map(([key, value]) => [key, String(value)])
      : [['payload', JSON.stringify(payload)]];
  return {
    body: new URLSearchParams(fields as [string, string][]).toString(),
    type: 'application/x-www-form-urlencoded',
  };
};

export const sign = (secret: string, timestamp: number, body: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;

const bodyOf = (text: string): Record<string, unknown> | null => {
  if (text === '') return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text };
  }
};

/** Over HTTP, as Slack does: signed, with three seconds to answer. */
export const httpDelivery =
  (world: World, requestUrl: () => string): Deliver =>
  async (kind, payload) => {
    const { body, type } = encode(kind, payload);
    const timestamp = Math.floor(Date.now() / 1_000);
    const started = performance.now();
    const took = () => performance.now() - started;
    try {
      const response = await fetch(requestUrl(), {
        method: 'POST',
        headers: {
          'content-type': type,
          'x-slack-request-timestamp': String(timestamp),
          'x-slack-signature': sign(world.signingSecret, timestamp, body),
        },
        body,
        signal: AbortSignal.timeout(ACK_MS),
      });
      const text = await response.text();
      return { acknowledged: response.ok, status: response.status, body: bodyOf(text), ms: took() };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { acknowledged: false, status: 0, body: null, ms: took() };
    }
  };

export type Socket = {
  deliver: Deliver;
  connect: (socket: WebSocket) => void;
  connections: () => number;
  disconnect: (reason: string) => void;
  drop: () => void;
};

const ENVELOPE: Readonly<Record<PayloadKind, string>> = {
  command: 'slash_commands',
  interactive: 'interactive',
  event: 'events_api',
};

/** Over Socket Mode: each envelope goes to any one of the connections. */
export const socketDelivery = (): Socket => {
  let sockets: WebSocket[] = [];
  let turn = 0;
  const waiting = new Map<string, (body: Record<string, unknown> | null) => void>();
  const connect = (socket: WebSocket): void => {
    sockets.push(socket);
    socket.on('close', () => {
      sockets = sockets.filter((other) => other !== socket);
    });
    socket.on('message', (data: Buffer) => {
      const { envelope_id: id, payload } = JSON.parse(data.toString('utf8')) as {
        envelope_id?: string;
        payload?: Record<string, unknown>;
      };
      if (id !== undefined) waiting.get(id)?.(payload ?? null);
    });
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: sockets.length,
        connection_info: { app_id: 'A0SIGNALBOX' },
        debug_info: { host: 'sandbox', approximate_connection_time: 18_060 },
      }),
    );
  };
  const deliver: Deliver = (kind, payload) => {
    const started = performance.now();
    turn += 1;
    const socket = sockets[turn % Math.max(1, sockets.length)];
    if (socket === undefined) return Promise.resolve({ acknowledged: false, status: 0, body: null, ms: 0 });
    const id = randomUUID();
    return new Promise((resolve) => {
      const done = (acknowledged: boolean, body: Record<string, unknown> | null): void => {
        clearTimeout(timer);
        socket.off('close', lost);
        waiting.delete(id);
        resolve({ acknowledged, status: acknowledged ? 200 : 0, body, ms: performance.now() - started });
      };
      const lost = (): void => done(false, null);
      const timer = setTimeout(lost, ACK_MS);
      waiting.set(id, (body) => done(true, body));
      socket.once('close', lost);
      socket.send(
        JSON.stringify({
          envelope_id: id,
          type: ENVELOPE[kind],
          accepts_response_payload: kind !== 'event',
          payload,
          retry_attempt: 0,
          retry_reason: '',
        }),
      );
    });
  };
  return {
    deliver,
    connect,
    connections: () => sockets.length,
    disconnect: (reason) => {
      for (const socket of sockets)
        socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'sandbox' } }));
    },
    drop: () => {
      for (const socket of sockets) socket.terminate();
    },
  };
};
