/** Connects to Slack over HTTP or Socket Mode: the same listeners, two receivers. What Bolt leaves open is closed here. */

import type { RequestListener } from 'node:http';
import { App, HTTPReceiver, SocketModeReceiver } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { SlackConfig } from '../config.ts';
import { insideTransaction } from '../db/guards.ts';
import type { Deps, Metrics } from '../deps.ts';
import { type UserId, userId } from '../domain/ids.ts';
import { boltClientOptions, courierClient, interactiveClient, slackLogger } from '../slack/clients.ts';
import { registerListeners, type Surroundings, type Track } from '../slack/listeners.ts';
import { mayLook } from '../slack/scopes.ts';
import type { Tenant, Tenants } from '../slack/tenants.ts';
import { refusesToken, StartError, slackProblem } from '../start-error.ts';
import { leave } from './install.ts';
import { type InstallPages, installPages, type OAuthConfig, refreshWith } from './oauth.ts';
import { installedTenants, onlyTenant } from './served-tenants.ts';
import { tokenBox } from './token-box.ts';
import { tokenRenewal } from './token-renewal.ts';
import { ensureWorkspace, resumeTenant, type SlackIdentity } from './workspace-store.ts';

export type SlackConnection = {
  tenants: Tenants;
  /** For our own HTTP front; null in Socket Mode. */
  requestListener: RequestListener | null;
  /** The pages on which workspaces install the app; null with one token. */
  installPages: InstallPages | null;
  listen: (
    surface: Pick<Surroundings, 'routes' | 'unconfigured' | 'lookUp' | 'homeOpened' | 'invited'>,
  ) => Promise<void>;
  connected: () => boolean;
  stopReceiving: () => Promise<void>;
  /** Resolves when every listener that had begun has ended: Bolt's own stop does not wait for them. */
  drained: () => Promise<void>;
};

type Connected = Exclude<SlackConfig, { mode: 'sandbox' }>;
type Receiver = HTTPReceiver | SocketModeReceiver;

/** No customer's payload may end the process or hang: what Bolt cannot dispatch is logged and answered. */
const receiverFor = (config: Connected, deps: Deps, metrics: Metrics): Receiver => {
  const logger = slackLogger(deps.log);
  if (config.mode !== 'socket')
    return new HTTPReceiver({
      signingSecret: config.signingSecret,
      endpoints: ['/slack/events'],
      logger,
      bodyLimit: 1_000_000,
    });
  // An options object of its own: Socket Mode writes its endless retry policy into it.
  const clientOptions = boltClientOptions(config.apiUrl, deps.log, metrics);
  return new SocketModeReceiver({ appToken: config.appToken, logger, installerOptions: { clientOptions } });
};

/** Unknown envelopes (app_rate_limited) throw inside the socket's own handler and would end the process: they are logged instead. */
const guardSocket = (receiver: SocketModeReceiver, deps: Deps): void => {
  // Its type leaves out that it emits, and the handler, which is private.
  const client = receiver.client as unknown as NodeJS.EventEmitter & {
    onWebSocketMessage?: (data: Buffer, isBinary: boolean) => Promise<void>;
  };
  const [original] = client.listeners('ws_message') as ((data: Buffer, isBinary: boolean) => Promise<void> | void)[];
  if (original === undefined) return;
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: Buffer, isBinary: boolean) => {
    Promise.resolve()
      .then(() => original.call(client, data, isBinary))
      .catch((error: unknown) => deps.log.warn({ err: error }, 'an envelope of Slack was not understood'));
  });
};

const socketState = (receiver: SocketModeReceiver): (() => boolean) => {
  let connected = false;
  receiver.client.on('connected', () => {
    connected = true;
  });
  for (const event of ['disconnected', 'reconnecting'] as const) {
    receiver.client.on(event, () => {
      connected = false;
    });
  }
  return () => connected;
};

/** Asks Slack whose token it is. Throws when it is no bot's. */
const identityOf = async (client: WebClient): Promise<SlackIdentity & { botId: string; scopes: readonly string[] }> => {
  const asked = client.auth.test().catch((error: unknown) => {
    throw slackProblem(
      error,
      'SLACK_BOT_TOKEN',
      'Copy the Bot User OAuth Token (xoxb-…) again, under OAuth & Permissions of the app.',
    );
  });
  const { team_id: teamId, team, user_id: botUserId, bot_id: botId, response_metadata: about } = await asked;
  if (teamId === undefined || botUserId === undefined)
    throw new StartError(
      'Slack accepted SLACK_BOT_TOKEN and did not say whose it is. It has to be the bot token (xoxb-…) of the app.',
    );
  return { slackId: teamId, name: team ?? teamId, botUserId, botId: botId ?? '', scopes: about?.scopes ?? [] };
};

/** The library asks again for ever where Slack refuses the app's token: it is asked once before. */
const mayConnect = async (
  { appToken, apiUrl }: Extract<SlackConfig, { mode: 'socket' }>,
  deps: Deps,
  metrics: Metrics,
): Promise<void> => {
  await interactiveClient(appToken, apiUrl, deps.log, metrics)
    .apps.connections.open({})
    .catch((error: unknown) => {
      if (!refusesToken(error))
        return deps.log.warn({ err: error }, 'Slack gives no connection yet; it is asked again');
      throw slackProblem(
        error,
        'SLACK_APP_TOKEN',
        'It has to be an app-level token (xapp-…) with connections:write, from Basic Information of the same app, and Socket Mode has to be on.',
      );
    });
};

type Served = { tenants: Tenants; installPages: InstallPages | null };

/** Admins of the configuration; and whether the app has the history scopes, where Slack does not say which it has. */
export type SlackOptions = { admins: readonly UserId[]; history: boolean };

/** One token serves one workspace: releases of another, the sandbox's for one, would lie beside and never move again. */
const refuseOthers = async ({ database }: Deps, { slackId, name }: SlackIdentity): Promise<void> => {
  const other = await database.db
    .selectFrom('workspaces')
    .select('name')
    .where('slack_id', '<>', slackId)
    .executeTakeFirst();
  if (other !== undefined)
    throw new StartError(
      `The token is of ${name}, and the database holds the releases of ${other.name}. Give this one its own: another DATA_DIR, for example ./live, or another DATABASE_URL.`,
    );
};

const serveOne = async (
  config: Exclude<Connected, OAuthConfig>,
  deps: Deps,
  metrics: Metrics,
  { admins, history }: SlackOptions,
): Promise<Served> => {
  const client = interactiveClient(config.botToken, config.apiUrl, deps.log, metrics);
  const courier = courierClient(config.botToken, config.apiUrl, deps.log, metrics);
  const identity = await identityOf(client);
  if (config.mode === 'socket') await mayConnect(config, deps, metrics);
  await refuseOthers(deps, identity);
  const workspace = await ensureWorkspace(deps, identity);
  await insideTransaction('resume', () =>
    deps.database.kysely.transaction().execute((tx) => resumeTenant(tx, workspace)),
  );
  const { slackId, botId, botUserId, scopes } = identity;
  const granted = mayLook(scopes);
  const tenant: Tenant = {
    workspace,
    slackId,
    botId,
    botUserId: userId(botUserId),
    client,
    courier,
    // What Slack says that was granted counts, whatever the setting hopes for; the setting, where it does not say.
    mayLook: scopes.length === 0 ? { channels: history, direct: history } : granted,
    admins,
  };
  return { tenants: onlyTenant(tenant), installPages: null };
};

const serveInstalled = (
  config: OAuthConfig,
  deps: Deps,
  metrics: Metrics,
  { admins, history }: SlackOptions,
): Served => {
  const box = tokenBox(config.tokenKeys);
  const renewal = tokenRenewal({ deps, box, refresh: refreshWith(config, deps, metrics) });
  const clients = (token: string) => ({
    client: interactiveClient(token, config.apiUrl, deps.log, metrics),
    courier: courierClient(token, config.apiUrl, deps.log, metrics),
  });
  return {
    tenants: installedTenants(deps, renewal, clients, admins),
    installPages: installPages(config, deps, box, metrics, history),
  };
};

/** Checks the token, or serves those that installed the app, and prepares the receiver; nothing is received before `listen`. */
export const connectSlack = async (
  config: Connected,
  deps: Deps,
  metrics: Metrics,
  options: SlackOptions,
): Promise<SlackConnection> => {
  const { tenants, installPages: pages } =
    config.mode === 'oauth'
      ? serveInstalled(config, deps, metrics, options)
      : await serveOne(config, deps, metrics, options);
  const receiver = receiverFor(config, deps, metrics);
  const app = new App({
    receiver,
    // No token: Bolt would keep a client for each that it ever saw, and ours come with the tenant.
    // Whose payload it is, is found out by the router: what fails there is answered, what fails here would be acknowledged as done.
    authorize: (source) => Promise.resolve({ source }),
    clientOptions: boltClientOptions(config.apiUrl, deps.log, metrics),
    convoStore: false,
    logger: slackLogger(deps.log),
  });
  app.error((error) => {
    deps.log.error({ err: error }, 'a listener failed');
    return Promise.resolve();
  });

  const underWay = new Set<Promise<void>>();
  const track: Track = (work) => {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    return tracked;
  };
  const socket = receiver instanceof SocketModeReceiver ? receiver : null;
  const state = socket === null ? () => true : socketState(socket);
  return {
    tenants,
    installPages: pages,
    requestListener: receiver instanceof HTTPReceiver ? receiver.requestListener.bind(receiver) : null,
    listen: async (surface) => {
      registerListeners(app, {
        deps,
        ...surface,
        apiUrl: config.apiUrl,
        tenants,
        track,
        // A single token is tried again every few minutes, whatever an event says.
        removed: (removal) =>
          config.mode === 'oauth'
            ? leave(deps, removal)
            : Promise.resolve(
                deps.log.error(
                  { ...removal },
                  'Slack says that the app was removed: its messages wait until the token works again',
                ),
              ),
      });
      if (socket === null) return;
      guardSocket(socket, deps);
      await socket.start();
    },
    connected: state,
    stopReceiving: async () => {
      if (socket !== null) await socket.stop();
    },
    drained: async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
};
