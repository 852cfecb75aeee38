/** Deployments in steps, and what follows when they fail, as people meet them. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, fails, fill, freeze, typed } from '../support/acting.ts';
import { calling, makeToken } from '../support/api.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const last = (bed: Testbed, who: Parameters<Testbed['as']>[0]) => bed.as(who).lastPrivate(bed.channels.team);
const inSteps = (bed: Testbed): string =>
  catalogText(bed.ids)
    .replace(
      'repository: acme/checkout,',
      'repository: acme/checkout, strategy: canary, health: [{ metric: error rate, above: 2 }],',
    )
    .replace('release_manager: [release-managers] }', 'release_manager: [release-managers], on_call: [qa] }');

const shippedInSteps = async (bed: Testbed, version: string): Promise<void> => {
  await create(bed, version);
  await approve(bed, version);
  await clickCard(bed, 'olivia', version, 'I am starting');
  for (const _step of [1, 2, 3]) await typed(bed, 'olivia', `step checkout@${version} next "go"`);
  await clickCard(bed, 'olivia', version, 'It went through');
};

const canary = async (): Promise<Testbed> => {
  const bed = await startTestbed();
  await bed.useCatalog(inSteps(bed));
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  return bed;
};

describe('a canary', () => {
  it('goes step by step: a bar in one message, its steps in the thread, its end as always', async () => {
    const bed = await canary();
    expect(await bed.cardText()).toContain('▰▰▱▱▱▱▱▱ 1 of 4: 1 % · bakes until Tue 3 Mar 10:15');
    expect(await bed.channelText(bed.channels.team)).toMatch(/2\.14\.0 → production started .*\n.*1 of 4: 1 %/);
    await clickCard(bed, 'olivia', '2.14.0', 'Next: 10 %…');
    await fill(bed, 'olivia', { reason: 'The fix cannot wait' });
    expect(await bed.cardText()).toContain('2 of 4: 10 % · bakes until Tue 3 Mar 10:30');
    await bed.pass(30 * MINUTE);
    await clickCard(bed, 'olivia', '2.14.0', 'Next: 50 %');
    await bed.pass(60 * MINUTE);
    await clickCard(bed, 'olivia', '2.14.0', 'Next: 100 %');
    expect(await bed.cardText()).toContain('▰▰▰▰▰▰▰▰ 4 of 4: 100 %');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    expect(await bed.cardText()).toContain('deployed');
    const thread = await bed.channelText(bed.channels.team);
    for (const line of [
      'went on to 10 % in production all the same: “The fix cannot wait”',
      'went on to 50 % in production.',
    ])
      expect(thread).toContain(line);
  });

  it('is paused and resumed, by button and by command, and may be handed over', async () => {
    const bed = await canary();
    expect(await typed(bed, 'olivia', 'step REL-1 pause')).toContain('Not paused: say what it waits for');
    await clickCard(bed, 'olivia', '2.14.0', 'Pause…');
    await fill(bed, 'olivia', { reason: 'The cache is cold' });
    expect(await bed.cardText()).toContain('paused: The cache is cold');
    expect(await typed(bed, 'olivia', 'step REL-1 next "now"')).toContain(
      'Not gone on: it is paused: The cache is cold. Let it go on with /release step REL-1 resume.',
    );
    await clickCard(bed, 'olivia', '2.14.0', 'Resume');
    expect(await bed.cardText()).toContain('bakes until');
    expect(await typed(bed, 'olivia', 'step REL-1 sideways')).toContain('step REL-142 next');
    await clickCard(bed, 'olivia', '2.14.0', 'Hand over…');
    await fill(bed, 'olivia', { person: bed.ids.bella });
    const told = await bed.dm('bella');
    expect(told).toContain('1 of 4: 1 %');
    expect(told).toContain('[Pause…]');
    expect(await bed.cardText()).toContain('then 10 %: bella goes on');
  });

  it('is stopped by a number that crosses its rule, and those concerned hear it', async () => {
    const bed = await canary();
    const token = await makeToken(bed, { scopes: ['deploy'] });
    const call = calling(bed, token);
    const report = (value: number) =>
      call('POST', '/v1/releases/REL-1/report-metric', { environment: 'production', metric: 'error rate', value });
    expect((await report(1)).status).toBe(200);
    expect((await report(4.1)).status).toBe(200);
    await bed.settled();
    expect(await bed.cardText()).toContain('error rate is 4.1, and the rule is error rate at most 2');
    for (const who of ['olivia', 'quinn'] as const) expect(await bed.dm(who)).toContain('it should not go on');
    await bed.pass(20 * MINUTE);
    const next = await call('POST', '/v1/releases/REL-1/next-step', { environment: 'production', reason: null });
    expect(next.status).toBe(409);
    expect((await report(1.2)).status).toBe(200);
    expect(
      (await call('POST', '/v1/releases/REL-1/next-step', { environment: 'production', reason: null })).status,
    ).toBe(200);
    await bed.settled();
    expect(await bed.cardText()).toContain('2 of 4: 10 %');
  });

  it('waits at its step for a freeze that begins, and goes on with an exception', async () => {
    const bed = await canary();
    await bed.as('rita').command('/freeze', 'new', bed.channels.team);
    for (const [field, value] of Object.entries({
      name: 'Outage',
      reason: 'x',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-04',
      end_time: '02:00',
    }))
      await bed.as('rita').fill(field, value);
    for (let turn = 0; turn < 2 && bed.as('rita').modal()?.callbackId === 'new_freeze'; turn += 1)
      await bed.as('rita').submit();
    await bed.pass(20 * MINUTE);
    expect(await bed.cardText()).toMatch(/production is frozen since it began, until .*\(Outage\)/);
    expect(await typed(bed, 'olivia', 'step REL-1 next')).toContain('frozen since it began');
    await typed(bed, 'olivia', 'exception REL-1 production');
    await fill(bed, 'olivia', { reason: 'It is half out', blastRadius: 'half of the customers' });
    await bed.as('rita').click(await bed.dmWith('rita', 'despite Outage'), 'Grant');
    await bed.settled();
    expect(await typed(bed, 'olivia', 'step REL-1 next')).toContain('On to the next step');
  });
});

describe('what somebody who did not write it found', () => {
  it('two presses of one button are one step', async () => {
    const bed = await canary();
    await bed.pass(16 * MINUTE);
    const card = await bed.card();
    await bed.as('olivia').click(card, 'Next: 10 %');
    await bed.as('adam').click(card, 'Next: 10 %');
    await bed.settled();
    expect(last(bed, 'adam')).toContain('Not gone on: checkout 2.14.0 is at 10 % already');
    expect(await bed.cardText()).toContain('2 of 4: 10 %');
  });

  it('an emergency goes through a freeze to its last step', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(inSteps(bed));
    await freeze(bed, {
      name: 'Audit',
      reason: 'x',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-06',
      end_time: '02:00',
    });
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'emergency REL-1');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await bed.pass(11 * MINUTE);
    await typed(bed, 'olivia', 'deploy REL-1 production');
    expect(await typed(bed, 'olivia', 'step REL-1 next "It has to be everywhere"')).toContain('On to the next step');
  });

  it('what is on hold does not fail for want of time, and can still go back', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(inSteps(bed));
    await shippedInSteps(bed, '2.13.0');
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await typed(bed, 'olivia', 'step REL-2 pause "cold"');
    await typed(bed, 'olivia', 'hold REL-2 "the DBA"');
    await bed.pass(12 * HOUR);
    const card = await typed(bed, 'olivia', 'show REL-2');
    expect(card).toContain('deploying to production · held');
    expect(card).toContain('[Roll back…]');
    expect(card.match(/\[Resume\]/g)).toHaveLength(1);
  });

  it('what is barred offers to ask for an exception, says how that stands, and its time stands', async () => {
    const bed = await canary();
    await freeze(bed, {
      name: 'Outage',
      reason: 'x',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-04',
      end_time: '02:00',
    });
    await bed.settled();
    expect(await bed.cardText()).toContain('[Ask for an exception]');
    expect(await bed.cardText()).toContain('Its time stands meanwhile.');
    await bed.pass(5 * HOUR);
    expect(await bed.cardText()).toContain('deploying to production');
    await clickCard(bed, 'olivia', '2.14.0', 'Ask for an exception');
    await fill(bed, 'olivia', { reason: 'It is half out', blastRadius: 'half of the customers' });
    expect(await bed.cardText()).toContain('rita and adam are asked for an exception');
  });

  it('somebody on call may do what they are asked for', async () => {
    const bed = await canary();
    await fails(bed, '2.14.0', 'Errors rose');
    await bed.pass(16 * MINUTE);
    await bed.as('quinn').click(await bed.dmWith('quinn', 'decide what to do'), 'Retry');
    await bed.settled();
    expect(await bed.cardText()).toContain('deploying to production');
  });

  it('a pause is asked about, and nothing touched is not said of what was', async () => {
    const bed = await canary();
    await typed(bed, 'olivia', 'step REL-1 pause "cold"');
    await bed.pass(3 * HOUR);
    expect(await bed.dm('olivia')).toContain('It is paused: does it still wait?');
    await typed(bed, 'olivia', 'step REL-1 resume');
    await typed(bed, 'olivia', 'step REL-1 next "go"');
    expect(JSON.stringify((await bed.card()).blocks)).not.toContain('nothing was touched');
  });
});

describe('a failure', () => {
  it('asks whoever deploys, then those on call, then the release managers; with its cause', async () => {
    const bed = await canary();
    await clickCard(bed, 'olivia', '2.14.0', 'It failed…');
    await fill(bed, 'olivia', { reason: 'Errors rose', cause: 'config' });
    expect(await bed.channelText(bed.channels.team)).toContain(
      'failed in production at 1 % Tue 3 Mar 10:00: Errors rose · cause: config',
    );
    const ask = await bed.dmWith('olivia', 'failed: decide what to do');
    const labels = JSON.stringify(ask.blocks);
    for (const label of ['Retry', 'Fix forward…', 'Hold']) expect(labels).toContain(label);
    await bed.pass(14 * MINUTE);
    expect(await bed.dm('quinn')).not.toContain('decide what to do');
    await bed.pass(2 * MINUTE);
    expect(await bed.dm('quinn')).toContain('You are asked because nobody has decided for a quarter of an hour.');
    expect(await bed.dm('rita')).not.toContain('decide what to do');
    await bed.pass(2 * HOUR);
    expect(await bed.dm('rita')).toContain('You are asked because nobody has decided for two hours.');
    await bed.as('olivia').click(await bed.dmWith('olivia', 'failed: decide what to do'), 'Fix forward…');
    await bed.settled();
    expect(JSON.stringify(bed.as('olivia').modal()?.body)).toContain('Fixes checkout 2.14.0 (REL-1)');
  });

  it('the third in a row says so, once', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    for (let turn = 1; turn <= 4; turn += 1) {
      await fails(bed, '2.14.0', `Errors ${turn}`);
      if (turn < 4) await clickCard(bed, 'olivia', '2.14.0', 'Retry');
    }
    const posts = await bed.channelText(bed.channels.team);
    expect(posts.split('The 3rd failure of checkout in production in a row')).toHaveLength(2);
  });

  it('is fixed forward by the command as well', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'hotfix REL-1');
    const form = JSON.stringify(bed.as('olivia').modal()?.body);
    expect(form).toContain('Fixes checkout 2.14.0 (REL-1)');
    expect(form).toContain('2.14.1');
  });
});

describe('a hold', () => {
  it('is asked about a day later, in the hours of whoever put it on hold', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'adam', 'hold REL-1 "waiting for the DBA"');
    await bed.pass(DAY - HOUR);
    expect(await bed.dm('adam')).not.toContain('does it still wait');
    await bed.pass(2 * HOUR);
    expect(await bed.dm('adam')).toContain('You put it on hold: does it still wait?');
    await bed.as('adam').click(await bed.dmWith('adam', 'does it still wait'), 'Resume');
    await bed.settled();
    expect(await bed.dm('adam')).not.toContain('does it still wait');
  });
});
