/** What people who wait for a change read over whole lives of it: each sentence is true of what runs, and what is over stays over. */
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, fails, fill, shipped, typed } from '../support/acting.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const CARDS = 'You can pay with gift cards.';

const forCustomers = async (bed: Testbed, reference: string, customers: string): Promise<void> => {
  await bed.as('olivia').command('/release', `edit ${reference}`, bed.channels.team);
  await fill(bed, 'olivia', { customers });
};
const brought = async (bed: Testbed, version: string): Promise<void> => {
  await approve(bed, version);
  await clickCard(bed, 'olivia', version, 'I am starting');
  await clickCard(bed, 'olivia', version, 'It went through');
};
/** 2.13.0 is live, 2.14.0 takes its place, which customers notice. */
const giftCards = async (): Promise<Testbed> => {
  const bed = await startTestbed();
  await shipped(bed, '2.13.0');
  await create(bed, '2.14.0');
  await forCustomers(bed, 'REL-2', CARDS);
  return bed;
};
const goesBack = async (bed: Testbed, version: string): Promise<void> => {
  await clickCard(bed, 'olivia', version, 'Roll back…');
  await fill(bed, 'olivia', { reason: 'worse' });
  await clickCard(bed, 'olivia', version, 'It is back');
  await bed.pass(MINUTE);
};
const posts = async (bed: Testbed): Promise<string> => {
  await bed.settled();
  return bed.channelText(bed.channels.releases);
};

describe('a fix that is not healthy itself', () => {
  it('leaves the problem open, and when it goes back what it was to mend is to be decided again', async () => {
    const bed = await giftCards();
    await brought(bed, '2.14.0');
    await typed(bed, 'olivia', 'unhealthy REL-2 "slow carts"');
    await bed.as('olivia').command('/release', 'hotfix REL-2', bed.channels.team);
    await fill(bed, 'olivia', {});
    await brought(bed, '2.14.1');
    await bed.pass(MINUTE);
    expect(await posts(bed)).toContain('checkout 2.14.0 was mended by 2.14.1, which is live.');
    await typed(bed, 'olivia', 'unhealthy REL-3 "worse"');
    await bed.pass(MINUTE);
    const troubled = await posts(bed);
    expect(troubled).toContain('checkout 2.14.0 was mended by 2.14.1, which has a problem of its own.');
    expect(troubled).toContain('2.14.1, which mended it, has a problem as well; the team is deciding what to do.');
    expect(troubled).not.toContain('works as before');
    await clickCard(bed, 'olivia', '2.14.1', 'Roll back…');
    expect(bed.as('olivia').modalText()).not.toContain('is not well itself');
    await fill(bed, 'olivia', { reason: 'worse' });
    await clickCard(bed, 'olivia', '2.14.1', 'It is back');
    await bed.pass(MINUTE);
    expect(await posts(bed)).not.toContain('works as before');
    expect(await bed.cardText('2.14.0')).toMatch(
      /Next {3}olivia decides by [^:]*:\d\d, then [^:]*: roll back[^.]* or fix forward\./,
    );
    expect(await bed.cardText('2.14.0')).toContain('Running   2.14.0 in production');
    // What runs can be decided about.
    await goesBack(bed, '2.14.0');
    expect(await posts(bed)).toContain('It went back to 2.13.0 and works as before');
  });
});

describe('what runs and is not healthy', () => {
  it('is not reworked while it runs: it would be told as coming, or as not live', async () => {
    const bed = await giftCards();
    await brought(bed, '2.14.0');
    await typed(bed, 'olivia', 'unhealthy REL-2 "slow carts"');
    expect(await bed.cardText('2.14.0')).not.toContain('[Rework]');
    expect(await typed(bed, 'olivia', 'rework REL-2')).toContain(
      'Not reworked: checkout 2.14.0 is what runs in production. Roll it back with /release rollback',
    );
    await goesBack(bed, '2.14.0');
    expect(await typed(bed, 'olivia', 'rework REL-2')).toContain('draft');
  });

  it('is named where something goes back to it, and nobody reads that it works as before', async () => {
    const bed = await giftCards();
    await brought(bed, '2.14.0');
    await typed(bed, 'olivia', 'unhealthy REL-2 "slow carts"');
    await create(bed, '2.15.0');
    await forCustomers(bed, 'REL-3', 'A new basket.');
    await brought(bed, '2.15.0');
    await bed.pass(MINUTE);
    const over = await posts(bed);
    expect(over).toContain('checkout 2.14.0 is not live any more: a newer version of checkout took its place.');
    expect(over).toContain(`What changed: ${CARDS}`);
    await clickCard(bed, 'olivia', '2.15.0', 'Roll back…');
    expect(bed.as('olivia').modalText()).toContain(
      '2.14.0, to which it goes back, is not well itself: somebody has to decide about it next.',
    );
    await fill(bed, 'olivia', { reason: 'worse' });
    await clickCard(bed, 'olivia', '2.15.0', 'It is back');
    await bed.pass(MINUTE);
    const back = await posts(bed);
    expect(back).toContain('It went back to 2.14.0, which has a problem of its own');
    expect(back).toContain('It came with 2.14.0. The team is deciding what to do.');
    expect(back).not.toContain('works as before');
    await goesBack(bed, '2.14.0');
    expect(await posts(bed)).toContain('It went back to 2.13.0 and works as before');
  });
});

it('a problem that is over stays over, whatever goes wrong next', async () => {
  const bed = await giftCards();
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  await fails(bed, '2.14.0', 'disk full');
  await clickCard(bed, 'olivia', '2.14.0', 'Retry');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await bed.pass(HOUR);
  await typed(bed, 'olivia', 'unhealthy REL-2 "slow carts"');
  const second = await posts(bed);
  expect(second).toContain('checkout: solved Tue 3 Mar 10:00. 2.14.0 went live with another try.');
  expect(second.match(/The team is deciding what to do/g)).toHaveLength(1);
  await goesBack(bed, '2.14.0');
  await typed(bed, 'olivia', 'rework REL-2');
  await typed(bed, 'olivia', 'unlock checkout production "The cache was too small"');
  await typed(bed, 'olivia', 'submit REL-2');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  await fails(bed, '2.14.0', 'again');
  const third = await posts(bed);
  expect(third).toContain('solved Tue 3 Mar 10:00. 2.14.0 went live with another try.');
  expect(third).toContain('solved Tue 3 Mar 11:00. It went back to 2.13.0 and works as before.');
  expect(third.match(/has a problem since/g)).toHaveLength(1);
  await goesBack(bed, '2.14.0');
  await typed(bed, 'olivia', 'close REL-2');
});

describe('the post of a change', () => {
  it('follows it also when its sentence is taken out', async () => {
    const bed = await giftCards();
    await approve(bed, '2.14.0');
    expect(await posts(bed)).toContain(`checkout 2.14.0 is coming.\nWhat changes: ${CARDS}`);
    await forCustomers(bed, 'REL-2', '');
    await typed(bed, 'olivia', 'cancel REL-2 given up');
    const post = await posts(bed);
    expect(post).toContain('checkout 2.14.0 does not come.');
    expect(post).not.toContain(CARDS);
  });

  it('names no time that nobody stands by: rejected, or on hold', async () => {
    const bed = await giftCards();
    await typed(bed, 'olivia', 'schedule REL-2 Fri 10:00');
    await approve(bed, '2.14.0');
    expect(await posts(bed)).toContain('checkout 2.14.0 is coming Fri 6 Mar 10:00.');
    await typed(bed, 'olivia', 'hold REL-2 vendor outage');
    expect(await posts(bed)).toContain('checkout 2.14.0 is coming; a new date follows here.');
    await typed(bed, 'olivia', 'resume REL-2');
    expect(await posts(bed)).toContain('checkout 2.14.0 is coming Fri 6 Mar 10:00.');
    await typed(bed, 'adam', 'undo REL-2');
    await typed(bed, 'adam', 'reject REL-2 legal says no');
    expect(await posts(bed)).toContain('checkout 2.14.0 is coming; a new date follows here.');
  });
});
