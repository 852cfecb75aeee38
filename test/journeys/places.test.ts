/** Environments as people meet them: locked by hand, waited for, compared, gone on to. */
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, fails, fill, shipped, typed } from '../support/acting.ts';
import { catalogText, startTestbed } from '../support/testbed.ts';

describe('a lock', () => {
  it('is set, told, shown everywhere, taken over, and lifted', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect(await typed(bed, 'adam', 'lock checkout production "load test"')).toContain('Locked: checkout production');
    expect(await bed.channelText(bed.channels.team)).toContain('checkout production is locked by @adam: load test');
    expect(await typed(bed, 'olivia', 'why REL-1')).toContain(
      'production is locked by @adam since Tue 3 Mar 10:00: load test',
    );
    expect(await bed.cardText()).toContain('locked');
    expect(await typed(bed, 'olivia', 'env checkout')).toContain('locked: load test');
    expect(await typed(bed, 'olivia', 'deploy REL-1')).toContain(
      'take it over with /release lock checkout production take-over',
    );
    expect(await typed(bed, 'bella', 'lock checkout production "mine"')).toContain('is locked by @adam since');
    expect(await typed(bed, 'bella', 'lock checkout production take-over "The test hangs"')).toContain(
      'It was taken over',
    );
    expect(await bed.channelText(bed.channels.team)).toContain(
      'checkout production is open again since Tue 3 Mar 10:00, by @bella',
    );
    expect(await typed(bed, 'olivia', 'unlock checkout production')).toContain('say why you lift it');
    expect(await typed(bed, 'bella', 'unlock checkout production')).toContain('Open again');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toContain('The lock that kept it out is lifted.');
    expect(await typed(bed, 'stan', 'lock checkout production "x"')).toContain(
      'this is for deployers, the service owners and release managers',
    );
    expect(await typed(bed, 'adam', 'lock checkout')).toContain('lock checkout staging "load test"');
  });

  it('ends at its time with a post, and whoever waited hears it', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect(await typed(bed, 'adam', 'lock checkout production "load test" until today 12:00')).toContain(
      'until Tue 3 Mar 12:00',
    );
    expect(await typed(bed, 'adam', 'lock search production "x" until yesterday')).toContain('Not locked');
    await bed.pass(2 * HOUR + MINUTE);
    expect(await bed.channelText(bed.channels.team)).toContain(
      'checkout production is open again since Tue 3 Mar 12:00. It was locked: load test',
    );
    expect(await bed.dm('olivia')).toContain('The lock that kept it out is lifted.');
    expect(await typed(bed, 'bella', 'lock checkout production "again"')).toContain('Locked');
  });

  it('lets its holder deploy there', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'olivia', 'lock checkout production "I deploy now"');
    await typed(bed, 'olivia', 'deploy REL-1 production "as planned"');
    expect(await bed.cardText()).toContain('deploying to production');
  });
});

describe('whoever waits for a place', () => {
  it('hears when the deployment before it has ended', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await create(bed, '2.15.0');
    await approve(bed, '2.15.0');
    await bed.pass(5 * MINUTE);
    expect(await bed.dm('olivia')).not.toContain('The deployment before it has ended.');
    await clickCard(bed, 'adam', '2.14.0', 'It went through');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toContain('The deployment before it has ended.');
  });
});

describe('environments', () => {
  it('are shown with by whom and what is next, compared, and gone on through', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(
      catalogText(bed.ids)
        .replace('requires: ~', 'requires: staging')
        .replace(
          'repository: acme/checkout,',
          'repository: acme/checkout, compare: "https://git.example.com/c/{from}..{to}",',
        ),
    );
    await create(bed, '2.13.0');
    await approve(bed, '2.13.0');
    for (const place of ['staging', 'production']) {
      await typed(bed, 'olivia', `deploy REL-1 ${place}`);
      await clickCard(bed, 'olivia', '2.13.0', 'It went through');
    }
    await create(bed, '2.14.0');
    expect(await typed(bed, 'olivia', 'promote REL-2')).toContain(
      'Not promoted: checkout 2.14.0 is not in staging yet.',
    );
    await typed(bed, 'olivia', 'deploy REL-2 staging');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through in staging');
    const table = await typed(bed, 'olivia', 'env checkout');
    expect(table).toContain('2.14.0 waiting for approval');
    expect(table).toContain('@olivia');
    const diff = await typed(bed, 'quinn', 'diff checkout staging production');
    expect(diff).toContain('staging runs 2.14.0, production runs 2.13.0');
    expect(diff).toContain('2.14.0 Faster basket · REL-2');
    expect(diff).not.toContain('REL-1');
    expect(diff).toContain('https://git.example.com/c/2.13.0..2.14.0');
    expect(await typed(bed, 'quinn', 'diff checkout')).toBe(diff);
    expect(await typed(bed, 'quinn', 'diff chekout staging production')).toContain('no service “chekout”');
    await approve(bed, '2.14.0');
    expect(await typed(bed, 'olivia', 'promote REL-2 staging → production')).toContain(
      'On from staging to production: started.',
    );
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    expect(await typed(bed, 'quinn', 'diff checkout staging production')).toContain('no difference');
    expect(await typed(bed, 'olivia', 'promote REL-2 moon')).toContain('there is no environment moon');
  });

  it('of one release are each shown with how it stands there: regions of one stage', async () => {
    const bed = await startTestbed();
    const regions = ['eu', 'us', 'ap'].map((name) => `{ name: ${name}, protected: true, region: ${name} }`);
    await bed.useCatalog(
      catalogText(bed.ids).replace(
        '- { name: production, protected: true, requires: ~ }',
        `- ${regions.join('\n  - ')}`,
      ),
    );
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'olivia', 'deploy REL-1 eu');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    expect(await bed.cardText()).toContain('deploying, 1 of 3 done');
    expect(await bed.cardText()).toContain('Places   eu ✓ · us to come · ap to come');
    await typed(bed, 'olivia', 'deploy REL-1 us');
    expect(await bed.cardText()).toContain('deploying to us, 1 of 3 done');
    await fails(bed, '2.14.0', 'errors');
    expect(await bed.cardText()).toContain(
      '2.14.0 in eu · nothing in us, as far as is known: 2.14.0 failed there · nothing in ap',
    );
    await clickCard(bed, 'olivia', '2.14.0', 'Retry us');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    await typed(bed, 'olivia', 'deploy REL-1 ap');
    expect(await bed.cardText()).toContain('eu ✓ · us ✓ · ap under way');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    expect(await bed.cardText()).toContain('deployed');
  });

  /** 2.14.0 runs in both, where 2.13.0 ran. */
  const inBoth = async () => {
    const bed = await startTestbed();
    const regions = ['eu', 'us'].map((name) => `{ name: ${name}, protected: true, region: ${name} }`);
    await bed.useCatalog(
      catalogText(bed.ids).replace(
        '- { name: production, protected: true, requires: ~ }',
        `- ${regions.join('\n  - ')}`,
      ),
    );
    for (const version of ['2.13.0', '2.14.0']) {
      await create(bed, version);
      await approve(bed, version);
      for (const place of ['eu', 'us']) {
        await typed(bed, 'olivia', `deploy checkout@${version} ${place}`);
        await clickCard(bed, 'olivia', version, 'It went through');
      }
    }
    return bed;
  };

  it('of one release: what is said of one says nothing of the other, and one decision is about both', async () => {
    const bed = await inBoth();
    expect(await typed(bed, 'olivia', 'unhealthy REL-2 "errors"')).toContain(
      'checkout 2.14.0 runs in eu and us. Say where it is not healthy: /release unhealthy REL-2 eu "why".',
    );
    expect(await typed(bed, 'olivia', 'healthy REL-2 us')).toContain('Counted: healthy in us. Left: eu.');
    expect(await typed(bed, 'olivia', 'healthy REL-2 moon')).toContain('moon');
    await typed(bed, 'olivia', 'unhealthy REL-2 eu "errors"');
    expect(await bed.channelText(bed.channels.team)).toContain('olivia says it is not healthy in eu: “errors”.');
    expect(await typed(bed, 'adam', 'unhealthy REL-2 us "slow"')).toContain('Recorded as a failure.');
    await bed.settled();
    const card = () => bed.channelText(bed.channels.team);
    expect(await card()).toContain('eu: errors · us: slow');
    const dm = await bed.dm('olivia');
    expect(dm).toContain('checkout 2.14.0 was not healthy, and it is asked again below.');
    expect(dm).toMatch(
      /adam says that it is not healthy in us: slow[\s\S]*olivia says that it is not healthy in eu: errors/,
    );
    expect(await typed(bed, 'olivia', 'healthy REL-2')).toContain('Say where it is healthy after all');
    expect(await typed(bed, 'olivia', 'healthy REL-2 us')).toContain('Healthy there. Not healthy still: eu.');
    expect(await card()).toContain('not healthy');
    await typed(bed, 'olivia', 'rollback REL-2 "errors"');
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    expect(await card()).toContain('roll back us as well, fix forward, or leave it there and close it');
  });

  it('of one release: the one that is named goes back, whichever is worse', async () => {
    const bed = await inBoth();
    await typed(bed, 'olivia', 'unhealthy REL-2 eu "errors"');
    await typed(bed, 'olivia', 'unhealthy REL-2 us "slow"');
    expect(await typed(bed, 'olivia', 'rollback REL-2 moon "errors"')).toContain('Going back in us');
    await clickCard(bed, 'olivia', '2.14.0', 'Rollback failed…');
    await fill(bed, 'olivia', { reason: 'no' });
    expect(await typed(bed, 'olivia', 'rollback REL-2 eu "errors"')).toContain('Going back in eu; say when it is.');
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    await bed.as('olivia').command('/release', 'why REL-2', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('Reason');
  });

  it('of one release: each is not healthy, and goes back, on its own', async () => {
    const bed = await inBoth();
    await clickCard(bed, 'olivia', '2.14.0', 'Not healthy…');
    expect(bed.as('olivia').modalText()).toContain('Where?');
    await fill(bed, 'olivia', { environment: 'eu', reason: 'errors there' });
    expect(await bed.dm('olivia')).toContain('not healthy in eu: errors there');
    expect(await typed(bed, 'olivia', 'rollback REL-2 "errors"')).toContain(
      'Going back in eu; say when it is. us still runs 2.14.0: roll it back again after that.',
    );
  });

  it('are compared when nothing has run yet', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    expect(await typed(bed, 'quinn', 'diff checkout staging production')).toContain(
      'staging runs nothing yet, production runs 2.14.0',
    );
  });
});

describe('a planned time', () => {
  it('starts by itself what is called by webhook, and says so before; a hold keeps it back', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(
      catalogText(bed.ids).replace(
        'repository: acme/checkout,',
        'repository: acme/checkout, start: { production: webhook },',
      ),
    );
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 today 12:00');
    await approve(bed, '2.14.0');
    expect(await bed.cardText()).toContain('Planned for Tue 3 Mar 12:00, when it starts by itself.');
    await bed.pass(HOUR + 51 * MINUTE);
    expect(await bed.dm('olivia')).toContain(
      'It starts by itself in production Tue 3 Mar 12:00, unless it is held or moved.',
    );
    await bed.as('olivia').click(await bed.dmWith('olivia', 'It starts by itself'), 'Hold…');
    await fill(bed, 'olivia', { reason: 'the DBA is away' });
    await bed.pass(10 * MINUTE);
    expect(await bed.cardText()).toContain('approved · held');
    await typed(bed, 'olivia', 'resume REL-1');
    await bed.pass(MINUTE);
    expect(await bed.cardText()).toContain('deploying to production');
    expect(await bed.channelText(bed.channels.team)).toContain('2.14.0 → production started');
  });

  it('that is risky, or beside another one, says so where it is decided', async () => {
    const bed = await startTestbed();
    await bed.as('olivia').command('/release', 'new search 4.2.0 "Index"', bed.channels.search);
    await bed.settled();
    await typed(bed, 'olivia', 'schedule REL-1 Fri 15:00');
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-2 Fri 15:30');
    await bed.settled();
    const ask = await bed.dmWith('adam', 'Approve checkout 2.14.0');
    expect(JSON.stringify(ask.blocks)).toContain('deploys search 4.2.0 (REL-1) at');
    await approve(bed, '2.14.0');
    const card = await bed.cardText();
    expect(card).toContain('(on a Friday afternoon)');
    expect(card).toContain('Beside it');
  });
});
