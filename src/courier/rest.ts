/**
 * Nobody is written to outside of their hours, but for a failure that is theirs and for what they are to hear at any hour. Every first post of a
 * direct message passes here; an edit is silent, and goes at once.
 */
import type { Deps } from '../deps.ts';
import { daysOff } from '../domain/catalog/catalog.ts';
import { userId, type WorkspaceId } from '../domain/ids.ts';
import { after, HOUR, type Instant } from '../domain/time.ts';
import { nextWorkingTime } from '../domain/working-time.ts';
import { whoActed } from '../journal/read.ts';
import type { Claimed } from './claim.ts';
import { AT_ANY_HOUR, type MessageKind, mayComeAnew } from './messages.ts';
import { isPerson } from './send.ts';

/** Whether it waits for its reader's hours, where it is to be posted. */
export const rests = (message: Claimed): boolean =>
  (message.ts === null || mayComeAnew(message)) &&
  isPerson(message.place) &&
  !message.any_hour &&
  !AT_ANY_HOUR.has(message.kind as MessageKind);

/** Milliseconds. Whoever has done something here so lately is there, whatever the hour. */
const AROUND = HOUR;

/** Until when people rest for whom something is meant that waits for their hours. Nobody is in it who works, is around, or is not known. */
export const restingUntil = async (
  { database, catalogs }: Pick<Deps, 'database' | 'catalogs'>,
  workspace: WorkspaceId,
  messages: readonly Claimed[],
  now: Instant,
): Promise<ReadonlyMap<string, Instant>> => {
  const zones = new Map(
    messages.filter(rests).flatMap(({ place, zone }) => (zone === null ? [] : [[userId(place), zone] as const])),
  );
  if (zones.size === 0) return new Map();
  const catalog = catalogs.known(workspace) ?? (await catalogs.current(database.db, workspace));
  const resting = [...zones].flatMap(([id, zone]) => {
    const until = nextWorkingTime(now, zone, catalog === null ? undefined : daysOff(catalog, zone));
    return until > now ? [[id, until] as const] : [];
  });
  if (resting.length === 0) return new Map();
  const ids = resting.map(([id]) => id);
  const around = await whoActed(database.db, workspace, ids, after(now, -AROUND));
  return new Map(resting.filter(([id]) => !around.has(id)));
};
