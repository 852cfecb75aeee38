/** Who is told of a freeze: channels ahead and as it goes, the owners of what it holds; and which cards and messages follow. */

import { refresh, refreshingAsks, refreshingHomes, refreshingOccurrences, type Wanted } from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import { emergenciesOf } from '../deployments/deployment-store.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { daysOff } from '../domain/catalog/catalog.ts';
import { concerns, endOf, type Freeze, freezeNotices, isUsual, phaseOf } from '../domain/freeze/calendar.ts';
import { around, type Declared, dayOf, nextOfThem } from '../domain/freeze/recurrence.ts';
import type { Instant } from '../domain/time.ts';
import { wakeReleases } from '../releases/release-store.ts';
import type { Situations } from '../situation/parts.ts';
import { exceptionsAsked } from './freeze-store.ts';
import { heldToTheEnd, inScope, type OwnerCaught, ownersCaught } from './held.ts';

type Place = { audience: 'team' | 'stakeholders'; place: string };

/** Channels of the services in scope, and the stakeholders' ones, who read it in their own words. A channel that is both is a team's. */
export const channelsOf = (freeze: Freeze, catalog: Catalog): readonly Place[] => {
  const services = Object.entries(catalog.services).filter(([name]) => concerns(freeze, [name]));
  const teams = new Set<string>(services.map(([, service]) => service.channel));
  const others = new Set<string>(catalog.announce.flatMap(({ to }) => to).filter((channel) => !teams.has(channel)));
  return [
    ...[...teams].map((place) => ({ audience: 'team' as const, place })),
    ...[...others].map((place) => ({ audience: 'stakeholders' as const, place })),
  ];
};

const noticesOf = (freeze: Freeze, declaredAt: Instant, catalog: Catalog): ReturnType<typeof freezeNotices> =>
  freezeNotices(freeze, declaredAt, daysOff(catalog, freeze.zone));

export const nextNotice = (declared: Declared, declaredAt: Instant, now: Instant, catalog: Catalog): Instant | null =>
  nextOfThem(declared, now, (freeze) => noticesOf(freeze, declaredAt, catalog).map(({ at }) => at));

/** The notices that are due by `now`, in every channel. A notice ahead that the start has overtaken is not sent, nor an ending that is over. */
export const noticesDue = (
  declared: Declared,
  declaredAt: Instant,
  now: Instant,
  catalog: Catalog,
): readonly Wanted[] => {
  const places = channelsOf(declared.freeze, catalog);
  // What would have been over before it was declared never was.
  return around(declared, now).flatMap((freeze) => {
    if (endOf(freeze) <= declaredAt && freeze.repeats !== null) return [];
    // After a gap nobody is told of the start of what is over; its own post would say nothing else.
    const tooLate = isUsual(freeze) && phaseOf(freeze, now) === 'over';
    const due = noticesOf(freeze, declaredAt, catalog).filter(({ at }) => at <= now);
    const current = due.filter(({ kind }, index) => kind === 'end' || index === due.length - 1 || kind === 'start');
    return current
      .filter(({ kind }) => kind !== 'over' && !tooLate)
      .flatMap(({ kind }) =>
        places
          // Stakeholders know what comes every week, and have nothing that is held.
          .filter(({ audience }) => audience === 'team' || !(isUsual(freeze) || kind === 'ending'))
          .map(
            (place): Wanted => ({
              subject: freeze.id,
              kind: 'freeze-notice',
              ...place,
              // An end that is moved has an hour before it of its own.
              occurrence: kind === 'ending' ? `ending ${endOf(freeze)}` : kind,
            }),
          ),
      );
  });
};

const toOwner = ({ owner, by, anyHour }: OwnerCaught, occurrence = ''): Wanted => ({
  subject: by,
  kind: 'freeze-held',
  audience: owner,
  place: owner,
  occurrence,
  anyHour,
});

/** Whoever owns something that the freeze stops is asked what to do with it; once more as it begins, where that catches more (`began`). */
export const heldOwners = async (
  situations: Situations,
  tx: Tx,
  freeze: Freeze,
  now: Instant,
  began = false,
): Promise<readonly Wanted[]> =>
  (await ownersCaught(situations, tx, freeze, now)).map((each) =>
    toOwner(each, began && each.atItsStart ? 'start' : ''),
  );

/** Whose message about the freeze shows more than before: it comes anew. */
export const newlyHeld = (
  before: readonly OwnerCaught[],
  held: readonly OwnerCaught[],
  event: string,
): readonly Wanted[] => {
  const known = new Set(before.flatMap(({ releases }) => releases));
  return held
    .filter(({ releases }) => releases.some((id) => !known.has(id)))
    .map((each) => toOwner(each, `moved ${event}`));
};

/** What it held is looked at by the next tick: whoever starts it is told. */
export const wakeHeld = async (situations: Situations, tx: Tx, freeze: Freeze, now: Instant): Promise<void> => {
  const held = await heldToTheEnd(situations, tx, freeze, now);
  await wakeReleases(
    tx,
    freeze.workspace,
    held.map(({ release }) => release.id),
    now,
  );
};

/** Cards of what a freeze touches show it at once, and what was said of it and its occurrences. */
export const refreshInScope = async (tx: Tx, { freeze, changes }: Declared, now: Instant): Promise<void> => {
  const releases = await inScope(tx, freeze);
  const asked = await exceptionsAsked(tx, freeze);
  const told = around({ freeze, changes }, now).map(({ id }) => id);
  const ids = releases.map(({ id }) => id);
  // What they would go past may be another freeze now, or none.
  const emergencies = await emergenciesOf(tx, freeze.workspace, ids);
  const subjects = new Set([freeze.id, ...told, ...asked, ...emergencies, ...ids]);
  await refresh(tx, freeze.workspace, [...subjects]);
  await tx.executeQuery(refreshingAsks(freeze.workspace, ids));
  await tx.executeQuery(refreshingHomes(freeze.workspace));
};

/** What was said of its occurrences, however far away they are. */
export const refreshRow = async (tx: Tx, { freeze }: Declared): Promise<void> => {
  if (freeze.repeats !== null) await tx.executeQuery(refreshingOccurrences(freeze.workspace, freeze.id));
};

/** That one of a row does not take place, or that none comes any more: nothing else says so. */
export const skippedPosts = (freeze: Freeze, catalog: Catalog, event: string | undefined): readonly Wanted[] =>
  freeze.repeats === null || (dayOf(freeze.id) !== null && endOf(freeze) > freeze.startsAt)
    ? []
    : channelsOf(freeze, catalog)
        .filter(({ audience }) => audience === 'team')
        .map((place) => ({
          subject: freeze.id,
          kind: 'freeze-notice' as const,
          ...place,
          occurrence: `skipped ${event ?? ''}`,
        }));
