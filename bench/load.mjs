/** Sends prepared requests from beside this process and says what they cost here, in turns with the baseline so that both see the same machine. */
import { costing, summary } from './measure.mjs';
import { clickers, SECRET } from './workspace.mjs';

const TURNS = 4;

/** One burst of signed requests. */
export const send = async (clock, url, requests, atOnce, connections = 8) => {
  await clickers().ask('prepare', { secret: SECRET, requests });
  const { result, cpuMs, serverMs } = await costing(clock, () => clickers().ask('go', { url, atOnce, connections }));
  return { ...result, cpuMs, serverMs };
};

const sum = (runs, key) =>
  runs.some((run) => run[key] === null) ? null : runs.reduce((all, run) => all + run[key], 0);
const together = (runs) => ({
  times: runs.flatMap(({ times }) => times),
  seconds: sum(runs, 'seconds'),
  cpuMs: sum(runs, 'cpuMs'),
  serverMs: sum(runs, 'serverMs'),
});

/** The same number of requests to each of two addresses, a quarter at a time in turns. */
export const inTurns = async (clock, one, other, atOnce) => {
  const runs = { one: [], other: [] };
  for (let turn = 0; turn < TURNS; turn += 1)
    for (const [name, { url, requests }] of Object.entries({ one, other })) {
      const part = requests.slice((requests.length * turn) / TURNS, (requests.length * (turn + 1)) / TURNS);
      runs[name].push(await send(clock, url, part, atOnce));
    }
  return { one: summary(together(runs.one)), other: summary(together(runs.other)) };
};

/** How many times as much, figure by figure: the first against the second. */
export const ratiosOf = (one, other) => ({
  p50: one.p50_ms / other.p50_ms,
  p99: one.p99_ms / other.p99_ms,
  rate: one['rate_/s'] / other['rate_/s'],
  'our CPU': one['our-CPU_ms'] / other['our-CPU_ms'],
  ...('server-CPU_ms' in one ? { 'server CPU': one['server-CPU_ms'] / other['server-CPU_ms'] } : {}),
});
