/** Times as the person who is acting reads them: always in that person's zone, never in the browser's. */

const parts = (at: number, zone: string): Record<string, string> =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    })
      .formatToParts(new Date(at))
      .map(({ type, value }) => [type, value]),
  );

/** `2026-11-21T10:00` in the zone, as a date-time field wants it. */
export const wallTime = (at: number, zone: string): string => {
  const { year, month, day, hour, minute } = parts(at, zone);
  return `${year}-${month}-${day}T${hour}:${minute}`;
};

const offset = (at: number, zone: string): number => {
  const { year, month, day, hour, minute, second } = parts(at, zone);
  return (
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) -
    Math.floor(at / 1_000) * 1_000
  );
};

/** Back from a wall time to milliseconds; asked twice, because the offset itself depends on the answer. */
export const fromWallTime = (text: string, zone: string): number => {
  const guess = Date.parse(`${text}:00Z`);
  const first = guess - offset(guess, zone);
  return guess - offset(first, zone);
};

const format = (at: number, zone: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(new Date(at));

export const clockTime = (at: number, zone: string): string => format(at, zone, { hour: '2-digit', minute: '2-digit' });
export const longTime = (at: number, zone: string): string =>
  format(at, zone, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
export const dayName = (at: number, zone: string): string =>
  format(at, zone, { weekday: 'long', day: 'numeric', month: 'long' });

const near = (at: number, now: number, zone: string): string | null => {
  const day = (time: number) => wallTime(time, zone).slice(0, 10);
  if (day(at) === day(now)) return 'today';
  if (day(at) === day(now + 86_400_000)) return 'tomorrow';
  return day(at) === day(now - 86_400_000) ? 'yesterday' : null;
};

/** One of Slack's date tokens, `{date_short_pretty} {time}` and its like. */
export const dateToken = (template: string, at: number, now: number, zone: string): string => {
  const short: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
  const pretty = (options: Intl.DateTimeFormatOptions) => near(at, now, zone) ?? format(at, zone, options);
  const words: Readonly<Record<string, () => string>> = {
    date_num: () => wallTime(at, zone).slice(0, 10),
    date: () => format(at, zone, { day: 'numeric', month: 'long', year: 'numeric' }),
    date_short: () => format(at, zone, short),
    date_long: () => format(at, zone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    date_pretty: () => pretty({ day: 'numeric', month: 'long', year: 'numeric' }),
    date_short_pretty: () => pretty(short),
    date_long_pretty: () => pretty({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    time: () => clockTime(at, zone),
    time_secs: () => format(at, zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
  };
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => words[name]?.() ?? whole);
};
