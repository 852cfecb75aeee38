/** The Home tab: what it says first, what can be done from it, and that it follows without being opened again. */
import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/domain/time.ts';
import { approve, clickCard, create, fails, freeze } from '../support/acting.ts';
import { homeOf, homeText } from '../support/home.ts';
import { type Name, startTestbed, type Testbed } from '../support/testbed.ts';

const press = async (bed: Testbed, name: Name, label: string): Promise<void> => {
  const blocks = homeOf(bed, name) as {
    elements?: { text?: { text?: string } }[];
    accessory?: { text?: { text?: string } };
  }[];
  const block = blocks.findIndex(({ elements, accessory }) =>
    [...(elements ?? []), accessory].some((one) => one?.text?.text === label),
  );
  const element = Math.max(
    0,
    (blocks[block]?.elements ?? []).findIndex((one) => one.text?.text === label),
  );
  await bed.as(name).press('home', { block, element, option: null });
  await bed.settled();
};

it('says first what waits, lets one act, and follows what changes', async () => {
  const bed = await startTestbed();
  await bed.as('adam').openHome();
  expect(await homeText(bed, 'adam')).toContain('Nothing waits for you');
  await bed.as('olivia').command('/release', 'new checkout 2.14.0 "Faster basket"', bed.channels.team);
  const waiting = await homeText(bed, 'adam');
  expect(waiting).toContain('1 thing waits for you');
  expect(waiting).toContain('Approve checkout 2.14.0 → production · low risk · decide by Fri 6 Mar 10:00');
  await press(bed, 'adam', 'Approve');
  expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  expect(await homeText(bed, 'adam')).toContain('Nothing waits for you');
  await bed.as('olivia').openHome();
  expect(await homeText(bed, 'olivia')).toContain(
    'checkout 2.14.0  ·  approved  ·  Nothing in the way. @olivia starts it. [Open]',
  );
  await bed.as('olivia').command('/deploy', 'REL-1', bed.channels.team);
  expect(await homeText(bed, 'olivia')).toContain('checkout 2.14.0 → production since');
  await bed.as('olivia').click(await bed.card(), 'It went through');
  await bed.pass(2 * DAY);
  expect(await homeText(bed, 'olivia')).toContain('Review checkout 2.14.0 (deployed)');
  expect(await homeText(bed, 'olivia')).toContain('checkout   staging nothing yet · production 2.14.0 since');
});

it('has three views; a private draft is in nobody else’s, and a freeze is in everybody’s', async () => {
  const bed = await startTestbed({ gates: true });
  await bed.as('olivia').command('/release', 'new checkout 2.14.0 "Secret plans"', bed.channels.team);
  await bed.as('rita').openHome();
  expect(await homeText(bed, 'rita')).toContain('● Everything');
  expect(await homeText(bed, 'rita')).not.toContain('2.14.0');
  await bed.as('olivia').openHome();
  expect(await homeText(bed, 'olivia')).toContain('● Mine');
  await press(bed, 'olivia', '○ My services');
  expect(await homeText(bed, 'olivia')).toContain('● My services');
  expect(await homeText(bed, 'olivia')).toContain('checkout 2.14.0  ·  draft');
  await freeze(bed, {
    name: 'Quarter end',
    reason: 'Books close',
    start: '2026-03-03',
    start_time: '09:00',
    end: '2026-03-06',
  });
  expect(await homeText(bed, 'olivia')).toContain('production is frozen until Fri 6 Mar 07:00');
});

it('stays within a hundred blocks and a fixed number of statements, whatever there is', async () => {
  const bed = await startTestbed();
  const statementsToOpen = async (): Promise<number> => {
    await bed.settled();
    const executor = Object.getPrototypeOf(Object.getPrototypeOf(bed.app.deps.database.kysely.getExecutor())) as {
      executeQuery: (...args: unknown[]) => unknown;
    };
    const original = executor.executeQuery;
    let count = 0;
    executor.executeQuery = function counted(...args) {
      const { sql } = args[0] as { sql: string };
      // A tick may fall into the moment: it asks for what is due.
      if (/"(deployments|releases)"/.test(sql) && !sql.includes('skip locked')) count += 1;
      return original.apply(this, args);
    };
    await bed.as('adam').openHome();
    await bed.settled();
    executor.executeQuery = original;
    return count;
  };
  await bed.as('olivia').command('/release', 'new checkout 1.0.0 "x"', bed.channels.team);
  const few = await statementsToOpen();
  for (let n = 1; n < 40; n += 1)
    await bed.as('olivia').command('/release', `new checkout 1.${n}.0 "x"`, bed.channels.team);
  const many = await statementsToOpen();
  expect(many).toBe(few);
  expect(homeOf(bed, 'adam').length).toBeLessThan(100);
  expect(await homeText(bed, 'adam')).toContain('[See all 40]');
  await press(bed, 'adam', 'See all 40');
  const rows = bed.as('adam').modalText().split('\n');
  expect(rows.filter((line) => line.includes('Approve checkout 1.'))).toHaveLength(40);
});

it('is not shown to guests, and says how to begin where nothing is set up', async () => {
  const bed = await startTestbed();
  const id = bed.sandbox.addUser('guest', { restricted: true });
  await bed.sandbox.as(id).openHome();
  await bed.settled();
  expect(bed.sandbox.world.homes.get(id)).toBeUndefined();
});

describe('a release manager’s morning', () => {
  const mornings = (bed: Testbed): readonly string[] =>
    bed
      .as('rita')
      .dms()
      .map(({ text }) => text)
      .filter((text) => text.startsWith('This morning'));

  it('is one message with all that hurts or is due, and none where there is nothing', async () => {
    const bed = await startTestbed();
    await bed.pass(DAY);
    expect(mornings(bed)).toEqual([]);
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await fails(bed, '2.14.0', 'Error rate 4 %');
    await create(bed, '2.15.0');
    await bed.as('olivia').command('/release', 'schedule REL-2 tomorrow 15:00', bed.channels.team);
    await bed.settled();
    await bed.pass(DAY);
    expect(mornings(bed)).toEqual(['This morning: 1 release failed, 1 planned for today']);
    await bed.as('olivia').command('/release', 'hold REL-2 "the DBA"', bed.channels.team);
    await bed.pass(DAY);
    expect(mornings(bed).at(-1)).toBe('This morning: 1 release failed, 1 held');
    expect(mornings(bed)).toHaveLength(1);
  });

  it('is nobody else’s', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await bed.as('olivia').command('/release', 'schedule REL-1 tomorrow 15:00', bed.channels.team);
    await bed.pass(DAY);
    expect(await bed.dm('olivia')).not.toContain('This morning');
    expect(mornings(bed)).toHaveLength(1);
  });
});
