/** Every few minutes: tokens that would expire are replaced, and Slack is asked what it does not tell by itself. */

import { findChannels } from '../catalog/find-channels.ts';
import { isHeldUp, resumeWorkspace } from '../courier/claim.ts';
import type { Deps } from '../deps.ts';
import { aFewAtOnce } from '../slack/a-few-at-once.ts';
import { wakeManagers } from '../slack/people.ts';
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

const lookAt = async (deps: Deps, tenant: Tenant): Promise<void> => {
  try {
    await tryToken(deps, tenant);
    await refreshUserGroups(deps, tenant);
    await findChannels(deps, tenant);
    await wakeManagers(deps, tenant);
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
