/** A stub of Slack's Web API: answers after a delay, hangs for the tokens that it is told, and keeps when each call came. */
import { createServer } from 'node:http';
import { answer } from './answer.mjs';

const PEOPLE = {
  U0OLIVIA: 'olivia',
  U0ADAM: 'adam',
  U0BELLA: 'bella',
  U0QUINN: 'quinn',
  U0RITA: 'rita',
  U0STAN: 'stan',
};
const CHANNELS = [
  { id: 'C0CHECKOUT', name: 'team-checkout' },
  { id: 'C0SEARCH', name: 'team-search' },
  { id: 'C0RELEASES', name: 'releases' },
];

let delayMs = 0;
let hanging = new Set();
let calls = [];
let underWay = 0;
let peak = 0;
let ts = 1_000_000;
const hung = new Set();

const METHODS = {
  'auth.test': () => ({ team_id: 'T0BENCH', team: 'Bench', user_id: 'U0BOT', bot_id: 'B0BOT' }),
  'users.info': ({ user }) => ({
    user: { id: user, team_id: 'T0BENCH', name: PEOPLE[user] ?? user, tz: 'Europe/London', profile: {} },
  }),
  'conversations.list': () => ({ channels: CHANNELS }),
  'conversations.open': ({ users }) => ({ channel: { id: `D${users.slice(1)}` } }),
  'usergroups.list': () => ({ usergroups: [] }),
  'chat.postMessage': ({ channel }) => {
    ts += 1;
    return { channel, ts: `${ts}.000100` };
  },
  'chat.update': ({ channel, ts: which }) => ({ channel, ts: which }),
};

const argsOf = (type, body) =>
  type.startsWith('application/json') ? JSON.parse(body || '{}') : Object.fromEntries(new URLSearchParams(body));

const finish = (res, reply) => {
  underWay -= 1;
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(JSON.stringify({ ok: true, ...reply }));
};

const server = createServer((req, res) => {
  const at = performance.timeOrigin + performance.now();
  underWay += 1;
  peak = Math.max(peak, underWay);
  const parts = [];
  req.on('data', (part) => parts.push(part));
  req.on('end', () => {
    const method = req.url.split('/').at(-1);
    const args = argsOf(req.headers['content-type'] ?? '', Buffer.concat(parts).toString('utf8'));
    const token = (req.headers.authorization ?? '').replace(/^Bearer /, '') || args.token;
    calls.push({ method, channel: args.channel ?? null, token, at });
    if (hanging.has(token)) return hung.add(req.socket);
    const reply = METHODS[method]?.(args) ?? {};
    if (delayMs === 0) return finish(res, reply);
    setTimeout(() => finish(res, reply), delayMs);
  });
});
server.keepAliveTimeout = 60_000;
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

answer({
  url: () => `http://127.0.0.1:${server.address().port}/api/`,
  /** From now on; what was counted is forgotten, and what hangs is cut off. */
  become: ({ delay = 0, hangs = [] } = {}) => {
    for (const socket of hung) socket.destroy();
    underWay -= hung.size;
    hung.clear();
    delayMs = delay;
    hanging = new Set(hangs);
    calls = [];
    peak = underWay;
  },
  count: (token) => calls.filter((call) => token === null || call.token === token).length,
  seen: () => ({ calls, peak }),
});
