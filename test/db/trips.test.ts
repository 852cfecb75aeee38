/** How often an act goes to the database, and with what: counted on the wire, from the payload to its acknowledgement. */
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claim, nextDeliveryIn, PACE } from '../../src/courier/claim.ts';
import { connectPostgres } from '../../src/db/connect.ts';
import type { Database } from '../../src/db/connection.ts';
import { tenantGuard } from '../../src/db/guards.ts';
import { instant } from '../../src/domain/time.ts';
import { type Signalbox, start } from '../../src/start.ts';
import { proxyPostgres, type Wire, type WireCost } from '../support/postgres-proxy.ts';
import { config, startTestbed, type Testbed } from '../support/testbed.ts';

let bed: Testbed;
let wire: Wire;
let database: Database;
/** A second replica, whose connections are counted; it delivers nothing, so that nothing else is on the wire. */
let counted: Signalbox;
/** What it asks by itself: everything that looks around by the clock does so once when it starts. */
let byItself: readonly string[];

const toward = ({ port }: Signalbox): void => bed.sandbox.pointAt(`http://127.0.0.1:${port}/slack/events`);

beforeAll(async () => {
  bed = await startTestbed({ engine: 'postgres', keep: true });
  wire = await proxyPostgres(bed.database.url ?? '');
  database = connectPostgres(wire.url, { plugins: [tenantGuard] });
  const clock = { now: () => instant(bed.sandbox.clock.now()) };
  const { statements } = await wire.during(async () => {
    counted = await start(config(bed.sandbox, 'http', '', { catalogFile: null }), pino({ level: 'silent' }), {
      database,
      clock,
    });
    // The clock asks every five seconds.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
  });
  byItself = statements;
  await counted.courier.stop();
});
afterAll(async () => {
  toward(bed.app);
  await counted.stop();
  await database.close();
  await wire.close();
  await bed.close();
});

const type = (name: 'olivia' | 'adam' | 'bella' | 'rita', words: string) =>
  bed.as(name).command('/release', words, bed.channels.team);

const counting = async (act: () => Promise<unknown>): Promise<WireCost> => {
  await bed.settled();
  toward(counted);
  const cost = await wire.during(act);
  await counted.settled();
  toward(bed.app);
  await bed.settled();
  return cost;
};

const TURNS = 4;

/** The least of a few times: the clock ticks every five seconds and asks something of its own, and new connections are greeted. */
const cheapest = async (act: (turn: number) => Promise<unknown>, prepare: (turn: number) => Promise<unknown>) => {
  const costs: WireCost[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    await prepare(turn);
    costs.push(await counting(() => act(turn)));
  }
  const [least] = costs.sort((a, b) => a.trips - b.trips || a.statements.length - b.statements.length);
  if (least === undefined) throw new Error('nothing was counted');
  return least;
};

describe('from payload to acknowledgement on postgres', () => {
  it('a click on Approve is two trips and at most twelve statements', async () => {
    const { trips, statements } = await cheapest(
      async (turn) => bed.as('adam').click(await bed.dmWith('adam', `Approve checkout 1.${turn}.0`), 'Approve'),
      (turn) => type('olivia', `new checkout 1.${turn}.0 "Faster basket"`),
    );
    expect(statements.length, statements.join('\n\n')).toBeLessThanOrEqual(12);
    expect(statements.filter((text) => text === 'begin')).toHaveLength(1);
    expect(trips).toBe(2);
  });

  it('a command that has to find its release first is one more', async () => {
    const { trips, statements } = await cheapest(
      (turn) => type('adam', `approve checkout@2.${turn}.0`),
      (turn) => type('olivia', `new checkout 2.${turn}.0 "Faster basket"`),
    );
    expect(trips, statements.map((x) => x.slice(0, 150)).join('\n\n')).toBe(3);
  });

  it('/release why is at most two', async () => {
    const { trips } = await cheapest(
      () => type('adam', 'why REL-1'),
      () => Promise.resolve(),
    );
    expect(trips).toBeLessThanOrEqual(2);
  });

  it('no statement reads a table whole: each is looked up by an index, however small the table is', async () => {
    const { statements } = await counting(async () => {
      await type('olivia', 'new checkout 4.0.0 "Faster basket"');
      await type('adam', 'approve checkout@4.0.0');
      await type('olivia', 'deploy checkout@4.0.0');
      for (const words of ['', 'list', 'env', 'actions all', 'freeze list', 'freeze status', 'timeline checkout@4.0.0'])
        await type('adam', words);
      await bed.as('rita').openHome();
      await bed.as('olivia').command('/release', 'new', bed.channels.team);
      await counted.tick();
      await nextDeliveryIn(database, bed.app.deps.clock.now());
      // Takes nothing: this workspace has enough under way.
      const [own] = await bed.app.deps.database.db.selectFrom('workspaces').select('id').execute();
      await claim(
        database,
        'nobody',
        PACE,
        { most: 10, mostOfOne: 10, full: own === undefined ? [] : [own.id] },
        bed.app.deps.clock.now(),
      );
    });
    const texts = [...new Set(statements)].filter((text) => /^\s*(select|with|insert|update|delete)/i.test(text));
    expect(texts.length).toBeGreaterThan(25);
    const client = new pg.Client({
      connectionString: bed.database.url ?? '',
      options: '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off',
    });
    await client.connect();
    const whole: string[] = [];
    try {
      for (const [index, text] of texts.entries()) {
        const values = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
        await client.query(`prepare looked_${index} as ${text}`);
        const nulls = values === 0 ? '' : `(${Array.from({ length: values }, () => 'null').join(', ')})`;
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain execute looked_${index}${nulls}`);
        const scans = rows.map((row) => row['QUERY PLAN']).filter((line) => /Seq Scan on/.test(line));
        if (scans.length > 0) whole.push(`${scans.map((line) => line.trim()).join(', ')} in ${text}`);
      }
    } finally {
      await client.end();
    }
    expect(whole).toEqual([]);
  });

  it('no statement has more than one text: more rows, people and changes send the same ones', async () => {
    const life = async (version: string, changes: number): Promise<ReadonlySet<string>> => {
      const { statements } = await counting(async () => {
        await type('olivia', `new checkout ${version} "Faster basket"`);
        for (let n = 0; n < changes; n += 1) await type('olivia', `change add checkout@${version} "change ${n}"`);
        await type('adam', `ask checkout@${version} "why now?"`);
        await type('adam', `approve checkout@${version}`);
        await type('adam', `undo checkout@${version}`);
        await type('bella', `approve checkout@${version}`);
        await type('rita', `why checkout@${version}`);
        await type('olivia', `hold checkout@${version} "lunch"`);
        await type('olivia', `resume checkout@${version}`);
        await type('olivia', `deploy checkout@${version}`);
        await type('rita', 'list');
        await type('olivia', '');
        await type('olivia', `rollback checkout@${version} "errors"`);
        await counted.tick();
      });
      return new Set(statements);
    };
    const first = new Set([...byItself, ...(await life('3.0.0', 1))]);
    for (let n = 1; n <= 5; n += 1) await type('bella', `new search 1.${n}.0 "More"`);
    const second = await life('3.1.0', 7);
    expect(first.size).toBeGreaterThan(20);
    expect([...second].filter((text) => !first.has(text))).toEqual([]);
  });
});
