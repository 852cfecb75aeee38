/** Commands as people type them: nothing that stands beside a reason is dropped, and each end is what was said. */
import { expect, it } from 'vitest';
import { approve, clickCard, create, typed } from '../support/acting.ts';
import { startTestbed } from '../support/testbed.ts';

it('the end of a lock, a hold and a waiver is read, or asked back', async () => {
  const bed = await startTestbed({ gates: true });
  const lock = await typed(bed, 'olivia', 'lock search production "load test" 2 hours');
  expect(lock).toContain(
    'Not locked: “2 hours” beside the reason is not understood. Say how long with “until Thu 18:00”',
  );
  expect(await typed(bed, 'olivia', 'lock search production "load test" for 2 hours')).toContain(
    'Locked: search production until Tue 3 Mar 12:00. Nobody but you starts there.',
  );
  await create(bed, '2.14.0');
  expect(await typed(bed, 'olivia', 'hold REL-1 "vendor" until Thu 06:00 Tokyo')).toContain(
    'On hold until Wed 4 Mar 21:00 your time (you typed “Thu 06:00 Tokyo”).',
  );
  expect(await typed(bed, 'olivia', 'resume REL-1')).not.toContain('Not');
  expect(await typed(bed, 'olivia', 'hold REL-1 until the DBA is back')).toContain('On hold.');
  expect(await typed(bed, 'olivia', 'show REL-1')).toContain('until the DBA is back');
  await typed(bed, 'olivia', 'resume REL-1');
  expect(await typed(bed, 'rita', 'gate REL-1 regression waive "flaky" until Fri')).toContain(
    'Waived until Fri 6 Mar 09:00.',
  );
  expect(await typed(bed, 'rita', 'gate REL-1 regression waive "flaky" next time')).toContain(
    'Not waived: “next time”',
  );
  expect(await typed(bed, 'olivia', 'show REL-1')).not.toContain('flaky until');
});

it('a time of another year says which', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  expect(await typed(bed, 'olivia', 'schedule REL-1 2025-03-05 10:00')).toContain('Wed 5 Mar 10:00 2025 is past');
});

it('the words of the buttons are commands, and a release may be named as a service and a version', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  expect(await typed(bed, 'olivia', 'why checkout 2.14.0')).toContain('checkout 2.14.0');
  expect(await typed(bed, 'olivia', 'checkout 2.14.0')).toContain('Did you mean /release show checkout@2.14.0');
  expect(await typed(bed, 'adam', 'approve checkout 2.14.0')).toContain('Counted.');
  expect(await typed(bed, 'olivia', 'start REL-1 production')).toContain('Started');
  await typed(bed, 'olivia', 'deploy REL-1 done');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await typed(bed, 'olivia', 'not healthy REL-1 "slow carts"');
  expect(await bed.cardText()).toContain('not healthy');
  expect(await typed(bed, 'olivia', 'list going back')).not.toContain('no service');
  expect(await typed(bed, 'olivia', 'list waitng')).toContain('Did you mean /release list waiting?');
  expect(await typed(bed, 'olivia', 'cancel REL-1 --force')).toContain(
    'Nothing done: there is no option --force here. What belongs to a reason or a title goes in quotes.',
  );
});

it('without a reference it is the one that the command can be for', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await create(bed, '2.15.0');
  await approve(bed, '2.15.0');
  expect(await typed(bed, 'olivia', 'withdraw')).toContain('2.14.0');
  expect(await bed.cardText('2.14.0')).toContain('draft');
  expect(await typed(bed, 'olivia', 'withdraw REL-2')).toContain('Not withdrawn: nothing is being asked.');
  expect(await typed(bed, 'olivia', 'schedule REL-2 next week')).toContain('“next week” is no time yet');
});

it('a change has its title, its link and its author in any order', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'change add REL-1 "PR 42" by @bella https://github.com/acme/checkout/pull/42');
  await typed(bed, 'olivia', 'change add REL-1 https://github.com/acme/checkout/pull/43 Search by @adam');
  await typed(bed, 'olivia', 'change add REL-1 https://github.com/acme/checkout/pull/44');
  await typed(bed, 'olivia', 'change add REL-1 Thanks to @bella for the fix');
  const shown = await typed(bed, 'olivia', 'timeline REL-1');
  expect(shown).toContain('added a change: “Thanks to @bella for the fix”');
  expect(shown).toContain('added a change: “PR 42”');
  expect(shown).toContain('added a change: “Search”');
  expect(shown).toContain('added a change: “pull/44”');
  const card = await typed(bed, 'olivia', 'show REL-1');
  expect(card).not.toContain('by @');
});
