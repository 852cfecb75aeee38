/** One time for all processes: the database's, read off this machine's clock. */
import type { Logger } from 'pino';
import type { Database } from './db/connection.ts';
import { databaseTime } from './db/transact.ts';
import { between, type Instant, instant } from './domain/time.ts';

const CLOCK_CHECK_MS = 60_000;

/** Business time on a server: this machine's clock moved by its measured distance from the database's. */
export const databaseClock = async (
  database: Database,
  log: Logger,
): Promise<{ now: () => Instant; stop: () => void }> => {
  const measure = async (): Promise<number> => {
    const sent = Date.now();
    const theirs = await databaseTime(database);
    return between(instant((sent + Date.now()) / 2), theirs);
  };
  let offset = await measure();
  const timer = setInterval(() => {
    measure().then(
      (measured) => {
        if (Math.abs(measured) > 30_000)
          log.warn(
            { offsetMs: measured },
            'the clock of this machine is more than 30 s away from the database; Slack refuses requests from 5 min on',
          );
        offset = measured;
      },
      (error: unknown) => log.warn({ err: error }, 'the clock could not be compared with the database'),
    );
  }, CLOCK_CHECK_MS);
  timer.unref();
  return { now: () => instant(Date.now() + offset), stop: () => clearInterval(timer) };
};
