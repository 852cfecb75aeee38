/**
 * Points in time. An Instant is ISO text in UTC with milliseconds, always 24 characters: it compares with `<`, equals with `===`,
 * and is the same in JSON, in the journal and in both databases. Zones are resolved by Temporal, never by offset arithmetic.
 */
import { Temporal } from 'temporal-polyfill';

declare const brand: unique symbol;
export type Instant = string & { readonly [brand]: 'instant' };

/** Milliseconds. */
const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Reads ISO text, epoch milliseconds or a Date. Throws RangeError on anything that is not a time. */
export const instant = (value: string | number | Date): Instant => new Date(value).toISOString() as Instant;

export const epochMs = (at: Instant): number => Date.parse(at);

/** The instant `ms` milliseconds after (before, when negative). */
export const after = (at: Instant, ms: number): Instant => instant(epochMs(at) + ms);

/** Milliseconds from `from` to `to`; negative when `to` is earlier. */
export const between = (from: Instant, to: Instant): number => epochMs(to) - epochMs(from);

export const earliest = (instants: readonly (Instant | null | undefined)[]): Instant | null =>
  instants.reduce<Instant | null>((min, at) => (at != null && (min === null || at < min) ? at : min), null);

export const latest = (instants: readonly (Instant | null | undefined)[]): Instant | null =>
  instants.reduce<Instant | null>((max, at) => (at != null && (max === null || at > max) ? at : max), null);

export const inZone = (at: Instant, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.from(at).toZonedDateTimeISO(zone);

export const fromZoned = (zoned: Temporal.ZonedDateTime): Instant => instant(zoned.epochMilliseconds);

/** Whether this runtime knows the IANA zone name. */
export const isZone = (zone: string): boolean => {
  try {
    // Both have to know it: one takes a whole time for its zone.
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    new Intl.DateTimeFormat('en', { timeZone: zone }).format(0);
    return !/^[+-]/.test(zone);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/** Whether it is a day of the calendar (`2026-02-28`), or a time on one (`2026-02-28T06:00`): written right is not yet there. */
export const isOnCalendar = (wall: string): boolean => {
  try {
    Temporal.PlainDateTime.from(wall, { overflow: 'reject' });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/** Whether clocks in this zone ever show this wall time: not in the hour that is left out when they go forward. */
export const existsIn = (wall: string, zone: string): boolean => {
  const plain = Temporal.PlainDateTime.from(wall);
  return plain.toZonedDateTime(zone, { disambiguation: 'earlier' }).toPlainDateTime().equals(plain);
};

/**
 * A wall time (`2026-03-29T02:30`) in a zone. `edge` says which way the two odd hours of the year fall: a freeze never shrinks,
 * so an ambiguous start is the earlier and an ambiguous end the later one; a time that does not exist is the first that does.
 */
export const fromWallTime = (wall: string, zone: string, edge: 'start' | 'end'): Instant => {
  const plain = Temporal.PlainDateTime.from(wall);
  const earlier = plain.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = plain.toZonedDateTime(zone, { disambiguation: 'later' });
  const exists = earlier.toPlainDateTime().equals(plain);
  if (!exists) return fromZoned(earlier.getTimeZoneTransition('next') ?? later);
  return fromZoned(edge === 'start' ? earlier : later);
};

/** Making a formatter costs more than formatting: one for each zone is kept. */
const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterOf = (zone: string): Intl.DateTimeFormat => {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  formatters.set(zone, made);
  return made;
};

/** `Thu 6 Mar 06:00` in a zone, for what names the zone itself. */
export const bareTime = (at: Instant, zone: string): string =>
  formatterOf(zone).format(new Date(at)).replace(',', '').replace(' at ', ' ').replace(',', '');

/** `London` for Europe/London: what people call it. */
export const zoneLabel = (zone: string): string => (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');

/** `Thu 6 Mar 06:00 London`: for plain-text places where Slack's date tokens do not work. Never without its zone. */
export const plainTime = (at: Instant, zone: string): string => `${bareTime(at, zone)} ${zoneLabel(zone)}`;
