/** Installations: who installed the app where, and what Slack gave for it. Tokens come and go sealed. */
import { type ExpressionBuilder, sql } from 'kysely';
import type { Database, Db, Tx } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import type { Schema } from '../db/schema.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

/** `rotation` is null where the app's tokens do not expire. */
export type Tokens = { token: string; rotation: { refresh: string; expiresAt: Instant } | null };

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
          tokens: {
            token: row.token,
            rotation:
              row.refresh_token === null || row.expires_at === null
                ? null
                : { refresh: row.refresh_token, expiresAt: row.expires_at },
          },
        },
      ];

/** Those of Slack's teams and organisations that the app is installed in, in no order. Removed ones are not among them. */
export const installationsAt = async (db: Db, slackIds: readonly string[]): Promise<readonly Installation[]> =>
  (
    await installations(db)
      .where(sql<boolean>`w.slack_id = any(${[...slackIds]}::text[])`)
      .execute()
  ).flatMap(toInstallation);

export const installationOf = async (db: Db, workspace: WorkspaceId): Promise<Installation | null> =>
  (await installations(db).where('i.workspace_id', '=', workspace).execute()).flatMap(toInstallation)[0] ?? null;

export const allInstallations = async (db: Db): Promise<readonly Installation[]> =>
  (await installations(db).orderBy('i.workspace_id').execute()).flatMap(toInstallation);

const columns = ({ token, rotation }: Tokens) => ({
  token,
  refresh_token: rotation?.refresh ?? null,
  expires_at: rotation?.expiresAt ?? null,
});

/** Machine time, of the database: Slack's events say when they happened, and are compared with it. */
const machineNow = sql<Instant>`clock_timestamp()`;

export const saveInstallation = async (
  tx: Tx,
  { workspace, botId, scopes, installedBy, tokens }: Omit<Installation, 'slackId' | 'botUserId'>,
): Promise<void> => {
  const values = {
    bot_id: botId,
    scopes: json(scopes),
    installed_by: installedBy,
    installed_at: machineNow,
    refreshing_until: null,
    ...columns(tokens),
  };
  await tx
    .insertInto('installations')
    .values({ workspace_id: workspace, ...values })
    .onConflict((oc) => oc.column('workspace_id').doUpdateSet(values))
    .execute();
};

/** Whether it was installed, perhaps again, after this moment of machine time. */
export const installedSince = async (tx: Tx, workspace: WorkspaceId, at: Instant): Promise<boolean> =>
  (await tx
    .selectFrom('installations')
    .select('workspace_id')
    .where('workspace_id', '=', workspace)
    .where('installed_at', '>', at)
    .executeTakeFirst()) !== undefined;

/** Slack has revoked them: nothing that could be read later is kept. */
export const forgetTokens = async (tx: Tx, workspace: WorkspaceId): Promise<void> => {
  await tx
    .updateTable('installations')
    .set({ token: null, refresh_token: null, expires_at: null, refreshing_until: null })
    .where('workspace_id', '=', workspace)
    .execute();
};

const nobodyRenews = (eb: ExpressionBuilder<Schema, 'installations'>) =>
  eb.or([eb('refreshing_until', 'is', null), eb('refreshing_until', '<', machineNow)]);

/** Takes the right to use this refresh token. False when somebody else has it, or has used it already. */
export const claimRenewal = async (
  { kysely }: Database,
  { workspace }: Installation,
  refreshToken: string,
  leaseMs: number,
): Promise<boolean> => {
  const result = await kysely
    .updateTable('installations')
    .set({ refreshing_until: sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'` })
    .where('workspace_id', '=', workspace)
    .where('refresh_token', '=', refreshToken)
    .where(nobodyRenews)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

/** Puts new tokens in the place of the old ones and ends the lease. False when those were replaced already. */
export const replaceTokens = async (
  { kysely }: Database,
  { workspace, tokens: old }: Installation,
  tokens: Tokens,
): Promise<boolean> => {
  const result = await kysely
    .updateTable('installations')
    .set({ ...columns(tokens), refreshing_until: null })
    .where('workspace_id', '=', workspace)
    .where('token', '=', old.token)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

/** The same tokens under another seal, unless they are being replaced: whoever does that finds them as they were. */
export const resealTokens = async (
  { kysely }: Database,
  { workspace, tokens: old }: Installation,
  tokens: Tokens,
): Promise<boolean> => {
  const result = await kysely
    .updateTable('installations')
    .set(columns(tokens))
    .where('workspace_id', '=', workspace)
    .where('token', '=', old.token)
    .where(nobodyRenews)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};
