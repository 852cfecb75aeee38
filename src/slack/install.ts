/** The app arrives in a workspace, and leaves it. Both are in its journal. */
import { welcomeAdmins } from '../catalog/apply-catalog.ts';
import { resumeWorkspace } from '../courier/claim.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { EventData, EventDraft } from '../domain/events.ts';
import { type UserId, userId, type WorkspaceId } from '../domain/ids.ts';
import { allow } from '../domain/refusal.ts';
import { appendEvents, named } from '../journal/append.ts';
import { forgetTokens, saveInstallation, type Tokens } from './installation-store.ts';
import type { TokenBox } from './token-box.ts';
import { ensureWorkspace, pauseTenant, type SlackIdentity, workspaceAt } from './workspace-store.ts';

type WorkspaceEvent = 'workspace.installed' | 'workspace.paused';
const about = <Kind extends WorkspaceEvent>(kind: Kind, data: EventData[Kind]): EventDraft =>
  ({ kind, data, release: null, subject: 'workspace', words: null, due: null }) as EventDraft;

const ctxOf = (deps: Deps, workspace: WorkspaceId, actor: Ctx['actor']): Ctx => ({
  workspace,
  actor,
  surface: 'install',
  now: deps.clock.now(),
  requestKey: null,
});

/** What Slack said of an installation, after its code was exchanged: the installer is whom Slack verified. */
export type Arrival = SlackIdentity & {
  botId: string;
  scopes: readonly string[];
  installer: string;
  tokens: Tokens;
};

/** Stores the tokens sealed, lets go on what had been paused, and welcomes whoever may set up. Installing again replaces the tokens. */
export const arrive = async (
  deps: Deps,
  box: TokenBox,
  admins: readonly UserId[],
  { botId, scopes, installer, tokens, ...identity }: Arrival,
): Promise<WorkspaceId> => {
  const workspace = await ensureWorkspace(deps, identity);
  const installedBy = userId(installer);
  const ctx = ctxOf(deps, workspace, installedBy);
  const sealed: Tokens = {
    token: box.seal(tokens.token, workspace),
    refresh: tokens.refresh === null ? null : box.seal(tokens.refresh, workspace),
    expiresAt: tokens.expiresAt,
  };
  await transact(deps, ctx, 'install', identity.slackId, async (tx) => {
    await saveInstallation(tx, { workspace, botId, scopes, installedBy, tokens: sealed }, ctx.now);
    await appendEvents(tx, deps, ctx, named(deps, [about('workspace.installed', { scopes })]));
    return allow(null);
  });
  await resumeWorkspace(deps.database, workspace);
  await welcomeAdmins(deps, ctx, [...new Set([...admins, installedBy])]);
  deps.wake();
  return workspace;
};

/** The app was removed or its token revoked: the tokens are deleted at once, and everything of the workspace waits. Its data stays. */
export const leave = async (deps: Deps, slackIds: readonly string[], because: string): Promise<void> => {
  const workspace = await workspaceAt(deps.database.db, slackIds);
  if (workspace === null) return;
  const ctx = ctxOf(deps, workspace, 'signalbox');
  await transact(deps, ctx, 'pause workspace', workspace, async (tx) => {
    await forgetTokens(tx, workspace);
    if (await pauseTenant(tx, workspace, ctx.now))
      await appendEvents(tx, deps, ctx, named(deps, [about('workspace.paused', { because })]));
    return allow(null);
  });
};
