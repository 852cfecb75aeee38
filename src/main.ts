/** Starts Signalbox from the environment: against Slack, or against the sandbox when no Slack variable is set. The only file that acts on import. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import cron from 'node-cron';
import type { Logger } from 'pino';
import { type Config, readConfig } from './config.ts';
import { instant } from './domain/time.ts';
import { cronLogger, openLog } from './open-log.ts';
import { type Signalbox, start } from './start.ts';
import { portProblem, StartError } from './start-error.ts';

/** Somebody looks at what is printed, and ends it with Ctrl-C. */
const terminal = process.stdout.isTTY === true;

/** For a person at a terminal; where there is none, a line of the log, whatever its level: the address has to be found. */
const write = (text: string): void => {
  if (terminal) process.stdout.write(`${text}\n`);
  else openLog({ ...config, logLevel: 'info' }).info(text.trim());
};

/** What an operator can mend is a sentence; anything else is a bug, with its stack. */
const cannotStart = (error: unknown): never => {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`Signalbox cannot start.\n${error.message}\n`);
  return process.exit(1);
};

const configured = (): Config => {
  try {
    return readConfig(process.env, terminal);
  } catch (error) {
    return cannotStart(error);
  }
};

/** As fast as Slack takes it: what is too much for a moment is refused, waits for as long as Slack says, and goes out. */
const SANDBOX_PACE = { postEveryMs: 20, editEveryMs: 20, editsAMinute: Number.POSITIVE_INFINITY, leaseMs: 60_000 };

type Stoppable = { stop: () => Promise<void> };

/** Everything that the newcomer needs to look around. The sandbox is loaded only here, so that production never has it in memory. */
const startInSandbox = async (config: Config, log: Logger): Promise<Stoppable> => {
  const { startSandbox } = await import('./sandbox/sandbox.ts');
  const { servePage } = await import('./sandbox/page-server.ts');
  const { restoreWorld, saveWorld } = await import('./sandbox/world.ts');
  const { addSeededPeople, atTheirDesks, SEEDED_CATALOG, SEEDED_PEOPLE, seedDay } = await import('./sandbox/seed.ts');
  const dataDir = config.database.kind === 'embedded' ? config.database.dataDir : './data';
  mkdirSync(dataDir, { recursive: true });
  // The page takes the configured port; Signalbox itself, reached over Socket Mode, any free one.
  const sandbox = await startSandbox({ transport: 'socket', port: config.port, limits: false }).catch(
    (error: unknown) => {
      throw portProblem(error, config.port);
    },
  );
  addSeededPeople(sandbox);
  // With the optional scopes: a lost reply is looked up, so that nothing has to be set aside for an admin.
  for (const scope of ['channels:history', 'groups:history', 'im:history']) sandbox.world.scopes.add(scope);
  const worldFile = join(dataDir, 'sandbox-workspace.json');
  if (existsSync(worldFile)) restoreWorld(sandbox.world, readFileSync(worldFile, 'utf8'));
  const about = Object.fromEntries(SEEDED_PEOPLE.map((person) => [person.id, person.about]));
  let api: string | null = null;
  sandbox.api.serve(servePage(sandbox, { command: config.command, about, api: () => api }));
  const { botToken, appToken } = sandbox.world;
  const slack = { mode: 'socket', botToken, appToken, apiUrl: sandbox.api.url } as const;
  const clock = { now: () => instant(sandbox.clock.now()) };
  const app = await start({ ...config, slack, history: true, host: '127.0.0.1', port: 0 }, log, {
    clock,
    firstCatalog: SEEDED_CATALOG,
    pace: SANDBOX_PACE,
  });
  api = `http://127.0.0.1:${app.port}`;
  sandbox.clock.onMove(
    () => void app.tick().catch((error: unknown) => log.error({ err: error }, 'tick after a move of the clock')),
  );
  const { db } = app.deps.database;
  const known = await db.selectFrom('workspaces').select('next_release').execute();
  // The day is of the catalog that comes with it: under rules of one's own nobody knows what may be approved by whom.
  if (config.catalogFile === null && known.every(({ next_release }) => next_release === 1)) {
    write('Acting a day in the sandbox, so that there is something to see …');
    sandbox.clock.set(atTheirDesks(sandbox.clock.now()));
    await seedDay(sandbox, { settled: app.settled, tick: app.tick }, config.command);
  }
  // From here on it is as slow as the real thing; the day above was not to wait for it.
  sandbox.rates.enabled = true;
  write(`People   ${SEEDED_PEOPLE.map(({ name }) => name).join(', ')}`);
  write(`Health   http://127.0.0.1:${app.port}/healthz /readyz /metrics`);
  write('Ends with Ctrl-C; what was done is kept.\n');
  write(`Signalbox runs in a sandbox workspace. Open ${new URL('/', sandbox.api.url).href}`);
  // Through another file: a kill in the middle of writing leaves the one before.
  const save = () => {
    writeFileSync(`${worldFile}.new`, saveWorld(sandbox.world));
    renameSync(`${worldFile}.new`, worldFile);
  };
  const saving = setInterval(save, 5_000);
  saving.unref();
  return {
    stop: async () => {
      await app.stop();
      clearInterval(saving);
      save();
      await sandbox.close();
    },
  };
};

const startInSlack = async (config: Config, log: Logger): Promise<Signalbox> => {
  const app = await start(config, log);
  log.info({ port: app.port, mode: config.slack.mode, database: config.database.kind }, 'Signalbox runs');
  if (terminal) write(`Signalbox runs. Health and metrics: http://127.0.0.1:${app.port}/healthz /readyz /metrics`);
  return app;
};

const stopOnSignal = (app: Stoppable, log: Logger): void => {
  let asked = false;
  const stop = (signal: string): void => {
    if (asked) process.exit(1);
    asked = true;
    log.info({ signal }, 'stopping; a second signal stops at once');
    app.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

const config = configured();
const log = openLog(config);
cron.setLogger(cronLogger(log));
process.on('unhandledRejection', (error) => {
  log.fatal({ err: error }, 'an unexpected rejection; the supervisor restarts Signalbox');
  process.exit(1);
});
try {
  const app = await (config.slack.mode === 'sandbox' ? startInSandbox(config, log) : startInSlack(config, log));
  stopOnSignal(app, log);
} catch (error) {
  if (error instanceof StartError) cannotStart(error);
  log.fatal({ err: error }, 'Signalbox could not start');
  process.exit(1);
}
