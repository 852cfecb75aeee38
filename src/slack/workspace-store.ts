/** The workspace: ours by id, Slack's by team. The only place where the two are mapped. */

import { insideTransaction } from '../db/guards.ts';
import type { Deps } from '../deps.ts';
import { type UserId, userId, type WorkspaceId } from '../domain/ids.ts';
import { GENESIS } from '../journal/chain.ts';

export type TeamIdentity = { teamId: string; name: string; botUserId: string };

/** Creates the workspace with its guard and its journal's head when it is new. Any number of replicas may ask at once. */
export const ensureWorkspace = (deps: Deps, { teamId, name, botUserId }: TeamIdentity): Promise<WorkspaceId> =>
  insideTransaction('ensure workspace', () =>
    deps.database.kysely.transaction().execute(async (tx) => {
      const bot: UserId = userId(botUserId);
      const row = await tx
        .insertInto('workspaces')
        .values({ id: deps.newId('workspace'), team_id: teamId, name, bot_user_id: bot, created_at: deps.clock.now() })
        .onConflict((oc) => oc.column('team_id').doUpdateSet({ name, bot_user_id: bot }))
        .returning('id')
        .executeTakeFirstOrThrow();
      await tx
        .insertInto('guards')
        .values({ workspace_id: row.id })
        .onConflict((oc) => oc.doNothing())
        .execute();
      await tx
        .insertInto('journal_heads')
        .values({ workspace_id: row.id, seq: 0, hash: GENESIS })
        .onConflict((oc) => oc.doNothing())
        .execute();
      return row.id;
    }),
  );
