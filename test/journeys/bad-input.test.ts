/** Bad input: its own sentence each, and nothing that was typed is lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestbed, type Testbed } from '../support/testbed.ts';

describe('bad input', () => {
  let bed: Testbed;
  beforeAll(async () => {
    bed = await startTestbed({ keep: true });
    await bed.as('olivia').command('/release', 'new checkout 2.13.1 "Rounding"', bed.channels.team);
    await bed.settled();
    await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
    await bed.as('olivia').command('/deploy', 'REL-1', bed.channels.team);
    await bed.as('olivia').click(await bed.card(), 'It went through');
    await bed.settled();
  });
  afterAll(() => bed.close());

  const say = async (
    who: 'olivia' | 'adam' | 'bella' | 'quinn' | 'rita' | 'stan',
    text: string,
    command = '/release',
  ): Promise<string> => {
    await bed.as(who).command(command, text, bed.channels.team);
    return bed.as(who).lastPrivate(bed.channels.team);
  };

  /** Opens the form, fills it, submits: the errors by field. The form stays open with all that was typed. */
  const form = async (fields: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> => {
    const olivia = bed.as('olivia');
    await olivia.command('/release', 'new', bed.channels.team);
    await olivia.fill('title', 'Faster basket');
    for (const [field, value] of Object.entries(fields)) await olivia.fill(field, value);
    const { errors } = await olivia.submit();
    const typed = Object.entries(fields);
    for (const [field, value] of typed)
      expect(JSON.stringify(olivia.modal()?.state[field])).toContain(JSON.stringify(value).slice(1, -1));
    return errors;
  };

  it('a new release without a title opens the form with what was typed', async () => {
    const olivia = bed.as('olivia');
    await olivia.command('/release', 'new search 3.1.4', bed.channels.team);
    await olivia.fill('title', 'Typed in the form');
    expect((await olivia.submit()).errors).toEqual({});
    expect(olivia.lastPrivate(bed.channels.team) + (await say('olivia', 'show search@3.1.4'))).toContain(
      'search 3.1.4',
    );
    await olivia.command('/release', 'new checkout', bed.channels.team);
    expect(JSON.stringify(olivia.modal()?.body)).toContain('version_checkout');
    await olivia.close();
  });

  it.each([
    ['a title of 300 characters', { title: 'x'.repeat(300) }, 'title', '300 characters are too many: keep it to 120'],
    [
      'a version that is not one',
      { version_checkout: 'two' },
      'version_checkout',
      '“two” is not a version as checkout numbers them. Write one like 2.14.0.',
    ],
    [
      'a version that is used',
      { version_checkout: '2.13.1' },
      'version_checkout',
      'Not created: checkout 2.13.1 exists (REL-1, deployed since',
    ],
    [
      'a version going backwards',
      { version_checkout: '2.12.0' },
      'version_checkout',
      '2.12.0 is older than 2.13.1 in production. Next is 2.14.0. To go back, use /release rollback checkout "why".',
    ],
  ])('%s', async (_, fields, field, sentence) => {
    expect((await form(fields as never))[field]).toContain(sentence);
  });

  it('an empty title cannot be submitted: the field is required', async () => {
    const olivia = bed.as('olivia');
    await olivia.command('/release', 'new', bed.channels.team);
    await expect(olivia.submit()).rejects.toThrow('“What changes” is required');
  });

  it('a time in the past', async () => {
    const olivia = bed.as('olivia');
    await olivia.command('/release', 'new', bed.channels.team);
    await olivia.fill('title', 'Faster basket');
    await olivia.fill('when_kind', 'at');
    await olivia.fill('when', Math.floor(bed.sandbox.clock.now() / 1_000) - 3_600);
    expect((await olivia.submit()).errors['when']).toContain('is past. Pick a time that is still to come');
  });

  it('emoji and right-to-left text are kept as they are', async () => {
    expect(await say('olivia', 'new search 1.0.0 "🙈 سلة أسرع"')).toContain('search 1.0.0 (REL-');
    expect(await say('olivia', 'show search@1.0.0')).toContain('🙈 سلة أسرع');
  });

  it.each([
    [
      'an unknown service',
      'olivia',
      'new chekout 1.0.0 "x"',
      'Nothing done: there is no service “chekout” in the catalog. Did you mean checkout?',
    ],
    [
      'an unknown verb',
      'olivia',
      'aprove REL-1',
      'Nothing done: there is no /release aprove. Did you mean /release approve REL-1?',
    ],
    ['nothing like a verb', 'olivia', 'xyzzy', 'Nothing done: there is no /release xyzzy. See /release help.'],
    [
      'a misspelt environment, which is no reason',
      'olivia',
      'deploy REL-1 prodution',
      'Nothing done: there is no environment prodution here. There are staging and production. A reason goes last, in quotes.',
    ],
    [
      'an unknown service',
      'olivia',
      'env chekout',
      'Nothing done: there is no service “chekout” in the catalog. Did you mean checkout?',
    ],
    ['an unknown filter', 'olivia', 'list nosuch', 'Nothing done: there is no service or status nosuch here.'],
    ['a misspelt freeze command', 'rita', 'freeze lst', 'Did you mean /release freeze list?'],
    ['a freeze command like none', 'rita', 'freeze zzzzzz', 'there is no /release freeze zzzzzz. See /release help.'],
    ['an unknown release', 'olivia', 'show REL-99', 'Nothing done: there is no release REL-99 here.'],
    [
      'a time that is none',
      'olivia',
      'schedule search@1.0.0 whenever',
      'Not scheduled: “whenever” is not a time. Write it like',
    ],
    ['no time at all', 'olivia', 'schedule search@1.0.0', 'Nothing done: say which time you mean'],
    [
      'a date of two readings',
      'olivia',
      'schedule search@1.0.0 03/04/2026',
      'Not scheduled: “03/04/2026” is 3 April or 4 March.',
    ],
    [
      'an option that there is not',
      'olivia',
      'new search 9.0.0 --hotfix "x"',
      'Nothing done: there is no option --hotfix here.',
    ],
    [
      'two services and two states',
      'olivia',
      'list search checkout draft rolled back deployed closed',
      'checkout 2.13.1',
    ],
    ['a service nearly right', 'olivia', 'list serch', 'Did you mean /release list search?'],
    ['an action by no day', 'olivia', 'action search@1.0.0 "look" by someday', 'Not added: “someday” is not a time.'],
    [
      'somebody without the right',
      'stan',
      'hold search@1.0.0 "no"',
      'Not held: this is for those named on it, the service owners and release managers.',
    ],
    [
      'an unknown gate',
      'quinn',
      'gate search@1.0.0 smoke pass',
      'Nothing recorded: this release has no gate smoke. Its gates: none.',
    ],
    ['a freeze by somebody who may not', 'olivia', 'freeze end 1 "no"', 'Nothing done: there is no freeze 1 here.'],
  ] as const)('%s', async (_, who, text, sentence) => {
    expect(await say(who, text)).toContain(sentence);
  });

  it('an exception from no freeze is refused before its form is filled in', async () => {
    await say('olivia', 'exception search@1.0.0 production');
    const olivia = bed.as('olivia');
    expect(olivia.modalText()).toContain('Not asked: search 1.0.0 in production is not frozen. See /release why REL-');
    await olivia.close();
  });

  it('says so when Slack does not answer, instead of blaming itself', async () => {
    for (let turn = 0; turn < 2; turn += 1) bed.sandbox.faults.plan('views.open', { kind: 'status before' });
    expect(await say('olivia', 'new')).toContain('Not shown: Slack did not answer Signalbox. Try again in a minute.');
  });

  it('uses up no number: keys have no gaps that somebody would look for', async () => {
    const next = () =>
      bed.app.deps.database.db.selectFrom('workspaces').select(['next_release', 'next_freeze']).executeTakeFirst();
    const before = await next();
    expect(await say('olivia', 'new checkout 2.13.1 "Again"')).toContain('Not created');
    const rita = bed.as('rita');
    await rita.command('/freeze', 'new', bed.channels.team);
    const fields = { name: 'Backwards', reason: 'Books', start: '2026-03-05', start_time: '09:00', end: '2026-03-04' };
    for (const [field, value] of Object.entries(fields)) await rita.fill(field, value);
    expect(Object.keys((await rita.submit()).errors)).toEqual(['end']);
    expect(await next()).toEqual(before);
  });

  it('approving one’s own, twice, and after it is over', async () => {
    await say('olivia', 'new checkout 2.14.0 "Faster basket"');
    expect(await say('olivia', 'approve checkout@2.14.0')).toContain(
      'Not counted: you asked for this approval, so you cannot give it (rule “service owners”).',
    );
    expect(await say('stan', 'approve checkout@2.14.0')).toContain(
      'Not approved: you are not in @checkout-owners. Being an admin does not make you an approver.',
    );
    await bed.settled();
    const ask = await bed.dmWith('adam', 'Approve checkout 2.14.0');
    await bed.as('adam').click(ask, 'Approve');
    expect(await say('adam', 'approve checkout@2.14.0')).toContain('Nothing changed: you approved it Tue');
    expect(await say('bella', 'approve checkout@2.14.0')).toContain(
      'Not counted: nothing is being asked. checkout 2.14.0 is approved.',
    );
  });

  it('a button that shows other content counts for nothing, says what changed, and the new request follows', async () => {
    await say('olivia', 'new checkout 2.15.0 "Gift cards"');
    await bed.settled();
    const ask = await bed.dmWith('adam', 'Approve checkout 2.15.0');
    const shown = ask.blocks;
    await say('olivia', 'change add checkout@2.15.0 "A late fix"');
    await bed.settled();
    await bed.as('adam').click(ask, 'Approve', shown);
    expect(await bed.dm('adam')).toContain('Not counted: it changed after this message was made');
    expect(await bed.dm('adam')).toContain('Asked again. Changed since the last time: + change “A late fix”.');
    expect(await say('adam', 'why checkout@2.15.0')).toContain('1 of @checkout-owners still has to approve');
  });

  it('a catalog with a typo is refused with line, path and what is expected', async () => {
    const { readCatalogText, problemLine } = await import('../../src/catalog/catalog-document.ts');
    const read = (text: string) => {
      const result = readCatalogText(text);
      return result.ok ? [] : result.problems.map(problemLine);
    };
    const base = 'environments: [production]\ngroups:\n  owners: { people: [U012] }\nservices:\n  checkout:\n';
    expect(read(`${base}    owners: ownrs\n    channel: "#c"\n`)).toEqual([
      'line 6, services.checkout.owners: there is no group “ownrs”; did you mean “owners”?',
    ]);
    expect(read(`${base}    owners: owners\n    channel: "#c"\n    zone: Mars/Base\n`)).toEqual([
      'line 8, services.checkout.zone: an IANA time zone such as Europe/Berlin',
    ]);
    expect(read(`${base}    owners: owners\n    chanel: "#c"\n`).join()).toContain('services.checkout');
    expect(read('a: [')[0]).toContain('line');
  });
});
