/**
 * The gate that pipelines ask, beside an empty route of the same router that does one indexed select: with a thousand and a hundred thousand releases
 * and fifty freezes; and a thousand calls that wait at once, until all of them have heard of a change.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { approvalVerbs } from '../dist/approvals/approval-verbs.js';
import { perform } from '../dist/situation/perform.js';
import { ENGINES, openEngine } from './engines.mjs';
import { history } from './history.mjs';
import { costing, summary, wait } from './measure.mjs';
import { report } from './table.mjs';
import { clickers, ctxOf, openApp, planRelease } from './workspace.mjs';

const SIZES = [1_000, 100_000];
const REQUESTS = 800;
/** Until the code is compiled, as in a process that has served an hour. */
const WARM_UP = 2_000;
const AT_ONCE = 8;
const WAITING = 1_000;
/** A token may ask so often in a minute: the benchmark has as many tokens as it takes. */
const TOKENS = 40;

/** The least that anything here can do: read JSON, one row by its index, answer JSON. */
const emptyRoute = async ({ db }, workspace) => {
  const app = new OpenAPIHono();
  const body = z.object({ service: z.string(), version: z.string(), environment: z.string() });
  const route = createRoute({
    method: 'post',
    path: '/v1/empty',
    request: { body: { content: { 'application/json': { schema: body } }, required: true } },
    responses: { 200: { description: 'a row', content: { 'application/json': { schema: z.any() } } } },
  });
  app.openapi(route, async (c) => {
    const { service, version } = c.req.valid('json');
    const row = await db
      .selectFrom('releases')
      .select(['id', 'status'])
      .where('workspace_id', '=', workspace)
      .where('service', '=', service)
      .where('version', '=', version)
      .executeTakeFirst();
    return c.json({ row: row ?? null }, 200);
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((req, res) => void listener(req, res));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/v1/empty`, close: () => server.close() };
};

const makeTokens = async ({ kysely }, workspace) => {
  const tokens = Array.from({ length: TOKENS }, (_, n) => {
    const secret = createHash('sha256').update(`bench ${n}`).digest('hex');
    return `sbt_${workspace.slice('wsp_'.length)}_${secret}`;
  });
  for (const [n, text] of tokens.entries())
    await sql`insert into tokens (workspace_id, id, name, scopes, services, environments, hash, made_by, made_at)
      values (${workspace}, ${`tok_bench${n}`}, ${`bench-${n}`}, '["deploy"]', '[]', '[]', ${createHash('sha256').update(text).digest('hex')}, 'U0RITA', now())`.execute(
      kysely,
    );
  return tokens;
};

const freezes = ({ kysely }, workspace) =>
  sql`insert into freezes (workspace_id, id, number, name, reason, severity, scope, starts_at, ends_at, zone, exempt_types, approvers, created_by, created_at)
    select ${workspace}, 'frz_b' || i, 500 + i, 'Freeze ' || i, 'x', 'hard', '{"services":["ledger"],"environments":["production"]}',
      now() + i * interval '1 hour', now() + (i + 1) * interval '1 hour', 'UTC', '[]', 'release-managers', 'U0RITA', now()
    from generate_series(1, 50) i`.execute(kysely);

const approve = (app, workspace, release) =>
  perform(app.deps, ctxOf(app, workspace, 'U0ADAM'), approvalVerbs.approve, { release }, { hash: null, comment: null });

const burst = async (clock, url, requests) => {
  await clickers().ask('prepareJson', { requests });
  const { result, cpuMs, serverMs } = await costing(clock, () =>
    clickers().ask('go', { url, atOnce: AT_ONCE, connections: AT_ONCE }),
  );
  return { ...result, cpuMs, serverMs };
};

const asked = (tokens, count, more = {}) =>
  Array.from({ length: count }, (_, n) => ({
    token: tokens[n % tokens.length],
    service: 'checkout',
    environment: 'production',
    ...more,
  }));

/** A thousand wait for approval; one press, and how long until the last has its answer. */
const manyWaiting = async ({ app, clock, url, workspace, tokens, engine }) => {
  const release = await planRelease(app, workspace, { service: 'checkout' });
  await app.settled();
  const [{ version }] = await sql`select version from releases where id = ${release}`
    .execute(app.deps.database.kysely)
    .then(({ rows }) => rows);
  await clickers().ask('prepareJson', { requests: asked(tokens, WAITING, { version, wait: 60 }) });
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const all = clickers().ask('go', { url, atOnce: WAITING, connections: WAITING });
  await wait(6_000);
  const held = process.memoryUsage().rss - before;
  const pressed = performance.timeOrigin + performance.now();
  const { cpuMs } = await costing(clock, async () => {
    await approve(app, workspace, release);
    await all;
  });
  const { acks, answers } = await all;
  const heard = answers.filter((text) => JSON.parse(text).decision === 'allow').length;
  report('gate', engine, `${WAITING} waiting calls at once`, {
    figures: {
      heard,
      'until-the-last_ms': Math.max(...acks) - pressed,
      CPU_ms: cpuMs,
      memory_MB: held / 1e6,
      'memory-each_kB': held / WAITING / 1e3,
    },
  });
};

const onEngine = async (name) => {
  const opened = await openEngine(name);
  const bed = await openApp(opened);
  const { app, database, clock } = bed;
  const [{ workspace }] = bed.tenants;
  const tokens = await makeTokens(database, workspace);
  await freezes(database, workspace);
  const release = await planRelease(app, workspace, { service: 'checkout' });
  await approve(app, workspace, release);
  await app.settled();
  const { rows } = await sql`select version from releases where id = ${release}`.execute(database.kysely);
  const { version } = rows[0];
  const empty = await emptyRoute(database, workspace);
  const url = `http://127.0.0.1:${app.port}/v1/gate`;
  let from = 0;
  for (const to of SIZES) {
    await database.exclusively(async (run) => {
      for (const statement of [...history({ workspace: `'${workspace}'`, from, to }), 'analyze']) await run(statement);
    });
    from = to;
    const requests = asked(tokens, REQUESTS / 4, { version });
    await burst(clock, empty.url, asked(tokens, WARM_UP, { version }));
    await burst(clock, url, asked(tokens, WARM_UP, { version }));
    const runs = { empty: [], gate: [] };
    for (let turn = 0; turn < 4; turn += 1) {
      runs.empty.push(await burst(clock, empty.url, requests));
      runs.gate.push(await burst(clock, url, requests));
    }
    const [base, ours] = [runs.empty, runs.gate].map((list) =>
      summary({
        times: list.flatMap(({ times }) => times),
        seconds: list.reduce((sum, { seconds }) => sum + seconds, 0),
        cpuMs: list.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
        serverMs: list.some(({ serverMs }) => serverMs === null)
          ? null
          : list.reduce((sum, { serverMs }) => sum + serverMs, 0),
      }),
    );
    report('gate', bed.engine, `${to.toLocaleString('en')} releases, 50 freezes, ${AT_ONCE} at once`, {
      ratios: {
        p50: ours.p50_ms / base.p50_ms,
        p99: ours.p99_ms / base.p99_ms,
        throughput: base['rate_/s'] / ours['rate_/s'],
      },
      figures: { ...ours, 'empty-p50_ms': base.p50_ms, 'empty-rate_/s': base['rate_/s'] },
    });
  }
  await manyWaiting({ app, clock, url, workspace, tokens, engine: bed.engine });
  empty.close();
  await app.stop();
  await database.close();
};

export const gate = async () => {
  for (const name of ENGINES) await onEngine(name);
};
