/** The first minutes in a workspace that has nothing: welcomed, set up in a form, rehearsed; later edited, and looked over by the doctor. */
import { expect, it } from 'vitest';
import { startTestbed } from '../support/testbed.ts';

it('is set up in one form, with a rehearsal that touches nobody, and then works', async () => {
  const bed = await startTestbed({ setUpBy: 'rita', limits: true });
  const rita = bed.as('rita');
  const last = (name: 'rita' | 'olivia') => bed.as(name).lastPrivate(bed.channels.team);
  await bed.as('olivia').command('/release', 'list', bed.channels.team);
  expect(last('olivia')).toContain('Signalbox is not set up here.');
  const offer = bed.as('olivia').privately(bed.channels.team).at(-1);
  if (offer === undefined) throw new Error('no offer');
  await bed.as('olivia').click(offer, 'Set up, 2 min');
  expect(bed.as('olivia').modalText()).toContain(
    'Not set up: this is for whoever installed it, and for the people in SIGNALBOX_ADMINS. These can: @rita.',
  );
  await bed.as('olivia').close();

  await rita.click(await bed.dmWith('rita', 'Signalbox is installed here.'), 'Set up, 2 min');
  await rita.fill('service', 'Check out');
  await rita.fill('channel', bed.channels.team);
  await rita.fill('approvers', [bed.ids.olivia, bed.ids.adam]);
  await rita.fill('announce', bed.channels.releases);
  expect((await rita.submit()).errors['service']).toContain('“Check out” is not a name');
  await rita.fill('service', 'checkout');
  expect((await rita.submit()).errors).toEqual({});
  expect(rita.modalText()).toContain('Signalbox is set up: checkout, version 1 of the catalog.');
  expect(JSON.stringify(rita.modal()?.body)).toContain('requires: staging');
  await rita.clickInModal('Open the rehearsal');
  await bed.settled();
  expect(rita.modalText()).toContain('checkout 0.0.1  ·  draft');
  expect(bed.sandbox.messagesIn(bed.channels.team)).toEqual([]);
  expect(await bed.dm('rita')).toContain('Done: Signalbox is set up here');

  await bed.as('olivia').command('/release', 'new checkout 1.0.0 "Faster basket"', bed.channels.team);
  await bed.as('adam').command('/release', 'approve checkout@1.0.0', bed.channels.team);
  expect(await bed.cardText()).toContain('checkout 1.0.0  ·  approved');
  await bed.as('stan').command('/release', 'show REL-1', bed.channels.team);
  expect(bed.as('stan').lastPrivate(bed.channels.team)).toContain('there is no release REL-1');
});

it('is edited as YAML where no file decides; a mistake names its line and loses nothing', async () => {
  const bed = await startTestbed({ setUpBy: 'rita' });
  const rita = bed.as('rita');
  await rita.click(await bed.dmWith('rita', 'Signalbox is installed here.'), 'Set up, 2 min');
  await rita.fill('service', 'checkout');
  await rita.fill('channel', bed.channels.team);
  await rita.submit();
  while (rita.modal() !== null) await rita.close();
  await rita.command('/release', 'setup', bed.channels.team);
  const source = JSON.stringify(rita.modal()?.body).match(/"initial_value":"(.*?)(?<!\\\\)"/)?.[1] ?? '';
  const text = (JSON.parse(`"${source}"`) as string).trim();
  await rita.fill('text', text.replace('owners: checkout-owners', 'owners: chekout'));
  expect((await rita.submit()).errors['text']).toMatch(
    /line \d+, services.checkout.owners: there is no group “chekout”/,
  );
  await rita.fill('text', text.replace('preset: standard', 'preset: light'));
  await rita.submit();
  expect(rita.modalText()).toContain('Catalog version 2 is active.');
  await rita.close();
  await bed.as('olivia').command('/release', 'setup', bed.channels.team);
  expect(bed.as('olivia').modalText()).toContain('Nothing done: this is for admins.');
});

it('the doctor names what is missing, with the fix for each', async () => {
  const bed = await startTestbed();
  const doctor = async (): Promise<string> => {
    await bed.as('rita').command('/release', 'doctor', bed.channels.team);
    return bed.as('rita').lastPrivate(bed.channels.team);
  };
  expect(await doctor()).toContain('✓ Nothing hinders Signalbox here.');
  expect(await doctor()).toContain('· users:read.email is not granted: no people by e-mail');
  const { world } = bed.sandbox;
  world.conversations.get(bed.channels.releases)?.members.delete(world.botUserId);
  const search = world.conversations.get(bed.channels.search);
  if (search !== undefined) search.archived = true;
  world.scopes.delete('im:write');
  await bed.app.deps.database.kysely
    .updateTable('people')
    .set({ active: false })
    .where('workspace_id', '<>', '' as never)
    .where('id', '=', bed.ids.quinn as never)
    .execute();
  const found = await doctor();
  expect(found).toContain('4 things to mend');
  expect(found).toContain('✗ Signalbox is not in #releases: type /invite @signalbox there.');
  expect(found).toContain('✗ #team-search is archived: name another channel in the catalog.');
  expect(found).toContain('✗ The app lacks the scope im:write: add it on Slack’s app page');
  expect(found).toContain('✗ Group qa names quinn, who cannot act here.');
  await bed.as('rita').command('/release', 'setup', bed.channels.team);
  expect(bed.as('rita').modalText()).toContain('It comes from the file behind CATALOG_FILE');
});
