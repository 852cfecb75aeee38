/**
 * Installing Signalbox in many workspaces. The library shows the page, checks the state and exchanges the code; where the tokens go, how
 * they are replaced and what the pages say is ours.
 */
import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { InstallProvider, type Installation as SlackInstallation } from '@slack/oauth';
import { WebClient } from '@slack/web-api';
import type { SlackConfig } from '../config.ts';
import type { Deps, Metrics } from '../deps.ts';
import { instant } from '../domain/time.ts';
import { courierClientOptions, slackLogger } from '../slack/clients.ts';
import { BASE_SCOPES, FEATURE_SCOPES, HISTORY_SCOPES } from '../slack/scopes.ts';
import { type Arrival, arrive } from './install.ts';
import { failedPage, installedPage, installPage } from './install-pages.ts';
import type { TokenBox } from './token-box.ts';
import type { Refresh } from './token-renewal.ts';

export type OAuthConfig = Extract<SlackConfig, { mode: 'oauth' }>;

const INSTALL_PATH = '/slack/install';
const REDIRECT_PATH = '/slack/oauth_redirect';

/** Answers a visit of one of the two pages. */
export type InstallPages = (req: IncomingMessage, res: ServerResponse, path: string) => Promise<void>;

/** Throws a sentence for what cannot be served: an installation without a bot, which our scopes never ask for. */
const arrivalOf = ({ team, enterprise, isEnterpriseInstall, bot, user }: SlackInstallation): Arrival => {
  const place = isEnterpriseInstall === true ? enterprise : team;
  if (place === undefined || bot === undefined)
    throw new Error('Slack installed the app and named no bot or no workspace.');
  return {
    slackId: place.id,
    name: place.name ?? place.id,
    botUserId: bot.userId,
    botId: bot.id,
    scopes: bot.scopes,
    installer: user.id,
    tokens: {
      token: bot.token,
      rotation:
        bot.refreshToken === undefined || bot.expiresAt === undefined
          ? null
          : { refresh: bot.refreshToken, expiresAt: instant(bot.expiresAt * 1_000) },
    },
  };
};

/** Slack's page of consent stands beside its API. */
const consentUrl = (apiUrl: string | null): { authorizationUrl: string } | Record<string, never> =>
  apiUrl === null ? {} : { authorizationUrl: new URL('/oauth/v2/authorize', apiUrl).href };

const guard = (res: ServerResponse): void => {
  res.setHeader('content-type', 'text/html; charset=utf-8');
  res.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  res.setHeader('referrer-policy', 'no-referrer');
  res.setHeader('cache-control', 'no-store');
};

const send = (res: ServerResponse, status: number, html: string): void => {
  res.statusCode = status;
  res.end(html);
};

/** The two pages. Whoever installs may set up their workspace. */
export const installPages = (
  config: OAuthConfig,
  deps: Deps,
  box: TokenBox,
  metrics: Metrics,
  history: boolean,
): InstallPages => {
  const scopes = [...BASE_SCOPES, ...FEATURE_SCOPES, ...(history ? HISTORY_SCOPES : [])];
  const provider = new InstallProvider({
    clientId: config.clientId,
    clientSecret: config.clientSecret,
    // The same in every replica, and no second secret to keep.
    stateSecret: createHmac('sha256', config.tokenKeys[0] ?? '')
      .update('state of an installation')
      .digest('hex'),
    logger: slackLogger(deps.log),
    clientOptions: courierClientOptions(config.apiUrl, deps.log, metrics),
    ...consentUrl(config.apiUrl),
    renderHtmlForInstallPath: (url) => installPage(url, scopes, deps.command),
    installationStore: {
      storeInstallation: async (installation) => {
        await arrive(deps, box, arrivalOf(installation as SlackInstallation));
      },
      fetchInstallation: () =>
        Promise.reject(new Error('Tokens are read through tenants.ts, which replaces them in time.')),
    },
  });
  return async (req, res, path) => {
    guard(res);
    if (path === INSTALL_PATH) return provider.handleInstallPath(req, res, {}, { scopes });
    await provider.handleCallback(req, res, {
      success: ({ team, enterprise, appId, isEnterpriseInstall }) =>
        send(
          res,
          200,
          installedPage(
            isEnterpriseInstall === true
              ? { organisation: enterprise?.id ?? '', name: enterprise?.name ?? '', app: appId ?? '' }
              : { organisation: null, name: team?.name ?? '', app: appId ?? '' },
            deps.command,
          ),
        ),
      failure: (error) => send(res, 400, failedPage(error)),
    });
  };
};

/** The pages by path, for our HTTP front. */
export const pagesOf = (pages: InstallPages | null): ReadonlyMap<string, InstallPages> =>
  new Map(pages === null ? [] : [INSTALL_PATH, REDIRECT_PATH].map((path) => [path, pages]));

/** Exchanges a refresh token for the next token. */
export const refreshWith = (config: OAuthConfig, deps: Deps, metrics: Metrics): Refresh => {
  const client = new WebClient(undefined, courierClientOptions(config.apiUrl, deps.log, metrics));
  return async (refreshToken) => {
    const answer = await client.oauth.v2.access({
      client_id: config.clientId,
      client_secret: config.clientSecret,
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    });
    const { access_token: token, refresh_token: refresh, expires_in: expiresInS } = answer;
    if (token === undefined || refresh === undefined || expiresInS === undefined)
      throw new Error('Slack replaced a token and did not say by what.');
    return { token, refresh, expiresInS };
  };
};
