/** A start that was chosen for the night: whatever keeps it is told at any hour, to whoever sits up for it; nobody else is woken. */
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, create, freeze, typed } from '../support/acting.ts';
import { homeText } from '../support/home.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

/** It is Tuesday 3 March, 10:00. */
const CAMPAIGN = {
  name: 'Late campaign',
  reason: 'the campaign goes out',
  start: '2026-03-03',
  start_time: '21:00',
  end: '2026-03-04',
  end_time: '12:00',
};

const plannedForTwo = async (bed: Testbed): Promise<void> => {
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'schedule checkout@2.14.0 Wed 02:00');
  await approve(bed, '2.14.0');
};

describe('a start at 02:00', () => {
  it('that a freeze stops, which was declared while its owner was at home, is told at once; what becomes of its approval too', async () => {
    const bed = await startTestbed();
    await plannedForTwo(bed);
    await bed.pass(11 * HOUR);
    await freeze(bed, CAMPAIGN);
    await bed.pass(MINUTE);
    const told = await bed.dm('olivia');
    expect(told).toContain('cannot start until Wed 4 Mar 12:00: freeze Late campaign.');
    expect(told).toContain('Its approval ends before that, Wed 4 Mar 07:00.');
    expect(await bed.cardText()).toContain('until Wed 4 Mar 07:00, before the freeze ends');
    // Told once: whoever knows is not woken for it.
    await bed.pass(5 * HOUR + MINUTE);
    expect(await bed.dm('olivia')).not.toContain('and it cannot start');
    await bed.pass(6 * HOUR);
    expect(await bed.dm('olivia')).toContain('Its approval lapsed Wed 4 Mar 07:00: it is asked again for a new time.');
    const card = await bed.cardText();
    expect(card).toContain('[Move to Wed 4 Mar 12:00 London] [Schedule…]');
    expect(card).not.toContain('Ask again');
    await bed.as('olivia').openHome();
    expect(await homeText(bed, 'olivia')).toMatch(
      /Choose a new time for checkout 2\.14\.0 and ask again: its approval lapsed\n\[Schedule…\]/,
    );
  });

  it('that a lock keeps is told at its time, and again when the lock is lifted', async () => {
    const bed = await startTestbed();
    await plannedForTwo(bed);
    await bed.pass(11 * HOUR);
    expect(await typed(bed, 'rita', 'lock checkout production "an incident"')).toContain('Locked');
    await bed.pass(5 * HOUR + MINUTE);
    const told = await bed.dm('olivia');
    expect(told).toContain('Its planned time has come, and it cannot start.');
    expect(told).toContain('an incident');
    await bed.pass(20 * MINUTE);
    await typed(bed, 'rita', 'unlock checkout production');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toContain('The lock that kept it out is lifted.');
  });
});
