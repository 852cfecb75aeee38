/** Slack's side of installing an app: the page of consent, the exchange of its code, and tokens that expire. */
import { randomBytes } from 'node:crypto';
import type { Args, Reply } from './web-api.ts';
import type { World } from './world.ts';

const TOKEN_LIFE_S = 43_200;

const secret = (prefix: string): string => `${prefix}${randomBytes(16).toString('hex')}`;
const refusal = (error: string): Reply => ({ ok: false, error });

/** Says yes on the page of consent that `url` leads to. Returns where Slack sends the browser then: the query of the redirect. */
export const consent = (world: World, user: string, url: string): string => {
  const asked = new URL(url).searchParams;
  if (asked.get('client_id') !== world.clientId) throw new Error(`Slack knows no app ${asked.get('client_id')}.`);
  world.scopes = new Set((asked.get('scope') ?? '').split(','));
  const code = secret('code-');
  world.codes.set(code, user);
  return new URLSearchParams({ code, state: asked.get('state') ?? '' }).toString();
};

/** At most two tokens work at a time: the new one, and the one before for as long as it lasts. */
const issue = (world: World): Record<string, unknown> => {
  const before = world.tokens.get(world.botToken);
  const kept = before === undefined ? [] : [[world.botToken, before] as const];
  world.botToken = secret(world.rotates ? 'xoxe.xoxb-' : 'xoxb-');
  world.revoked = false;
  const until = world.rotates ? Date.now() + TOKEN_LIFE_S * 1_000 : null;
  world.tokens = new Map([...kept, [world.botToken, until]]);
  world.refreshToken = world.rotates ? secret('xoxe-1-') : null;
  return {
    access_token: world.botToken,
    token_type: 'bot',
    scope: [...world.scopes].join(','),
    bot_user_id: world.botUserId,
    app_id: world.appId,
    team: world.organisation === null ? { id: world.teamId, name: world.teamName } : null,
    enterprise: world.organisation === null ? null : { id: world.organisation.id, name: world.organisation.name },
    is_enterprise_install: world.organisation !== null,
    ...(world.rotates ? { refresh_token: world.refreshToken, expires_in: TOKEN_LIFE_S } : {}),
  };
};

/** `oauth.v2.access`: a code, or a refresh token, each good for once. */
export const exchange = (worlds: readonly World[], args: Args): Reply => {
  const [app] = worlds;
  if (app === undefined || args['client_id'] !== app.clientId) return refusal('invalid_client_id');
  if (args['client_secret'] !== app.clientSecret) return refusal('bad_client_secret');
  if (args['grant_type'] === 'refresh_token') {
    const world = worlds.find(({ refreshToken }) => refreshToken !== null && refreshToken === args['refresh_token']);
    return world === undefined ? refusal('invalid_refresh_token') : { ok: true, ...issue(world) };
  }
  const code = String(args['code']);
  const world = worlds.find(({ codes }) => codes.has(code));
  const user = world?.codes.get(code);
  if (world === undefined || user === undefined) return refusal('invalid_code');
  world.codes.delete(code);
  return { ok: true, ...issue(world), authed_user: { id: user } };
};
