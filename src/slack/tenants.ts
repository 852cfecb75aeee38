/** The workspaces that Signalbox serves, each with its own token: the one of the configuration, or those that installed the app. */
import type { WebClient } from '@slack/web-api';
import type { Deps } from '../deps.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import { HOUR, type Instant, instant } from '../domain/instant.ts';
import {
  allInstallations,
  claimRefresh,
  type Installation,
  installationOf,
  installationsAt,
  replaceTokens,
  type Tokens,
} from './installation-store.ts';
import type { TokenBox } from './token-box.ts';

/** Whom a payload or a message belongs to. */
export type Tenant = {
  workspace: WorkspaceId;
  /** Slack's team (T…) or organisation (E…). */
  slackId: string;
  botId: string;
  botUserId: UserId;
  /** For what somebody waits for. */
  client: WebClient;
  /** For messages: without retries. */
  courier: WebClient;
  /** Whether history may be read to look for a message whose fate is unknown (the optional scopes). */
  mayLook: boolean;
  /** Who may set up a workspace that has no catalog yet. */
  admins: readonly UserId[];
};

/** Where a verified payload comes from. */
export type Source = { teamId?: string | undefined; enterpriseId?: string | undefined; isEnterpriseInstall: boolean };

export type Tenants = {
  /** Throws when the app is not installed there. */
  at: (source: Source) => Promise<Tenant>;
  /** Null when the app was removed there. */
  of: (workspace: WorkspaceId) => Promise<Tenant | null>;
  all: () => Promise<readonly Tenant[]>;
};

export const isOrganisation = (slackId: string): boolean => slackId.startsWith('E');

/** One token of the configuration. Payloads of other workspaces are refused by the router, with a sentence. */
export const onlyTenant = (tenant: Tenant): Tenants => ({
  at: () => Promise.resolve(tenant),
  of: (workspace) => Promise.resolve(workspace === tenant.workspace ? tenant : null),
  all: () => Promise.resolve([tenant]),
});

/** Slack's tokens live for twelve hours where they rotate: they are replaced two hours before, and the old one works until then. */
const REFRESH_BEFORE = 2 * HOUR;
const REFRESH_LEASE = 30_000;
const WAIT_STEP = 200;
const MOST_WAITS = 50;

const machineTime = (): number => Date.now();
const leftOf = (expiresAt: Instant): number => Date.parse(expiresAt) - machineTime();

/** Slack's answer to a refresh token: seconds as Slack counts them. */
export type Refresh = (refreshToken: string) => Promise<{ token: string; refresh: string; expiresInS: number }>;
export type Clients = (token: string) => Pick<Tenant, 'client' | 'courier'>;
export type Installed = { deps: Deps; box: TokenBox; refresh: Refresh; clients: Clients; admins: readonly UserId[] };

const sealed = (box: TokenBox, workspace: WorkspaceId, tokens: Tokens): Tokens => ({
  ...tokens,
  token: box.seal(tokens.token, workspace),
  refresh: tokens.refresh === null ? null : box.seal(tokens.refresh, workspace),
});

/** Uses the refresh token, which works once: whoever claims the row does it, and stores what Slack gave for it. */
const refreshed = async ({ deps, box, refresh }: Installed, installation: Installation): Promise<string> => {
  const { workspace, tokens } = installation;
  if (tokens.refresh === null) throw new Error(`The token of ${workspace} expires and has no refresh token.`);
  const fresh = await refresh(box.open(tokens.refresh, workspace));
  const expiresAt = instant(machineTime() + fresh.expiresInS * 1_000);
  await replaceTokens(deps.database, installation, sealed(box, workspace, { ...fresh, expiresAt }));
  deps.log.info({ workspace, expiresAt }, 'the Slack token was replaced');
  return fresh.token;
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Somebody else is replacing the token, and the old one does not work any more: waits for the new one. */
const awaited = async (installed: Installed, { workspace }: Installation): Promise<string> => {
  for (let waits = 0; waits < MOST_WAITS; waits += 1) {
    await pause(WAIT_STEP);
    const now = await installationOf(installed.deps.database.db, workspace);
    if (now === null) break;
    if (now.tokens.expiresAt === null || leftOf(now.tokens.expiresAt) > 0)
      return installed.box.open(now.tokens.token, workspace);
  }
  throw new Error(
    `The Slack token of ${workspace} has expired and was not replaced. Open /slack/install to install again.`,
  );
};

/** A token that works. One that has less than two hours left is replaced first; should that fail, it is used for as long as it lasts. */
const liveToken = async (installed: Installed, installation: Installation): Promise<string> => {
  const { deps, box } = installed;
  const { workspace, tokens } = installation;
  const left = tokens.expiresAt === null ? null : leftOf(tokens.expiresAt);
  if (left === null || left > REFRESH_BEFORE) {
    const token = box.open(tokens.token, workspace);
    if (!box.isCurrent(tokens.token))
      await replaceTokens(deps.database, installation, sealed(box, workspace, opened(box, workspace, tokens)));
    return token;
  }
  if (await claimRefresh(deps.database, installation, REFRESH_LEASE)) {
    try {
      return await refreshed(installed, installation);
    } catch (error) {
      deps.log.error(
        { err: error, workspace, expiresAt: tokens.expiresAt },
        'Slack did not replace the token; tries again in half a minute. When it has expired, open /slack/install to install again',
      );
      if (left <= 0) throw error;
    }
  }
  return left > 0 ? box.open(tokens.token, workspace) : awaited(installed, installation);
};

const opened = (box: TokenBox, workspace: WorkspaceId, tokens: Tokens): Tokens => ({
  ...tokens,
  token: box.open(tokens.token, workspace),
  refresh: tokens.refresh === null ? null : box.open(tokens.refresh, workspace),
});

/** Every workspace that installed the app. Read from the database each time, so that all replicas follow an installation and a removal. */
export const installedTenants = (installed: Installed): Tenants => {
  const { deps, clients, admins } = installed;
  const known = new Map<WorkspaceId, { token: string } & ReturnType<Clients>>();
  const clientsOf = (workspace: WorkspaceId, token: string): ReturnType<Clients> => {
    const before = known.get(workspace);
    if (before?.token === token) return before;
    const made = { token, ...clients(token) };
    known.set(workspace, made);
    return made;
  };
  const tenant = async (installation: Installation): Promise<Tenant> => {
    const { workspace, slackId, botId, botUserId, scopes, installedBy } = installation;
    const { client, courier } = clientsOf(workspace, await liveToken(installed, installation));
    const mayLook = scopes.includes('channels:history');
    return {
      workspace,
      slackId,
      botId,
      botUserId,
      client,
      courier,
      mayLook,
      admins: [...new Set([...admins, installedBy])],
    };
  };
  const { db } = deps.database;
  return {
    at: async ({ teamId, enterpriseId, isEnterpriseInstall }) => {
      const places = isEnterpriseInstall ? [enterpriseId, teamId] : [teamId, enterpriseId];
      const ids = places.filter((id) => id !== undefined);
      const found = ids.length === 0 ? [] : await installationsAt(db, ids);
      const installation = ids.flatMap((id) => found.filter(({ slackId }) => slackId === id))[0];
      if (installation === undefined)
        throw new Error(`Signalbox is not installed in ${ids.join(' or ')}: open /slack/install.`);
      return tenant(installation);
    },
    of: async (workspace) => {
      const installation = await installationOf(db, workspace);
      return installation === null ? null : tenant(installation);
    },
    all: async () => {
      const tenants: Tenant[] = [];
      for (const installation of await allInstallations(db)) {
        try {
          tenants.push(await tenant(installation));
        } catch (error) {
          deps.log.error({ err: error, workspace: installation.workspace }, 'this workspace is left out for now');
        }
      }
      return tenants;
    },
  };
};
