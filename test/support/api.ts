/** What a pipeline does again and again: a token that an admin makes for it in Slack, and calls with it. */
import { fill } from './acting.ts';
import type { Name, Testbed } from './testbed.ts';

type Made = {
  name?: string;
  scopes?: readonly string[];
  service?: readonly string[];
  environments?: readonly string[];
};

export const makeToken = async (bed: Testbed, more: Made = {}, who: Name = 'rita'): Promise<string> => {
  await bed.as(who).command('/release', 'token new', bed.channels.team);
  await fill(bed, who, { name: 'checkout-ci', scopes: ['plan', 'evidence', 'deploy', 'freeze'], ...more });
  const secret = /sbt_\w+/.exec(JSON.stringify(bed.as(who).modal()?.body))?.[0];
  await bed.as(who).close();
  if (secret === undefined) throw new Error('no secret was shown');
  return secret;
};

export type Called = { status: number; body: Record<string, unknown>; headers: Headers };
export const calling =
  (bed: Testbed, token: string | null) =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Called> => {
    const response = await fetch(`http://127.0.0.1:${bed.app.port}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? {} : JSON.parse(text)) as Called['body'],
      headers: response.headers,
    };
  };
