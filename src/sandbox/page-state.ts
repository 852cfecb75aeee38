/** What the page shows one person: conversations with unread marks, the open one, Home, the open modals, and what lies beside the workspace. */
import {
  HOME,
  type PageCall,
  type PageConversation,
  type PageMessage,
  type PagePerson,
  type PageState,
  type PageView,
} from './page/types.ts';
import type { Call } from './server.ts';
import { imWith, messagesIn, type StoredMessage, type StoredView, type World } from './world.ts';

/** The last ts that each person has seen of each conversation. */
export type Seen = Map<string, Map<string, string>>;

const toPage = (message: StoredMessage): PageMessage => ({
  channel: message.channel,
  ts: message.ts,
  at: message.at,
  user: message.user,
  text: message.text,
  blocks: message.blocks,
  threadTs: message.threadTs,
  broadcast: message.broadcast,
  onlyMe: message.onlyFor !== null,
  edited: message.edits > 0,
});

const toView = ({ id, hash, body }: StoredView): PageView => ({ id, hash, body });

const conversationsOf = (world: World, person: string, seen: Seen): readonly PageConversation[] => {
  const own = [...world.conversations.values()].filter(
    ({ kind, user, members, archived }) => !archived && (kind === 'im' ? user === person : members.has(person)),
  );
  const all = own.some(({ kind }) => kind === 'im') ? own : [...own, imWith(world, person)];
  return all.map(({ id, name, kind }) => {
    const last = seen.get(person)?.get(id) ?? '';
    // Replies stand under their message; they make no channel bold.
    const fresh = messagesIn(world, id, person).filter(
      ({ ts, user, threadTs, broadcast }) => user !== person && ts > last && (threadTs === null || broadcast),
    );
    const mine = fresh.filter(
      ({ text, blocks }) => kind === 'im' || `${text}${JSON.stringify(blocks)}`.includes(`<@${person}>`),
    );
    return { id, name: kind === 'im' ? 'Signalbox' : name, kind, unread: fresh.length > 0, counted: mine.length };
  });
};

/** Marks everything that stands in the conversation as read. */
const read = (world: World, person: string, place: string, seen: Seen): void => {
  const newest = messagesIn(world, place, person).at(-1)?.ts;
  if (newest === undefined) return;
  const mine = seen.get(person) ?? new Map<string, string>();
  mine.set(place, newest);
  seen.set(person, mine);
};

/** The earliest time to come that anything in the workspace names: where the clock can jump to without knowing what the bot plans. */
const nextNamedTime = (world: World): number | null => {
  const now = world.clock.now();
  const texts = [
    ...world.messages.map(({ blocks }) => JSON.stringify(blocks)),
    ...[...world.homes.values()].map(({ body }) => JSON.stringify(body)),
  ].join('\n');
  const times = [...texts.matchAll(/<!date\^(\d+)\^/g)].map(([, seconds]) => Number(seconds) * 1_000);
  const ahead = times.filter((time) => time > now);
  return ahead.length === 0 ? null : Math.min(...ahead);
};

const short = (value: unknown): string => JSON.stringify(value, null, 2).slice(0, 6_000);

export const callOf = ({ method, args, reply, fault }: Call, n: number): PageCall => {
  const failed = reply?.['ok'] === false || (reply === null && fault !== null);
  const outcome =
    fault !== null ? `fault: ${fault}` : reply?.['ok'] === true ? 'ok' : String(reply?.['error'] ?? 'no answer');
  return { n, direction: 'to Slack', what: method, outcome, problem: failed, detail: short({ args, reply }) };
};

export const stateOf = (
  world: World,
  person: string,
  place: string,
  seen: Seen,
  beside: Pick<PageState, 'moved' | 'faults' | 'traffic' | 'pipeline' | 'steps' | 'commands' | 'shortcuts'> & {
    about: Readonly<Record<string, string>>;
  },
): PageState => {
  const { about, ...rest } = beside;
  const people = [...world.users.values()].map(
    ({ id, name, realName, tz, isBot }): PagePerson => ({ id, name, realName, tz, isBot, about: about[id] ?? '' }),
  );
  const me = people.find(({ id }) => id === person) ?? people.find(({ isBot }) => !isBot);
  if (me === undefined) throw new Error('The workspace has nobody in it.');
  const conversations = conversationsOf(world, me.id, seen);
  const here = place === HOME || conversations.some(({ id }) => id === place) ? place : (conversations[0]?.id ?? HOME);
  if (here !== HOME) read(world, me.id, here, seen);
  const home = world.homes.get(me.id);
  return {
    ...rest,
    workspace: world.teamName,
    me,
    people: people.filter(({ isBot }) => !isBot),
    names: {
      ...Object.fromEntries(people.map(({ id, name }) => [id, name])),
      ...Object.fromEntries([...world.conversations.values()].map(({ id, name }) => [id, name])),
    },
    conversations: conversationsOf(world, me.id, seen),
    place: here,
    messages: here === HOME ? [] : messagesIn(world, here, me.id).map(toPage),
    home: home === undefined ? null : toView(home),
    modals: (world.stacks.get(me.id) ?? []).map(toView),
    now: world.clock.now(),
    next: nextNamedTime(world),
  };
};
