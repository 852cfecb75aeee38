/** Times as people type them: `Thu 06:00`, `tomorrow 10:00 UTC`, `2026-12-18 18:00 Tokyo`, read in the zone typed, else in the person's. */
import type { ParsedResult } from 'chrono-node';
// English alone: the other languages are eleven megabytes in memory.
import { parse } from 'chrono-node/en';
import {
  after,
  between,
  existsIn,
  fromWallTime,
  HOUR,
  type Instant,
  instant,
  inZone,
  isZone,
  zoneLabel,
} from '../domain/time.ts';
import { count, cut, type Sentence, say } from '../domain/words.ts';

/** `typed` is the time with its zone, in the person's words, when they named a zone; `null` when it was read in their own. */
export type TypedTime = { start: Instant; end: Instant | null; typed: string | null };
export type Reading = { ok: true; time: TypedTime } | { ok: false; problem: Sentence };

const LIKE = 'Write it like “Thu 06:00”, “tomorrow 10:00-11:00” or “2026-12-18 18:00 Europe/London”.';

/** Names that stand for several zones: which one is asked back. */
const SEVERAL: Readonly<Record<string, string>> = {
  CST: 'America/Chicago or Asia/Shanghai',
  IST: 'Asia/Kolkata or Europe/Dublin',
  AST: 'America/Halifax or Asia/Riyadh',
};

const AREAS = [
  'Africa',
  'America',
  'Antarctica',
  'Asia',
  'Atlantic',
  'Australia',
  'Europe',
  'Indian',
  'Pacific',
] as const;

/** The zone of a city, under its new name or its old one; null for none, and for two cities of one name. */
const zoneOfCity = (city: string): string | null => {
  if (!/^[a-z][a-z _.'-]*$/i.test(city)) return null;
  const name = city.replaceAll(' ', '_');
  const found = AREAS.map((area) => `${area}/${name}`).filter(isZone);
  const [zone] = found;
  const same = new Set(
    found.map((each) => new Intl.DateTimeFormat('en', { timeZone: each }).resolvedOptions().timeZone),
  );
  return zone !== undefined && same.size === 1 ? zone : null;
};

/** `Europe/London` or `London`, at the end of the text. */
const namedZone = (text: string): { zone: string; rest: string } | null => {
  const words = text.split(/\s+/);
  for (const length of [3, 2, 1]) {
    if (length > words.length) continue;
    const last = words
      .slice(-length)
      .join(' ')
      .replace(/^\(|\)$/g, '');
    const rest = words.slice(0, -length).join(' ');
    if (length === 1 && last.includes('/') && /^[a-z]/i.test(last) && isZone(last)) return { zone: last, rest };
    const zone = zoneOfCity(last);
    if (zone !== null) return { zone, rest };
  }
  return null;
};

/** `in 2 hours`, `now`: the parser calls these certain of their offset, and nobody named one. */
const RELATIVE = /\b(?:in|within|for|ago|now|later|next few)\b.*|\bfrom now\b/i;

const wall = (parts: ParsedResult['start'], hourWhenMissing: number, partOfDay: boolean): string => {
  const two = (value: number | null | undefined): string => String(value ?? 0).padStart(2, '0');
  const hour = parts.isCertain('hour') || partOfDay ? parts.get('hour') : hourWhenMissing;
  const minute = parts.isCertain('hour') ? parts.get('minute') : 0;
  return `${parts.get('year')}-${two(parts.get('month'))}-${two(parts.get('day'))}T${two(hour)}:${two(minute)}`;
};

/** `18.12.2026` puts the day first wherever it is written; the parser takes a small one for a month. */
const dotted = (text: string): string =>
  text.replace(
    /\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b/,
    (_, day: string, month: string, year: string) => `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`,
  );

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** `03/04/2026`, `03-04-2026`: a date in Europe and another one in America. */
const eitherWay = (text: string): Sentence | null => {
  const [typed, first, second, year = ''] =
    /\b(\d{1,2})\/(\d{1,2})(?:\/(\d{4}|\d{2}))?\b/.exec(text) ?? /\b(\d{1,2})-(\d{1,2})-(\d{4})\b/.exec(text) ?? [];
  const [a, b] = [Number(first), Number(second)];
  if (typed === undefined || a === b || !(a >= 1 && a <= 12 && b >= 1 && b <= 12)) return null;
  const full = year.length === 2 ? `20${year}` : year;
  const either = `${a} ${MONTHS[b - 1]}`;
  const or = `${b} ${MONTHS[a - 1]}`;
  return say`“${typed}” is ${either} or ${or}. Write ${`“${either}${full === '' ? '' : ` ${full}`}”`} or ${`“${or}${full === '' ? '' : ` ${full}`}”`}.`;
};

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** `2026-13-05` is no date, and `05-03-26` three of them. */
const noDate = (text: string): Sentence | null => {
  const [iso, month, day] = /\b\d{4}-(\d{1,2})-(\d{1,2})\b/.exec(text) ?? [];
  if (iso !== undefined && !(Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31))
    return say`“${iso}” is no date: write the year, the month and the day, like 2026-12-18.`;
  const [short] = /\b\d{1,2}[-.]\d{1,2}[-.]\d{2}\b(?![-.\d])/.exec(text) ?? [];
  return short === undefined ? null : say`“${short}” can be read in several ways. Write the date like 2026-12-18.`;
};

/** The day of the week that somebody wrote, where the date beside it is another one. */
const otherDay = (text: string, { start }: ParsedResult): Sentence | null => {
  const written = DAYS.findIndex((day) =>
    new RegExp(`\\b${day.slice(0, 3)}(?:${day.slice(3)}|s|rs?|nes)?\\b`, 'i').test(text),
  );
  if (written === -1 || !start.isCertain('day')) return null;
  const date = new Date(Date.UTC(start.get('year') ?? 0, (start.get('month') ?? 1) - 1, start.get('day') ?? 1));
  return date.getUTCDay() === written
    ? null
    : say`${start.get('day') ?? 0} ${MONTHS[(start.get('month') ?? 1) - 1] ?? ''} is a ${DAYS[date.getUTCDay()] ?? ''}, not a ${DAYS[written] ?? ''}. Write the one that you mean.`;
};

/** `06:00 -05:00`: five hours west of Greenwich, or until five? */
const offsetOrEnd = (text: string): Sentence | null => {
  const [, from = '', gap = '', to = ''] =
    /(\d{1,2}:\d{2})(?::\d{2})?(\s*)-((?:0?\d|1[0-2]):\d{2})\s*$/.exec(text) ?? [];
  const padded = (time: string): string => time.padStart(5, '0');
  // `2026-12-18T06:00-05:00` is written as machines do, and means an offset.
  return to === '' || /\dT\d/.test(text) || (gap === '' && padded(to) > padded(from))
    ? null
    : say`“-${to}” is an offset or the end of a window. Write ${`“${from} UTC-${Number(to.split(':')[0])}”`} or ${`“${from} to ${to}”`}.`;
};

/** The hour that comes twice as the clocks go back. */
const comesTwice = (start: Instant, zone: string): Sentence | null => {
  const wallOf = (time: Instant): string => inZone(time, zone).toPlainDateTime().toString();
  const twice = [after(start, -HOUR), after(start, HOUR)].some((other) => wallOf(other) === wallOf(start));
  return !twice
    ? null
    : say`${wallOf(start).slice(11, 16)} comes twice on that day in ${zoneLabel(zone)}: the clocks go back then. Write it with its offset, like ${`“${wallOf(start).slice(11, 16)} UTC${inZone(
        start,
        zone,
      )
        .offset.replace(/:00$/, '')
        .replace(/([+-])0/, '$1')}”`}.`;
};

/** `two hours`, `90m`: how long, or in how long? */
const DURATION =
  /^(?:about\s+)?(?:\d+(?:[.,]\d+)?|an?|half(?:\s+an?)?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)\s*(?:m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|s|secs?|seconds?)$/i;

const howLong = (text: string): Sentence | null =>
  /^next (?:week|month|year)$/i.test(text.trim())
    ? say`“${text.trim()}” is no time yet: name the day, like “Mon 10:00”.`
    : DURATION.test(text.trim())
      ? say`“${cut(text.trim(), 40)}” is how long, not when. Write “in ${cut(text.trim(), 40)}” for that time from now.`
      : null;

/** `06:00 - 05:00` is nearly a day: a window that long names the day of its end. */
const LONGEST_WINDOW = 12 * HOUR;
const tooLong = (start: Instant, end: Instant | null, { text }: ParsedResult): Sentence | null =>
  end === null ||
  between(start, end) <= LONGEST_WINDOW ||
  !/(?:-|–|to|until)\s*\d{1,2}(?::\d{2})?\s*(?:[ap]m)?$/i.test(text)
    ? null
    : say`That window would last ${count(Math.round(between(start, end) / HOUR), 'hour')}. Name the day of its end as well, like “Thu 06:00 - Fri 05:00”.`;

const unclear = (part: string): Reading => ({ ok: false, problem: say`“${cut(part, 80)}” is not a time. ${LIKE}` });

const MORNING = 9;
/** The hour by which something is done that is due on a day. */
export const EVENING = 17;

const MOST_YEARS = 10;

/** What the parser passed over: anything but commas and small words. */
const passedOver = (text: string, found: ParsedResult): string =>
  `${text.slice(0, found.index)} ${text.slice(found.index + found.text.length)}`
    .replace(/(?:^|\s)(?:at|on|from|the|by)(?=\s|$)/gi, ' ')
    .replace(/[\s,;.()]+/g, ' ')
    .trim();

const not = (problem: Sentence): Reading => ({ ok: false, problem });

/** An abbreviation that several zones share. */
const ambiguousZone = (words: string): Sentence | null => {
  const abbreviation = /\b(CST|IST|AST)\b/i.exec(words)?.[1]?.toUpperCase() ?? '';
  const several = SEVERAL[abbreviation];
  return several === undefined
    ? null
    : say`“${abbreviation}” is the name of several zones. Write ${several}, or an offset such as UTC+8.`;
};

/** With an offset it says itself when it is: no clock of a zone is asked. */
const byOffset = (spaced: string, offset: number, now: Instant, typed: string): Reading => {
  const [there] = parse(spaced, { instant: new Date(now), timezone: offset }, { forwardDate: true });
  if (there === undefined) return unclear(typed);
  const end = there.end == null ? null : instant(there.end.date().getTime());
  const start = instant(there.start.date().getTime());
  const long = tooLong(start, end, there);
  return long === null ? { ok: true, time: { start, end, typed: cut(typed, 80) } } : not(long);
};

/** By the clock on the wall of a zone: an hour that is left out there, or that comes twice, is asked back. */
const byClock = (found: ParsedResult, readIn: string, dayMeans: number, typed: string | null): Reading => {
  const partOfDay = /night|morning|noon|evening/i.test(found.text);
  const begins = wall(found.start, dayMeans, partOfDay);
  const ends = found.end == null ? null : wall(found.end, 18, partOfDay);
  const start = fromWallTime(begins, readIn, 'start');
  const skipped = [begins, ...(ends === null ? [] : [ends])].find((each) => !existsIn(each, readIn));
  if (skipped !== undefined) {
    const first = inZone(fromWallTime(skipped, readIn, 'start'), readIn).toPlainTime();
    return not(
      say`${skipped.slice(-5)} does not exist on that day in ${zoneLabel(readIn)}: the clocks go forward then. The first time after it there is ${first.toString({ smallestUnit: 'minute' })}.`,
    );
  }
  const end = ends === null ? null : fromWallTime(ends, readIn, 'end');
  const wrong = (RELATIVE.test(found.text) ? null : comesTwice(start, readIn)) ?? tooLong(start, end, found);
  return wrong === null ? { ok: true, time: { start, end, typed } } : not(wrong);
};

/**
 * Reads a time or a window. A day without an hour is its morning, 09:00, or the hour `dayMeans`. The problem is a sentence for what is no time, holds words that
 * are none, or may be read in two ways: nothing is guessed.
 */
export const typedTime = (text: string, zone: string, now: Instant, dayMeans = MORNING): Reading => {
  const typed = text.trim();
  const named = namedZone(typed);
  const words = dotted(named?.rest ?? typed);
  const wrong = eitherWay(words) ?? noDate(words) ?? offsetOrEnd(words) ?? howLong(words) ?? ambiguousZone(words);
  if (wrong !== null) return not(wrong);
  const readIn = named?.zone ?? zone;
  // The parser thinks in the machine's zone: it is given the wall time of the person's as if it were UTC.
  const here = inZone(now, readIn);
  const wallNow = new Date(`${here.toPlainDateTime().toString({ smallestUnit: 'second' })}Z`);
  const spaced = words.replace(/(\d)\s*Z$/i, '$1 UTC');
  const [found] = parse(spaced, { instant: wallNow, timezone: 0 }, { forwardDate: true });
  if (found === undefined || /^[+-]/.test(found.text)) return unclear(typed);
  // Beyond all dates, and what only somebody who slipped means.
  const year = found.start.get('year') ?? Number.NaN;
  if (!(Math.abs(year - here.year) <= MOST_YEARS))
    return not(say`“${cut(typed, 40)}” is more than ${count(MOST_YEARS, 'year')} away. Write a nearer time.`);
  const rest = passedOver(spaced, found);
  if (rest !== '') return unclear(rest);
  const another = otherDay(words, found);
  if (another !== null) return not(another);
  const hasOffset = found.start.isCertain('timezoneOffset') && !RELATIVE.test(found.text);
  const offset = hasOffset ? found.start.get('timezoneOffset') : null;
  if (offset === null) return byClock(found, readIn, dayMeans, named === null ? null : cut(typed, 80));
  return named === null ? byOffset(spaced, offset, now, typed) : unclear(typed);
};
