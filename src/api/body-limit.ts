/**
 * No body is read beyond a limit, whether its length is announced or not. Hono's own makes a copy of the server's light request, which those do not
 * allow: a call without a body, or in chunks, would fail.
 */
import type { Context, MiddlewareHandler } from 'hono';

/** Answers with `tooLarge` above `most` bytes. */
export const limitedTo =
  (most: number, tooLarge: (c: Context) => Response): MiddlewareHandler =>
  async (c, next) => {
    if (c.req.header('transfer-encoding') === undefined)
      return Number(c.req.header('content-length') ?? 0) > most ? tooLarge(c) : next();
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of c.req.raw.body ?? []) {
      size += chunk.length;
      if (size > most) return tooLarge(c);
      chunks.push(chunk);
    }
    const { url, method, headers, signal } = c.req.raw;
    c.req.raw = new Request(url, { method, headers, signal, body: Buffer.concat(chunks) });
    return next();
  };
