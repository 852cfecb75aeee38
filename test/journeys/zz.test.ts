import { it } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { approve, clickCard, create, deactivate, fill, freeze, shipped, typed } from '../support/acting.ts';
import { startTestbed } from '../support/testbed.ts';

const say = (...x: unknown[]) => process.stdout.write(`${x.join(' | ')}\n-----\n`);
it('emergency', async () => {
  const bed = await startTestbed();
  await freeze(bed, {
    name: 'Quarter end',
    reason: 'Books are closed',
    start: '2026-03-03',
    start_time: '09:00',
    end: '2026-03-06',
    end_time: '02:00',
  });
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'emergency REL-1');
  await fill(bed, 'olivia', {
    reason: 'Payments fail for everybody who pays by card',
    incident: 'https://status.example/INC-7',
  });
  await bed.as('rita').click(await bed.dmWith('rita', 'emergency'), 'Confirm');
  await bed.settled();
  say('adam', await bed.dm('adam'));
  say('olivia', await bed.dm('olivia'));
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting').catch((e) => say(String(e)));
  if (bed.as('olivia').modal() !== null) {
    say(bed.as('olivia').modalText());
  }
  say(await bed.cardText());
  say(bed.as('olivia').lastPrivate(bed.channels.team));
  void DAY;
  void HOUR;
  void approve;
  void shipped;
  void deactivate;
});
