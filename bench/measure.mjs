/** How time and CPU are taken: percentiles, the CPU of this process and of a Postgres server, and a limit on everything that could hang. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export const percentile = (times, share) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What a number of things cost, one after another or a few at once. */
export const summary = ({ times, seconds, cpuMs, serverMs }) => ({
  p50_ms: percentile(times, 0.5),
  p99_ms: percentile(times, 0.99),
  'rate_/s': times.length / seconds,
  'our-CPU_ms': cpuMs / times.length,
  ...(serverMs === null ? {} : { 'server-CPU_ms': serverMs / times.length }),
});

/** Does `work(item)` for each, `most` at once. */
export const each = async (items, most, work) => {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: most }, worker));
};

/** Fails instead of waiting for ever. */
export const within = (ms, what, work) => {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${ms / 1_000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const msOfTick = () => 1_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Name, parent and CPU ticks (own, and of children that have ended) of a process; null when it is gone. */
const statOf = (pid) => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
    return {
      name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
      parent: Number(fields[1]),
      utime,
      stime,
      cutime,
      cstime,
    };
  } catch {
    return null;
  }
};

/** Milliseconds on a CPU, to the nanosecond where the kernel counts them; else by its ticks. */
const usedBy = (pid, { utime, stime }, tick) => {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return (utime + stime) * tick;
  }
};

/** Milliseconds of CPU that a server has used, by the pid of one of its sessions; null where it runs elsewhere. */
export const serverClock = (session) => {
  const postmaster = statOf(session)?.name.startsWith('postgres') ? statOf(session).parent : null;
  if (postmaster === null) return null;
  const tick = msOfTick();
  return () => {
    const own = statOf(postmaster);
    const living = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, statOf(pid)])
      .filter(([, stat]) => stat?.parent === postmaster);
    const ended = (own.cutime + own.cstime) * tick;
    return [[postmaster, own], ...living].reduce((sum, [pid, stat]) => sum + usedBy(pid, stat, tick), ended);
  };
};

/** The CPU that passes here and in the server while `work` runs. */
export const costing = async (server, work) => {
  const serverBefore = server?.() ?? null;
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpuMs: (user + system) / 1_000, serverMs: serverBefore === null ? null : server() - serverBefore };
};
