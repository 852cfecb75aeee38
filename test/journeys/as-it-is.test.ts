/** What people read, and are asked, is how it is now: whoever was dropped, held, moved, restricted, or is one of several. */
import { expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, deactivate, fails, fill, freeze, shipped, typed } from '../support/acting.ts';
import { cameTo, inSteps, places, placesIn } from '../support/places.ts';
import { customersNotice, home, inEu, stakeholders, UNTIL_THURSDAY } from '../support/scenes.ts';
import { catalogText, startTestbed } from '../support/testbed.ts';

it('whoever is dropped from the group that decides reads that, and not that it was approved', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  expect(await bed.dm('adam')).toContain('Approve');
  const { olivia, adam, bella, quinn } = bed.ids;
  await bed.useCatalog(catalogText(bed.ids).replace(`[${olivia}, ${adam}, ${bella}]`, `[${olivia}, ${quinn}]`));
  await bed.pass(MINUTE);
  for (const who of ['adam', 'bella'] as const) {
    expect(await bed.dm(who)).toContain('you are not among those who decide any more');
    expect(await bed.dm(who)).not.toContain('was approved');
  }
  await bed.close();
});

it('an approval that was given while it was on hold lasts as long as any other', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'rita', 'hold REL-1 "legal" until Fri 6 Mar 09:00');
  await bed.pass(2 * DAY + 22 * HOUR);
  expect(await bed.cardText('2.14.0')).not.toContain('by Fri 6 Mar 10:00');
  await approve(bed, '2.14.0');
  await bed.pass(2 * HOUR);
  expect(await bed.cardText('2.14.0')).toContain('adam (service owners), until Fri 13 Mar 09:00');
  await bed.close();
});

it('marked restricted later, its thread says no more what it is', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'change add REL-1 "Hole in the login"');
  expect(await bed.channelText(bed.channels.team)).toContain('Hole in the login');
  await typed(bed, 'olivia', 'edit REL-1');
  await fill(bed, 'olivia', { answers: ['restricted'] });
  await bed.pass(MINUTE);
  expect(await bed.channelText(bed.channels.team)).not.toContain('Hole in the login');
  await bed.close();
});

it('a command that names a release and says no more opens its form', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'cancel REL-1');
  expect(bed.as('olivia').modalText()).toContain('Why?');
  await fill(bed, 'olivia', { reason: 'Not wanted any more' });
  expect(await bed.cardText('2.14.0')).toContain('cancelled');
  await bed.close();
});

it('a lock is lifted with its cause: whoever leaves that out reads the whole command', async () => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'rollback REL-2 eu "slow"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  expect(await typed(bed, 'olivia', 'unlock checkout eu')).toContain(
    'For example /release unlock checkout eu "the cache was too small"',
  );
  await bed.close();
});

it('whose owner has left is offered to whoever stands in, where a freeze stops it', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'schedule REL-1 Wed 09:30');
  await deactivate(bed, 'olivia');
  await bed.pass(MINUTE);
  await freeze(bed, UNTIL_THURSDAY);
  await bed.pass(MINUTE);
  expect(await bed.dm('rita')).toMatch(/checkout 2\.14\.0.*cannot start until Thu 5 Mar 12:00/);
  expect(await bed.dm('adam')).toMatch(/checkout 2\.14\.0.*cannot start until Thu 5 Mar 12:00/);
  await bed.close();
});

it('of two canaries the one whose step is due has the button, and the other is named', async () => {
  const bed = await startTestbed();
  await bed.useCatalog(inSteps(placesIn(catalogText(bed.ids), ['eu', 'us'])));
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'deploy REL-1 eu');
  for (let step = 0; step < 3; step += 1) await typed(bed, 'olivia', 'step REL-1 next "go"');
  await typed(bed, 'olivia', 'deploy REL-1 us "side by side"');
  await bed.pass(20 * MINUTE);
  const card = await bed.cardText('2.14.0');
  expect(card).toContain('deploying to eu and us');
  expect(card).toMatch(/\[Next in us: 10 %\][\s\S]*It went through in eu/);
  expect(await typed(bed, 'olivia', 'step REL-1 pause "cold"')).toContain('step REL-1 pause us');
  expect(await typed(bed, 'olivia', 'step REL-1 abort')).toContain('say which environment you mean');
  await bed.close();
});

it('a problem is told once, and when another try has solved it that stays so', async () => {
  const bed = await inEu('us', 'ap');
  await typed(bed, 'olivia', 'deploy REL-2 us');
  await fails(bed, '2.14.0', 'no image');
  await typed(bed, 'olivia', 'retry REL-2 us');
  await fails(bed, '2.14.0', 'no image again');
  await bed.pass(MINUTE);
  expect((await stakeholders(bed)).match(/has a problem in us since/g)).toHaveLength(1);
  await typed(bed, 'olivia', 'retry REL-2 us');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await bed.pass(3 * HOUR);
  await typed(bed, 'olivia', 'deploy REL-2 ap');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await bed.pass(MINUTE);
  expect(await stakeholders(bed)).toMatch(/solved Tue 3 Mar 10:0\d\. 2\.14\.0 went live in us with another try/);
  await bed.close();
});

it('places that went back to different versions are each named with theirs', async () => {
  const bed = await inEu('us');
  await create(bed, '2.15.0');
  await customersNotice(bed, 'REL-3');
  await approve(bed, '2.15.0');
  for (const place of ['eu', 'us']) {
    await typed(bed, 'olivia', `deploy REL-3 ${place} "newer"`);
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
  }
  for (const place of ['eu', 'us']) {
    await typed(bed, 'olivia', `rollback REL-3 ${place} "slow"`);
    await clickCard(bed, 'olivia', '2.15.0', 'It is back');
  }
  await bed.pass(MINUTE);
  expect(await bed.cardText('2.15.0')).toContain('back on 2.14.0 in eu and 2.13.0 in us');
  expect(await stakeholders(bed)).toContain('checkout is back on 2.14.0 in eu and 2.13.0 in us: 2.15.0 is not live.');
  await bed.close();
});

it('half a rollout that a newer one overtakes stays told as half', async () => {
  const bed = await inEu('us');
  await create(bed, '2.15.0');
  await approve(bed, '2.15.0');
  await typed(bed, 'olivia', 'deploy REL-3 eu "newer"');
  await clickCard(bed, 'olivia', '2.15.0', 'It went through');
  await bed.pass(MINUTE);
  expect(await stakeholders(bed)).toContain('checkout 2.14.0 is live in eu since');
  expect(await bed.cardText('2.14.0')).toContain('deployed, in eu only');
  await bed.close();
});

it('a soft freeze wants a reason, and no exception', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await freeze(bed, { ...UNTIL_THURSDAY, severity: 'soft' });
  await bed.pass(MINUTE);
  expect(await bed.cardText('2.14.0')).not.toContain('Ask for an exception');
  await typed(bed, 'olivia', 'exception REL-1');
  expect(bed.as('olivia').modalText()).toContain('only wants a reason');
  await bed.close();
});

it('of two freezes each is asked about: the button stays for the other, and what is granted says what still holds it', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await freeze(bed, { ...UNTIL_THURSDAY, name: 'Books' });
  await freeze(bed, { ...UNTIL_THURSDAY, name: 'QA week', end: '2026-03-06' });
  await bed.pass(MINUTE);
  await typed(bed, 'olivia', 'exception REL-1');
  expect(JSON.stringify(bed.as('olivia').modal())).toContain('past the freeze QA week');
  await fill(bed, 'olivia', { reason: 'orders are lost', blastRadius: 'everybody' });
  await bed.pass(MINUTE);
  expect(await bed.cardText('2.14.0')).toContain('Ask for an exception');
  const asked = await bed.dmWith('rita', 'QA week');
  await bed.as('rita').click(asked, 'Grant');
  await bed.pass(MINUTE);
  expect(await bed.dm('olivia')).toContain('Another freeze, Books, holds it still until Thu 5 Mar 12:00');
  await bed.close();
});

it('a decision about a failure stands before how it goes in another place, which is named', async () => {
  const bed = await places('eu', 'us');
  await cameTo(bed, '2.13.0', 'eu', 'us');
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'deploy REL-2 eu');
  await typed(bed, 'olivia', 'deploy REL-2 us "both"');
  await clickCard(bed, 'olivia', '2.14.0', 'It failed in eu…');
  await fill(bed, 'olivia', { reason: 'orders are lost' });
  const card = await bed.cardText('2.14.0');
  expect(card).toMatch(/Next {3}olivia decides[\s\S]*2\.14\.0 is being deployed to us/);
  expect(card).toContain('It went through in us');
  expect(card).not.toMatch(/\[It went through\]/);
  await bed.close();
});

it('the lock of somebody who left is for whoever stands in to lift, and says so', async () => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'rollback REL-2 eu "slow"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  await deactivate(bed, 'olivia');
  await bed.pass(MINUTE);
  const asked = await Promise.all((['rita', 'adam'] as const).map((who) => home(bed, who)));
  expect(asked.filter((text) => text.includes('Say what the cause was'))).toHaveLength(1);
  expect(await bed.cardText('2.14.0')).not.toContain('until olivia says what the cause was');
  await bed.close();
});

it('what somebody left undone is asked of whoever answers for the release', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', `action checkout 2.14.0 "Write docs" <@${bed.ids.bella}> by Thu`);
  await deactivate(bed, 'bella');
  await bed.pass(3 * DAY);
  expect(await bed.dm('olivia')).toContain('An action of somebody who left is');
  expect(await typed(bed, 'olivia', 'actions all')).toContain(', who left');
  await bed.close();
});

it('a gate that fails between two places is its owner’s to mend', async () => {
  const bed = await startTestbed();
  const catalog = placesIn(catalogText(bed.ids), ['eu', 'us']);
  await bed.useCatalog(`${catalog}\ngates:\n  - { name: regression, owners: [qa], before: us }\n`);
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'deploy REL-1 eu');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await typed(bed, 'quinn', 'gate REL-1 regression fail "loses orders"');
  expect(await home(bed, 'olivia')).toContain('regression of checkout 2.14.0 failed: mend it');
  await bed.close();
});

it('a catalog file that goes back to an earlier text changes nothing, and the doctor says so', async () => {
  const bed = await startTestbed();
  const first = catalogText(bed.ids);
  await bed.useCatalog(first.replace('tier: 3', 'tier: 2'));
  await bed.useCatalog(first);
  expect(await typed(bed, 'rita', 'doctor')).toContain(
    'The file behind CATALOG_FILE is version 1, and version 2 is in force. To go back to it, change its text',
  );
  await bed.close();
});

it('what it was not to come to any more stays so, whatever is said of its health and tried again', async () => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'cancel REL-2 "eu is enough"');
  await typed(bed, 'olivia', 'unhealthy REL-2 "slow"');
  await bed.pass(MINUTE);
  expect(await stakeholders(bed)).toContain('checkout has a problem in eu since');
  await typed(bed, 'olivia', 'retry REL-2 eu');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await bed.pass(MINUTE);
  expect(await bed.cardText('2.14.0')).toContain('deployed, in eu only');
  expect(await stakeholders(bed)).toMatch(/2\.14\.0 is live in eu since .*; it does not come to us\./);
  await bed.close();
});

it('a hold asks again of nothing that was asked below', async () => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'deploy REL-2 us');
  await fails(bed, '2.14.0', 'no image');
  await typed(bed, 'olivia', 'retry REL-2 us');
  await fails(bed, '2.14.0', 'no image again');
  await typed(bed, 'olivia', 'hold REL-2 "the DBA"');
  await bed.pass(MINUTE);
  expect((await bed.dm('olivia')).match(/failed: decide what to do/g)).toHaveLength(1);
  await bed.close();
});

it('where its fix is not well either, the problem is not over', async () => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'deploy REL-2 us');
  await fails(bed, '2.14.0', 'no image');
  await create(bed, '2.15.0');
  await approve(bed, '2.15.0');
  await typed(bed, 'olivia', 'deploy REL-3 us "newer"');
  await clickCard(bed, 'olivia', '2.15.0', 'It went through');
  await bed.pass(MINUTE);
  expect(await stakeholders(bed)).toContain('over in us. A newer version, 2.15.0, is live there.');
  await typed(bed, 'olivia', 'unhealthy REL-3 "slow as well"');
  await bed.pass(MINUTE);
  expect(await bed.cardText('2.15.0')).toContain('not healthy');
  await typed(bed, 'olivia', 'hold REL-2 "wait"');
  await bed.pass(MINUTE);
  expect(await stakeholders(bed)).toContain('A newer version, 2.15.0, is there, and has a problem as well.');
  await bed.close();
});

it('does not come next to a place whose gate has failed', async () => {
  const bed = await startTestbed();
  const catalog = placesIn(catalogText(bed.ids), ['eu', 'us']);
  await bed.useCatalog(`${catalog}\ngates:\n  - { name: regression, owners: [qa], before: us }\n`);
  await create(bed, '2.14.0');
  await customersNotice(bed, 'REL-1');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'deploy REL-1 eu');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await typed(bed, 'quinn', 'gate REL-1 regression fail "loses orders"');
  await bed.pass(MINUTE);
  expect(await stakeholders(bed)).toContain('live in eu; when it comes to us is said here');
  await bed.close();
});

it('what runs here is told with what is locked', async () => {
  const bed = await inEu('us');
  await typed(bed, 'adam', 'lock checkout us "load test"');
  expect(await typed(bed, 'olivia', '')).toContain('checkout in us locked');
  await bed.close();
});

it('an emergency that a lock keeps is let through by lifting it, and asks for no approval', async () => {
  const bed = await startTestbed();
  await shipped(bed, '2.13.0');
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await typed(bed, 'olivia', 'rollback REL-2 "slow"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  await create(bed, '2.15.0');
  await clickCard(bed, 'adam', '2.15.0', 'Reject…');
  await fill(bed, 'adam', { reason: 'not now' });
  await typed(bed, 'olivia', 'emergency REL-3');
  await fill(bed, 'olivia', { reason: 'Customers cannot pay, everywhere in Europe' });
  await bed.pass(20 * MINUTE);
  const card = await bed.cardText('2.15.0');
  expect(card).toContain('Lift lock…');
  expect(card).not.toContain('asks again');
  await bed.close();
});
