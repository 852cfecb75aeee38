/**
 * Delivers one message: render from state, then post or update by the same call. Slack has no idempotency key, so the message's id travels
 * in its metadata; when an attempt ended without an answer, history is looked up before the second, or a person is asked.
 */
import { createHash } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import { snapshot } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { type ChannelId, channelId, type UserId, userId } from '../domain/ids.ts';
import { instant } from '../domain/instant.ts';
import { cut } from '../domain/wording.ts';
import { notificationText } from '../slack/mrkdwn.ts';
import { type Claimed, type Pace, pauseLane, pauseWorkspace, release } from './claim.ts';
import { type Failure, failureOf } from './errors.ts';
import type { Message, Renderers } from './message.ts';
import type { MessageKind } from './messages.ts';
import { undeliverable } from './undeliverable.ts';

export type Courier = {
  deps: Deps;
  owner: string;
  renderers: Renderers;
  pace: Pace;
  /** How to reach a workspace; null when the app was removed there. */
  slackOf: (workspace: Claimed['workspace_id']) => Promise<Reach | null>;
  /** Milliseconds to wait before each look: history lags behind. */
  lookAfter: readonly number[];
};

/** One workspace's side of Slack. */
export type Reach = {
  client: WebClient;
  /** Whether history may be read to look for a message whose fate is unknown (the optional scopes). */
  mayLook: boolean;
  openDm: (person: UserId) => Promise<ChannelId>;
};

/** The courier at the door of one workspace. */
type Delivery = Courier & Reach;

const METADATA_EVENT = 'signalbox_message';
/** With the back-off, a quarter of an hour in which Slack does not answer. */
const MOST_ATTEMPTS = 12;
const LOOK_BACK_S = 30;
const UNREACHABLE_FOR = 600_000;
const REACHED_AGAIN_IN = 30_000;
const LOOKED_AGAIN_IN = 5_000;

const hashOf = (message: Message): string =>
  createHash('sha256').update(JSON.stringify(message)).digest('hex').slice(0, 32);

/** Full jitter up to five minutes. */
const backOff = (courier: Courier, attempts: number): number =>
  Math.min(300_000, 1_000 * 2 ** attempts) * (0.5 + courier.deps.random() / 2);

const isPerson = (place: string): boolean => /^[UW]/.test(place);

const channelFor = async (courier: Delivery, message: Claimed): Promise<ChannelId> => {
  if (message.channel !== null) return message.channel;
  return isPerson(message.place) ? courier.openDm(userId(message.place)) : channelId(message.place);
};

const render = (courier: Courier, message: Claimed): Promise<Message | null> => {
  const renderer = courier.renderers[message.kind as MessageKind];
  const posted = message.ts === null ? null : instant(Number(message.ts.split('.')[0]) * 1_000);
  const what = {
    workspace: message.workspace_id,
    subject: message.subject,
    audience: message.audience,
    occurrence: message.occurrence,
    now: courier.deps.clock.now(),
    command: courier.deps.command,
    posted,
  };
  return snapshot(courier.deps.database, (db) => renderer(db, what));
};

const common = { unfurl_links: false, unfurl_media: false, parse: 'none' as const, link_names: false };

const post = async (courier: Delivery, message: Claimed, content: Message, channel: ChannelId): Promise<string> => {
  const thread = message.parent_ts === null ? {} : { thread_ts: message.parent_ts, reply_broadcast: message.broadcast };
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

/** Posts, unless an earlier attempt may have: then history decides, or it is set aside for a person. */
const firstPost = async (
  courier: Delivery,
  message: Claimed,
  content: Message,
  posting: () => void,
): Promise<Sent | 'waiting' | 'ambiguous'> => {
  const channel = await channelFor(courier, message);
  if (message.doubtful) {
    if (!courier.mayLook) return 'ambiguous';
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
  posting();
  const ts = await post(courier, message, content, channel);
  return { ts, channel };
};

const update = async (courier: Delivery, message: Claimed, content: Message, sent: Sent): Promise<Sent> => {
  await courier.client.chat.update({
    ...common,
    channel: sent.channel,
    ts: sent.ts,
    text: notificationText(content.text),
    blocks: [...content.blocks],
  } as Parameters<WebClient['chat']['update']>[0]);
  return sent;
};

const PUBLISHED = '0';

/** Home has no ts and no channel: publishing it twice is publishing it once. */
const publish = async (courier: Delivery, message: Claimed, content: Message): Promise<Sent> => {
  await courier.client.views.publish({
    user_id: message.place,
    view: { type: 'home', blocks: [...content.blocks] },
  } as Parameters<WebClient['views']['publish']>[0]);
  return { ts: PUBLISHED, channel: channelId(message.place) };
};

/** A renderer that throws is a bug of ours: tried a few times, because the database may have been away, then set aside. */
const brokenRenderer = async (courier: Courier, message: Claimed, thrown: unknown): Promise<'broken'> => {
  const error = thrown instanceof Error ? thrown.message : String(thrown);
  courier.deps.log.error({ err: thrown, message: message.id, kind: message.kind }, 'a message could not be rendered');
  const attempts = message.attempts + 1;
  if (attempts >= MOST_ATTEMPTS) await setAside(courier, message, 'dead', error);
  else
    await release(courier.deps.database, message, {
      error,
      attempts,
      againIn: backOff(courier, attempts),
      certain: !message.doubtful,
    });
  return 'broken';
};

/** Null when it cannot be reached: then the message has been given back. */
const reachOf = async (courier: Courier, message: Claimed): Promise<Reach | null> => {
  try {
    const reach = await courier.slackOf(message.workspace_id);
    // Removed a moment ago, or a database that another workspace's token has used before.
    if (reach === null)
      await release(courier.deps.database, message, { againIn: UNREACHABLE_FOR, certain: !message.doubtful });
    return reach;
  } catch (thrown) {
    courier.deps.log.warn(
      { err: thrown, message: message.id, workspace: message.workspace_id },
      'this workspace cannot be reached; its messages are tried again in half a minute',
    );
    // No attempt: nothing was tried, and a token that is back must not find them given up.
    await release(courier.deps.database, message, { againIn: REACHED_AGAIN_IN, certain: !message.doubtful });
    return null;
  }
};

/** Renders the message and brings it to Slack. Every outcome is written to its row; nothing is swallowed. */
export const deliver = async (at: Courier, message: Claimed): Promise<void> => {
  const { database } = at.deps;
  at.deps.at('after claim');
  const reach = await reachOf(at, message);
  if (reach === null) return;
  const courier: Delivery = { ...at, ...reach };
  const content = await render(courier, message).catch((thrown: unknown) => brokenRenderer(courier, message, thrown));
  if (content === 'broken') return;
  const content_hash = content === null ? message.content_hash : hashOf(content);
  const needless = content?.over === true && message.ts === null && !message.doubtful;
  if (content === null || needless || (message.ts !== null && content_hash === message.content_hash)) {
    await release(database, message, { shown: message.wanted, certain: true });
    return;
  }
  // Until it is posted, an earlier attempt stays as doubtful as it was; a definite answer to the post settles it.
  let posted = message.ts !== null || message.kind === 'home';
  try {
    const known = message.ts === null || message.channel === null ? null : { ts: message.ts, channel: message.channel };
    const sent =
      message.kind === 'home'
        ? await publish(courier, message, content)
        : known === null
          ? await firstPost(courier, message, content, () => {
              posted = true;
            })
          : await update(courier, message, content, known);
    courier.deps.at('after send');
    if (sent === 'waiting') return;
    if (sent === 'ambiguous') {
      await setAside(
        courier,
        message,
        'ambiguous',
        'Slack gave no answer to an earlier attempt, and history cannot be read to see whether it arrived',
      );
      return;
    }
    courier.deps.at('before mark');
    // Home follows a busy day at its own pace: what changes meanwhile is shown together.
    const again =
      message.kind === 'home' ? courier.pace.editEveryMs * 2 : known === null ? 0 : courier.pace.editEveryMs;
    const { ts, channel, found } = sent;
    await release(database, message, {
      ts,
      channel,
      ...(found === true ? { content_hash: null } : { shown: message.wanted, content_hash }),
      attempts: 0,
      looked: 0,
      error: null,
      againIn: again,
      certain: true,
    });
  } catch (thrown) {
    await fail(courier, message, content, failureOf(thrown), posted);
  }
};

const setAside = async (
  courier: Courier,
  message: Claimed,
  trouble: 'dead' | 'ambiguous',
  error: string,
): Promise<void> => {
  courier.deps.log.error(
    { message: message.id, kind: message.kind, subject: message.subject, place: message.place, trouble, error },
    'message set aside; replay it with the command doctor',
  );
  if (
    await release(courier.deps.database, message, {
      trouble,
      error,
      attempts: message.attempts + 1,
      certain: trouble === 'dead',
    })
  )
    await undeliverable(courier.deps, message, error);
};

const fail = async (
  courier: Delivery,
  message: Claimed,
  content: Message,
  failure: Failure,
  posted: boolean,
): Promise<void> => {
  const { database, log } = courier.deps;
  const { error } = failure;
  const certain = posted || !message.doubtful;
  const last = message.attempts + 1 >= MOST_ATTEMPTS;
  // What was asked before the post was refused for good: an earlier attempt may stand there, and only a person can look.
  const final = failure.kind === 'bug' || failure.kind === 'place' || failure.kind === 'gone' || last;
  if (!certain && final && failure.kind !== 'limited' && failure.kind !== 'auth')
    return setAside(courier, message, 'ambiguous', error);
  log.warn(
    { message: message.id, kind: message.kind, place: message.place, failure: failure.kind, error },
    'message not delivered',
  );
  switch (failure.kind) {
    case 'limited':
      await pauseLane(database, message, failure.afterMs);
      await release(database, message, { error, againIn: failure.afterMs, certain });
      return;
    case 'retry':
      if (last) return setAside(courier, message, 'dead', error);
      await release(database, message, {
        error,
        attempts: message.attempts + 1,
        againIn: backOff(courier, message.attempts),
        certain,
      });
      return;
    case 'unknown': {
      // Home is published, and an update names its message: doing it twice is doing it once. What was not posted yet is no second time.
      const repeatable = message.kind === 'home' || message.ts !== null || (!posted && !message.doubtful);
      if (!repeatable && (last || !courier.mayLook)) return setAside(courier, message, 'ambiguous', error);
      if (last && message.kind !== 'home' && message.ts === null) return setAside(courier, message, 'dead', error);
      await release(database, message, {
        error,
        attempts: message.attempts + 1,
        // After another post nobody knows of, history is looked at anew.
        ...(posted ? { looked: 0 } : {}),
        againIn: repeatable || !posted ? Math.max(LOOKED_AGAIN_IN, backOff(courier, message.attempts)) : 0,
        certain: repeatable,
      });
      return;
    }
    case 'gone':
      // A first post has nothing that could be gone: its thread or its place refuses it.
      if (message.ts === null) return setAside(courier, message, 'dead', error);
      await release(database, message, {
        error,
        ts: null,
        channel: null,
        content_hash: null,
        attempts: message.attempts + 1,
        certain: true,
      });
      return;
    case 'place':
      return setAside(courier, message, 'dead', error);
    case 'auth':
      await release(database, message, { error, trouble: 'paused', certain });
      await pauseWorkspace(database, message.workspace_id, error);
      log.error(
        { workspace: message.workspace_id, error },
        'Slack refuses the token: every message of this workspace waits; the token is tried again every ten minutes',
      );
      return;
    case 'bug':
      return sendPlain(courier, message, content, error);
  }
};

/** Slack took no blocks of ours: people get the sentence, the operator gets the error. */
const sendPlain = async (courier: Delivery, message: Claimed, content: Message, error: string): Promise<void> => {
  courier.deps.log.error(
    { message: message.id, kind: message.kind, subject: message.subject, error },
    'Slack refused the blocks of a message; its text was sent instead',
  );
  const plain: Message = { text: cut(content.text, 1_000), blocks: [] };
  if (message.kind === 'home' || message.ts !== null || message.attempts > 0)
    return setAside(courier, message, 'dead', error);
  try {
    const channel = await channelFor(courier, message);
    const ts = await post(courier, message, plain, channel);
    await release(courier.deps.database, message, {
      ts,
      channel,
      shown: message.wanted,
      error,
      trouble: 'dead',
      certain: true,
    });
    await undeliverable(courier.deps, message, error);
  } catch (thrown) {
    await setAside(courier, message, 'dead', failureOf(thrown).error);
  }
};
