/** The workspace: ours by id, Slack's by team or organisation. The only place where the two are mapped. */
import type { Db, Tx } from '../db/connection.ts';
import { insideTransaction } from '../db/guards.ts';
import type { Deps } from '../deps.ts';
import { type UserId, userId, type WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import { GENESIS } from '../journal/chain.ts';

/** `slackId` is a team (T…), or an organisation (E…) that has the app as a whole. */
export type SlackIdentity = { slackId: string; name: string; botUserId: string };

/** Creates the workspace with its guard and its journal's head when it is new; what was paused goes on. Any number of replicas may ask at once. */
export const ensureWorkspace = (deps: Deps, { slackId, name, botUserId }: SlackIdentity): Promise<WorkspaceId> =>
  insideTransaction('ensure workspace', () =>
    deps.database.kysely.transaction().execute(async (tx) => {
      const bot: UserId = userId(botUserId);
      const row = await tx
        .insertInto('workspaces')
        .values({
          id: deps.newId('workspace'),
          slack_id: slackId,
          name,
          bot_user_id: bot,
          created_at: deps.clock.now(),
        })
        .onConflict((oc) => oc.column('slack_id').doUpdateSet({ name, bot_user_id: bot, paused_at: null }))
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

/** Ours, for the first of Slack's ids that is known; null when none is. */
export const workspaceAt = async (db: Db, slackIds: readonly string[]): Promise<WorkspaceId | null> => {
  const rows =
    slackIds.length === 0
      ? []
      : await db.selectFrom('workspaces').select(['id', 'slack_id']).where('slack_id', 'in', slackIds).execute();
  return slackIds.flatMap((id) => rows.filter(({ slack_id }) => slack_id === id))[0]?.id ?? null;
};

/** Nothing is sent, settled or answered there until it is installed again. False when it was paused already. */
export const pauseTenant = async (tx: Tx, workspace: WorkspaceId, at: Instant): Promise<boolean> => {
  const result = await tx
    .updateTable('workspaces')
    .set({ paused_at: at })
    .where('id', '=', workspace)
    .where('paused_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};
