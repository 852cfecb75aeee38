/** What one Approve costs in all: the click, every message that it causes, and how soon the first of them leaves. */
import { WebClient } from '@slack/web-api';
import { sql } from 'kysely';
import { emptyBolt } from './baseline.mjs';
import { ENGINES, openEngine } from './engines.mjs';
import { send } from './load.mjs';
import { costing, each, percentile, wait, within } from './measure.mjs';
import { report } from './table.mjs';
import { approvals, openApp, slackStub } from './workspace.mjs';

const APPROVALS = Number(process.env.BENCH_WHOLE ?? 80);
/** Until the code is compiled, as for the clicks. */
const WARM_UP = 100;
const ALONE = 20;
const QUIET_WITHIN = 40_000;
const ASKED_EVERY = 100;

/** Nothing is left to be sent, asked ten times a second: `app.settled()` asks so often that the asking would be measured. */
const quiet = ({ database: { kysely } }) => {
  const look = async () => {
    for (;;) {
      const { rows } = await sql`select 1 from messages where wanted > shown and trouble is null limit 1`.execute(
        kysely,
      );
      if (rows.length === 0) return;
      await wait(ASKED_EVERY);
    }
  };
  return within(QUIET_WITHIN, 'delivering what the clicks caused', look());
};

/** All of them eight at once, until nothing is left to be sent. */
const wholly = async (bed, requests) => {
  const { clock, url } = bed;
  await slackStub().ask('become', {});
  const began = performance.now();
  const { cpuMs, serverMs } = await costing(clock, async () => {
    await send(null, url, requests, 8);
    await quiet(bed);
  });
  const { calls } = await slackStub().ask('seen');
  const { length } = requests;
  return {
    wall: (performance.now() - began) / length,
    ours: cpuMs / length,
    server: serverMs === null ? null : serverMs / length,
    calls: calls.length / length,
  };
};

/** What one call to Slack costs by itself, with Slack's own client and nothing around it: the five of an Approve cost that in any case. */
const bareCalls = async ({ clock }) => {
  const client = new WebClient('xoxb-bare', { slackApiUrl: await slackStub().ask('url') });
  const call = () => client.chat.postMessage({ channel: 'C0BARE', text: 'x' });
  const some = Array.from({ length: 4 * APPROVALS }, () => call);
  await each(some, 8, (one) => one());
  const { cpuMs } = await costing(clock, () => each(some, 8, (one) => one()));
  return cpuMs / some.length;
};

/** From the acknowledgement to the courier's first call leaving, with nothing else to do. */
const leaving = async (bed, requests) => {
  const times = [];
  for (const request of requests) {
    await quiet(bed);
    await slackStub().ask('become', {});
    const { acks } = await send(null, bed.url, [request], 1);
    await quiet(bed);
    const { calls } = await slackStub().ask('seen');
    if (calls.length > 0) times.push(Math.min(...calls.map(({ at }) => at)) - acks[0]);
  }
  return times;
};

const costOf = ({ wall, ours, server, calls }) => ({
  wall_ms: wall,
  'our-CPU_ms': ours,
  ...(server === null ? {} : { 'server-CPU_ms': server }),
  ...(calls === undefined ? {} : { 'calls-to-Slack': calls }),
});

const measured = async (bed) => {
  const { engine, database, app, clock } = bed;
  const clicks = await approvals(bed, WARM_UP + APPROVALS + ALONE);
  await quiet(bed);
  const empty = await emptyBolt(database);
  const inserts = Array.from({ length: 4 * APPROVALS }, () => empty.request);
  await send(clock, empty.url, inserts, 8);
  await wholly(bed, clicks.splice(0, WARM_UP));
  const { seconds, cpuMs, serverMs } = await send(clock, empty.url, inserts, 8);
  const base = {
    wall: (seconds * 1_000) / inserts.length,
    ours: cpuMs / inserts.length,
    server: serverMs === null ? null : serverMs / inserts.length,
  };
  const bare = await bareCalls(bed);
  const cost = await wholly(bed, clicks.splice(0, APPROVALS));
  report('whole', engine, 'baseline, eight at once: empty Bolt, one insert', { figures: costOf(base) });
  report('whole', engine, 'one call with @slack/web-api and nothing else, eight at once', {
    ratios: { 'our CPU': bare / base.ours },
    figures: { 'our-CPU_ms': bare },
  });
  report('whole', engine, 'Approve until all its messages are sent, eight at once', {
    ratios: {
      wall: cost.wall / base.wall,
      'our CPU': cost.ours / base.ours,
      ...(base.server === null ? {} : { 'server CPU': cost.server / base.server }),
    },
    figures: costOf(cost),
  });
  const times = await leaving(bed, clicks);
  report('whole', engine, 'from the ack to the courier’s first call, alone', {
    figures: { p50_ms: percentile(times, 0.5), p99_ms: percentile(times, 0.99) },
  });
  await empty.close();
  await app.stop();
};

export const whole = async () => {
  for (const name of ENGINES) {
    const engine = await openEngine(name);
    await measured(await openApp(engine));
    await engine.database.close();
  }
};
