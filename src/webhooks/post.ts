/** One request to an address that somebody typed: never to a machine that only we can reach, and never to where an answer points instead. */

import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, request } from 'undici';
import { storable } from '../domain/words.ts';

/** Milliseconds. */
const PATIENCE = 10_000;
/** Characters of an answer that are kept, and bytes of it that are read at all. */
const KEPT = 300;
const READ = 4_096;

export class PrivateAddress extends Error {}

/** Loopback, private, link-local, shared, reserved: everything that is not of the public Internet. What is no address is none of it. */
export const isPrivate = (address: string): boolean =>
  !ipaddr.isValid(address) || ipaddr.process(address).range() !== 'unicast';

const refusal = (host: string): PrivateAddress =>
  new PrivateAddress(
    `${host} is not an address of the public Internet; WEBHOOKS_TO_PRIVATE=true lets webhooks and probes go there`,
  );

/** Resolves as the system does, and refuses what leads inside: at the moment of connecting, so that no later answer of the name counts. */
const publicLookup: LookupFunction = (host, options, done) => {
  resolve(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '');
    const inside = addresses.find(({ address }) => isPrivate(address));
    if (inside !== undefined || addresses.length === 0) return done(refusal(host), '');
    if (options.all === true) return done(null, addresses);
    const [first] = addresses;
    return done(null, first?.address ?? '', first?.family ?? 4);
  });
};

/** What an answer begins with, as text that can be kept. What follows is not read. */
const beginningOf = async (body: AsyncIterable<Buffer> & { destroy: () => void }): Promise<string> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.length;
    if (size >= READ) break;
  }
  body.destroy();
  return storable(Buffer.concat(parts).toString('utf8')).slice(0, KEPT);
};

export type Posted = { status: number; text: string };
export type Poster = {
  /** Throws `PrivateAddress`, and what the network throws. A redirect is an answer, and not followed. */
  post: (url: string, body: string, headers: Readonly<Record<string, string>>) => Promise<Posted>;
  /** As `post`; asks an address how it is. */
  get: (url: string) => Promise<Posted>;
  close: () => Promise<void>;
};

export const poster = (toPrivate: boolean): Poster => {
  const agent = new Agent(toPrivate ? {} : { connect: { lookup: publicLookup } });
  const ask = async (
    url: string,
    { headers, ...more }: { method: 'GET' | 'POST'; body?: string; headers: Readonly<Record<string, string>> },
  ): Promise<Posted> => {
    const literal = new URL(url).hostname.replace(/^\[|\]$/g, '');
    // What is an address already is not looked up.
    if (!toPrivate && ipaddr.isValid(literal) && isPrivate(literal)) throw refusal(literal);
    const answer = await request(url, {
      ...more,
      headers: { ...headers, 'accept-encoding': 'identity' },
      dispatcher: agent,
      signal: AbortSignal.timeout(PATIENCE),
    });
    // It may end in the middle of what it says: its status was said.
    const text = await beginningOf(answer.body).catch(() => '');
    return { status: answer.statusCode, text };
  };
  return {
    post: (url, body, headers) => ask(url, { method: 'POST', body, headers }),
    get: (url) => ask(url, { method: 'GET', headers: { 'user-agent': 'signalbox' } }),
    close: () => agent.destroy(),
  };
};
