/** Two replicas on one Postgres, one of which dies: whoever asks again with the same key gets the one answer, and others are told once. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { approve, create, fill } from '../support/acting.ts';
import { makeToken } from '../support/api.ts';
import { type Child, type Kill, startChild } from '../support/children.ts';
import { config, startTestbed, type Testbed, TUESDAY } from '../support/testbed.ts';

const children: Child[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
});

const two = async (): Promise<{ bed: Testbed; child: Child; token: string }> => {
  const bed = await startTestbed({ engine: 'postgres' });
  const token = await makeToken(bed);
  await bed.settled();
  const child = await startChild(
    config(bed.sandbox, 'http', '', {
      catalogFile: null,
      database: {
        kind: 'postgres',
        url: bed.database.url ?? '',
        pool: 6,
        journalKey: bed.app.deps.journalKey.secret,
      },
    }),
    TUESDAY,
  );
  children.push(child);
  return { bed, child, token };
};

type Answer = { status: number; body: Record<string, unknown> };

/** As a client does that lost its answer: again, at the other one, with the same key. */
const persistently = async (
  ports: readonly number[],
  token: string,
  path: string,
  body: unknown,
  key: string,
): Promise<Answer> => {
  for (let tried = 0; tried < 40; tried += 1) {
    try {
      const response = await fetch(`http://127.0.0.1:${ports[tried % ports.length]}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
      });
      const answer = { status: response.status, body: (await response.json()) as Answer['body'] };
      if (answer.status !== 503 && answer.status !== 429) return answer;
    } catch {
      // Killed in the middle of it: that is what the test is about.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('nobody answered');
};

const KILLS: readonly Kill[] = [
  { point: 'between trips', after: 0, signal: 'SIGKILL' },
  { point: 'after commit', after: 0, signal: 'SIGKILL' },
];

describe('one key, fifty times at once, over two replicas', () => {
  it.each(KILLS)('with a kill $point: one effect, one answer', async (kill) => {
    const { bed, child, token } = await two();
    child.arm(kill);
    const planned = { service: 'checkout', version: '3.0.0', title: 'Once', customers: null, rollbackPlan: null };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => {
        const ports = n % 2 === 0 ? [bed.app.port, child.port] : [child.port, bed.app.port];
        return persistently(ports, token, '/v1/create-release', planned, 'the one key');
      }),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    const rows = await bed.app.deps.database.db
      .selectFrom('releases')
      .select('id')
      .where('workspace_id', 'is not', null)
      .execute();
    expect(rows).toHaveLength(1);
  });
});

describe('fifty starts at once, over two replicas', () => {
  it('one wins, and forty-nine hear who', async () => {
    const { bed, child, token } = await two();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    const what = { service: 'checkout', version: '2.14.0', environment: 'production' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        persistently([n % 2 === 0 ? bed.app.port : child.port], token, '/v1/deployments', what, `key ${n}`),
      ),
    );
    const won = answers.filter(({ status }) => status === 201);
    const lost = answers.filter(({ status }) => status === 409);
    expect([won.length, lost.length]).toEqual([1, 49]);
    for (const { body } of lost)
      expect(body['detail']).toContain('checkout 2.14.0 is being deployed to production by checkout-ci');
  });
});

describe('what happened', () => {
  it('is told to a webhook once, whoever of the two tells it', async () => {
    const { bed, child } = await two();
    const got: string[] = [];
    const server = createServer((req, res) => {
      got.push(String(req.headers['webhook-id']));
      req.resume();
      res.writeHead(204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await bed.as('rita').command('/release', 'webhook new', bed.channels.team);
    await fill(bed, 'rita', {
      name: 'data-warehouse',
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      topics: ['releases', 'approvals'],
    });
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    const events = async (): Promise<number> => {
      const { db } = bed.app.deps.database;
      const rows = await db
        .selectFrom('deliveries')
        .select(['id', 'state'])
        .where('workspace_id', 'is not', null)
        .execute();
      return rows.filter(({ state }) => state === 'delivered').length;
    };
    await expect.poll(events, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    await bed.app.webhooks.idle();
    expect(child.process.exitCode).toBeNull();
    expect(new Set(got).size).toBe(got.length);
    expect(got.length).toBe(await events());
    server.close();
  });
});
