/** Calls of the API: the same key for every repetition of one write, so that a lost answer does nothing twice. */
import { randomUUID } from 'node:crypto';
import { type Exit, Stop, Unreachable } from './exit.ts';

export type Json = Record<string, unknown>;
export type Client = {
  url: string;
  /** The answer, or `Stop` with the sentence of the refusal, or `Unreachable`. */
  call: (
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    more?: { patienceMs?: number; key?: string },
  ) => Promise<Json>;
};

/** A text of an answer. */
export const textIn = (body: Json, name: string, otherwise = ''): string => {
  const value = body[name];
  return typeof value === 'string' ? value : otherwise;
};

/** A part of an answer. What has none of that name is no answer of Signalbox. */
export const partOf = (body: Json, name: string): Json => {
  const value = body[name];
  if (typeof value !== 'object' || value === null)
    throw new Unreachable(`the answer has no ${name}: it is not Signalbox that answers`);
  return value as Json;
};

/** One for each write, however often it is sent: what was done under it is done once, and answered alike for two days. */
export const newKey = (): string => randomUUID();

const TRIES = 3;
const BETWEEN_MS = 1_000;
const PATIENCE_MS = 15_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const exitOf = (status: number, code: string): Exit => {
  if (status === 401 || status === 403 || status === 413 || status === 422) return 'misused';
  if (status === 404) return code === 'not_found' ? 'unknown' : 'misused';
  return 'denied';
};

type Answered = { status: number; body: Json; retryAfterMs: number };

const ask = async (url: URL, init: RequestInit, patienceMs: number): Promise<Answered> => {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) });
    text = await response.text();
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    throw new Unreachable(`${url.origin} does not answer (${cause?.code ?? cause?.message ?? message})`);
  }
  if (response.status >= 500 && response.status !== 503)
    throw new Unreachable(`${url.origin} answers ${response.status}`);
  let body: unknown;
  try {
    body = JSON.parse(text);
    if (typeof body !== 'object' || body === null) throw new SyntaxError('no object');
  } catch {
    throw new Unreachable(`${url.origin} answers ${response.status} with something that is not Signalbox`);
  }
  return {
    status: response.status,
    body: body as Json,
    retryAfterMs: Number(response.headers.get('retry-after') ?? 1) * 1_000,
  };
};

export const clientFor = (base: string, token: string): Client => {
  if (!URL.canParse(base)) throw new Stop('misused', `SIGNALBOX_URL “${base}” is no address`);
  const root = base.replace(/\/+$/, '');
  return {
    url: root,
    call: async (method, path, body, { patienceMs = PATIENCE_MS, key = newKey() } = {}) => {
      const url = new URL(`${root}${path}`);
      const init: RequestInit = {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'user-agent': 'signalbox-cli',
          'idempotency-key': key,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      for (let tried = 1; ; tried += 1) {
        const last = tried >= TRIES;
        let answered: Answered | null = null;
        try {
          answered = await ask(url, init, patienceMs);
        } catch (error) {
          if (last || !(error instanceof Unreachable)) throw error;
        }
        if (answered === null) {
          await sleep(BETWEEN_MS * tried);
          continue;
        }
        if (answered.status < 400) return answered.body;
        const detail = textIn(answered.body, 'detail', `HTTP ${answered.status}`);
        if (answered.status !== 429 && answered.status !== 503)
          throw new Stop(exitOf(answered.status, textIn(answered.body, 'code')), detail, answered.body);
        if (last) throw new Unreachable(detail);
        await sleep(answered.retryAfterMs);
      }
    },
  };
};
