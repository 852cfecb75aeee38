/**
 * `npm run bench`: what Signalbox costs, beside what the same machine does without it, in one run. Ratios are what counts; milliseconds are of
 * this machine and this moment. `node bench/run.mjs clicks page` runs those parts only. Prints one table and writes bench-results.json.
 */
import { stopServer } from './engines.mjs';
import { within } from './measure.mjs';
import { finish, report } from './table.mjs';

/** Each part, with the seconds after which it is given up. */
const PARTS = {
  clicks: [180, async () => (await import('./clicks.mjs')).clicks()],
  crowd: [60, async () => (await import('./crowd.mjs')).crowd()],
  whole: [90, async () => (await import('./whole.mjs')).whole()],
  plans: [60, async () => (await import('./plans.mjs')).plans()],
  growth: [process.env.BENCH_MILLION === '1' ? 3_000 : 300, async () => (await import('./growth.mjs')).growth()],
  gate: [300, async () => (await import('./gate.mjs')).gate()],
  courier: [120, async () => (await import('./courier.mjs')).courier()],
  light: [120, async () => (await import('./light.mjs')).light()],
  page: [60, async () => (await import('./page.mjs')).page()],
};

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS);
const unknown = wanted.filter((name) => !(name in PARTS));
if (unknown.length > 0)
  throw new Error(`No part is called ${unknown.join(', ')}. There are ${Object.keys(PARTS).join(', ')}.`);

for (const name of wanted) {
  const [seconds, run] = PARTS[name];
  const began = performance.now();
  console.error(`${name} …`);
  await within(seconds * 1_000, name, run()).catch((error) => {
    console.error(error);
    report(name, '', `not measured: ${error.message}`, {});
  });
  console.error(`  ${((performance.now() - began) / 1_000).toFixed(0)} s`);
}
await stopServer();
finish();
process.exit(0);
