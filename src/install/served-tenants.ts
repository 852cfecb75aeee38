/** The workspaces that Signalbox serves, each with its own token: the one of the configuration, or those that installed the app. */
import { untilRead } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import { mayLook } from '../slack/scopes.ts';
import type { Tenant, Tenants } from '../slack/tenants.ts';
import { allInstallations, type Installation, installationOf, installationsAt } from './installation-store.ts';
import type { Renewal } from './token-renewal.ts';

/** One token of the configuration. People of other workspaces are refused by the router, with a sentence. */
export const onlyTenant = (tenant: Tenant): Tenants => ({
  at: () => Promise.resolve(tenant),
  of: (workspace) => Promise.resolve(workspace === tenant.workspace ? tenant : null),
  all: () => Promise.resolve([tenant]),
  upkeep: () => Promise.resolve(),
});

export type Clients = (token: string) => Pick<Tenant, 'client' | 'courier'>;

/** Every workspace that installed the app. Read from the database each time, so that all replicas follow an installation and a removal. */
export const installedTenants = (
  deps: Deps,
  renewal: Renewal,
  clients: Clients,
  admins: readonly UserId[],
): Tenants => {
  const known = new Map<WorkspaceId, { token: string } & ReturnType<Clients>>();
  const clientsOf = (workspace: WorkspaceId, token: string): ReturnType<Clients> => {
    const before = known.get(workspace);
    if (before?.token === token) return before;
    const made = { token, ...clients(token) };
    known.set(workspace, made);
    return made;
  };
  const tenant = (installation: Installation, token: string): Tenant => {
    const { workspace, slackId, botId, botUserId, scopes, installedBy } = installation;
    return {
      workspace,
      slackId,
      botId,
      botUserId,
      ...clientsOf(workspace, token),
      mayLook: mayLook(scopes),
      admins: [...new Set([installedBy, ...admins])],
    };
  };
  const { db } = deps.database;
  return {
    at: async ({ teamId, enterpriseId, isEnterpriseInstall }) => {
      // A team of an organisation that has the app as a whole is served by the organisation's installation.
      const ids = (isEnterpriseInstall ? [enterpriseId] : [teamId, enterpriseId]).filter((id) => id !== undefined);
      const found = ids.length === 0 ? [] : await untilRead(() => installationsAt(db, ids));
      const [installation] = ids.flatMap((id) => found.filter(({ slackId }) => slackId === id));
      if (installation === undefined) {
        deps.log.warn({ teamId, enterpriseId }, 'a payload of a workspace that has not installed the app');
        return null;
      }
      return tenant(installation, renewal.current(installation) ?? (await renewal.renewed(installation)));
    },
    of: async (workspace) => {
      const installation = await installationOf(db, workspace);
      if (installation === null) {
        known.delete(workspace);
        return null;
      }
      const token = renewal.current(installation);
      if (token !== null) return tenant(installation, token);
      renewal.renewed(installation).catch((error: unknown) => deps.log.warn({ err: error, workspace }, 'no token yet'));
      throw new Error(`The Slack token of ${workspace} has expired and is being replaced.`);
    },
    all: async () =>
      (await allInstallations(db)).flatMap((installation) => {
        try {
          const token = renewal.current(installation);
          return token === null ? [] : [tenant(installation, token)];
        } catch (error) {
          deps.log.error({ err: error, workspace: installation.workspace }, 'this workspace is left out for now');
          return [];
        }
      }),
    upkeep: renewal.upkeep,
  };
};
