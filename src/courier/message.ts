/** What a renderer returns, and how renderers are registered. The courier knows nothing of what is in a message. */
import type { KnownBlock } from '@slack/types';
import type { Db } from '../db/connection.ts';
import type { StoredEvent } from '../domain/events.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import type { Situation } from '../domain/situation.ts';
import type { Instant } from '../domain/time.ts';
import type { MessageKind } from './messages.ts';

/**
 * With `over` it says only that nothing is wanted any more: what was never posted is then not posted either. With `gone` it is taken away: the
 * same stands further down. With `follows` what is else told once follows its state until that is over. With `needless` it says only what became of something: whoever never saw that need not see this.
 */
export type Message = {
  text: string;
  blocks: readonly KnownBlock[];
  over?: true;
  gone?: true;
  follows?: true;
  needless?: true;
};

/** Where it is to be seen, by whom, and when. */
export type Place = {
  workspace: WorkspaceId;
  subject: string;
  audience: string;
  occurrence: string;
  now: Instant;
  command: string;
  /** No later message says the same to the same person, or in the same channel. */
  newest: boolean;
};

/** Renders one release, or events of it, from the situation that was read for all of its messages. `null`: nothing to be seen. */
export type ReleaseRenderer = (s: Situation, place: Place, events: readonly StoredEvent[]) => Message | null;
/** Renders something else, and reads it in a snapshot of its own. */
export type OtherRenderer = (db: Db, place: Place) => Promise<Message | null>;

export type Renderer = { of: 'release'; render: ReleaseRenderer } | { of: 'other'; render: OtherRenderer };
export type Renderers = Readonly<Record<MessageKind, Renderer>>;

export const ofRelease = (render: ReleaseRenderer): Renderer => ({ of: 'release', render });
export const ofOther = (render: OtherRenderer): Renderer => ({ of: 'other', render });
