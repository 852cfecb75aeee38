/**
 * Slack's user groups behind the groups of the catalog, read again every few minutes: Slack sends their events only to apps with
 * usergroups:read, which is optional here, and an event that was missed would leave somebody an approver who left.
 */
import { applyMembership } from '../catalog/apply-catalog.ts';
import type { Deps } from '../deps.ts';
import { type UserId, userId } from '../domain/ids.ts';
import { inTeam } from '../slack/directory.ts';
import { meetEverybody } from '../slack/people.ts';
import type { Tenant } from '../slack/tenants.ts';

/** A group that Slack does not tell about keeps the people that it had, and the log says so. */
export const refreshUserGroups = async (deps: Deps, tenant: Tenant): Promise<void> => {
  const { workspace, client } = tenant;
  const catalog = await deps.catalogs.current(deps.database.db, workspace);
  const groups = new Map(
    Object.values(catalog?.groups ?? {}).flatMap(({ slack }) =>
      slack === null ? [] : [[slack.id, slack.team] as const],
    ),
  );
  const members = new Map<string, readonly UserId[]>();
  for (const [usergroup, team] of groups) {
    try {
      const { users } = await client.usergroups.users.list({ usergroup, ...inTeam(team) });
      members.set(usergroup, (users ?? []).map(userId));
    } catch (error) {
      deps.log.warn(
        { err: error, usergroup },
        'Slack did not say who is in this user group; its people stay as they were',
      );
    }
  }
  if (members.size === 0) return;
  const ctx = { workspace, actor: 'signalbox', surface: 'clock', now: deps.clock.now(), requestKey: null } as const;
  await applyMembership(deps, ctx, members);
  await meetEverybody(deps, tenant);
};
