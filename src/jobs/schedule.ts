/** node-cron only wakes: pure functions decide what is due, the database who does it. A tick that is still running is not run twice. */
import cron from 'node-cron';
import { forgetSettled } from '../courier/claim.ts';
import type { Deps } from '../deps.ts';
import { forgetOldRequests, tick } from './tick.ts';

/** Figures for /metrics: as often as they are scraped. */
const FIGURES = '*/5 * * * * *';
const TICK = '*/5 * * * * *';
/** What is due among the probes: each is asked every half a minute. */
const PROBES = '*/5 * * * * *';
const LOOK_AROUND = '*/10 * * * *';
const HOUSEKEEPING = '17 4 * * *';

export type Ticker = { tickNow: () => Promise<number>; stop: () => Promise<void> };

/**
 * `lookAround` asks Slack what it does not tell by itself: who is in its user groups, whether it takes the tokens. `probe` asks what was
 * deployed how it is.
 */
export const startTicking = (
  deps: Deps,
  { lookAround, readFigures, probe }: Readonly<Record<'lookAround' | 'readFigures' | 'probe', () => Promise<unknown>>>,
): Ticker => {
  let current: Promise<number> | null = null;
  const begin = (): Promise<number> => {
    current = tick(deps).finally(() => {
      current = null;
    });
    return current;
  };
  /** By the clock: one that is still running is not joined by a second. */
  const tickByCron = async (): Promise<void> => {
    if (current === null) await begin();
    else deps.metrics.skippedTick('tick');
  };
  /** On demand, after a move of the clock: what runs already may have looked before it, so it is waited for. Its failure is its starter's. */
  const tickNow = async (): Promise<number> => {
    while (current !== null) await Promise.allSettled([current]);
    return begin();
  };
  const logged = (work: () => Promise<unknown>) => async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      deps.log.error({ err: error }, 'tick: tries again at the next one');
    }
  };
  /** Looks that wait for an answer: an address that hangs keeps no other from being asked. */
  const probing = new Set<Promise<unknown>>();
  const probeByCron = async (): Promise<void> => {
    const look = probe().finally(() => probing.delete(look));
    probing.add(look);
    await look;
  };
  const tasks = [
    cron.schedule(TICK, logged(tickByCron)),
    cron.schedule(FIGURES, logged(readFigures)),
    cron.schedule(PROBES, logged(probeByCron)),
    cron.schedule(LOOK_AROUND, logged(lookAround)),
    cron.schedule(
      HOUSEKEEPING,
      logged(async () => {
        await forgetOldRequests(deps);
        const gone = await forgetSettled(deps.database);
        if (gone > 0) deps.log.info({ gone }, 'messages that were shown and over for 90 days were forgotten');
        await deps.database.maintain();
      }),
    ),
  ];
  return {
    tickNow,
    stop: async () => {
      for (const task of tasks) await task.stop();
      // Its failure is logged by whoever started it.
      await Promise.allSettled([current, ...probing]);
    },
  };
};
