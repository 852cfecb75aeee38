/** The loop that tells others what happened: looks what the journal has, sends what is due, and sleeps until it is woken. */

import { Webhook as Signature } from 'standardwebhooks';
import { newAlarm } from '../courier/alarm.ts';
import type { Deps } from '../deps.ts';
import { againIn } from '../domain/webhook/webhook.ts';
import { storable } from '../domain/words.ts';
import { type Poster, PrivateAddress } from './post.ts';
import { tellAll } from './tell.ts';
import {
  claimDeliveries,
  type Delivery,
  forgetOld,
  nextDueIn,
  readWebhook,
  settleDelivery,
  signingSecret,
  workspacesTold,
} from './webhook-store.ts';

/** Milliseconds. */
const LONGEST_SLEEP = 15_000;
const AFTER_ERROR = 1_000;
const LEASE = 30_000;
const FORGET_EVERY = 3_600_000;
const GATHER = 50;
const WHILE_SENDING = 1_000;
/** Under way at once: in all, and to one receiver, so that one that hangs slows no other. */
const MOST_AT_ONCE = 40;
const MOST_OF_ONE = 4;

/** `gone`: whoever was told wants to hear no more. */
export type Outcome = { ok: boolean; status: number | null; error: string | null; gone?: boolean };
/** How each kind of delivery is made. */
export type Senders = Readonly<Record<Delivery['kind'], (delivery: Delivery) => Promise<Outcome>>>;

/** Why a request got no answer, in a few words. */
const unanswered = (error: unknown): string => {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  const said = cause instanceof PrivateAddress ? cause.message : (cause?.code ?? cause?.message ?? message);
  return storable(said).slice(0, 300);
};

/** To a webhook: signed by Standard Webhooks, with the time of this attempt. */
export const toWebhook =
  (deps: Deps, post: Poster['post']) =>
  async (delivery: Delivery): Promise<Outcome> => {
    const { workspace, webhook: id, body } = delivery;
    const webhook = id === null ? null : await readWebhook(deps.database.db, workspace, id);
    if (webhook === null || webhook.stoppedAt !== null)
      return { ok: false, status: null, error: 'the webhook was stopped', gone: true };
    const now = new Date();
    const signature = new Signature(signingSecret(deps.journalKey, workspace, webhook)).sign(delivery.id, now, body);
    try {
      const { status, text } = await post(webhook.url, body, {
        'content-type': 'application/json',
        'user-agent': 'signalbox',
        'webhook-id': delivery.id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': signature,
      });
      const ok = status >= 200 && status < 300;
      return { ok, status, error: ok ? null : text, gone: status === 410 };
    } catch (error) {
      return { ok: false, status: null, error: unanswered(error) };
    }
  };

/** A receiver that says that it is gone is told nothing any more; the journal says so. */
export type Stop = (delivery: Delivery, because: string) => Promise<void>;

const deliver = async (deps: Deps, senders: Senders, stop: Stop, delivery: Delivery): Promise<void> => {
  const { workspace, id, event, kind } = delivery;
  const outcome = await senders[kind](delivery);
  const again = outcome.gone === true ? null : againIn(delivery.attempts);
  const state = outcome.ok ? 'delivered' : again === null ? 'failed' : 'waiting';
  await settleDelivery(deps.database, delivery, {
    state,
    status: outcome.status,
    error: outcome.error,
    againIn: again ?? 0,
  });
  if (outcome.status === 410 && delivery.webhook !== null) await stop(delivery, 'its receiver answered 410, gone');
  if (state === 'failed')
    deps.log.warn(
      { workspace, delivery: id, kind, event, status: outcome.status, error: outcome.error },
      kind === 'webhook'
        ? 'a webhook did not take it, and it is given up; “webhook log NAME” in Slack shows it, and can replay it'
        : 'an answer was not taken, and is given up; the job there waits for somebody who looks',
    );
};

/** Who has to be there for it: a webhook, or the system whose job waits. */
const receiverOf = ({ webhook, kind }: Delivery): string => webhook ?? kind;

export type Telling = {
  /** Something happened in the workspace: look whether it is to be told, where anybody is told anything. */
  happened: (workspace: string) => void;
  /** Something is to be sent now. */
  wake: () => void;
  stop: () => Promise<void>;
  /** Resolves when all that had happened was told once. */
  idle: () => Promise<void>;
};

export const runWebhooks = (deps: Deps, senders: Senders, stopIt: Stop): Telling => {
  let stopping = false;
  const alarm = newAlarm();
  let forgetAt = 0;
  let dueAt = 0;
  /** Where something is told: an act elsewhere costs nothing. Looked up at each turn, so that another replica's new webhook is known soon. */
  let told: ReadonlySet<string> = new Set();
  const wake = (): void => {
    dueAt = 0;
    alarm.ring();
  };
  const running = new Map<Promise<void>, string>();
  /** Sends it beside the others. What became of it could not be kept: its lease runs out, and it is sent again. */
  const send = (delivery: Delivery): void => {
    const work = deliver(deps, senders, stopIt, delivery)
      .catch((error: unknown) =>
        deps.log.error(
          { err: error, delivery: delivery.id },
          'what became of a delivery could not be kept; it is made again',
        ),
      )
      .finally(() => {
        running.delete(work);
        wake();
      });
    running.set(work, receiverOf(delivery));
  };
  /** Takes what is due, as far as there is room; a receiver that hangs has no more room. */
  const sendDue = async (): Promise<void> => {
    const counts = new Map<string, number>();
    for (const receiver of running.values()) counts.set(receiver, (counts.get(receiver) ?? 0) + 1);
    const full = [...counts].filter(([, count]) => count >= MOST_OF_ONE).map(([receiver]) => receiver);
    const room = { most: MOST_AT_ONCE - running.size, mostOfOne: MOST_OF_ONE, full };
    if (room.most > 0) for (const delivery of await claimDeliveries(deps.database, room, LEASE)) send(delivery);
  };
  const forget = async (): Promise<void> => {
    if (performance.now() < forgetAt) return;
    forgetAt = performance.now() + FORGET_EVERY;
    await forgetOld(deps.database, deps.clock.now()).catch((error: unknown) =>
      deps.log.error({ err: error }, 'old deliveries could not be forgotten; it is tried in an hour'),
    );
  };
  /** Looks at the journal; at what is due only when something is. Returns how long nothing is to be done. */
  const turn = async (): Promise<number> => {
    told = await workspacesTold(deps.database);
    const found = await tellAll(deps);
    if (found === 'nothing' && performance.now() < dueAt) return dueAt - performance.now();
    // Whoever wakes it meanwhile makes it due again.
    dueAt = Number.POSITIVE_INFINITY;
    await sendDue();
    await forget();
    const next = found === 'more' ? 0 : ((await nextDueIn(deps.database)) ?? LONGEST_SLEEP);
    // What waits for room is woken by what ends.
    const wait = running.size > 0 && found !== 'more' ? Math.max(next, WHILE_SENDING) : next;
    dueAt = Math.min(dueAt, performance.now() + Math.min(LONGEST_SLEEP, wait));
    return Math.max(0, dueAt - performance.now());
  };
  let turning: Promise<number> = Promise.resolve(0);
  const loop = async (): Promise<void> => {
    while (!stopping) {
      alarm.reset();
      turning = turn().catch((error: unknown) => {
        deps.log.error({ err: error }, 'webhooks: will go on in a second');
        dueAt = 0;
        return AFTER_ERROR;
      });
      const ms = await turning;
      // What happens in the same moment is looked at together.
      if (!stopping) await alarm.sleep(GATHER);
      if (!stopping && !alarm.rang()) await alarm.sleep(ms);
    }
  };
  const looping = loop();
  return {
    happened: (workspace) => {
      if (told.has(workspace)) alarm.ring();
    },
    wake,
    stop: async () => {
      stopping = true;
      wake();
      await looping;
      await Promise.allSettled(running.keys());
    },
    idle: async () => {
      for (let turns = 0; turns < 3; turns += 1) {
        wake();
        await turning;
        await Promise.allSettled(running.keys());
        await new Promise((resolve) => setTimeout(resolve, GATHER * 2));
      }
      await turning;
      await Promise.allSettled(running.keys());
    },
  };
};
