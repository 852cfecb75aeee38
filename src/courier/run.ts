/**
 * The courier's loop: takes all that may be delivered, sends it side by side, and sleeps until it is woken or something falls due. Slack's
 * own rate is the only limit; a workspace whose Slack hangs uses up its own share and nobody else's.
 */
import { untilRead } from '../db/transact.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { claim, nextDeliveryIn, releaseLeases } from './claim.ts';
import { deliver } from './deliver.ts';
import { renderAll } from './render.ts';
import type { Courier } from './send.ts';

export type Running = { wake: () => void; stop: () => Promise<void>; idle: () => Promise<void> };

/** Milliseconds. */
const LONGEST_SLEEP = 1_000;
const AFTER_ERROR = 500;

/** Under way at once: in all, for one workspace, and claimed by one statement. */
const MOST_UNDER_WAY = 400;
const MOST_OF_ONE = 64;
const MOST_CLAIMED = 100;

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

/** Starts the loop. `stop` waits for what is being sent, then gives back the leases. */
export const runCourier = (courier: Courier): Running => {
  const { database, log } = courier.deps;
  const sending = underWay();
  let stopping = false;
  let woken = false;
  let resume: (() => void) | null = null;
  const wake = (): void => {
    woken = true;
    resume?.();
  };
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      resume = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** Takes and sends what may go now. Returns how long nothing else will. */
  const turn = async (): Promise<number> => {
    const room = MOST_UNDER_WAY - sending.running.size;
    if (room <= 0) return LONGEST_SLEEP;
    const full = [...sending.counts].filter(([, count]) => count >= MOST_OF_ONE / 2).map(([workspace]) => workspace);
    const most = Math.min(room, MOST_CLAIMED);
    const claimed = await claim(database, courier.owner, courier.pace, { most, mostOfOne: MOST_OF_ONE / 2, full });
    for (const rendered of await renderAll(courier, claimed)) {
      const work = deliver(courier, rendered).catch((error: unknown) => {
        log.error(
          { err: error, message: rendered.message.id },
          'courier: what became of a message could not be written; its lease runs out',
        );
      });
      sending.add(rendered.message.workspace_id, work.finally(wake));
    }
    if (claimed.length > 0) return 0;
    const next = await nextDeliveryIn(database);
    return next === null ? LONGEST_SLEEP : Math.min(LONGEST_SLEEP, Math.max(5, next));
  };

  const loop = async (): Promise<void> => {
    while (!stopping) {
      try {
        woken = false;
        const ms = await turn();
        if (ms > 0 && !stopping && !woken) await sleep(ms);
      } catch (error) {
        log.error({ err: error }, 'courier: will go on in half a second');
        await sleep(AFTER_ERROR);
      }
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
      while ((await untilRead(() => nextDeliveryIn(database))) !== null) {
        wake();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
};
