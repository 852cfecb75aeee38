/** What is planned, by day: releases and freezes, and what stands against each plan. */
import type { Catalog } from '../catalog/catalog.ts';
import { endOf, type Freeze, freezesStopping } from '../freeze/calendar.ts';
import { closedUntil } from '../freeze/window.ts';
import { nameOf, notStarted, type Release } from '../release/release.ts';
import { after, type Instant, MINUTE } from '../time.ts';
import { at, type Sentence, say } from '../words.ts';

export type AgendaEntry<R extends Release = Release> =
  | { kind: 'release'; release: R; from: Instant; until: Instant; against: readonly Sentence[] }
  | { kind: 'freeze'; freeze: Freeze; from: Instant; until: Instant };

const lasts = (catalog: Catalog, { service }: Release): number =>
  (catalog.services[service]?.deployMinutes ?? 120) * MINUTE;

type Planned<R> = { release: R; from: Instant; until: Instant };

/** A plan that is still to come is over once its release was started earlier. */
const plannedOf = <R extends Release>(releases: readonly R[], catalog: Catalog, now: Instant): readonly Planned<R>[] =>
  releases.flatMap((release) =>
    release.when.kind !== 'at' || (release.when.start > now && !notStarted(release))
      ? []
      : [
          {
            release,
            from: release.when.start,
            until: release.when.end ?? after(release.when.start, lasts(catalog, release)),
          },
        ],
  );

/** What stands against it at its planned time: a freeze, a closed window, another release of its services at the same time. */
const against = (
  { release, from, until }: Planned<Release>,
  all: readonly Planned<Release>[],
  freezes: readonly Freeze[],
  catalog: Catalog,
): readonly Sentence[] => {
  const services = [release.service, ...release.affects];
  const questions = release.targets.map((environment) => ({ services, environment, type: release.type, at: from }));
  const frozen = questions.flatMap((question) =>
    freezesStopping(freezes, [], question)
      .slice(0, 1)
      .map((freeze) => say`${question.environment} is frozen then (${freeze.name})`),
  );
  const closed = questions.flatMap((question) =>
    closedUntil(catalog, question) === null ? [] : [say`no deploy window of ${question.environment} is open then`],
  );
  const others = all.filter(
    (other) =>
      other.release.id !== release.id &&
      [other.release.service, ...other.release.affects].some((name) => services.includes(name)) &&
      other.from < until &&
      from < other.until,
  );
  return [...frozen, ...closed, ...others.map((other) => say`overlaps ${nameOf(other.release)}, ${at(other.from)}`)];
};

/** Everything that begins before `to` and ends after `from`, in the order of their times. */
export const agenda = <R extends Release>(
  releases: readonly R[],
  freezes: readonly Freeze[],
  catalog: Catalog,
  from: Instant,
  to: Instant,
  now: Instant = from,
): readonly AgendaEntry<R>[] => {
  const planned = plannedOf(releases, catalog, now);
  const entries: readonly AgendaEntry<R>[] = [
    ...planned.map((each) => ({
      kind: 'release' as const,
      ...each,
      against: against(each, planned, freezes, catalog),
    })),
    ...freezes.map((freeze) => ({ kind: 'freeze' as const, freeze, from: freeze.startsAt, until: endOf(freeze) })),
  ];
  return entries
    .filter((entry) => entry.from < to && entry.until > from)
    .sort((a, b) => (a.from === b.from ? (a.kind < b.kind ? -1 : 1) : a.from < b.from ? -1 : 1));
};
