/** Freezes that come again, of groups and regions, as people meet them: declared, told, left out once, got past. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { approve, create, fill, freeze } from '../support/acting.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const last = (bed: Testbed, who: Parameters<Testbed['as']>[0]) => bed.as(who).lastPrivate(bed.channels.team);
const typed = async (bed: Testbed, who: Parameters<Testbed['as']>[0], text: string): Promise<string> => {
  await bed.as(who).command('/release', text, bed.channels.team);
  return last(bed, who);
};
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
      'every week, on Fridays',
      'Fri 6 Mar 18:00 – Mon 9 Mar 07:00 London · for you',
      'Fri 27 Mar 18:00 – Mon 30 Mar 07:00 London (the clocks change in it)',
      'It hits 1 planned release: checkout 2.14.0',
    ])
      expect(shown).toContain(words);
    expect(shown).not.toContain('Fri 10 Apr');
    await rita.submit();
    await bed.settled();
    expect(await bed.dm('olivia')).toContain('checkout 2.14.0 (REL-1) is inside the freeze Weekend');
    const post = await bed.channelText(bed.channels.team);
    expect(post).toContain('Production will be frozen every week, on Fridays, first Fri 6 Mar 18:00 – Mon 9 Mar 07:00');
    expect(await typed(bed, 'olivia', 'freeze list')).toMatch(/1 Weekend · planned · Fri 6 Mar 18:00 .* every week/);
    expect((await typed(bed, 'olivia', 'freeze list')).match(/Weekend/g)).toHaveLength(1);
  });

  it('tells nobody ahead: one post at each start, which says when it is over', async () => {
    const bed = await startTestbed();
    await freeze(bed, weekend);
    const posts = async (words: string) => (await bed.channelText(bed.channels.team)).split(words).length - 1;
    await bed.pass(3 * DAY + 9 * HOUR);
    expect(await posts('Weekend until Mon 9 Mar 07:00')).toBe(1);
    expect(await typed(bed, 'olivia', 'freeze status')).toContain(
      'Production is frozen for checkout until Mon 9 Mar 07:00',
    );
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
    expect(await typed(bed, 'rita', 'freeze skip 1')).toContain('Say why it ends early');
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
    await fill(bed, 'olivia', { reason: 'A customer waits' });
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
    expect(last(bed, 'olivia')).toContain('checkout 2.14.0 (REL-1) is inside the freeze Audit');
    await bed.as('olivia').click(post, 'Ask for an exception');
    await fill(bed, 'olivia', { reason: 'A customer waits' });
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
