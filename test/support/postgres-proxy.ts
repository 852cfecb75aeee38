/**
 * Stands between the app and its Postgres and counts what goes over the wire: trips (the app waited for an answer, then sent again) and
 * statements with their texts. Answers are held back for a moment, so that what is sent without waiting counts as one trip however the
 * machine schedules it.
 */
import { connect, createServer, type Socket } from 'node:net';

export type WireCost = { trips: number; statements: readonly string[] };

export type Wire = {
  url: string;
  /** What `work` cost. */
  during: (work: () => Promise<unknown>) => Promise<WireCost>;
  close: () => Promise<void>;
};

const HELD_BACK_MS = 25;
const STARTUP_HEADER = 4;
const HEADER = 5;

/** Reads the messages of the protocol out of a stream, whatever pieces it comes in. */
const framing = (onMessage: (type: string, body: Buffer) => void) => {
  let rest = Buffer.alloc(0);
  let started = false;
  return (chunk: Buffer): void => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      if (rest.length < HEADER) return;
      const at = started ? 1 : 0;
      const length = rest.readInt32BE(at) + at;
      if (rest.length < length) return;
      if (started) onMessage(String.fromCharCode(rest[0] ?? 0), rest.subarray(HEADER, length));
      // A request for TLS is answered with a byte and followed by the real beginning.
      else started = length > STARTUP_HEADER + 4;
      rest = rest.subarray(length);
    }
  };
};

const textAt = (body: Buffer, from: number): string => body.toString('utf8', from, body.indexOf(0, from));

export const proxyPostgres = async (url: string): Promise<Wire> => {
  const target = new URL(url);
  let trips = 0;
  /** An answer has come since something was last sent, on whichever connection: what is sent at the same time is one trip. */
  let waited = true;
  let statements: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((app) => {
    const upstream = connect(Number(target.port), target.hostname);
    sockets.add(app).add(upstream);
    const prepared = new Map<string, string>();
    const portals = new Map<string, string>();
    const read = framing((type, body) => {
      if (type === 'Q') statements.push(textAt(body, 0));
      if (type === 'P') {
        const name = textAt(body, 0);
        prepared.set(name, textAt(body, Buffer.byteLength(name) + 1));
      }
      if (type === 'B') {
        const portal = textAt(body, 0);
        portals.set(portal, textAt(body, Buffer.byteLength(portal) + 1));
      }
      if (type === 'E') statements.push(prepared.get(portals.get(textAt(body, 0)) ?? '') ?? '?');
    });
    app.on('data', (chunk: Buffer) => {
      if (waited) trips += 1;
      waited = false;
      read(chunk);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      setTimeout(() => {
        waited = true;
        if (!app.destroyed) app.write(chunk);
      }, HELD_BACK_MS);
    });
    for (const [one, other] of [
      [app, upstream],
      [upstream, app],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => setTimeout(() => other.destroy(), 2 * HELD_BACK_MS));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String(address.port);
  return {
    url: own.toString(),
    during: async (work) => {
      trips = 0;
      statements = [];
      waited = true;
      await work();
      return { trips, statements: [...statements] };
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
