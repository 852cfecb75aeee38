/** What a freeze holds: releases that it would stop, by owner, and those that it held until it ended. */
import type { Db } from '../db/connection.ts';
import type { Freeze } from '../domain/freeze/calendar.ts';
import { covers, endOf } from '../domain/freeze/calendar.ts';
import { catching, heldToItsEnd, startsBeforeTheirDay } from '../domain/freeze/caught.ts';
import { dayOf, declaredId } from '../domain/freeze/recurrence.ts';
import { type FreezeId, type ReleaseId, type UserId } from '../domain/ids.ts';
import { notStarted, planOrNow, type Release } from '../domain/release/release.ts';
import { answerable } from '../domain/release/runner.ts';
import type { Situation } from '../domain/situation.ts';
import { type Instant, latest } from '../domain/time.ts';
import { openReleasesOf, ownerlessReleases, plannedReleases } from '../releases/release-store.ts';
import type { Situations } from '../situation/parts.ts';
import { type Seen, seenBy } from '../situation/seen-by.ts';

/** Not started, or not everywhere yet. */
const goesOn = (release: Release): boolean => notStarted(release) || release.state.status === 'deploying';

/** Whether it is the freeze, or one of its occurrences. */
export const isOf = (freeze: Freeze, id: FreezeId): boolean =>
  id === freeze.id || (dayOf(freeze.id) === null && declaredId(id) === freeze.id);

const MOST = 500;

type Caught = { s: Situation; by: readonly FreezeId[] };

/** Releases that the freeze would stop, and which occurrence of it, read at once: all, or those of one owner. */
export const caught = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  now: Instant,
  owner: UserId | null,
): Promise<readonly Caught[]> => {
  const { workspace } = freeze;
  const planned =
    owner === null
      ? await plannedReleases(db, workspace, ['deploying'])
      : (await openReleasesOf(db, workspace, owner, MOST)).filter(goesOn);
  // Whose owner has left is somebody's who stands in.
  const left = owner === null ? [] : await ownerlessReleases(db, workspace, null);
  const releases = [...new Set([...planned.map(({ id }) => id), ...left])];
  if (releases.length === 0) return [];
  const found = await situations.read(db, { workspace, releases, actor: null, now });
  return (found?.situations ?? [])
    .map((s) => ({ s, by: catching(s, now).flatMap(({ id }) => (isOf(freeze, id) ? [id] : [])) }))
    .filter(({ by }) => by.length > 0);
};

/**
 * An owner of something that an occurrence of the freeze would stop: what, whether one of it was to start before their day, and whether one was
 * planned for no time, which only its start catches.
 */
export type OwnerCaught = {
  owner: UserId;
  by: FreezeId;
  releases: readonly ReleaseId[];
  anyHour: boolean;
  atItsStart: boolean;
};

/** To whom it has to be offered to move. */
export const ownersCaught = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  now: Instant,
): Promise<readonly OwnerCaught[]> => {
  const owners = new Map<string, OwnerCaught>();
  for (const { s, by } of await caught(situations, db, freeze, now, null))
    for (const [id, owner] of by.flatMap((each) => answerable(s).map((person) => [each, person] as const))) {
      const key = `${owner} ${id}`;
      const known = owners.get(key);
      owners.set(key, {
        owner,
        by: id,
        releases: [...(known?.releases ?? []), s.release.id],
        anyHour: known?.anyHour === true || startsBeforeTheirDay(s, owner, now),
        atItsStart: known?.atItsStart === true || planOrNow(s.release, now) === now,
      });
    }
  return [...owners.values()];
};

/** What a freeze holds of somebody, and until when. */
export type Held = { s: Seen; until: Instant };

const held = (found: readonly Caught[], freeze: Freeze, viewer: UserId): readonly Held[] =>
  found.flatMap(({ s, by }) => {
    const seen = seenBy(s, viewer);
    const ends = s.around.freezes.filter(({ id }) => by.includes(id)).map(endOf);
    return seen === null ? [] : [{ s: seen, until: latest(ends) ?? endOf(freeze) }];
  });

/** What of theirs the freeze would stop. */
export const caughtOf = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  now: Instant,
  owner: UserId,
): Promise<readonly Held[]> => {
  const found = await caught(situations, db, freeze, now, owner);
  // They may have another part in what is somebody else's.
  return held(
    found.filter(({ s }) => answerable(s).includes(owner)),
    freeze,
    owner,
  );
};

/** Everything that the freeze would stop, as this person may see it. */
export const caughtBy = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  now: Instant,
  viewer: UserId,
): Promise<readonly Held[]> => held(await caught(situations, db, freeze, now, null), freeze, viewer);

/** Releases in the freeze's scope that are not everywhere yet, wherever its times stand: what it holds, or held until it ended. */
export const inScope = async (db: Db, freeze: Freeze): Promise<readonly Release[]> => {
  // What failed may be tried again, or may not.
  const planned = await plannedReleases(db, freeze.workspace, ['deploying', 'failed']);
  return planned.filter(({ service, affects, targets }) =>
    targets.some((environment) => [service, ...affects].some((name) => covers(freeze, name, environment))),
  );
};

/** What it held until it ended, and has not started since. */
export const heldToTheEnd = async (
  situations: Situations,
  db: Db,
  freeze: Freeze,
  now: Instant,
): Promise<readonly Situation[]> => {
  const releases = (await inScope(db, freeze)).map(({ id }) => id);
  if (releases.length === 0) return [];
  const found = await situations.read(db, { workspace: freeze.workspace, releases, actor: null, now });
  return (found?.situations ?? []).filter((s) => heldToItsEnd(freeze, s));
};
