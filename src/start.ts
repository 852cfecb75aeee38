/** Puts the parts together, starts them in order, and stops them in the reverse one: long, because that order is to be read in one place. */
import { randomBytes, randomInt } from 'node:crypto';
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import type { KyselyPlugin } from 'kysely';
import type { Logger } from 'pino';
import { undeliverable } from './announcements/undeliverable.ts';
import { buildApi } from './api/api.ts';
import { buildRoutes, homeOpened, invited, lookUp, RENDERERS, SITUATIONS, unconfigured, VERB_TABLE } from './app.ts';
import { welcomeAdmins } from './catalog/apply-catalog.ts';
import { catalogs } from './catalog/catalog-store.ts';
import { applySource, readCatalog, startCtx } from './catalog-file.ts';
import type { Config } from './config.ts';
import { PACE, type Pace, resumeWorkspace } from './courier/claim.ts';
import { type Running as CourierRunning, runCourier } from './courier/run.ts';
import { databaseClock } from './database-clock.ts';
import type { Database } from './db/connection.ts';
import { migrate } from './db/migrate.ts';
import { databaseTime } from './db/transact.ts';
import type { CrashPoint, Deps } from './deps.ts';
import { userId } from './domain/ids.ts';
import { type Instant, instant, MINUTE } from './domain/time.ts';
import { jobSenders } from './hooks/answers.ts';
import { buildHooks, type Hooks } from './hooks/hooks.ts';
import { type Watching, watchJobs } from './hooks/waiting-jobs.ts';
import { createMetrics } from './http/metrics.ts';
import { listen, listenForMetrics } from './http/server.ts';
import { connectSlack } from './install/connect.ts';
import { pagesOf } from './install/oauth.ts';
import { lookAround } from './jobs/look-around.ts';
import { probeAll } from './jobs/probe.ts';
import { startTicking, type Ticker } from './jobs/schedule.ts';
import { newId } from './new-id.ts';
import { openDatabase, readJournalKey } from './open-database.ts';
import { waking } from './releases/release-store.ts';
import { dmChannel, meetEverybody } from './slack/people.ts';
import type { Tenant } from './slack/tenants.ts';
import { databaseProblem, portProblem, StartError } from './start-error.ts';
import { stopGone } from './webhooks/gone.ts';
import { poster } from './webhooks/post.ts';
import { runWebhooks, type Telling, toWebhook } from './webhooks/send.ts';

/** What tests and the sandbox replace; production uses none of it. */
export type Overrides = {
  database?: Database;
  clock?: { now: () => Instant };
  pace?: Pace;
  lookAfter?: readonly number[];
  postAgainIn?: number;
  plugins?: readonly KyselyPlugin[];
  at?: (point: CrashPoint) => void;
  /** The catalog that a workspace without one begins with; from then on it is edited in Slack. */
  firstCatalog?: string;
};

export type Signalbox = {
  deps: Deps;
  port: number;
  tick: () => Promise<number>;
  /** Asks Slack what it does not tell by itself. By the clock: every ten minutes. */
  lookAround: () => Promise<void>;
  /** Asks what was deployed how it is. By the clock: each every half a minute. */
  probe: () => Promise<number>;
  courier: CourierRunning;
  webhooks: Telling;
  jobs: Watching;
  hooks: Hooks;
  /** Resolves when every listener that had begun has ended and nothing is left to deliver. */
  settled: () => Promise<void>;
  stop: () => Promise<void>;
};

/** Every act in a workspace says so here, with its id. */
const CHANGED = 'signalbox_changed';

/** What the one workspace of a configured token needs before it is served; those that install the app get it when they do. */
const prepare = async (deps: Deps, tenant: Tenant, first: string | undefined): Promise<void> => {
  await resumeWorkspace(deps.database, tenant.workspace);
  if (deps.catalogFile !== null) await applySource(deps, deps.catalogFile, readCatalog(deps.catalogFile), tenant);
  else if (first !== undefined && (await deps.catalogs.current(deps.database.db, tenant.workspace)) === null)
    await applySource(deps, 'the first catalog', first, tenant);
  await welcomeAdmins(deps, startCtx(deps, tenant), tenant.admins);
  await meetEverybody(deps, tenant);
};

const DRAIN_MS = 20_000;

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });

const openMetrics = async (
  metrics: ReturnType<typeof createMetrics>,
  { host, port }: NonNullable<Config['metrics']>,
  log: Logger,
): Promise<Server> => {
  const opened = listenForMetrics(metrics, host, port, (error) => log.error({ err: error }, 'metrics'));
  const { server } = await opened.catch((error: unknown) => {
    throw new StartError(`METRICS_ADDRESS: ${host}:${port} cannot be listened on (${(error as Error).message}).`, {
      cause: error,
    });
  });
  return server;
};

/** Starts Signalbox. Throws with a sentence when something that it needs is missing. `config.slack` must name a workspace. */
export const start = async (config: Config, log: Logger, overrides: Overrides = {}): Promise<Signalbox> => {
  if (config.slack.mode === 'sandbox')
    throw new Error('The sandbox is started by main.ts, which then starts Signalbox against it.');
  const database =
    overrides.database ??
    (await openDatabase(config, overrides.plugins ?? [], (error) =>
      log.warn({ err: error }, 'a database connection was lost; it is replaced'),
    ));
  const applied = await migrate(database).catch((error: unknown) => {
    throw config.database.kind === 'postgres' ? databaseProblem(error, config.database.url) : error;
  });
  if (applied.length > 0) log.info({ applied }, 'migrations');
  await database.maintain();
  const measured = overrides.clock === undefined ? await databaseClock(database, log) : null;
  const clock = overrides.clock ?? measured ?? { now: () => instant(Date.now()) };
  const metrics = createMetrics({ database, clock });
  let wake: () => void = () => undefined;
  let send: () => void = () => undefined;
  const deps: Deps = {
    database,
    clock,
    newId,
    situations: SITUATIONS,
    catalogs,
    waking,
    random: () => randomInt(1_000_000) / 1_000_000,
    log,
    journalKey: readJournalKey(config),
    command: config.command,
    catalogFile: config.catalogFile,
    wake: () => wake(),
    send: () => send(),
    url: config.url,
    at: overrides.at ?? (() => undefined),
    metrics,
  };
  const api = buildApi(deps, VERB_TABLE);
  const slack = await connectSlack(config.slack, deps, metrics, {
    admins: config.admins.map(userId),
    history: config.history,
  });
  const owner = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
  const { tenants } = slack;
  if (config.slack.mode !== 'oauth') {
    for (const tenant of await tenants.all()) await prepare(deps, tenant, overrides.firstCatalog);
  }
  let looking: Promise<void> | null = null;
  /** Whoever asks while it is under way shares it. */
  const look = (): Promise<void> => {
    looking ??= lookAround(deps, tenants).finally(() => {
      looking = null;
    });
    return looking;
  };
  let serving = false;
  let stopping = false;
  const ready = async (): Promise<boolean> =>
    serving &&
    !stopping &&
    slack.connected() &&
    (await databaseTime(database).then(
      () => true,
      () => false,
    ));
  const jobs = watchJobs(deps, api);
  const hooks = buildHooks({
    deps,
    api,
    jobs,
    github: config.github,
    gitHubApi: config.gitHubApi,
    answers: { github: config.github !== null, gitlab: config.gitlab !== null },
  });
  // The port first: when another program has it, nothing has been begun.
  const front = await listen(
    {
      slack: slack.requestListener,
      api: api.listener,
      hooks: hooks.listener,
      pages: pagesOf(slack.installPages),
      ready,
      metrics: config.metrics === null ? metrics : null,
    },
    config.host,
    config.port,
    (error) => log.error({ err: error }, 'http'),
  ).catch((error: unknown) => {
    throw portProblem(error, config.port);
  });
  const aside = config.metrics === null ? null : await openMetrics(metrics, config.metrics, log);
  const courier = runCourier({
    deps,
    owner,
    renderers: RENDERERS,
    undeliverable: (message, what) => undeliverable(deps, message, what),
    pace: overrides.pace ?? PACE,
    lookAfter: overrides.lookAfter ?? [5_000, 15_000],
    postAgainIn: overrides.postAgainIn ?? MINUTE,
    slackOf: async (workspace) => {
      const tenant = await tenants.of(workspace);
      if (tenant === null) return null;
      const { courier: client, mayLook } = tenant;
      return { client, mayLook, openDm: (person) => dmChannel(deps, tenant, person) };
    },
  });
  wake = courier.wake;
  await slack
    .listen({ routes: buildRoutes(), unconfigured, lookUp, homeOpened, invited })
    .catch(async (error: unknown) => {
      await courier.stop();
      await closeServer(front.server);
      throw error;
    });
  const outward = poster(config.webhooksToPrivate);
  const webhooks = runWebhooks(
    deps,
    { webhook: toWebhook(deps, outward.post), ...jobSenders({ deps, api, config }) },
    stopGone(deps),
  );
  send = webhooks.wake;
  const happened = (workspace: string): void => {
    api.waiting.changed(workspace);
    webhooks.happened(workspace);
    jobs.happened(workspace);
  };
  const hear = await database.listen(CHANGED, happened, (error) =>
    log.warn({ err: error }, 'who waits for a change is not woken by it now, and looks by themselves'),
  );
  serving = true;
  await metrics.refresh();
  const probe = (): Promise<number> => probeAll(deps, outward.get);
  const ticker: Ticker = startTicking(deps, { lookAround: look, readFigures: metrics.refresh, probe });
  // Clicks are answered meanwhile: they need no group that is fresher than ten minutes.
  look().catch((error: unknown) =>
    log.error({ err: error }, 'the first look around failed; it is done again in ten minutes'),
  );

  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await ticker.stop();
    await slack.stopReceiving();
    await Promise.race([
      Promise.allSettled([slack.drained(), looking]),
      new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref()),
    ]);
    api.waiting.end();
    await closeServer(front.server);
    if (aside !== null) await closeServer(aside);
    await courier.stop();
    await jobs.stop();
    await hooks.drained();
    await webhooks.stop();
    await outward.close();
    await hear();
    measured?.stop();
    if (overrides.database === undefined) await database.close();
    log.info('stopped');
  };
  const settled = async (): Promise<void> => {
    await slack.drained();
    courier.wake();
    await courier.idle();
  };
  return {
    deps,
    port: front.port,
    tick: ticker.tickNow,
    lookAround: look,
    probe,
    courier,
    webhooks,
    jobs,
    hooks,
    settled,
    stop,
  };
};
