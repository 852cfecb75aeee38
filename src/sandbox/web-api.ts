/** The Web API methods that the bot uses, with Slack's errors. A method that is not here is unknown. */
import { checkMessage, checkView, type Problem, problemText } from './check-blocks.ts';
import { METADATA_BYTES, POST_TEXT, STACK, TRIGGER_MS, UPDATE_TEXT, VIEW_BYTES } from './limits.ts';
import {
  type Conversation,
  imWith,
  messagesIn,
  newTs,
  type SandboxUser,
  type StoredMessage,
  type StoredView,
  type World,
} from './world.ts';

export type Args = Readonly<Record<string, unknown>>;
export type Reply = Readonly<Record<string, unknown>>;
type Method = { scope: readonly string[]; run: (world: World, args: Args) => Reply };

export class SlackRefusal extends Error {
  readonly reply: Reply;
  constructor(error: string, more: Reply = {}) {
    super(error);
    this.reply = { ok: false, error, ...more };
  }
}

const refuse = (error: string, more: Reply = {}): never => {
  throw new SlackRefusal(error, more);
};

const withProblems = (error: string, problems: readonly Problem[]): never =>
  refuse(error, {
    errors: problems.map(problemText),
    response_metadata: { messages: problems.map((problem) => `[ERROR] ${problemText(problem)}`) },
  });

const text = (args: Args, name: string): string | null =>
  typeof args[name] === 'string' && args[name] !== '' ? args[name] : null;
const required = (args: Args, name: string): string =>
  text(args, name) ??
  refuse('invalid_arguments', { response_metadata: { messages: [`[ERROR] missing required field: ${name}`] } });
const flag = (args: Args, name: string): boolean => args[name] === true || args[name] === 'true' || args[name] === '1';
const parsed = <T>(args: Args, name: string): T | null => {
  const value = args[name];
  if (value == null) return null;
  if (typeof value !== 'string') return value as T;
  try {
    return JSON.parse(value) as T;
  } catch {
    return refuse('invalid_json');
  }
};

const conversation = (world: World, id: string): Conversation =>
  (id.startsWith('D') && world.users.has(`U${id.slice(1)}`) ? imWith(world, `U${id.slice(1)}`) : null) ??
  world.conversations.get(id) ??
  refuse('channel_not_found');

/** Where the bot may write. Private channels that it is not in do not exist for it. */
const writable = (world: World, id: string): Conversation => {
  const channel = /^[UW]/.test(id) ? openIm(world, id) : conversation(world, id);
  const inside = channel.members.has(world.botUserId);
  if (channel.kind === 'private' && !inside) return refuse('channel_not_found');
  if (channel.archived) return refuse('is_archived');
  if (!inside && !world.scopes.has('chat:write.public')) return refuse('not_in_channel');
  return channel;
};

const openIm = (world: World, user: string): Conversation => {
  const person = world.users.get(user) ?? refuse('user_not_found');
  if (person.deleted) return refuse('user_disabled');
  return person.isBot ? refuse('cannot_dm_bot') : imWith(world, user);
};

const blocksOf = (args: Args): readonly unknown[] => {
  const blocks = parsed<readonly unknown[]>(args, 'blocks') ?? [];
  const problem = blocks.length === 0 ? null : checkMessage(blocks);
  return problem === null ? blocks : withProblems(problem.error, problem.problems);
};

const findMessage = (world: World, channel: string, ts: string): StoredMessage | null =>
  world.messages.find((message) => message.channel === channel && message.ts === ts && message.onlyFor === null) ??
  null;

const postMessage = (world: World, args: Args): Reply => {
  const channel = writable(world, required(args, 'channel'));
  const blocks = blocksOf(args);
  const words = text(args, 'text') ?? '';
  if (words === '' && blocks.length === 0) return refuse('no_text');
  const threadTs = text(args, 'thread_ts');
  if (threadTs !== null && findMessage(world, channel.id, threadTs) === null) return refuse('thread_not_found');
  const metadata = parsed<StoredMessage['metadata']>(args, 'metadata');
  if (metadata !== null && JSON.stringify(metadata).length > METADATA_BYTES) return refuse('metadata_too_large');
  const message: StoredMessage = {
    channel: channel.id,
    ts: newTs(),
    user: world.botUserId,
    text: words.slice(0, POST_TEXT),
    blocks,
    threadTs,
    broadcast: flag(args, 'reply_broadcast'),
    metadata,
    onlyFor: null,
    edits: 0,
    storedAt: Date.now(),
    at: world.clock.now(),
  };
  world.messages.push(message);
  return {
    channel: channel.id,
    ts: message.ts,
    message: shown(message),
    ...(words.length > POST_TEXT ? { warning: 'message_truncated' } : {}),
  };
};

const shown = (message: StoredMessage): Reply => ({
  type: 'message',
  user: message.user,
  bot_id: 'B0SIGNALBOX',
  ts: message.ts,
  text: message.text,
  blocks: message.blocks,
  ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
});

const update = (world: World, args: Args): Reply => {
  const id = required(args, 'channel');
  if (/^[UW]/.test(id)) return refuse('channel_not_found');
  const channel = conversation(world, id);
  const message = findMessage(world, channel.id, required(args, 'ts')) ?? refuse('message_not_found');
  if (message.user !== world.botUserId) return refuse('cant_update_message');
  if (channel.archived) return refuse('is_inactive');
  const words = text(args, 'text');
  if (words !== null && words.length > UPDATE_TEXT) return refuse('msg_too_long');
  const blocks = blocksOf(args);
  // Text without blocks takes the blocks away.
  if (args['blocks'] !== undefined || words !== null) message.blocks = blocks;
  if (words !== null) message.text = words;
  message.edits += 1;
  return { channel: channel.id, ts: message.ts, text: message.text };
};

const remove = (world: World, args: Args): Reply => {
  const channel = conversation(world, required(args, 'channel'));
  const message = findMessage(world, channel.id, required(args, 'ts')) ?? refuse('message_not_found');
  if (message.user !== world.botUserId) return refuse('cant_delete_message');
  world.messages.splice(world.messages.indexOf(message), 1);
  return { channel: channel.id, ts: message.ts };
};

const postEphemeral = (world: World, args: Args): Reply => {
  const channel = writable(world, required(args, 'channel'));
  const user = required(args, 'user');
  if (!channel.members.has(user)) return refuse('user_not_in_channel');
  const blocks = blocksOf(args);
  const message: StoredMessage = {
    channel: channel.id,
    ts: newTs(),
    user: world.botUserId,
    text: text(args, 'text') ?? '',
    blocks,
    threadTs: null,
    broadcast: false,
    metadata: null,
    onlyFor: user,
    edits: 0,
    storedAt: Date.now(),
    at: world.clock.now(),
  };
  world.messages.push(message);
  return { message_ts: message.ts };
};

const PAGE = 200;
const page = <T>(list: readonly T[], args: Args): { items: readonly T[]; next_cursor: string } => {
  const from = Number(text(args, 'cursor') ?? 0);
  const size = Math.min(Number(args['limit'] ?? PAGE), PAGE);
  const items = list.slice(from, from + size);
  return { items, next_cursor: from + size < list.length ? String(from + size) : '' };
};

const described = (channel: Conversation, world: World): Reply => ({
  id: channel.id,
  name: channel.name,
  is_private: channel.kind === 'private',
  is_im: channel.kind === 'im',
  is_archived: channel.archived,
  is_ext_shared: channel.shared,
  is_member: channel.members.has(world.botUserId),
});

/** How long history lags behind what was stored, in milliseconds. */
export const HISTORY_LAG = { ms: 0 };

const history = (world: World, args: Args, thread: string | null): Reply => {
  const channel = conversation(world, required(args, 'channel'));
  const scope =
    channel.kind === 'im' ? 'im:history' : channel.kind === 'private' ? 'groups:history' : 'channels:history';
  if (!world.scopes.has(scope))
    return refuse('missing_scope', { needed: scope, provided: [...world.scopes].join(',') });
  const oldest = Number(text(args, 'oldest') ?? 0);
  const found = messagesIn(world, channel.id).filter(
    (message) =>
      message.onlyFor === null &&
      Number(message.ts) > oldest &&
      message.storedAt <= Date.now() - HISTORY_LAG.ms &&
      (thread === null
        ? message.threadTs === null || message.broadcast
        : message.threadTs === thread || message.ts === thread),
  );
  const { items, next_cursor } = page([...found].reverse(), args);
  return {
    messages: items.map((message) => ({
      ...shown(message),
      ...(flag(args, 'include_all_metadata') && message.metadata !== null ? { metadata: message.metadata } : {}),
    })),
    response_metadata: { next_cursor },
  };
};

const userReply = (user: SandboxUser, world: World): Reply => ({
  id: user.id,
  ...(user.enterprise === undefined ? {} : { enterprise_user: { enterprise_id: user.enterprise } }),
  team_id: user.teamId,
  name: user.name,
  real_name: user.realName,
  deleted: user.deleted,
  tz: user.tz,
  is_bot: user.isBot,
  is_restricted: user.restricted,
  is_ultra_restricted: false,
  is_stranger: user.stranger,
  profile: {
    display_name: user.name,
    real_name: user.realName,
    ...(world.scopes.has('users:read.email') ? { email: user.email } : {}),
  },
});

/** A trigger is good for three seconds and one use. */
const useTrigger = (world: World, args: Args): string => {
  const trigger = world.triggers.get(required(args, 'trigger_id')) ?? refuse('invalid_trigger_id');
  if (trigger.used) return refuse('exchanged_trigger_id');
  if (Date.now() - trigger.issuedAt > TRIGGER_MS) return refuse('expired_trigger_id');
  trigger.used = true;
  return trigger.user;
};

const bodyOf = (args: Args): Record<string, unknown> => {
  const view = parsed<Record<string, unknown>>(args, 'view') ?? refuse('invalid_arguments');
  const problem = checkView(view);
  if (problem !== null) return withProblems(problem.error, problem.problems);
  return JSON.stringify(view).length > VIEW_BYTES ? refuse('view_too_large') : view;
};

export const viewReply = (world: World, view: StoredView): Reply => ({
  ...view.body,
  id: view.id,
  hash: view.hash,
  team_id: world.teamId,
  app_id: world.appId,
  bot_id: world.botId,
  root_view_id: view.rootId,
  previous_view_id: view.previousId,
  app_installed_team_id: world.teamId,
  callback_id: view.callbackId,
  private_metadata: view.body['private_metadata'] ?? '',
  state: { values: view.state },
});

export const newView = (
  world: World,
  user: string,
  body: Record<string, unknown>,
  previous: StoredView | null,
): StoredView => {
  const id = world.next('V');
  return {
    id,
    hash: world.next('hash.'),
    user,
    type: body['type'] === 'home' ? 'home' : 'modal',
    callbackId: String(body['callback_id'] ?? ''),
    body,
    rootId: previous?.rootId ?? id,
    previousId: previous?.id ?? null,
    state: {},
    offered: {},
  };
};

/** Replaces a view's body. What was typed stays where block and action keep their ids. */
export const replaceView = (world: World, view: StoredView, body: Record<string, unknown>): void => {
  view.body = body;
  view.callbackId = String(body['callback_id'] ?? '');
  view.hash = world.next('hash.');
  const blocks = new Set((body['blocks'] as readonly { block_id?: string }[]).map(({ block_id }) => block_id));
  view.state = Object.fromEntries(Object.entries(view.state).filter(([block]) => blocks.has(block)));
};

const openView = (world: World, args: Args, push: boolean): Reply => {
  const body = bodyOf(args);
  const user = useTrigger(world, args);
  const stack = world.stacks.get(user) ?? [];
  if (push && stack.length >= STACK) return refuse('push_limit_reached');
  const view = newView(world, user, body, push ? (stack.at(-1) ?? null) : null);
  world.stacks.set(user, push ? [...stack, view] : [view]);
  return { view: viewReply(world, view) };
};

const updateView = (world: World, args: Args): Reply => {
  const id = required(args, 'view_id');
  const view = [...world.stacks.values()].flat().find((open) => open.id === id) ?? refuse('not_found');
  const hash = text(args, 'hash');
  if (hash !== null && hash !== view.hash) return refuse('hash_conflict');
  replaceView(world, view, bodyOf(args));
  return { view: viewReply(world, view) };
};

const publish = (world: World, args: Args): Reply => {
  const user = required(args, 'user_id');
  const body = bodyOf(args);
  const known = world.homes.get(user);
  const hash = text(args, 'hash');
  if (known !== undefined && hash !== null && hash !== known.hash) return refuse('hash_conflict');
  const view = known ?? newView(world, user, body, null);
  replaceView(world, view, body);
  world.homes.set(user, view);
  return { view: viewReply(world, view) };
};

/** With the token of an organisation, lists have to say of which of its teams. */
const ofATeam = (world: World, args: Args): void => {
  if (world.organisation !== null && text(args, 'team_id') === null) refuse('missing_argument');
};

const METHODS: Readonly<Record<string, Method>> = {
  'auth.teams.list': {
    scope: [],
    run: (world) => ({
      teams: [world.teamId, ...(world.organisation?.teams ?? [])].map((id) => ({ id, name: id })),
      response_metadata: { next_cursor: '' },
    }),
  },
  'auth.test': {
    scope: [],
    run: (world) => ({
      url: 'https://sandbox.example/',
      team: world.teamName,
      team_id: world.teamId,
      user: 'signalbox',
      user_id: world.botUserId,
      bot_id: world.botId,
    }),
  },
  'chat.postMessage': { scope: ['chat:write'], run: postMessage },
  'chat.update': { scope: ['chat:write'], run: update },
  'chat.delete': { scope: ['chat:write'], run: remove },
  'chat.postEphemeral': { scope: ['chat:write'], run: postEphemeral },
  'conversations.info': {
    scope: ['channels:read'],
    run: (world, args) => ({ channel: described(conversation(world, required(args, 'channel')), world) }),
  },
  'conversations.list': {
    scope: ['channels:read'],
    run: (world, args) => {
      ofATeam(world, args);
      const visible = [...world.conversations.values()].filter(
        ({ kind, members, archived }) =>
          kind !== 'im' &&
          (kind === 'public' || members.has(world.botUserId)) &&
          !(archived && flag(args, 'exclude_archived')),
      );
      const { items, next_cursor } = page(visible, args);
      return { channels: items.map((channel) => described(channel, world)), response_metadata: { next_cursor } };
    },
  },
  'conversations.open': {
    scope: ['im:write'],
    run: (world, args) => ({ channel: { id: openIm(world, required(args, 'users')).id } }),
  },
  'conversations.history': { scope: [], run: (world, args) => history(world, args, null) },
  'conversations.replies': { scope: [], run: (world, args) => history(world, args, required(args, 'ts')) },
  'users.info': {
    scope: ['users:read'],
    run: (world, args) => ({
      user: userReply(world.users.get(required(args, 'user')) ?? refuse('user_not_found'), world),
    }),
  },
  'users.lookupByEmail': {
    scope: ['users:read.email'],
    run: (world, args) => ({
      user: userReply(
        [...world.users.values()].find(({ email }) => email === required(args, 'email')) ?? refuse('users_not_found'),
        world,
      ),
    }),
  },
  'usergroups.list': {
    scope: ['usergroups:read'],
    run: (world, args) => {
      ofATeam(world, args);
      return world.paid
        ? { usergroups: [...world.usergroups.values()].map(({ id, handle }) => ({ id, handle })) }
        : refuse('plan_upgrade_required');
    },
  },
  'usergroups.users.list': {
    scope: ['usergroups:read'],
    run: (world, args) => {
      ofATeam(world, args);
      return { users: (world.usergroups.get(required(args, 'usergroup')) ?? refuse('no_such_subteam')).users };
    },
  },
  'views.open': { scope: [], run: (world, args) => openView(world, args, false) },
  'views.push': { scope: [], run: (world, args) => openView(world, args, true) },
  'views.update': { scope: [], run: updateView },
  'views.publish': { scope: [], run: publish },
};

/** Runs a method as the bot. Token and scope are checked first, in Slack's order. */
export const call = (world: World, method: string, token: string | null, args: Args): Reply => {
  const known = METHODS[method];
  if (known === undefined) throw new SlackRefusal('unknown_method', { req_method: method });
  if (token === null) throw new SlackRefusal('not_authed');
  if (token === world.appToken) throw new SlackRefusal('not_allowed_token_type');
  const until = world.tokens.get(token);
  if (until === undefined) throw new SlackRefusal('invalid_auth');
  if (until !== null && until <= Date.now()) throw new SlackRefusal('token_expired');
  if (world.revoked) throw new SlackRefusal('token_revoked');
  const missing = known.scope.find((scope) => !world.scopes.has(scope));
  if (missing !== undefined)
    throw new SlackRefusal('missing_scope', { needed: missing, provided: [...world.scopes].join(',') });
  return { ok: true, ...known.run(world, args) };
};
