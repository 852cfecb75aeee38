/** Wherever it stands there is a way on, and whoever has to take it knows of it; and no way leads past what should stop it. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, deactivate, fails, fill, freeze, shipped, typed } from '../support/acting.ts';
import { calling, makeToken } from '../support/api.ts';
import { homeText } from '../support/home.ts';
import { cameTo, canary, places, wentOnTo } from '../support/places.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const TODAY = {
  name: 'Audit',
  reason: 'the books',
  start: '2026-03-03',
  start_time: '09:00',
  end: '2026-03-04',
  end_time: '18:00',
};

const gated = (bed: Testbed, before: string, more = ''): string =>
  `${catalogText(bed.ids).replace(
    '- { name: production, protected: true, requires: ~ }',
    '- { name: eu, protected: true }\n  - { name: us, protected: true }',
  )}\ngates:\n  - { name: load, owners: [qa], before: ${before}${more} }\n`;

describe('what is in one of its places', () => {
  it('goes on to the others by the approval that it began with, whatever became of that since', async () => {
    const bed = await places('eu', 'us');
    await cameTo(bed, '2.14.0', 'eu');
    await bed.pass(10 * DAY);
    expect(await typed(bed, 'olivia', 'why REL-1 us')).toContain('Nothing in the way');
    await deactivate(bed, 'adam');
    await wentOnTo(bed, '2.14.0', 'us');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  deployed');
  });

  it('as an emergency says what the rest of them need', async () => {
    const bed = await places('eu', 'us');
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'emergency REL-1');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await bed.pass(15 * MINUTE);
    await wentOnTo(bed, '2.14.0', 'eu');
    const why = await typed(bed, 'olivia', 'why REL-1 us');
    expect(why).toContain('For us an emergency has to be declared as well, once the last one is judged');
    expect(why).not.toContain('Rework it');
    await typed(bed, 'rita', 'show REL-1');
    await bed.as('rita').click(await bed.dmWith('rita', 'whether it was justified'), 'Justified');
    await typed(bed, 'olivia', 'emergency REL-1');
    expect(bed.as('olivia').modalText()).toContain('goes without approval');
  });

  it('and not healthy there, comes to another with a reason, or when somebody has decided', async () => {
    const bed = await places('eu', 'us');
    await cameTo(bed, '2.13.0', 'eu', 'us');
    await cameTo(bed, '2.14.0', 'eu');
    await typed(bed, 'olivia', 'unhealthy REL-2 eu "slow"');
    expect(await typed(bed, 'olivia', 'deploy REL-2 us')).toContain(
      'it is not healthy in eu, and nobody has decided about that. If that is meant, start it with a reason',
    );
    const call = calling(bed, await makeToken(bed));
    const asked = { service: 'checkout', version: '2.14.0', environment: 'us' };
    expect((await call('POST', '/v1/gate', asked)).body).toMatchObject({
      decision: 'wait',
      reasons: [{ code: 'release.health' }],
    });
    await typed(bed, 'olivia', 'deploy REL-2 us "it is the network of eu"');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through in us');
    // Nobody has said anything of us.
    expect(await typed(bed, 'olivia', 'healthy REL-2 eu')).toContain('Counted: healthy in eu. Left: us.');
    expect(await typed(bed, 'olivia', 'healthy REL-2 us')).toContain('Healthy.');
  });

  it('asks the owners of a gate of the next one', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(gated(bed, 'us'));
    await cameTo(bed, '2.14.0', 'eu');
    expect(await bed.dm('quinn')).toContain('checkout 2.14.0 waits for load');
    await typed(bed, 'quinn', 'gate REL-1 load pass');
    await wentOnTo(bed, '2.14.0', 'us');
    expect(await bed.dm('quinn')).not.toContain('waits for load');
  });
});

describe('while it is on its way', () => {
  it('a gate that fails is told to its owner, and can be recorded anew', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(gated(bed, 'us'));
    await cameTo(bed, '2.14.0', 'eu');
    await typed(bed, 'quinn', 'gate REL-1 load fail "p99 doubled"');
    expect(await bed.dm('olivia')).toContain('checkout 2.14.0: gate load failed');
    expect(await bed.dm('quinn')).toContain('[It passes now]');
  });

  it('what nobody may go on with is not said to go on', async () => {
    const bed = await canary('2.14.0');
    await freeze(bed, TODAY);
    await bed.pass(MINUTE);
    const card = await bed.cardText();
    expect(card).toMatch(/Next {3}1 %, and not on to 10 %: production is frozen since it began, until [^(]+\(Audit\)/);
    expect(card).not.toContain('olivia goes on');
  });

  it('an emergency that is not needed any more is asked of nobody', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'emergency REL-1');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await approve(bed, '2.14.0');
    expect(await bed.channelText(bed.channels.team)).toContain('is not needed any more');
    await bed.as('rita').openHome();
    expect(await homeText(bed, 'rita')).not.toContain('Confirm the emergency');
    expect(await bed.cardText()).not.toContain('emergency');
  });

  it('an emergency that is needed again is asked of whoever confirms it', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, TODAY);
    await typed(bed, 'olivia', 'emergency REL-1');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await typed(bed, 'rita', 'freeze end 1 "done"');
    expect(await bed.dm('rita')).toContain('No longer needed: the emergency of checkout 2.14.0.');
    await freeze(bed, { ...TODAY, name: 'Another' });
    await bed.settled();
    expect(await bed.dm('rita')).toMatch(/Confirm it, so that it can start/);
    expect(await bed.channelText(bed.channels.team)).not.toContain('is not needed any more');
  });

  it('a gate of a place that it is on its way to is asked of nobody', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(gated(bed, 'eu'));
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'emergency REL-1');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await bed.pass(15 * MINUTE);
    await typed(bed, 'olivia', 'deploy REL-1 eu');
    await bed.as('quinn').openHome();
    expect(await homeText(bed, 'quinn')).not.toContain('Record load');
  });

  it('whom a freeze exempts is somebody who may start', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, { ...TODAY, exempt: ['qa'] });
    expect(await bed.cardText()).not.toContain('quinn may start');
    expect(await typed(bed, 'olivia', 'why REL-1')).not.toContain('quinn');
  });
});

describe('what may run still', () => {
  it('in part is rolled back or mended, and not reworked', async () => {
    const bed = await canary('2.14.0');
    await typed(bed, 'olivia', 'step REL-1 next "go"');
    await clickCard(bed, 'olivia', '2.14.0', 'Pause…');
    await fill(bed, 'olivia', { reason: 'odd' });
    await clickCard(bed, 'olivia', '2.14.0', 'It failed…');
    await fill(bed, 'olivia', { reason: 'errors' });
    expect(await bed.cardText()).not.toContain('[Rework]');
    expect(await typed(bed, 'olivia', 'rework REL-1')).toContain('what may run in production still');
  });

  it('although another try failed is not reworked either, and its first place is no version of its own', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    await typed(bed, 'olivia', 'unhealthy REL-1 "slow"');
    await typed(bed, 'olivia', 'deploy REL-1');
    expect(await bed.cardText()).toContain('Before   nothing ran there');
    await fails(bed, '2.14.0', 'disk');
    expect(await bed.cardText()).not.toContain('[Rework]');
    expect(await typed(bed, 'olivia', 'rework REL-1')).toContain('what may run in production still');
  });

  it('because going back failed is told as a problem, also when it is closed by hand', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "Gift cards"', bed.channels.team);
    await typed(bed, 'olivia', 'edit REL-2');
    await fill(bed, 'olivia', { customers: 'You can pay with gift cards.' });
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    await typed(bed, 'olivia', 'rollback REL-2 "errors"');
    await clickCard(bed, 'olivia', '2.14.0', 'Rollback failed…');
    await fill(bed, 'olivia', { reason: 'the image is gone' });
    expect(await typed(bed, 'olivia', 'rework REL-2')).toContain('what may run in production still');
    await typed(bed, 'olivia', 'review REL-2');
    expect(bed.as('olivia').modalText()).not.toContain('Rolled back');
    await fill(bed, 'olivia', { cause: 'code', happened: 'x', noticed: 'x', gates: 'x', prevents: 'x' });
    await typed(bed, 'olivia', 'close REL-2');
    const read = await bed.channelText(bed.channels.releases);
    expect(read).toContain('checkout 2.14.0 is live, with a problem that is known.');
    expect(read).not.toContain('solved');
    expect(await bed.cardText('2.14.0')).toContain('closed, failed');
  });
});

describe('what is to be decided', () => {
  it('is asked once, with what is wrong now, whatever was tried before', async () => {
    const bed = await places('eu', 'us');
    for (const version of ['2.13.0', '2.14.0']) await cameTo(bed, version, 'eu', 'us');
    await typed(bed, 'olivia', 'unhealthy REL-2 us "slow us"');
    await bed.pass(MINUTE);
    await typed(bed, 'olivia', 'unhealthy REL-2 eu "slow"');
    await typed(bed, 'olivia', 'rollback REL-2 eu "slow"');
    await clickCard(bed, 'olivia', '2.14.0', 'Rollback failed…');
    await fill(bed, 'olivia', { reason: 'gone' });
    await typed(bed, 'olivia', 'rollback REL-2 eu "again"');
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    await bed.pass(MINUTE);
    expect((await bed.dm('olivia')).match(/decide (?:what to do|about the rest)/g)).toHaveLength(1);
    await typed(bed, 'olivia', 'healthy REL-2 us');
    await bed.pass(MINUTE);
    expect(await bed.cardText('2.14.0')).toContain('Reason   again');
    expect((await bed.dm('olivia')).match(/decide (?:what to do|about the rest)/g)).toHaveLength(1);
  });
});

describe('a canary', () => {
  it('is through at its last step, whoever says so and wherever', async () => {
    const bed = await canary('2.14.0');
    expect(await bed.cardText()).toMatch(/Next {3}1 % until .*10:15, then 10 %: olivia goes on\./);
    expect(await bed.dm('olivia')).not.toContain('[It went through]');
    const call = calling(bed, await makeToken(bed));
    await clickCard(bed, 'olivia', '2.14.0', 'Pause…');
    await fill(bed, 'olivia', { reason: 'looks odd' });
    expect(await bed.cardText()).toMatch(
      /deploying to production · paused .*\nNext {3}paused by olivia: looks odd\. Then 10 %\./,
    );
    expect((await call('GET', '/v1/releases/REL-1')).status).toBe(200);
  });

  it('waits for an exception as long as that is asked for', async () => {
    const bed = await canary('2.14.0');
    await freeze(bed, TODAY);
    await typed(bed, 'olivia', 'exception REL-1');
    await fill(bed, 'olivia', { reason: 'Half of them have it', blastRadius: 'Some' });
    expect(await typed(bed, 'olivia', 'step REL-1 next')).toContain('are asked for an exception');
    await bed.pass(2 * DAY + 9 * HOUR);
    expect(await typed(bed, 'olivia', 'show REL-1')).not.toContain('asked for an exception');
  });

  it('that is all on its way is not held by a freeze, and nobody is told that it is', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await freeze(bed, TODAY);
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).not.toContain('cannot start until');
  });
});

describe('a release that was replaced', () => {
  it('is given up for good by whoever wants that', async () => {
    const bed = await startTestbed();
    await create(bed, '2.13.0');
    await approve(bed, '2.13.0');
    await shipped(bed, '2.14.0');
    await bed.pass(MINUTE);
    expect(await bed.cardText('2.13.0')).toContain('unless somebody cancels it');
    expect(await typed(bed, 'olivia', 'cancel REL-1 "no"')).toContain('Cancelled.');
    await typed(bed, 'olivia', 'rollback REL-2 "errors"');
    expect(await bed.cardText('2.13.0')).toContain('cancelled');
  });

  it('is named before it is, whatever starts the newer one', async () => {
    const bed = await startTestbed();
    await create(bed, '2.13.0');
    await approve(bed, '2.13.0');
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-2 Thu 09:00');
    await approve(bed, '2.14.0');
    expect(await typed(bed, 'olivia', 'promote REL-2')).toMatch(
      /Not started: .*Thu 5 Mar 09:00\..*replaces 2\.13\.0 \(REL-1\)/,
    );
    await freeze(bed, { ...TODAY, severity: 'soft' });
    await clickCard(bed, 'olivia', '2.14.0', 'Start with a reason…');
    const form = bed.as('olivia').modalText();
    for (const words of [
      'production is frozen until',
      'it is planned for Thu 5 Mar 09:00',
      'it replaces 2.13.0 (REL-1)',
    ])
      expect(form).toContain(words);
  });
});

describe('where those who could have left', () => {
  it('a gate is asked of those who can waive it', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(gated(bed, 'eu', ', waive: release_manager'));
    await deactivate(bed, 'quinn');
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect(await bed.dm('rita')).toMatch(
      /waits for load[^]*None of its owners is here\. You can waive it\.[^]*\[Waive…\]/,
    );
    expect(await typed(bed, 'olivia', 'why REL-1')).toMatch(
      /None of the owners of load is here: .*@rita.* can waive it/,
    );
    expect(await typed(bed, 'olivia', 'gate REL-1 load pass')).toContain('These can waive it:');
  });

  it('an approval that does not count any more is asked of others, and its owner reads whose it was', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await deactivate(bed, 'adam');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toMatch(/waiting for approval[^]*approval of @adam/);
    expect(await bed.dm('bella')).toContain('Approve checkout 2.14.0 → production?');
  });

  it('a gate is asked of others as its owner goes, and of its owner who is back', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(gated(bed, 'eu', ', waive: release_manager'));
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect(await bed.dm('quinn')).toContain('waits for load');
    await deactivate(bed, 'quinn');
    await bed.pass(MINUTE);
    expect(await bed.dm('rita')).toContain('You can waive it.');
    await bed.as('rita').openHome();
    expect(await homeText(bed, 'rita')).toMatch(/load of checkout 2\.14\.0 has no owner who is here[^]*\[Waive…\]/);
    await deactivate(bed, 'quinn', false);
    await bed.pass(MINUTE);
    expect(await bed.dm('rita')).not.toContain('[Waive…]');
    expect(await bed.dm('quinn')).toContain('[Pass]');
  });

  it('an emergency is judged by an admin', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(
      catalogText(bed.ids)
        .replace('checkout-owners: { people: [', 'admins: { people: [STAN] }\n  checkout-owners: { people: [')
        .replace('STAN', bed.ids.stan)
        .replace('roles: { admin: [release-managers]', 'roles: { admin: [admins]'),
    );
    for (const who of ['adam', 'bella', 'rita'] as const) await deactivate(bed, who);
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'emergency REL-1');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await bed.pass(15 * MINUTE);
    await typed(bed, 'olivia', 'deploy REL-1');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    expect(await bed.dm('stan')).toContain('Say whether it was justified');
    expect(await bed.cardText()).toMatch(/Emergency {3}stan says by/);
  });
});

describe('whoever may not', () => {
  it('read a restricted release gives nobody the right to, by no act', async () => {
    const bed = await startTestbed();
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "SECRET"', bed.channels.team);
    await typed(bed, 'olivia', 'edit REL-1');
    await fill(bed, 'olivia', { answers: ['restricted'] });
    for (const act of [
      'action REL-1 "look" @rita by Fri',
      'action REL-1 "look" @stan by Fri',
      'assign REL-1 owner @rita',
    ])
      expect(await typed(bed, 'rita', act)).toContain('who may read it is for those named on it');
    expect(await typed(bed, 'rita', 'show REL-1')).not.toContain('SECRET');
    expect(await typed(bed, 'stan', 'show REL-1')).not.toContain('SECRET');
  });

  it('send a form is told before it is filled in', async () => {
    const bed = await startTestbed();
    await freeze(bed, TODAY);
    await create(bed, '2.14.0');
    for (const [command, words] of [
      ['exception REL-1', 'Not asked'],
      ['artifact REL-1', 'Not changed'],
    ] as const) {
      await bed.as('stan').command('/release', command, bed.channels.team);
      expect(bed.as('stan').modalText()).toContain(words);
      await bed.as('stan').close();
    }
  });
});

describe('stakeholders', () => {
  const noticed = async (bed: Testbed): Promise<void> => {
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "Gift cards"', bed.channels.team);
    await typed(bed, 'olivia', 'edit checkout@2.14.0');
    await fill(bed, 'olivia', { customers: 'You can pay with gift cards.' });
  };

  it('read of a problem that was none in one place that it was none, whatever comes in another', async () => {
    const bed = await places('eu', 'us');
    await cameTo(bed, '2.13.0', 'eu', 'us');
    await noticed(bed);
    await approve(bed, '2.14.0');
    for (const place of ['eu', 'us']) await wentOnTo(bed, '2.14.0', place);
    await typed(bed, 'olivia', 'unhealthy REL-2 eu "slow"');
    await typed(bed, 'olivia', 'healthy REL-2 eu');
    const read = () => bed.channelText(bed.channels.releases);
    expect(await read()).toContain('checkout: no problem after all');
    await typed(bed, 'olivia', 'unhealthy REL-2 us "slow"');
    await bed.pass(MINUTE);
    expect(await read()).toContain('checkout: no problem in eu after all');
    expect((await read()).match(/has a problem in us since/g)).toHaveLength(1);
    await typed(bed, 'olivia', 'rollback REL-2 us "slow"');
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    await typed(bed, 'olivia', 'close REL-2');
    const all = await read();
    expect(all).not.toContain('2.14.0 is live in eu, with a problem');
    expect(all).not.toMatch(/2\.14\.0 works|2\.14\.0 is live\./);
  });

  it('read that what an emergency was to mend is not mended once that went back', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await noticed(bed);
    await typed(bed, 'olivia', 'emergency REL-2');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await bed.pass(15 * MINUTE);
    await typed(bed, 'olivia', 'deploy REL-2');
    await fails(bed, '2.14.0', 'errors');
    await typed(bed, 'olivia', 'rollback REL-2 "errors"');
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    const read = await bed.channelText(bed.channels.releases);
    expect(read).toContain('What 2.14.0 was to mend is not mended yet.');
    expect(read).not.toContain('works as before');
  });
});

describe('Home', () => {
  it('has what is due soonest first, what one freeze catches as one, and the next days whole', async () => {
    const bed = await startTestbed();
    for (let n = 1; n <= 12; n += 1) {
      await create(bed, `3.${n}.0`);
      await typed(bed, 'olivia', `schedule REL-${n} ${n < 3 ? 'today' : 'Fri'} ${10 + n}:00`);
    }
    await bed.as('adam').openHome();
    const asked = await homeText(bed, 'adam');
    expect(asked.indexOf('Approve checkout 3.1.0')).toBeGreaterThan(-1);
    expect(asked.indexOf('Approve checkout 3.1.0')).toBeLessThan(asked.indexOf('Approve checkout 3.2.0'));
    await freeze(bed, { ...TODAY, name: 'Quarter end', start: '2026-03-05', end: '2026-03-06', end_time: '23:00' });
    await bed.as('olivia').openHome();
    const home = await homeText(bed, 'olivia');
    expect(home).toContain('10 of yours are inside the freeze Quarter end');
    expect(home).not.toContain('which is planned inside a freeze');
    expect(home).toMatch(/Next 7 days[^]*7 more/);
  });
});

it('a time beyond all dates is refused where it stands', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  for (const command of ['schedule REL-1 in 99999999 hours', 'lock search production "x" for 99999999 hours'])
    expect(await typed(bed, 'olivia', command)).not.toContain('Signalbox failed');
  expect(await typed(bed, 'olivia', 'lock search production "x" until 9999-12-31')).toContain(
    'more than 10 years away',
  );
});

it('a failure is called one by whoever is on call, and by name where nobody is', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  await fails(bed, '2.14.0', 'errors');
  expect(await bed.cardText()).toMatch(/, then (?:adam or bella|bella or adam) as well:/);
  expect(await typed(bed, 'olivia', 'freeze status serch')).toContain('serch');
});

it('what is started by webhook where nobody listens is found by the doctor', async () => {
  const bed = await startTestbed();
  await bed.useCatalog(
    catalogText(bed.ids).replace(
      'repository: acme/checkout,',
      'repository: acme/checkout, start: { production: webhook },',
    ),
  );
  expect(await typed(bed, 'rita', 'doctor')).toContain(
    'checkout in production is started by webhook, and no webhook is told of it',
  );
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  expect(await bed.cardText()).toContain('Nothing in the way. olivia starts it.');
});
