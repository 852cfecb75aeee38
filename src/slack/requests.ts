/** What a listener is given and what it answers: Slack's payloads reduced to what a use case needs, the same over HTTP and Socket Mode. */

import type { KnownBlock, ModalView } from '@slack/types';
import type { Ctx } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import type { ChannelId, UserId } from '../domain/ids.ts';
import type { Decision, Refusal } from '../domain/refusal.ts';
import { refusalSentence } from '../domain/refusal.ts';
import type { Release } from '../domain/release/release.ts';
import { cut } from '../domain/words.ts';
import type { SlackFacts } from './directory.ts';
import type { RawValues } from './form-values.ts';
import type { ActionId, CommandVerb, ViewId } from './ids.ts';
import { sections } from './kit.ts';
import { type Mrkdwn, md, type PlainVoice, readAloud, sentenceMarkup, type Voice } from './mrkdwn.ts';
import type { Person } from './people-store.ts';

/** `JSON` only: answers are kept in the inbox, so that a duplicate gets the same one. */
export type Answer =
  /** `replaces`: of what was pressed in a private answer, it takes that one's place. */
  | { kind: 'say'; text: string; blocks: readonly KnownBlock[]; replaces?: true }
  | { kind: 'form'; view: ModalView }
  /** `reader`: the zone and the names of its plain text, where it has to be said without Slack's own. */
  | { kind: 'refused'; refusal: Refusal; reader?: Pick<PlainVoice, 'names' | 'zone'> }
  | { kind: 'done' };

export type Request = {
  deps: Deps;
  ctx: Ctx;
  actor: UserId;
  person: Person;
  catalog: Catalog;
  channel: ChannelId | null;
  /** Private answers mention people: they ring for nobody but the reader. */
  voice: Voice;
  slack: SlackFacts;
  /** Who may set up a workspace that has no catalog yet. */
  admins: readonly UserId[];
};

/** What there is in a workspace without a catalog. */
export type Unconfigured = Omit<Request, 'catalog' | 'channel'>;
/** What a payload says by itself. A verb reads the rest behind its lock: who it is, and under which rules. */
export type Bare<Incoming extends Request = Request> = Omit<Incoming, 'person' | 'catalog'>;
export type CommandRequest = Request & {
  verb: CommandVerb;
  words: readonly string[];
  text: string;
  /** What the words name as a release, looked up while the router found out who it is. */
  lookedUp: LookedUp | null;
};
/** A word that reads as a release's reference, and the release that it names, if any. */
export type LookedUp = { word: string; release: Release | null };
export type ActionRequest = Request & {
  action: ActionId;
  /** The ts of the message in which it was clicked. */
  message: string | null;
  value: string;
  values: RawValues;
  view: { id: string; metadata: string; callback: string } | null;
};
export type ViewRequest = Request & { callback: ViewId; metadata: string; values: RawValues };

/**
 * `opens` is the title of the form that it opens: a loading view goes up first, because the trigger lives for three seconds. With
 * `opensUpTo`, a command with more words than these after its verb is done at once instead; with `opensFrom`, one with fewer.
 */
export type Route<Incoming> = {
  opens?: string;
  opensFrom?: number;
  opensUpTo?: number;
  run: (request: Incoming) => Promise<Answer>;
};
/** What only runs a verb: it needs nothing that the verb does not read. */
export type ActRoute<Incoming extends Request> = { act: (request: Bare<Incoming>) => Promise<Answer> };
export type Routes = {
  verbs: Partial<Record<CommandVerb, Route<CommandRequest>>>;
  actions: Partial<Record<ActionId, Route<ActionRequest> | ActRoute<ActionRequest>>>;
  views: Partial<Record<ViewId, Route<ViewRequest> | ActRoute<ViewRequest>>>;
};

const TEXT_MAX = 1_000;

/** A private answer from lines of markup. */
export const tell = (lines: readonly Mrkdwn[], rest: readonly KnownBlock[] = []): Extract<Answer, { kind: 'say' }> => ({
  kind: 'say',
  text: cut(lines.map((line) => readAloud(line)).join(' '), TEXT_MAX),
  blocks: [...sections(lines.length === 0 ? [md`Done.`] : lines), ...rest],
});

export const refused = (refusal: Refusal): Answer => ({ kind: 'refused', refusal });

/** The answer of a use case: its refusal as it is, its success by `say`. */
export const answerTo = <T>(
  decision: Decision<T>,
  say: (value: T) => Answer | Promise<Answer>,
): Answer | Promise<Answer> => (decision.ok ? say(decision.value) : refused(decision.refusal));

/** A refusal as markup, in the words of its one switch. */
export const refusalMarkup = (refusal: Refusal, voice: Voice): Mrkdwn =>
  sentenceMarkup(refusalSentence(refusal), voice);
