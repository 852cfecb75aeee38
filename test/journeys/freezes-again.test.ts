/** Freezes that come again, of groups and regions, as people meet them: declared, told, left out once, got past. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { approve, create, fill, freeze, typed } from '../support/acting.ts';
import { calling, makeToken } from '../support/api.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const last = (bed: Testbed, who: Parameters<Testbed['as']>[0]) => bed.as(who).lastPrivate(bed.channels.team);
/** From Friday evening to Monday morning; the bed begins on a Tuesday. */
const weekend = {
  name: 'Weekend',
  reason: 'Nobody is here',
  start: '2026-03-06',
  start_time: '18:00',
  end: '2026-03-09',
  end_time: '07:00',
  zone: 'Europe/London',
  repeats: 'week',
};

describe('a freeze that comes again', () => {
  it('shows the next five before it is saved, in its zone and the reader’s, with what it hits', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 Sat 14 Mar 10:00');
    const rita = bed.as('rita');
    await rita.command('/freeze', 'new', bed.channels.team);
    for (const [field, value] of Object.entries(weekend)) await rita.fill(field, value);
    await rita.submit();
    const shown = JSON.stringify(rita.modal()?.body);
    for (const words of [
      'Every week, Fri 18:00 – Mon 07:00',
      'Fri 6 Mar 18:00 – Mon 9 Mar 07:00 London',
      'Fri 27 Mar 18:00 – Mon 30 Mar 07:00 London (the clocks change in it)',
      'It hits 1 planned release: checkout 2.14.0',
    ])
      expect(shown).toContain(words);
    expect(shown).not.toContain('Fri 10 Apr');
    await rita.submit();
    await bed.settled();
    expect(await bed.dm('olivia')).toContain(
      'checkout 2.14.0 (REL-1) cannot start until Mon 16 Mar 07:00: freeze Weekend.',
    );
    const post = await bed.channelText(bed.channels.team);
    expect(post).toContain(
      'Production will be frozen every week, Fri 18:00 – Mon 07:00, next Fri 6 Mar 18:00 – Mon 9 Mar 07:00',
    );
    expect(await typed(bed, 'olivia', 'freeze list')).toMatch(/1 Weekend · planned · Fri 6 Mar 18:00 .* every week/);
    expect((await typed(bed, 'olivia', 'freeze list')).match(/Weekend/g)).toHaveLength(1);
  });

  it('tells nobody ahead: one post at each start, which says when it is over', async () => {
    const bed = await startTestbed();
    await freeze(bed, weekend);
    const posts = async (words: string) => (await bed.channelText(bed.channels.team)).split(words).length - 1;
    await bed.pass(3 * DAY + 9 * HOUR);
    expect(await posts('Weekend until Mon 9 Mar 07:00')).toBe(1);
    expect(await typed(bed, 'olivia', 'freeze status')).toContain('Production is frozen until Mon 9 Mar 07:00');
    await bed.pass(3 * DAY);
    expect(await posts('Weekend is over since Mon 9 Mar 07:00')).toBe(1);
    expect(await posts('open again')).toBe(0);
    await bed.pass(4 * DAY + 9 * HOUR);
    expect(await posts('Weekend until Mon 16 Mar 07:00')).toBe(1);
    expect(await posts('Weekend is over since')).toBe(1);
    expect(await bed.channelText(bed.channels.releases)).toContain(
      'No planned changes go live during Weekend: every week',
    );
    expect((await bed.channelText(bed.channels.releases)).match(/Weekend/g)).toHaveLength(1);
  });

  it('is left out once, ended once, moved once, and stopped for good', async () => {
    const bed = await startTestbed();
    await freeze(bed, weekend);
    expect(await typed(bed, 'rita', 'freeze end 1 "why"')).toContain('freeze skip 1 "why"');
    expect(await typed(bed, 'rita', 'freeze skip 1')).toContain('Not skipped: say why, in quotes at the end');
    expect(await typed(bed, 'rita', 'freeze skip 1 "The launch is on Saturday"')).toContain(
      'of Fri 6 Mar 18:00 does not take place',
    );
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain(
      'Weekend does not take place Fri 6 Mar 18:00 – Mon 9 Mar 07:00. @rita decided: The launch is on Saturday · the next one begins Fri 13 Mar 18:00',
    );
    expect(await typed(bed, 'rita', 'freeze list')).toContain('Fri 13 Mar 18:00');
    await bed.pass(5 * DAY);
    expect(await typed(bed, 'rita', 'freeze status')).toContain('Production is open');
    expect(await bed.channelText(bed.channels.team)).not.toContain('Weekend until Mon 9 Mar');
    await bed.pass(6 * DAY);
    expect(await typed(bed, 'rita', 'freeze extend 1 until Tue 17 Mar 09:00 "Late trains"')).toContain(
      'ends Tue 17 Mar 09:00 now',
    );
    expect(await typed(bed, 'rita', 'freeze status')).toContain('until Tue 17 Mar 09:00');
    expect(await typed(bed, 'rita', 'freeze end 1 "All are back"')).toContain('Ended: Weekend.');
    expect(await typed(bed, 'rita', 'freeze status')).toContain('Next freeze: Weekend from Fri 20 Mar 18:00');
    expect(await typed(bed, 'rita', 'freeze stop 1 "We work on weekends now"')).toContain('Stopped for good: Weekend');
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('Weekend does not come again');
    expect(await typed(bed, 'rita', 'freeze list')).toContain('No freeze is active or planned');
    expect(await typed(bed, 'rita', 'freeze stop 1 "again"')).toContain('is over');
  });

  it('holds as any other: an exception is of one of its days', async () => {
    const bed = await startTestbed();
    await freeze(bed, weekend);
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await bed.pass(4 * DAY);
    expect(await typed(bed, 'olivia', 'why REL-1')).toContain('production is frozen until Mon 9 Mar 07:00 (Weekend)');
    await bed.as('olivia').command('/release', 'exception REL-1', bed.channels.team);
    await fill(bed, 'olivia', { reason: 'A customer waits', blastRadius: 'that customer' });
    const ask = await bed.dmWith('rita', 'despite Weekend');
    await bed.as('rita').click(ask, 'Grant');
    await bed.settled();
    expect(await typed(bed, 'olivia', 'why REL-1')).not.toContain('frozen until Mon 9 Mar');
    await bed.pass(7 * DAY);
    expect(await typed(bed, 'olivia', 'why REL-1')).toContain('frozen until Mon 16 Mar 07:00 (Weekend)');
  });

  it('says an hour before its end what it holds, and nothing where it holds nothing', async () => {
    const bed = await startTestbed();
    await freeze(bed, weekend);
    await bed.pass(5 * DAY + 21 * HOUR);
    expect(await bed.channelText(bed.channels.team)).not.toContain('is held');
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await bed.pass(4 * DAY + 11 * HOUR);
    await bed.pass(2 * DAY + 12 * HOUR + HOUR / 2);
    expect(await bed.channelText(bed.channels.team)).toMatch(
      /Weekend ends Mon 16 Mar 07:00. 1 release is held: checkout 2.14.0. Its owner chooses when/,
    );
  });
});

describe('what somebody who did not write it found', () => {
  it('the last of a row that ends later is on everywhere, and so is one that begins at the last minute', async () => {
    const bed = await startTestbed();
    await freeze(bed, { ...weekend, until: '2026-03-06' });
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await bed.pass(5 * DAY);
    await typed(bed, 'rita', 'freeze extend 1 until Wed 11 Mar 09:00 "Late trains"');
    await bed.pass(2 * DAY);
    for (const [say, words] of [
      ['why REL-1', 'frozen until Wed 11 Mar 09:00'],
      ['freeze status', 'Production is frozen until Wed 11 Mar 09:00'],
      ['freeze list', '1 Weekend · active'],
      ['calendar', 'Weekend'],
    ] as const)
      expect(await typed(bed, 'olivia', say)).toContain(words);
    expect(await typed(bed, 'rita', 'freeze skip 1 "x"')).toContain('Skipped');
    expect(await typed(bed, 'rita', 'freeze skip 1 "x"')).toContain('is over: none of it comes any more');
    expect(await typed(bed, 'rita', 'freeze extend 1 until Fri 10:00 "x"')).toContain(
      'Not moved: freeze 1 (Weekend) is over',
    );
  });

  it('one that comes in years is listed and told, and its next is the one after a skipped one', async () => {
    const bed = await startTestbed();
    await freeze(bed, { ...weekend, name: 'Christmas', start: '2027-12-20', end: '2028-01-03', repeats: 'year' });
    expect(await typed(bed, 'rita', 'freeze list')).toContain('1 Christmas · planned · Mon 20 Dec');
    expect(await typed(bed, 'rita', 'freeze skip 1 "x"')).toContain('Skipped: Christmas of Mon 20 Dec');
    expect(await typed(bed, 'rita', 'freeze skip 1 "x"')).toContain('Skipped: Christmas of Wed 20 Dec');
    expect(await typed(bed, 'rita', 'freeze list')).toContain('Thu 20 Dec');
  });

  it('what was said of a row that is stopped says so, wherever it stands', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 Sat 21 Mar 10:00');
    await freeze(bed, { ...weekend, name: 'Long', start: '2026-03-12', end: '2026-03-16' });
    await bed.settled();
    expect(await bed.dm('olivia')).toContain('cannot start until Mon 23 Mar 07:00: freeze Long.');
    await bed.pass(8 * DAY + 10 * HOUR);
    expect(await bed.channelText(bed.channels.releases)).toContain('No planned changes go live from Thu 12 Mar');
    await typed(bed, 'rita', 'freeze stop 1 "not needed"');
    await bed.pass(HOUR);
    expect(await bed.dm('olivia')).toContain('No longer needed: the freeze Long holds nothing of yours.');
    expect(await bed.channelText(bed.channels.releases)).not.toContain('No planned changes go live from');
    const team = await bed.channelText(bed.channels.team);
    expect(team).not.toContain('will be frozen Thu 12 Mar');
    expect(team).toContain('Long does not come again');
  });

  it('nothing is told of what would have been over before it was declared', async () => {
    const bed = await startTestbed();
    await freeze(bed, { ...weekend, start: '2026-01-02', end: '2026-01-05' });
    await bed.pass(HOUR);
    const team = await bed.channelText(bed.channels.team);
    expect(team).toContain('next Fri 6 Mar 18:00');
    expect(team).not.toContain('is over');
    expect(team).not.toContain('open again');
  });

  it('one is not moved into the next, and a far end is refused at once', async () => {
    const bed = await startTestbed();
    await freeze(bed, weekend);
    await bed.pass(4 * DAY);
    expect(await typed(bed, 'rita', 'freeze extend 1 until Mon 16 Mar 12:00 "x"')).toContain(
      'Not moved: the next one begins Fri 13 Mar 18:00',
    );
    const rita = bed.as('rita');
    await rita.command('/freeze', 'new', bed.channels.team);
    for (const [field, value] of Object.entries({ ...weekend, until: '2500-12-31' })) await rita.fill(field, value);
    expect(JSON.stringify((await rita.submit()).errors)).toContain('within ten years');
  });

  it('an occurrence that is none is not found, and three that are held are moved together', async () => {
    const bed = await startTestbed();
    for (const version of ['2.14.0', '2.15.0', '2.16.0']) await create(bed, version);
    for (const n of [1, 2, 3]) await typed(bed, 'olivia', `schedule REL-${n} Sat 21 Mar 1${n}:00`);
    await freeze(bed, weekend);
    await bed.settled();
    const post = bed.sandbox.messagesIn(bed.channels.team).findLast(({ text }) => text.includes('Weekend'));
    if (post === undefined) throw new Error('Nothing was told of the freeze.');
    await bed.as('olivia').click(post, 'Am I affected?');
    await bed.settled();
    expect(last(bed, 'olivia')).toContain('until Mon 23 Mar 07:00');
    await bed.as('olivia').command('/freeze', 'move Weekend', bed.channels.team);
    expect(JSON.stringify(bed.as('olivia').modal()?.body)).toContain('Each goes to the first slot');
    const { db } = bed.app.deps.database;
    const row = await db
      .selectFrom('freezes')
      .select('id')
      .where('workspace_id', 'is not', null)
      .executeTakeFirstOrThrow();
    const call = calling(bed, await makeToken(bed));
    for (const day of ['2026-99-99', 'junk', '2026-03-06.9', '2026-03-07'])
      expect((await call('POST', '/v1/end-freeze', { freeze: `${row.id}.${day}`, reason: 'x' })).status).toBe(404);
  });
});

describe('beside what is told of a freeze', () => {
  it('whoever asks learns what of theirs it stops, and asks for an exception there', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, {
      name: 'Audit',
      reason: 'x',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-04',
      end_time: '02:00',
    });
    await bed.settled();
    const post = bed.sandbox.messagesIn(bed.channels.team).findLast(({ text }) => text.includes('Audit'));
    if (post === undefined) throw new Error('Nothing was told of the freeze.');
    await bed.as('quinn').click(post, 'Am I affected?');
    await bed.settled();
    expect(last(bed, 'quinn')).toContain('No release of yours is inside Audit');
    await bed.as('olivia').click(post, 'Am I affected?');
    await bed.settled();
    expect(last(bed, 'olivia')).toContain('checkout 2.14.0 (REL-1) cannot start until Wed 4 Mar 02:00: freeze Audit.');
    await bed.as('olivia').click(post, 'Ask for an exception');
    await fill(bed, 'olivia', { reason: 'A customer waits', blastRadius: 'that customer' });
    expect(await bed.dmWith('rita', 'despite Audit')).toBeDefined();
    expect(last(bed, 'quinn')).not.toContain('checkout');
  });
});

describe('the scope of a freeze', () => {
  it('is groups, tiers and regions, told by their names; and whom it exempts may start with a reason', async () => {
    const bed = await startTestbed();
    const text = catalogText(bed.ids)
      .replace(
        'environments:\n  - staging\n',
        'environments:\n  - staging\n  - { name: eu, protected: true, region: europe }\n',
      )
      .replace('announce:', 'service_groups: { shop: [checkout, search] }\nannounce:');
    await bed.useCatalog(text);
    const rita = bed.as('rita');
    await rita.command('/freeze', 'new', bed.channels.team);
    for (const [field, value] of Object.entries({
      name: 'Trading',
      reason: 'x',
      scope: ['group shop'],
      except: ['search'],
      environments: ['region europe', 'production'],
      exempt: ['checkout-owners'],
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-04',
      end_time: '02:00',
    }))
      await rita.fill(field, value);
    await rita.submit();
    expect(JSON.stringify(rita.modal()?.body)).toContain('It stops deployments of checkout to eu, production.');
    await rita.submit();
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('people of @checkout-owners with a reason');
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect(await typed(bed, 'rita', 'deploy REL-1 production "now"')).toContain('frozen until');
    expect(await typed(bed, 'olivia', 'deploy REL-1 production')).toMatch(
      /You are exempt from it: start with a reason/,
    );
    await typed(bed, 'olivia', 'deploy REL-1 production "The pager rings"');
    await bed.settled();
    expect(await bed.cardText()).toContain('deploying to production');
    expect(await typed(bed, 'olivia', 'freeze status search')).toContain('Production is open');
  });

  it('is kept when the catalog drops a group that a freeze is about', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(catalogText(bed.ids).replace('announce:', 'service_groups: { shop: [checkout] }\nannounce:'));
    await freeze(bed, { ...weekend });
    await bed.as('rita').command('/freeze', 'new', bed.channels.team);
    for (const [field, value] of Object.entries({ ...weekend, name: 'Shop', scope: ['group shop'] }))
      await bed.as('rita').fill(field, value);
    await bed.as('rita').submit();
    await bed.as('rita').submit();
    await bed.useCatalog(catalogText(bed.ids));
    expect(await typed(bed, 'rita', 'freeze list')).toContain('stops deployments of checkout to production');
  });
});
