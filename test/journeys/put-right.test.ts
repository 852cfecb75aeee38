/** What people who drove the product found wrong, each as they met it. */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { approve, clickCard, create, deactivate, fails, fill, freeze, shipped, typed } from '../support/acting.ts';
import { calling, makeToken } from '../support/api.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const last = (bed: Testbed, who: Parameters<Testbed['as']>[0]) => bed.as(who).lastPrivate(bed.channels.team);
const today = { start: '2026-03-03', start_time: '09:00', end: '2026-03-04', end_time: '02:00' };

describe('a soft freeze', () => {
  it('leaves whoever starts it a button that asks for the reason, and a row in Home', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, { name: 'Quiet', reason: 'Few people', severity: 'soft', ...today });
    await bed.settled();
    expect(await bed.cardText()).toContain(
      'olivia can start it with a reason: production is frozen until Wed 4 Mar 02:00 (Quiet).',
    );
    await clickCard(bed, 'olivia', '2.14.0', 'Start with a reason…');
    await fill(bed, 'olivia', { reason: 'A customer waits' });
    expect(await bed.cardText()).toContain('deploying to production');
    expect(await bed.channelText(bed.channels.team)).toContain('A customer waits');
  });

  it('that goes on after a hard one is told alike to the team and to stakeholders', async () => {
    const bed = await startTestbed();
    await freeze(bed, {
      name: 'Long soft',
      reason: 'x',
      severity: 'soft',
      ...today,
      end: '2026-03-06',
      end_time: '12:00',
    });
    await freeze(bed, { name: 'Short hard', reason: 'x', ...today, end: '2026-03-03', end_time: '18:00' });
    await bed.pass(9 * HOUR);
    const releases = await bed.channelText(bed.channels.releases);
    expect(releases).toContain(
      'Short hard is over; only changes that cannot wait go live until Fri 6 Mar 12:00 · Long soft.',
    );
    expect(releases).not.toContain('go live again');
  });
});

describe('an emergency', () => {
  it('is refused for what may start anyway, before a form is filled in', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await bed.as('olivia').command('/release', 'emergency REL-1', bed.channels.team);
    const shown = JSON.stringify(bed.as('olivia').modal()?.body);
    expect(shown).toContain('free to start in production: no emergency is needed');
    expect(shown).not.toContain('What is broken');
  });
});

describe('a question', () => {
  it('waits for no answer once its request is over', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await bed.as('adam').command('/release', 'ask REL-1 "Was it tested?"', bed.channels.team);
    await bed.settled();
    expect(await bed.dm('olivia')).toContain('The reminder waits for your answer.');
    await bed.as('bella').command('/release', 'reject REL-1 "No load test"', bed.channels.team);
    await bed.settled();
    const dm = await bed.dm('olivia');
    expect(dm).not.toContain('The reminder waits for your answer.');
    expect(dm).toContain('No longer needed: what was asked about checkout 2.14.0: the request is over.');
  });
});

describe('an approval that was taken back', () => {
  it('is asked anew of who thought that it was decided', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect(await bed.dm('bella')).toContain('No longer needed');
    await bed.as('adam').command('/release', 'undo REL-1', bed.channels.team);
    await bed.settled();
    expect(await bed.dm('bella')).toContain('Approve checkout 2.14.0');
    expect(await bed.dm('bella')).not.toContain('No longer needed');
  });
});

describe('a start by command', () => {
  it('names what it replaces and asks, and asks only those who may start', async () => {
    const bed = await startTestbed();
    for (const version of ['2.13.0', '2.14.0']) {
      await create(bed, version);
      await approve(bed, version);
    }
    await bed.as('olivia').command('/deploy', 'REL-2', bed.channels.team);
    expect(last(bed, 'olivia')).toContain('it replaces 2.13.0 (REL-1). Press to start it in production now.');
    await bed.as('stan').command('/deploy', 'REL-2', bed.channels.team);
    expect(last(bed, 'stan')).toContain(
      'Not started: this is for those named on it, deployers, those on call and the service owners.',
    );
  });
});

describe('a refusal', () => {
  it('says no more than its reader may read', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0', 'A hole in the login');
    await approve(bed, '2.14.0');
    await bed.as('olivia').command('/release', 'hold REL-1 "CVE-2026-1 is not public"', bed.channels.team);
    await bed.as('olivia').command('/release', 'edit REL-1', bed.channels.team);
    await fill(bed, 'olivia', { answers: ['restricted'] });
    await bed.as('rita').command('/deploy', 'REL-1', bed.channels.team);
    expect(last(bed, 'rita')).toContain('Not started');
    expect(last(bed, 'rita')).not.toContain('CVE');
  });
});

describe('a rollback that fails', () => {
  it('leaves one place to decide, and says what is known', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    await fails(bed, '2.14.0', 'Disk');
    await clickCard(bed, 'olivia', '2.14.0', 'Roll back…');
    await fill(bed, 'olivia', { reason: 'Disk' });
    await clickCard(bed, 'olivia', '2.14.0', 'Rollback failed…');
    await fill(bed, 'olivia', { reason: 'No image' });
    const team = await bed.channelText(bed.channels.team);
    expect(team).toContain('going back to 2.13.0 failed');
    expect(team).not.toContain('2.13.0 failed there');
    expect(team.split('\n').filter((line) => line.trim() === '[Roll back…]')).toHaveLength(1);
  });
});

describe('the words of commands', () => {
  it('a hold ends when its command says, and the lists know it', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await create(bed, '2.15.0');
    await bed.as('olivia').command('/release', 'hold REL-1 "The DBA is away" until Thu 06:00', bed.channels.team);
    expect(await bed.cardText()).toContain('Until Thu 5 Mar 06:00');
    await bed.as('olivia').command('/release', 'list held', bed.channels.team);
    expect(last(bed, 'olivia')).toContain('1 release');
    await bed.as('olivia').command('/release', 'list locked', bed.channels.team);
    expect(last(bed, 'olivia')).toContain('Nothing that is approved or on its way is locked');
    expect(await typed(bed, 'olivia', 'hold REL-1 until tomorrow 9:00 "DBA"')).toContain('On hold');
    expect(await bed.cardText()).toContain('Until Wed 4 Mar 09:00');
    expect(await typed(bed, 'olivia', 'hold REL-1 "DBA" until 25:99')).toContain('Not held:');
    await bed.as('olivia').command('/release', 'hold REL-2 until the DBA is back', bed.channels.team);
    expect(await bed.channelText(bed.channels.team)).toContain('until the DBA is back');
  });

  it('two freezes of one place are both named', async () => {
    const bed = await startTestbed();
    await freeze(bed, { name: 'Long soft', reason: 'x', severity: 'soft', ...today });
    await freeze(bed, { name: 'Short hard', reason: 'x', ...today });
    await bed.as('olivia').command('/release', 'freeze status', bed.channels.team);
    expect(last(bed, 'olivia')).toContain('Long soft');
    expect(last(bed, 'olivia')).toContain('Short hard');
  });
});

describe('a freeze that ends at another time', () => {
  const say_ = (bed: Testbed, words: string) => bed.as('rita').command('/release', words, bed.channels.team);

  it('is told to everybody who was told of it, with who decided and why; the post follows', async () => {
    const bed = await startTestbed();
    await freeze(bed, { name: 'Quarter end', reason: 'The books are closed', ...today });
    await bed.settled();
    await say_(bed, 'freeze extend Quarter end until Fri 18:00 "The audit takes longer"');
    await bed.settled();
    const team = await bed.channelText(bed.channels.team);
    expect(team).toContain(
      'Quarter end ends Fri 6 Mar 18:00, was Wed 4 Mar 02:00. @rita decided: The audit takes longer',
    );
    expect(team).toContain('is frozen until Fri 6 Mar 18:00');
    const releases = await bed.channelText(bed.channels.releases);
    expect(releases).toContain('Planned changes go live again later: Fri 6 Mar 18:00, was Wed 4 Mar 02:00');
    await say_(bed, 'freeze extend 1 until 2026-03-07 18:00 Asia/Tokyo "The audit goes on"');
    expect(bed.as('rita').lastPrivate(bed.channels.team)).toMatch(
      /ends Sat 7 Mar 09:00 your time \(you typed “.*Asia\/Tokyo”\)/,
    );
    await say_(bed, 'freeze shorten 1 until today 20:00 "It is done"');
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('Quarter end ends Tue 3 Mar 20:00');
    await bed.pass(11 * HOUR);
    expect(await bed.channelText(bed.channels.team)).toContain('is open again since Tue 3 Mar 20:00');
  });

  it('is refused where the word does not fit the time, where it is past, and without a reason', async () => {
    const bed = await startTestbed();
    await freeze(bed, { name: 'Quarter end', reason: 'x', ...today });
    for (const [words, refusal] of [
      ['freeze extend 1 until today 20:00 "why"', 'Tue 3 Mar 20:00 would shorten it'],
      ['freeze shorten 1 until Fri 18:00 "why"', 'would extend it'],
      ['freeze extend 1 until Fri 18:00', 'say why'],
      ['freeze extend 9 until Fri 18:00 "why"', 'there is no freeze 9'],
      ['freeze extend 1', 'freeze extend 3 until Fri 18:00'],
      ['freeze extend 1 until someday "why"', 'Not moved'],
    ] as const) {
      await say_(bed, words);
      expect(last(bed, 'rita')).toContain(refusal);
    }
  });
});

describe('the artifact', () => {
  it('is recorded in a form; evidence has its link, and a result of another artifact is shown as what it is', async () => {
    const bed = await startTestbed({ gates: true });
    await create(bed, '2.14.0');
    const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
    const olivia = bed.as('olivia');
    await olivia.command('/release', 'artifact', bed.channels.team);
    await olivia.fill('artifact', 'latest');
    expect(JSON.stringify((await olivia.submit()).errors)).toContain('is not a commit');
    await fill(bed, 'olivia', { artifact: a });
    const call = calling(bed, await makeToken(bed));
    const record = (digest: string) =>
      call('POST', '/v1/releases/REL-1/record-gate', {
        gate: 'regression',
        outcome: 'passed',
        comment: null,
        evidence: 'https://ci.example.com/run/881',
        digest,
      });
    await record(b);
    await olivia.command('/release', 'gate REL-1', bed.channels.team);
    expect(last(bed, 'olivia')).toContain(`regression passed for ${b}: not the artifact of this release`);
    expect(last(bed, 'olivia')).toContain('pending');
    await record(a);
    await bed.settled();
    await olivia.command('/release', 'gate REL-1', bed.channels.team);
    const shown = JSON.stringify(olivia.privately(bed.channels.team).at(-1)?.blocks);
    expect(shown).toContain('https://ci.example.com/run/881|evidence');
  });
});

describe('freeze status', () => {
  it('is of the channel’s services where none is named, names a soft freeze as one, and a closed window', async () => {
    const bed = await startTestbed();
    const windows =
      'windows:\n  - { name: late, services: [search], environments: [production], from: "20:00", to: "22:00" }\n';
    await bed.useCatalog(`${catalogText(bed.ids)}${windows}`);
    const asked = async (words: string, channel: string): Promise<string> => {
      await bed.as('olivia').command('/release', `freeze status${words}`, channel);
      return bed.as('olivia').lastPrivate(channel);
    };
    expect(await asked('', bed.channels.team)).toContain('Production is open for checkout.');
    expect(await asked('', bed.channels.search)).toContain('No deploy window of production is open for search until');
    await freeze(bed, { name: 'Few people', reason: 'x', severity: 'soft', ...today });
    expect(await asked('', bed.channels.team)).toContain('Production wants a reason until');
    expect(await asked(' search', bed.channels.team)).toContain('for search');
  });
});

describe('a plan', () => {
  it('that is moved back to the time that was approved lasts with it, and as risky as it was', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 Fri 10:00');
    await approve(bed, '2.14.0');
    expect(await bed.cardText()).toContain('until Fri 6 Mar 15:00');
    await typed(bed, 'olivia', 'schedule REL-1 Thu 10:00');
    expect(await bed.cardText()).toContain('until Thu 5 Mar 15:00');
    await typed(bed, 'olivia', 'schedule REL-1 Fri 10:00');
    expect(await bed.cardText()).toContain('until Fri 6 Mar 15:00');
  });

  it('that is approved late leaves time to start, and the card says that its time has come', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 today 12:00');
    await bed.pass(2 * HOUR + 50 * 60_000);
    expect(await bed.cardText()).toContain('its time, Tue 3 Mar 12:00, has come');
    expect(await bed.dm('adam')).toContain('but that has begun: it can start once it is approved');
    await typed(bed, 'adam', 'approve REL-1');
    expect(await bed.cardText()).toContain('until Tue 3 Mar 17:00');
  });

  it('is not given for a time that is over: a new one is asked for first, also after a hold and an undo', async () => {
    const bed = await startTestbed();
    const over = async (): Promise<void> => {
      expect(await bed.cardText()).toContain('1 thing before you can ask: its planned time is past.');
      expect(await bed.dm('olivia')).toMatch(/its planned time is past\.[\s\S]*\[Schedule…\]/);
      expect(await typed(bed, 'adam', 'approve REL-1')).toContain('Not counted: nothing is being asked. ');
    };
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 today 12:00');
    await bed.pass(3 * HOUR + 60_000);
    await over();
    expect(await bed.dm('adam')).toContain('No longer needed');
    // On hold its clock stands; once it goes on, its time is over.
    await typed(bed, 'olivia', 'schedule REL-1 today 15:00');
    await typed(bed, 'olivia', 'submit REL-1');
    await typed(bed, 'olivia', 'hold REL-1 vendor outage');
    await bed.pass(4 * HOUR);
    await typed(bed, 'olivia', 'resume REL-1');
    await over();
    // Approved in time and taken back after it.
    await typed(bed, 'olivia', 'schedule REL-1 today 18:30');
    await typed(bed, 'olivia', 'submit REL-1');
    await typed(bed, 'adam', 'approve REL-1');
    await bed.pass(3 * HOUR);
    expect(await bed.cardText()).toContain('until Tue 3 Mar 23:30');
    await typed(bed, 'adam', 'undo REL-1');
    // It is evening: the owner reads it in the morning.
    await bed.pass(13 * HOUR);
    await over();
  });

  it('for a time after a freeze is not frozen: nobody has anything to do about it', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 Thu 10:00');
    await approve(bed, '2.14.0');
    await freeze(bed, { name: 'Short', reason: 'x', ...today });
    const card = await bed.cardText();
    expect(card).not.toContain('frozen  ·');
    expect(card).not.toContain('approved · frozen');
    expect(card).not.toContain('Move to');
    expect(await typed(bed, 'olivia', 'why REL-1')).toContain('Nothing to do: it is planned for');
  });
});

describe('what is not well', () => {
  it('is said where people look: env, /release in the channel, why', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    await typed(bed, 'olivia', 'unhealthy REL-1 "errors at 4 %"');
    expect(await typed(bed, 'stan', '')).toMatch(/2\.14\.0 in production since .*not healthy/);
    expect(await typed(bed, 'stan', 'env checkout')).toContain('not healthy');
    expect(await typed(bed, 'adam', 'why REL-1')).toContain('errors at 4 %');
  });
});

describe('an action', () => {
  it('is told to whom it is given, says whose it is and until when, and is found by their name', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    const adam = `<@${bed.ids.adam}|adam>`;
    const said = await typed(bed, 'olivia', `action REL-1 "Check the disks" ${adam} by Fri`);
    expect(said).toMatch(/Added: Check the disks, .*adam.*, by Fri/);
    expect(await bed.dm('adam')).toContain('You have something to do for checkout 2.14.0');
    expect(await typed(bed, 'olivia', `actions ${adam}`)).toContain('1 open action');
    expect(await typed(bed, 'olivia', 'actions')).toContain('1 of others');
    expect(await typed(bed, 'olivia', 'actions yesterday')).toContain('say which list of actions');
  });
});

describe('what is typed', () => {
  it.each([
    ['REL-1', 'Did you mean /release show REL-1?'],
    ['serch', 'Did you mean /release list search?'],
    ['nwe', 'Did you mean /release new?'],
  ])('%s gets a suggestion', async (words, answer) => {
    const bed = await startTestbed();
    expect(await typed(bed, 'olivia', words)).toContain(answer);
  });

  it('list emergency finds what the cards call one, until it is judged', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await bed.as('olivia').command('/release', 'emergency REL-1', bed.channels.team);
    await fill(bed, 'olivia', { reason: 'The basket is down for every customer in Europe' });
    expect(await typed(bed, 'olivia', 'list emergency')).toContain('1 release');
  });

  it('a mention after a change is its author', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', `change add REL-1 "Cache" <@${bed.ids.adam}|adam>`);
    const timeline = await typed(bed, 'olivia', 'timeline REL-1');
    expect(timeline).toContain('Cache');
    expect(timeline).not.toContain('<@U');
  });
});

describe('outside of their hours', () => {
  const NIGHT = 12 * HOUR;
  const late = async () => {
    const bed = await startTestbed();
    await bed.pass(NIGHT);
    await create(bed, '2.14.0');
    return bed;
  };

  it('nobody is asked; the card and why say when their day begins, and then they are', async () => {
    const bed = await late();
    expect(await bed.dm('adam')).toBe('');
    expect(await bed.cardText()).toMatch(/adam.*, whose day begins Wed 4 Mar 09:00, by /);
    expect(await typed(bed, 'olivia', 'why REL-1')).toContain('They read it when their day begins, Wed 4 Mar 09:00.');
    await bed.pass(10 * HOUR);
    expect(await bed.dm('adam')).toBe('');
    await bed.pass(HOUR);
    expect(await bed.dm('adam')).toContain('Approve checkout 2.14.0');
    expect(await typed(bed, 'olivia', 'why REL-1')).toContain('Remind them with /release remind.');
  });

  it('whoever reminds them is told when they read it, and they do once', async () => {
    const bed = await late();
    expect(await typed(bed, 'olivia', 'remind REL-1')).toContain('Reminded. Their day begins Wed 4 Mar 09:00');
    expect(await bed.dm('adam')).toBe('');
    await bed.pass(11 * HOUR);
    expect((await bed.dm('adam')).split('Approve checkout 2.14.0')).toHaveLength(2);
  });

  it('what is over by the morning never comes', async () => {
    const bed = await late();
    await typed(bed, 'olivia', 'withdraw REL-1');
    await bed.pass(11 * HOUR);
    expect(await bed.dm('adam')).toBe('');
  });

  it('a failure that is theirs reaches them, past what waits for the morning', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await bed.pass(NIGHT);
    await typed(bed, 'adam', 'assign REL-1 owner @olivia');
    await typed(bed, 'rita', 'assign REL-1 deployer @olivia');
    await typed(bed, 'adam', 'unhealthy REL-1 "errors at 4 %"');
    expect(await bed.dm('olivia')).toContain('errors at 4 %');
  });

  it('what was decided, put right or done meanwhile is told to nobody in the morning', async () => {
    const bed = await startTestbed({ gates: true });
    await bed.pass(NIGHT);
    await create(bed, '2.14.0');
    await bed.pass(2 * HOUR);
    await typed(bed, 'quinn', 'gate REL-1 regression failed "three tests"');
    await typed(bed, 'quinn', 'gate REL-1 regression passed');
    await typed(bed, 'adam', 'approve REL-1');
    await typed(bed, 'rita', 'assign REL-1 deployer @bella');
    await typed(bed, 'rita', 'assign REL-1 deployer @quinn');
    await bed.pass(11 * HOUR);
    expect(await bed.dm('olivia')).toContain('checkout 2.14.0');
    expect(await bed.dm('olivia')).not.toContain('gate regression failed');
    expect(await bed.dm('bella')).not.toContain('deployer');
    expect(await bed.dm('adam')).not.toContain('You approved');
  });

  it('whoever does something at night gets what waited for their morning, in its order', async () => {
    const bed = await late();
    await bed.pass(2 * HOUR);
    expect(await bed.dm('adam')).toBe('');
    await typed(bed, 'adam', 'show REL-1');
    expect(await bed.dm('adam')).toBe('');
    await typed(bed, 'adam', 'ask REL-1 "Was it load tested?"');
    expect(await bed.dm('adam')).toContain('Approve checkout 2.14.0');
    await bed.pass(11 * HOUR);
    expect((await bed.dm('adam')).split('Approve checkout 2.14.0')).toHaveLength(2);
  });

  it('a role in what is under way reaches them now', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await bed.pass(NIGHT);
    await typed(bed, 'olivia', 'deploy REL-1 production');
    await typed(bed, 'olivia', 'assign REL-1 owner @adam');
    expect(await bed.dm('adam')).toContain('You are the owner.');
  });

  it('the hour after a failure is not the hour of its review, at night', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await bed.pass(NIGHT);
    await typed(bed, 'adam', 'unhealthy REL-1 "errors at 4 %"');
    await bed.pass(2 * HOUR);
    expect(await bed.dm('olivia')).not.toContain('to review');
    await bed.pass(9 * HOUR);
    expect(await bed.dm('olivia')).toContain('to review');
  });

  it('what waits for somebody says from when on they read it', async () => {
    const bed = await late();
    expect(await typed(bed, 'adam', 'reject REL-1 "No load test"')).toContain('its owner hears why.');
    await typed(bed, 'olivia', 'submit REL-1');
    await bed.pass(2 * HOUR);
    expect(await typed(bed, 'bella', 'reject REL-1 "No load test"')).toContain('Their day begins Wed 4 Mar 09:00.');
  });

  it('whoever did something in the last hour is there', async () => {
    const bed = await startTestbed();
    await bed.pass(NIGHT);
    await typed(bed, 'adam', 'new search 1.0.0 "Synonyms"');
    await create(bed, '2.14.0');
    expect(await bed.dm('adam')).toContain('Approve checkout 2.14.0');
  });
});

describe('a role that goes to somebody else', () => {
  it('takes its messages along: who had it keeps no button, who has it now is told and asked', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'assign REL-2 deployer @quinn');
    expect(await bed.dm('quinn')).toContain('You are the deployer.');
    await approve(bed, '2.14.0');
    expect(await bed.dm('quinn')).toContain('[I am starting]');
    await typed(bed, 'olivia', 'assign REL-2 deployer @bella');
    const quinn = await bed.dm('quinn');
    expect(quinn).toMatch(/You have no part in it any more: .*olivia owns it, .*bella deploys it/);
    expect(quinn).not.toContain('[I am starting]');
    expect(await bed.dm('bella')).toContain('[I am starting]');

    await clickCard(bed, 'bella', '2.14.0', 'I am starting');
    await bed.as('bella').click(await bed.dmWith('bella', 'checkout 2.14.0'), 'It failed…');
    await fill(bed, 'bella', { reason: 'Error rate 4 %' });
    expect(await bed.dm('bella')).toContain('decide what to do');
    await typed(bed, 'olivia', 'assign REL-2 deployer @quinn');
    expect(await bed.dm('bella')).toMatch(/No longer needed: checkout 2.14.0 failed, and .*quinn or .*olivia decides/);
    const last = (await bed.dm('quinn')).split('checkout 2.14.0 failed: decide what to do');
    expect(last).toHaveLength(2);
    expect(last[1]).toContain('You are the deployer now.');
  });

  it('is told to both, also where whoever has it now had approved it; a review that is due goes along', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'rita', 'assign REL-1 owner @adam');
    expect(await bed.dm('adam')).toContain('You are the owner.');
    expect(await bed.dm('olivia')).toContain('adam is the owner now.');
    await typed(bed, 'bella', 'approve REL-1');
    await typed(bed, 'adam', 'deploy REL-1 production');
    await clickCard(bed, 'adam', '2.14.0', 'It went through');
    await typed(bed, 'rita', 'assign REL-1 owner @bella');
    expect(await bed.cardText()).toMatch(/Review by bella/);
  });
});

describe('whoever leaves', () => {
  it('leaves nothing to nobody: what they owned is to be given away, what fails is asked of the release managers', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await typed(bed, 'bella', 'deploy REL-1 production');
    await deactivate(bed, 'olivia');
    await bed.pass(0);
    for (const name of ['adam', 'rita'] as const)
      expect(await bed.dm(name)).toMatch(
        /Its owner .*olivia left: give it to somebody with \/release assign REL-1 owner/,
      );
    await typed(bed, 'bella', 'assign REL-1 owner @adam');
    expect(await bed.dm('rita')).toMatch(/adam owns it now/);
    await deactivate(bed, 'adam');
    await clickCard(bed, 'bella', '2.14.0', 'It failed…');
    await fill(bed, 'bella', { reason: 'Error rate 4 %' });
    expect(await bed.dm('rita')).toContain('decide what to do');
  });

  it('with a question open, it goes to the owner that is', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'adam', 'ask REL-1 "Was it load tested?"');
    expect(await bed.dm('olivia')).toContain('[Answer]');
    await typed(bed, 'olivia', 'assign REL-1 owner @quinn');
    expect(await bed.dm('quinn')).toContain('Was it load tested?');
    expect(await bed.dm('olivia')).not.toContain('[Answer]');
  });

  it('an exception that nobody decided in its time can be asked for again, and the card follows what ends', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    const days = { start: '2026-03-03', start_time: '09:00', end: '2026-03-05', end_time: '12:00' };
    await freeze(bed, { name: 'Quarter end', reason: 'x', ...days });
    await bed.as('olivia').command('/release', 'exception REL-1', bed.channels.team);
    await fill(bed, 'olivia', { reason: 'The basket is down', blastRadius: 'Nobody' });
    expect(await typed(bed, 'rita', 'freeze extend 1 until Mon 07:00 "books"')).toContain('Mon');
    while (bed.as('rita').modal() !== null) await bed.as('rita').close();
    await bed.pass(2 * DAY + 3 * HOUR);
    expect(await typed(bed, 'olivia', 'why REL-1')).not.toContain('asked for an exception');
    expect(await bed.cardText()).not.toContain('asked for an exception');
    expect(await bed.cardText()).toContain('[Ask for an exception]');
  });
});

describe('what a freeze holds', () => {
  it('is moved by a release manager as well, and its owner hears of it', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, {
      name: 'Quarter end',
      reason: 'x',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-04',
      end_time: '07:00',
    });
    await bed.as('rita').close();
    await bed.as('rita').command('/freeze', 'move Quarter end', bed.channels.releases);
    expect(bed.as('rita').modalText()).toContain('None of these is yours; their owners hear of it.');
    await bed.as('rita').submit();
    await bed.settled();
    expect(bed.as('rita').modalText()).toContain('1 release moved');
    const dm = await bed.dm('olivia');
    expect(dm).toMatch(/rita moved it out of the freeze Quarter end to Wed 4 Mar/);
    // Within a day of when it was approved as soon as possible: nobody is asked again.
    expect(dm).not.toContain('Changed since approval was asked for');
    // Moved again by its owner, it is not rita's word any more.
    await typed(bed, 'olivia', 'schedule REL-1 Mon 9 Mar 08:00');
    expect(await bed.dm('olivia')).not.toContain('rita moved it');
    expect(await typed(bed, 'stan', 'freeze move Quarter end')).toContain(
      'no freeze holds a release that you may move',
    );
  });
});

describe('a restricted release', () => {
  it('is not opened by whoever may not read it: no role is given, and asking makes nobody a reader', async () => {
    const bed = await startTestbed();
    await bed.as('olivia').command('/release', 'new checkout 2.14.0', bed.channels.team);
    await fill(bed, 'olivia', { title: 'Close the hole in the login', answers: ['restricted'] });
    for (const words of ['assign REL-1 deployer @rita', 'assign REL-1 owner @stan'])
      expect(await typed(bed, 'rita', words)).toMatch(/Not assigned: it is restricted, .*These can: @olivia/);
    await typed(bed, 'olivia', 'withdraw REL-1');
    expect(await typed(bed, 'rita', 'submit REL-1')).toContain('Not asked: it is restricted');
    expect(await typed(bed, 'rita', 'show REL-1')).not.toContain('the login');
    expect(await typed(bed, 'olivia', 'assign REL-1 deployer @rita')).toContain('Assigned.');
    expect(await typed(bed, 'rita', 'show REL-1')).toContain('the login');
  });
});

it('what is cancelled while it is on hold is held no more, and says why it ended', async () => {
  const bed = await startTestbed();
  await create(bed, '2.14.0');
  await typed(bed, 'rita', 'hold REL-1 "The DBA is away"');
  await typed(bed, 'rita', 'cancel REL-1 "Not wanted any more"');
  expect(await bed.cardText()).toContain('Not wanted any more');
  expect(await bed.cardText()).not.toContain('[Resume]');
  expect(await typed(bed, 'olivia', 'list held')).toContain('No release fits');
});
