/** A click on *Approve*, from its receipt to the answer after the commit, against an empty Bolt listener with one committed insert. */
import { sql } from 'kysely';
import { emptyBolt } from './baseline.mjs';
import { ENGINES, openEngine } from './engines.mjs';
import { inTurns, ratiosOf, send } from './load.mjs';
import { report } from './table.mjs';
import { approvals, openApp } from './workspace.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 160);
/** Until the code is compiled: a process that has served an hour is what is measured. */
const WARM_UP = 240;
/** Until each connection has planned anew: new statistics make every plan stale, as they do once an hour. */
const PLANNING = 32;
/** More of these, because a server's CPU is counted in hundredths of a second. */
const INSERTS = 4 * ROUNDS;

const decisions = async ({ kysely }) =>
  Number((await sql`select count(*) as n from decisions`.execute(kysely)).rows[0].n);

/** As if everything that was asked for had been sent and the statistics were those of a quiet hour. */
const quieten = async ({ kysely }) => {
  await sql`update messages set shown = wanted, channel = place, ts = '1.1', shown_at = clock_timestamp()`.execute(
    kysely,
  );
  await sql`vacuum analyze`.execute(kysely);
};

/** As if it had been last month: a click reads what is open and what was asked lately. */
const putAway = async ({ kysely }) => {
  await sql`update releases set status = 'closed', wake_at = null`.execute(kysely);
  await sql`update asks set at = at - interval '40 days'`.execute(kysely);
};

const CASES = [
  { atOnce: 1, words: 'alone' },
  { atOnce: 8, words: 'eight at once' },
];

const planned = async (bed, count) => {
  await putAway(bed.database);
  const requests = await approvals(bed, count);
  await quieten(bed.database);
  return requests;
};

const grid = async (bed, where) => {
  const { engine, database, clock, app, url } = bed;
  // What is to be posted would compete for the machine: the courier's share is measured by “whole”.
  await app.courier.stop();
  const empty = await emptyBolt(database);
  const base = { url: empty.url, requests: Array.from({ length: INSERTS }, () => empty.request) };
  await send(clock, url, await planned(bed, WARM_UP), 8);
  await send(clock, empty.url, base.requests, 8);
  for (const { atOnce, words } of CASES) {
    const requests = await planned(bed, PLANNING + ROUNDS);
    await send(clock, url, requests.splice(0, PLANNING), 8);
    const { one, other } = await inTurns(clock, { url, requests }, base, atOnce);
    report('clicks', engine, `baseline, ${words}: empty Bolt, one insert`, { figures: other });
    report('clicks', engine, `Approve, ${words}, ${where}`, { ratios: ratiosOf(one, other), figures: one });
  }
  const counted = await decisions(database);
  if (counted !== WARM_UP + CASES.length * (PLANNING + ROUNDS))
    throw new Error(`Only ${counted} of the clicks were counted.`);
  await empty.close();
  await app.stop();
};

export const clicks = async () => {
  for (const name of ENGINES)
    for (const [workspaces, where] of [
      [1, 'one workspace (its token configured)'],
      [8, 'eight workspaces in turn (installed)'],
    ]) {
      const engine = await openEngine(name);
      await grid(await openApp(engine, { workspaces }), where);
      await engine.database.close();
    }
};
