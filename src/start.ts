/** Puts the parts together, starts them in order, and stops them in the reverse one. */
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import type { KyselyPlugin } from 'kysely';
import type { Logger } from 'pino';
import { undeliverable } from './announcements/undeliverable.ts';
import { buildApi } from './api/api.ts';
import { buildRoutes, homeOpened, invited, lookUp, RENDERERS, SITUATIONS, unconfigured, VERB_TABLE } from './app.ts';
import { applyCatalog, overtakenBy, welcomeAdmins } from './catalog/apply-catalog.ts';
import { catalogs } from './catalog/catalog-store.ts';
import type { Config } from './config.ts';
import { PACE, type Pace, resumeWorkspace } from './courier/claim.ts';
import { type Running as CourierRunning, runCourier } from './courier/run.ts';
import type { Database } from './db/connection.ts';
import { migrate } from './db/migrate.ts';
import { databaseTime } from './db/transact.ts';
import type { CrashPoint, Deps } from './deps.ts';
import { channelsOf, isUnfound } from './domain/catalog/change.ts';
import { userId } from './domain/ids.ts';
import { between, type Instant, instant, MINUTE } from './domain/time.ts';
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
import { slackDirectory } from './slack/directory.ts';
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
const CLOCK_CHECK_MS = 60_000;

/** Business time on a server: this machine's clock moved by its measured distance from the database's. */
const databaseClock = async (database: Database, log: Logger): Promise<{ now: () => Instant; stop: () => void }> => {
  const measure = async (): Promise<number> => {
    const sent = Date.now();
    const theirs = await databaseTime(database);
    return between(instant((sent + Date.now()) / 2), theirs);
  };
  let offset = await measure();
  const timer = setInterval(() => {
    measure().then(
      (measured) => {
        if (Math.abs(measured) > 30_000)
          log.warn(
            { offsetMs: measured },
            'the clock of this machine is more than 30 s away from the database; Slack refuses requests from 5 min on',
          );
        offset = measured;
      },
      (error: unknown) => log.warn({ err: error }, 'the clock could not be compared with the database'),
    );
  }, CLOCK_CHECK_MS);
  timer.unref();
  return { now: () => instant(Date.now() + offset), stop: () => clearInterval(timer) };
};

const jobCtx = (deps: Deps, { workspace }: Tenant) =>
  ({
    workspace,
    actor: 'signalbox',
    surface: 'start',
    now: deps.clock.now(),
    requestKey: null,
  }) as const;

const readCatalog = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`CATALOG_FILE: ${file} cannot be read (${why}).`, { cause: error });
  }
};

const applySource = async (deps: Deps, file: string, source: string, tenant: Tenant): Promise<void> => {
  const applied = await applyCatalog(deps, jobCtx(deps, tenant), source, tenant.admins, slackDirectory(tenant), {
    unfound: 'kept',
  });
  if (!applied.ok) throw new StartError(`CATALOG_FILE: ${file} was not applied:\n${applied.problems.join('\n')}`);
  deps.log.info({ ...applied.applied, file }, 'catalog');
  const catalog = await deps.catalogs.current(deps.database.db, tenant.workspace);
  const old = await overtakenBy(deps.database.db, tenant.workspace, source);
  if (old !== null)
    deps.log.warn(
      { file, version: old, inForce: catalog?.version },
      'the file is an earlier version than the catalog in force, which stays: to go back to it, change its text (a comment is enough) and start again',
    );
  const unfound = catalog === null ? [] : channelsOf(catalog).filter(isUnfound);
  if (unfound.length > 0)
    deps.log.warn(
      { channels: unfound },
      'Slack does not show Signalbox these channels; what is meant for them waits until it is invited there',
    );
};

/** What the one workspace of a configured token needs before it is served; those that install the app get it when they do. */
const prepare = async (deps: Deps, tenant: Tenant, first: string | undefined): Promise<void> => {
  await resumeWorkspace(deps.database, tenant.workspace);
  if (deps.catalogFile !== null) await applySource(deps, deps.catalogFile, readCatalog(deps.catalogFile), tenant);
  else if (first !== undefined && (await deps.catalogs.current(deps.database.db, tenant.workspace)) === null)
    await applySource(deps, 'the first catalog', first, tenant);
  await welcomeAdmins(deps, jobCtx(deps, tenant), tenant.admins);
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
