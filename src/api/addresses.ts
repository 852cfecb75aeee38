/** What the document says of an address: with which methods it is there, and which names its query may have. */
import type { MiddlewareHandler } from 'hono';
import type { Env } from './caller.ts';
import type { ApiDocument, Operation } from './docs-page.ts';
import { NotKnown } from './problems.ts';

/** There besides what the document is about: itself, its page, what calendars read, and where assistants ask. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  '/v1/openapi.json': ['get'],
  '/v1/docs': ['get'],
  '/v1/calendar.ics': ['get'],
  '/v1/mcp': ['post'],
};

const operationsAt = ({ paths }: ApiDocument, path: string): readonly (readonly [string, Operation])[] =>
  Object.entries(paths).flatMap(([pattern, operations]) =>
    new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path) ? Object.entries(operations) : [],
  );

/** With which methods the address is there. */
export const methodsAt = (document: ApiDocument, path: string): readonly string[] => [
  ...(BESIDES[path] ?? []),
  ...operationsAt(document, path).map(([method]) => method),
];

/** A name in the query that is spelt wrong is refused, and not left out in silence. */
export const knownQuery =
  (document: () => ApiDocument): MiddlewareHandler<Env> =>
  (c, next) => {
    const sent = Object.keys(c.req.query());
    if (sent.length === 0) return next();
    const method = c.req.method.toLowerCase();
    const operation = operationsAt(document(), c.req.path).find(([name]) => name === method)?.[1];
    const known = operation?.parameters?.flatMap((each) => (each.in === 'query' ? [each.name] : [])) ?? [];
    const strange = operation === undefined ? [] : sent.filter((name) => !known.includes(name));
    if (strange.length > 0) throw new NotKnown(strange);
    return next();
  };
