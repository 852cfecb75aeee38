/** Commands as people type them: nothing that stands beside a reason is dropped, and each end is what was said. */
import { expect, it } from 'vitest';
import { create, typed } from '../support/acting.ts';
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
