/** Connects to Slack over HTTP or Socket Mode: the same listeners, two receivers. What Bolt leaves open is closed here. */
import type { RequestListener } from 'node:http';
import { App, HTTPReceiver, SocketModeReceiver } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { SlackConfig } from '../config.ts';
import type { Deps, Metrics } from '../deps.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { boltClientOptions, courierClient, interactiveClient, slackLogger } from './clients.ts';
import { registerListeners, type Track } from './listeners.ts';
import type { Router } from './router.ts';
import type { TeamIdentity } from './workspace-store.ts';

export type SlackConnection = {
  workspace: WorkspaceId;
  interactive: WebClient;
  courier: WebClient;
  /** For our own HTTP front; null in Socket Mode. */
  requestListener: RequestListener | null;
  listen: (routes: Pick<Router, 'routes' | 'unconfigured' | 'homeOpened'>) => Promise<void>;
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
  if (config.mode === 'http')
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

type Auth = TeamIdentity & { botId: string };

const authorise = async (client: WebClient): Promise<Auth> => {
  const answer = await client.auth.test();
  const { team_id: teamId, team, user_id: botUserId, bot_id: botId } = answer;
  if (teamId === undefined || botUserId === undefined)
    throw new Error(
      'Slack accepted SLACK_BOT_TOKEN and did not say whose it is. It has to be the bot token (xoxb-…) of the app.',
    );
  return { teamId, name: team ?? teamId, botUserId, botId: botId ?? '' };
};

/** Checks the token and prepares the receiver; nothing is received before `listen`. */
export const connectSlack = async (
  config: Connected,
  deps: Deps,
  metrics: Metrics,
  ensure: (identity: TeamIdentity) => Promise<WorkspaceId>,
): Promise<SlackConnection> => {
  const interactive = interactiveClient(config.botToken, config.apiUrl, deps.log, metrics);
  const courier = courierClient(config.botToken, config.apiUrl, deps.log, metrics);
  const auth = await authorise(interactive);
  const workspace = await ensure(auth);
  const receiver = receiverFor(config, deps, metrics);
  const app = new App({
    receiver,
    // One workspace, one token: whoever else sends us something is refused by the router.
    authorize: () =>
      Promise.resolve({ botToken: config.botToken, botId: auth.botId, botUserId: auth.botUserId, teamId: auth.teamId }),
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
    workspace,
    interactive,
    courier,
    requestListener: receiver instanceof HTTPReceiver ? receiver.requestListener.bind(receiver) : null,
    listen: async (surface) => {
      registerListeners(
        app,
        { deps, client: interactive, workspace, teamId: auth.teamId, ...surface },
        config.apiUrl,
        track,
      );
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
