/** A Slack workspace on this machine: the same for newcomers, for tests and for the benchmark. It knows nothing of the bot but its address. */
import { randomBytes } from 'node:crypto';
import { type MovableClock, movableClock } from './clock.ts';
import {
  type Acknowledgement,
  type Deliver,
  httpDelivery,
  type PayloadKind,
  type Socket,
  socketDelivery,
} from './delivery.ts';
import { createDriver, type Driver, eventPayload } from './driver.ts';
import { createFaults, type Faults } from './faults.ts';
import { consent } from './oauth.ts';
import { createRates, type Rates } from './rates.ts';
import { type ApiServer, startApi } from './server.ts';
import { transcript } from './transcript.ts';
import {
  type Conversation,
  createWorld,
  messagesIn,
  type SandboxUser,
  type StoredMessage,
  type World,
} from './world.ts';

export type Transport = 'http' | 'socket';
/** What was brought to the bot, and how it was acknowledged; null while it is under way. */
export type Delivered = {
  kind: PayloadKind;
  payload: Record<string, unknown>;
  ack: Acknowledgement | null;
  at: number;
};
const KEPT = 200;

export type Sandbox = {
  world: World;
  clock: MovableClock;
  faults: Faults;
  rates: Rates;
  socket: Socket;
  api: ApiServer;
  /** Acts that the bot did not acknowledge in time, and every acknowledgement's milliseconds. */
  deliveries: readonly Delivered[];
  transport: Transport;
  unacknowledged: string[];
  ackMs: number[];
  addUser: (name: string, more?: Partial<SandboxUser>) => string;
  addChannel: (name: string, more?: Partial<Conversation>) => string;
  as: (user: string) => Driver;
  deliver: Deliver;
  /** Somebody says yes on Slack's page of consent; the query with which Slack then sends the browser back. */
  install: (user: string, consentUrl: string) => string;
  /** The app is removed: its tokens stop to work, and it is told. */
  uninstall: () => Promise<void>;
  /** Delivers an event that nothing here led to: late, once more, or from elsewhere, as the parts of its envelope say. */
  tell: (event: Record<string, unknown>, envelope?: Record<string, unknown>) => Promise<void>;
  /** Holds back what is clicked and submitted from now on, until the returned function lets it go: late, and out of order. */
  hold: () => () => void;
  /** Where the bot listens; set once it is up. */
  pointAt: (requestUrl: string) => void;
  channelText: (channel: string, zone?: string) => string;
  messagesIn: (channel: string) => readonly StoredMessage[];
  close: () => Promise<void>;
};

const secret = (prefix: string): string => `${prefix}${randomBytes(16).toString('hex')}`;

/** Starts a workspace. `transport` is how payloads travel to the bot; Slack's own rates hold unless `limits` is false. */
export const startSandbox = async (
  options: { transport?: Transport; port?: number; now?: number; limits?: boolean } = {},
): Promise<Sandbox> => {
  const clock = movableClock(options.now ?? Date.now());
  const secrets = {
    appToken: secret('xapp-'),
    signingSecret: secret(''),
    clientId: secret('1.'),
    clientSecret: secret(''),
  };
  const world = createWorld(clock, secret('xoxb-'), secrets);
  const faults = createFaults();
  const rates = createRates(options.limits ?? true);
  const socket = socketDelivery();
  const api = await startApi(world, faults, rates, socket, options.port ?? 0);
  return workspace({ world, faults, rates, socket, api }, options.transport ?? 'http');
};

/** Another workspace with the same app, behind the same API. It is closed with the first one. */
export const startBeside = (first: Sandbox, teamId: string): Sandbox => {
  const { appToken, signingSecret, clientId, clientSecret } = first.world;
  const secrets = { appToken, signingSecret, clientId, clientSecret };
  const world = createWorld(first.clock, secret('xoxb-'), secrets, teamId);
  first.api.join(world);
  return workspace({ ...first, world }, 'http');
};

type Parts = Pick<Sandbox, 'world' | 'faults' | 'rates' | 'socket' | 'api'>;

const workspace = ({ world, faults, rates, socket, api }: Parts, transport: Transport): Sandbox => {
  const { clock } = world;
  let requestUrl = '';
  const carry = transport === 'socket' ? socket.deliver : httpDelivery(world, () => requestUrl);
  let held = Promise.resolve();
  const deliveries: Delivered[] = [];
  const deliver: Deliver = async (kind, payload) => {
    if (kind === 'interactive') await held;
    const entry: Delivered = { kind, payload, ack: null, at: Date.now() };
    deliveries.push(entry);
    if (deliveries.length > KEPT) deliveries.shift();
    entry.ack = await carry(kind, payload);
    return entry.ack;
  };
  const unacknowledged: string[] = [];
  const ackMs: number[] = [];
  const onAck = (ack: Acknowledgement, what: string): void => {
    ackMs.push(ack.ms);
    if (!ack.acknowledged) unacknowledged.push(what);
  };
  const drivers = new Map<string, Driver>();
  return {
    world,
    clock,
    faults,
    rates,
    socket,
    api,
    deliveries,
    transport,
    unacknowledged,
    ackMs,
    addUser: (name, more = {}) => {
      const id = more.id ?? world.next('U');
      world.users.set(id, {
        id,
        name,
        realName: name,
        tz: 'Europe/London',
        email: `${name}@example.com`,
        isBot: false,
        deleted: false,
        restricted: false,
        stranger: false,
        teamId: world.teamId,
        ...more,
      });
      return id;
    },
    addChannel: (name, more = {}) => {
      const id = more.id ?? world.next('C');
      const members = new Set(world.users.keys());
      world.conversations.set(id, {
        id,
        name,
        kind: 'public',
        user: null,
        members,
        archived: false,
        shared: false,
        ...more,
      });
      return id;
    },
    as: (user) => {
      const known =
        drivers.get(user) ??
        createDriver({ world, deliver, responseBase: () => api.url.replace(/api\/$/, ''), onAck }, user);
      drivers.set(user, known);
      return known;
    },
    deliver,
    install: (user, url) => consent(world, user, url),
    uninstall: async () => {
      world.revoked = true;
      world.refreshToken = null;
      const revoked = { type: 'tokens_revoked', tokens: { oauth: [], bot: [world.botUserId] } };
      for (const event of [revoked, { type: 'app_uninstalled' }]) await deliver('event', eventPayload(world, event));
    },
    tell: async (event, envelope = {}) => {
      await deliver('event', { ...eventPayload(world, event), ...envelope });
    },
    hold: () => {
      let letGo: () => void = () => undefined;
      held = new Promise((resolve) => {
        letGo = resolve;
      });
      return letGo;
    },
    pointAt: (url) => {
      requestUrl = url;
    },
    channelText: (channel, zone) => transcript(world, channel, null, zone),
    messagesIn: (channel) => messagesIn(world, channel),
    close: () => api.close(),
  };
};
