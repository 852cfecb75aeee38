/** A freeze, an emergency, an artifact that nobody named: whoever reads of the release reads of that, and whoever can do something about it is told. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, fails, fill, freeze, typed } from '../support/acting.ts';
import { homeText } from '../support/home.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

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
    await typed(bed, 'olivia', 'schedule REL-1 Wed 11:00');
    const read = () => bed.channelText(bed.channels.releases);
    expect(await read()).toContain('checkout 2.14.0 is coming Wed 4 Mar 11:00');
    await freeze(bed, QUARTER);
    await bed.pass(MINUTE);
    expect(await read()).toContain(
      'checkout 2.14.0 is coming, not before Thu 5 Mar 12:00: nothing changes until then.',
    );
    // Its time is over, and nobody has approved it: its owner names another one.
    await bed.pass(DAY + 2 * HOUR);
    expect(await read()).toContain('checkout 2.14.0 is coming; a new date follows here.');
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
    await bed.pass(2 * HOUR + 30 * MINUTE);
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

describe('a freeze that begins after a failure', () => {
  it('takes Retry from the card and the message at once, and gives it back', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, { ...QUARTER, start_time: '12:00' });
    await typed(bed, 'olivia', 'deploy REL-1');
    await fails(bed, '2.14.0', 'no image');
    expect(await bed.cardText()).toContain('[Retry]');
    await bed.pass(2 * HOUR);
    expect(await bed.cardText()).not.toContain('[Retry]');
    expect(await bed.dm('olivia')).not.toContain('[Retry]');
    await bed.pass(2 * DAY + 5 * MINUTE);
    expect(await bed.cardText()).toContain('[Retry]');
  });
});

describe('an exception', () => {
  const asked = async (): Promise<Testbed> => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, QUARTER);
    await bed.as('olivia').command('/release', 'exception REL-1', bed.channels.team);
    await fill(bed, 'olivia', {
      reason: 'The basket is down',
      blastRadius: 'Nobody',
      urgency: 'today',
      until: String(Date.parse('2026-03-03T15:00:00Z') / 1_000),
    });
    return bed;
  };

  it('says until when it lets a release in, wherever that can be read, and that it ended unused', async () => {
    const bed = await asked();
    await bed.as('rita').click(await bed.dmWith('rita', 'despite'), 'Grant');
    await bed.settled();
    const until = 'for one start until Tue 3 Mar 15:00';
    expect(await bed.cardText()).toContain(
      `Exception   into production past the freeze Quarter end, ${until}, by rita`,
    );
    expect(await bed.dm('olivia')).toContain('For one start until Tue 3 Mar 15:00.');
    expect(await typed(bed, 'olivia', 'why REL-1')).toContain(until);
    await bed.pass(5 * HOUR + MINUTE);
    expect(await bed.dm('olivia')).toContain('The exception for production ended unused Tue 3 Mar 15:00.');
    expect(await bed.cardText()).not.toContain(until);
  });

  it('that nobody decided is told to whoever asked, when it would have ended', async () => {
    const bed = await asked();
    await bed.pass(5 * HOUR + MINUTE);
    expect(await bed.dm('olivia')).toContain(
      'Nobody decided the exception for production by Tue 3 Mar 15:00, when it would have ended.',
    );
  });

  it('by which a start went that was aborted lets it in once more', async () => {
    const bed = await asked();
    await bed.as('rita').click(await bed.dmWith('rita', 'despite'), 'Grant');
    await typed(bed, 'olivia', 'deploy REL-1');
    await clickCard(bed, 'olivia', '2.14.0', 'Abort: nothing was touched');
    expect(await bed.cardText()).toContain('Exception   into production');
    expect(await bed.cardText()).toContain('[I am starting]');
  });
});

describe('an emergency', () => {
  const declared = async (): Promise<Testbed> => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'emergency REL-1');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await bed.pass(11 * MINUTE);
    return bed;
  };

  it('by which nothing was touched is not used: it may start once more by it', async () => {
    const bed = await declared();
    await typed(bed, 'olivia', 'deploy REL-1');
    await clickCard(bed, 'olivia', '2.14.0', 'Abort: nothing was touched');
    expect(await bed.cardText()).toContain('olivia may start it without approval until');
    expect(await bed.channelText(bed.channels.team)).not.toContain('It is used.');
    expect(await bed.dm('rita')).not.toContain('Say whether it was justified');
    expect(await typed(bed, 'olivia', 'deploy REL-1')).toContain('Started');
    expect(await bed.dm('rita')).toContain('Say whether it was justified');
  });

  it('is not used by what was approved meanwhile: nobody judges that', async () => {
    const bed = await declared();
    await approve(bed, '2.14.0');
    expect(await bed.cardText()).toContain('Nothing in the way. olivia starts it.');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    expect(await bed.cardText()).not.toContain('whether it was justified');
    expect(await bed.dm('rita')).not.toContain('Say whether it was justified');
    expect(await bed.channelText(bed.channels.team)).toContain('was not used, and is over');
  });

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
