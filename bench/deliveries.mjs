/** A courier of the benchmark's own, messages for it, and what the stub of Slack then saw. */
import { sql } from 'kysely';
import { MESSAGE_KINDS } from '../dist/courier/messages.js';
import { runCourier } from '../dist/courier/run.js';
import { courierClient } from '../dist/slack/clients.js';
import { costing, mean, wait } from './measure.mjs';
import { watched } from './statements.mjs';
import { slackStub } from './workspace.mjs';

/** Milliseconds after which the stub answers. */
export const DELAY = 150;
const LONGEST = 40_000;

const shows = {
  of: 'release',
  render: ({ release }, { occurrence }) => ({ text: `${release.version} ${occurrence}`, blocks: [] }),
};
const RENDERERS = Object.fromEntries(MESSAGE_KINDS.map((kind) => [kind, shows]));

/** A courier of our own beside an app whose own one is stopped. */
const startCourier = (bed, pace) => {
  const { deps } = bed.app;
  const clients = new Map();
  const reach = (workspace) => ({
    client: courierClient(workspace, bed.apiUrl, deps.log, deps.metrics),
    mayLook: false,
    openDm: () => Promise.reject(new Error('No person is written to.')),
  });
  return runCourier({
    deps,
    owner: `bench/${process.pid}`,
    renderers: RENDERERS,
    undeliverable: () => Promise.resolve(),
    pace,
    lookAfter: [],
    slackOf: (workspace) => {
      if (!clients.has(workspace)) clients.set(workspace, reach(workspace));
      return Promise.resolve(clients.get(workspace));
    },
  });
};

/** `posts` messages in each of `channels` channels, all of a workspace or one of many; the releases that they are about take turns. */
export const fill = async ({ kysely }, workspaces, channels, posts) => {
  await sql`insert into messages (workspace_id, id, subject, kind, audience, place, occurrence, release_id, next_at)
    select w, 'msg_' || c || '_' || p, r.id, 'deployment-post', 'team', 'C' || c, 'p' || p, r.id, clock_timestamp()
    from unnest(${workspaces}::text[]) w, generate_series(1, ${posts}::int) p, generate_series(1, ${channels}::int) c,
      lateral (select id from releases where workspace_id = w order by number offset (c - 1) % greatest(1, (
        select count(*) from releases where workspace_id = w)) limit 1) r order by p, c, w`.execute(kysely);
};

export const forget = async ({ kysely }) => {
  await sql`delete from messages`.execute(kysely);
  await sql`delete from paces`.execute(kysely);
};

/** Until Slack has had so many calls, of this token or any, or for so long. */
const untilPosted = async (wanted, token) => {
  for (const until = performance.now() + LONGEST; performance.now() < until; ) {
    if ((await slackStub().ask('count', token)) >= wanted) return;
    await wait(50);
  }
};

/** Delivers what is in the table. What Slack saw, with the statements and the CPU that it took. */
export const deliver = async (bed, { pace, wanted, hangs = [], token = null }) => {
  await sql`vacuum analyze messages, paces`.execute(bed.database.kysely);
  await slackStub().ask('become', { delay: DELAY, hangs });
  const began = performance.timeOrigin + performance.now();
  const running = startCourier(bed, pace);
  const { result: cost, queries } = await watched(() => costing(bed.clock, () => untilPosted(wanted, token)));
  const { calls, peak } = await slackStub().ask('seen');
  // What hangs is cut off, so that the courier can end.
  await slackStub().ask('become', {});
  await running.stop();
  await forget(bed.database);
  const posts = calls
    .filter((call) => token === null || call.token === token)
    .map((call) => ({ place: `${call.token} ${call.channel}`, after: call.at - began }));
  return { posts, peak, statements: queries.length, ...cost };
};

const byPlace = (posts) => {
  const places = new Map();
  for (const { place, after } of posts)
    places.set(
      place,
      [...(places.get(place) ?? []), after].sort((a, b) => a - b),
    );
  return [...places.values()];
};

/** One post a second and channel: the share of it that was reached between a channel's first post and its last. */
export const shareOf = (posts) =>
  mean(
    byPlace(posts)
      .filter((times) => times.length > 1)
      .map((times) => (times.length - 1) / ((times.at(-1) - times[0]) / 1_000)),
  );

/** How many a Slack would have refused that takes one a second and channel, after `burst` at once. */
export const refused = (posts, burst) => {
  let count = 0;
  for (const times of byPlace(posts)) {
    let left = burst;
    let last = times[0];
    for (const at of times) {
      left = Math.min(burst, left + (at - last) / 1_000);
      last = at;
      if (left >= 1) left -= 1;
      else count += 1;
    }
  }
  return count;
};

export const lastOf = (posts) => Math.max(...posts.map(({ after }) => after)) / 1_000;
