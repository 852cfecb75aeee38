import { Session } from 'node:inspector/promises';
import { sql } from 'kysely';
import { openEngine, stopServer } from './engines.mjs';
import { send } from './load.mjs';
import { costing, wait } from './measure.mjs';
import { approvals, openApp, slackStub } from './workspace.mjs';

const quiet = async ({ database: { kysely } }) => {
  for (;;) {
    const { rows } = await sql`select 1 from messages where wanted > shown and trouble is null limit 1`.execute(kysely);
    if (rows.length === 0) return;
    await wait(100);
  }
};
const engine = await openEngine(process.argv[2] ?? 'postgres');
const bed = await openApp(engine);
const N = 120;
const clicks = await approvals(bed, 60 + N);
await quiet(bed);
await send(null, bed.url, clicks.splice(0, 60), 8);
await quiet(bed);
await sql`vacuum analyze`.execute(bed.database.kysely);
const s = new Session();
s.connect();
await s.post('Profiler.enable');
await s.post('Profiler.setSamplingInterval', { interval: 300 });
await slackStub().ask('become', {});
await s.post('Profiler.start');
const { cpuMs, serverMs } = await costing(bed.clock, async () => {
  await send(null, bed.url, clicks, 8);
  await quiet(bed);
});
const { profile } = await s.post('Profiler.stop');
const { calls } = await slackStub().ask('seen');
console.log('cpu', cpuMs / N, 'server', serverMs / N, 'calls', calls.length / N);
const kinds = {};
for (const c of calls) kinds[c.method] = (kinds[c.method] ?? 0) + 1;
console.log(kinds);
const n = N,
  self = {},
  incl = {},
  mod = {};
const byId = new Map(profile.nodes.map((x) => [x.id, x]));
const parent = new Map();
for (const x of profile.nodes) for (const c of x.children ?? []) parent.set(c, x.id);
profile.samples.forEach((id, i) => {
  const d = profile.timeDeltas[i] / 1000;
  const nm = (x) =>
    `${x.callFrame.functionName || '(anon)'} ${x.callFrame.url.split('/').slice(-3).join('/')}:${x.callFrame.lineNumber + 1}`;
  let x = byId.get(id);
  const k = nm(x);
  self[k] = (self[k] ?? 0) + d;
  const m =
    x.callFrame.url.match(/node_modules\/((@[^/]+\/)?[^/]+)/)?.[1] ??
    (x.callFrame.url.includes('/dist/')
      ? 'OURS'
      : x.callFrame.url.startsWith('node:')
        ? 'node'
        : x.callFrame.functionName);
  mod[m] = (mod[m] ?? 0) + d;
  const seen = new Set();
  while (x) {
    const k2 = nm(x);
    if (!seen.has(k2)) {
      seen.add(k2);
      incl[k2] = (incl[k2] ?? 0) + d;
    }
    x = byId.get(parent.get(x.id));
  }
});
const top = (o, m = 30) =>
  Object.entries(o)
    .sort((a, b) => b[1] - a[1])
    .slice(0, m)
    .map(([k, v]) => `${(v / n).toFixed(3)} ${k}`)
    .join('\n');
console.log('MOD\n' + top(mod, 22));
console.log('SELF\n' + top(self, 25));
console.log('INCL\n' + top(Object.fromEntries(Object.entries(incl).filter(([k]) => !k.includes('(root)'))), 110));
await bed.app.stop();
await bed.database.close();
await stopServer();
process.exit(0);
