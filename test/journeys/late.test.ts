/** What nobody does stays said: actions and reviews that are late, over two months. */
import { expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { clickCard, shipped, typed } from '../support/acting.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

/** In hours, as the machine's clock goes: each morning is looked at. */
const days = async (bed: Testbed, many: number): Promise<void> => {
  for (let n = 0; n < many * 4; n += 1) await bed.pass(6 * HOUR);
};

it('an action is reminded of on its day and each week after it, in one message; lists and the morning call it late', async () => {
  const bed = await startTestbed();
  await shipped(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'Healthy');
  await typed(bed, 'olivia', 'action REL-1 "Check the disks" @bella by Fri');
  await days(bed, 2);
  expect(await bed.dm('bella')).toContain('Your action is due');
  await days(bed, 20);
  const dm = await bed.dm('bella');
  expect(dm).toContain('Your action is late, due since Fri 6 Mar');
  expect(dm.match(/Your action is/g)).toHaveLength(1);
  expect(await typed(bed, 'bella', 'actions')).toContain('late, due since Fri 6 Mar');
  expect(await bed.dm('rita')).toMatch(/This morning: .*1 action late/);
  expect(await bed.dm('rita')).toContain('/release actions all');
  expect(await bed.dm('rita')).toMatch(/Reviews that are late[\s\S]*checkout 2\.14\.0[\s\S]*due since/);
  expect(await bed.cardText()).toMatch(/Review by olivia, due since Thu 5 Mar/);
  await bed.as('bella').click(await bed.dmWith('bella', 'Check the disks'), 'Done');
  await bed.pass(DAY);
  expect(await bed.dm('bella')).not.toContain('[Done]');
}, 120_000);
