/** The calendar: in Slack by day, and as a feed that another parser reads. */
import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { create, freeze } from '../support/acting.ts';
import { makeToken } from '../support/api.ts';
import { urlOf } from '../support/cli.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const planned = async (bed: Testbed): Promise<void> => {
  await create(bed, '2.14.0', 'Faster basket, with ; , \\ in it');
  await bed.as('olivia').command('/release', 'schedule REL-1 Thu 10:00-11:00', bed.channels.team);
  await create(bed, '2.15.0');
  await bed.as('olivia').command('/release', 'schedule REL-2 Thu 10:30-11:30', bed.channels.team);
  await freeze(bed, {
    name: 'Quarter end',
    reason: 'The books are closed',
    start: '2026-03-05',
    start_time: '09:00',
    end: '2026-03-06',
    end_time: '18:00',
  });
  await bed.settled();
};

describe('/release calendar', () => {
  it('shows each day with what is planned, frozen and in conflict; of one service, for so long', async () => {
    const bed = await startTestbed();
    await planned(bed);
    const shown = async (words: string): Promise<string> => {
      await bed.as('olivia').command('/release', `calendar${words}`, bed.channels.team);
      return bed.as('olivia').lastPrivate(bed.channels.team);
    };
    const all = await shown('');
    expect(all).toContain('Quarter end');
    expect(all).toContain('checkout 2.14.0');
    expect(all).toContain('production is frozen then (Quarter end)');
    expect(all).toContain('overlaps checkout 2.15.0');
    expect(await shown(' search')).not.toContain('checkout 2.14.0');
    expect(await shown(' 1d')).toContain('Nothing is planned for a time until');
    expect(await shown(' chekout')).toContain('Did you mean checkout?');
  });
});

describe('the feed', () => {
  it('is read by another parser, and ends with its token', async () => {
    const bed = await startTestbed();
    await makeToken(bed);
    await planned(bed);
    await bed.as('rita').command('/release', 'token hooks checkout-ci', bed.channels.team);
    const path = /\/v1\/calendar\.ics\?token=[\w.-]+/.exec(bed.as('rita').lastPrivate(bed.channels.team))?.[0] ?? '';
    const read = () => fetch(`${urlOf(bed)}${path}`);
    const response = await read();
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8']);
    const text = await response.text();
    // RFC 5545: lines end with CRLF and are folded at 75 octets.
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    const calendar = new ICAL.Component(ICAL.parse(text));
    expect([calendar.getFirstPropertyValue('version'), calendar.getFirstPropertyValue('method')]).toEqual([
      '2.0',
      'PUBLISH',
    ]);
    const events = calendar.getAllSubcomponents('vevent').map((each) => new ICAL.Event(each));
    expect(new Set(events.map(({ uid }) => uid)).size).toBe(3);
    expect(events.map(({ summary }) => summary)).toEqual([
      '❄ Quarter end (hard freeze)',
      'checkout 2.14.0 → production',
      'checkout 2.15.0 → production',
    ]);
    const [frozen, release] = events;
    expect([frozen?.startDate.toJSDate().toISOString(), frozen?.endDate.toJSDate().toISOString()]).toEqual([
      '2026-03-05T09:00:00.000Z',
      '2026-03-06T18:00:00.000Z',
    ]);
    expect(release?.description).toContain('Faster basket, with ; , \\ in it');
    expect(release?.description).toContain('⚠ production is frozen then (Quarter end)');
    expect((await fetch(`${urlOf(bed)}${path}x`)).status).toBe(401);
    expect((await fetch(`${urlOf(bed)}/v1/calendar.ics`)).status).toBe(401);
    await bed.as('rita').command('/release', 'token revoke checkout-ci', bed.channels.team);
    expect((await read()).status).toBe(401);
  });
});
