/** Public holidays by their library: whole days, of the part of the country that is named. */
import { describe, expect, it } from 'vitest';
import { hasHolidays, holidaysOf } from '../../src/catalog/holidays.ts';

/** Facts that anybody can look up; of a year that is far enough inside what is read. */
const YEAR = new Date().getUTCFullYear() + 1;

describe('public holidays', () => {
  it('are those of the country, and of the part that is named', async () => {
    const { DE: germany, 'DE-BY': bavaria, GB: britain } = await holidaysOf(['DE', 'DE-BY', 'GB']);
    const isOff = (days: object | undefined, day: string): boolean => days !== undefined && Object.hasOwn(days, day);
    expect(isOff(germany, `${YEAR}-10-03`)).toBe(true);
    // Assumption of Mary is one in Bavaria.
    expect([isOff(germany, `${YEAR}-11-01`), isOff(bavaria, `${YEAR}-11-01`)]).toEqual([false, true]);
    expect(isOff(britain, `${YEAR}-12-25`)).toBe(true);
    expect(isOff(britain, `${YEAR}-10-03`)).toBe(false);
  });

  it('are each day of those that last for several, and no half days', async () => {
    const { KR: korea, CN: china } = await holidaysOf(['KR', 'CN']);
    // Seollal takes three days in a row, whenever the moon has them.
    const names = Object.entries(korea ?? {}).filter(([day]) => day.startsWith(String(YEAR)));
    const seollal = names.filter(([, name]) => /설날|Korean New Year|Seollal/i.test(name));
    expect(seollal.length).toBeGreaterThanOrEqual(3);
    // Women's Day is half a day off, for half of the people.
    expect(Object.hasOwn(china ?? {}, `${YEAR}-03-08`)).toBe(false);
  });

  it.each([
    ['DE-BY', true],
    ['GB-SCT', true],
    ['DE-XX', false],
    ['XX', false],
  ])('%s is known: %s', async (country, known) => expect(await hasHolidays(country)).toBe(known));
});
