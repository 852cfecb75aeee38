/** What stands in a channel, a message, or an answer is what is so now: what was told is over with what it was about. */
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, deactivate, fails, fill, freeze, shipped, typed } from '../support/acting.ts';
import { homeText } from '../support/home.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const OPEN = '{ name: production, protected: true, requires: ~ }';
const twoPlaces = async (): Promise<Testbed> => {
  const bed = await startTestbed();
  const places = ['eu', 'us'].map((name) => `{ name: ${name}, protected: true }`).join('\n  - ');
  await bed.useCatalog(catalogText(bed.ids).replace(`- ${OPEN}`, `- ${places}`));
  return bed;
};

/** Wednesday, of a test that begins on Tuesday 3 March at 10:00. */
const WEDNESDAY = {
  name: 'Quarter end',
  reason: 'the books close',
  start: '2026-03-04',
  start_time: '09:00',
  end: '2026-03-04',
  end_time: '18:00',
};

describe('why', () => {
  it('speaks of each place that a release goes to', async () => {
    const bed = await twoPlaces();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'adam', 'lock checkout us "load test"');
    const why = await typed(bed, 'olivia', 'why REL-1');
    expect(why).toContain('can start in eu');
    expect(why).toMatch(/us {3}is locked by @adam since Tue 3 Mar 10:00: load test/);
    await typed(bed, 'adam', 'lock checkout eu "another test"');
    expect(await typed(bed, 'olivia', 'why REL-1')).toMatch(/eu is locked[^]*us {3}is locked/);
    await typed(bed, 'adam', 'unlock checkout us');
    expect(await typed(bed, 'olivia', 'why REL-1')).toMatch(/us {3}nothing in the way/);
  });

  it('names of two freezes in a row both, until the end of the second', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, { ...WEDNESDAY, start: '2026-03-03' });
    await freeze(bed, { ...WEDNESDAY, name: 'Stocktaking', start_time: '17:00', end: '2026-03-05' });
    expect(await typed(bed, 'olivia', 'why REL-1')).toContain(
      'production is frozen until Thu 5 Mar 18:00 (Quarter end, then Stocktaking)',
    );
  });
});

describe('a failure', () => {
  it('under a freeze says what keeps a retry, and that an exception is asked for', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'olivia', 'deploy REL-1');
    await freeze(bed, { ...WEDNESDAY, start: '2026-03-03' });
    await fails(bed, '2.14.0', 'error rate 9 %');
    expect(await bed.cardText()).toMatch(/Retry {3}production is frozen until Wed 4 Mar 18:00 \(Quarter end\)\n/);
    await typed(bed, 'olivia', 'exception REL-1');
    await fill(bed, 'olivia', { reason: 'Customers cannot pay', blastRadius: 'All of them' });
    expect(await bed.cardText()).toContain('(Quarter end); rita and adam are asked for an exception');
  });

  it('is marked where it failed in the table of environments, a rollback too', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await shipped(bed, '2.14.0');
    await typed(bed, 'olivia', 'rollback REL-2 "errors"');
    expect(await typed(bed, 'olivia', 'env checkout')).toContain('going back to 2.13.0');
    await clickCard(bed, 'olivia', '2.14.0', 'Rollback failed…');
    await fill(bed, 'olivia', { reason: 'the image is gone' });
    expect(await typed(bed, 'olivia', 'env checkout')).toContain('going back to 2.13.0 failed');
  });

  it('that went back in two of three places is asked about once', async () => {
    const bed = await startTestbed();
    const places = ['eu', 'us', 'ap'].map((name) => `{ name: ${name}, protected: true }`).join('\n  - ');
    await bed.useCatalog(catalogText(bed.ids).replace(`- ${OPEN}`, `- ${places}`));
    for (const [key, version] of [
      ['REL-1', '2.13.0'],
      ['REL-2', '2.14.0'],
    ] as const) {
      await create(bed, version);
      await approve(bed, version);
      for (const place of ['eu', 'us', 'ap']) {
        await typed(bed, 'olivia', `deploy ${key} ${place}`);
        await clickCard(bed, 'olivia', version, 'It went through');
      }
    }
    for (const place of ['eu', 'us']) {
      await typed(bed, 'olivia', `rollback REL-2 ${place} "errors"`);
      await clickCard(bed, 'olivia', '2.14.0', 'It is back');
      await bed.pass(MINUTE);
    }
    const dm = await bed.dm('olivia');
    expect(dm.match(/went back in \w+: decide about the rest/g)).toHaveLength(1);
    expect(dm).toContain('went back in us: decide about the rest');
  });
});

describe('what was told', () => {
  it('of a gate that failed is one grey line once it passes', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(
      `${catalogText(bed.ids)}\ngates:\n  - { name: regression, owners: [checkout-owners], before: production, waive: release_manager }\n`,
    );
    await create(bed, '2.14.0');
    await typed(bed, 'bella', 'gate REL-1 regression fail "three tests"');
    expect(await bed.dm('olivia')).toContain('checkout 2.14.0: gate regression failed');
    await typed(bed, 'bella', 'gate REL-1 regression pass');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toContain('regression of checkout 2.14.0 failed, and is passed by now.');
    expect(await bed.dm('olivia')).not.toContain('gate regression failed');
  });

  it('of something to do is one grey line once it is done', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    await typed(bed, 'olivia', 'action REL-1 "Check the disks" @bella by Fri');
    expect(await bed.dm('bella')).toContain('You have something to do for checkout 2.14.0');
    await typed(bed, 'bella', 'actions');
    const listed = bed.as('bella').privately(bed.channels.team).at(-1);
    if (listed === undefined) throw new Error('no list of actions');
    await bed.as('bella').click(listed, 'Done');
    await bed.pass(MINUTE);
    expect(await bed.dm('bella')).toContain('“Check the disks”, for checkout 2.14.0: done.');
    expect(await bed.dm('bella')).not.toContain('You have something to do');
  });

  it('of a freeze is its start and its end once it is over, for the team and for stakeholders', async () => {
    const bed = await startTestbed();
    await freeze(bed, WEDNESDAY);
    await bed.pass(22 * HOUR);
    expect(await bed.channelText(bed.channels.team)).toMatch(/will be frozen/);
    await bed.pass(12 * HOUR);
    for (const channel of [bed.channels.team, bed.channels.releases]) {
      const text = await bed.channelText(channel);
      expect(text).not.toMatch(/will be frozen|from Wed 4 Mar/);
      expect(text.split('\n').filter((line) => /Quarter end|go live again|open again/.test(line))).toHaveLength(2);
    }
  });

  it('in the morning is told anew the next morning, and nowhere else', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'olivia', 'deploy REL-1');
    await fails(bed, '2.14.0', 'error rate 9 %');
    await typed(bed, 'olivia', 'hold REL-1 "the DBA looks at it"');
    for (let day = 0; day < 3; day += 1) for (let n = 0; n < 4; n += 1) await bed.pass(6 * HOUR);
    expect((await bed.dm('rita')).match(/This morning:/g)).toHaveLength(1);
  });

  it('of what went back ends with the newer version that runs everywhere', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "Gift cards"', bed.channels.team);
    await typed(bed, 'olivia', 'edit REL-2');
    await fill(bed, 'olivia', { customers: 'You can pay with gift cards.' });
    await approve(bed, '2.14.0');
    await typed(bed, 'olivia', 'deploy REL-2');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    await typed(bed, 'olivia', 'rollback REL-2 "errors"');
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    expect(await bed.channelText(bed.channels.releases)).toContain('checkout is back on 2.13.0');
    await typed(bed, 'olivia', 'unlock checkout production "the cache was too small"');
    await shipped(bed, '2.15.0');
    await bed.pass(MINUTE);
    const read = await bed.channelText(bed.channels.releases);
    expect(read).toContain('checkout 2.14.0 is not live: a newer version of checkout, 2.15.0, took its place.');
    expect(read).not.toContain('checkout is back on 2.13.0: 2.14.0');
  });
});

describe('whoever has to do something', () => {
  it('reads in the new ask that the title is another', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'olivia', 'edit REL-1');
    await fill(bed, 'olivia', { title: 'Gift cards for all' });
    await typed(bed, 'olivia', 'change add REL-1 "Limits"');
    expect(await bed.dm('adam')).toMatch(/Asked again[^]*“[^”]*” → “Gift cards for all”/);
  });

  it('finds on Home that an owner left, whom they can replace', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await deactivate(bed, 'olivia');
    await bed.as('rita').openHome();
    expect(await homeText(bed, 'rita')).toMatch(/Give checkout 2\.14\.0 to somebody: its owner .* left/);
    await typed(bed, 'rita', 'assign REL-1 owner @adam');
    await bed.as('rita').openHome();
    expect(await homeText(bed, 'rita')).not.toContain('to somebody');
  });

  it('finds an emergency above everything but failures', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await create(bed, '2.15.0');
    await typed(bed, 'olivia', 'emergency REL-2');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await bed.pass(HOUR / 2);
    await bed.as('olivia').openHome();
    const home = await homeText(bed, 'olivia');
    const rows = home.slice(home.indexOf('Yours'));
    expect(rows.indexOf('2.15.0')).toBeGreaterThan(0);
    expect(rows.indexOf('2.15.0')).toBeLessThan(rows.indexOf('2.14.0'));
  });

  it('stops by a word what has touched nothing, and compares without naming a service', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'olivia', 'deploy REL-1');
    expect(await typed(bed, 'olivia', 'abort REL-1 "wrong day"')).toContain('Aborted; nothing was touched.');
    await typed(bed, 'olivia', 'deploy REL-1');
    expect(await typed(bed, 'olivia', 'step REL-1 abort')).toContain('Aborted; nothing was touched.');
    expect(await typed(bed, 'olivia', 'abort REL-1')).toContain('Not aborted');
    await typed(bed, 'olivia', 'deploy REL-1');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    await bed.as('olivia').command('/release', 'diff', bed.channels.releases);
    expect(bed.as('olivia').lastPrivate(bed.channels.releases)).toMatch(
      /1 service differs between staging and production[^]*checkout[^]*nothing yet[^]*2\.14\.0/,
    );
    expect(await typed(bed, 'olivia', 'diff checkout')).toContain('staging runs nothing yet, production runs 2.14.0');
  });

  it('is told once what strict rules want', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(catalogText(bed.ids, { preset: 'strict' }));
    await typed(bed, 'olivia', 'new checkout 2.14.0 "Gift cards"');
    const answer = await typed(bed, 'olivia', 'submit REL-1');
    expect(answer).toContain('the rules here want a deployer. They want a change number as well.');
    expect(answer.match(/with Edit/g)).toHaveLength(1);
  });
});
