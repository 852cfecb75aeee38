/** What is so in one of several places, and what is not so any more: each place is told by its name, and nobody is asked in vain. */
import { expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, deactivate, fails, fill, freeze, shipped, typed } from '../support/acting.ts';
import { calling, makeToken } from '../support/api.ts';
import { cameTo, canary, places, wentOnTo } from '../support/places.ts';
import { customersNotice, failedOver, home, inEu, stakeholders, UNTIL_THURSDAY } from '../support/scenes.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

/** 2.14.0, which customers notice, is in eu and failed in us; before it 2.13.0 ran in both. */
const failedInUs = async (): Promise<Testbed> => {
  const bed = await inEu('us');
  await typed(bed, 'olivia', 'deploy REL-2 us');
  await fails(bed, '2.14.0', 'It loses orders');
  return bed;
};

it('what went back in one place goes on to no other before somebody has decided', async () => {
  const bed = await places('eu', 'us', 'ap');
  const call = calling(bed, await makeToken(bed));
  const gate = async (environment: string) =>
    (await call('POST', '/v1/gate', { service: 'checkout', version: '2.14.0', environment })).body;
  await cameTo(bed, '2.13.0', 'eu', 'us', 'ap');
  await cameTo(bed, '2.14.0', 'eu');
  await typed(bed, 'olivia', 'deploy REL-2 ap');
  await fails(bed, '2.14.0', 'It loses orders');
  await typed(bed, 'olivia', 'rollback REL-2 ap "It loses orders"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  expect(await bed.cardText('2.14.0')).toContain('olivia decides');
  expect(await typed(bed, 'olivia', 'why REL-2 us')).toContain(
    'it went back in ap, and nobody has decided about the rest',
  );
  expect((await gate('us'))['decision']).toBe('wait');
  const started = await call('POST', '/v1/deployments', { service: 'checkout', version: '2.14.0', environment: 'us' });
  expect(started.status).toBe(409);
  expect(await typed(bed, 'olivia', 'deploy REL-2 us')).toContain('Not started: it went back in ap');
  await typed(bed, 'olivia', 'deploy REL-2 us "The orders of us go elsewhere"');
  expect(await bed.cardText('2.14.0')).toContain('deploying to us');
});

it('a failure that a newer one overtook asks nobody, on no surface, and its posts say so', async () => {
  const bed = await failedInUs();
  await cameTo(bed, '2.15.0', 'us');
  for (const minutes of [16, 120]) await bed.pass(minutes * MINUTE);
  const card = await bed.cardText('2.14.0');
  expect(card).toContain('Nothing to decide any more: checkout 2.15.0 (REL-3) now runs in us. It runs still in eu.');
  expect(card).toContain('[Roll back');
  for (const who of ['olivia', 'adam', 'rita'] as const)
    expect(await home(bed, who)).not.toContain('Decide about checkout 2.14.0');
  expect(await bed.dm('adam')).not.toContain('decide what to do');
  expect(await typed(bed, 'olivia', 'why REL-2')).not.toContain('olivia decides');
  await typed(bed, 'olivia', 'rollback REL-2 "Not wanted in eu either"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  expect(await stakeholders(bed)).toContain('checkout: over in us. A newer version, 2.15.0, is live there.');
  expect(await stakeholders(bed)).not.toContain('works as before');
  expect(await bed.channelText(bed.channels.team)).toContain('Since then: 2.15.0 (REL-3) now runs in us.');
});

it('what comes again where it had gone back is solved by that', async () => {
  const bed = await failedInUs();
  await typed(bed, 'olivia', 'rollback REL-2 us "It loses orders"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  expect(await typed(bed, 'olivia', 'unlock checkout us "A missing index"')).not.toContain('Not ');
  await typed(bed, 'olivia', 'deploy REL-2 us "The index is there"');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  const read = await stakeholders(bed);
  expect(read).toContain('checkout 2.14.0 is live');
  expect(read).toContain('2.14.0 went live in us with another try.');
  expect(read).not.toContain('works as before');
});

it('a going back that nobody finished is asked about as one', async () => {
  const bed = await startTestbed();
  await shipped(bed, '2.13.0');
  await shipped(bed, '2.14.0');
  await typed(bed, 'olivia', 'rollback REL-2 "errors"');
  await bed.pass(2 * HOUR + MINUTE);
  const ask = await bed.dm('olivia');
  expect(ask).toContain('checkout 2.14.0: going back failed, decide what to do');
  expect(ask).toContain('Going back in production counts as failed: nobody finished it in time.');
  expect(ask).not.toContain('The deployment to production counts as failed');
});

it('an exception that nobody can decide any more is told to whoever asked for it, with the ways out', async () => {
  const bed = await startTestbed();
  await freeze(bed, { ...UNTIL_THURSDAY, approvers: 'qa' });
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'exception REL-1');
  await fill(bed, 'olivia', { reason: 'The law asks for it from tomorrow on', blastRadius: 'everybody' });
  await deactivate(bed, 'quinn');
  await bed.pass(MINUTE);
  expect(await bed.dm('olivia')).toContain(
    'Nobody can decide the exception for production any more: an admin can add a person to @qa, or you move it.',
  );
  expect(await home(bed, 'olivia')).toContain(
    'Nobody can decide the exception of checkout 2.14.0: ask an admin to add a person to @qa, or move it',
  );
});

it('an emergency that is held and locked says each thing once', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'rita', 'lock checkout production "incident 7"');
  await typed(bed, 'rita', 'hold REL-1 "wait for me"');
  await typed(bed, 'olivia', 'emergency REL-1');
  await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
  await bed.pass(11 * MINUTE);
  const [, held = ''] = (await bed.cardText('2.14.0')).split('\n');
  expect(held).toMatch(/^Held {3}since /);
  expect(held.split('Approval:')).toHaveLength(2);
  expect(held.split('wait for me')).toHaveLength(2);
  expect(held).not.toMatch(/\.\.|\. [a-z]/);
  expect(held).not.toContain('olivia may start it');
});

it('an emergency that nobody judged in time says so, and whatever it came to says that it was one', async () => {
  const bed = await startTestbed();
  await shipped(bed, '2.13.0');
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'emergency REL-2');
  await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
  await bed.pass(11 * MINUTE);
  await typed(bed, 'olivia', 'deploy REL-2 production');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  for (let days = 0; days < 3; days += 1) await bed.pass(DAY);
  const posts = await bed.channelText(bed.channels.team);
  expect(posts).toContain(
    'It is used: nobody said by Thu 5 Mar 10:00 whether it was justified; rita, adam or bella can. Until somebody has, @olivia cannot declare another emergency, and nobody can declare one for this release.',
  );
  await typed(bed, 'olivia', 'rollback REL-2 "It did not help"');
  await bed.pass(2 * HOUR + MINUTE);
  expect(await bed.dm('olivia')).toContain(':rotating_light: Emergency: checkout 2.14.0: going back failed');
});

it('what is half way is in the morning message, frozen or late, and its card says that it is frozen', async () => {
  const bed = await places('eu', 'us');
  await cameTo(bed, '2.14.0', 'eu');
  await freeze(bed, { ...UNTIL_THURSDAY, environments: ['us'] });
  await bed.pass(DAY);
  expect(await bed.cardText('2.14.0')).toContain(':snowflake: checkout 2.14.0  ·  deploying, 1 of 2 done · frozen');
  expect(await bed.dm('rita')).toMatch(/1 frozen[\s\S]*checkout 2\.14\.0 {2}· {2}deploying, 1 of 2 done/);
  for (let days = 0; days < 3; days += 1) await bed.pass(DAY);
  expect(await bed.dm('rita')).toMatch(/1 overdue[\s\S]*checkout 2\.14\.0 {2}· {2}deploying, 1 of 2 done/);
});

it('half way the place that is free is offered beside the one that is not', async () => {
  const bed = await places('eu', 'us', 'ap');
  await cameTo(bed, '2.14.0', 'eu');
  await freeze(bed, { ...UNTIL_THURSDAY, environments: ['us'] });
  await bed.pass(MINUTE);
  const card = await bed.cardText('2.14.0');
  expect(card).toContain('Nothing in the way in ap.');
  expect(card).toContain('[Start in ap]');
  await clickCard(bed, 'olivia', '2.14.0', 'Start in ap');
  expect(await bed.cardText('2.14.0')).toContain('deploying to ap');
});

it('Home names no deadline that stands still', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  expect(await home(bed, 'olivia')).toContain('Say how checkout 2.14.0 → production went · by Tue 3 Mar 12:00');
  await typed(bed, 'rita', 'hold REL-1 "wait for me"');
  await bed.pass(20 * HOUR);
  expect(await home(bed, 'olivia')).toMatch(/Say how checkout 2\.14\.0 → production went(?! · by)/);
  const frozen = await canary('2.14.0');
  await freeze(frozen, UNTIL_THURSDAY);
  await frozen.pass(MINUTE);
  expect(await home(frozen, 'olivia')).not.toMatch(/→ production went · by/);
});

it('stakeholders read of no next place over a freeze of it', async () => {
  const bed = await places('eu', 'us');
  await create(bed, '2.14.0');
  await customersNotice(bed, 'REL-1');
  await approve(bed, '2.14.0');
  await wentOnTo(bed, '2.14.0', 'eu');
  expect(await stakeholders(bed)).toContain('is live in eu, and comes to us next');
  await freeze(bed, { ...UNTIL_THURSDAY, environments: ['us'] });
  await bed.pass(MINUTE);
  expect(await stakeholders(bed)).toContain('is live in eu, and comes to us not before Thu 5 Mar 12:00');
});

it('what went back everywhere, place by place, ends as that, and its card has three buttons', async () => {
  const bed = await places('eu', 'us', 'ap');
  await cameTo(bed, '2.13.0', 'eu', 'us', 'ap');
  await cameTo(bed, '2.14.0', 'eu', 'us', 'ap');
  await typed(bed, 'olivia', 'unhealthy REL-2 ap "slow"');
  for (const place of ['ap', 'us', 'eu']) {
    await typed(bed, 'olivia', `rollback REL-2 ${place} "slow"`);
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  }
  const asked = await bed.dm('olivia');
  expect(asked).not.toContain('asked again below');
  const card = (await bed.cardText('2.14.0')).split('\n').find((line) => line.startsWith('['));
  expect(card?.match(/\[[^\]]*\]/g)?.length).toBeLessThanOrEqual(3);
  expect(card).toContain('Lift lock of');
});

it('back on a version that is not well is no solution', async () => {
  const bed = await startTestbed();
  await shipped(bed, '2.13.0');
  await create(bed, '2.14.0');
  await customersNotice(bed, 'REL-2');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await typed(bed, 'olivia', 'unhealthy REL-2 "slow"');
  await create(bed, '2.15.0');
  await customersNotice(bed, 'REL-3');
  await approve(bed, '2.15.0');
  await typed(bed, 'olivia', 'deploy REL-3 production');
  await clickCard(bed, 'olivia', '2.15.0', 'It went through');
  await typed(bed, 'olivia', 'rollback REL-3 "worse"');
  await clickCard(bed, 'olivia', '2.15.0', 'It is back');
  const read = await stakeholders(bed);
  expect(read).toContain('It went back to 2.14.0, which has a problem of its own');
  expect(read).not.toMatch(/solved[^\n]*which has a problem of its own/);
});

it('a reminder outside their hours leaves the request where it is until it is posted anew', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await bed.pass(9 * HOUR);
  await typed(bed, 'olivia', 'remind REL-1');
  await bed.pass(MINUTE);
  expect(await bed.dm('adam')).toContain('[Approve]');
  const before = (await bed.dmWith('adam', 'Approve checkout 2.14.0')).ts;
  await bed.pass(15 * HOUR);
  const requests = bed
    .as('adam')
    .dms()
    .filter(({ blocks }) => JSON.stringify(blocks).includes('Approve checkout 2.14.0'));
  expect(requests).toHaveLength(1);
  expect(requests[0]?.ts).not.toBe(before);
});

it('on a soft freeze nobody is offered an exception, which it does not want', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'schedule REL-1 tomorrow 10:00');
  await approve(bed, '2.14.0');
  await freeze(bed, { ...UNTIL_THURSDAY, severity: 'soft' });
  await bed.settled();
  expect(await bed.dm('olivia')).not.toContain('Ask for an exception');
});

it('whose owner left stands on the Home of whoever can give it to somebody', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await deactivate(bed, 'olivia');
  await bed.pass(MINUTE);
  expect(await home(bed, 'bella')).toContain('Give checkout 2.14.0 to somebody: its owner @olivia left');
});

it('while it is held its approval has no date, and is as long as it was', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'hold REL-1 "waiting for the DBA"');
  await bed.pass(30 * HOUR);
  for (const shown of [await bed.cardText(), await typed(bed, 'olivia', 'show REL-1')]) {
    expect(shown).toContain('its time stands still until it is resumed');
    expect(shown).not.toMatch(/Approved[^\n]*until (?:Mon|Tue|Wed|Thu|Fri)/);
  }
  await typed(bed, 'olivia', 'resume REL-1');
  expect(await bed.cardText()).toMatch(/Approved[^\n]*until Wed 11 Mar 16:00/);
});

it('inside its slot it is planned for today, not overdue', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'schedule REL-1 tomorrow 08:30-11:00');
  await approve(bed, '2.14.0');
  await bed.pass(23 * HOUR);
  expect(await bed.dm('rita')).toContain('This morning: 1 planned for today');
  expect(await bed.dm('rita')).not.toContain('overdue');
});

it('who decides about a failure reads by when, everywhere, and one message asks them', async () => {
  const bed = await startTestbed();
  await failedOver(bed, 'It did not come up');
  expect(await bed.cardText('2.14.0')).toContain(
    'Next   olivia decides by Tue 3 Mar 10:15, then adam or bella as well:',
  );
  expect(await bed.dm('olivia')).toContain('@olivia decides by Tue 3 Mar 10:15, then @adam or @bella as well:');
  expect(await home(bed, 'olivia')).toContain('Decide about checkout 2.14.0, which failed · by Tue 3 Mar 10:15');
  const asking = bed
    .as('olivia')
    .dms()
    .filter(({ blocks }) => /"text":"(?:Roll back…|Retry|Open)"/.test(JSON.stringify(blocks)))
    .filter(({ blocks }) => JSON.stringify(blocks).includes('2.14.0'));
  expect(asking).toHaveLength(1);
  await bed.pass(16 * MINUTE);
  expect(await bed.cardText('2.14.0')).toContain(
    'Next   olivia, adam or bella decides by Tue 3 Mar 12:00, then rita as well:',
  );
  expect(await bed.channelText(bed.channels.team)).toMatch(/\nolivia, adam or bella decides by Tue 3 Mar 12:00\n/);
});

it('a private card that is pressed is shown anew in its place', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'show REL-1');
  const before = bed.as('olivia').privately(bed.channels.team).length;
  for (const label of ['I am starting', 'It went through']) {
    const card = bed.as('olivia').privately(bed.channels.team).at(-1);
    if (card === undefined) throw new Error('There is no private card.');
    await bed.as('olivia').click(card, label);
    await bed.settled();
  }
  expect(bed.as('olivia').privately(bed.channels.team)).toHaveLength(before);
  expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('checkout 2.14.0  ·  deployed');
  expect(bed.as('olivia').lastPrivate(bed.channels.team)).not.toContain('Its card stands in');
});

it('nothing of a long timeline is lost between its pages', async () => {
  const bed = await startTestbed();
  await shipped(bed, '2.14.0');
  for (let n = 1; n <= 60; n += 1) await typed(bed, 'olivia', `action REL-1 "Task ${n}. ${'x'.repeat(430)}" by Fri`);
  await typed(bed, 'olivia', 'timeline REL-1');
  const seen = new Set<string>();
  for (let page = 0; page < 20; page += 1) {
    const shown = bed.as('olivia').privately(bed.channels.team).at(-1);
    if (shown === undefined) throw new Error('There is no timeline.');
    const text = bed.as('olivia').lastPrivate(bed.channels.team);
    expect(text).not.toContain('Cut here');
    for (const [found] of text.matchAll(/Task \d+\./g)) seen.add(found);
    if (!text.includes('[Older]')) break;
    await bed.as('olivia').click(shown, 'Older');
    await bed.settled();
  }
  expect(seen.size).toBe(60);
});

it('lists go on by what people type, and all changes stand in the details', async () => {
  const bed = await startTestbed();
  await shipped(bed, '2.14.0');
  for (let n = 1; n <= 17; n += 1) await typed(bed, 'olivia', `action REL-1 "Do ${n}" @olivia by Fri`);
  expect(await typed(bed, 'olivia', 'actions @olivia')).toContain(
    '17 open actions, 1 to 15; the next ones: /release actions @olivia 16',
  );
  await create(bed, '2.15.0');
  for (let n = 1; n <= 40; n += 1) await typed(bed, 'olivia', `change add REL-2 "Change ${n}"`);
  await clickCard(bed, 'olivia', '2.15.0', 'Details');
  const details =
    bed.as('olivia').modal() === null ? bed.as('olivia').lastPrivate(bed.channels.team) : bed.as('olivia').modalText();
  for (let n = 1; n <= 40; n += 1) expect(details).toMatch(new RegExp(`Change ${n}\\b`));
});

it('an emergency that stops half way names who and how, and promises nothing', async () => {
  const bed = await places('eu', 'us');
  await cameTo(bed, '2.13.0', 'eu', 'us');
  await create(bed, '2.14.0');
  await customersNotice(bed, 'REL-2');
  await typed(bed, 'olivia', 'emergency REL-2');
  await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
  await bed.pass(11 * MINUTE);
  await typed(bed, 'olivia', 'deploy REL-2 eu');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await bed.pass(MINUTE);
  const why = await typed(bed, 'olivia', 'why REL-2 us');
  const [, way = 'nothing'] = /Approval: nobody approved this artifact\. ([^\n]*)/.exec(why) ?? [];
  expect(await bed.cardText('2.14.0')).toContain(way.slice(0, 60));
  expect(await home(bed, 'olivia')).toContain('checkout 2.14.0 does not come to us: nobody approved this artifact');
  expect(await stakeholders(bed)).toContain('is live in eu; when it comes to us is said here');
});

it('of several places each is told by itself to those who only read', async () => {
  const bed = await places('eu', 'us', 'ap');
  await cameTo(bed, '2.13.0', 'eu', 'us', 'ap');
  await create(bed, '2.14.0');
  await customersNotice(bed, 'REL-2');
  await approve(bed, '2.14.0');
  await wentOnTo(bed, '2.14.0', 'eu');
  await wentOnTo(bed, '2.14.0', 'us');
  await typed(bed, 'olivia', 'unhealthy REL-2 us "slow"');
  await typed(bed, 'olivia', 'unhealthy REL-2 eu "slow"');
  await typed(bed, 'olivia', 'rollback REL-2 us "slow"');
  await bed.settled();
  expect(await stakeholders(bed)).toMatch(/checkout has a problem in us since[^\n]*going back to 2\.13\.0 now\./);
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  expect(await stakeholders(bed)).toContain('checkout: solved in us');
  expect((await stakeholders(bed)).split('The team is deciding what to do.')).toHaveLength(2);
});

it('what went back in one place and is overtaken in the other runs nowhere, and asks nobody', async () => {
  const bed = await places('eu', 'us');
  await cameTo(bed, '2.13.0', 'eu', 'us');
  await cameTo(bed, '2.14.0', 'us', 'eu');
  await typed(bed, 'olivia', 'rollback REL-2 eu "bad"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  await cameTo(bed, '2.15.0', 'us');
  await bed.pass(3 * HOUR);
  const card = await bed.cardText('2.14.0');
  expect(card).toContain('Nothing to decide any more');
  expect(card).toContain('In eu it went back.');
  expect(await bed.dm('rita')).not.toContain('decide about the rest');
  expect(await home(bed, 'rita')).not.toContain('Decide about checkout 2.14.0');
});

it('what another try mended is not why it went back', async () => {
  const bed = await startTestbed();
  await failedOver(bed, 'It loses orders');
  await clickCard(bed, 'olivia', '2.14.0', 'Retry');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await typed(bed, 'olivia', 'rollback REL-2 "bad after all"');
  await clickCard(bed, 'olivia', '2.14.0', 'It is back');
  expect(await bed.cardText('2.14.0')).toContain('Reason   bad after all');
  expect(await bed.cardText('2.14.0')).not.toContain('It loses orders');
});

it('a private card that is approved, taken back or withdrawn on is never left as it was', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  for (const [who, label] of [
    ['adam', 'Approve'],
    ['adam', 'Undo my approval'],
    ['olivia', 'Remind'],
    ['olivia', 'Withdraw'],
  ] as const) {
    await typed(bed, who, 'show REL-1');
    const all = bed.as(who).privately(bed.channels.team);
    const card = all.at(-1);
    if (card === undefined) throw new Error('There is no private card.');
    await bed.as(who).click(card, label);
    await bed.settled();
    expect([label, bed.as(who).privately(bed.channels.team).length]).toEqual([label, all.length]);
  }
});

it('a failure that is held says so to whoever was asked, with the way on', async () => {
  const bed = await startTestbed();
  await failedOver(bed, 'It loses orders');
  await typed(bed, 'rita', 'hold REL-2 "wait"');
  const asked = await bed.dm('olivia');
  expect(asked).toMatch(/Held {3}since [^\n]* by @rita: wait/);
  expect(asked).toContain('Resume');
  expect(await home(bed, 'olivia')).not.toContain('Decide about checkout 2.14.0');
});

it('an exception that is asked for stands on what waits for approval as well', async () => {
  const bed = await startTestbed();
  await freeze(bed, { ...UNTIL_THURSDAY, approvers: 'qa' });
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'exception REL-1');
  await fill(bed, 'olivia', { reason: 'The law asks for it from tomorrow on', blastRadius: 'everybody' });
  await typed(bed, 'adam', 'undo REL-1');
  expect(await bed.cardText('2.14.0')).toContain('waiting for approval');
  expect(await bed.cardText('2.14.0')).toContain('Exception   asked for production of @qa');
});

it('at night what stands in place of a request is true', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await bed.pass(10 * HOUR);
  await typed(bed, 'olivia', 'withdraw REL-1');
  await typed(bed, 'olivia', 'submit REL-1');
  await bed.pass(MINUTE);
  expect(await bed.dm('adam')).toContain('Approve checkout 2.14.0');
  expect(await bed.dm('adam')).not.toContain('the request was withdrawn');
  await bed.pass(14 * HOUR);
  expect((await bed.dm('adam')).split('Approve checkout 2.14.0')).toHaveLength(2);
});

it('a gate that fails while approval waits is on the card and on the request; one that is waived did not pass', async () => {
  const bed = await startTestbed({ gates: true });
  await create(bed, '2.14.0');
  await typed(bed, 'quinn', 'gate REL-1 regression passed');
  await typed(bed, 'olivia', 'submit REL-1');
  await typed(bed, 'quinn', 'gate REL-1 regression failed "loses orders"');
  const asked = await bed.dm('adam');
  expect(asked).toContain('Failed   regression: “loses orders”');
  expect(asked).not.toContain('nothing else is needed');
  expect(asked).toContain('1 gate is open besides');
  expect(await bed.cardText('2.14.0')).toContain('regression failed');
  await typed(bed, 'rita', 'gate REL-1 regression waive "no time"');
  expect(await bed.dm('adam')).toContain('0 of 1 gates passed · 1 waived');
});
