/** The workspace as data: people, conversations, messages, views. Only the Web API and the driver change it. */
import type { MovableClock } from './clock.ts';

export type SandboxUser = {
  id: string;
  name: string;
  realName: string;
  tz: string;
  email: string;
  isBot: boolean;
  deleted: boolean;
  restricted: boolean;
  stranger: boolean;
  teamId: string;
  /** The organisation, for people of one. */
  enterprise?: string;
};

export type Conversation = {
  id: string;
  name: string;
  kind: 'public' | 'private' | 'im';
  user: string | null;
  members: Set<string>;
  archived: boolean;
  shared: boolean;
};

export type StoredMessage = {
  channel: string;
  ts: string;
  user: string;
  text: string;
  blocks: readonly unknown[];
  threadTs: string | null;
  broadcast: boolean;
  metadata: { event_type: string; event_payload: Record<string, unknown> } | null;
  /** Only this person sees it. */
  onlyFor: string | null;
  edits: number;
  storedAt: number;
  /** The sandbox's movable time at which it was said, in milliseconds. */
  at: number;
};

/** One of what can be chosen. */
export type Option = { text: { text: string }; value: string };

export type StoredView = {
  id: string;
  hash: string;
  user: string;
  type: 'modal' | 'home';
  callbackId: string;
  body: Record<string, unknown>;
  rootId: string;
  previousId: string | null;
  /** What the person typed, by block and action. */
  state: Record<string, Record<string, unknown>>;
  /** What the bot offered while the person typed, by block. */
  offered: Record<string, readonly Option[]>;
};

export type Usergroup = { id: string; handle: string; users: readonly string[] };

export type World = {
  clock: MovableClock;
  teamId: string;
  teamName: string;
  appId: string;
  botUserId: string;
  botId: string;
  botToken: string;
  appToken: string;
  signingSecret: string;
  clientId: string;
  clientSecret: string;
  /** Whether tokens given by an installation expire after twelve hours. */
  rotates: boolean;
  /** The tokens that work, with the machine time at which they stop to; null for never. */
  tokens: Map<string, number | null>;
  refreshToken: string | null;
  /** Codes of consent that were not exchanged yet, with who consented. */
  codes: Map<string, string>;
  /** The organisation that has the app as a whole, with its other teams; null for a team on its own. */
  organisation: { id: string; name: string; teams: readonly string[] } | null;
  scopes: Set<string>;
  paid: boolean;
  users: Map<string, SandboxUser>;
  conversations: Map<string, Conversation>;
  messages: StoredMessage[];
  usergroups: Map<string, Usergroup>;
  /** The open modals of each person, the top one last. */
  stacks: Map<string, StoredView[]>;
  homes: Map<string, StoredView>;
  triggers: Map<string, { user: string; issuedAt: number; used: boolean }>;
  responseUrls: Map<
    string,
    { user: string; channel: string; messageTs: string | null; issuedAt: number; uses: number }
  >;
  revoked: boolean;
  next: (prefix: string) => string;
};

/** The scopes that the bot asks for by default. */
export const BASE_SCOPES = [
  'commands',
  'chat:write',
  'app_mentions:read',
  'channels:read',
  'groups:read',
  'im:write',
  'users:read',
] as const;

/** What Slack keeps of the app, the same in every workspace that has it. */
export type AppSecrets = Pick<World, 'appToken' | 'signingSecret' | 'clientId' | 'clientSecret'>;

export const createWorld = (
  clock: MovableClock,
  botToken: string,
  secrets: AppSecrets,
  teamId = 'T0SANDBOX',
): World => {
  let counter = 0;
  const next = (prefix: string): string => {
    counter += 1;
    return `${prefix}${counter.toString(36).toUpperCase().padStart(8, '0')}`;
  };
  const world: World = {
    clock,
    teamId,
    teamName: 'Sandbox',
    appId: 'A0SIGNALBOX',
    botUserId: 'U0SIGNALBOX',
    botId: 'B0SIGNALBOX',
    botToken,
    ...secrets,
    rotates: false,
    tokens: new Map([[botToken, null]]),
    refreshToken: null,
    codes: new Map(),
    organisation: null,
    scopes: new Set(BASE_SCOPES),
    paid: true,
    users: new Map(),
    conversations: new Map(),
    messages: [],
    usergroups: new Map(),
    stacks: new Map(),
    homes: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    revoked: false,
    next,
  };
  world.users.set(world.botUserId, {
    id: world.botUserId,
    name: 'signalbox',
    realName: 'Signalbox',
    tz: 'UTC',
    email: '',
    isBot: true,
    deleted: false,
    restricted: false,
    stranger: false,
    teamId: world.teamId,
  });
  return world;
};

/** What outlives the process: what was said, and the time that it was then. */
type Saved = { messages: StoredMessage[]; homes: StoredView[]; now: number };

export const saveWorld = (world: World): string =>
  JSON.stringify({
    messages: world.messages,
    homes: [...world.homes.values()],
    now: world.clock.now(),
  } satisfies Saved);

/** Continues a saved workspace. The clock never goes back behind what was said. */
export const restoreWorld = (world: World, text: string): void => {
  const { messages, homes, now } = JSON.parse(text) as Saved;
  for (const home of homes) world.homes.set(home.user, home);
  for (const { channel } of messages) if (channel.startsWith('D')) imWith(world, `U${channel.slice(1)}`);
  world.messages = messages;
  if (now > world.clock.now()) world.clock.set(now);
};

let lastTs = 0;
/** A ts unique in the workspace, in the time of the machine: Slack's own clock is not the sandbox's movable one. */
export const newTs = (): string => {
  lastTs = Math.max(lastTs + 1, Date.now() * 1_000);
  return `${Math.floor(lastTs / 1_000_000)}.${String(lastTs % 1_000_000).padStart(6, '0')}`;
};

export const imWith = (world: World, user: string): Conversation => {
  const known = [...world.conversations.values()].find(
    (conversation) => conversation.kind === 'im' && conversation.user === user,
  );
  if (known !== undefined) return known;
  const conversation: Conversation = {
    // Always the same for a person, so that a bot that remembers it finds it again in a fresh sandbox.
    id: `D${user.slice(1)}`,
    name: '',
    kind: 'im',
    user,
    members: new Set([user, world.botUserId]),
    archived: false,
    shared: false,
  };
  world.conversations.set(conversation.id, conversation);
  return conversation;
};

/** What stands in a conversation, oldest first, private messages to others left out. */
export const messagesIn = (world: World, channel: string, viewer: string | null = null): readonly StoredMessage[] =>
  world.messages.filter(
    (message) => message.channel === channel && (message.onlyFor === null || message.onlyFor === viewer),
  );
