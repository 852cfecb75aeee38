/** Delivers one message: sent as it was rendered, and every outcome written to its row. */
import { createHash } from 'node:crypto';
import { cut } from '../domain/words.ts';
import { type Claimed, pause, pauseWorkspace, release } from './claim.ts';
import { type Failure, failureOf } from './errors.ts';
import type { Message } from './message.ts';
import { type MessageKind, mayComeAnew, refreshing, TOLD_ONCE } from './messages.ts';
import type { Rendered } from './render.ts';
import { rests } from './rest.ts';
import {
  atMostOnce,
  type Courier,
  channelFor,
  type Delivery,
  firstPost,
  isPerson,
  looks,
  post,
  publish,
  type Reach,
  remove,
  update,
} from './send.ts';

/** With the back-off, a quarter of an hour in which Slack does not answer. */
const MOST_ATTEMPTS = 12;
/** Few and soon: what waits behind it in its place waits as long. */
const MOST_RENDERED = 3;
const UNREACHABLE_FOR = 600_000;
const REACHED_AGAIN_IN = 30_000;
const LOOKED_AGAIN_IN = 5_000;

const hashOf = (message: Message): string =>
  createHash('sha256').update(JSON.stringify(message)).digest('hex').slice(0, 32);

/** Full jitter up to five minutes. */
const backOff = (courier: Courier, attempts: number): number =>
  Math.min(300_000, 1_000 * 2 ** attempts) * (0.5 + courier.deps.random() / 2);

/** A renderer that throws is a bug of ours: tried a few times, because the database may have been away, then set aside. */
const brokenRenderer = async (courier: Courier, message: Claimed, thrown: unknown): Promise<void> => {
  const error = thrown instanceof Error ? thrown.message : String(thrown);
  courier.deps.log.error({ err: thrown, message: message.id, kind: message.kind }, 'a message could not be rendered');
  const attempts = message.attempts + 1;
  if (attempts >= MOST_RENDERED) await setAside(courier, message, 'dead', error);
  else
    await release(courier.deps.database, message, {
      error,
      attempts,
      againIn: backOff(courier, attempts),
      certain: !message.doubtful,
    });
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

/** Brings a rendered message to Slack. Every outcome is written to its row; nothing is swallowed. */
export const deliver = async (at: Courier, rendered: Rendered): Promise<void> => {
  const { database } = at.deps;
  const { message } = rendered;
  at.deps.at('after claim');
  if ('error' in rendered) return brokenRenderer(at, message, rendered.error);
  const { content, restsUntil } = rendered;
  const reach = await reachOf(at, message);
  if (reach === null) return;
  const courier: Delivery = { ...at, ...reach };
  const gone = content?.gone === true;
  const over =
    content?.over === true || gone || (TOLD_ONCE.has(message.kind as MessageKind) && content?.follows !== true);
  // What was taken away is not taken away again, whatever it would have said.
  const content_hash = content === null ? message.content_hash : gone ? 'gone' : hashOf(content);
  const unseen = message.ts === null && !message.doubtful;
  const needless = (content?.over === true || gone || content?.needless === true) && unseen;
  if (content === null || needless || (message.ts !== null && content_hash === message.content_hash)) {
    await release(database, message, { shown: message.wanted, over, certain: true });
    return;
  }
  // Where another is on its way, which rings, this one says meanwhile how it stands.
  const anew = mayComeAnew(message) && !over && !message.followed;
  if (restsUntil !== null && rests(message) && (message.ts === null || anew)) {
    await release(database, message, { rests_until: restsUntil, certain: !message.doubtful });
    return;
  }
  if (message.ts !== null && message.kind !== 'home') {
    const wait = courier.editing(message.workspace_id);
    if (wait > 0) {
      // All edits of the workspace rest meanwhile: what changes again until then is shown together.
      await pause(database, message, wait);
      await release(database, message, { againIn: wait, certain: !message.doubtful });
      return;
    }
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
          : gone || anew
            ? await remove(courier, known)
            : await update(courier, message, content, known);
    courier.deps.at('after send');
    if (anew) {
      await release(database, message, { ts: null, channel: null, content_hash: null, over: false, certain: true });
      return;
    }
    if (sent === 'waiting') return;
    if (sent === 'needless') {
      await release(database, message, { shown: message.wanted, over, certain: true });
      return;
    }
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
      ...(found === true ? { content_hash: null } : { shown: message.wanted, over, content_hash }),
      attempts: 0,
      looked: 0,
      error: null,
      againIn: again,
      supersedes: known === null && isPerson(message.place) && message.kind !== 'home',
      certain: true,
    });
    // Whoever was told of it reads what is left.
    if (message.error !== null)
      for (const query of refreshing(message.workspace_id, ['trouble'])) await database.kysely.executeQuery(query);
  } catch (thrown) {
    await fail(courier, message, content, failureOf(thrown), posted);
  }
};

const setAside = async (
  courier: Courier,
  message: Claimed,
  trouble: 'dead' | 'ambiguous' | 'refused',
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
      // What is refused is not tried again as it is.
      ...(trouble === 'refused' ? { shown: message.wanted } : {}),
      certain: trouble !== 'ambiguous',
    })
  )
    await courier.undeliverable(message, { error, asText: false });
};

/** Whoever has to act gets it at least once; an older copy answers for itself when it is pressed. */
const again = (courier: Courier, message: Claimed, error: string): Promise<boolean> =>
  release(courier.deps.database, message, {
    error,
    attempts: message.attempts + 1,
    looked: 0,
    againIn: courier.postAgainIn,
    certain: true,
  });

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
  if (!certain && final && failure.kind !== 'limited' && failure.kind !== 'auth') {
    if (last || atMostOnce(message)) return setAside(courier, message, 'ambiguous', error);
    await again(courier, message, error);
    return;
  }
  log.warn(
    { message: message.id, kind: message.kind, place: message.place, failure: failure.kind, error },
    'message not delivered',
  );
  switch (failure.kind) {
    case 'limited':
      await pause(database, message, failure.afterMs);
      await release(database, message, { error, againIn: failure.afterMs, certain });
      return;
    case 'retry':
      if (last) return setAside(courier, message, message.ts === null ? 'dead' : 'refused', error);
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
      const looked = looks(courier, message);
      if (!repeatable && (atMostOnce(message) ? last || !looked : last))
        return setAside(courier, message, 'ambiguous', error);
      if (!repeatable && !looked) {
        await again(courier, message, error);
        return;
      }
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
      if (content.gone === true) {
        await release(database, message, {
          shown: message.wanted,
          over: true,
          content_hash: hashOf(content),
          certain: true,
        });
        return;
      }
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

/** Instead of buttons, where those are. */
const withoutButtons = ({ deps }: Courier, { place }: Claimed, { text }: Message): Message => ({
  text: `${cut(text, 1_000)}${isPerson(place) ? ` (Slack refused its buttons: ${deps.command} shows what waits for you, with them.)` : ''}`,
  blocks: [],
});

/** Slack took no blocks of ours: people get the sentence, the operator gets the error, and what it shows next is tried as it should be. */
const sendPlain = async (courier: Delivery, message: Claimed, content: Message, error: string): Promise<void> => {
  courier.deps.log.error(
    { message: message.id, kind: message.kind, subject: message.subject, error },
    'Slack refused the blocks of a message; its text was sent instead',
  );
  const plain = withoutButtons(courier, message, content);
  if (message.kind === 'home' || (message.ts === null && message.attempts > 0))
    return setAside(courier, message, 'refused', error);
  try {
    const channel = await channelFor(courier, message);
    const { ts } =
      message.ts === null
        ? { ts: await post(courier, message, plain, channel) }
        : await update(courier, message, plain, { ts: message.ts, channel });
    await release(courier.deps.database, message, {
      ts,
      channel,
      content_hash: null,
      shown: message.wanted,
      error,
      trouble: 'refused',
      certain: true,
    });
    await courier.undeliverable(message, { error, asText: true });
  } catch (thrown) {
    await setAside(courier, message, 'refused', failureOf(thrown).error);
  }
};
