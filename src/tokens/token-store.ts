/** Tokens as they are kept: the secret only as its hash. */
import { createHash, createHmac } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Database, Db, Tx } from '../db/connection.ts';
import { json } from '../db/contract.ts';
import { build, given, prepare } from '../db/prepared.ts';
import type { TokensTable } from '../db/schema.ts';
import type { Id, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Token } from '../domain/token/token.ts';
import type { JournalKey } from '../journal/chain.ts';

const toToken = (row: Selectable<TokensTable>): Token => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes,
  services: row.services,
  environments: row.environments,
  madeBy: row.made_by,
  madeAt: row.made_at,
  expiresAt: row.expires_at,
  usedAt: row.used_at,
  revokedAt: row.revoked_at,
  revokedBy: row.revoked_by,
});

/** `sbt_<workspace>_<secret>`: it says itself where it belongs. Letters and digits alone: nothing that a message could take for formatting. */
const SHAPE = /^sbt_([A-Za-z0-9]{4,40})_([0-9a-f]{64})$/;
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * The secret of a token that this request makes. Derived, so that a copy of the request shows the same one, and neither the database nor the
 * inbox ever holds it.
 */
export const secretFor = (key: JournalKey, workspace: WorkspaceId, request: string): { text: string; hash: string } => {
  const secret = createHmac('sha256', key.secret).update(`token\n${workspace}\n${request}`).digest('hex');
  const text = `sbt_${workspace.slice('wsp_'.length)}_${secret}`;
  return { text, hash: hashOf(text) };
};

type FoundRow = Selectable<TokensTable> & { paused_at: Instant | null; journal_seq: number };

/** Built once: it is sent with every call of a pipeline. */
const byHash = prepare(
  build
    .selectFrom('tokens')
    .innerJoin('workspaces', 'workspaces.id', 'tokens.workspace_id')
    .selectAll('tokens')
    .select(['workspaces.paused_at', 'workspaces.journal_seq'])
    .where('tokens.workspace_id', '=', given<WorkspaceId>('workspace'))
    .where('tokens.hash', '=', given<string>('hash')),
);

/** The token that this text is, whether or not it still counts; `null` for anything else. */
export const findToken = async (
  db: Db,
  text: string,
): Promise<{ workspace: WorkspaceId; token: Token; head: number; paused: boolean } | null> => {
  const [, suffix] = SHAPE.exec(text) ?? [];
  if (suffix === undefined) return null;
  const workspace = `wsp_${suffix}` as WorkspaceId;
  const { rows } = await db.executeQuery<FoundRow>(byHash({ workspace, hash: hashOf(text) }));
  const [row] = rows;
  return row === undefined
    ? null
    : { workspace, token: toToken(row), head: row.journal_seq, paused: row.paused_at !== null };
};

/**
 * What signs messages to the hooks of a token. Derived from its hash, so that it changes with it, and no table holds it.
 */
const hookSecret = (key: JournalKey, workspace: WorkspaceId, id: Id<'token'>, hash: string): string =>
  createHmac('sha256', key.secret).update(`hook\n${workspace}\n${id}\n${hash}`).digest('hex');

/** That secret in the form of Standard Webhooks. */
export const signingText = (secret: string): string => `whsec_${Buffer.from(secret, 'hex').toString('base64')}`;

/** What stands in the address of a token's calendar. It is another one after a rotation, and none after it was revoked. */
export const calendarKey = (
  key: JournalKey,
  workspace: WorkspaceId,
  { token, secret }: { token: Pick<Token, 'name'>; secret: string },
): string => {
  const mac = createHmac('sha256', key.secret).update(`calendar\n${workspace}\n${secret}`).digest('base64url');
  return `${workspace.slice('wsp_'.length)}.${token.name}.${mac}`;
};

/** A token by its name or its id, with what signs for it. Of a paused workspace there is none. */
export const tokenWithHook = async (
  db: Db,
  key: JournalKey,
  workspace: WorkspaceId,
  by: { name: string } | { id: Id<'token'> },
): Promise<{ token: Token; secret: string } | null> => {
  const all = db
    .selectFrom('tokens')
    .innerJoin('workspaces', 'workspaces.id', 'tokens.workspace_id')
    .selectAll('tokens')
    .where('tokens.workspace_id', '=', workspace)
    .where('workspaces.paused_at', 'is', null);
  const row = await ('name' in by
    ? all.where('tokens.name', '=', by.name)
    : all.where('tokens.id', '=', by.id)
  ).executeTakeFirst();
  return row === undefined ? null : { token: toToken(row), secret: hookSecret(key, workspace, row.id, row.hash) };
};

/** Newest first. */
export const tokensOf = async (db: Db, workspace: WorkspaceId): Promise<readonly Token[]> => {
  const rows = await db
    .selectFrom('tokens')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .orderBy('made_at', 'desc')
    .execute();
  return rows.map(toToken);
};

export const tokenNamed = async (db: Db, workspace: WorkspaceId, name: string): Promise<Token | null> => {
  const row = await db
    .selectFrom('tokens')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? null : toToken(row);
};

export const insertToken = async (tx: Tx, workspace: WorkspaceId, token: Token, hash: string): Promise<void> => {
  await tx
    .insertInto('tokens')
    .values({
      workspace_id: workspace,
      id: token.id,
      name: token.name,
      scopes: json(token.scopes),
      services: json(token.services),
      environments: json(token.environments),
      hash,
      made_by: token.madeBy,
      made_at: token.madeAt,
      expires_at: token.expiresAt,
      used_at: null,
      revoked_at: null,
      revoked_by: null,
    })
    .execute();
};

export const saveSecret = async (tx: Tx, workspace: WorkspaceId, id: Id<'token'>, hash: string): Promise<void> => {
  await tx.updateTable('tokens').set({ hash }).where('workspace_id', '=', workspace).where('id', '=', id).execute();
};

export const saveRevoked = async (tx: Tx, workspace: WorkspaceId, token: Token): Promise<void> => {
  await tx
    .updateTable('tokens')
    .set({ revoked_at: token.revokedAt, revoked_by: token.revokedBy })
    .where('workspace_id', '=', workspace)
    .where('id', '=', token.id)
    .execute();
};

/** When it was last used, to the minute. */
export const touchToken = async (
  { kysely }: Database,
  workspace: WorkspaceId,
  id: Id<'token'>,
  now: Instant,
): Promise<void> => {
  await kysely
    .updateTable('tokens')
    .set({ used_at: now })
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .execute();
};

/** Whether something was done under this key of the inbox. */
export const isKept = async (db: Db, workspace: WorkspaceId, key: string): Promise<boolean> =>
  (await db
    .selectFrom('inbox')
    .select('key')
    .where('workspace_id', '=', workspace)
    .where('key', '=', key)
    .executeTakeFirst()) !== undefined;
