/** Who calls: a token that counts, at a pace that leaves room for others. */
import type { Context, MiddlewareHandler } from 'hono';
import { perMinute } from '../courier/spacing.ts';
import type { Ctx } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import { between, type Instant, MINUTE } from '../domain/time.ts';
import { isLive, type Token, tokenActor } from '../domain/token/token.ts';
import { findToken, touchToken } from '../tokens/token-store.ts';
import { problem } from './problems.ts';

export type Caller = {
  workspace: WorkspaceId;
  token: Token;
  actor: UserId;
  /** How far the journal was when the token was read; not known of those who come by other means. */
  head?: number;
};
/** `Bindings.caller`: set by this process alone, for what it asks in the name of somebody whom it has verified by other means. */
export type Env = { Variables: { caller: Caller }; Bindings: { caller?: Caller } };

/** Requests of one token in any minute, for each replica; and of all that have none that counts. */
const PER_MINUTE = 600;
const UNKNOWN = 'unknown';

/** Answers with a problem document. */
export const refuse = (
  c: Context,
  status: 401 | 403 | 404 | 405 | 413 | 415 | 422 | 429 | 500,
  code: string,
  detail: string,
): Response => c.json(problem(status, code, detail), status, { 'content-type': 'application/problem+json' });

const unauthorised = (c: Context, code: string, detail: string): Response => {
  c.header('www-authenticate', 'Bearer');
  return refuse(c, 401, code, detail);
};

const bearer = (header: string | undefined): string | null => /^Bearer\s+(\S{1,200})$/i.exec(header ?? '')?.[1] ?? null;

const noteUse = (deps: Deps, { workspace, token }: Caller, now: Instant): void => {
  if (token.usedAt !== null && between(token.usedAt, now) < MINUTE) return;
  touchToken(deps.database, workspace, token.id, now).catch((error: unknown) =>
    deps.log.warn({ err: error, workspace, token: token.name }, 'the use of a token could not be noted'),
  );
};

/** Lets in whoever has a token that counts. Refuses others, and who asks too often, with when to come again. */
export const callers = (deps: Deps): MiddlewareHandler<Env> => {
  const budget = perMinute(PER_MINUTE);
  return async (c, next) => {
    const inside = c.env?.caller;
    if (inside !== undefined) {
      noteUse(deps, inside, deps.clock.now());
      c.set('caller', inside);
      return next();
    }
    const text = bearer(c.req.header('authorization'));
    if (text === null)
      return unauthorised(
        c,
        'token.missing',
        'Send a token: “Authorization: Bearer sbt_…”. An admin makes one in Slack.',
      );
    const found = await findToken(deps.database.db, text);
    const now = deps.clock.now();
    if (found === null && budget(UNKNOWN) > 0) {
      c.header('retry-after', '60');
      return refuse(
        c,
        429,
        'rate.limited',
        'Too many requests with tokens that are not known: come again in a minute.',
      );
    }
    if (found === null || !isLive(found.token, now))
      return unauthorised(
        c,
        found === null ? 'token.unknown' : 'token.over',
        found === null
          ? 'This token is not known: it was rotated, or mistyped. An admin makes another one in Slack.'
          : `Token ${found.token.name} was revoked or has expired. An admin makes another one in Slack.`,
      );
    const { workspace, token, head } = found;
    if (found.paused)
      return refuse(
        c,
        403,
        'workspace.paused',
        'Nothing done: Signalbox was taken out of this workspace of Slack. It goes on once it is installed again.',
      );
    const wait = budget(`${workspace} ${token.id}`);
    c.header('ratelimit-policy', `"minute";q=${PER_MINUTE};w=60`);
    if (wait > 0) {
      c.header('retry-after', String(Math.ceil(wait / 1_000)));
      return refuse(
        c,
        429,
        'rate.limited',
        `More than ${PER_MINUTE} requests in a minute: go on in ${Math.ceil(wait / 1_000)} s.`,
      );
    }
    const caller: Caller = { workspace, token, actor: tokenActor(token), head };
    noteUse(deps, caller, now);
    c.set('caller', caller);
    return next();
  };
};

/** As whom, from where and when; `kept` makes a repetition the same. */
export const ctxOf = (
  deps: Deps,
  { workspace, token, actor }: Caller,
  kept: { requestKey: string | null; print?: string; onceKey?: string } = { requestKey: null },
): Ctx & { actor: UserId; token: Token } => ({
  workspace,
  actor,
  token,
  surface: 'api',
  now: deps.clock.now(),
  ...kept,
});
