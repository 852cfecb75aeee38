/** The app arrives in a workspace, and leaves it. Both are in its journal. */
import { welcomeAdmins } from '../catalog/apply-catalog.ts';
import { resumeWorkspace } from '../courier/claim.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { EventData, EventDraft } from '../domain/events.ts';
import { userId, type WorkspaceId } from '../domain/ids.ts';
import { allow } from '../domain/refusal.ts';
import { instant } from '../domain/time.ts';
import { appendEvents, named } from '../journal/append.ts';
import type { Removal } from '../slack/listeners.ts';
import { forgetTokens, installedSince, saveInstallation, type Tokens } from './installation-store.ts';
import type { TokenBox } from './token-box.ts';
import { sealedTokens } from './token-renewal.ts';
import { ensureWorkspace, pauseTenant, resumeTenant, type SlackIdentity, workspaceAt } from './workspace-store.ts';

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

/** Not a refusal that somebody could act upon: the caller tries again, or says that it failed. */
const busy = (what: string): Error => new Error(`${what}: the database did not answer in two seconds.`);

/** Stores the tokens sealed and lets go on what had been paused, in one step; then welcomes the installer. Installing again replaces the tokens. */
export const arrive = async (
  deps: Deps,
  box: TokenBox,
  { botId, scopes, installer, tokens, ...identity }: Arrival,
): Promise<WorkspaceId> => {
  const workspace = await ensureWorkspace(deps, identity);
  const installedBy = userId(installer);
  const ctx = ctxOf(deps, workspace, installedBy);
  const sealed = sealedTokens(box, workspace, tokens);
  const stored = await transact(deps, ctx, 'install', identity.slackId, async (tx, writer) => {
    await saveInstallation(tx, { workspace, botId, scopes, installedBy, tokens: sealed });
    await resumeTenant(tx, workspace);
    await appendEvents(tx, deps, ctx, writer, named(deps, [about('workspace.installed', { scopes })]));
    return allow(null);
  });
  if (!stored.ok) throw busy('Not installed');
  try {
    await resumeWorkspace(deps.database, workspace);
    await welcomeAdmins(deps, ctx, [installedBy]);
  } catch (error) {
    // It is installed; the command says what is left to do as well.
    deps.log.error({ err: error, workspace }, 'installed, and the installer could not be welcomed');
  }
  deps.wake();
  return workspace;
};

const MOST_TRIES = 10;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The app was removed or its token revoked: the tokens are deleted at once, and everything of the workspace waits. Its data stays. Slack
 * tells it once, and perhaps late: it is tried until it is kept, and nothing is done when the app was installed again since.
 */
export const leave = async (deps: Deps, removal: Removal): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await leaveOnce(deps, removal);
    } catch (error) {
      if (tries >= MOST_TRIES) throw error;
      deps.log.warn({ err: error, ...removal }, 'a removal was not kept; tries again');
      await pause(1_000 * tries);
    }
  }
};

const leaveOnce = async (deps: Deps, { slackId, at, because }: Removal): Promise<void> => {
  const workspace = await workspaceAt(deps.database.db, slackId);
  if (workspace === null) return;
  const ctx = ctxOf(deps, workspace, 'signalbox');
  // Slack says when in whole seconds.
  const happenedBefore = instant((at + 1) * 1_000);
  const left = await transact(deps, ctx, 'pause workspace', workspace, async (tx, writer) => {
    if (await installedSince(tx, workspace, happenedBefore)) {
      deps.log.info({ workspace, because }, 'Slack told late of a removal: the app was installed again since');
      return allow(null);
    }
    await forgetTokens(tx, workspace);
    if (await pauseTenant(tx, workspace, ctx.now))
      await appendEvents(tx, deps, ctx, writer, named(deps, [about('workspace.paused', { because })]));
    return allow(null);
  });
  if (!left.ok) throw busy('Not paused');
};
