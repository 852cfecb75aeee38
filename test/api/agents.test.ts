/** Assistants: a client of the official SDK, which asks, is told why not, and deploys once it may. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, describe, expect, it } from 'vitest';
import { tokenVerbsOf } from '../../src/api/verb-routes.ts';
import { VERB_TABLE } from '../../src/app.ts';
import { approve, create } from '../support/acting.ts';
import { makeToken } from '../support/api.ts';
import { urlOf } from '../support/cli.ts';
import { startTestbed } from '../support/testbed.ts';

const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

const connected = async (url: string, token: string): Promise<Client> => {
  const client = new Client({ name: 'an-assistant', version: '1' });
  clients.push(client);
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${url}/v1/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  );
  return client;
};

const namesOf = async (client: Client): Promise<readonly string[]> =>
  (await client.listTools()).tools.map(({ name }) => name);
const said = async (client: Client, name: string, input: Record<string, unknown>) => {
  const { isError, structuredContent } = await client.callTool({ name, arguments: input });
  return { isError: isError === true, body: structuredContent as Record<string, unknown> };
};

const WHAT = { service: 'checkout', version: '2.14.0', environment: 'production' };

describe('an assistant', () => {
  it('has the readings, the gate and what its token may do; approving is not among them', async () => {
    const bed = await startTestbed();
    const all = await namesOf(await connected(urlOf(bed), await makeToken(bed)));
    for (const verb of tokenVerbsOf(VERB_TABLE)) expect(all).toContain(verb.name.replaceAll(/[^a-zA-Z0-9]+/g, '_'));
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual(expect.arrayContaining(['ask_gate', 'start', 'list_releases', 'release_readiness']));
    expect(all.filter((name) => /approve|reject|waive|judge|decide|emergency|token|webhook/.test(name))).toEqual([]);
    const reads = await connected(urlOf(bed), await makeToken(bed, { name: 'evidence-ci', scopes: ['evidence'] }));
    const few = await namesOf(reads);
    expect(few).toEqual(expect.arrayContaining(['ask_gate', 'record_gate']));
    expect(few).not.toContain('start');
    expect(await said(reads, 'start', WHAT)).toMatchObject({ isError: true });
  });

  it('asks, hears the sentence of the card, deploys once it may, and Slack shows it', async () => {
    const bed = await startTestbed();
    const client = await connected(urlOf(bed), await makeToken(bed));
    expect(client.getInstructions()).toContain('Before you deploy anything');
    expect(await said(client, 'ask_gate', WHAT)).toMatchObject({ isError: false, body: { decision: 'deny' } });
    await create(bed, '2.14.0');
    const waits = await said(client, 'ask_gate', WHAT);
    expect(waits.body).toMatchObject({
      decision: 'wait',
      reasons: [{ code: 'approval.pending', message: expect.stringContaining('still has to approve') }],
    });
    expect(await said(client, 'start', WHAT)).toMatchObject({ isError: true, body: { code: 'not_ready' } });
    await approve(bed, '2.14.0');
    const { body } = await said(client, 'ask_gate', WHAT);
    expect(await said(client, 'start', { startToken: body['startToken'] })).toMatchObject({
      isError: false,
      body: { release: { status: 'deploying' } },
    });
    expect(await said(client, 'report_step', { ref: 'REL-1', step: 'canary', percent: 10 })).toMatchObject({
      isError: false,
    });
    expect(await said(client, 'deployment_succeeded', { ref: 'REL-1' })).toMatchObject({ isError: false });
    expect(await said(client, 'list_releases', { service: 'checkout' })).toMatchObject({
      body: { releases: [{ key: 'REL-1', status: 'deployed' }] },
    });
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('checkout-ci is at canary');
  });

  it('without a token is turned away, and what it sends wrong is said', async () => {
    const bed = await startTestbed();
    await expect(connected(urlOf(bed), 'sbt_no')).rejects.toThrow(/401|token/i);
    const client = await connected(urlOf(bed), await makeToken(bed));
    expect(await said(client, 'ask_gate', { service: 'checkout' })).toMatchObject({
      isError: true,
      body: { code: 'fields' },
    });
    expect(await client.callTool({ name: 'report_step', arguments: { step: 'x' } })).toMatchObject({
      isError: true,
      content: [{ text: 'Say ref: report_step is about it.' }],
    });
    expect(await said(client, 'list_freezes', { nosuch: 1 })).toMatchObject({
      isError: true,
      body: { errors: [{ field: 'nosuch' }] },
    });
    await expect(client.callTool({ name: 'list_freezes', arguments: 'x' as never })).rejects.toThrow(
      /has to be fields/,
    );
    const listening = await fetch(`${urlOf(bed)}/v1/mcp`, {
      headers: { authorization: `Bearer ${await makeToken(bed, { name: 'another-ci' })}`, accept: 'text/event-stream' },
    });
    expect(listening.status).toBe(405);
    expect(await said(client, 'release', { ref: 'REL-9' })).toMatchObject({ isError: true, body: { status: 404 } });
    expect(await said(client, 'approve', { ref: 'REL-1' }).catch(() => ({ isError: true }))).toMatchObject({
      isError: true,
    });
  });
});
