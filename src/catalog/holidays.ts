/** Public holidays of a country or a part of it, by their library: loaded only where a catalog names one. */
import type { Holidays } from '../domain/catalog/catalog.ts';

const BEHIND = 1;
const AHEAD = 7;

/** `GB`, `GB-SCT`, `DE-BY`: as ISO 3166 has them. */
export const COUNTRY = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/;

const known = new Map<string, Holidays>();

const daysOf = async (country: string): Promise<Holidays> => {
  const remembered = known.get(country);
  if (remembered !== undefined) return remembered;
  const { default: Library } = await import('date-holidays');
  const [state, region] = country.split('-');
  const library = region === undefined ? new Library(state ?? '') : new Library(state ?? '', region);
  const year = new Date().getUTCFullYear();
  const years = Array.from({ length: BEHIND + AHEAD + 1 }, (_, n) => year - BEHIND + n);
  const days = years
    .flatMap((each) => library.getHolidays(each))
    .filter(({ type }) => type === 'public')
    .map(({ date, name }) => [date.slice(0, 10), name] as const);
  const found: Holidays = Object.fromEntries(days);
  known.set(country, found);
  return found;
};

/** The holidays of every country that is named; one that the library does not know has none. */
export const holidaysOf = async (countries: readonly string[]): Promise<Readonly<Record<string, Holidays>>> =>
  Object.fromEntries(
    await Promise.all([...new Set(countries)].map(async (country) => [country, await daysOf(country)] as const)),
  );

/** Whether the library knows any holiday of it. */
export const hasHolidays = async (country: string): Promise<boolean> => Object.keys(await daysOf(country)).length > 0;
