/** A newer version that has come to one of two places: there it counts, and in the other one the version before is said, and decided about, as ever. */

import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/domain/time.ts';
import { type StoredMessage } from '../../src/sandbox/world.ts';
import { approve, clickCard, create, deactivate, fails, fill, typed } from '../support/acting.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const twoPlaces = async (): Promise<Testbed> => {
  const bed = await startTestbed();
  const regions = ['eu', 'us'].map((name) => `{ name: ${name}, protected: true, region: ${name} }`);
  await bed.useCatalog(
    catalogText(bed.ids).replace('- { name: production, protected: true, requires: ~ }', `- ${regions.join('\n  - ')}`),
  );
  for (const [key, version] of [
    ['REL-1', '2.13.0'],
    ['REL-2', '2.14.0'],
  ] as const) {
    await create(bed, version);
    await approve(bed, version);
    for (const place of ['eu', 'us']) {
      await typed(bed, 'olivia', `deploy ${key} ${place}`);
      await clickCard(bed, 'olivia', version, 'It went through');
    }
  }
  await create(bed, '2.15.0');
  await approve(bed, '2.15.0');
  await typed(bed, 'olivia', 'deploy REL-3 us');
  return bed;
};

/** It is in us, and 2.14.0 runs in eu still; the card of 2.14.0 follows at the next look. */
const halfway = async (): Promise<Testbed> => {
  const bed = await twoPlaces();
  await clickCard(bed, 'olivia', '2.15.0', 'It went through');
  await bed.pass(MINUTE);
  return bed;
};

describe('where the version before still runs', () => {
  it('its health is said, of that place alone', async () => {
    const bed = await halfway();
    expect(await bed.cardText('2.14.0')).toContain('2.15.0 (REL-3) now runs in us.');
    expect(await typed(bed, 'olivia', 'unhealthy REL-2 us "errors"')).toContain('does not run in us');
    expect(await typed(bed, 'olivia', 'rollback REL-2 us "errors"')).toContain('which was deployed after this release');
    await clickCard(bed, 'olivia', '2.14.0', 'Not healthy…');
    expect(bed.as('olivia').modalText()).not.toContain('Where?');
    await fill(bed, 'olivia', { reason: 'errors' });
    expect(await bed.dm('olivia')).toContain('not healthy in eu: errors');
    expect(await bed.cardText('2.14.0')).toContain('olivia decides');
    await clickCard(bed, 'olivia', '2.14.0', 'Roll back eu…');
    await fill(bed, 'olivia', { reason: 'errors' });
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    expect(await bed.cardText('2.14.0')).toContain('back on 2.13.0');
    expect(await typed(bed, 'quinn', 'env checkout')).toMatch(/2\.13\.0[\s\S]*2\.15\.0/);
  });

  it('it is healthy, and nothing is left once the newer one is everywhere', async () => {
    const bed = await halfway();
    expect(await typed(bed, 'olivia', 'healthy REL-2')).toContain('Healthy.');
    await typed(bed, 'olivia', 'deploy REL-3 eu');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    await bed.pass(MINUTE);
    expect(await bed.cardText('2.14.0')).toContain('2.15.0 (REL-3) now runs.');
    expect(await typed(bed, 'olivia', 'unhealthy REL-2 "errors"')).toContain(
      'Say it of that one: /release unhealthy REL-3 "why"',
    );
  });
});

describe('the newer one, on its way', () => {
  it('is not healthy where it is, decided about, and goes on when that was wrong', async () => {
    const bed = await halfway();
    expect(await typed(bed, 'olivia', 'healthy REL-3')).toContain('still on its way, and in us so far');
    await clickCard(bed, 'olivia', '2.15.0', 'Not healthy…');
    await fill(bed, 'olivia', { reason: 'slow' });
    expect(await bed.cardText('2.15.0')).toContain('not healthy');
    expect(await bed.dm('olivia')).toContain('checkout 2.15.0 is not healthy: decide what to do');
    await clickCard(bed, 'olivia', '2.15.0', 'Healthy after all');
    expect(await bed.cardText('2.15.0')).toContain('deploying, 1 of 2 done');
    await typed(bed, 'olivia', 'deploy REL-3 eu');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    expect(await bed.cardText('2.15.0')).toContain('deployed');
  });

  it('goes back in one place while it comes to the other: both are on the card, and what could not go back is decided', async () => {
    const bed = await halfway();
    await typed(bed, 'olivia', 'deploy REL-3 eu');
    await typed(bed, 'olivia', 'rollback REL-3 us "errors"');
    const card = await bed.cardText('2.15.0');
    expect(card).toContain('olivia says when it is back in us.');
    expect(card).toContain('eu: olivia says when it is through');
    expect(card).toContain('It went through in eu');
    await clickCard(bed, 'olivia', '2.15.0', 'Rollback failed…');
    await fill(bed, 'olivia', { reason: 'no way' });
    await bed.pass(16 * MINUTE);
    expect(await bed.dm('olivia')).toContain('going back failed in us: no way');
    expect(await bed.dm('olivia')).toContain('decide what to do');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through in eu');
    expect(await bed.cardText('2.15.0')).toContain(
      'olivia, adam or bella decides by Tue 3 Mar 12:01, then rita as well: roll back',
    );
  });
});

describe('what ends in part', () => {
  it('is deployed where it came, once a newer one is everywhere', async () => {
    const bed = await halfway();
    await create(bed, '2.16.0');
    await approve(bed, '2.16.0');
    expect(await typed(bed, 'olivia', 'deploy REL-4 eu')).toContain('Not started: it replaces 2.15.0 (REL-3).');
    await bed
      .as('olivia')
      .click(bed.as('olivia').privately(bed.channels.team).at(-1) as StoredMessage, 'I am starting');
    await clickCard(bed, 'olivia', '2.16.0', 'It went through');
    await bed.pass(MINUTE);
    await typed(bed, 'olivia', 'deploy REL-4 us');
    await clickCard(bed, 'olivia', '2.16.0', 'It went through');
    await bed.pass(MINUTE);
    expect(await bed.cardText('2.15.0')).toContain('2.16.0 (REL-4) now runs.');
    // Its review is all that is missing.
    expect(await typed(bed, 'olivia', 'close REL-3')).toContain('Not closed: 1 thing missing: the review');
  });

  it('is decided about, where one place went back while it came to the other', async () => {
    const bed = await halfway();
    await typed(bed, 'olivia', 'deploy REL-3 eu');
    await typed(bed, 'olivia', 'rollback REL-3 us "errors"');
    await clickCard(bed, 'olivia', '2.15.0', 'It is back');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    expect(await bed.cardText('2.15.0')).toContain('roll back eu as well, fix forward, or leave it there and close it');
    expect(await bed.dm('olivia')).toContain('decide about the rest');
    expect(await typed(bed, 'olivia', 'timeline REL-3')).toContain(
      'It is in eu, and went back in us: somebody decides what becomes of it.',
    );
    // Its review is all that is missing.
    expect(await typed(bed, 'olivia', 'close REL-3')).toContain('Not closed: 1 thing missing: the review');
  });
});

describe('what is open in one place', () => {
  it('two at once: each on the card, and each runner has the buttons of theirs', async () => {
    const bed = await twoPlaces();
    await typed(bed, 'adam', 'deploy REL-3 eu');
    const card = await bed.cardText('2.15.0');
    expect(card).toMatch(/us: olivia says when it is through[\s\S]*eu: adam says when it is through/);
    expect(card).toContain('It went through in eu');
    await clickCard(bed, 'adam', '2.15.0', 'It went through in eu');
    expect(await bed.cardText('2.15.0')).toContain('eu ✓');
  });

  it('asks whoever decides, where one place went back and nothing had failed', async () => {
    const bed = await twoPlaces();
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    await typed(bed, 'olivia', 'deploy REL-3 eu');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    await typed(bed, 'olivia', 'rollback REL-3 us "slow there"');
    await clickCard(bed, 'olivia', '2.15.0', 'It is back');
    const asked = await bed.dm('olivia');
    expect(asked).toContain('checkout 2.15.0 went back in us: decide about the rest');
    expect(asked).toContain('us went back to 2.14.0: slow there');
    expect(asked).toContain('[Roll back eu…]');
    await clickCard(bed, 'olivia', '2.15.0', 'Roll back eu…');
    await fill(bed, 'olivia', { reason: 'slow there too' });
    expect(await bed.dm('olivia')).not.toContain('decide about the rest');
  });

  it('stays to be decided while another one starts, and after it went through there', async () => {
    const bed = await halfway();
    await typed(bed, 'olivia', 'rollback REL-3 us "errors"');
    await clickCard(bed, 'olivia', '2.15.0', 'Rollback failed…');
    await fill(bed, 'olivia', { reason: 'no image' });
    await typed(bed, 'olivia', 'deploy REL-3 eu "go on"');
    expect(await bed.cardText('2.15.0')).toContain('2.15.0 is being deployed to eu');
    expect(await bed.cardText('2.15.0')).toContain('olivia decides');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through in eu');
    const card = await bed.cardText('2.15.0');
    expect(card).toContain('checkout 2.15.0  ·  failed');
    expect(card).toContain('Reason   no image');
    await bed.pass(16 * MINUTE);
    expect(await bed.dm('adam')).toContain('nobody has decided for a quarter of an hour');
  });
});

describe('an old button', () => {
  it('goes back in the place that it named, or nowhere', async () => {
    const bed = await halfway();
    await typed(bed, 'olivia', 'deploy REL-3 eu');
    await typed(bed, 'adam', 'unhealthy REL-3 us "slow"');
    const old = structuredClone(await bed.dmWith('olivia', 'decide what to do'));
    await clickCard(bed, 'olivia', '2.15.0', 'Healthy after all');
    await bed.as('olivia').click(old, 'Roll back us…', old.blocks);
    await fill(bed, 'olivia', { reason: 'slow' });
    const card = await bed.cardText('2.15.0');
    expect(card).toContain('olivia says when it is back in us.');
    expect(card).toContain('going back to 2.14.0');
    expect(card).toContain('eu: olivia says when it is through');
  });

  it('that says how it went where nothing runs any more says so of that place', async () => {
    const bed = await twoPlaces();
    const old = structuredClone(await bed.card('2.15.0'));
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    await typed(bed, 'olivia', 'deploy REL-3 eu');
    await bed.as('olivia').click(old, 'It went through', old.blocks);
    await bed.settled();
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('no deployment of it is under way in us');
  });
});

describe('whoever ran it leaves', () => {
  it('while it runs: it is whose release it is, who hears it at once', async () => {
    const bed = await twoPlaces();
    await typed(bed, 'olivia', 'assign REL-3 deployer @bella');
    await clickCard(bed, 'olivia', '2.15.0', 'Hand over…');
    await fill(bed, 'olivia', { person: bed.ids.bella });
    expect(await bed.cardText('2.15.0')).toContain('bella says when it is through');
    await deactivate(bed, 'bella');
    await bed.pass(MINUTE);
    expect(await bed.cardText('2.15.0')).toContain('olivia says when it is through');
    expect(await bed.dm('olivia')).toContain('@bella left while it runs in us: you say when it is through');
  });

  it('after it failed: whoever is left decides, and where nobody is, a release manager at once', async () => {
    const bed = await twoPlaces();
    await typed(bed, 'olivia', 'assign REL-3 deployer @bella');
    await fails(bed, '2.15.0', 'errors');
    expect(await bed.cardText('2.15.0')).toContain('bella or olivia decides');
    await deactivate(bed, 'bella');
    await bed.pass(MINUTE);
    expect(await bed.cardText('2.15.0')).toContain('olivia decides');
    await deactivate(bed, 'olivia');
    await bed.pass(MINUTE);
    expect(await bed.cardText('2.15.0')).toContain('rita or adam decides');
    for (const who of ['rita', 'adam'] as const)
      expect(await bed.dm(who)).toContain('You are asked because those who would decide have left.');
    await deactivate(bed, 'rita');
    await bed.pass(MINUTE);
    expect(await bed.cardText('2.15.0')).toContain('adam decides');
    await typed(bed, 'adam', 'rollback REL-3 us "errors"');
    await clickCard(bed, 'adam', '2.15.0', 'It is back');
    expect(await bed.cardText('2.15.0')).toContain('Locked in us until adam says what the cause was. Review by adam');
  });

  it('and its owner as well, before it was approved: whoever stands in is told to start it', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await deactivate(bed, 'olivia');
    await approve(bed, '2.14.0');
    await bed.pass(MINUTE);
    const told = await bed.dmWith('rita', 'approved');
    expect(await bed.dm('rita')).toContain('Nothing in the way. @rita starts it.');
    await bed.as('rita').click(told, 'I am starting');
    expect(await bed.cardText()).toContain('deploying');
    expect(await bed.dm('rita')).not.toContain('could not be delivered');
  });

  it('before it starts: whoever is to start it now is told, and the lock goes along with the release', async () => {
    const bed = await twoPlaces();
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    await typed(bed, 'olivia', 'assign REL-3 deployer @quinn');
    await typed(bed, 'olivia', 'rollback REL-3 us "errors"');
    await clickCard(bed, 'olivia', '2.15.0', 'It is back');
    await typed(bed, 'olivia', 'assign REL-3 owner @adam');
    expect(await bed.cardText('2.15.0')).toContain('until adam says what the cause was');
    await create(bed, '2.16.0');
    await approve(bed, '2.16.0');
    await typed(bed, 'olivia', 'assign REL-4 deployer @quinn');
    await deactivate(bed, 'quinn');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toContain('who was to deploy it, left: it is yours to start');
  });
});

it('what is half way is named before a newer one stops it, its owner is told, and it goes on when that one goes back', async () => {
  const bed = await twoPlaces();
  await clickCard(bed, 'olivia', '2.15.0', 'It went through');
  await bed.as('bella').command('/release', 'new checkout 2.16.0 "Another one"', bed.channels.team);
  await bed.settled();
  await clickCard(bed, 'adam', '2.16.0', 'Approve');
  const confirm = JSON.stringify((await bed.card('2.16.0')).blocks);
  expect(confirm).toContain('It replaces 2.15.0 (REL-3): its owner is told.');
  expect(await typed(bed, 'bella', 'deploy REL-4 us')).toContain(
    'it replaces 2.15.0 (REL-3). Press to start it in us now.',
  );
  await bed.as('bella').click(bed.as('bella').privately(bed.channels.team).at(-1) as StoredMessage, 'I am starting');
  await clickCard(bed, 'bella', '2.16.0', 'It went through');
  await bed.pass(MINUTE);
  expect(await bed.dm('olivia')).toContain('It goes no further; if that one goes back, it goes on.');
  expect(await typed(bed, 'olivia', 'deploy REL-3 eu')).toContain('Not started');
  await typed(bed, 'bella', 'rollback REL-4 us "errors"');
  await clickCard(bed, 'bella', '2.16.0', 'It is back');
  await bed.pass(MINUTE);
  expect(await bed.cardText('2.15.0')).toContain('deploying');
  expect(await typed(bed, 'olivia', 'timeline REL-3')).toContain(
    'It goes on: the version that had taken its place was rolled back.',
  );
  expect(await typed(bed, 'olivia', 'deploy REL-3 eu')).toContain('Started');
  await clickCard(bed, 'olivia', '2.15.0', 'It went through');
  expect(await bed.cardText('2.15.0')).toContain('deployed');
  expect(await typed(bed, 'quinn', 'env checkout')).toMatch(/eu \| 2\.15\.0[\s\S]*us \| 2\.15\.0/);
});
