/** Reads the journal for each webhook, and writes down what is to be delivered of it. */
import { eventJson } from '../api/event-json.ts';
import { speaking } from '../api/speech.ts';
import type { Deps } from '../deps.ts';
import { eventSentence, type StoredEvent } from '../domain/events.ts';
import type { ReleaseId, WorkspaceId } from '../domain/ids.ts';
import { isToldOf, type Webhook } from '../domain/webhook/webhook.ts';
import { readAfter } from '../journal/read.ts';
import { readReleases } from '../releases/release-store.ts';
import { eventSeen, releaseSeenBy, type SeenRelease } from '../situation/seen-by.ts';
import { type NewDelivery, tellWebhook, untold } from './webhook-store.ts';

const MOST_EVENTS = 200;

/** The releases of these events as everybody may see them: a private draft is not there, of a restricted one the words are not. */
const seenReleases = async (
  deps: Deps,
  workspace: WorkspaceId,
  events: readonly StoredEvent[],
): Promise<ReadonlyMap<ReleaseId, { service: string; seen: SeenRelease | null }>> => {
  const { db } = deps.database;
  const ids = [...new Set(events.flatMap(({ release }) => release ?? []))];
  const catalog = ids.length === 0 ? null : await deps.catalogs.current(db, workspace);
  if (catalog === null) return new Map();
  const releases = await readReleases(db, workspace, ids);
  return new Map(
    releases.map((release) => [
      release.id,
      { service: release.service, seen: releaseSeenBy(release, catalog, 'team') },
    ]),
  );
};

const tellOne = async (deps: Deps, workspace: WorkspaceId, webhook: Webhook, head: number): Promise<void> => {
  const { db } = deps.database;
  const events = await readAfter(db, workspace, webhook.toldSeq, head, MOST_EVENTS);
  const releases = await seenReleases(deps, workspace, events);
  type Told = { event: StoredEvent; release: SeenRelease | null };
  const told = events.flatMap((event): readonly Told[] => {
    if (event.release === null) return isToldOf(webhook, event.kind, null) ? [{ event, release: null }] : [];
    const of = releases.get(event.release);
    return of === undefined || of.seen === null || !isToldOf(webhook, event.kind, of.service)
      ? []
      : [{ event: eventSeen(event, of.seen), release: of.seen }];
  });
  const speak = await speaking(
    deps,
    workspace,
    told.map(({ event }) => eventSentence(event)),
  );
  const deliveries = told.map(
    ({ event, release }): NewDelivery => ({
      id: deps.newId('delivery'),
      kind: 'webhook',
      event: event.kind,
      body: JSON.stringify(eventJson(event, workspace, release, speak)),
      madeAt: deps.clock.now(),
    }),
  );
  const to = events.length < MOST_EVENTS ? head : (events.at(-1)?.seq ?? head);
  await tellWebhook(deps.database, workspace, webhook, to, deliveries);
};

/** Everything that happened and was not told yet. */
export const tellAll = async (deps: Deps): Promise<'nothing' | 'all' | 'more'> => {
  const waiting = await untold(deps.database);
  for (const { workspace, webhook, head } of waiting)
    await tellOne(deps, workspace, webhook, head).catch((error: unknown) =>
      deps.log.error(
        { err: error, workspace, webhook: webhook.name },
        'what happened could not be told to a webhook; it is tried again',
      ),
    );
  if (waiting.length === 0) return 'nothing';
  return waiting.some(({ webhook, head }) => head - webhook.toldSeq > MOST_EVENTS) ? 'more' : 'all';
};
