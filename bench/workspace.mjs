/** The real app for the measurements, against the stub Slack: one workspace by its token, or several that installed it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import pino from 'pino';
import { readConfig } from '../dist/config.js';
import { readiness } from '../dist/domain/readiness.js';
import { instant } from '../dist/domain/time.js';
import { tokenBox } from '../dist/install/token-box.js';
import { newRelease } from '../dist/releases/new-release-verb.js';
import { atTheirDesks, SEEDED_CATALOG } from '../dist/sandbox/seed.js';
import { performOnWorkspace } from '../dist/situation/perform.js';
import { start } from '../dist/start.js';
import { startChild } from './children.mjs';
import { newFolder } from './engines.mjs';
import { each } from './measure.mjs';

export const SECRET = 'the signing secret of the benchmark';
export const TOKEN = 'xoxb-benchmark';
export const JOURNAL_KEY = 'x'.repeat(40);
const TOKEN_KEY = 'a1'.repeat(32);
/** As fast as Slack answers. */
export const UNPACED = { postEveryMs: 0, editEveryMs: 0, editsAMinute: Number.POSITIVE_INFINITY, leaseMs: 60_000 };

let slack = null;
let clicker = null;
/** The stub of Slack, and who clicks there: one of each, started when first wanted. */
export const slackStub = () => (slack ??= startChild(new URL('./children/slack.mjs', import.meta.url)));
export const clickers = () => (clicker ??= startChild(new URL('./children/clicker.mjs', import.meta.url)));

/** The workspace once more, under other ids: its catalog, its people, and what else is named. */
export const copyWorkspace = async (kysely, from, to, tables = []) => {
  await sql`insert into workspaces (id, slack_id, name, bot_user_id, created_at, catalog_version)
    select ${to}, ${`T_${to}`}, ${to}, bot_user_id, created_at, catalog_version from workspaces where id = ${from}`.execute(
    kysely,
  );
  for (const table of ['catalogs', 'people', ...tables])
    await sql`insert into ${sql.table(table)}
      select (jsonb_populate_record(t, jsonb_build_object('workspace_id', ${to}::text))).* from ${sql.table(table)} t
      where workspace_id = ${from}`.execute(kysely);
};

/** As a company has them: with two hundred releases waiting at once a service has eight of them, which is a busy one. */
const SERVICES = ['checkout', 'search', ...Array.from({ length: 22 }, (_, n) => `service-${n + 1}`)];

/** The seeded catalog, and as many services more as are named, each like the first. */
const catalogOf = (services) => {
  const like = SEEDED_CATALOG.split('\n').find((line) => line.startsWith('  checkout:'));
  const more = services.filter((name) => !SEEDED_CATALOG.includes(`\n  ${name}:`));
  const rows = more.map((name) => like.replace('checkout:', `${name}:`));
  return SEEDED_CATALOG.replace(like, [like, ...rows].join('\n'));
};

/** As the environment would say it; the engine comes open. */
export const configOf = (env) =>
  readConfig({
    SLACK_SIGNING_SECRET: SECRET,
    SIGNALBOX_JOURNAL_KEY: JOURNAL_KEY,
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
    ...env,
  });

/** Sealed as an installation seals it, so that the app serves the workspace by its own token. */
const installed = async (kysely, workspace) => {
  const token = tokenBox([TOKEN_KEY]).seal(TOKEN, workspace);
  await sql`insert into installations (workspace_id, bot_id, scopes, installed_by, installed_at, token)
    values (${workspace}, 'B0BOT', '[]', 'U0RITA', now(), ${token})`.execute(kysely);
};

/** Starts the app on an open engine. `workspaces` beside the first are copies of it. */
export const openApp = async ({ engine, database, clock }, { workspaces = 1, pace = UNPACED } = {}) => {
  const SLACK_API_URL = await slackStub().ask('url');
  const catalogFile = join(newFolder(), 'catalog.yml');
  writeFileSync(catalogFile, catalogOf(SERVICES));
  // At night people are not written to, and that is what is measured.
  let moved = atTheirDesks(Date.now()) - Date.now();
  const overrides = { database, clock: { now: () => instant(Date.now() + moved) }, pace };
  const run = (env) => start(configOf({ SLACK_API_URL, ...env }), pino({ level: 'silent' }), overrides);
  let app = await run({ SLACK_BOT_TOKEN: TOKEN, CATALOG_FILE: catalogFile });
  const { id, slack_id } = await database.db
    .selectFrom('workspaces')
    .select(['id', 'slack_id'])
    .executeTakeFirstOrThrow();
  const tenants = [{ workspace: id, team: slack_id }];
  if (workspaces > 1) {
    // One token refuses a database of several workspaces: they are served as those that installed the app.
    await app.stop();
    for (let n = 1; n < workspaces; n += 1) {
      await copyWorkspace(database.kysely, id, `wsp_bench${n}`);
      tenants.push({ workspace: `wsp_bench${n}`, team: `T_wsp_bench${n}` });
    }
    for (const { workspace } of tenants) await installed(database.kysely, workspace);
    app = await run({ SLACK_CLIENT_ID: '1.1', SLACK_CLIENT_SECRET: 'x', SIGNALBOX_TOKEN_KEY: TOKEN_KEY });
  }
  const advance = (ms) => {
    moved += ms;
  };
  return { engine, database, clock, app, tenants, advance, url: `http://127.0.0.1:${app.port}/slack/events` };
};

/** Who acts where, at the app's moment. */
export const ctxOf = (app, workspace, actor) => ({
  workspace,
  actor,
  surface: 'command',
  now: app.deps.clock.now(),
  requestKey: null,
});

let versions = 0;
/** Plans a release that asks for approval at once, by the verb; of two services in turn where none is named. */
export const planRelease = async (app, workspace, more = {}) => {
  versions += 1;
  const created = await performOnWorkspace(app.deps, ctxOf(app, workspace, 'U0OLIVIA'), newRelease, {
    service: SERVICES[versions % 2],
    version: `9.${versions}.0`,
    title: 'Bench',
    customers: null,
    when: { kind: 'asap' },
    rollbackPlan: null,
    answers: { schema: false, irreversible: false, downtime: false, restricted: false },
    hotfix: false,
    askWhenReady: true,
    ...more,
  });
  if (!created.ok) throw new Error(JSON.stringify(created.refusal));
  return created.value.release;
};

/** Plans `count` releases, in turn in each workspace; the click on *Approve* for each, as Slack sends it. */
export const approvals = async ({ app, database, tenants }, count) => {
  const planned = [];
  const wanted = Array.from({ length: count }, (_, n) => tenants[n % tenants.length]);
  const serviceOf = (n) => SERVICES[Math.floor(n / tenants.length) % SERVICES.length];
  const plans = wanted.map(({ workspace }, n) => ({ workspace, service: serviceOf(n) }));
  await each(plans, 8, async ({ workspace, service }) => planned.push(await planRelease(app, workspace, { service })));
  const rounds = await sql`select r.id, r.release_id, r.hash, w.slack_id as team
    from rounds r join workspaces w on w.id = r.workspace_id where r.release_id = any(${planned}) order by r.opened_at, w.id`.execute(
    database.kysely,
  );
  return rounds.rows.map(({ id, release_id, hash, team }) => approveClick(team, [release_id, id, hash].join('~')));
};

const approveClick = (team, value) => ({
  payload: JSON.stringify({
    type: 'block_actions',
    user: { id: 'U0ADAM', team_id: team },
    team: { id: team },
    api_app_id: 'A',
    is_enterprise_install: false,
    channel: { id: 'D0ADAM' },
    container: { type: 'message' },
    message: { ts: '1.1' },
    trigger_id: `bench-${value}`,
    response_url: 'https://hooks.slack.com/x',
    actions: [{ type: 'button', action_id: `approve:${value}`, block_id: 'b', value }],
  }),
});

/** The situation of one release and the answer to the one question, as a gate asks it. */
export const gate = async (app, workspace, release) => {
  const now = app.deps.clock.now();
  const { db } = app.deps.database;
  const found = await app.deps.situations.read(db, { workspace, releases: [release], actor: 'U0OLIVIA', now });
  return readiness(found.situations[0], 'production', now);
};
