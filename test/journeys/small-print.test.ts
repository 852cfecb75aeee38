/** What is small and was wrong once: words, numbers and buttons that nobody looks at before they mislead somebody. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { approve, clickCard, create, deactivate, fails, fill, freeze, shipped, typed } from '../support/acting.ts';
import { homeText } from '../support/home.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const HARD = {
  name: 'Quarter end',
  reason: 'Books are closed',
  start: '2026-03-03',
  start_time: '09:00',
  end: '2026-03-06',
  end_time: '02:00',
};

const inTeam = (bed: Testbed) => bed.sandbox.messagesIn(bed.channels.team).filter(({ onlyFor }) => onlyFor === null);

it('“now” is no time in the past: it starts as soon as it may', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'schedule REL-1 tomorrow 10:00');
  expect(await typed(bed, 'olivia', 'schedule REL-1 now')).toContain('Scheduled for as soon as it may start.');
  expect(await bed.cardText()).not.toContain('Wed 4 Mar 10:00');
});

it('an emergency says in plain words who is asked and when it can start; its review is never one of those without a failure', async () => {
  const bed = await startTestbed();
  await freeze(bed, HARD);
  await create(bed, '2.14.0');
  await typed(bed, 'olivia', 'emergency REL-1');
  expect(bed.as('olivia').modalText()).toContain(
    '@rita is asked to confirm. You can start once they do, or in 10 minutes.',
  );
  await fill(bed, 'olivia', {
    reason: 'Payments fail for everybody who pays by card',
    incident: 'https://status.example/INC-7',
  });
  await bed.as('rita').click(await bed.dmWith('rita', 'declared an emergency'), 'Confirm');
  await bed.settled();
  expect(await bed.dm('adam')).toContain('@olivia can start it now, once, until Tue 3 Mar 14:10.');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  for (let days = 0; days < 5; days += 1) await bed.pass(DAY);
  const prompts = bed
    .as('olivia')
    .dms()
    .map(({ blocks }) => JSON.stringify(blocks))
    .filter((text) => text.includes('to review'));
  expect(prompts.length).toBeGreaterThan(0);
  for (const prompt of prompts) expect(prompt).not.toMatch(/2\.14\.0[^"]*: no failure/);
  expect(prompts.at(-1)).toContain('2.14.0: deployed, due');
});

it('whose turn it is next is said only where somebody waits', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  expect(await bed.channelText(bed.channels.team)).not.toContain('goes next');
  await create(bed, '2.15.0');
  await approve(bed, '2.15.0');
  const refusal = await typed(bed, 'olivia', 'deploy checkout@2.15.0 production');
  expect(refusal).toContain('Not started: checkout 2.14.0 is being deployed to production by @olivia');
  expect(refusal).not.toContain('goes next');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await bed.pass(6_000);
  // Nobody keeps a place in a queue; its owner is told that the way is free.
  expect(await bed.dm('olivia')).toMatch(/checkout 2\.15\.0 {2}· {2}approved\n(?:.*\n)?Next {3}Nothing in the way/);
});

it('who may not change it hears whose it is, by roles and not by channels, before a form is filled in', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  for (const words of ['hold REL-1 "no"', 'edit REL-1', 'cancel REL-1 "no"', 'schedule REL-1 tomorrow 10:00']) {
    const refusal = await typed(bed, 'stan', words);
    expect([words, /Not |Nothing /.test(refusal)]).toEqual([words, true]);
    expect([words, refusal.includes('channel')]).toEqual([words, false]);
    expect(bed.as('stan').modal()?.body['submit']).toBeUndefined();
  }
});

describe('a role, or something to do,', () => {
  it('is given to members who can act: to no guest, no bot, nobody who left, nobody unknown', async () => {
    const bed = await startTestbed();
    const guest = bed.sandbox.addUser('gus', { restricted: true });
    await create(bed, '2.14.0');
    await deactivate(bed, 'quinn');
    for (const id of [guest, bed.sandbox.world.botUserId, bed.ids.quinn, 'U0NOBODY0']) {
      for (const words of [
        `assign REL-1 deployer <@${id}>`,
        `assign REL-1 owner <@${id}>`,
        `action REL-1 "Check the disks" <@${id}> by Fri`,
      ]) {
        const refusal = await typed(bed, 'olivia', words);
        expect([words, refusal]).toEqual([words, expect.stringMatching(/^Nothing changed: .* cannot act here\./)]);
        expect(refusal).toContain('Name a member of this workspace.');
      }
    }
    expect(await bed.cardText()).toContain('olivia');
  });

  it('reaches whoever is in no group in their own zone', async () => {
    const bed = await startTestbed();
    const stan = bed.sandbox.world.users.get(bed.ids.stan);
    if (stan === undefined) throw new Error('There is no stan.');
    stan.tz = 'Asia/Tokyo';
    await shipped(bed, '2.14.0');
    await typed(bed, 'rita', `action REL-1 "Check the disks" <@${bed.ids.stan}> by Fri`);
    const before = bed.as('stan').dms().length;
    // Hour by hour through Thursday and Friday: it comes between nine and six in Tokyo.
    for (let hour = 0; hour < 90; hour += 1) await bed.pass(HOUR);
    const told = bed.as('stan').dms().slice(before);
    const hours = told.map(({ at }) => new Date(at + 9 * HOUR).getUTCHours());
    expect(told.some(({ text }) => text.includes('Check the disks'))).toBe(true);
    expect(hours.filter((hour) => hour < 9 || hour >= 18)).toEqual([]);
  });
});

describe('reviews', () => {
  it('the prompt of an earlier morning has no buttons left: it is taken away', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    for (let days = 0; days < 10; days += 1) await bed.pass(DAY);
    const prompts = bed
      .as('olivia')
      .dms()
      .filter(({ blocks }) => JSON.stringify(blocks).includes('review_all_fine'));
    expect(prompts).toHaveLength(1);
    const posted = bed.sandbox.api.calls.filter(
      ({ method, args }) =>
        method === 'chat.postMessage' && JSON.stringify(args['blocks'] ?? '').includes('review_all_fine'),
    );
    expect(posted.length).toBeGreaterThan(1);
  });

  it('of twenty-five that are due the prompt names twenty-five, and one button takes them all', async () => {
    const bed = await startTestbed();
    for (let n = 0; n < 25; n += 1) await shipped(bed, `2.${n}.0`);
    await bed.pass(2 * DAY);
    const prompt = await bed.dmWith('olivia', 'to review');
    expect(JSON.stringify(prompt.blocks)).toContain('25 releases to review');
    expect(JSON.stringify(prompt.blocks)).toContain('25 look fine');
    for (let n = 0; n < 25; n += 1) expect(JSON.stringify(prompt.blocks)).toContain(`checkout 2.${n}.0`);
    await bed.as('olivia').click(prompt, 'All 25 fine');
    await bed.settled();
    expect(await bed.dm('olivia')).toContain('nothing is left to review');
  });

  it('one looks fine; what needs a few lines is listed as far as a morning goes, and the rest is counted', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await bed.pass(2 * DAY);
    expect(JSON.stringify((await bed.dmWith('olivia', 'to review')).blocks)).toContain('1 looks fine');
    for (let n = 20; n < 33; n += 1) {
      await shipped(bed, `2.${n}.0`);
      await typed(bed, 'olivia', `unhealthy checkout@2.${n}.0 "errors at ${n} %"`);
    }
    for (let days = 0; days < 3; days += 1) await bed.pass(DAY);
    const prompt = await bed.dmWith('olivia', '14 releases to review');
    const text = JSON.stringify(prompt.blocks);
    expect(text.match(/Review…/g)).toHaveLength(10);
    expect(text).toContain('3 more follow when these are done.');
  });

  it('a missing answer is refused in the words of its label', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await fails(bed, '2.14.0', 'It did not come up');
    await bed.pass(2 * HOUR);
    await typed(bed, 'olivia', 'review REL-2');
    expect(bed.as('olivia').modalText()).toContain('(What happened, in three sentences)');
    const olivia = bed.as('olivia');
    await olivia.fill('cause', 'code');
    for (const field of ['happened', 'noticed', 'gates', 'prevents']) await olivia.fill(field, ' ');
    const { errors } = await olivia.submit();
    expect(Object.keys(errors)).toEqual(['happened', 'noticed', 'gates', 'prevents']);
    expect(errors['happened']).toBe('Not saved: “What happened, in three sentences” is empty. A few words are enough.');
  });
});

describe('something to do', () => {
  const withAction = async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    await typed(bed, 'rita', 'action REL-1 "Check the disks" @olivia by Fri');
    return bed;
  };

  it('that will not be done is not “Done”', async () => {
    const bed = await withAction();
    await typed(bed, 'olivia', 'actions');
    const list = bed.as('olivia').privately(bed.channels.team).at(-1);
    if (list === undefined) throw new Error('There is no list.');
    await bed.as('olivia').click(list, "Won't do…");
    await fill(bed, 'olivia', { reason: 'The disks were replaced' });
    const said = bed.as('olivia').lastPrivate(bed.channels.team);
    expect(said).not.toMatch(/^Done/);
    expect(said).toContain('Check the disks');
    expect(await typed(bed, 'olivia', 'timeline REL-1')).toContain('The disks were replaced');
  });

  it('by a time that is none is refused, with how to write it', async () => {
    const bed = await withAction();
    const refusal = await typed(bed, 'olivia', 'action REL-1 "Count the disks" @olivia by someday');
    expect(refusal).toContain('Not added: “someday” is not a time. Write it like ');
    expect(await typed(bed, 'olivia', 'actions')).toContain('1 open action');
  });
});

describe('a freeze', () => {
  it('shows before it is saved what it hits, of what is only affected too, beside the button that saves it', async () => {
    const bed = await startTestbed();
    await bed.as('olivia').command('/release', 'new search 3.0.0 "Faster index"', bed.channels.search);
    await typed(bed, 'olivia', 'edit REL-1');
    await bed.as('olivia').fill('affects', ['checkout']);
    expect((await bed.as('olivia').submit()).errors).toEqual({});
    await bed.settled();
    const rita = bed.as('rita');
    await rita.command('/freeze', 'new', bed.channels.team);
    for (const [field, value] of Object.entries({ ...HARD, scope: ['checkout'] })) await rita.fill(field, value);
    await rita.submit();
    const lines = rita.modalText().split('\n');
    expect(lines).toContain('It hits 1 planned release: search 3.0.0.');
    expect(lines.at(-1)).toBe('Press Declare again to save.');
    expect(rita.modal()?.body['submit']).toMatchObject({ text: 'Declare' });
  });

  it('that hits more than can be named counts the others', async () => {
    const bed = await startTestbed();
    for (let n = 0; n < 11; n += 1) await create(bed, `2.${n}.0`);
    const rita = bed.as('rita');
    await rita.command('/freeze', 'new', bed.channels.team);
    for (const [field, value] of Object.entries(HARD)) await rita.fill(field, value);
    await rita.submit();
    expect(rita.modalText()).toMatch(/It hits 11 planned releases: .* and 3 more\./);
  });
});

it('“At a time” without a time is asked back, and two fields have two names', async () => {
  const bed = await startTestbed();
  await typed(bed, 'olivia', 'new');
  const olivia = bed.as('olivia');
  await olivia.fill('title', 'Faster basket');
  olivia.type('when_kind', 'at');
  expect((await olivia.submit()).errors).toEqual({
    when_kind: 'Pick the day and time at which it starts, or another choice.',
  });
  await olivia.fill('when_kind', 'at');
  const labels = [...olivia.modalText().matchAll(/^\((.*)\)$/gm)].map(([, label]) => label);
  expect(labels.length).toBeGreaterThan(5);
  expect(new Set(labels).size).toBe(labels.length);
});

it('minutes that are typed as words are asked back, and nothing is changed', async () => {
  const bed = await startTestbed({ preset: 'strict' });
  await typed(bed, 'olivia', 'new');
  await bed.as('olivia').fill('title', 'Gift cards');
  await bed.as('olivia').fill('version_checkout', '2.15.0');
  await bed.as('olivia').submit();
  await bed.as('olivia').fill('deployer', bed.ids.bella);
  await bed.as('olivia').fill('changeNumber', 'CHG0012345');
  await bed.as('olivia').fill('minutes', 'two hours');
  const { errors } = await bed.as('olivia').submit();
  expect(Object.keys(errors)).toEqual(['minutes']);
});

describe('a failure that was reworked', () => {
  it('says since then that it is being reworked, and no bare status', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await fails(bed, '2.14.0', 'It did not come up');
    await typed(bed, 'olivia', 'rework REL-1');
    const posts = await bed.channelText(bed.channels.team);
    expect(posts).toContain('Since then: it is being reworked.');
    expect(posts).not.toContain('Since then: draft');
  });

  it('is locked until the cause is known only as long as it is', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await shipped(bed, '2.14.0');
    await typed(bed, 'olivia', 'rollback REL-2 "errors at 4 %"');
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    expect(JSON.stringify(inTeam(bed).map(({ blocks }) => blocks))).toContain('is locked until the cause is known');
    await clickCard(bed, 'olivia', '2.14.0', 'Lift lock…');
    await fill(bed, 'olivia', { reason: 'A missing index' });
    expect(JSON.stringify(inTeam(bed).map(({ blocks }) => blocks))).not.toContain('is locked until the cause is known');
    await bed.as('olivia').openHome();
    expect(await homeText(bed, 'olivia')).not.toContain('Say what the cause was');
  });
});

it('help is ten lines by task, and one more that says where the rest is', async () => {
  const bed = await startTestbed();
  const lines = (await typed(bed, 'olivia', 'help')).split('\n');
  expect(lines).toHaveLength(11);
  for (const line of lines) expect(line).toContain('/release');
  expect(lines.at(-1)).toContain('/release help plan');
});
