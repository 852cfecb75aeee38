/**
 * The two ways of calling Slack. Interactive: somebody waits, so a short timeout and one retry. Courier: no retry of the library's own,
 * because a message might be posted twice. Neither follows absolute addresses, which would carry the token elsewhere.
 */
import { LogLevel, type Logger as SlackLogger, type WebClient, type WebClientOptions } from '@slack/web-api';
import type { Logger } from 'pino';
import { assertOutsideTransaction } from '../db/guards.ts';
import type { Metrics } from '../deps.ts';
import { BlocksClient } from './newer-blocks.ts';

/** Bolt and its clients write into our log. Their debug output prints payloads and stays off. */
export const slackLogger = (log: Logger): SlackLogger => {
  const words = (parts: readonly unknown[]): string =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
  return {
    debug: () => undefined,
    info: (...parts) => log.debug(words(parts)),
    warn: (...parts) => log.warn(words(parts)),
    error: (...parts) => log.error(words(parts)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
};

const INTERACTIVE_TIMEOUT = 2_500;
const COURIER_TIMEOUT = 10_000;

/** Refuses to call Slack while a transaction is open, and counts calls. No headers here: the client would share them between tokens. */
const watchedFetch =
  (metrics: Metrics): typeof fetch =>
  async (input, init) => {
    assertOutsideTransaction('A call to Slack');
    const method =
      String(input instanceof Request ? input.url : input)
        .split('/')
        .at(-1) ?? '';
    try {
      const response = await fetch(input, init);
      metrics.slackCall(method, response.status === 429 ? 'limited' : response.ok ? 'ok' : 'failed');
      return response;
    } catch (error) {
      metrics.slackCall(method, 'failed');
      throw error;
    }
  };

const options = (apiUrl: string | null, log: Logger, metrics: Metrics): WebClientOptions => ({
  ...(apiUrl === null ? {} : { slackApiUrl: apiUrl }),
  allowAbsoluteUrls: false,
  rejectRateLimitedCalls: true,
  logger: slackLogger(log),
  fetch: watchedFetch(metrics),
});

export const interactiveClient = (token: string, apiUrl: string | null, log: Logger, metrics: Metrics): WebClient =>
  new BlocksClient(token, {
    ...options(apiUrl, log, metrics),
    timeout: INTERACTIVE_TIMEOUT,
    retryConfig: { retries: 1, minTimeout: 100, maxTimeout: 100 },
  });

/** For what must not be done twice: a message, a token that works once. */
export const courierClientOptions = (apiUrl: string | null, log: Logger, metrics: Metrics): WebClientOptions => ({
  ...options(apiUrl, log, metrics),
  timeout: COURIER_TIMEOUT,
  retryConfig: { retries: 0 },
});

export const courierClient = (token: string, apiUrl: string | null, log: Logger, metrics: Metrics): WebClient =>
  new BlocksClient(token, courierClientOptions(apiUrl, log, metrics));

/** For Bolt's own clients: an object of its own, because Socket Mode writes its retry policy into the one that it is given. */
export const boltClientOptions = (apiUrl: string | null, log: Logger, metrics: Metrics): WebClientOptions => ({
  ...options(apiUrl, log, metrics),
  timeout: INTERACTIVE_TIMEOUT,
  retryConfig: { retries: 0 },
});
