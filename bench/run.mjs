/**
 * `npm run bench`: what a click costs, beside what the same machine does without us, in one run. Ratios are what counts; milliseconds are of
 * this machine and this moment. Prints a table and writes bench-results.json.
 */
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, HTTPReceiver } from '@slack/bolt';
import { sql } from 'kysely';
import pino from 'pino';
import { connectEmbedded, connectPostgres } from '../dist/db/connection.js';
import { migrate } from '../dist/db/migrate.js';
import { instant } from '../dist/domain/instant.js';
import { createRelease } from '../dist/releases/create-release.js';
import { sign } from '../dist/sandbox/delivery.js';
import { startSandbox } from '../dist/sandbox/sandbox.js';
import { addSeededPeople, SEEDED_CATALOG } from '../dist/sandbox/seed.js';
import { start } from '../dist/start.js';
import { benchPage } from './page.mjs';
import { startServer } from './postgres.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 100);
const WARM_UP = 20;
const CONCURRENCY = 8;
const results = [];
const report = (engine, name, values) => results.push({ engine, name, ...values });

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const summary = (times, seconds) => {
  const sorted = [...times].sort((a, b) => a - b);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), perSecond: times.length / seconds };
};

/** Runs `work(index)` for each of `count`, a few at a time, and times each. */
const timed = async (count, work) => {
  const times = [];
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (next < count) {
        const index = next++;
        const at = performance.now();
        await work(index);
        times.push(performance.now() - at);
      }
    }),
  );
  return summary(times, (performance.now() - started) / 1_000);
};

const post = async (url, secret, fields) => {
  const body = new URLSearchParams(fields).toString();
  const at = Math.floor(Date.now() / 1_000);
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': String(at), 'x-slack-signature': sign(secret, at, body) }, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return text;
};

/** An empty Bolt app with one committed insert, on the same engine. */
const emptyBolt = async (database, secret) => {
  await sql`create table if not exists bench_inserts (id bigint generated always as identity, at text)`.execute(database.kysely);
  const receiver = new HTTPReceiver({ signingSecret: secret, endpoints: ['/slack/events'] });
  const app = new App({ receiver, authorize: () => Promise.resolve({ botToken: 'xoxb-x', botId: 'B', botUserId: 'U' }), convoStore: false });
  app.command(/.*/, async ({ ack }) => {
    await sql`insert into bench_inserts (at) values (${new Date().toISOString()})`.execute(database.kysely);
    await ack();
  });
  const server = createServer(receiver.requestListener.bind(receiver));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/slack/events`, close: () => new Promise((resolve) => server.close(resolve)) };
};

const benchClicks = async (engine, database) => {
  await migrate(database);
  const sandbox = await startSandbox();
  addSeededPeople(sandbox);
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const catalogFile = join(folder, 'catalog.yml');
  writeFileSync(catalogFile, SEEDED_CATALOG);
  const { botToken, signingSecret } = sandbox.world;
  const config = { slack: { mode: 'http', botToken, signingSecret, apiUrl: sandbox.api.url }, command: '/release', admins: [], catalogFile, database: { kind: 'embedded', dataDir: folder, journalKey: 'x'.repeat(40) }, history: false, host: '127.0.0.1', port: 0, logLevel: 'silent' };
  const began = performance.now();
  const app = await start(config, pino({ level: 'silent' }), { database, clock: { now: () => instant(sandbox.clock.now()) }, pace: { postEveryMs: 0, editEveryMs: 0, leaseMs: 60_000 } });
  report(engine, 'start (open, migrated database)', { p50: performance.now() - began });
  const url = `http://127.0.0.1:${app.port}/slack/events`;
  const { id: workspace } = await database.db.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();
  const ctx = () => ({ workspace, actor: 'U0OLIVIA', surface: 'command', now: app.deps.clock.now(), requestKey: null });
  const answers = { schema: false, irreversible: false, downtime: false, restricted: false };
  const count = ROUNDS + WARM_UP;
  for (let n = 0; n < count; n += 1) {
    const created = await createRelease(app.deps, ctx(), { service: 'checkout', version: `9.${n}.0`, title: 'Bench', customers: null, when: { kind: 'asap' }, rollbackPlan: null, answers, hotfix: false, askWhenReady: true });
    if (!created.ok) throw new Error(JSON.stringify(created.refusal));
  }
  // What is to be posted would compete for the machine: the courier has caught up before anything is timed, and pauses meanwhile.
  await app.settled();
  await app.courier.stop();
  // As autovacuum, or the start of the embedded engine, would have done by then.
  await sql`analyze`.execute(database.kysely);
  const statements = await countStatements(database);
  const rounds = await database.db.selectFrom('rounds').select(['id', 'release_id', 'hash']).where('workspace_id', '=', workspace).orderBy('opened_at').execute();
  /** The button of the request to one approver, as Slack sends its click. */
  const approve = (n) => {
    const { id, release_id: release, hash } = rounds[n];
    const value = [release, id, hash].join('~');
    const payload = {
      type: 'block_actions',
      user: { id: 'U0ADAM', team_id: sandbox.world.teamId },
      team: { id: sandbox.world.teamId },
      api_app_id: 'A',
      is_enterprise_install: false,
      channel: { id: 'D0ADAM' },
      container: { type: 'message' },
      message: { ts: '1.1' },
      trigger_id: `bench-${n}`,
      response_url: 'https://hooks.slack.com/x',
      actions: [{ type: 'button', action_id: `approve:${value}`, block_id: 'b', value }],
    };
    return post(url, signingSecret, { payload: JSON.stringify(payload) });
  };
  await timed(WARM_UP, approve);
  statements.start();
  const clicks = await timed(ROUNDS, (n) => approve(n + WARM_UP));
  const perClick = Math.round(statements.stop() / ROUNDS);

  const empty = await emptyBolt(database, signingSecret);
  const insert = () => post(empty.url, signingSecret, { team_id: 'T', user_id: 'U', command: '/x', text: '', trigger_id: 'x', channel_id: 'C', response_url: 'x', api_app_id: 'A', is_enterprise_install: 'false' });
  await timed(WARM_UP, insert);
  const bolt = await timed(ROUNDS, insert);
  const bare = async () => {
    await database.kysely.transaction().execute(async (tx) => {
      for (let n = 0; n < perClick - 1; n += 1) await sql`select ${n}::int`.execute(tx);
      await sql`insert into bench_inserts (at) values ('x')`.execute(tx);
    });
  };
  await timed(WARM_UP, bare);
  const transaction = await timed(ROUNDS, bare);
  report(engine, 'Bolt alone, one committed insert', { ...bolt, ratio: 1 });
  report(engine, `bare transaction of ${perClick} statements`, { ...transaction, ratio: transaction.p50 / bolt.p50 });
  report(engine, 'Approve: receipt to ack after commit', { ...clicks, ratio: clicks.p50 / bolt.p50, ratioToBare: clicks.p50 / transaction.p50 });
  await empty.close();
  await app.stop();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
};

/** Counts statements by a plugin-free hook: every query passes through the executor of the one Kysely instance. */
const countStatements = async (database) => {
  const executor = database.kysely.getExecutor();
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf(executor));
  const original = prototype.executeQuery;
  let count = 0;
  return {
    start: () => {
      prototype.executeQuery = function (...args) {
        count += 1;
        return original.apply(this, args);
      };
    },
    stop: () => {
      prototype.executeQuery = original;
      return count;
    },
  };
};

/** From the acknowledgement to the courier's call leaving. */
const benchCourier = async (engine, database) => {
  const sandbox = await startSandbox();
  addSeededPeople(sandbox);
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const catalogFile = join(folder, 'catalog.yml');
  writeFileSync(catalogFile, SEEDED_CATALOG);
  const { botToken, signingSecret } = sandbox.world;
  const config = { slack: { mode: 'http', botToken, signingSecret, apiUrl: sandbox.api.url }, command: '/release', admins: [], catalogFile, database: { kind: 'embedded', dataDir: folder, journalKey: 'x'.repeat(40) }, history: false, host: '127.0.0.1', port: 0, logLevel: 'silent' };
  const app = await start(config, pino({ level: 'silent' }), { database, clock: { now: () => instant(sandbox.clock.now()) }, pace: { postEveryMs: 0, editEveryMs: 0, leaseMs: 60_000 } });
  sandbox.pointAt(`http://127.0.0.1:${app.port}/slack/events`);
  const times = [];
  for (let n = 0; n < 40; n += 1) {
    await app.settled();
    const calls = sandbox.api.calls.length;
    await sandbox.as('U0OLIVIA').command('/release', `new search 7.${n}.0 "Bench"`, 'C0SEARCH');
    const acked = performance.now();
    while (sandbox.api.calls.length === calls) await new Promise((resolve) => setTimeout(resolve, 1));
    times.push(performance.now() - acked);
  }
  report(engine, 'ack to the courier’s first call leaving', summary(times, 1));
  await app.stop();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
};

/** Every statement that a click, the courier, the tick, a list or a timeline sends, with parameters, so that a generic plan can be forced. */
const QUERIES = {
  'release by id, locked': [`select * from releases where workspace_id = $1 and id = $2 for update`, ['rel_500']],
  'release by number': [`select * from releases where workspace_id = $1 and number = $2`, [500]],
  'release by service and version': [`select * from releases where workspace_id = $1 and service = $2 and version = $3 order by number desc limit 1`, ['checkout', '0.500.0']],
  'open releases of a service': [`select * from releases where workspace_id = $1 and service in ($2) and status not in ('closed', 'cancelled') order by number desc limit $3`, ['checkout', 20]],
  'newest release of a service': [`select version from releases where workspace_id = $1 and service = $2 and status <> $3 order by number desc limit 1`, ['checkout', 'cancelled']],
  'releases of a status': [`select * from releases where workspace_id = $1 and status = $2 order by number desc limit 11`, ['failed']],
  'a page of releases': [`select * from releases where workspace_id = $1 and number < $2 and (status not in ($3, $4) or ever_asked = $5 or owner = $6) order by number desc limit $7`, [900, 'draft', 'cancelled', true, 'U1', 11]],
  'latest round': [`select distinct on (release_id) * from rounds where workspace_id = $1 and release_id in ($2) order by release_id, n desc`, ['rel_500']],
  'decisions of a round': [`select * from decisions where workspace_id = $1 and round_id in ($2) order by at, id`, ['rnd_500']],
  'deployments of a release': [`select * from deployments where workspace_id = $1 and release_id in ($2) order by started_at, id`, ['rel_500']],
  'what runs in an environment': [`select * from deployments where workspace_id = $1 and state = 'running' and service in ($2) limit 100`, ['checkout']],
  'last successes in an environment': [`select version, release_id, finished_at from deployments where workspace_id = $1 and service = $2 and environment = $3 and state = 'succeeded' order by finished_at desc limit $4`, ['checkout', 'production', 10]],
  'timeline of a release': [`select * from journal where workspace_id = $1 and release_id = $2 order by seq desc limit $3`, ['rel_500', 40]],
  'stored answer of a request': [`select answer from inbox where workspace_id = $1 and key = $2`, ['key_500']],
  'messages about a subject': [`select id from messages where workspace_id = $1 and subject in ($2) and kind in ($3)`, ['rel_500', 'card']],
  'messages pending': [`select id from messages where wanted > shown and trouble is null and next_at <= $2::timestamptz and workspace_id = $1 order by next_at limit 1`, ['2030-01-01']],
  'releases due': [`select id from releases where wake_at is not null and wake_at <= $2::timestamptz and workspace_id = $1 order by wake_at limit 1`, ['2026-01-01']],
};

const FILLS = (workspace, n) => [
  `insert into releases select '${workspace}', 'rel_' || i, i, case i % 10 when 0 then 'checkout' else 'other' || (i % 50) end, '[]', '0.' || i || '.0', 'normal', 'x', null, 'U1', 'U1', null, null, 1, null, null, '["production"]', '{}', '{"kind":"asap"}', null, false, '[]', case i % 12 when 0 then 'cancelled' else 'closed' end, '{}', null, null, null, true, now(), null from generate_series((select coalesce(max(number), 0) + 1 from releases), ${n}) i`,
  `insert into deployments select '${workspace}', 'dep_' || i, 'rel_' || i, case i % 10 when 0 then 'checkout' else 'other' || (i % 50) end, 'production', '0.' || i || '.0', 1, 'deploy', 1, 'succeeded', 'U1', now(), now() + i * interval '1 second', 'U1', now(), null, null from generate_series((select count(*) + 1 from deployments), ${n}) i`,
  `insert into journal select '${workspace}', i, 'evt_' || i, 'rel_' || (i / 5), 'release.held', '{}', 'x', 'x' from generate_series((select count(*) + 1 from journal), ${n * 5}) i`,
  `insert into messages (workspace_id, id, subject, kind, audience, place, occurrence, lane, wanted, shown, next_at) select '${workspace}', 'msg_' || i, 'rel_' || i, 'card', 'team', 'C1', '', 'C1', 1, 1, now() from generate_series((select count(*) + 1 from messages), ${n}) i`,
  `insert into rounds select '${workspace}', 'rnd_' || i, 'rel_' || i, 1, 'approved', now(), 'U1', now(), now(), now(), now(), '{}', 'h', 'default', '{}', '[]', null, 1 from generate_series((select count(*) + 1 from rounds), ${n}) i`,
  `insert into decisions select '${workspace}', 'dcn_' || i, 'rnd_' || i, 'U1', null, 'approve', null, 'h', now(), null, null from generate_series((select count(*) + 1 from decisions), ${n}) i`,
  `insert into inbox select '${workspace}', 'key_' || i, '{}', now() from generate_series((select count(*) + 1 from inbox), ${n}) i`,
  'analyze',
];

/** On a connection without the interactive deadline. */
const fillTo = (database, workspace, n) =>
  database.exclusively(async (run) => {
    for (const statement of FILLS(workspace, n)) await run(statement);
  });

/** Pages touched by the third run of a prepared statement under its generic plan: literals of this run cannot help it. */
const buffersOf = async (run, workspace, [text, values]) => {
  await run('set plan_cache_mode = force_generic_plan');
  await run(`prepare measured as ${text}`);
  const literals = [workspace, ...values].map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(', ');
  let buffers = 0;
  for (let turn = 0; turn < 3; turn += 1) {
    const [row] = await run(`explain (analyze, buffers, format json) execute measured(${literals})`);
    const plan = row['QUERY PLAN'][0].Plan;
    buffers = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  }
  await run('deallocate measured');
  return buffers;
};

/** Buffers that each query touches with a thousand and a hundred thousand releases. */
const benchGrowth = async (engine, database) => {
  await migrate(database);
  await sql.raw(`insert into workspaces (id, slack_id, name, created_at) values ('wsp_bench', 'T1', 'x', now())`).execute(database.kysely);
  const measured = {};
  for (const size of [1_000, 100_000]) {
    await fillTo(database, 'wsp_bench', size);
    await database.exclusively(async (run) => {
      for (const [name, query] of Object.entries(QUERIES)) (measured[name] ??= {})[size] = await buffersOf(run, 'wsp_bench', query);
    });
  }
  for (const [name, { 1000: at1k, 100000: at100k }] of Object.entries(measured))
    report(engine, `buffers: ${name}`, { at1k, at100k, ratio: at100k / at1k });
};

const number = (value) => (value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toFixed(2));
const table = () => {
  const columns = ['p50', 'p99', 'perSecond', 'ratio', 'ratioToBare', 'at1k', 'at100k'];
  console.log(['engine'.padEnd(10), 'what'.padEnd(44), ...columns.map((name) => name.padStart(11))].join(' '));
  for (const row of results) console.log([row.engine.padEnd(10), row.name.padEnd(44), ...columns.map((name) => number(row[name]).padStart(11))].join(' '));
};

const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-data-'));
const cold = performance.now();
const embedded = await connectEmbedded(join(folder, 'a'));
report('embedded', 'first start (creates the folder)', { p50: performance.now() - cold });
await benchClicks('embedded', embedded);
await benchCourier('embedded', embedded);
await embedded.close();
const server = await startServer();
const postgres = connectPostgres(server.url);
await benchClicks('postgres', postgres);
await benchCourier('postgres', postgres);
await postgres.close();
const growth = connectPostgres(await server.fresh(), { poolSize: 2 });
await benchGrowth('postgres', growth);
await growth.close();
await server.stop();
const grown = await connectEmbedded(join(folder, 'b'));
await benchGrowth('embedded', grown);
await grown.close();
rmSync(folder, { recursive: true, force: true });
await benchPage(report);
table();
writeFileSync('bench-results.json', `${JSON.stringify(results, null, 2)}\n`);
