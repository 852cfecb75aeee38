/**
 * The courier alone, against a Slack that takes its time: how near it comes to a post a second in each channel, and what workspaces do to
 * one another.
 */
import { sql } from 'kysely';
import { PACE } from '../dist/courier/claim.js';
import { DELAY, deliver, fill, forget, lastOf, refused, shareOf } from './deliveries.mjs';
import { openEngine } from './engines.mjs';
import { mean } from './measure.mjs';
import { report } from './table.mjs';
import { copyWorkspace, openApp, planRelease, slackStub, UNPACED } from './workspace.mjs';

const CHANNELS = Number(process.env.BENCH_CHANNELS ?? 200);
const POSTS = 5;
const WORKSPACES = Number(process.env.BENCH_WORKSPACES ?? 1_000);

const per = ({ posts, statements, cpuMs, serverMs }) => ({
  'statements-a-message': statements / posts.length,
  'our-CPU-a-message_ms': cpuMs / posts.length,
  ...(serverMs === null ? {} : { 'server-CPU-a-message_ms': serverMs / posts.length }),
});

const manyChannels = async (bed) => {
  await fill(bed.database, [bed.workspace], CHANNELS, POSTS);
  const run = await deliver(bed, { pace: PACE, wanted: CHANNELS * POSTS });
  report(
    'courier',
    bed.engine,
    `${CHANNELS} channels, ${POSTS} posts each, real pace, Slack answers after ${DELAY} ms`,
    {
      ratios: { 'share of one a second': shareOf(run.posts) },
      figures: {
        posted: run.posts.length,
        in_s: lastOf(run.posts),
        '429-if-strict': refused(run.posts, 1),
        '429-with-a-burst-of-3': refused(run.posts, 3),
        'peak-under-way': run.peak,
        ...per(run),
      },
    },
  );
};

const BESIDE = { channels: 60, posts: 3 };

/** One workspace's messages with nothing else to do, and beside a workspace whose Slack never answers; twice each, in turns. */
const besideOneThatHangs = async (bed) => {
  const other = 'wsp_hangs';
  await copyWorkspace(bed.database.kysely, bed.workspace, other, ['releases']);
  const run = async (hangs) => {
    if (hangs) await fill(bed.database, [other], 100, 3);
    await fill(bed.database, [bed.workspace], BESIDE.channels, BESIDE.posts);
    const { posts } = await deliver(bed, {
      pace: UNPACED,
      wanted: BESIDE.channels * BESIDE.posts,
      hangs: [other],
      token: bed.workspace,
    });
    return { last: lastOf(posts), middle: mean(posts.map(({ after }) => after)) / 1_000 };
  };
  const found = { alone: [], beside: [] };
  for (let turn = 0; turn < 3; turn += 1) {
    found.alone.push(await run(false));
    found.beside.push(await run(true));
  }
  const [alone, beside] = [found.alone, found.beside].map((runs) => ({
    last: mean(runs.map(({ last }) => last)),
    middle: mean(runs.map(({ middle }) => middle)),
  }));
  const figures = (of) => ({ 'mean-after_s': of.middle, 'last-after_s': of.last });
  report('courier', bed.engine, `baseline: ${BESIDE.channels * BESIDE.posts} messages of one workspace, unpaced`, {
    figures: figures(alone),
  });
  report('courier', bed.engine, 'the same beside a workspace whose Slack hangs', {
    ratios: { mean: beside.middle / alone.middle, last: beside.last / alone.last },
    figures: figures(beside),
  });
};

const manyWorkspaces = async (bed) => {
  const { kysely } = bed.database;
  const names = Array.from({ length: WORKSPACES - 1 }, (_, n) => `wsp_many${n}`);
  await sql`insert into workspaces (id, slack_id, name, created_at, catalog_version)
    select n, 'T_' || n, n, now(), catalog_version from workspaces, unnest(${names}::text[]) n where id = ${bed.workspace}`.execute(
    kysely,
  );
  for (const table of ['catalogs', 'people', 'releases'])
    await sql`insert into ${sql.table(table)}
      select (jsonb_populate_record(t, jsonb_build_object('workspace_id', n))).* from ${sql.table(table)} t, unnest(${names}::text[]) n
      where t.workspace_id = ${bed.workspace}
        and ${table === 'releases' ? sql`t.number = (select min(number) from releases)` : sql`true`}`.execute(kysely);
  await sql`vacuum analyze`.execute(kysely);
  await fill(bed.database, [bed.workspace, ...names], 1, 1);
  const run = await deliver(bed, { pace: PACE, wanted: WORKSPACES });
  report('courier', bed.engine, `${WORKSPACES} workspaces, one message each, Slack answers after ${DELAY} ms`, {
    figures: { posted: run.posts.length, in_s: lastOf(run.posts), 'peak-under-way': run.peak, ...per(run) },
  });
};

export const courier = async () => {
  const engine = await openEngine('postgres');
  const bed = await openApp(engine);
  await bed.app.courier.stop();
  bed.workspace = bed.tenants[0].workspace;
  bed.apiUrl = await slackStub().ask('url');
  for (let n = 0; n < CHANNELS; n += 1) await planRelease(bed.app, bed.workspace, { askWhenReady: false });
  await forget(bed.database);
  await manyChannels(bed);
  await besideOneThatHangs(bed);
  await manyWorkspaces(bed);
  await bed.app.stop();
  await engine.database.close();
};
