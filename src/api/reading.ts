/** What all readings share: the services that a token may ask about, and how an answer is described. */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Deps } from '../deps.ts';
import { noService } from '../domain/nearest.ts';
import { readerOf } from '../domain/permissions.ts';
import { say } from '../domain/words.ts';
import { NEWEST } from '../slack/ids.ts';
import type { Env } from './caller.ts';

export const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  200: { description, content: { 'application/json': { schema } } },
});

export const ofServices = z.strictObject({ service: z.string().max(80).optional() });

/** Of lists that come in pages. */
export const page = {
  before: z.coerce.number().int().positive().max(NEWEST).optional().describe('The `next` of the page before.'),
  limit: z.coerce.number().int().positive().max(200, 'is 200 at most').default(50).describe('How many on a page.'),
};
export const next = z
  .number()
  .int()
  .nullable()
  .describe('Ask for the page after with it as `before`; null: there is none.');

/** The services that are asked about, as far as the token is for them. */
export const servicesFor = async (c: Context<Env>, deps: Deps, named: string | undefined) => {
  const { workspace, token, actor } = c.var.caller;
  const catalog = await deps.catalogs.current(deps.database.db, workspace);
  if (catalog === null) return { refused: { code: 'unconfigured' } as const };
  const all = Object.keys(catalog.services);
  if (named !== undefined && !all.includes(named))
    return {
      refused: { code: 'fields' as const, problems: [{ field: 'service' as const, problem: noService(named, all) }] },
    };
  const mine = token.services.length === 0 ? all : all.filter((name) => token.services.includes(name));
  const services = named === undefined ? mine : mine.filter((name) => name === named);
  if (services.length === 0)
    return {
      refused: {
        code: 'forbidden' as const,
        did: 'Nothing shown',
        because: say`token ${token.name} is not for ${named ?? 'any service'}`,
        can: say`An admin can make another token.`,
      },
    };
  return { catalog, services, reader: readerOf(catalog, actor) };
};
