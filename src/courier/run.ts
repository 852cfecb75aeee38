/** The courier's loop: takes what may be delivered until nothing may, then sleeps until it is woken or something falls due. */
import { untilRead } from '../db/transact.ts';
import { claimNext, nextDeliveryIn, releaseLeases } from './claim.ts';
import { deliver } from './deliver.ts';
import type { Courier } from './send.ts';

export type Running = { wake: () => void; stop: () => Promise<void>; idle: () => Promise<void> };

const LONGEST_SLEEP = 1_000;
const AFTER_ERROR = 500;

/** Starts `lanes` loops. `stop` waits for what is being sent, then gives back the leases. */
export const runCourier = (courier: Courier, loops = 2): Running => {
  let stopping = false;
  let sleepers: (() => void)[] = [];
  const wake = (): void => {
    const woken = sleepers;
    sleepers = [];
    for (const resume of woken) resume();
  };
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      sleepers.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });

  const turn = async (): Promise<number> => {
    const message = await claimNext(courier.deps.database, courier.owner, courier.pace);
    if (message !== null) {
      await deliver(courier, message);
      return 0;
    }
    const next = await nextDeliveryIn(courier.deps.database);
    return next === null ? LONGEST_SLEEP : Math.min(LONGEST_SLEEP, Math.max(5, next));
  };

  const loop = async (): Promise<void> => {
    while (!stopping) {
      try {
        const ms = await turn();
        if (ms > 0 && !stopping) await sleep(ms);
      } catch (error) {
        courier.deps.log.error({ err: error }, 'courier: will go on in half a second');
        await sleep(AFTER_ERROR);
      }
    }
  };

  const running = Array.from({ length: loops }, loop);
  return {
    wake,
    stop: async () => {
      stopping = true;
      wake();
      await Promise.all(running);
      await releaseLeases(courier.deps.database, courier.owner);
    },
    idle: async () => {
      while ((await untilRead(() => nextDeliveryIn(courier.deps.database))) !== null) await sleep(10);
    },
  };
};
