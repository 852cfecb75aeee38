/** Deploy windows: where there are any, deployments start in them alone. Several are a union; a freeze beats them all. */
import type { Catalog } from '../catalog/catalog.ts';
import { earliest, fromWallTime, type Instant, inZone, latest, zoneLabel } from '../time.ts';
import { at, listing, type Sentence, say } from '../words.ts';
import type { FreezeQuestion } from './calendar.ts';

const NONE: NonNullable<Catalog['windows']> = [];

/** The windows of one service there, each with the zone that it is read in; empty where it may start at any hour. */
const windowsOf = (catalog: Catalog, service: string, environment: string, type: string) =>
  (catalog.windows ?? NONE)
    .filter(
      (rule) =>
        (rule.services.length === 0 || rule.services.includes(service)) &&
        (rule.environments.length === 0 || rule.environments.includes(environment)) &&
        !rule.exempt.includes(type),
    )
    .map((rule) => ({ rule, zone: rule.zone ?? catalog.services[service]?.zone ?? 'UTC' }));

type Placed = ReturnType<typeof windowsOf>[number];
type Opening = { from: Instant; to: Instant };

/** Days that are looked ahead: a window comes every week. */
const AHEAD = 8;

/**
 * The openings of a window around a moment and after it, by the wall clock of its zone: an hour that does not exist opens it at the first one that
 * does, one that comes twice never shortens it.
 */
const openings = ({ rule, zone }: Placed, around: Instant): readonly Opening[] => {
  const today = inZone(around, zone).toPlainDate();
  return Array.from({ length: AHEAD + 1 }, (_, n) => today.add({ days: n - 1 }))
    .filter((day) => rule.days.includes(day.dayOfWeek))
    .map((day) => ({
      from: fromWallTime(`${day.toString()}T${rule.from}`, zone, 'start'),
      to: fromWallTime(`${(rule.to > rule.from ? day : day.add({ days: 1 })).toString()}T${rule.to}`, zone, 'end'),
    }))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
};

/** The first moment at or after `moment` that one of the windows has. */
const firstIn = (windows: readonly Placed[], moment: Instant): Instant => {
  const all = windows.flatMap((window) => openings(window, moment));
  if (all.some(({ from, to }) => from <= moment && moment < to)) return moment;
  const next = all.filter(({ from }) => from > moment).sort((a, b) => (a.from < b.from ? -1 : 1))[0];
  if (next === undefined) throw new Error('A window of the catalog opens on no day of the week.');
  return next.from;
};

/** Places that are asked about more often than this without a common moment have none. */
const MOST_TURNS = 60;

/**
 * The first moment at or after `question.at` at which every service of the question has an open window. `null` where their windows never meet
 * within two months.
 */
export const firstOpenWindow = (
  catalog: Catalog,
  { services, environment, type, at: asked }: FreezeQuestion,
): Instant | null => {
  const all = services
    .map((service) => windowsOf(catalog, service, environment, type))
    .filter((windows) => windows.length > 0);
  let moment = asked;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const open = latest(all.map((windows) => firstIn(windows, moment))) ?? moment;
    if (open === moment) return moment;
    moment = open;
  }
  return null;
};

/** Whether windows say anything of this place. */
export const hasWindows = (catalog: Catalog, { services, environment, type }: FreezeQuestion): boolean =>
  services.some((service) => windowsOf(catalog, service, environment, type).length > 0);

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `Mon–Fri`, `Mon, Wed`. */
const daysWords = (days: readonly number[]): string => {
  const sorted = [...days].sort((a, b) => a - b);
  const row = sorted.every((day, n) => n === 0 || day === (sorted[n - 1] ?? 0) + 1);
  const names = sorted.map((day) => DAYS[day - 1] ?? '');
  return row && names.length > 2 ? `${names[0]}–${names.at(-1)}` : names.join(', ');
};

/** `office hours, Mon–Fri 09:00–17:00 London`, each window of this place once. */
export const windowWords = (catalog: Catalog, { services, environment, type }: FreezeQuestion): Sentence => {
  const found = services.flatMap((service) => windowsOf(catalog, service, environment, type));
  const words = found.map(
    ({ rule, zone }) => `${rule.name}, ${daysWords(rule.days)} ${rule.from}–${rule.to} ${zoneLabel(zone)}`,
  );
  return listing([...new Set(words)], 'or');
};

/** Why nothing starts at that moment, and when it may; `null` where a window is open, or where there is none. */
export const closedUntil = (
  catalog: Catalog,
  question: FreezeQuestion,
): { until: Instant | null; sentence: Sentence } | null => {
  if (!hasWindows(catalog, question)) return null;
  const until = firstOpenWindow(catalog, question);
  if (until === question.at) return null;
  const which = windowWords(catalog, question);
  return {
    until,
    sentence:
      until === null
        ? say`deployments to ${question.environment} start in their windows only (${which}), and these never meet`
        : say`deployments to ${question.environment} start in their windows only (${which}); the next one opens ${at(until)}`,
  };
};

/** Every opening of this place around the moment, of all services of the question. */
const around = (catalog: Catalog, { services, environment, type, at: moment }: FreezeQuestion): readonly Opening[] =>
  services
    .flatMap((service) => windowsOf(catalog, service, environment, type))
    .flatMap((window) => openings(window, moment));

/** When the window that is open now opened; `null` where none is, or there are none. */
export const openedAt = (catalog: Catalog, question: FreezeQuestion): Instant | null =>
  hasWindows(catalog, question) && closedUntil(catalog, question) === null
    ? latest(
        around(catalog, question)
          .filter(({ from, to }) => from <= question.at && question.at < to)
          .map(({ from }) => from),
      )
    : null;

/** When next a window opens or closes there; `null` where there are none. */
export const nextEdge = (catalog: Catalog, question: FreezeQuestion): Instant | null =>
  earliest(
    around(catalog, question)
      .flatMap(({ from, to }) => [from, to])
      .filter((edge) => edge > question.at),
  );
