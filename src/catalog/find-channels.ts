/** Channels that the catalog knows by their names only, because Slack did not show them when it was applied: found later. */
import type { Deps } from '../deps.ts';
import { channelsOf, isUnfound } from '../domain/catalog/change.ts';
import type { ChannelId, WorkspaceId } from '../domain/ids.ts';
import { slackDirectory } from '../slack/directory.ts';
import type { Tenant } from '../slack/tenants.ts';
import { channelFound } from './apply-catalog.ts';

const namesOf = async (deps: Deps, workspace: WorkspaceId): Promise<readonly string[]> => {
  const catalog = await deps.catalogs.current(deps.database.db, workspace);
  return catalog === null
    ? []
    : channelsOf(catalog)
        .filter(isUnfound)
        .map((text) => text.slice(1));
};

const ctxOf = (deps: Deps, workspace: WorkspaceId) =>
  ({ workspace, actor: 'signalbox', surface: 'clock', now: deps.clock.now(), requestKey: null }) as const;

/** Looks for all of them: made or opened to the app since. */
export const findChannels = async (deps: Deps, tenant: Tenant): Promise<void> => {
  const names = await namesOf(deps, tenant.workspace);
  if (names.length === 0) return;
  const directory = slackDirectory(tenant);
  for (const name of names) {
    const id = await directory.channelNamed(name);
    if (id !== null) await channelFound(deps, ctxOf(deps, tenant.workspace), name, id);
  }
};

/** The app was invited to this one: it may be one of them. */
export const findInvited = async (deps: Deps, tenant: Tenant, channel: ChannelId): Promise<void> => {
  const { workspace, client } = tenant;
  if ((await namesOf(deps, workspace)).length === 0) return;
  const { channel: told } = await client.conversations.info({ channel });
  if (told?.name !== undefined) await channelFound(deps, ctxOf(deps, workspace), told.name, channel);
};
