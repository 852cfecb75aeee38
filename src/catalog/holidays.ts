/** Public holidays of a country or a part of it, by their library: loaded only where a catalog names one. */
import type { Holidays } from '../domain/catalog/catalog.ts';

const BEHIND = 1;
const AHEAD = 7;

/** `GB`, `GB-SCT`, `DE-BY`: as ISO 3166 has them. */
export const COUNTRY = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/;

const known = new Map<string, Holidays>();

const DAY = 86_400_000;

/** Each whole day of it, `2026-02-16` and on: half a day off is a working day. */
const daysIn = ({ date, start, end }: { date: string; start: Date; end: Date }): readonly string[] => {
  if (!date.includes(' 00:00:00')) return [];
  const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  const days = Math.floor((end.getTime() - start.getTime()) / DAY + 0.1);
  return Array.from({ length: days }, (_, n) => new Date(first + n * DAY).toISOString().slice(0, 10));
};

const daysOf = async (country: string): Promise<Holidays> => {
  const year = new Date().getUTCFullYear();
  const key = `${country} ${year}`;
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  const { default: Library } = await import('date-holidays');
  const [state = '', region] = country.split('-');
  // A part that the library does not know would have the days of the whole country, silently.
  if (region !== undefined && new Library().getStates(state)?.[region] === undefined) return {};
  const library = region === undefined ? new Library(state) : new Library(state, region);
  const years = Array.from({ length: BEHIND + AHEAD + 1 }, (_, n) => year - BEHIND + n);
  const days = years
    .flatMap((each) => library.getHolidays(each))
    .filter(({ type }) => type === 'public')
    .flatMap((holiday) => daysIn(holiday).map((day) => [day, holiday.name] as const));
  const found: Holidays = Object.fromEntries(days);
  known.set(key, found);
  return found;
};

/** The holidays of every country that is named; one that the library does not know has none. */
export const holidaysOf = async (countries: readonly string[]): Promise<Readonly<Record<string, Holidays>>> =>
  Object.fromEntries(
    await Promise.all([...new Set(countries)].map(async (country) => [country, await daysOf(country)] as const)),
  );

/** Whether the library knows any holiday of it. */
export const hasHolidays = async (country: string): Promise<boolean> => Object.keys(await daysOf(country)).length > 0;
