/** What was over and is not any more, or is so in a part: the clock begins anew, and every word is about what is left. */
import { expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, deactivate, fails, fill, freeze, typed } from '../support/acting.ts';
import { cameTo, canary, places } from '../support/places.ts';
import { failedOver, home, inEu, stakeholders, UNTIL_THURSDAY } from '../support/scenes.ts';
import { startTestbed } from '../support/testbed.ts';

const LATE = 'You are asked because nobody has decided';

it('a failure whose retry touched nothing has a quarter of an hour of its own', async () => {
  const bed = await startTestbed();
  await failedOver(bed);
  await clickCard(bed, 'olivia', '2.14.0', 'Retry');
  await bed.pass(40 * MINUTE);
  await clickCard(bed, 'olivia', '2.14.0', 'Abort: nothing was touched');
  await bed.pass(MINUTE);
  expect(await bed.dm('adam')).not.toContain(LATE);
  expect(await bed.cardText('2.14.0')).toMatch(/olivia decides by Tue 3 Mar 10:5\d, then adam or bella as well/);
  await bed.close();
});

it('what ended in part is decided about from then on', async () => {
  const bed = await inEu('us', 'ap');
  await typed(bed, 'olivia', 'deploy REL-2 us');
  await fails(bed, '2.14.0', 'It loses orders');
  await typed(bed, 'olivia', 'rollback REL-2 us "It loses orders"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  await typed(bed, 'olivia', 'deploy REL-2 ap "It works there"');
  await bed.pass(40 * MINUTE);
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await bed.pass(MINUTE);
  expect(await bed.dm('adam')).not.toContain(LATE);
  // What is over in one place is no problem of the others.
  expect(await stakeholders(bed)).toContain('checkout 2.14.0 is live in eu and ap, and was taken back in us.');
  expect(await stakeholders(bed)).not.toContain('2.14.0 has a problem');
  await bed.close();
});

it('a gate that failed is its owner’s again when they are back: nobody else keeps a button for it', async () => {
  const bed = await startTestbed({ gates: true });
  await create(bed, '2.14.0');
  await typed(bed, 'quinn', 'gate REL-1 regression pass');
  await approve(bed, '2.14.0');
  await typed(bed, 'quinn', 'gate REL-1 regression fail "loses orders"');
  for (const turn of [1, 2]) {
    await deactivate(bed, 'quinn');
    await bed.pass(HOUR);
    const asked = await bed.dmWith('rita', 'You can waive it');
    await deactivate(bed, 'quinn', false);
    await bed.pass(HOUR);
    expect(await bed.dm('rita'), `turn ${turn}`).not.toContain('It passes now');
    expect(await bed.dm('rita'), `turn ${turn}`).toContain('is asked of somebody else');
    expect(asked.ts).toBeDefined();
  }
  await bed.close();
});

it('where another release has put the place back there is nothing to roll back, and no problem', async () => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'deploy REL-2 us');
  await fails(bed, '2.14.0', 'It loses orders');
  await cameTo(bed, '2.15.0', 'us');
  await typed(bed, 'olivia', 'rollback REL-3 us "bad"');
  await clickCard(bed, 'olivia', '2.15.0', 'It is back');
  await bed.pass(MINUTE);
  const card = await bed.cardText('2.14.0');
  expect(card).not.toContain('Roll back us');
  expect(card).not.toContain('2.14.0 failed there');
  expect(card).toContain('Roll back eu');
  expect(await stakeholders(bed)).not.toContain('The team is deciding what to do');
  expect(await typed(bed, 'olivia', 'rollback REL-2 us "bad"')).toContain('which was deployed after this release');
  await bed.close();
});

it('what goes no further says where it is, to everybody, also once it is closed', async () => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'cancel REL-2 "us gets the next version"');
  expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('stays in eu, and goes no further');
  expect(await bed.cardText('2.14.0')).toContain('deployed, in eu only');
  expect(await bed.cardText('2.14.0')).toContain('Not in   us');
  expect(await stakeholders(bed)).toMatch(/checkout 2\.14\.0 is live in eu since .*; it does not come to us\./);
  await clickCard(bed, 'olivia', '2.14.0', 'Healthy');
  await typed(bed, 'olivia', 'review REL-2');
  await fill(bed, 'olivia', {});
  await typed(bed, 'rita', 'close REL-2');
  expect(await bed.cardText('2.14.0')).toContain('in eu only');
  expect(await stakeholders(bed)).toMatch(/is live in eu.*; it does not come to us\./);
  await bed.close();
});

it('what a soft freeze does is said as it is, and where', async () => {
  const bed = await places('eu', 'us');
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'schedule REL-1 tomorrow 10:00-11:00');
  await approve(bed, '2.14.0');
  await freeze(bed, { ...UNTIL_THURSDAY, severity: 'soft', environments: ['us'] });
  await bed.pass(MINUTE);
  expect(await bed.dm('olivia')).toContain('starts in us only with a reason until Thu 5 Mar 12:00');
  expect(await bed.dm('olivia')).not.toContain('cannot start');
  await bed.close();
});

it('at its time a freeze of one place is spoken of as that, whichever place is the first', async () => {
  const bed = await places('eu', 'us');
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'schedule REL-1 tomorrow 10:00-11:00');
  await approve(bed, '2.14.0');
  await freeze(bed, { ...UNTIL_THURSDAY, environments: ['eu'] });
  await bed.pass(DAY + MINUTE);
  const card = await bed.cardText('2.14.0');
  expect(card).toContain('eu not before Thu 5 Mar 12:00 (Quarter end)');
  expect(card).not.toContain('· frozen');
  const row = await home(bed, 'olivia');
  expect(row).toContain('Start checkout 2.14.0 in us');
  expect(row).not.toContain('which a freeze holds');
  expect(await typed(bed, 'olivia', 'list frozen')).not.toContain('2.14.0');
  await bed.close();
});

it('what is on its way is moved no more: nobody is told to', async () => {
  const bed = await inEu('us');
  await freeze(bed, { ...UNTIL_THURSDAY, environments: ['us'] });
  await typed(bed, 'olivia', 'exception REL-2 us');
  await fill(bed, 'olivia', { reason: 'Payments', blastRadius: 'Nobody', urgency: 'today' });
  expect(await typed(bed, 'olivia', 'why REL-2')).not.toContain('move it');
  await bed.as('rita').click(await bed.dmWith('rita', 'despite Quarter end'), 'Grant');
  await bed.settled();
  expect(await bed.cardText('2.14.0')).toContain('into us past the freeze Quarter end');
  await bed.close();
});

it('a hold that ends at its time rings for whoever has to do something', async () => {
  const bed = await startTestbed();
  await failedOver(bed);
  await typed(bed, 'rita', 'hold REL-2 "legal" until today 12:00');
  await bed.pass(HOUR);
  const asks = () =>
    bed
      .as('olivia')
      .dms()
      .filter(({ text }) => text.includes('decide what to do')).length;
  const before = bed.as('olivia').dms().at(-1)?.ts ?? '';
  await bed.pass(HOUR + MINUTE);
  expect(asks()).toBeGreaterThan(0);
  expect((await bed.dmWith('olivia', 'decide what to do')).ts > before).toBe(true);
  await create(bed, '3.0.0');
  await approve(bed, '3.0.0');
  await typed(bed, 'rita', 'hold REL-3 "legal" until today 14:00');
  await bed.pass(3 * HOUR);
  expect((await bed.dmWith('olivia', '3.0.0')).ts > before).toBe(true);
  expect(await bed.dm('olivia')).toContain('Nothing in the way');
  await bed.close();
});

it('whoever was called is not told of a message that they did not get', async () => {
  const bed = await startTestbed();
  await failedOver(bed);
  await bed.pass(16 * MINUTE);
  expect(await bed.dm('adam')).toContain(LATE);
  await clickCard(bed, 'olivia', '2.14.0', 'Retry');
  await fails(bed, '2.14.0', 'Again');
  await bed.pass(MINUTE);
  expect(await bed.dm('adam')).toContain('No longer needed: checkout 2.14.0 failed, and @olivia decides.');
  await bed.close();
});

it('where nobody is left who could decide, nobody is named', async () => {
  const bed = await startTestbed();
  await failedOver(bed);
  for (const who of ['olivia', 'adam', 'bella', 'rita'] as const) await deactivate(bed, who);
  await bed.pass(MINUTE);
  expect(await bed.cardText('2.14.0')).toContain('Nobody who could decide is here');
  await bed.close();
});

it('whoever is to find an owner hears of it each time that there is none', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  const asked = async () => (await bed.dmWith('adam', 'give it to somebody')).ts;
  await deactivate(bed, 'olivia');
  await bed.pass(HOUR);
  const first = await asked();
  await deactivate(bed, 'olivia', false);
  await bed.pass(HOUR);
  await deactivate(bed, 'olivia');
  await bed.pass(HOUR);
  expect((await asked()) > first).toBe(true);
  await bed.close();
});

it('a canary that a freeze keeps is told as one', async () => {
  const bed = await canary('2.14.0');
  await freeze(bed, UNTIL_THURSDAY);
  await bed.pass(MINUTE);
  expect(await bed.dm('olivia')).toContain('does not go on to its next step until Thu 5 Mar 12:00');
  await bed.close();
});
