/** Whose it is to decide: however it came to be theirs, they were asked; what is not theirs, or not now, is said to be nobody's. */
import { expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, deactivate, fails, fill, freeze, shipped, typed } from '../support/acting.ts';
import { cameTo, canary, places } from '../support/places.ts';
import { customersNotice, failedOver, home, inEu, stakeholders, UNTIL_THURSDAY } from '../support/scenes.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const why = async (bed: Testbed, key: string): Promise<string> => {
  await typed(bed, 'olivia', `why ${key}`);
  return bed.as('olivia').lastPrivate(bed.channels.team);
};
const ASKED = 'checkout 2.14.0 failed: decide what to do';
const ELSEWHERE = 'is asked in a message of its own';

it('whoever becomes the deployer while it is on hold is asked once that is over', async () => {
  const bed = await startTestbed();
  await failedOver(bed);
  await typed(bed, 'rita', 'hold REL-2 "legal"');
  await typed(bed, 'olivia', `assign REL-2 deployer <@${bed.ids.quinn}>`);
  await bed.pass(MINUTE);
  expect(await bed.dm('quinn')).not.toContain(ELSEWHERE);
  expect(await bed.channelText(bed.channels.team)).not.toMatch(/failed in production[^\n]*\n[^\n]*decides/);
  await typed(bed, 'rita', 'resume REL-2');
  await bed.pass(MINUTE);
  expect(await bed.dm('quinn')).toContain(ASKED);
  expect(await bed.cardText('2.14.0')).toContain('quinn or olivia decides by');
  expect(await home(bed, 'quinn')).toContain('Decide about');
  await bed.close();
});

it('whoever is back is asked for what is theirs', async () => {
  const bed = await startTestbed();
  await shipped(bed, '2.13.0');
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', `assign REL-2 deployer <@${bed.ids.quinn}>`);
  await approve(bed, '2.14.0');
  await typed(bed, 'quinn', 'deploy REL-2 production');
  await deactivate(bed, 'quinn');
  await fails(bed, '2.14.0', 'It loses orders');
  await bed.pass(3 * MINUTE);
  await deactivate(bed, 'quinn', false);
  await bed.pass(MINUTE);
  expect(await bed.dm('quinn')).toContain(ASKED);
  await bed.close();
});

it('a hold stops the clock of those who are called: after it they are called anew, and before that it is not theirs', async () => {
  const bed = await startTestbed();
  await failedOver(bed);
  await bed.pass(16 * MINUTE);
  expect(await bed.dm('adam')).toContain('You are asked because nobody has decided for a quarter of an hour.');
  await typed(bed, 'rita', 'hold REL-2 "legal"');
  await bed.pass(40 * MINUTE);
  await typed(bed, 'rita', 'resume REL-2');
  await bed.pass(MINUTE);
  expect(await bed.dm('adam')).toContain('No longer needed: checkout 2.14.0 failed, and @olivia decides.');
  expect(await bed.cardText('2.14.0')).toContain(', then adam or bella as well:');
  await bed.pass(16 * MINUTE);
  expect(await bed.dm('adam')).toContain('You are asked because nobody has decided for a quarter of an hour.');
  expect(await bed.cardText('2.14.0')).toContain('olivia, adam or bella decides by');
  await bed.close();
});

it('what fails while another place goes back is on the card, is decided once that is back, and has its own quarter of an hour', async () => {
  const bed = await places('eu', 'us');
  await cameTo(bed, '2.13.0', 'eu', 'us');
  await cameTo(bed, '2.14.0', 'eu');
  await typed(bed, 'olivia', 'deploy REL-2 us');
  await typed(bed, 'olivia', 'unhealthy REL-2 eu "slow"');
  await typed(bed, 'olivia', 'rollback REL-2 eu "slow"');
  await clickCard(bed, 'olivia', '2.14.0', 'It failed in us…');
  await fill(bed, 'olivia', { reason: 'It loses orders' });
  await bed.pass(20 * MINUTE);
  expect(await bed.cardText('2.14.0')).toContain('us failed: It loses orders');
  expect(await bed.channelText(bed.channels.team)).not.toMatch(/2\.14\.0 failed in us[^\n]*\n[^\n]*decides/);
  expect(await why(bed, 'REL-2')).toContain('going back to 2.13.0');
  expect(await why(bed, 'REL-2')).not.toMatch(/went back in eu|To start it/);
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  await bed.pass(MINUTE);
  expect(await bed.dm('olivia')).toContain(ASKED);
  expect(await bed.dm('adam')).not.toContain('nobody has decided');
  expect(await bed.cardText('2.14.0')).toMatch(/olivia decides by .*, then adam or bella as well/);
  await bed.close();
});

it('whoever has it now that its starter left says how it went, though another place is to be decided', async () => {
  const bed = await places('eu', 'us');
  await cameTo(bed, '2.13.0', 'eu', 'us');
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'deploy REL-2 eu');
  await fails(bed, '2.14.0', 'It loses orders');
  await typed(bed, 'olivia', 'deploy REL-2 us "It works there"');
  await deactivate(bed, 'olivia');
  await bed.pass(2 * MINUTE);
  expect(await bed.dm('rita')).toContain(
    '@olivia left while it runs in us: you say when it is through, or hand it over.',
  );
  expect(await bed.cardText('2.14.0')).toMatch(/says when it is through\. If nobody has said so by/);
  await bed.close();
});

it('a gate that failed and has no owner any more is for those who can waive it', async () => {
  const bed = await startTestbed({ gates: true });
  await create(bed, '2.14.0');
  await typed(bed, 'quinn', 'gate REL-1 regression pass');
  await approve(bed, '2.14.0');
  await typed(bed, 'quinn', 'gate REL-1 regression fail "loses orders"');
  await deactivate(bed, 'quinn');
  await bed.pass(DAY);
  expect(await bed.dm('rita')).toContain('None of its owners is here. You can waive it.');
  expect(await home(bed, 'rita')).toContain('waive it');
  expect(await home(bed, 'olivia')).toMatch(
    /regression of checkout 2\.14\.0 failed, and none of its owners is here: .* can waive it/,
  );
  await bed.close();
});

it('what is in some of its places can be left there, and closed', async () => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'close REL-2');
  expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('Have it go no further with');
  await clickCard(bed, 'olivia', '2.14.0', 'Go no further…');
  await fill(bed, 'olivia', { reason: 'us gets the next version' });
  const card = await bed.cardText('2.14.0');
  expect(card).toContain('deployed');
  expect(card).toContain('Not in   us');
  expect(await bed.channelText(bed.channels.team)).toContain(
    'olivia left it in eu, and it does not come to us: “us gets the next version”.',
  );
  expect(await stakeholders(bed)).toContain('checkout 2.14.0 is live in eu');
  await clickCard(bed, 'olivia', '2.14.0', 'Healthy');
  expect(await bed.cardText('2.14.0')).toContain('Review');
  await bed.close();
});

it('stakeholders hear no time of what a hold or a lock keeps', async () => {
  const bed = await inEu('us');
  expect(await stakeholders(bed)).toContain('live in eu, and comes to us next');
  await typed(bed, 'rita', 'lock checkout us "incident 7"');
  await bed.pass(MINUTE);
  expect(await stakeholders(bed)).toContain('when it comes to us is said here');
  expect(await bed.cardText('2.14.0')).toContain(':lock:');
  await bed.close();
});

it('a freeze of one place holds that place: the other is told, and starts, at its time', async () => {
  const bed = await places('eu', 'us');
  await create(bed, '2.14.0');
  await customersNotice(bed, 'REL-1');
  await typed(bed, 'olivia', 'schedule REL-1 tomorrow 10:00-11:00');
  await approve(bed, '2.14.0');
  await freeze(bed, {
    name: 'Quarter end',
    reason: 'Books are closed',
    start: '2026-03-03',
    start_time: '11:00',
    end: '2026-03-05',
    end_time: '12:00',
    environments: ['us'],
  });
  await bed.pass(2 * HOUR);
  expect(await stakeholders(bed)).not.toContain('nothing changes until then');
  expect(await bed.cardText('2.14.0')).toContain('eu can start then, us not before');
  expect(await bed.dm('olivia')).toContain('cannot start in us until');
  expect(await home(bed, 'olivia')).not.toContain('planned inside a freeze');
  await bed.pass(22 * HOUR);
  expect(await bed.dm('rita')).not.toContain('1 frozen');
  await bed.close();
});

it('a rollout that a freeze stops is frozen at a glance, and in the morning', async () => {
  const bed = await canary('2.14.0');
  await freeze(bed, {
    name: 'Quarter end',
    reason: 'Books are closed',
    start: '2026-03-03',
    start_time: '09:00',
    end: '2026-03-06',
    end_time: '12:00',
  });
  await bed.pass(DAY + 5 * MINUTE);
  expect(await bed.cardText('2.14.0')).toContain(':snowflake:');
  expect(await home(bed, 'olivia')).toContain('a freeze keeps it there');
  expect(await typed(bed, 'olivia', 'list frozen')).toContain('checkout 2.14.0');
  expect(await bed.dm('rita')).toContain('1 frozen');
  await bed.close();
});

it('an exception that was granted is read by whoever approves', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await freeze(bed, UNTIL_THURSDAY);
  await typed(bed, 'olivia', 'exception REL-1');
  await fill(bed, 'olivia', { reason: 'Payments', blastRadius: 'Nobody', urgency: 'today' });
  await bed.as('rita').click(await bed.dmWith('rita', 'despite Quarter end'), 'Grant');
  await bed.settled();
  const granted = 'into production past the freeze Quarter end, for one start until';
  expect(await bed.cardText('2.14.0')).toContain(granted);
  expect(await bed.dm('adam')).toContain(granted);
  await bed.close();
});

it('said to be healthy after all half way, its post says so', async () => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'unhealthy REL-2 eu "slow"');
  await typed(bed, 'olivia', 'healthy REL-2 eu');
  await bed.pass(MINUTE);
  expect(await bed.channelText(bed.channels.team)).toContain('Since then: it is healthy after all in eu.');
  await bed.close();
});

it('a problem that was solved in one place stays so when another place comes', async () => {
  const bed = await inEu('us', 'ap');
  await typed(bed, 'olivia', 'deploy REL-2 us');
  await fails(bed, '2.14.0', 'It loses orders');
  await typed(bed, 'olivia', 'rollback REL-2 us "It loses orders"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  const solved = (await stakeholders(bed)).match(/checkout: solved[^\n]*/)?.[0];
  expect(solved).toBeDefined();
  await typed(bed, 'olivia', 'deploy REL-2 ap "It works there"');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await bed.pass(MINUTE);
  expect(await stakeholders(bed)).toContain('checkout: solved');
  expect(await stakeholders(bed)).not.toContain('has a problem in us');
  await bed.close();
});
