/** Where the log goes, and how it reads: JSON lines for machines, plain lines for a person at a terminal. */
import type { Logger as CronLogger } from 'node-cron';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.ts';

export const openLog = ({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger =>
  logFormat === 'json'
    ? pino({ level: logLevel })
    : pino({ level: logLevel }, pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }));

/** What the library would print by itself. A tick that it missed is made up for by the next: pure functions decide what is due. */
export const cronLogger = (log: Logger): CronLogger => ({
  info: (message) => log.debug(message),
  warn: (message) => log.debug(message),
  error: (message, error) => log.error({ err: error }, String(message)),
  debug: (message) => log.debug(String(message)),
});
