/** Renders what was claimed: each release is read once for all of its messages, as of one moment. */
import { snapshot } from '../db/transact.ts';
import type { StoredEvent } from '../domain/events.ts';
import type { Id, WorkspaceId } from '../domain/ids.ts';
import type { Situation } from '../domain/situation.ts';
import type { Instant } from '../domain/time.ts';
import { readEvents } from '../journal/read.ts';
import { fitting } from '../slack/fit.ts';
import type { Claimed } from './claim.ts';
import type { Message, Place } from './message.ts';
import type { MessageKind } from './messages.ts';
import { restingUntil } from './rest.ts';
import type { Courier } from './send.ts';

export type Rendered =
  /** `restsUntil`: whoever would read it is not at work. */
  { message: Claimed; content: Message | null; restsUntil: Instant | null } | { message: Claimed; error: unknown };

/** Kinds whose subject is an event of the journal. */
const TELLS_EVENT: ReadonlySet<string> = new Set<MessageKind>(['thread-line', 'notice']);

/**
 * A notice is about its release, or about what is none, and tells of the event that is its occurrence. A line in a thread tells of all that one act
 * brought: of the first, and of those that follow it.
 */
const eventsOf = ({ subject, occurrence, kind }: Claimed): readonly string[] => {
  if (!TELLS_EVENT.has(kind)) return [];
  const named = occurrence === '' ? [] : occurrence.split(' ');
  return kind === 'notice' && named.length > 0 ? named : [subject, ...named];
};

const placeOf = (courier: Courier, message: Claimed, now: Instant): Place => ({
  workspace: message.workspace_id,
  subject: message.subject,
  audience: message.audience,
  occurrence: message.occurrence,
  now,
  command: courier.deps.command,
  newest: message.newest,
});

type Known = { situations: ReadonlyMap<string, Situation>; events: ReadonlyMap<string, StoredEvent> };

const readTogether = async (
  { deps }: Courier,
  workspace: WorkspaceId,
  messages: readonly Claimed[],
  now: Instant,
): Promise<Known> => {
  const { db } = deps.database;
  const releases = [...new Set(messages.flatMap(({ release_id }) => release_id ?? []))];
  const told = messages.flatMap(eventsOf) as Id<'event'>[];
  const [found, events] = await Promise.all([
    releases.length === 0 ? null : deps.situations.read(db, { workspace, releases, actor: null, now }),
    told.length === 0 ? [] : readEvents(db, workspace, told),
  ]);
  return {
    situations: new Map(found?.situations.map((s) => [s.release.id, s])),
    events: new Map(events.map((event) => [event.id, event])),
  };
};

const render = async (courier: Courier, message: Claimed, known: Known, now: Instant): Promise<Message | null> => {
  const renderer = courier.renderers[message.kind as MessageKind];
  const place = placeOf(courier, message, now);
  if (renderer.of === 'other') return snapshot(courier.deps.database, (db) => renderer.render(db, place));
  const s = known.situations.get(message.release_id ?? '');
  return s === undefined
    ? null
    : renderer.render(
        s,
        place,
        eventsOf(message).flatMap((id) => known.events.get(id) ?? []),
      );
};

const ofWorkspace = async (
  courier: Courier,
  workspace: WorkspaceId,
  messages: readonly Claimed[],
): Promise<readonly Rendered[]> => {
  const now = courier.deps.clock.now();
  const about = messages.filter(({ kind }) => courier.renderers[kind as MessageKind].of === 'release');
  const read = about.length === 0 ? { situations: new Map(), events: new Map() } : null;
  // What cannot be read is each message's own failure: it is tried again like one that cannot be rendered.
  const [known, resting] = await Promise.all([
    read ?? readTogether(courier, workspace, about, now).catch((error: unknown) => ({ error })),
    restingUntil(courier.deps, workspace, messages, now).catch((error: unknown) => ({ error })),
  ]);
  return Promise.all(
    messages.map(async (message): Promise<Rendered> => {
      if ('error' in known) return { message, error: known.error };
      if ('error' in resting) return { message, error: resting.error };
      return render(courier, message, known, now).then(
        (content) => ({
          message,
          // Home has limits of its own, and keeps them.
          content:
            content === null || message.kind === 'home' ? content : { ...content, blocks: fitting(content.blocks) },
          restsUntil: resting.get(message.place) ?? null,
        }),
        (error: unknown) => ({ message, error }),
      );
    }),
  );
};

/** Everything that was claimed, in the order in which it was. */
export const renderAll = async (courier: Courier, claimed: readonly Claimed[]): Promise<readonly Rendered[]> => {
  const workspaces = [...new Set(claimed.map(({ workspace_id }) => workspace_id))];
  const lists = await Promise.all(
    workspaces.map((workspace) =>
      ofWorkspace(
        courier,
        workspace,
        claimed.filter(({ workspace_id }) => workspace_id === workspace),
      ),
    ),
  );
  return lists.flat();
};
