/** One request to an address that somebody typed: never to a machine that only we can reach, and never to where an answer points instead. */
import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, fetch } from 'undici';

/** Milliseconds. */
const PATIENCE = 10_000;

export class PrivateAddress extends Error {}

/** Loopback, private, link-local, shared, reserved: everything that is not of the public Internet. What is no address is none of it. */
export const isPrivate = (address: string): boolean =>
  !ipaddr.isValid(address) || ipaddr.process(address).range() !== 'unicast';

const refusal = (host: string): PrivateAddress =>
  new PrivateAddress(
    `${host} is not an address of the public Internet; WEBHOOKS_TO_PRIVATE=true lets webhooks go there`,
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

export type Posted = { status: number; text: string };
export type Post = (url: string, body: string, headers: Readonly<Record<string, string>>) => Promise<Posted>;

/** Throws `PrivateAddress`, and what the network throws. A redirect is an answer, and not followed. */
export const poster = (toPrivate: boolean): Post => {
  const agent = new Agent(toPrivate ? {} : { connect: { lookup: publicLookup } });
  return async (url, body, headers) => {
    const { hostname } = new URL(url);
    const literal = hostname.replace(/^\[|\]$/g, '');
    // What is an address already is not looked up.
    if (!toPrivate && ipaddr.isValid(literal) && isPrivate(literal)) throw refusal(literal);
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers,
      redirect: 'manual',
      dispatcher: agent,
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = (await response.text()).slice(0, 300);
    return { status: response.status, text };
  };
};
