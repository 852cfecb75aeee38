/** The rules change while releases are open: renamed, dropped, reviewed by a second admin, and who is in a group of Slack. */
import { expect, it } from 'vitest';
import { create, typed } from '../support/acting.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const shown = async (bed: Testbed, words: string): Promise<string> => {
  await bed.as('olivia').command('/release', words, bed.channels.team);
  return bed.as('olivia').lastPrivate(bed.channels.team);
};

it('a service is not dropped while a release of it is open, and can be renamed', async () => {
  const bed = await startTestbed();
  await shown(bed, 'new checkout 2.14.0 "Faster basket"');
  const renamed = catalogText(bed.ids).replace('  checkout: {', '  basket: {');
  await expect(bed.useCatalog(renamed)).rejects.toThrow('The catalog drops service checkout, with open releases');
  await bed.useCatalog(renamed.replace('  basket: {', '  basket: { renamed_from: checkout,'));
  expect(await shown(bed, 'show REL-1')).toContain('basket 2.14.0');
  await bed.settled();
  expect(await bed.cardText()).toContain('basket 2.14.0  ·  waiting for approval');
  expect(await shown(bed, 'list checkout')).toContain(
    'there is no service or status checkout here. Try /release list basket',
  );
});

it('an environment that is locked or targeted is not dropped, and can be renamed', async () => {
  const bed = await startTestbed();
  await shown(bed, 'new checkout 2.14.0 "Faster basket"');
  const renamed = catalogText(bed.ids).replace('{ name: production,', '{ name: live,');
  await expect(bed.useCatalog(renamed)).rejects.toThrow('drops environment production');
  await bed.useCatalog(renamed.replace('{ name: live,', '{ name: live, renamed_from: production,'));
  await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
  expect(await shown(bed, 'deploy REL-1 live')).toContain('Started in live.');
});

it('under strict, rules wait for a second admin; other parts do not', async () => {
  const bed = await startTestbed({ preset: 'strict' });
  const strict = catalogText(bed.ids, { preset: 'strict' });
  await bed.useCatalog(strict.replace('0 10 * * 1-5', '0 11 * * 1-5'));
  expect(await shown(bed, 'doctor')).toContain('Catalog version 2');
  const wider = strict
    .replace('0 10 * * 1-5', '0 12 * * 1-5')
    .replace(`qa: { people: [`, `qa: { people: [${bed.ids.stan}, `);
  await bed.useCatalog(wider);
  expect(await shown(bed, 'doctor')).toContain('Catalog version 2');
  expect(await shown(bed, 'setup activate 3')).toContain('Nothing done: this is for admins.');
  const ask = await bed.dmWith('rita', 'Activate catalog version 3?');
  expect(await bed.dm('rita')).toContain('Changes   groups');
  await bed.as('rita').click(ask, 'Activate');
  await bed.settled();
  expect(await shown(bed, 'doctor')).toContain('Catalog version 3');
  expect(await bed.dm('adam')).toContain('No longer needed: catalog version 3 is active');
  await bed.as('adam').command('/release', 'setup activate 3', bed.channels.team);
  expect(bed.as('adam').lastPrivate(bed.channels.team)).toContain('there is no waiting catalog version 3');
  await bed.as('stan').command('/release', 'whoami', bed.channels.team);
  expect(bed.as('stan').lastPrivate(bed.channels.team)).toContain('Your groups: qa');
});

it('who joins or leaves a user group of Slack counts from then on, and the journal says so', async () => {
  const bed = await startTestbed();
  bed.sandbox.world.scopes.add('usergroups:read');
  bed.sandbox.world.usergroups.set('S0OWNERS', { id: 'S0OWNERS', handle: 'checkout-leads', users: [bed.ids.adam] });
  await bed.useCatalog(
    catalogText(bed.ids).replace(
      /checkout-owners: \{ people: \[.*?\] \}/,
      `checkout-owners: { slack: "@checkout-leads", people: [${bed.ids.olivia}] }`,
    ),
  );
  await shown(bed, 'new checkout 2.14.0 "Faster basket"');
  await bed.as('stan').command('/release', 'approve REL-1', bed.channels.team);
  expect(bed.as('stan').lastPrivate(bed.channels.team)).toContain('Not approved: you are not in');
  bed.sandbox.world.usergroups.set('S0OWNERS', { id: 'S0OWNERS', handle: 'checkout-leads', users: [bed.ids.stan] });
  await bed.app.lookAround();
  await bed.app.lookAround();
  await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
  expect(bed.as('adam').lastPrivate(bed.channels.team)).toContain('Not approved: you are not in');
  await bed.as('stan').command('/release', 'approve REL-1', bed.channels.team);
  expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  const { db } = bed.app.deps.database;
  const rows = await db
    .selectFrom('journal')
    .select('canonical')
    .where('workspace_id', '<>', '' as never)
    .where('kind', '=', 'groups.changed')
    .execute();
  expect(rows).toHaveLength(1);
  expect(rows[0]?.canonical).toContain(bed.ids.stan);
  // Started again with the same file: it stays known, and the members stay.
  await bed.restart();
  await bed.as('stan').command('/release', 'whoami', bed.channels.team);
  expect(bed.as('stan').lastPrivate(bed.channels.team)).toContain('Your groups: checkout-owners');
});

it('a service takes the approval rules of another preset, and what a release affects counts', async () => {
  const bed = await startTestbed();
  await bed.useCatalog(catalogText(bed.ids).replace('  search: {', '  search: { policy: light,'));
  expect(await shown(bed, 'new search 1.0.0 "Better ranking"')).toContain('free to go: nobody has to approve it');
  await shown(bed, 'new checkout 2.14.0 "Faster basket"');
  await bed.as('olivia').command('/release', 'edit REL-2', bed.channels.team);
  await bed.as('olivia').fill('affects', ['search']);
  await bed.as('olivia').submit();
  await bed.settled();
  expect(await bed.channelText(bed.channels.team)).toContain('also affects search');
  expect(await bed.cardText()).toContain('Also affects   search');
});

it('more than a hundred services can be chosen in every form, the last one too', async () => {
  const bed = await startTestbed();
  const names = Array.from({ length: 150 }, (_, n) => `svc-${String(n).padStart(3, '0')}`);
  const more = names.map((name) => `  ${name}: { owners: checkout-owners, channel: "#team-search" }`).join('\n');
  await bed.useCatalog(catalogText(bed.ids).replace('services:\n', `services:\n${more}\n`));
  const olivia = bed.as('olivia');
  await olivia.command('/release', 'new', bed.channels.team);
  // All of them are more than are shown; what begins with what was typed comes first.
  expect(await olivia.suggest('service', '')).toHaveLength(100);
  expect((await olivia.suggest('service', 'VC-14')).map(({ value }) => value)).toEqual(names.slice(140));
  expect((await olivia.suggest('service', 'sea'))[0]?.value).toBe('search');
  expect(await olivia.suggest('service', 'nothing like it')).toEqual([]);
  await olivia.fill('service', 'svc-149');
  await olivia.fill('version_svc-149', '1.0.0');
  await olivia.fill('title', 'The last one');
  await olivia.fill('rollbackPlan', 'Redeploy');
  expect((await olivia.submit()).errors).toEqual({});
  await olivia.command('/release', 'edit svc-149@1.0.0', bed.channels.team);
  await olivia.fill('affects', ['svc-148']);
  expect((await olivia.submit()).errors).toEqual({});
  await olivia.command('/release', 'show svc-149@1.0.0', bed.channels.team);
  await bed.settled();
  expect(olivia.lastPrivate(bed.channels.team)).toContain('Also affects   svc-148');
  const rita = bed.as('rita');
  await rita.command('/freeze', 'new', bed.channels.team);
  await rita.fill('name', 'Last ones');
  await rita.fill('reason', 'Stocktaking');
  await rita.fill('scope', ['svc-147', 'svc-148']);
  await rita.fill('except', ['svc-148']);
  // The first press shows what it comes to.
  expect((await rita.submit()).errors).toEqual({});
  expect((await rita.submit()).errors).toEqual({});
  await bed.settled();
  expect(await typed(bed, 'rita', 'freeze list')).toContain('svc-147');
  const places = await typed(bed, 'rita', 'env all');
  expect(places).toContain('services 1 to 15 of 152; the next ones: /release env 16');
  expect(places).toContain('svc-000 | production');
  expect(await typed(bed, 'rita', 'env 151')).toContain('services 151 to 152 of 152');
  expect(await typed(bed, 'rita', 'env 999')).toContain('services 152 to 152 of 152');
  expect(await typed(bed, 'rita', 'env svc-149')).not.toContain(' of 152');
});

it('a service cannot be affected by itself, wherever it was chosen from', async () => {
  const bed = await startTestbed();
  const more = Array.from(
    { length: 120 },
    (_, n) => `  svc-${n}: { owners: checkout-owners, channel: "#team-search" }`,
  );
  await bed.useCatalog(catalogText(bed.ids).replace('services:\n', `services:\n${more.join('\n')}\n`));
  await create(bed, '2.14.0');
  const olivia = bed.as('olivia');
  await olivia.command('/release', 'edit REL-1', bed.channels.team);
  await olivia.fill('affects', ['checkout']);
  expect((await olivia.submit()).errors).toEqual({
    affects: expect.stringContaining('checkout cannot be affected: name other services of the catalog.'),
  });
});

it('the doctor names a rule that can never be satisfied, and says nothing where another way is open', async () => {
  const bed = await startTestbed();
  const policy = (rules: string) =>
    `${catalogText(bed.ids).replace(/policies:[\s\S]*?(?=\n\w)/, '')}\npolicies:\n  default:\n    ${rules}\n`;
  const board = '{ name: board, count: 3, groups: [qa] }';
  await bed.useCatalog(policy(`all: [${board}]`));
  expect(await shown(bed, 'doctor')).toContain('✗ Rule “board” of the policy default wants 3, and 1 can act');
  await bed.useCatalog(policy(`any: [${board}, { name: owners, count: 1, groups: [checkout-owners] }]`));
  expect(await shown(bed, 'doctor')).not.toContain('Rule “board”');
});
