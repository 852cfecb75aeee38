/** What whoever is asked again reads as new: what they have not seen, and nothing else. */
import { expect, it } from 'vitest';
import { MINUTE } from '../../src/domain/time.ts';
import { approve, create, deactivate, fill, shipped, typed } from '../support/acting.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const asked = async (bed: Testbed, who: 'adam' | 'bella'): Promise<string> => {
  await bed.settled();
  return bed.dm(who);
};

it('what was seen and approved is nothing new to whoever takes that back, nor to those who were asked with them', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'change add REL-1 "B one"');
  expect(await asked(bed, 'adam')).toContain('+ change “B one”');
  await approve(bed, '2.14.0');
  await typed(bed, 'adam', 'undo REL-1');
  for (const who of ['adam', 'bella'] as const) {
    expect(await asked(bed, who)).toContain('Asked again: nothing changed since the last time.');
    expect(await asked(bed, who)).not.toContain('does not count any more');
  }
  // Nor when somebody who had approved leaves.
  await approve(bed, '2.14.0');
  await deactivate(bed, 'adam');
  await bed.pass(MINUTE);
  expect(await asked(bed, 'bella')).toContain('Asked again: nothing changed since the last time.');
  expect(await asked(bed, 'bella')).not.toContain('+ change');
});

it('what went is told beside what came', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  for (const title of ['A one', 'B two']) await typed(bed, 'olivia', `change add REL-1 "${title}"`);
  await approve(bed, '2.14.0');
  await typed(bed, 'olivia', 'change remove REL-1 2');
  await typed(bed, 'olivia', 'change add REL-1 "D four"');
  expect(await asked(bed, 'adam')).toMatch(/since the last time: − change “B two”, \+ change “D four”\./);
});

it('an answer that changed is named', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await bed.as('olivia').command('/release', 'edit REL-1', bed.channels.team);
  await fill(bed, 'olivia', { answers: ['restricted'] });
  expect(await asked(bed, 'adam')).toContain('since the last time: + restricted');
});

it('shows on what is decided: the first five changes with their links, how many there are, and where to compare', async () => {
  const bed = await startTestbed();
  await bed.useCatalog(
    catalogText(bed.ids).replace(
      'repository: acme/checkout,',
      'repository: acme/checkout, compare: "https://git.example.com/c/{from}..{to}",',
    ),
  );
  await shipped(bed, '2.13.0');
  await create(bed, '2.14.0');
  for (let n = 1; n <= 7; n += 1) await typed(bed, 'olivia', `change add REL-2 https://git.example.com/${n}`);
  const ask = JSON.stringify((await bed.dmWith('adam', 'Approve checkout 2.14.0')).blocks);
  expect(ask).toContain('7 since 2.13.0');
  expect(ask).toContain('<https://git.example.com/c/2.13.0..2.14.0|compare>');
  for (let n = 1; n <= 5; n += 1) expect(ask).toContain(`<https://git.example.com/${n}|`);
  expect(ask).not.toContain('https://git.example.com/6');
  expect(ask).toContain('and 2 more');
});
