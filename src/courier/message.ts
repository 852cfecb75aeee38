/** What a renderer returns, and how renderers are registered. The courier knows nothing of what is in a message. */
import type { KnownBlock } from '@slack/types';
import type { Db } from '../db/connection.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { MessageKind } from './messages.ts';

/** With `over` it says only that nothing is wanted any more: what was never posted is then not posted either. */
export type Message = { text: string; blocks: readonly KnownBlock[]; over?: true };

/** What is to be rendered, and for whom. */
export type Rendering = {
  workspace: WorkspaceId;
  subject: string;
  audience: string;
  occurrence: string;
  now: Instant;
  command: string;
  posted: Instant | null;
};

/** Reads what it needs from one snapshot; `null` when there is nothing to be seen. */
export type Renderer = (db: Db, what: Rendering) => Promise<Message | null>;
export type Renderers = Readonly<Record<MessageKind, Renderer>>;
