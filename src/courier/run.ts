/**
 * The courier's loop: takes all that may be delivered, sends it side by side, and sleeps until it is woken or something falls due. Slack's
 * own rate is the only limit; a workspace whose Slack hangs uses up its own share and nobody else's.
 */
import { untilRead } from '../db/transact.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { newAlarm } from './alarm.ts';
import { claim, nextDeliveryIn, releaseLeases } from './claim.ts';
import { deliver } from './deliver.ts';
import { renderAll } from './render.ts';
import type { Courier } from './send.ts';
import { perMinute, spacing } from './spacing.ts';

export type Running = { wake: () => void; stop: () => Promise<void>; idle: () => Promise<void> };

/** Milliseconds. */
const LONGEST_SLEEP = 1_000;
const AFTER_ERROR = 500;

/**
 * Under way at once: in all, of one workspace, and claimed by one statement. Slack answers after some 150 ms: two hundred under way are more than a
 * thousand a second, which no workspace may send.
 */
const MOST_UNDER_WAY = 800;
const MOST_OF_ONE = 200;
const MOST_CLAIMED = 200;

/**
 * Milliseconds between two looks at the least: what is asked for and what ends meanwhile gathers, because each look costs the database. The first
 * after a rest is at once.
 */
const GATHER = 15;

/** Milliseconds. While something is under way its end wakes the loop; what falls due besides is looked for as often as this. */
const WHILE_SENDING = 50;

/** What is under way, counted by workspace. */
const underWay = () => {
  const counts = new Map<WorkspaceId, number>();
  const running = new Set<Promise<void>>();
  return {
    counts,
    running,
    add: (workspace: WorkspaceId, work: Promise<void>): void => {
      counts.set(workspace, (counts.get(workspace) ?? 0) + 1);
      const tracked = work.finally(() => {
        const left = (counts.get(workspace) ?? 1) - 1;
        if (left === 0) counts.delete(workspace);
        else counts.set(workspace, left);
        running.delete(tracked);
      });
      running.add(tracked);
    },
  };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** Starts the loop. `stop` waits for what is being sent, then gives back the leases. */
export const runCourier = (asked: Omit<Courier, 'spaced' | 'editing'>): Running => {
  const { postEveryMs, editsAMinute } = asked.pace;
  const courier: Courier = { ...asked, spaced: spacing(postEveryMs), editing: perMinute(editsAMinute) };
  const { database, log, clock } = courier.deps;
  const sending = underWay();
  let stopping = false;
  const alarm = newAlarm();
  const wake = alarm.ring;

  /** Takes and sends what may go now. Returns how long nothing else will. */
  const turn = async (): Promise<number> => {
    const room = MOST_UNDER_WAY - sending.running.size;
    if (room <= 0) return LONGEST_SLEEP;
    const full = [...sending.counts].filter(([, count]) => count >= MOST_OF_ONE).map(([workspace]) => workspace);
    const most = Math.min(room, MOST_CLAIMED);
    const claimed = await claim(
      database,
      courier.owner,
      courier.pace,
      { most, mostOfOne: MOST_OF_ONE, full },
      clock.now(),
    );
    for (const rendered of await renderAll(courier, claimed)) {
      const work = deliver(courier, rendered).catch((error: unknown) => {
        log.error(
          { err: error, message: rendered.message.id },
          'courier: what became of a message could not be written; its lease runs out',
        );
      });
      sending.add(rendered.message.workspace_id, work.finally(wake));
    }
    if (claimed.length === most) return 0;
    if (sending.running.size > 0) return WHILE_SENDING;
    const next = await nextDeliveryIn(database, clock.now());
    return next === null ? LONGEST_SLEEP : Math.min(LONGEST_SLEEP, next);
  };

  const loop = async (): Promise<void> => {
    while (!stopping) {
      alarm.reset();
      const began = performance.now();
      const next = await turn().catch((error: unknown) => {
        log.error({ err: error }, 'courier: will go on in half a second');
        return AFTER_ERROR;
      });
      if (!stopping) await pause(GATHER - (performance.now() - began));
      if (!stopping && !alarm.rang()) await alarm.sleep(next);
    }
  };

  const running = loop();
  return {
    wake,
    stop: async () => {
      stopping = true;
      wake();
      await running;
      await Promise.all(sending.running);
      await releaseLeases(database, courier.owner);
    },
    idle: async () => {
      while ((await untilRead(() => nextDeliveryIn(database, clock.now()))) !== null) {
        wake();
        // What is under way wakes the loop itself when it ends.
        await Promise.race([Promise.all(sending.running), pause(WHILE_SENDING)]);
        await pause(GATHER);
      }
    },
  };
};
