/** Webhooks against a receiver that verifies them by the library of Standard Webhooks, and is not always there. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { isPrivate, poster } from '../../src/webhooks/post.ts';
import { approve, create, fill, shipped } from '../support/acting.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

type Got = { headers: Record<string, string>; body: string };
type Receiver = {
  url: string;
  got: Got[];
  answer: (status: number, headers?: Record<string, string>, body?: string | null) => void;
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const receiver = async (): Promise<Receiver> => {
  const got: Got[] = [];
  let reply: [number, Record<string, string>, string | null] = [204, {}, 'as it is'];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (part: Buffer) => {
      body += part.toString();
    });
    req.on('end', () => {
      got.push({ headers: req.headers as Record<string, string>, body });
      const [status, headers, text] = reply;
      // Nothing: it never answers.
      if (text !== null) res.writeHead(status, headers).end(text);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`,
    got,
    answer: (status, headers = {}, text = 'as it is') => {
      reply = [status, headers, text];
    },
  };
};

const last = (bed: Testbed): string => bed.as('rita').lastPrivate(bed.channels.team);
const say = (bed: Testbed, words: string) => bed.as('rita').command('/release', words, bed.channels.team);

/** Made by an admin; its secret, as it is shown. */
const made = async (bed: Testbed, url: string, more: Record<string, string | string[]> = {}): Promise<string> => {
  await say(bed, 'webhook new');
  await fill(bed, 'rita', { name: 'data-warehouse', url, topics: ['releases', 'approvals', 'deployments'], ...more });
  const secret = /whsec_[\w+/=]+/.exec(JSON.stringify(bed.as('rita').modal()?.body))?.[0];
  await bed.as('rita').close();
  if (secret === undefined) throw new Error('no secret was shown');
  return secret;
};

const told = async (bed: Testbed): Promise<void> => {
  await bed.settled();
  await bed.app.webhooks.idle();
};

describe('a webhook', () => {
  it.each(['embedded', 'postgres'] as const)(
    'is told what happened, once each, signed, with its place in the journal (%s)',
    async (engine) => {
      const bed = await startTestbed({ engine });
      const there = await receiver();
      const secret = await made(bed, there.url);
      await shipped(bed, '2.14.0');
      await told(bed);
      const events = there.got.map(({ headers, body }) => {
        const event = new Webhook(secret).verify(body, headers) as {
          type: string;
          version: number;
          data: { id: string; sequence: number; sentence: string; release: { key: string } | null };
        };
        return { ...event, delivery: headers['webhook-id'] };
      });
      expect(events.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['round.opened', 'approval.given', 'deployment.started', 'deployment.succeeded']),
      );
      expect(new Set(events.map(({ data }) => data.id)).size).toBe(events.length);
      expect(new Set(events.map(({ delivery }) => delivery)).size).toBe(events.length);
      expect(events.find(({ type }) => type === 'approval.given')).toMatchObject({
        version: 1,
        data: { sentence: 'adam approved.', release: { key: 'REL-1' } },
      });
      const places = events.map(({ data }) => data.sequence).sort((a, b) => a - b);
      expect(new Set(places).size).toBe(places.length);
      const [asked, given] = ['round.opened', 'approval.given'].map(
        (type) => events.find((event) => event.type === type)?.data.sequence ?? 0,
      );
      expect(given).toBeGreaterThan(asked ?? 0);
      await bed.app.webhooks.idle();
      expect(there.got.length).toBe(events.length);
    },
  );

  it.each(['embedded', 'postgres'] as const)(
    'that hangs slows no other, and what cannot be kept of an answer is left out (%s)',
    async (engine) => {
      const bed = await startTestbed({ engine });
      const [hangs, odd, well] = await Promise.all([receiver(), receiver(), receiver()]);
      for (const [name, to] of [
        ['hangs-there', hangs],
        ['odd-answers', odd],
        ['works-well', well],
      ] as const)
        await made(bed, to.url, { name, topics: ['approvals'] });
      hangs.answer(200, {}, null);
      odd.answer(500, {}, `bad \0 thing ${'x'.repeat(100_000)}`);
      await create(bed, '2.14.0');
      await bed.settled();
      await expect.poll(() => well.got.length, { timeout: 5_000, interval: 20 }).toBeGreaterThan(0);
      await expect.poll(() => odd.got.length, { timeout: 5_000, interval: 20 }).toBeGreaterThan(0);
      expect(hangs.got.length).toBeGreaterThan(0);
      await expect
        .poll(
          async () => {
            await say(bed, 'webhook log odd-answers');
            return last(bed);
          },
          { timeout: 5_000, interval: 100 },
        )
        .toContain('HTTP 500 bad � thing');
      hangs.answer(200);
      for (const server of servers.splice(0)) server.closeAllConnections();
    },
  );

  it('of a restricted release is told what happened, and none of its words', async () => {
    const bed = await startTestbed();
    const there = await receiver();
    await made(bed, there.url);
    await bed.as('olivia').command('/release', 'new', bed.channels.team);
    await fill(bed, 'olivia', {
      service: 'checkout',
      version_checkout: '2.14.0',
      title: 'Secret hole',
      answers: ['restricted'],
    });
    await bed.as('olivia').command('/release', 'hold REL-1 "Secret reason"', bed.channels.team);
    await told(bed);
    const bodies = there.got.map(({ body }) => body).join('\n');
    expect(bodies).toContain('release.held');
    expect(bodies).not.toMatch(/Secret/);
  });

  it('is told again what it did not take; the log says why, and sends it once more', async () => {
    const bed = await startTestbed();
    const there = await receiver();
    await made(bed, there.url, { topics: ['approvals'] });
    there.answer(500);
    await create(bed, '2.14.0');
    await told(bed);
    await say(bed, 'webhook');
    expect(last(bed)).toContain('does not take it (as it is), tried again');
    // 302 points elsewhere: it is an answer that is no, and nobody goes there.
    const elsewhere = await receiver();
    there.answer(302, { location: elsewhere.url });
    await approve(bed, '2.14.0');
    await told(bed);
    expect(elsewhere.got).toEqual([]);
    await say(bed, 'webhook log data-warehouse');
    expect(last(bed)).toContain('… approval.given');
    expect(last(bed)).toContain('HTTP 302');
  });

  it('that was told already is told again by a press, with the same id', async () => {
    const bed = await startTestbed();
    const there = await receiver();
    await made(bed, there.url, { topics: ['approvals'] });
    await create(bed, '2.14.0');
    await told(bed);
    const before = there.got.length;
    await say(bed, 'webhook log data-warehouse');
    const log = bed.as('rita').privately(bed.channels.team).at(-1);
    if (log === undefined) throw new Error('no log was shown');
    await bed.as('rita').click(log, 'Replay');
    const journalled = await bed.app.deps.database.db
      .selectFrom('journal')
      .select('canonical')
      .where('workspace_id', '<>', '' as never)
      .where('kind', '=', 'webhook.replayed')
      .execute();
    expect(journalled).toHaveLength(1);
    expect(journalled[0]?.canonical).toContain('data-warehouse');
    await told(bed);
    expect(there.got.length).toBe(before + 1);
    expect(there.got.at(-1)?.headers['webhook-id']).toBe(there.got[before - 1]?.headers['webhook-id']);
  });

  it('whose receiver is gone is stopped, and the log says so', async () => {
    const bed = await startTestbed();
    const there = await receiver();
    await made(bed, there.url, { topics: ['approvals'] });
    there.answer(410);
    await create(bed, '2.14.0');
    await told(bed);
    await say(bed, 'webhook log data-warehouse');
    expect(last(bed)).toContain('It was stopped: its receiver answered 410, gone.');
    const before = there.got.length;
    await approve(bed, '2.14.0');
    await told(bed);
    expect(there.got.length).toBe(before);
  });

  it('is told nothing of a private draft, and no words of a restricted release', async () => {
    const bed = await startTestbed({ gates: true });
    const there = await receiver();
    await made(bed, there.url);
    await create(bed, '2.14.0', 'Secret of the draft');
    await told(bed);
    expect(there.got.map(({ body }) => JSON.parse(body).type).filter((type) => type !== 'webhook.made')).toEqual([]);
  });

  it('is an admin’s to make; what is typed wrong stays in the form', async () => {
    const bed = await startTestbed();
    await bed.as('stan').command('/release', 'webhook new', bed.channels.team);
    expect(JSON.stringify(bed.as('stan').modal()?.body ?? bed.as('stan').lastPrivate(bed.channels.team))).toContain(
      'admin',
    );
    await say(bed, 'webhook new');
    const rita = bed.as('rita');
    await rita.fill('name', 'x');
    await rita.fill('url', 'nowhere');
    await rita.fill('topics', ['releases']);
    const errors = JSON.stringify((await rita.submit()).errors);
    expect(errors).toContain('Write a name of 3 to 40');
    expect(errors).toContain('Write an address like');
  });
});

describe('an address', () => {
  it.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.16.0.1', true],
    ['192.168.1.1', true],
    ['169.254.169.254', true],
    ['100.64.0.1', true],
    ['0.0.0.0', true],
    ['::1', true],
    ['fd00::1', true],
    ['fe80::1', true],
    ['::ffff:127.0.0.1', true],
    ['64:ff9b::7f00:1', true],
    ['not an address', true],
    ['93.184.216.34', false],
    ['2606:2800:220:1:248:1893:25c8:1946', false],
  ])('%s leads inside: %s', (address, inside) => expect(isPrivate(address)).toBe(inside));

  it.each(['http://127.0.0.1:1/', 'http://[::1]:1/', 'http://localhost:1/', 'http://2130706433/', 'http://0x7f.1/'])(
    '%s is refused before anything is sent',
    async (url) => {
      const there = await receiver();
      const at = url.replace(':1/', `:${new URL(there.url).port}/`);
      await expect(poster(false).post(at, '{}', {})).rejects.toSatisfy((error: Error) =>
        `${error.message} ${String(error.cause)}`.includes('not an address of the public Internet'),
      );
      expect(there.got).toEqual([]);
    },
  );
});
