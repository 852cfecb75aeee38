/**
 * Signalbox in a process of its own, for tests that kill it or race two of it. Told by IPC:
 *   { kind: 'start', config, kill: { point, after, signal } | null }   →  { kind: 'up', port }
 *   { kind: 'arm', kill }                                      kills or stops itself when it next comes by that point
 *   { kind: 'run', verb, args }                                →  { kind: 'ready' }, waits for { kind: 'go' }, →  { kind: 'done', outcome }
 */
import pino from 'pino';
import { approvalVerbs } from '../../dist/approvals/approval-verbs.js';
import { deploymentVerbs } from '../../dist/deployments/deployment-verbs.js';
import { instant } from '../../dist/domain/time.js';
import { freezeVerbs } from '../../dist/freezes/freeze-verbs.js';
import { tick } from '../../dist/jobs/tick.js';
import { perform, performOnWorkspace } from '../../dist/situation/perform.js';
import { start } from '../../dist/start.js';

let app = null;
let now = 0;

/** What it does to itself, where and after how many times. */
let armed = null;

const passes = (point) => {
  if (armed === null || point !== armed.point) return;
  if (armed.after > 0) {
    armed = { ...armed, after: armed.after - 1 };
    return;
  }
  const { signal } = armed;
  armed = null;
  process.kill(process.pid, signal);
};

const VERBS = {
  approve: (args) =>
    perform(app.deps, ctx(args), approvalVerbs.approve, { release: args.release }, { hash: null, comment: null }),
  start: (args) =>
    perform(
      app.deps,
      ctx(args),
      deploymentVerbs.start,
      { release: args.release },
      { environment: 'production', reason: null },
    ),
  freeze: (args) => performOnWorkspace(app.deps, ctx(args), freezeVerbs.declare, args.input),
  tick: async () => ({ ok: true, value: await tick(app.deps) }),
};
const ctx = (args) => ({
  workspace: args.workspace,
  actor: args.actor,
  surface: 'command',
  now: app.deps.clock.now(),
  requestKey: null,
});

const up = async ({ config, kill, clock }) => {
  now = clock;
  armed = kill;
  const log = pino({ level: process.env.CHILD_LOG ?? 'silent' });
  const pace = { postEveryMs: 0, editEveryMs: 0, editsAMinute: Number.POSITIVE_INFINITY, leaseMs: 1_500 };
  app = await start(config, log, {
    clock: { now: () => instant(now) },
    pace,
    lookAfter: [50, 100],
    postAgainIn: 100,
    at: passes,
  });
  process.send({ kind: 'up', port: app.port });
};

const waitForGo = () =>
  new Promise((resolve) => {
    const listen = (message) => {
      if (message.kind !== 'go') return;
      process.off('message', listen);
      resolve();
    };
    process.on('message', listen);
  });

const run = async ({ verb, args }) => {
  const going = waitForGo();
  process.send({ kind: 'ready' });
  await going;
  const outcome = await VERBS[verb](args).then(
    (decision) => (decision.ok ? 'ok' : decision.refusal.code),
    (error) => `threw ${error.message}`,
  );
  process.send({ kind: 'done', outcome });
};

process.on('message', (message) => {
  if (message.kind === 'arm') armed = message.kill;
  const work =
    message.kind === 'start'
      ? up(message)
      : message.kind === 'run'
        ? run(message)
        : message.kind === 'stop'
          ? app.stop().then(() => process.exit(0))
          : null;
  work?.catch((error) => {
    process.send({ kind: 'failed', error: String(error.stack ?? error) });
    process.exit(2);
  });
});
process.on('disconnect', () => process.exit(0));
