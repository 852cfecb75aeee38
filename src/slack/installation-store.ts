/** Installations: who installed the app where, and what Slack gave for it. Tokens come and go sealed. */
import { sql } from 'kysely';
import type { Database, Db, Tx } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';

/** `refresh` and `expiresAt` are null where the app's tokens do not rotate. */
export type Tokens = { token: string; refresh: string | null; expiresAt: Instant | null };

export type Installation = {
  workspace: WorkspaceId;
  slackId: string;
  botUserId: UserId;
  botId: string;
  scopes: readonly string[];
  installedBy: UserId;
  tokens: Tokens;
};

const installations = (db: Db) =>
  db
    .selectFrom('installations as i')
    .innerJoin('workspaces as w', 'w.id', 'i.workspace_id')
    .select([
      'i.workspace_id',
      'i.bot_id',
      'i.scopes',
      'i.installed_by',
      'i.token',
      'i.refresh_token',
      'i.expires_at',
      'w.slack_id',
      'w.bot_user_id',
    ])
    .where('w.paused_at', 'is', null);

type Row = Awaited<ReturnType<ReturnType<typeof installations>['execute']>>[number];

const toInstallation = (row: Row): Installation[] =>
  row.token === null || row.bot_user_id === null
    ? []
    : [
        {
          workspace: row.workspace_id,
          slackId: row.slack_id,
          botUserId: row.bot_user_id,
          botId: row.bot_id,
          scopes: row.scopes,
          installedBy: row.installed_by,
          tokens: { token: row.token, refresh: row.refresh_token, expiresAt: row.expires_at },
        },
      ];

/** Those of Slack's teams and organisations that the app is installed in, in no order. Removed ones are not among them. */
export const installationsAt = async (db: Db, slackIds: readonly string[]): Promise<readonly Installation[]> =>
  (await installations(db).where('w.slack_id', 'in', slackIds).execute()).flatMap(toInstallation);

export const installationOf = async (db: Db, workspace: WorkspaceId): Promise<Installation | null> =>
  (await installations(db).where('i.workspace_id', '=', workspace).execute()).flatMap(toInstallation)[0] ?? null;

export const allInstallations = async (db: Db): Promise<readonly Installation[]> =>
  (await installations(db).orderBy('i.workspace_id').execute()).flatMap(toInstallation);

const columns = ({ token, refresh, expiresAt }: Tokens) => ({
  token,
  refresh_token: refresh,
  expires_at: expiresAt,
  refreshing_until: null,
});

export const saveInstallation = async (
  tx: Tx,
  { workspace, botId, scopes, installedBy, tokens }: Omit<Installation, 'slackId' | 'botUserId'>,
  at: Instant,
): Promise<void> => {
  const values = {
    bot_id: botId,
    scopes: json(scopes),
    installed_by: installedBy,
    installed_at: at,
    ...columns(tokens),
  };
  await tx
    .insertInto('installations')
    .values({ workspace_id: workspace, ...values })
    .onConflict((oc) => oc.column('workspace_id').doUpdateSet(values))
    .execute();
};

/** Slack has revoked them: nothing that could be read later is kept. */
export const forgetTokens = async (tx: Tx, workspace: WorkspaceId): Promise<void> => {
  await tx
    .updateTable('installations')
    .set({ token: null, refresh_token: null, expires_at: null, refreshing_until: null })
    .where('workspace_id', '=', workspace)
    .execute();
};

/**
 * Takes the right to use this refresh token, under the row's lock. A lease, not an open transaction: nothing calls Slack inside of one.
 * False when somebody else has it, or has used it already.
 */
export const claimRefresh = async (
  { kysely }: Database,
  { workspace, tokens }: Installation,
  leaseMs: number,
): Promise<boolean> => {
  const result = await kysely
    .updateTable('installations')
    .set({ refreshing_until: sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'` })
    .where('workspace_id', '=', workspace)
    .where('refresh_token', '=', tokens.refresh)
    .where((eb) =>
      eb.or([eb('refreshing_until', 'is', null), eb('refreshing_until', '<', sql<Instant>`clock_timestamp()`)]),
    )
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

/** Puts new tokens in the place of the old ones, unless somebody else has replaced those already. */
export const replaceTokens = async (
  { kysely }: Database,
  { workspace, tokens: old }: Installation,
  tokens: Tokens,
): Promise<void> => {
  await kysely
    .updateTable('installations')
    .set(columns(tokens))
    .where('workspace_id', '=', workspace)
    .where('token', '=', old.token)
    .execute();
};
