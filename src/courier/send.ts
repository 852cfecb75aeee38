/**
 * Brings a rendered message to Slack, by the same call the first time and later. Slack has no idempotency key, so the message's id travels
 * in its metadata; when an attempt ended without an answer, history is looked up before the second, or a person is asked.
 */
import type { WebClient } from '@slack/web-api';
import type { Deps } from '../deps.ts';
import { type ChannelId, channelId, type UserId, userId } from '../domain/ids.ts';
import { notificationText } from '../slack/mrkdwn.ts';
import { type Claimed, type Pace, release } from './claim.ts';
import type { Message, Renderers } from './message.ts';
import type { Budget, Spacing } from './spacing.ts';

/** Why, and whether its words arrived. */
export type Undelivered = { error: string; asText: boolean };

export type Courier = {
  deps: Deps;
  owner: string;
  renderers: Renderers;
  pace: Pace;
  /** Waits until a post to a place may leave. */
  spaced: Spacing;
  /** How long a workspace has to wait with one more edit. */
  editing: Budget;
  /** A message was set aside, or arrived as its words alone: who has to know is told. */
  undeliverable: (message: Claimed, what: Undelivered) => Promise<void>;
  /** How to reach a workspace; null when the app was removed there. */
  slackOf: (workspace: Claimed['workspace_id']) => Promise<Reach | null>;
  /** Milliseconds to wait before each look: history lags behind. */
  lookAfter: readonly number[];
  /** Milliseconds after which a message whose fate nobody can look up is posted again. */
  postAgainIn: number;
};

/** Where history may be read, to look for a message whose fate is unknown: in channels, and in the app's own direct messages. */
export type MayLook = { channels: boolean; direct: boolean };

/** One workspace's side of Slack. */
export type Reach = {
  client: WebClient;
  mayLook: MayLook;
  openDm: (person: UserId) => Promise<ChannelId>;
};

/** The courier at the door of one workspace. */
export type Delivery = Courier & Reach;

const METADATA_EVENT = 'signalbox_message';
const LOOK_BACK_S = 30;

export const isPerson = (place: string): boolean => /^[UW]/.test(place);

export const looks = ({ mayLook }: Reach, { place }: Claimed): boolean =>
  isPerson(place) ? mayLook.direct : mayLook.channels;

/** People who wait for changes read a post at most once; whoever has to act gets it at least once. */
export const atMostOnce = ({ audience }: Claimed): boolean => audience === 'stakeholders';

export const channelFor = async (courier: Delivery, message: Claimed): Promise<ChannelId> => {
  if (message.channel !== null) return message.channel;
  return isPerson(message.place) ? courier.openDm(userId(message.place)) : channelId(message.place);
};

const common = { unfurl_links: false, unfurl_media: false, parse: 'none' as const, link_names: false };

export const post = async (
  courier: Delivery,
  message: Claimed,
  content: Message,
  channel: ChannelId,
): Promise<string> => {
  const thread = message.parent_ts === null ? {} : { thread_ts: message.parent_ts, reply_broadcast: message.broadcast };
  await courier.spaced(`${message.workspace_id}/${channel}`);
  const metadata = { event_type: METADATA_EVENT, event_payload: { id: message.id } };
  const answer = await courier.client.chat.postMessage({
    ...common,
    channel,
    text: notificationText(content.text),
    blocks: [...content.blocks],
    metadata,
    ...thread,
  } as Parameters<WebClient['chat']['postMessage']>[0]);
  if (answer.ts === undefined) throw new Error('Slack posted a message and did not say where.');
  return answer.ts;
};

type HistoryMessage = { ts?: string; metadata?: { event_type?: string; event_payload?: { id?: string } } };

/** The ts of this message if history has it. */
const look = async (courier: Delivery, message: Claimed, channel: ChannelId): Promise<string | null> => {
  const oldest = String(Date.parse(message.sending_since ?? '') / 1_000 - LOOK_BACK_S);
  const range = { channel, include_all_metadata: true, oldest, limit: 100 };
  const answer =
    message.parent_ts === null
      ? await courier.client.conversations.history(range)
      : await courier.client.conversations.replies({ ...range, ts: message.parent_ts });
  const found = (answer.messages as HistoryMessage[] | undefined)?.find(
    ({ metadata }) => metadata?.event_type === METADATA_EVENT && metadata.event_payload?.id === message.id,
  );
  return found?.ts ?? null;
};

/** `found` by a look: it stands there with what it showed then. */
type Sent = { ts: string; channel: ChannelId; found?: true };

/**
 * Posts, unless an earlier attempt may have: then history decides. Where it cannot be read, a post to stakeholders is set aside for a person,
 * and everything else is posted again.
 */
export const firstPost = async (
  courier: Delivery,
  message: Claimed,
  content: Message,
  posting: () => void,
): Promise<Sent | 'waiting' | 'ambiguous' | 'needless'> => {
  const channel = await channelFor(courier, message);
  if (message.doubtful && !looks(courier, message) && atMostOnce(message)) return 'ambiguous';
  if (message.doubtful && looks(courier, message)) {
    const wait = courier.lookAfter[message.looked];
    if (message.looked > 0 || courier.lookAfter.length === 0) {
      const ts = await look(courier, message, channel);
      if (ts !== null) return { ts, channel, found: true };
    }
    if (wait !== undefined) {
      await release(courier.deps.database, message, { looked: message.looked + 1, againIn: wait, certain: false });
      return 'waiting';
    }
  }
  // What is over is not posted for that: an earlier attempt either arrived, or nobody misses it.
  if (content.over === true || content.gone === true) return 'needless';
  posting();
  const ts = await post(courier, message, content, channel);
  return { ts, channel };
};

export const update = async (courier: Delivery, message: Claimed, content: Message, sent: Sent): Promise<Sent> => {
  await courier.client.chat.update({
    ...common,
    channel: sent.channel,
    ts: sent.ts,
    text: notificationText(content.text),
    blocks: [...content.blocks],
  } as Parameters<WebClient['chat']['update']>[0]);
  return sent;
};

/** Takes it away. Where it is gone already, it is gone. */
export const remove = async (courier: Delivery, sent: Sent): Promise<Sent> => {
  await courier.client.chat.delete({ channel: sent.channel, ts: sent.ts });
  return sent;
};

const PUBLISHED = '0';

/** Home has no ts and no channel: publishing it twice is publishing it once. */
export const publish = async (courier: Delivery, message: Claimed, content: Message): Promise<Sent> => {
  await courier.client.views.publish({
    user_id: message.place,
    view: { type: 'home', blocks: [...content.blocks] },
  } as Parameters<WebClient['views']['publish']>[0]);
  return { ts: PUBLISHED, channel: channelId(message.place) };
};
