/** What people found who drove it and had not written it: each scene as they played it. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, fails, fill, freeze, shipped, typed } from '../support/acting.ts';
import { homeText } from '../support/home.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

/** It is Tuesday 3 March, 10:00. */
const QUARTER = {
  name: 'Quarter end',
  reason: 'the books close',
  start: '2026-03-03',
  start_time: '12:00',
  end: '2026-03-05',
  end_time: '12:00',
};

const forCustomers = async (bed: Testbed, version: string): Promise<void> => {
  await bed.as('olivia').command('/release', `new checkout ${version} "Gift cards"`, bed.channels.team);
  await typed(bed, 'olivia', `edit checkout@${version}`);
  await fill(bed, 'olivia', { customers: 'You can pay with gift cards.' });
  await approve(bed, version);
  await clickCard(bed, 'olivia', version, 'I am starting');
  await clickCard(bed, 'olivia', version, 'It went through');
};

describe('a freeze that begins', () => {
  it('tells its owner of what was planned for no time, also where a message about it stands already', async () => {
    const bed = await startTestbed();
    await create(bed, '1.1.0');
    await typed(bed, 'olivia', 'schedule REL-1 Wed 10:00');
    await freeze(bed, QUARTER);
    await create(bed, '1.2.0');
    await approve(bed, '1.2.0');
    const first = await bed.dmWith('olivia', 'cannot start until');
    await bed.pass(2 * HOUR + 5 * MINUTE);
    const again = await bed.dmWith('olivia', 'cannot start until');
    expect(again.ts > first.ts).toBe(true);
    const dm = await bed.dm('olivia');
    expect(dm.match(/1\.1\.0 \(REL-1\) cannot start/g)).toHaveLength(1);
    expect(dm).toContain('1.2.0 (REL-2) cannot start');
    expect(await typed(bed, 'olivia', 'list frozen')).toContain('1.2.0');
    expect(await typed(bed, 'olivia', 'list locked')).toContain('Nothing that is approved or on its way is locked.');
  });
});

describe('a fix that was asked for', () => {
  it('is the decision: nobody is called any more, and everybody reads that it comes', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await forCustomers(bed, '2.14.0');
    await typed(bed, 'olivia', 'unhealthy REL-2 "boom"');
    expect(await bed.cardText('2.14.0')).toContain('olivia decides by Tue 3 Mar 10:15, then adam or bella as well:');
    await clickCard(bed, 'olivia', '2.14.0', 'Not healthy…').catch(() => undefined);
    while (bed.as('olivia').modal() !== null) await bed.as('olivia').close();
    await bed.as('olivia').click(await bed.dmWith('olivia', 'decide what to do'), 'Fix forward…');
    await bed.as('olivia').submit();
    await bed.pass(20 * MINUTE);
    expect(await bed.cardText('2.14.0')).toContain('Its fix 2.14.1 (REL-3) is waiting for approval.');
    expect(await bed.dm('adam')).not.toContain('nobody has decided');
    expect(await bed.channelText(bed.channels.releases)).toContain('The team is bringing 2.14.1, which mends it.');
    // It is given up: who decides is asked anew.
    await typed(bed, 'olivia', 'cancel REL-3 "another way"');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toContain('decide what to do');
  });
});

describe('a version older than what runs', () => {
  it('is started with a reason alone, and what it was deployed over is told to be over', async () => {
    const bed = await startTestbed();
    await create(bed, '2.15.0');
    await approve(bed, '2.15.0');
    await create(bed, '2.14.1');
    await approve(bed, '2.14.1');
    await clickCard(bed, 'olivia', '2.15.0', 'I am starting');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    await bed.pass(MINUTE);
    expect(await typed(bed, 'olivia', 'deploy REL-2')).toContain('this would go back from 2.15.0 to 2.14.1');
    await typed(bed, 'olivia', 'deploy REL-2 "the old one is asked for"');
    await clickCard(bed, 'olivia', '2.14.1', 'It went through');
    await bed.pass(MINUTE);
    const card = await bed.cardText('2.15.0');
    expect(card).toContain('2.14.1 (REL-2) now runs.');
    expect(card).not.toMatch(/\[Healthy\]|\[Roll back…\]/);
    expect(await typed(bed, 'olivia', 'unhealthy REL-1 "x"')).toContain('Say it of that one');
  });
});

describe('what is said twice', () => {
  it('not healthy, taken back, and said again is announced again, and the first post tells how it ended', async () => {
    const bed = await startTestbed();
    await forCustomers(bed, '2.14.0');
    await typed(bed, 'adam', 'unhealthy REL-1 "slow"');
    await bed.pass(MINUTE);
    await clickCard(bed, 'olivia', '2.14.0', 'Healthy after all');
    await bed.pass(MINUTE);
    expect(await bed.channelText(bed.channels.releases)).toContain('no problem after all');
    await typed(bed, 'adam', 'unhealthy REL-1 "slow again"');
    await bed.pass(MINUTE);
    const posts = await bed.channelText(bed.channels.releases);
    expect(posts).toMatch(/no problem after all[\s\S]*has a problem since Tue 3 Mar 10:02/);
    const team = await bed.channelText(bed.channels.team);
    expect(team).toContain('was said not to be healthy in production, and healthy after all.');
    expect(team.match(/slow again/g)?.length).toBeGreaterThan(0);
  });

  it('in two channels of stakeholders is told the same in both', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(catalogText(bed.ids).replace('to: ["#releases"]', 'to: ["#releases", "#team-search"]'));
    await forCustomers(bed, '2.14.0');
    await typed(bed, 'adam', 'unhealthy REL-1 "slow"');
    await bed.pass(MINUTE);
    for (const channel of [bed.channels.releases, bed.channels.search]) {
      expect(await bed.channelText(channel)).toContain('has a problem since');
      expect(await bed.channelText(channel)).not.toContain('no problem after all');
    }
  });

  it('closed with what is wrong, it is not told to be solved', async () => {
    const bed = await startTestbed();
    await forCustomers(bed, '2.14.0');
    await typed(bed, 'adam', 'unhealthy REL-1 "some carts are slow"');
    await typed(bed, 'olivia', 'review REL-1');
    await fill(bed, 'olivia', {
      outcome: 'failed',
      cause: 'code',
      happened: 'Some carts are slow.',
      noticed: 'Adam, at once',
      gates: 'It needs load',
      prevents: 'A load test',
    });
    expect(await typed(bed, 'olivia', 'close REL-1')).toContain('closed');
    await bed.pass(MINUTE);
    const posts = await bed.channelText(bed.channels.releases);
    expect(posts).not.toContain('solved');
    expect(posts).toContain('with a problem that is known');
  });
});

describe('before a request is sent', () => {
  it('whoever could waive the gate of a draft can, and does not come across other drafts', async () => {
    const bed = await startTestbed({ gates: true });
    await create(bed, '2.14.0');
    await typed(bed, 'quinn', 'gate REL-1 regression fail "two tests fail"');
    await bed.as('rita').openHome();
    expect(await homeText(bed, 'rita')).not.toContain('2.14.0');
    expect(await typed(bed, 'rita', 'show REL-1')).toContain('checkout 2.14.0');
  });

  it('who may not send a form learns it before filling it in', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    await clickCard(bed, 'stan', '2.14.0', 'Not healthy…');
    expect(bed.as('stan').modalText()).toContain('Not recorded: this is for');
    expect(bed.as('stan').modalText()).not.toContain('What is not healthy?');
    await bed.as('stan').close();
    await create(bed, '2.15.0');
    for (const label of ['Reject…', 'Ask a question']) {
      await clickCard(bed, 'stan', '2.15.0', label);
      expect(bed.as('stan').modalText()).toContain('These can');
      await bed.as('stan').close();
    }
    await clickCard(bed, 'adam', '2.15.0', 'Reject…');
    expect(bed.as('adam').modalText()).toContain('What must change?');
  });

  it('words beside a title in quotes are no title, and NUL is no text', async () => {
    const bed = await startTestbed();
    expect(await typed(bed, 'olivia', 'new checkout 3.0.0 "A" restricted')).toContain('there is no option restricted');
    expect(await typed(bed, 'olivia', 'new a\0b 1.0.0 "x"')).toContain('a character that cannot be stored');
    await create(bed, '2.14.0');
    expect(await typed(bed, 'olivia', 'change add REL-1 "Fix 1" by me')).not.toBe('');
    expect(await typed(bed, 'olivia', 'change remove REL-1')).toMatch(/say which[\s\S]*1\. /);
    expect(await typed(bed, 'stan', 'withdraw REL-1')).toContain('Not withdrawn');
    expect(await typed(bed, 'stan', 'remind REL-1')).toContain('Not reminded');
    expect((await typed(bed, 'olivia', `list ${'w'.repeat(2_900)}`)).length).toBeLessThan(900);
  });
});

describe('where several things hold it', () => {
  it('another place that is free is offered, and two freezes are named', async () => {
    const bed = await startTestbed();
    const regions = ['eu', 'us'].map((name) => `{ name: ${name}, protected: true, region: ${name} }`);
    await bed.useCatalog(
      catalogText(bed.ids).replace(
        '- { name: production, protected: true, requires: ~ }',
        `- ${regions.join('\n  - ')}`,
      ),
    );
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    for (const name of ['Books', 'Audit'])
      await freeze(bed, { ...QUARTER, name, start_time: '09:00', environments: ['eu'] });
    await bed.pass(MINUTE);
    const card = await bed.cardText();
    expect(card).toMatch(/eu is frozen until Thu 5 Mar 12:00 \((?:Books and Audit|Audit and Books)\)/);
    expect(card).toContain('Nothing in the way in us.');
    await clickCard(bed, 'olivia', '2.14.0', 'Start in us');
    expect(await bed.cardText()).toContain('us: olivia says when it is through'.slice(4));
  });

  it('a lock is said where it is asked for, and at its time', async () => {
    const bed = await startTestbed();
    await typed(bed, 'rita', 'lock checkout production "an audit" until Thu 18:00');
    await create(bed, '2.14.0');
    expect(await bed.dm('bella')).toContain(
      'as soon as approved · production, but production is locked until Thu 5 Mar 18:00',
    );
    await typed(bed, 'olivia', 'schedule REL-1 Wed 10:00');
    expect(await bed.cardText()).toContain(
      'starts it Wed 4 Mar 10:00, but production is locked until Thu 5 Mar 18:00: an audit',
    );
    await approve(bed, '2.14.0');
    await bed.pass(DAY + MINUTE);
    expect(await bed.dm('olivia')).toContain('Its planned time has come, and it cannot start.');
  });

  it('an emergency that could never start is refused, and a lock is said with it', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await typed(bed, 'olivia', 'emergency REL-1');
    expect(bed.as('olivia').modalText()).toContain('Not granted: checkout 2.13.0 is deployed');
    await bed.as('olivia').close();
    await typed(bed, 'rita', 'lock checkout production "an audit"');
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'emergency REL-2');
    expect(bed.as('olivia').modalText()).toContain('It does not skip this: production is locked by');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    expect(await bed.channelText(bed.channels.team)).toContain('First: production is locked by rita');
  });

  it('whoever locked a place for themselves starts there from the card', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'olivia', 'lock checkout production "my release"');
    await bed.pass(MINUTE);
    expect(await bed.cardText()).toContain('[I am starting]');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await fails(bed, '2.14.0', 'no image');
    expect(await bed.cardText()).toContain('failed');
  });
});
