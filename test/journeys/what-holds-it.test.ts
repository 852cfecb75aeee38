/** A freeze, an emergency, an artifact that nobody named: whoever reads of the release reads of that, and whoever can do something about it is told. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, fill, freeze, typed } from '../support/acting.ts';
import { homeText } from '../support/home.ts';
import { startTestbed } from '../support/testbed.ts';

/** It is Tuesday 3 March, 10:00. */
const QUARTER = {
  name: 'Quarter end',
  reason: 'the books close',
  start: '2026-03-03',
  start_time: '09:00',
  end: '2026-03-05',
  end_time: '12:00',
};

describe('a freeze', () => {
  it('stands in what stakeholders read of when it comes, and goes from there with it', async () => {
    const bed = await startTestbed();
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "Gift cards"', bed.channels.team);
    await typed(bed, 'olivia', 'edit REL-1');
    await bed.as('olivia').fill('customers', 'You can pay with gift cards.');
    await bed.as('olivia').submit();
    await approve(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 Wed 09:00');
    const read = () => bed.channelText(bed.channels.releases);
    expect(await read()).toContain('checkout 2.14.0 is coming Wed 4 Mar 09:00');
    await freeze(bed, QUARTER);
    await bed.pass(MINUTE);
    expect(await read()).toContain(
      'checkout 2.14.0 is coming, not before Thu 5 Mar 12:00: nothing changes until then.',
    );
    await bed.pass(DAY);
    expect(await read()).toContain('is coming, not before Thu 5 Mar 12:00');
    expect(await read()).not.toContain('is coming Wed');
    await bed.pass(2 * DAY);
    expect(await read()).not.toContain('not before');
  });

  it('stands in what approvers decide by, and on the card that waits', async () => {
    const bed = await startTestbed();
    await freeze(bed, QUARTER);
    await create(bed, '2.14.0');
    const holds = 'the freeze Quarter end holds it until Thu 5 Mar 12:00';
    expect(await bed.dm('bella')).toContain(`as soon as approved · production, but ${holds}`);
    expect(await bed.cardText()).toContain(`Then   ${holds}`);
  });

  it('in which its time has come, before it was approved, is its owner’s to move it out of', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 today 12:00');
    await freeze(bed, { ...QUARTER, start_time: '11:00' });
    await bed.pass(3 * HOUR);
    await bed.as('olivia').openHome();
    expect(await homeText(bed, 'olivia')).toMatch(
      /Move checkout 2\.14\.0, which a freeze holds[\s\S]*Move to Thu 5 Mar/,
    );
  });

  it('an exception from it is asked about once more, in one message', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, QUARTER);
    await bed.as('olivia').command('/release', 'exception REL-1', bed.channels.team);
    await fill(bed, 'olivia', { reason: 'The basket is down', blastRadius: 'Nobody', urgency: 'today' });
    await bed.pass(2 * HOUR + MINUTE);
    const asked = await bed.dm('rita');
    expect(asked).toContain('You are asked once more: nobody has decided yet.');
    expect(asked.split('[Grant]')).toHaveLength(2);
    await bed.as('rita').click(await bed.dmWith('rita', 'once more'), 'Grant');
    await bed.pass(DAY);
    expect((await bed.dm('rita')).split('once more')).toHaveLength(1);
  });
});

describe('an emergency', () => {
  it('that runs says on its card, and in why, who judges it by when, until somebody has', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'emergency REL-1');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await bed.pass(11 * MINUTE);
    await typed(bed, 'olivia', 'deploy REL-1');
    const judged = 'says by Thu 5 Mar 10:00 whether it was justified';
    expect(await bed.cardText()).toContain(judged);
    const why = await typed(bed, 'olivia', 'why REL-1');
    expect(why).toContain(judged);
    expect(why).toContain('which was an emergency for one start');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    expect(await bed.cardText()).toContain(judged);
    await bed.as('rita').click(await bed.dmWith('rita', 'emergency'), 'Justified');
    await bed.settled();
    expect(await bed.cardText()).not.toContain(judged);
  });
});

describe('an artifact that nobody named', () => {
  it('is said to those who approve it, where it has to be named', async () => {
    const bed = await startTestbed({ preset: 'strict' });
    await bed.as('olivia').command('/release', 'new', bed.channels.team);
    await bed.as('olivia').fill('version_checkout', '2.14.0');
    await bed.as('olivia').fill('title', 'Faster basket');
    await bed.as('olivia').submit();
    await fill(bed, 'olivia', { deployer: bed.ids.quinn, changeNumber: 'CHG0012345' });
    expect(await bed.cardText()).toContain('nobody said which one it is');
    expect(await bed.dm('bella')).toContain('nobody said which one it is');
    while (bed.as('olivia').modal() !== null) await bed.as('olivia').close();
    await typed(bed, 'olivia', 'artifact REL-1');
    await fill(bed, 'olivia', { artifact: '9f3c2a1' });
    expect(await bed.cardText()).not.toContain('nobody said');
  });
});
