/** The other journeys, as people act them. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import type { StoredMessage } from '../../src/sandbox/world.ts';
import { approve, clickCard, create, fails, fill, freeze, shipped } from '../support/acting.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const team = (bed: Testbed) => bed.channelText(bed.channels.team);

describe('journeys', () => {
  it('rejected, reworked and asked again', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await bed.as('adam').click(await bed.dmWith('adam', 'Approve checkout 2.14.0'), 'Reject…');
    await fill(bed, 'adam', { reason: 'No load test' });
    expect(await bed.dm('olivia')).toContain('Rejected by @adam: “No load test”');
    expect(await bed.dm('bella')).toContain(
      'No longer needed: adam rejected checkout 2.14.0, Tue 3 Mar 10:00: “No load test”.',
    );
    expect(await bed.cardText()).toContain('Rejected by adam: “No load test”.');
    await clickCard(bed, 'olivia', '2.14.0', 'Ask again');
    await bed.as('bella').command('/release', 'approve REL-1', bed.channels.team);
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  });

  it('a question pauses, is answered, and the approver is asked again with the answer', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await bed.as('adam').click(await bed.dmWith('adam', 'Approve checkout 2.14.0'), 'Ask…');
    await fill(bed, 'adam', { question: 'Was it load tested?' });
    await bed.as('olivia').click(await bed.dmWith('olivia', 'asks about checkout 2.14.0'), 'Answer');
    await fill(bed, 'olivia', { answer: 'Yes, on Monday' });
    const again = await bed.dmWith('adam', '@olivia answers: “Yes, on Monday”');
    expect((await bed.dm('adam')).match(/Approve checkout 2.14.0 → production/g)).toHaveLength(1);
    await bed.as('adam').click(again, 'Approve');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  });

  it('the risk is raised: asked again under the rules of critical, where deciding is a form with a reason', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await bed.as('adam').click(await bed.dmWith('adam', 'Approve checkout 2.14.0'), 'Raise risk…');
    await fill(bed, 'adam', { level: 'critical', reason: 'The cache was never this full' });
    expect(await team(bed)).toContain('adam raised the risk from low to critical: “The cache was never this full”.');
    expect(await bed.cardText()).toContain('raised by adam: “The cache was never this full”');
    expect(await bed.cardText()).toContain('Decide…');
    await bed.as('bella').command('/release', 'approve REL-1', bed.channels.team);
    expect(bed.as('bella').lastPrivate(bed.channels.team)).toContain(
      'Not counted: at critical risk an approval needs a reason',
    );
    await bed.as('adam').click(await bed.dmWith('adam', 'Risk   critical'), 'Decide…');
    await fill(bed, 'adam', { outcome: 'approve', reason: 'Watched by the whole team' });
    expect(await team(bed)).toContain('“Watched by the whole team”');
  });

  it('a restricted release shows its content to its roles and to those asked, and to nobody else', async () => {
    const bed = await startTestbed();
    await bed.as('olivia').command('/release', 'new', bed.channels.team);
    await fill(bed, 'olivia', { service: 'checkout', title: 'Close the hole in the login', answers: ['restricted'] });
    expect(await team(bed)).not.toContain('the hole');
    expect(await bed.dm('adam')).toContain('Close the hole in the login');
    for (const [name, reads] of [
      ['olivia', true],
      ['adam', true],
      ['stan', false],
    ] as const) {
      for (const words of ['show REL-1', 'list']) {
        await bed.as(name).command('/release', words, bed.channels.team);
        expect(bed.as(name).lastPrivate(bed.channels.team).includes('the hole'), `${name} ${words}`).toBe(reads);
      }
    }
  });

  it('of a restricted release no channel, no stranger and no lock screen ever gets a word, in its whole life', async () => {
    const bed = await startTestbed();
    const { team: here } = bed.channels;
    const type = (name: 'olivia' | 'adam' | 'stan', words: string) => bed.as(name).command('/release', words, here);
    await bed.as('olivia').command('/release', 'new', here);
    await fill(bed, 'olivia', {
      service: 'checkout',
      title: 'Close the SECRET hole',
      rollbackPlan: 'Open the SECRET hole again',
      answers: ['restricted'],
    });
    await type('olivia', 'change add REL-1 https://git.example.com/SECRET/1');
    await type('adam', 'ask REL-1 "Which SECRET hole?"');
    await bed.settled();
    await bed.as('olivia').click(await bed.dmWith('olivia', 'asks about'), 'Answer');
    await bed.as('olivia').fill('answer', 'The SECRET one');
    await bed.as('olivia').submit();
    await type('adam', 'reject REL-1 "SECRET is not closed yet"');
    await type('olivia', 'submit REL-1');
    await type('adam', 'approve REL-1 "SECRET is closed"');
    await type('olivia', 'hold REL-1 "the SECRET people are away"');
    await bed.settled();
    await type('stan', 'show REL-1');
    await type('stan', 'why REL-1');
    await type('olivia', 'resume REL-1');
    await bed.as('olivia').command('/deploy', 'REL-1', here);
    await bed.settled();
    await bed.as('olivia').click(await bed.card(), 'It failed…');
    await bed.as('olivia').fill('reason', 'the SECRET hole is wider');
    await bed.as('olivia').submit();
    await bed.settled();
    await type('olivia', 'action REL-1 "close SECRET for good" by tomorrow');
    for (const words of [
      'show REL-1',
      'why REL-1',
      'timeline REL-1',
      'list',
      'actions all',
      'gate REL-1',
      'review REL-1',
      '',
    ])
      await type('stan', words);
    await bed.as('stan').openHome();
    await bed.pass(3 * DAY);
    const { messages } = bed.sandbox.world;
    const readers: readonly string[] = [bed.ids.olivia, bed.ids.adam, bed.ids.bella];
    const audience = (message: StoredMessage): string | null =>
      message.onlyFor ?? bed.sandbox.world.conversations.get(message.channel)?.user ?? null;
    const leaked = messages.filter((message) => {
      const reader = audience(message);
      const isReader = reader !== null && readers.includes(reader);
      const shown = isReader ? '' : JSON.stringify(message.blocks);
      // What is answered privately is read by whoever asked; everything else may light up a screen.
      const aloud = message.onlyFor === null || !isReader ? message.text : '';
      return `${shown} ${aloud}`.includes('SECRET');
    });
    expect(messages.length).toBeGreaterThan(25);
    expect(leaked.map(({ text, blocks }) => `${text}: ${JSON.stringify(blocks)}`)).toEqual([]);
    // It is not merely that nothing is shown: who may read does.
    await type('adam', 'show REL-1');
    expect(bed.as('adam').lastPrivate(here)).toContain('SECRET');
  });

  it('who has to pass a gate first may see the draft', async () => {
    const bed = await startTestbed({ gates: true });
    await create(bed, '2.14.0', 'Secret plans');
    await bed.as('quinn').command('/release', 'show REL-1', bed.channels.team);
    expect(bed.as('quinn').lastPrivate(bed.channels.team)).toContain('Secret plans');
    await bed.as('stan').command('/release', 'show REL-1', bed.channels.team);
    expect(bed.as('stan').lastPrivate(bed.channels.team)).toContain('there is no release REL-1');
  });

  it('a click that comes late, after others acted, changes nothing and gets the current state', async () => {
    const bed = await startTestbed();
    const adam = bed.as('adam');
    await create(bed, '2.14.0');
    const ask = await bed.dmWith('adam', 'Approve checkout 2.14.0');
    await adam.click(ask, 'Reject…');
    await adam.fill('reason', 'Typed before the queue cleared');
    const letGo = bed.sandbox.hold();
    // Sent in this order, and held up on the way: what others typed arrives first.
    const approval = adam.click(ask, 'Approve');
    const rejection = adam.submit();
    await bed.as('olivia').command('/release', 'withdraw REL-1 "Wrong artifact"', bed.channels.team);
    letGo();
    await approval;
    expect((await rejection).errors).toEqual({
      reason:
        'Not counted: nothing is being asked. checkout 2.14.0 is a draft: it was taken back. See where it stands with /release show REL-1.',
    });
    await bed.settled();
    expect(adam.dmText()).toContain('Not counted: nothing is being asked.');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  draft');
    const events = await bed.channelText(bed.channels.team);
    expect(events).not.toContain('adam approved');
    expect(events).not.toContain('adam rejected');
  });

  it('a group above fifteen is asked by one mention in the thread, and nobody by a message', async () => {
    const bed = await startTestbed();
    const many = Array.from({ length: 20 }, (_, n) => bed.sandbox.addUser(`lead-${n}`));
    bed.sandbox.world.scopes.add('usergroups:read');
    bed.sandbox.world.usergroups.set('S0LEADS', { id: 'S0LEADS', handle: 'leads', users: many });
    await bed.useCatalog(
      catalogText(bed.ids).replace(/checkout-owners: \{ people: \[.*?\] \}/, 'checkout-owners: { slack: "@leads" }'),
    );
    await create(bed, '2.14.0');
    expect(bed.sandbox.world.messages.filter(({ text }) => text.startsWith('Approve checkout'))).toEqual([]);
    const lines = bed.sandbox.messagesIn(bed.channels.team).map(({ blocks }) => JSON.stringify(blocks));
    expect(lines.filter((line) => line.includes('<!subteam^S0LEADS>'))).toHaveLength(1);
    await bed.pass(5 * HOUR);
    expect(bed.sandbox.world.messages.filter(({ text }) => text.startsWith('Approve checkout'))).toEqual([]);
    const card = await bed.card();
    await bed.sandbox.as(many[7] ?? '').click(card, 'Approve');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  });

  it('nobody decides: reminded and widened, then expired, never as a person’s decision', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await bed.pass(5 * HOUR);
    await bed.as('olivia').command('/release', 'timeline REL-1', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain(
      'Those who were asked were reminded; nobody else can decide.',
    );
    expect(await bed.cardText()).not.toContain('asks the rest of the group');
    expect((await bed.dm('adam')).match(/Approve checkout 2.14.0 → production\?/g)).toHaveLength(1);
    expect((await bed.dm('adam')).match(/Approve checkout 2.14.0 → production/g)).toHaveLength(1);
    await bed.pass(4 * DAY);
    expect(await bed.cardText()).toContain('Nobody decided in time.');
    // It is the weekend: its owner is told when work begins.
    expect(await bed.dm('olivia')).not.toContain('Nobody decided in time');
    await bed.pass(2 * DAY);
    expect(await bed.dm('olivia')).toContain('Nobody decided in time');
  });

  it('a freeze holds; the owner asks for an exception, somebody else grants it, it goes', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await bed.as('rita').command('/freeze', 'new', bed.channels.team);
    for (const [field, value] of Object.entries({
      name: 'Quarter end',
      reason: 'Books',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-04',
    }))
      await bed.as('rita').fill(field, value);
    await bed.as('rita').submit();
    expect(bed.as('rita').modalText()).toContain('It hits 1 planned release: checkout 2.14.0.');
    await fill(bed, 'rita', {});
    const held = await bed.dmWith('olivia', 'freeze Quarter end.');
    await bed.as('olivia').click(held, 'Ask for an exception');
    await fill(bed, 'olivia', {
      reason: 'A customer is blocked',
      urgency: 'customers are hit now',
      blastRadius: 'who pays by card',
      rollback: 'Flip the flag',
    });
    const ask = await bed.dmWith('rita', 'Let checkout 2.14.0 into production despite Quarter end?');
    for (const words of ['customers are hit now', 'who pays by card', 'Flip the flag', 'for one start until'])
      expect(await bed.dm('rita')).toContain(words);
    await bed.as('rita').click(ask, 'Grant');
    expect(await bed.dm('olivia')).toContain('The exception for checkout 2.14.0 was granted');
    expect(await bed.channelText(bed.channels.team)).toContain('Let in   checkout 2.14.0 (REL-1) until');
    await bed.as('rita').click(await bed.dmWith('rita', 'You let checkout 2.14.0 into production'), 'Take it back…');
    await fill(bed, 'rita', { reason: 'The fix is wrong' });
    expect(await bed.dm('olivia')).toContain('The exception for checkout 2.14.0 was taken back');
    expect(await bed.cardText()).toContain('frozen');
    await clickCard(bed, 'olivia', '2.14.0', 'Ask for an exception');
    await fill(bed, 'olivia', { reason: 'Another fix', blastRadius: 'who pays by card' });
    await bed.as('rita').click(await bed.dmWith('rita', 'Let checkout 2.14.0 into production despite'), 'Grant');
    await bed.settled();
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    expect(await bed.cardText()).toContain('deploying to production');
    const end = async (words: string): Promise<string> => {
      await bed.as('rita').command('/freeze', `end ${words}`, bed.channels.team);
      return bed.as('rita').lastPrivate(bed.channels.team);
    };
    expect(await end('7 "the wrong number"')).toContain('there is no freeze 7 here');
    expect(await end('99999999999')).toContain('there is no freeze 99999999999 here');
    expect(await end('Quater end')).toContain('there is no freeze Quater here');
    expect(await end('Quarter end the books are closed')).toContain('Ended: Quarter end.');
  });

  it('a failure in staging is news for its owner, and stays it; one in production is asked about until it is decided', async () => {
    const bed = await startTestbed();
    const olivia = bed.as('olivia');
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await olivia.command('/deploy', 'REL-1 staging', bed.channels.team);
    await bed.pass(3 * HOUR);
    expect(await bed.dm('olivia')).toContain('checkout 2.14.0 failed in staging');
    await olivia.command('/deploy', 'REL-1 production "hotfix"', bed.channels.team);
    await bed.pass(3 * HOUR);
    const asked = 'checkout 2.14.0 failed: decide what to do';
    expect(await bed.dm('olivia')).toContain(asked);
    await olivia.command('/deploy', 'REL-1 staging', bed.channels.team);
    await bed.pass(3 * HOUR);
    expect(await bed.dm('olivia')).toContain(asked);
    expect(await bed.dm('olivia')).toContain('[Retry] [Rework] [Fix forward…] ⋯ Hold, Open');
  });

  it('a reason of one word is one when it stands in quotes', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await bed.as('olivia').command('/deploy', 'REL-1 hotfix', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('there is no environment hotfix here');
    await bed.as('olivia').command('/deploy', 'REL-1 “hotfix”', bed.channels.team);
    expect(await bed.cardText()).toContain('deploying to production');
  });

  it('what a freeze held is told to whoever starts it when it is over, in their hours; what had an exception was not held', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, {
      name: 'Quarter end',
      reason: 'Books close',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-04',
      end_time: '02:00',
    });
    await bed.settled();
    await bed.pass(17 * HOUR);
    expect(await team(bed)).toContain('Held until now: checkout 2.14.0 (olivia). Nothing of it starts by itself.');
    expect(await bed.dm('olivia')).not.toContain('The freeze that held it is over.');
    await bed.pass(7 * HOUR);
    expect(await bed.dm('olivia')).toContain('The freeze that held it is over.');
  });

  it('what was not healthy by mistake is no failure in the risk of the next one', async () => {
    const bed = await startTestbed();
    const risk = async (version: string): Promise<string> => {
      await create(bed, version);
      await clickCard(bed, 'olivia', version, 'Details');
      const details = JSON.stringify(bed.as('olivia').modal()?.body);
      await bed.as('olivia').close();
      return details;
    };
    await shipped(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'Not healthy…');
    await fill(bed, 'olivia', { reason: 'The dashboard is red' });
    expect(await risk('2.15.0')).toContain('1 failure in 30 days');
    await bed.as('olivia').command('/release', 'healthy checkout@2.14.0', bed.channels.team);
    expect(await risk('2.16.0')).not.toContain('failure in 30 days');
  });

  it('a plan into a freeze is told at once, wherever it is shown, with the way out', async () => {
    const bed = await startTestbed();
    await freeze(bed, {
      name: 'Quarter end',
      reason: 'Books close',
      start: '2026-03-04',
      start_time: '08:00',
      end: '2026-03-04',
      end_time: '18:00',
    });
    const olivia = bed.as('olivia');
    const said = async (text: string): Promise<string> => {
      await olivia.command('/release', text, bed.channels.team);
      return olivia.lastPrivate(bed.channels.team);
    };
    const told =
      'It is planned for Wed 4 Mar 09:00, when production is frozen (Quarter end): move it to Wed 4 Mar 18:00';
    await create(bed, '2.14.0');
    expect(await said('schedule REL-1 tomorrow 09:00')).toContain(told);
    expect(await said('show REL-1')).toContain(told);
    await approve(bed, '2.14.0');
    expect(await bed.cardText()).toContain(`Nothing in the way now. olivia starts it. ${told}`);
    const why = await said('why REL-1');
    expect(why).toContain('Nothing in the way now:');
    expect(why).toContain(told);
    await olivia.openHome();
    await bed.settled();
    expect(JSON.stringify(bed.sandbox.world.homes.get(bed.ids.olivia)?.body)).toContain(
      'when production is frozen (Quarter end)',
    );
    // Starting before its time asks, and says when it was to be.
    expect(JSON.stringify((await bed.card()).blocks)).toContain('It is planned for Wed 4 Mar 09:00 London.');
    await olivia.click(await bed.card(), 'Move to Wed 4 Mar 18:00 London');
    await bed.settled();
    expect(await bed.cardText()).toContain('Planned for Wed 4 Mar 18:00.');
    expect(await bed.cardText()).not.toContain('frozen');
    expect(await said('why REL-1')).toContain('Nothing in the way:');
    await olivia.command('/deploy', 'REL-1', bed.channels.team);
    expect(olivia.lastPrivate(bed.channels.team)).toContain(
      'Not started: checkout 2.14.0 is planned for Wed 4 Mar 18:00. Press to start it in production now.',
    );
    expect(await bed.cardText()).toContain('·  approved');
    await olivia.command('/deploy', 'REL-1 "Agreed with support"', bed.channels.team);
    expect(await bed.cardText()).toContain('deploying to production');
  });

  it('three caught by a freeze are one message, moved together, and the message follows', async () => {
    const bed = await startTestbed();
    for (const version of ['2.14.0', '2.15.0', '2.16.0']) {
      await create(bed, version);
      await approve(bed, version);
    }
    await freeze(bed, {
      name: 'Quarter end',
      reason: 'Books close',
      start: '2026-03-03',
      start_time: '10:00',
      end: '2026-03-06',
      end_time: '18:00',
    });
    const held = await bed.dmWith('olivia', '3 of yours are inside the freeze Quarter end');
    expect(await bed.dm('olivia')).toContain(
      '• checkout 2.14.0 (REL-1) → Fri 6 Mar 18:00. Approval is asked again\n• checkout 2.15.0 (REL-2) → Fri 6 Mar 20:00. Approval is asked again',
    );
    await bed.as('olivia').click(held, 'Move all to their first slot…');
    await bed.as('olivia').submit();
    await bed.settled();
    expect(await bed.dm('olivia')).toContain('No longer needed: the freeze Quarter end holds nothing of yours.');
    await bed.as('olivia').command('/release', 'show REL-3', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('Then   @olivia starts it Fri 6 Mar 22:00');
    await bed.as('olivia').command('/freeze', 'move Quarter end', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain(
      'Nothing to move: no freeze holds a release that you may move.',
    );
  });

  it('fails, goes back, is locked, reviewed with an action, and closed', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.1');
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await fails(bed, '2.14.0', 'Error rate 4 %');
    expect(await team(bed)).toContain('checkout 2.14.0 failed in production');
    await bed.as('olivia').command('/release', 'rollback checkout Error rate 4 %', bed.channels.team);
    await bed.pass(4 * MINUTE);
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    expect(await team(bed)).toContain('checkout is back on 2.13.1');
    await create(bed, '2.15.0');
    await approve(bed, '2.15.0');
    await bed.as('olivia').command('/deploy', '2', bed.channels.team);
    await bed.as('olivia').command('/deploy', '3', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('Not started: production is locked since');
    await bed.as('olivia').command('/release', 'close 2', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain(
      'Not closed: 1 thing missing: the review (@olivia, due',
    );
    await bed.pass(HOUR + MINUTE);
    await bed.as('olivia').click(await bed.dmWith('olivia', '1 release to review'), 'Review…');
    await fill(bed, 'olivia', {
      cause: 'config',
      happened: 'It broke',
      noticed: 'An alert, 5 min',
      gates: 'No load',
      prevents: 'Add a load test',
    });
    // The review was all that was missing: it closed by itself; what prevents it next time is followed up.
    expect(await team(bed)).toContain('checkout 2.14.0  ·  closed, rolled back');
    await bed.as('olivia').command('/release', 'actions', bed.channels.team);
    const listed = bed.as('olivia').privately(bed.channels.team).at(-1);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('Add a load test');
    if (listed === undefined) throw new Error('no list of actions');
    await bed.as('olivia').click(listed, 'Done');
    await bed.settled();
    await bed.as('olivia').command('/release', 'actions', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('No action is open.');
    await bed.as('olivia').command('/release', 'unlock checkout production "A wrong limit"', bed.channels.team);
    await bed.as('olivia').command('/deploy', '3', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('Started in production.');
  });

  it('a gate before approval: asked by itself once it passes, by its owner only', async () => {
    const bed = await startTestbed({ gates: true });
    await create(bed, '2.14.0');
    await bed.as('olivia').command('/release', 'gate REL-1 regression pass', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('Not recorded: you do not own gate regression.');
    await bed.as('stan').command('/release', 'gate checkout@2.14.0 regression pass', bed.channels.team);
    expect(bed.as('stan').lastPrivate(bed.channels.team)).toContain('there is no release checkout@2.14.0');
    await bed.as('quinn').command('/release', 'gate checkout@2.14.0 regression pass', bed.channels.team);
    expect(await bed.cardText()).toContain('waiting for approval');
    expect(await bed.cardText()).toContain('gates 1 of 1');
  });

  it('goes through staging first, and says so', async () => {
    const bed = await startTestbed({ gates: true });
    const last = () => bed.as('olivia').lastPrivate(bed.channels.team);
    await create(bed, '2.14.0');
    await bed.as('quinn').command('/release', 'gate REL-1 regression pass', bed.channels.team);
    await approve(bed, '2.14.0');
    await bed.as('olivia').command('/deploy', 'REL-1 production', bed.channels.team);
    expect(last()).toContain('Not started: it has not succeeded in staging with this artifact.');
    await clickCard(bed, 'olivia', '2.14.0', 'Deploy to staging');
    expect(await bed.cardText()).toContain(
      '2.14.0 is being deployed to staging since Tue 3 Mar 10:00: olivia says when it is through.',
    );
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    expect(await bed.cardText()).toContain('deploying to production');
  });

  it('a private draft stays private: no card, no list, no stakeholders, also when it is cancelled', async () => {
    const bed = await startTestbed({ gates: true });
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "Secret plans"', bed.channels.team);
    await bed.as('olivia').command('/deploy', 'REL-1 staging', bed.channels.team);
    await bed.as('olivia').command('/release', 'cancel REL-1 "Not now"', bed.channels.team);
    await bed.settled();
    expect(await team(bed)).not.toContain('Secret plans');
    expect(await bed.channelText(bed.channels.releases)).toBe('');
    await bed.as('stan').command('/release', 'list', bed.channels.team);
    expect(bed.as('stan').lastPrivate(bed.channels.team)).toContain('No release fits.');
  });

  it('an approver who leaves: what was approved waits again, and somebody else is asked', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await bed.as('olivia').command('/release', 'assign REL-1 owner @adam', bed.channels.team);
    await bed.settled();
    expect(await bed.cardText()).toContain('waiting for approval');
    await clickCard(bed, 'bella', '2.14.0', 'Approve');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  });

  it('breaks the glass: one deployment, judged by somebody else, and not closed before', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await bed.as('olivia').command('/release', 'emergency REL-1', bed.channels.team);
    await bed.as('olivia').fill('reason', 'too short');
    expect((await bed.as('olivia').submit()).errors['reason']).toContain('the justification is too short');
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    await bed.pass(11 * MINUTE);
    await bed.as('olivia').command('/deploy', 'REL-1', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('Started in production.');
    const judge = await bed.dmWith('adam', 'declared an emergency: checkout 2.14.0');
    await bed.as('adam').click(judge, 'Justified');
    expect(await team(bed)).toContain('adam judged the emergency justified');
  });

  it('a newer version that is deployed replaces what has not started', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await create(bed, '2.15.0');
    await approve(bed, '2.15.0');
    await clickCard(bed, 'olivia', '2.15.0', 'I am starting');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
    expect(bed.as('adam').lastPrivate(bed.channels.team)).toContain('Not counted: nothing is being asked.');
    expect(await team(bed)).toContain('checkout 2.14.0  ·  replaced');
  });

  it('what a start replaces is named before it, its owner is told, and it comes back approved when that is rolled back', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.1');
    for (const version of ['2.14.0', '2.15.0']) {
      await create(bed, version);
      await approve(bed, version);
    }
    const card = bed.sandbox
      .messagesIn(bed.channels.team)
      .find(({ text, threadTs }) => threadTs === null && text.startsWith('checkout 2.15.0 is'));
    expect(JSON.stringify(card?.blocks)).toContain('It replaces 2.14.0 (REL-2): its owner is told.');
    await clickCard(bed, 'olivia', '2.15.0', 'I am starting');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toContain(
      'checkout 2.14.0  ·  replaced\nReplaced by checkout 2.15.0 (REL-3). It comes back by itself if that one is rolled back, unless somebody cancels it.',
    );
    await clickCard(bed, 'olivia', '2.15.0', 'Roll back…');
    await fill(bed, 'olivia', { reason: 'Error rate 4 %' });
    await clickCard(bed, 'olivia', '2.15.0', 'It is back');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toContain('checkout 2.14.0  ·  approved · locked');
    await bed.as('olivia').command('/release', 'why REL-2', bed.channels.team);
    // What is left in its way is the lock of the rollback.
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('1 of 8 checks');
  });

  it('two people edit the same release: each one’s change counts, and what both changed is asked', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    const [olivia, adam] = [bed.as('olivia'), bed.as('adam')];
    for (const who of [olivia, adam]) await who.command('/release', 'edit REL-1', bed.channels.team);
    await fill(bed, 'olivia', { title: 'Olivia’s basket' });
    await fill(bed, 'adam', { customers: 'A new page' });
    await olivia.command('/release', 'show REL-1', bed.channels.team);
    expect(olivia.lastPrivate(bed.channels.team)).toContain('Olivia’s basket');
    expect(olivia.lastPrivate(bed.channels.team)).toContain('customers notice');
    for (const who of [olivia, adam]) await who.command('/release', 'edit REL-1', bed.channels.team);
    await fill(bed, 'olivia', { title: 'Olivia again' });
    await adam.fill('title', 'Adam’s basket');
    await adam.fill('changeNumber', 'CHG7');
    await adam.submit();
    expect(adam.modalText()).toContain(
      'Not saved: somebody else changed this since the form was opened. It is now “Olivia again”.',
    );
    await fill(bed, 'adam', {});
    await olivia.command('/release', 'show REL-1', bed.channels.team);
    expect(olivia.lastPrivate(bed.channels.team)).toContain('Adam’s basket');
    expect(olivia.lastPrivate(bed.channels.team)).toContain('CHG7');
  });

  it('a deployment that nobody finishes counts as failed, dated at its deadline', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await bed.pass(3 * HOUR);
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  failed');
    expect(await team(bed)).toContain(
      'checkout 2.14.0 failed in production Tue 3 Mar 12:00: nobody finished it in time',
    );
    expect(await bed.dm('olivia')).toContain('checkout 2.14.0 failed: decide what to do');
    await bed.as('olivia').command('/release', 'rework REL-1', bed.channels.team);
    await bed.settled();
    expect(await bed.dm('olivia')).toContain('No longer needed: checkout 2.14.0 failed, and it is being reworked.');
    expect(await bed.dm('olivia')).not.toContain('decide what to do');
  });

  it('a failure that a newer version overtook asks nothing any more, and cannot be reworked', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await bed.pass(3 * HOUR);
    await create(bed, '2.15.0');
    await approve(bed, '2.15.0');
    await clickCard(bed, 'olivia', '2.15.0', 'I am starting');
    await clickCard(bed, 'olivia', '2.15.0', 'It went through');
    await bed.pass(1 * MINUTE);
    expect(await team(bed)).toContain('Nothing to roll back or retry: checkout 2.15.0 (REL-2) now runs.');
    expect(await bed.dm('olivia')).toContain('No longer needed: checkout 2.14.0 failed, and 2.15.0 (REL-2) now runs.');
    await bed.as('olivia').command('/release', 'rework REL-1', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain(
      'Not reworked: checkout 2.14.0 is replaced: 2.15.0 (REL-2) now runs.',
    );
  });

  it('light: nobody is asked, said so, and no card before the start', async () => {
    const bed = await startTestbed({ preset: 'light' });
    await create(bed, '2.14.0');
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('is free to go: nobody has to approve it');
    expect(await team(bed)).not.toContain('·  approved');
    await bed.as('olivia').command('/deploy', 'REL-1', bed.channels.team);
    expect(await bed.cardText()).toContain('deploying to production');
  });

  it('strict: a second step asks for deployer, change number and time; two people of two groups; closed by hand', async () => {
    const bed = await startTestbed({ preset: 'strict' });
    const olivia = bed.as('olivia');
    const last = () => olivia.lastPrivate(bed.channels.team);
    await create(bed, '2.13.0');
    expect(last()).toContain('checkout 2.13.0 (REL-1) is a draft. Not asked: the rules here want a deployer.');
    await olivia.command('/release', 'new', bed.channels.team);
    expect(olivia.modalText()).toContain(
      'At medium risk it asks 1 of @checkout-owners (2 awake now) and 1 of @release-managers (2 awake now); the risk is scored when you ask.',
    );
    await olivia.fill('version_checkout', '2.14.0');
    await olivia.fill('title', 'Faster basket');
    await olivia.submit();
    expect(olivia.modalText()).toContain('checkout 2.14.0 is saved as a draft');
    await fill(bed, 'olivia', { deployer: bed.ids.stan, changeNumber: 'CHG0012345', rehearsedOn: '2026-02-20' });
    expect(olivia.modalText()).toContain('checkout 2.14.0 (REL-2) waits for approval.');
    expect(await bed.cardText()).toContain('Redeploy the version before, 5 min, rehearsed 2026-02-20');
    expect(await bed.cardText()).toContain('change CHG0012345');
    expect(await bed.cardText()).not.toContain('rollback not rehearsed');
    await bed.as('bella').command('/release', 'approve REL-2', bed.channels.team);
    expect(await bed.cardText()).toContain('1 of 2: bella (service owners)');
    await bed.as('rita').command('/release', 'approve REL-2', bed.channels.team);
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  });

  it('the next quiet slot is offered, and is outside of freezes', async () => {
    const bed = await startTestbed();
    const olivia = bed.as('olivia');
    await olivia.command('/release', 'new', bed.channels.team);
    await olivia.fill('when_kind', 'Next quiet slot: Wed 4 Mar 06:00–07:00 London');
    await olivia.close();
    // The first quiet hour is inside, and the second begins with its last minute.
    await bed.as('rita').command('/freeze', 'new', bed.channels.team);
    await fill(bed, 'rita', {
      name: 'Quarter end',
      reason: 'The books are closed',
      start: '2026-03-03',
      start_time: '18:00',
      end: '2026-03-05',
      end_time: '06:01',
    });
    await olivia.command('/release', 'new', bed.channels.team);
    await olivia.fill('title', 'Faster basket');
    await olivia.fill('when_kind', 'Next quiet slot: Fri 6 Mar 06:00–07:00 London');
    await fill(bed, 'olivia', {});
    expect(await bed.cardText()).toContain('Then   olivia starts it Fri 6 Mar 06:00');
  });

  it('lists, explains, and helps', async () => {
    const bed = await startTestbed();
    for (let n = 0; n < 12; n += 1) await create(bed, `1.${n}.0`);
    const olivia = bed.as('olivia');
    const last = () => olivia.lastPrivate(bed.channels.team);
    await olivia.command('/release', 'list checkout', bed.channels.team);
    expect(last()).toContain('checkout 1.11.0 | :large_yellow_circle: waiting for approval');
    const page = olivia.privately(bed.channels.team).at(-1);
    if (page !== undefined) await olivia.click(page, 'Older');
    await bed.settled();
    expect(last()).toContain('checkout 1.0.0 | :large_yellow_circle: waiting for approval');
    await olivia.command('/release', 'why REL-1', bed.channels.team);
    expect(last()).toContain('checkout 1.0.0 cannot start in production yet: 1 of 8 checks is in the way.');
    await bed.as('adam').command('/release', '', bed.channels.team);
    expect(bed.as('adam').lastPrivate(bed.channels.team)).toContain('things wait for you');
    for (const [text, words] of [
      ['whoami', 'You are a member'],
      ['help', 'plan'],
      ['help plan', 'new [service [version]]'],
      ['help freeze', 'freeze end|skip|stop NAME'],
      ['env checkout', 'production | nothing yet'],
      ['freeze status', 'Production is open'],
      ['freeze list', 'No freeze is active'],
    ] as const) {
      await olivia.command('/release', text, bed.channels.team);
      expect(last()).toContain(words);
    }
    await bed.as('rita').command('/release', 'audit verify', bed.channels.team);
    expect(bed.as('rita').lastPrivate(bed.channels.team)).toContain('The journal is whole');
  });
});

describe('what everything leaves behind', () => {
  it('a journal that verifies, and no address of an answer in the database', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    const rows = await bed.app.deps.database.db
      .selectFrom('inbox')
      .select('answer')
      .where('workspace_id', '<>', '' as never)
      .execute();
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain('response/');
    const [workspace] = await bed.app.deps.database.db.selectFrom('workspaces').select('id').execute();
    if (workspace === undefined) throw new Error('no workspace');
    expect((await verifyJournal(bed.app.deps.database.db, workspace.id, bed.app.deps.journalKey)).ok).toBe(true);
  });
});

describe('deploy windows', () => {
  const windows = `windows:
  - { name: office hours, environments: [production], days: [mon, tue, wed, thu, fri], from: "11:00", to: "17:00" }
`;

  it('hold what is outside of them, on the card, in why and at the start, and let it go when they open', async () => {
    const bed = await startTestbed();
    await bed.useCatalog(`${catalogText(bed.ids)}${windows}`);
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect(await bed.cardText()).toContain('start in their windows only (office hours, Mon–Fri 11:00–17:00 London)');
    await bed.as('olivia').command('/release', 'why REL-1', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('the next one opens');
    await bed.as('olivia').command('/release', 'deploy REL-1 production', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('Not started');
    await bed.pass(2 * HOUR);
    expect(await bed.cardText()).not.toContain('windows only');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    expect(await bed.cardText()).toContain('deploying to production');
  });

  it('are refused in the catalog where they name what there is not', async () => {
    const bed = await startTestbed();
    await expect(
      bed.useCatalog(`${catalogText(bed.ids)}${windows.replace('[production]', '[prodution]')}`),
    ).rejects.toThrow('did you mean “production”?');
  });
});
