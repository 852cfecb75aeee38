/** A million releases in a thousand workspaces, filled in by SQL, and what a process that serves them all then takes to tick and to read. */
import { sql } from 'kysely';
import { nextDeliveryIn } from '../dist/courier/claim.js';
import { snapshot } from '../dist/db/transact.js';
import { readHome } from '../dist/home/read-home.js';
import { openEngine } from './engines.mjs';
import { history } from './history.mjs';
import { percentile } from './measure.mjs';
import { pagesRead, readsOf, sum } from './pages.mjs';
import { administer } from './postgres.mjs';
import { report } from './table.mjs';
import { gate, openApp, planRelease } from './workspace.mjs';

const WORKSPACES = Number(process.env.BENCH_WORKSPACES ?? 1_000);
const EACH = Number(process.env.BENCH_EACH ?? 1_000);
const OPEN = 5;
const HOUR = 3_600_000;
const ROUNDS = 20;

const copying = (table, workspace) =>
  `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object('workspace_id', w.id))).* from ${table} t, workspaces w
   where t.workspace_id = '${workspace}' and w.id <> '${workspace}'`;

/** The workspace with its open releases a thousand times, and a history for each. Foreign keys are not looked at: the rows are made to fit. */
const fill = async (url, workspace) => {
  const statements = [
    'set session_replication_role = replica',
    `insert into workspaces (id, slack_id, name, bot_user_id, created_at, catalog_version, next_release, journal_seq, journal_hash)
     select 'wsp_' || n, 'T_' || n, 'n', bot_user_id, created_at, catalog_version, next_release, journal_seq, journal_hash
     from workspaces, generate_series(2, ${WORKSPACES}) n where id = '${workspace}'`,
    ...['catalogs', 'people', 'releases', 'rounds', 'asks'].map((table) => copying(table, workspace)),
    // Something to settle in every workspace within the hour.
    `update releases set wake_at = now() + interval '5 minutes' + random() * interval '50 minutes'`,
    ...history({ workspace: 'w.id', beside: ', workspaces w', from: 0, to: EACH }),
  ];
  const began = performance.now();
  await administer(url, statements.join(';\n'));
  await administer(url, 'vacuum analyze');
  return (performance.now() - began) / 1_000;
};

/** How long it takes in twenty workspaces one after another, and what it reads. */
const reading = async ({ app, database, engine }, what, places, read) => {
  const times = [];
  for (const place of places) {
    const at = performance.now();
    await read(place);
    times.push(performance.now() - at);
  }
  const pages = sum(await pagesRead(database, await readsOf(() => read(places[0]))));
  const figures = { p50_ms: percentile(times, 0.5), p99_ms: percentile(times, 0.99), pages };
  report('growth', engine, `${app.size}: ${what}`, { figures });
};

const ticking = async (bed) => {
  const { app, database, engine } = bed;
  const idle = Array.from({ length: ROUNDS }, () => null);
  await reading(bed, 'a tick with nothing due', idle, () => app.tick());
  await reading(bed, 'the courier asks for what is next', idle, () =>
    nextDeliveryIn(database, new Date().toISOString()),
  );
  bed.advance(HOUR);
  const at = performance.now();
  const done = await app.tick();
  const ms = performance.now() - at;
  report('growth', engine, `${app.size}: an hour of ticks, all that came due`, {
    figures: { rows: done, took_ms: ms, 'a-row_ms': ms / done },
  });
};

export const million = async () => {
  const engine = await openEngine('postgres');
  const bed = await openApp(engine);
  const { app, database, tenants } = bed;
  await app.courier.stop();
  const [{ workspace }] = tenants;
  for (let n = 0; n < OPEN; n += 1) await planRelease(app, workspace);
  await sql`delete from messages`.execute(database.kysely);
  app.size = `${(WORKSPACES * EACH) / 1_000} k releases in ${WORKSPACES} workspaces`;
  report('growth', 'postgres', `${app.size}: the fill`, { figures: { took_s: await fill(engine.url, workspace) } });
  const { rows: places } = await sql`select workspace_id, min(id) as release from releases where wake_at is not null
    group by workspace_id order by workspace_id limit ${ROUNDS}`.execute(database.kysely);
  const { situations, clock } = app.deps;
  await reading(bed, 'Home', places, ({ workspace_id }) =>
    snapshot(database, (db) => readHome(situations, db, workspace_id, 'U0ADAM', clock.now())),
  );
  await reading(bed, 'situation and readiness', places, ({ workspace_id, release }) =>
    gate(app, workspace_id, release),
  );
  await ticking(bed);
  await app.stop();
  await database.close();
};
