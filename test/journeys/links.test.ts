/** Releases that hang on each other, as people meet them: after another one, together with it, and a hotfix that mends what failed. */
import { expect, it } from 'vitest';
import { MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, fails, fill, shipped, typed } from '../support/acting.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

/** REL-1 of search, REL-2 of checkout, both asked for. */
const two = async (): Promise<Testbed> => {
  const bed = await startTestbed();
  await typed(bed, 'olivia', 'new search 4.2.0 "Better words"');
  await create(bed, '2.14.0');
  return bed;
};

it('waits for another one: everybody sees it, nobody can start it, and whoever starts it hears when it is there', async () => {
  const bed = await two();
  expect(await typed(bed, 'olivia', 'depends REL-2 on REL-1')).toContain('It waits for search 4.2.0 (REL-1).');
  await approve(bed, '2.14.0');
  expect(await bed.cardText()).toContain('search 4.2.0 (REL-1) has to be deployed first, and is waiting for approval');
  expect(await typed(bed, 'olivia', 'deploy REL-2 production')).toContain('Not started');
  expect(await typed(bed, 'olivia', 'show REL-1')).toContain('checkout 2.14.0 (REL-2) waits for it');
  await typed(bed, 'adam', 'approve REL-1');
  await bed.pass(MINUTE);
  expect(await bed.cardText()).toContain('and is approved');
  await typed(bed, 'olivia', 'deploy REL-1 production');
  const started = await bed.dm('olivia');
  expect(started).not.toContain('What it waited for is there.');
  const card = bed.sandbox.messagesIn(bed.channels.search).find(({ text }) => text.startsWith('search 4.2.0 is'));
  if (card === undefined) throw new Error('no card of search');
  await bed.as('olivia').click(card, 'It went through');
  await bed.pass(MINUTE);
  expect(await bed.dm('olivia')).toContain('What it waited for is there.');
  expect(await bed.cardText()).toContain('Nothing in the way.');
});

it('refuses circles, itself and nonsense, and is taken back', async () => {
  const bed = await two();
  await typed(bed, 'olivia', 'depends REL-2 on REL-1');
  expect(await typed(bed, 'olivia', 'depends REL-1 on REL-2')).toContain('both would wait for ever');
  expect(await typed(bed, 'olivia', 'depends REL-2 on REL-2')).toContain('the same release');
  expect(await typed(bed, 'olivia', 'depends REL-2 REL-1')).toContain('depends REL-2 on REL-1');
  expect(await typed(bed, 'olivia', 'depends REL-2 on REL-99')).toContain('REL-99');
  expect(await typed(bed, 'stan', 'depends REL-2 on REL-1')).toContain('Not changed');
  expect(await typed(bed, 'olivia', 'depends REL-2 not on REL-1')).toContain(
    'It waits for search 4.2.0 (REL-1) no more.',
  );
  expect(await typed(bed, 'olivia', 'depends REL-2 not on REL-1')).toContain('not waiting for');
});

it('goes together with another one: each waits until the other is ready', async () => {
  const bed = await two();
  expect(await typed(bed, 'olivia', 'depends REL-2 with REL-1')).toContain(
    'It goes together with search 4.2.0 (REL-1): each waits',
  );
  await approve(bed, '2.14.0');
  expect(await bed.cardText()).toContain('search 4.2.0 (REL-1) goes together with it, and is waiting for approval');
  await typed(bed, 'adam', 'approve REL-1');
  await bed.pass(MINUTE);
  expect(await bed.cardText()).toContain('Nothing in the way.');
  expect(await typed(bed, 'olivia', 'why REL-1')).toContain('Nothing in the way');
});

it('a hotfix knows what it fixes, and mends it once it is through', async () => {
  const bed = await startTestbed();
  await shipped(bed, '2.13.1');
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  await fails(bed, '2.14.0', 'errors');
  await bed.as('olivia').command('/release', 'hotfix REL-2', bed.channels.team);
  await fill(bed, 'olivia', {});
  await approve(bed, '2.14.1');
  expect(await typed(bed, 'olivia', 'show REL-3')).toContain('Hotfix of   checkout 2.14.0 (REL-2)');
  await clickCard(bed, 'olivia', '2.14.1', 'I am starting');
  await clickCard(bed, 'olivia', '2.14.1', 'It went through');
  expect(await typed(bed, 'olivia', 'show REL-3')).toContain('merge it back, so that the next version has it');
  await bed.pass(MINUTE);
  const first = await typed(bed, 'olivia', 'show REL-2');
  expect(first).toContain('deployed');
  expect(first).toContain('Fixed forward: 2.14.1 (REL-3) now runs.');
  await clickCard(bed, 'olivia', '2.14.1', 'Roll back…');
  await fill(bed, 'olivia', { reason: 'worse' });
  await clickCard(bed, 'olivia', '2.14.1', 'It is back');
  await bed.pass(MINUTE);
  expect(await typed(bed, 'olivia', 'show REL-2')).toContain('back on 2.13.1');
  expect(await typed(bed, 'olivia', 'timeline REL-2')).toContain(
    'It is not fixed any more: 2.14.1 (REL-3) was rolled back.',
  );
});
