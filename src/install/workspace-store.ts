/** The workspace: ours by id, Slack's by team or organisation. The only place where the two are mapped. */
import type { Db, Tx } from '../db/connection.ts';
import { insideTransaction } from '../db/guards.ts';
import type { Deps } from '../deps.ts';
import { type UserId, userId, type WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

/** `slackId` is a team (T…), or an organisation (E…) that has the app as a whole. */
export type SlackIdentity = { slackId: string; name: string; botUserId: string };

/** Creates the workspace when it is new. Any number of replicas may ask at once. */
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
        .onConflict((oc) => oc.column('slack_id').doUpdateSet({ name, bot_user_id: bot }))
        .returning('id')
        .executeTakeFirstOrThrow();
      return row.id;
    }),
  );

/** Ours, for Slack's; null when it is not known. */
export const workspaceAt = async (db: Db, slackId: string): Promise<WorkspaceId | null> =>
  (await db.selectFrom('workspaces').select('id').where('slack_id', '=', slackId).executeTakeFirst())?.id ?? null;

const setPause = async (tx: Tx, workspace: WorkspaceId, at: Instant | null): Promise<boolean> => {
  const result = await tx
    .updateTable('workspaces')
    .set({ paused_at: at })
    .where('id', '=', workspace)
    .where('paused_at', at === null ? 'is not' : 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

/** Nothing is sent, settled or answered there until it is installed again. False when it was paused already. */
export const pauseTenant = (tx: Tx, workspace: WorkspaceId, at: Instant): Promise<boolean> =>
  setPause(tx, workspace, at);
export const resumeTenant = (tx: Tx, workspace: WorkspaceId): Promise<boolean> => setPause(tx, workspace, null);
