/**
 * `npm run bench`: what a click costs, beside what the same machine does without us, in one run. Ratios are what counts; milliseconds are of
 * this machine and this moment. Prints a table and writes bench-results.json.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, HTTPReceiver } from '@slack/bolt';
import { sql } from 'kysely';
import pino from 'pino';
import { connectEmbedded, connectPostgres } from '../dist/db/connection.js';
import { migrate } from '../dist/db/migrate.js';
import { instant } from '../dist/domain/time.js';
import { newRelease } from '../dist/releases/new-release-verb.js';
import { sign } from '../dist/sandbox/delivery.js';
import { startSandbox } from '../dist/sandbox/sandbox.js';
import { addSeededPeople, SEEDED_CATALOG } from '../dist/sandbox/seed.js';
import { performOnWorkspace } from '../dist/situation/perform.js';
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
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': sign(secret, at, body),
    },
    body,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return text;
};

/** An empty Bolt app with one committed insert, on the same engine. */
const emptyBolt = async (database, secret) => {
  await sql`create table if not exists bench_inserts (id bigint generated always as identity, at text)`.execute(
    database.kysely,
  );
  const receiver = new HTTPReceiver({ signingSecret: secret, endpoints: ['/slack/events'] });
  const app = new App({
    receiver,
    authorize: () => Promise.resolve({ botToken: 'xoxb-x', botId: 'B', botUserId: 'U' }),
    convoStore: false,
  });
  app.command(/.*/, async ({ ack }) => {
    await sql`insert into bench_inserts (at) values (${new Date().toISOString()})`.execute(database.kysely);
    await ack();
  });
  const server = createServer(receiver.requestListener.bind(receiver));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/slack/events`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
};

const benchClicks = async (engine, database) => {
  await migrate(database);
  const sandbox = await startSandbox();
  addSeededPeople(sandbox);
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const catalogFile = join(folder, 'catalog.yml');
  writeFileSync(catalogFile, SEEDED_CATALOG);
  const { botToken, signingSecret } = sandbox.world;
  const config = {
    slack: { mode: 'http', botToken, signingSecret, apiUrl: sandbox.api.url },
    command: '/release',
    admins: [],
    catalogFile,
    database: { kind: 'embedded', dataDir: folder, journalKey: 'x'.repeat(40) },
    history: false,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
  };
  const began = performance.now();
  const app = await start(config, pino({ level: 'silent' }), {
    database,
    clock: { now: () => instant(sandbox.clock.now()) },
    pace: { postEveryMs: 0, editEveryMs: 0, leaseMs: 60_000 },
  });
  report(engine, 'start (open, migrated database)', { p50: performance.now() - began });
  const url = `http://127.0.0.1:${app.port}/slack/events`;
  const { id: workspace } = await database.db.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();
  const ctx = () => ({ workspace, actor: 'U0OLIVIA', surface: 'command', now: app.deps.clock.now(), requestKey: null });
  const answers = { schema: false, irreversible: false, downtime: false, restricted: false };
  const count = ROUNDS + WARM_UP + 1;
  for (let n = 0; n < count; n += 1) {
    const created = await performOnWorkspace(app.deps, ctx(), newRelease, {
      service: 'checkout',
      version: `9.${n}.0`,
      title: 'Bench',
      customers: null,
      when: { kind: 'asap' },
      rollbackPlan: null,
      answers,
      hotfix: false,
      askWhenReady: true,
    });
    if (!created.ok) throw new Error(JSON.stringify(created.refusal));
  }
  // What is to be posted would compete for the machine: the courier has caught up before anything is timed, and pauses meanwhile.
  await app.settled();
  await app.courier.stop();
  // As autovacuum, or the start of the embedded engine, would have done by then.
  await sql`analyze`.execute(database.kysely);
  const rounds = await database.db
    .selectFrom('rounds')
    .select(['id', 'release_id', 'hash'])
    .where('workspace_id', '=', workspace)
    .orderBy('opened_at')
    .execute();
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
  const { result: clicks, queries } = await watched(database, () => timed(ROUNDS, (n) => approve(n + WARM_UP)));
  const perClick = Math.round(queries.length / ROUNDS);
  const last = await watched(database, () => approve(ROUNDS + WARM_UP));

  const empty = await emptyBolt(database, signingSecret);
  const insert = () =>
    post(empty.url, signingSecret, {
      team_id: 'T',
      user_id: 'U',
      command: '/x',
      text: '',
      trigger_id: 'x',
      channel_id: 'C',
      response_url: 'x',
      api_app_id: 'A',
      is_enterprise_install: 'false',
    });
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
  report(engine, 'Approve: receipt to ack after commit', {
    ...clicks,
    ratio: clicks.p50 / bolt.p50,
    ratioToBare: clicks.p50 / transaction.p50,
  });
  await empty.close();
  await app.stop();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
  return { workspace, queries: last.queries };
};

/** Runs `work` and notes every statement, from outside: each passes through the executor of the one Kysely instance. */
const watched = async (database, work) => {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf(database.kysely.getExecutor()));
  const original = prototype.executeQuery;
  const queries = [];
  prototype.executeQuery = function (query, ...rest) {
    queries.push(query);
    return original.call(this, query, ...rest);
  };
  try {
    return { result: await work(), queries };
  } finally {
    prototype.executeQuery = original;
  }
};

/** What people ask for, and what runs by itself, whose reading must not grow with history. */
const acts = (sandbox, app) => {
  const olivia = sandbox.as('U0OLIVIA');
  const type = (text) => olivia.command('/release', text, 'C0SEARCH');
  return {
    '/release': () => type(''),
    '/release new, and its card posted': () => type('new search 8.0.0 "Bench"'),
    '/release list': () => type('list'),
    '/release list status:closed': () => type('list status:closed'),
    '/release why': () => type('why search 8.0.0'),
    '/release timeline': () => type('timeline search 8.0.0'),
    '/release env checkout': () => type('env checkout'),
    '/release freeze list': () => type('freeze list'),
    'the form': () => type('new'),
    Home: () => olivia.openHome(),
    'an hour of ticks': async () => {
      sandbox.clock.advance(3_600_000);
      await app.settled();
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
  const config = {
    slack: { mode: 'http', botToken, signingSecret, apiUrl: sandbox.api.url },
    command: '/release',
    admins: [],
    catalogFile,
    database: { kind: 'embedded', dataDir: folder, journalKey: 'x'.repeat(40) },
    history: false,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
  };
  const app = await start(config, pino({ level: 'silent' }), {
    database,
    clock: { now: () => instant(sandbox.clock.now()) },
    pace: { postEveryMs: 0, editEveryMs: 0, leaseMs: 60_000 },
  });
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
  const queries = {};
  for (const [name, act] of Object.entries(acts(sandbox, app)))
    queries[name] = (
      await watched(database, async () => {
        await act();
        await app.settled();
      })
    ).queries;
  await app.stop();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
  return queries;
};

/** A release every ten minutes, so that what happened lately is the same however long the history. */
const AT = `now() - i * interval '10 minutes'`;
const SERVICE = `case i % 10 when 0 then 'checkout' else 'other' || (i % 50) end`;
const RELEASE = {
  id: `'rel_' || i`,
  number: '1000000 + i',
  service: SERVICE,
  affects: `'[]'`,
  version: `'0.' || i || '.0'`,
  type: `'normal'`,
  title: `'x'`,
  owner: `'U1'`,
  creator: `'U1'`,
  revision: 1,
  targets: `'["production"]'`,
  answers: `'{}'`,
  planned: `'{"kind":"asap"}'`,
  ask_when_ready: true,
  changes: `'[]'`,
  status: `case i % 12 when 0 then 'cancelled' else 'closed' end`,
  state: `'{"since":"2026-01-01T00:00:00.000Z"}'`,
  ever_asked: true,
  created_at: AT,
};
const DEPLOYMENT = {
  id: `'dep_' || i`,
  release_id: `'rel_' || i`,
  service: SERVICE,
  environment: `'production'`,
  version: `'0.' || i || '.0'`,
  revision: 1,
  kind: `'deploy'`,
  attempt: 1,
  state: `case i % 200 when 0 then 'failed' else 'succeeded' end`,
  started_by: `'U1'`,
  started_at: AT,
  finished_at: AT,
  deadline: AT,
};
const ROUND = {
  id: `'rnd_' || i`,
  release_id: `'rel_' || i`,
  n: 1,
  state: `'approved'`,
  opened_at: AT,
  opened_by: `'U1'`,
  expires_at: AT,
  ended_at: AT,
  remind_at: AT,
  snapshot: `'{}'`,
  hash: `'h'`,
  policy: `'default'`,
  rules: `'{}'`,
  gates: `'[]'`,
  catalog_version: 1,
};
const REVIEW = {
  id: `'rev_' || i`,
  release_id: `'rel_' || i`,
  form: `'short'`,
  state: `'submitted'`,
  owner: `'U1'`,
  opened_at: AT,
  due_at: AT,
  answers: `'{}'`,
};
const FREEZE = {
  id: `'frz_' || i`,
  number: '1000000 + i',
  name: `'x'`,
  reason: `'x'`,
  severity: `'hard'`,
  scope: `'{}'`,
  starts_at: `${AT} - interval '1 day'`,
  ends_at: AT,
  zone: `'UTC'`,
  exempt_types: `'[]'`,
  approvers: `'x'`,
  created_by: `'U1'`,
  created_at: AT,
};
const MESSAGE = {
  id: `'msg_' || i`,
  subject: `'rel_' || i`,
  kind: `'card'`,
  audience: `'team'`,
  place: `'C1'`,
  occurrence: `''`,
  wanted: 1,
  shown: 1,
  next_at: AT,
};

/** Adds the made-up rows after number `from`, up to number `to`. */
const fills = (workspace, from, to) => {
  const fill = (table, columns, rows = `generate_series(${from + 1}, ${to}) i`) =>
    `insert into ${table} (workspace_id, ${Object.keys(columns).join(', ')}) select '${workspace}', ${Object.values(columns).join(', ')} from ${rows}`;
  return [
    fill('releases', RELEASE),
    fill('deployments', DEPLOYMENT),
    fill('rounds', ROUND),
    fill('decisions', {
      id: `'dcn_' || i`,
      round_id: `'rnd_' || i`,
      actor: `'U1'`,
      verdict: `'approve'`,
      hash: `'h'`,
      at: AT,
    }),
    fill(
      'asks',
      { round_id: `'rnd_' || i`, person: 'person', at: AT, wave: `'first'` },
      `generate_series(${from + 1}, ${to}) i, (values ('U0ADAM'), ('U0STAN')) as two (person)`,
    ),
    fill('gate_results', {
      id: `'gat_' || i`,
      release_id: `'rel_' || i`,
      gate: `'regression'`,
      revision: 1,
      outcome: `'passed'`,
      actor: `'U1'`,
      at: AT,
    }),
    fill('reviews', REVIEW),
    fill('freezes', FREEZE, `generate_series(${from + 100}, ${to}, 100) i`),
    fill('messages', MESSAGE),
    fill('inbox', { key: `'key_' || i`, answer: `'{}'`, at: AT }),
    fill(
      'journal',
      {
        seq: '1000000 + i',
        id: `'evt_' || i`,
        release_id: `'rel_' || (i / 5)`,
        kind: `'release.held'`,
        canonical: `'{}'`,
        prev: `'x'`,
        hash: `'x'`,
      },
      `generate_series(${from * 5 + 1}, ${to * 5}) i`,
    ),
    'analyze',
  ];
};

const literal = (value) => {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = value instanceof Date ? value.toISOString() : Array.isArray(value) ? `{${value.join(',')}}` : value;
  return `'${text.replaceAll("'", "''")}'`;
};

/** Pages touched by the third run of a prepared statement under its generic plan: literals of this run cannot help it. */
const buffersOf = async (run, text, values) => {
  await run('set plan_cache_mode = force_generic_plan');
  await run(`prepare measured as ${text}`);
  let buffers = 0;
  for (let turn = 0; turn < 3; turn += 1) {
    const [row] = await run(
      `explain (analyze, buffers, format json) execute measured${values.length === 0 ? '' : `(${values.map(literal).join(', ')})`}`,
    );
    const plan = row['QUERY PLAN'][0].Plan;
    buffers = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  }
  await run('deallocate measured');
  return buffers;
};

/** Buffers that the reads of each act touch with a thousand and a hundred thousand releases; `exclusively`, because that has no interactive deadline. */
const benchGrowth = async (engine, database, workspace, queriesOf) => {
  const measured = {};
  let from = 0;
  for (const size of [1_000, 100_000]) {
    await database.exclusively(async (run) => {
      for (const statement of fills(workspace, from, size)) await run(statement);
    });
    await database.exclusively(async (run) => {
      for (const [name, queries] of Object.entries(queriesOf)) {
        const reads = new Map(
          queries.filter(({ sql: text }) => /^\s*select/.test(text)).map((query) => [query.sql, query]),
        );
        let sum = 0;
        for (const { sql: text, parameters } of reads.values()) sum += await buffersOf(run, text, parameters);
        (measured[name] ??= { reads: reads.size })[size] = sum;
      }
    });
    from = size;
  }
  for (const [name, { reads, 1000: at1k, 100000: at100k }] of Object.entries(measured))
    report(engine, `pages read: ${name} (${reads} reads)`, { at1k, at100k, ratio: at100k / at1k });
};

const number = (value) => (value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toFixed(2));
const table = () => {
  const columns = ['p50', 'p99', 'perSecond', 'ratio', 'ratioToBare', 'at1k', 'at100k'];
  console.log(['engine'.padEnd(10), 'what'.padEnd(56), ...columns.map((name) => name.padStart(11))].join(' '));
  for (const row of results)
    console.log(
      [row.engine.padEnd(10), row.name.padEnd(56), ...columns.map((name) => number(row[name]).padStart(11))].join(' '),
    );
};

const benchEngine = async (engine, database) => {
  const { workspace, queries } = await benchClicks(engine, database);
  const others = await benchCourier(engine, database);
  await benchGrowth(engine, database, workspace, { Approve: queries, ...others });
  await database.close();
};

const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-data-'));
const cold = performance.now();
const embedded = await connectEmbedded(folder);
report('embedded', 'first start (creates the folder)', { p50: performance.now() - cold });
await benchEngine('embedded', embedded);
const server = await startServer();
await benchEngine('postgres', connectPostgres(server.url));
await server.stop();
rmSync(folder, { recursive: true, force: true });
await benchPage(report);
table();
writeFileSync('bench-results.json', `${JSON.stringify(results, null, 2)}\n`);
