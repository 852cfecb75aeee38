/** Times as people type them: read in the zone that they name, else in their own; what may mean two things is asked back. */
import { describe, expect, it } from 'vitest';
import { sentenceText } from '../../src/slack/mrkdwn.ts';
import { typedTime } from '../../src/slack/typed-time.ts';
import { NOW } from '../support/builders.ts';

/** NOW is Tuesday 3 March 2026, 10:00 UTC. */
const read = (text: string, zone: string) => typedTime(text, zone, NOW);
const problem = (text: string, zone = 'Europe/London'): string => {
  const answer = read(text, zone);
  if (answer.ok) throw new Error(`“${text}” was read as ${JSON.stringify(answer.time)}`);
  return sentenceText(answer.problem, { names: {}, command: '/release', zone: zone });
};

describe('an hour that is left out when the clocks go forward', () => {
  it.each([
    ['2026-03-29 01:30', 'Europe/London', '01:30 does not exist on that day in London'],
    ['2026-03-29 02:30 Berlin', 'Europe/London', '02:30 does not exist on that day in Berlin'],
    ['2026-03-29 00:30-01:30', 'Europe/London', '01:30 does not exist'],
    // The way out is a time of that place, whatever the clock of whoever reads.
    ['2026-03-29 01:30 London', 'America/New_York', 'The first time after it there is 02:00.'],
  ])('is asked back: %s', (text, zone, words) => expect(problem(text, zone)).toContain(words));

  it.each([
    ['Fri 18:00 -05:00', 'Write “18:00 UTC-5” or “18:00 to 05:00”.'],
    ['2026-03-12 06:00-05:00', 'is an offset or the end of a window'],
    ['2026-13-05 10:00', '“2026-13-05” is no date'],
    ['05-03-26 10:00', 'can be read in several ways'],
    ['26-03-05', 'can be read in several ways'],
    ['Mon 2026-03-30 10:30 Tue', ''],
    ['Thu 2026-03-30 10:30', '30 March is a Monday, not a Thursday'],
    ['2026-10-25 01:30', 'comes twice on that day'],
    ['two hours', 'is how long, not when. Write “in two hours”'],
    ['90m', 'is how long, not when'],
    ['half an hour', 'is how long, not when'],
    ['2d', 'is how long, not when'],
    ['Thu 06:00 - 05:00', 'That window would last '],
  ])('nor is %s guessed', (text, words) => {
    const found = read(text, 'Europe/London');
    expect(found.ok).toBe(false);
    expect(found.ok ? '' : found.problem.filter((part) => typeof part === 'string').join('')).toContain(words);
  });

  it('is one day of the year, and so is the ambiguous hour of autumn, which has an offset', () => {
    expect(read('2026-03-30 01:30', 'Europe/London').ok).toBe(true);
    expect(read('2026-10-25 02:30', 'Europe/London').ok).toBe(true);
    expect(read('2026-10-25 01:30 UTC+1', 'Europe/London').ok).toBe(true);
  });
});

describe('a typed time', () => {
  it.each([
    ['Thu 06:00', 'Europe/London', '2026-03-05T06:00:00.000Z', null],
    ['on Thu, at 06:00', 'Europe/London', '2026-03-05T06:00:00.000Z', null],
    ['tomorrow 10:00', 'Asia/Tokyo', '2026-03-04T01:00:00.000Z', null],
    ['tomorrow', 'Asia/Tokyo', '2026-03-04T00:00:00.000Z', null],
    ['tonight', 'Europe/London', '2026-03-03T22:00:00.000Z', null],
    ['in 90 minutes', 'Asia/Tokyo', '2026-03-03T11:30:00.000Z', null],
    ['in 2 hours', 'America/New_York', '2026-03-03T12:00:00.000Z', null],
    ['2026-07-01 18:00', 'Europe/London', '2026-07-01T17:00:00.000Z', null],
    ['18.12.2026 18:00', 'UTC', '2026-12-18T18:00:00.000Z', null],
    ['03.04.2026 18:00', 'UTC', '2026-04-03T18:00:00.000Z', null],
    ['25/12/2026 18:00', 'UTC', '2026-12-25T18:00:00.000Z', null],
    ['04/04/2026 18:00', 'UTC', '2026-04-04T18:00:00.000Z', null],
    ['tomorrow 10:00-11:00', 'UTC', '2026-03-04T10:00:00.000Z', '2026-03-04T11:00:00.000Z'],
    ['Fri 17:00 until Mon 8:00', 'UTC', '2026-03-06T17:00:00.000Z', '2026-03-09T08:00:00.000Z'],
  ])('reads “%s” in %s, where it was typed', (text, zone, start, end) => {
    expect(read(text, zone)).toEqual({ ok: true, time: { start, end, typed: null } });
  });

  it.each([
    ['tomorrow 06:00 London', '2026-03-04T06:00:00.000Z', null],
    ['tomorrow 06:00 Europe/London', '2026-03-04T06:00:00.000Z', null],
    ['tomorrow 06:00 (Europe/London)', '2026-03-04T06:00:00.000Z', null],
    ['2026-07-01 06:00 london', '2026-07-01T05:00:00.000Z', null],
    ['2026-07-01 06:00 New York', '2026-07-01T10:00:00.000Z', null],
    ['2026-07-01 18:00Z', '2026-07-01T18:00:00.000Z', null],
    ['2026-07-01 18:00 Z', '2026-07-01T18:00:00.000Z', null],
    ['2026-07-01T18:00:00Z', '2026-07-01T18:00:00.000Z', null],
    ['2026-07-01 18:00+02:00', '2026-07-01T16:00:00.000Z', null],
    ['2026-07-01 18:00-20:00 UTC', '2026-07-01T18:00:00.000Z', '2026-07-01T20:00:00.000Z'],
    ['Thu 06:00 UTC', '2026-03-05T06:00:00.000Z', null],
    ['Thu 06:00 UTC+2', '2026-03-05T04:00:00.000Z', null],
    ['10:00 EST tomorrow', '2026-03-04T15:00:00.000Z', null],
    ['10:00 UTC tomorrow', '2026-03-04T10:00:00.000Z', null],
    ['Thu 3 PM ET', '2026-03-05T20:00:00.000Z', null],
    ['Thu 10:00 MSK', '2026-03-05T07:00:00.000Z', null],
    ['Thu 06:00 Kolkata', '2026-03-05T00:30:00.000Z', null],
    ['Thu 06:00 Kyiv', '2026-03-05T04:00:00.000Z', null],
    ['Thu 06:00 Istanbul', '2026-03-05T03:00:00.000Z', null],
    ['Thu 06:00 ho chi minh', '2026-03-04T23:00:00.000Z', null],
    ['Thu 06:00 CET', '2026-03-05T05:00:00.000Z', null],
  ])('reads “%s” in the zone that it names, wherever it was typed', (text, start, end) => {
    for (const zone of ['Asia/Tokyo', 'America/Los_Angeles', 'UTC'])
      expect(read(text, zone)).toEqual({ ok: true, time: { start, end, typed: text } });
  });

  it('takes “tomorrow” from the day of the zone that is named', () => {
    // 23:30 on the 3rd in London is the morning of the 4th in Tokyo.
    const late = '2026-03-03T23:30:00.000Z' as typeof NOW;
    expect(typedTime('tomorrow 09:00 Tokyo', 'Europe/London', late)).toMatchObject({
      time: { start: '2026-03-05T00:00:00.000Z' },
    });
    expect(typedTime('tomorrow 09:00 UTC+9', 'Europe/London', late)).toMatchObject({
      time: { start: '2026-03-05T00:00:00.000Z' },
    });
  });

  it.each([
    ['03/04/2026', '“03/04/2026” is 3 April or 4 March. Write “3 April 2026” or “4 March 2026”.'],
    ['05-06-2026 10:00', '“05-06-2026” is 5 June or 6 May. Write “5 June 2026” or “6 May 2026”.'],
    ['3/4 10:00', '“3/4” is 3 April or 4 March. Write “3 April” or “4 March”.'],
    [
      'Thu 06:00 CST',
      '“CST” is the name of several zones. Write America/Chicago or Asia/Shanghai, or an offset such as UTC+8.',
    ],
  ])('asks back what “%s” means', (text, expected) => {
    expect(problem(text)).toBe(expected);
  });

  it.each([
    ['25:99', '25:99'],
    ['tomorrow 25:99', '25:99'],
    ['+90m', '+90m'],
    ['someday', 'someday'],
    ['Thu 06:00 Atlantis', 'Atlantis'],
    ['Thu 06:00 Mars/Olympus', 'Mars/Olympus'],
    ['2026-02-30 10:00', '2026-02-30 10:00'],
    ['Thu 06:00 for two hours', 'for two hours'],
    ['Thu 06:00 UTC London', 'Thu 06:00 UTC London'],
    ['', ''],
  ])('says of “%s” which part is no time, and guesses nothing', (text, part) => {
    expect(problem(text)).toBe(
      `“${part}” is not a time. Write it like “Thu 06:00”, “tomorrow 10:00-11:00” or “2026-12-18 18:00 Europe/London”.`,
    );
  });

  it('tells what is written as a date again in the way that it asks for', () => {
    for (const text of ['3 April 2026', '4 March 2026', '3 April']) expect(read(text, 'UTC').ok).toBe(true);
  });
});
