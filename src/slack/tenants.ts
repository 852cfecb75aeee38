/** The workspaces that Signalbox serves, as the rest of Slack's side sees them. */
import type { WebClient } from '@slack/web-api';
import type { UserId, WorkspaceId } from '../domain/ids.ts';

/** Whom a payload or a message belongs to. */
export type Tenant = {
  workspace: WorkspaceId;
  /** Slack's team (T…) or organisation (E…). */
  slackId: string;
  botId: string;
  botUserId: UserId;
  /** For what somebody waits for. */
  client: WebClient;
  /** For messages: without retries. */
  courier: WebClient;
  /** Where history may be read to look for a message whose fate is unknown (the optional scopes). */
  mayLook: { channels: boolean; direct: boolean };
  /** Who may set up a workspace that has no catalog yet. */
  admins: readonly UserId[];
};

/** Where a verified payload comes from. */
export type Source = { teamId?: string | undefined; enterpriseId?: string | undefined; isEnterpriseInstall: boolean };

export type Tenants = {
  /** Null when the app is not installed there. Waits when its token has expired and is being replaced. */
  at: (source: Source) => Promise<Tenant | null>;
  /** Null when the app was removed there. Never waits: throws while its token has expired. */
  of: (workspace: WorkspaceId) => Promise<Tenant | null>;
  /** Those whose token works. */
  all: () => Promise<readonly Tenant[]>;
  /** Looks after the tokens, every few minutes. */
  upkeep: () => Promise<void>;
};

export const isOrganisation = (slackId: string): boolean => slackId.startsWith('E');
