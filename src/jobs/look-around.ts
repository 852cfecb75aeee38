/** Every few minutes: tokens that would expire are replaced, and Slack is asked what it does not tell by itself. */

import { channelFound } from '../catalog/apply-catalog.ts';
import { isHeldUp, resumeWorkspace } from '../courier/claim.ts';
import type { Deps } from '../deps.ts';
import { channelsOf, isUnfound } from '../domain/catalog/change.ts';
import { aFewAtOnce } from '../slack/a-few-at-once.ts';
import { slackDirectory } from '../slack/directory.ts';
import type { Tenant, Tenants } from '../slack/tenants.ts';
import { refreshUserGroups } from './user-groups.ts';

/** Messages wait because Slack refused the token: when it takes it again, they go on. */
const tryToken = async (deps: Deps, { workspace, client }: Tenant): Promise<void> => {
  if (!(await isHeldUp(deps.database, workspace))) return;
  await client.auth.test();
  await resumeWorkspace(deps.database, workspace);
  deps.wake();
  deps.log.info({ workspace }, 'Slack takes the token; messages go on');
};

/** Channels that the catalog knows by name only, made or opened to the app since. */
const findChannels = async (deps: Deps, tenant: Tenant): Promise<void> => {
  const { workspace } = tenant;
  const catalog = await deps.catalogs.current(deps.database.db, workspace);
  const names = catalog === null ? [] : channelsOf(catalog).filter(isUnfound);
  if (names.length === 0) return;
  const directory = slackDirectory(tenant);
  const ctx = { workspace, actor: 'signalbox', surface: 'clock', now: deps.clock.now(), requestKey: null } as const;
  for (const name of names.map((text) => text.slice(1))) {
    const id = await directory.channelNamed(name);
    if (id !== null) await channelFound(deps, ctx, name, id);
  }
};

const lookAt = async (deps: Deps, tenant: Tenant): Promise<void> => {
  try {
    await tryToken(deps, tenant);
    await refreshUserGroups(deps, tenant);
    await findChannels(deps, tenant);
  } catch (error) {
    deps.log.warn(
      { err: error, workspace: tenant.workspace },
      'Slack could not be asked; it is asked again in ten minutes',
    );
  }
};

/** One workspace that fails does not keep the others from being looked at. */
export const lookAround = async (deps: Deps, tenants: Tenants): Promise<void> => {
  await tenants.upkeep();
  await aFewAtOnce(await tenants.all(), (tenant) => lookAt(deps, tenant));
};
