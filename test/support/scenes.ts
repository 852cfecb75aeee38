/** What scenes about releases in several places, and about what failed, begin with; and where they look. */
import { approve, clickCard, create, fails, fill, shipped, typed } from './acting.ts';
import { homeText } from './home.ts';
import { cameTo, places, wentOnTo } from './places.ts';
import type { Name, Testbed } from './testbed.ts';

/** A freeze from the first morning until Thursday noon. */
export const UNTIL_THURSDAY = {
  name: 'Quarter end',
  reason: 'Books are closed',
  start: '2026-03-03',
  start_time: '09:00',
  end: '2026-03-05',
  end_time: '12:00',
};

export const home = async (bed: Testbed, who: Name): Promise<string> => {
  await bed.as(who).openHome();
  return homeText(bed, who);
};

export const stakeholders = (bed: Testbed): Promise<string> => bed.channelText(bed.channels.releases);

export const customersNotice = async (bed: Testbed, key: string): Promise<void> => {
  await typed(bed, 'olivia', `edit ${key}`);
  await fill(bed, 'olivia', { customers: 'You can pay with gift cards' });
};

/** 2.14.0 failed in production, where 2.13.0 runs. */
export const failedOver = async (bed: Testbed, reason = 'It loses orders'): Promise<void> => {
  await shipped(bed, '2.13.0');
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  await fails(bed, '2.14.0', reason);
};

/** 2.14.0, which customers notice, is in eu and can still come to the others; before it 2.13.0 ran in all of them. */
export const inEu = async (...others: readonly string[]): Promise<Testbed> => {
  const bed = await places('eu', ...others);
  await cameTo(bed, '2.13.0', 'eu', ...others);
  await create(bed, '2.14.0');
  await customersNotice(bed, 'REL-2');
  await approve(bed, '2.14.0');
  await wentOnTo(bed, '2.14.0', 'eu');
  return bed;
};
