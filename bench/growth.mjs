/** What people ask for, and what runs by itself, must not read more as history grows: pages with a thousand and a hundred thousand releases. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import pino from 'pino';
import { approvalVerbs } from '../dist/approvals/approval-verbs.js';
import { nextDeliveryIn } from '../dist/courier/claim.js';
import { instant } from '../dist/domain/time.js';
import { startSandbox } from '../dist/sandbox/sandbox.js';
import { addSeededPeople, SEEDED_CATALOG } from '../dist/sandbox/seed.js';
import { perform } from '../dist/situation/perform.js';
import { start } from '../dist/start.js';
import { ENGINES, newFolder, openEngine } from './engines.mjs';
import { history } from './history.mjs';
import { million } from './million.mjs';
import { pagesRead, readsOf, sum } from './pages.mjs';
import { report } from './table.mjs';
import { configOf, ctxOf, gate, planRelease, UNPACED } from './workspace.mjs';

const SIZES = [1_000, Number(process.env.BENCH_GROWTH ?? 100_000)];

const GROWS = 2;

/** In the sandbox, where people can act. */
const openBed = async (engine) => {
  const sandbox = await startSandbox({ limits: false });
  addSeededPeople(sandbox);
  const folder = newFolder();
  const catalogFile = join(folder, 'catalog.yml');
  writeFileSync(catalogFile, SEEDED_CATALOG);
  const { botToken, signingSecret } = sandbox.world;
  const config = configOf({
    SLACK_BOT_TOKEN: botToken,
    SLACK_SIGNING_SECRET: signingSecret,
    SLACK_API_URL: sandbox.api.url,
    CATALOG_FILE: catalogFile,
  });
  const clock = { now: () => instant(sandbox.clock.now()) };
  const { database } = engine;
  const app = await start(config, pino({ level: 'silent' }), { database, clock, pace: UNPACED });
  sandbox.pointAt(`http://127.0.0.1:${app.port}/slack/events`);
  const { id: workspace } = await database.db.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();
  return { ...engine, sandbox, app, workspace };
};

/** Each with what it causes, except where nothing follows. */
const acts = ({ sandbox, app, workspace }, release) => {
  const olivia = sandbox.as('U0OLIVIA');
  const then = (act) => async () => {
    await act();
    await app.settled();
  };
  const type = (text) => then(() => olivia.command('/release', text, 'C0CHECKOUT'));
  const { approve } = approvalVerbs;
  return {
    Approve: () =>
      perform(app.deps, ctxOf(app, workspace, 'U0ADAM'), approve, { release }, { hash: null, comment: null }),
    'situation and readiness (the gate’s question)': () => gate(app, workspace, release),
    '/release': type(''),
    '/release new, and its card posted': type('new checkout 8.0.0 "Bench"'),
    '/release list': type('list'),
    '/release list closed': type('list closed'),
    '/release why': type('why checkout@8.0.0'),
    '/release timeline': type('timeline checkout@8.0.0'),
    '/release env checkout': type('env checkout'),
    '/release freeze list': type('freeze list'),
    'the form': type('new'),
    Home: then(() => olivia.openHome()),
    'an hour of ticks, all open releases due': then(async () => {
      await sql`update releases set wake_at = now() where wake_at is not null`.execute(app.deps.database.kysely);
      sandbox.clock.advance(3_600_000);
      await app.tick();
    }),
  };
};

/** The courier asks by itself what is next, whatever else happens: that is an act of its own, and no other's. */
const readsOfActs = async (bed) => {
  const release = await planRelease(bed.app, bed.workspace);
  await bed.app.settled();
  const next = await readsOf(() => nextDeliveryIn(bed.database, new Date().toISOString()));
  const own = ({ sql: text }) => !next.some((read) => read.sql === text);
  const reads = {};
  for (const [name, act] of Object.entries(acts(bed, release))) reads[name] = (await readsOf(act)).filter(own);
  await bed.app.stop();
  await bed.sandbox.close();
  return { ...reads, 'the courier asks what is next': next };
};

/** Beside the table: which read it is that grows. */
const tellGrowing = (reads, few, many) => {
  for (const [place, { sql: text }] of reads.entries())
    if (many[place] > 100 && many[place] > GROWS * few[place])
      console.error(`    ${few[place]} → ${many[place]} pages: ${text.trim().replace(/\s+/g, ' ').slice(0, 160)}`);
};

const onEngine = async (name) => {
  const bed = await openBed(await openEngine(name));
  const reads = await readsOfActs(bed);
  const pages = {};
  let from = 0;
  for (const to of SIZES) {
    await bed.database.exclusively(async (run) => {
      for (const statement of [...history({ workspace: `'${bed.workspace}'`, from, to }), 'analyze'])
        await run(statement);
    });
    for (const [act, list] of Object.entries(reads)) (pages[act] ??= []).push(await pagesRead(bed.database, list));
    from = to;
  }
  for (const [act, [few, many]] of Object.entries(pages)) {
    const figures = { reads: few.length, [`with-${SIZES[0]}_pages`]: sum(few), [`with-${SIZES[1]}_pages`]: sum(many) };
    report('growth', bed.engine, act, { ratios: { pages: sum(many) / sum(few) }, figures });
    tellGrowing(reads[act], few, many);
  }
  await bed.database.close();
};

export const growth = async () => {
  for (const name of ENGINES) await onEngine(name);
  if (process.env.BENCH_MILLION === '1') await million();
};
