/**
 * Ten lives of releases, as five people saw them, kept as golden text: what stands in each place whenever it changed. Read a file of `lives/`
 * from top to bottom as one of them would. When the words change on purpose: `npx vitest run test/journeys/lives.test.ts -u`, and read again.
 */
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, fails, fill, freeze, shipped } from '../support/acting.ts';
import { catalogText, type Name, startTestbed, type Testbed, type TestbedOptions } from '../support/testbed.ts';

const PLACES = ['#team-checkout', '#releases', 'olivia', 'adam', 'bella', 'quinn', 'rita'] as const;

type Life = { bed: Testbed; say: (who: Name, text: string) => Promise<void>; scene: (title: string) => Promise<void> };

/** Acts a life; every scene keeps the places that changed since the one before. */
const lived = async (name: string, options: TestbedOptions, act: (life: Life) => Promise<void>): Promise<void> => {
  const bed = await startTestbed(options);
  const seen = new Map<string, string>();
  const scenes: string[] = [];
  const textOf = (place: (typeof PLACES)[number]): Promise<string> =>
    place === '#team-checkout'
      ? bed.channelText(bed.channels.team)
      : place === '#releases'
        ? bed.channelText(bed.channels.releases)
        : bed.dm(place);
  const scene = async (title: string): Promise<void> => {
    const changed: string[] = [];
    for (const place of PLACES) {
      const text = await textOf(place);
      if (text !== (seen.get(place) ?? '')) changed.push(`--- ${place}\n${text}`);
      seen.set(place, text);
    }
    scenes.push(`=== ${title}\n\n${changed.length === 0 ? '(nothing changed for anybody)' : changed.join('\n\n')}`);
  };
  const say = async (who: Name, text: string): Promise<void> => {
    await bed.as(who).command('/release', text, bed.channels.team);
    await bed.settled();
  };
  await act({ bed, say, scene });
  await expect(`${scenes.join('\n\n\n')}\n`).toMatchFileSnapshot(`./lives/${name}.txt`);
};

const customers = async ({ bed, say }: Life, reference: string, words: string): Promise<void> => {
  await say('olivia', `edit ${reference}`);
  await fill(bed, 'olivia', { customers: words });
};

describe('a life, as five people saw it:', () => {
  it('plain', () =>
    lived('plain', {}, async (life) => {
      const { bed, scene } = life;
      await create(bed, '2.14.0');
      await customers(life, 'REL-1', 'A new basket page');
      await scene('olivia asks for approval');
      await approve(bed, '2.14.0');
      await scene('adam approves');
      await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
      await scene('olivia starts');
      await bed.pass(12 * MINUTE);
      await clickCard(bed, 'olivia', '2.14.0', 'It went through');
      await clickCard(bed, 'olivia', '2.14.0', 'Healthy');
      await scene('it went through and is healthy');
      await bed.pass(3 * DAY);
      await scene('three days later');
    }));

  it('failed', () =>
    lived('failed', {}, async (life) => {
      const { bed, say, scene } = life;
      await shipped(bed, '2.13.1');
      await create(bed, '2.14.0');
      await customers(life, 'REL-2', 'A new basket page');
      await approve(bed, '2.14.0');
      await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
      await bed.pass(8 * MINUTE);
      await fails(bed, '2.14.0', 'Error rate 4 %');
      await scene('the deployment fails');
      await clickCard(bed, 'olivia', '2.14.0', 'Roll back…');
      await fill(bed, 'olivia', { reason: 'Error rate 4 %' });
      await scene('olivia goes back');
      await bed.pass(4 * MINUTE);
      await clickCard(bed, 'olivia', '2.14.0', 'It is back');
      await scene('it is back');
      await say('olivia', 'unlock checkout production "The cache was too small"');
      await bed.pass(HOUR);
      await scene('the lock is lifted, and an hour later');
    }));

  it('unhealthy', () =>
    lived('unhealthy', {}, async (life) => {
      const { bed, say, scene } = life;
      await shipped(bed, '2.13.1');
      await create(bed, '2.14.0');
      await customers(life, 'REL-2', 'A new basket page');
      await approve(bed, '2.14.0');
      await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
      await clickCard(bed, 'olivia', '2.14.0', 'It went through');
      await say('adam', 'unhealthy REL-2 "Baskets are empty"');
      await scene('adam says that it is not healthy');
      await clickCard(bed, 'adam', '2.14.0', 'Roll back…');
      await fill(bed, 'adam', { reason: 'Baskets are empty' });
      await clickCard(bed, 'adam', '2.14.0', 'It is back');
      await scene('adam went back');
    }));

  it('emergency', () =>
    lived('emergency', {}, async ({ bed, say, scene }) => {
      await create(bed, '2.14.0', 'Payments work again');
      await say('olivia', 'emergency REL-1');
      await fill(bed, 'olivia', {
        reason: 'Nobody in Europe can pay since nine in the morning',
        incident: 'https://incidents.example.com/42',
      });
      await scene('olivia declares an emergency');
      await bed.as('rita').click(await bed.dmWith('rita', 'declared an emergency'), 'Confirm');
      await bed.settled();
      await scene('rita confirms');
      await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
      await clickCard(bed, 'olivia', '2.14.0', 'It went through');
      await scene('it is deployed');
      await bed.as('rita').click(await bed.dmWith('rita', 'Say whether it was justified'), 'Not justified');
      await bed.settled();
      await scene('rita judges it');
    }));

  it('frozen', () =>
    lived('frozen', {}, async ({ bed, say, scene }) => {
      await create(bed, '2.14.0');
      await approve(bed, '2.14.0');
      await freeze(bed, {
        name: 'Quarter end',
        reason: 'Books close',
        start: '2026-03-03',
        start_time: '10:00',
        end: '2026-03-04',
        end_time: '07:00',
      });
      await bed.settled();
      await scene('rita declares a freeze');
      await say('olivia', 'exception REL-1');
      await fill(bed, 'olivia', { reason: 'The partner goes live today', blastRadius: 'Nobody else' });
      await scene('olivia asks for an exception');
      await bed.as('rita').click(await bed.dmWith('rita', 'despite Quarter end'), 'Deny…');
      await fill(bed, 'rita', { reason: 'The partner can wait until Thursday' });
      await bed.settled();
      await scene('rita denies it');
      await bed.pass(21 * HOUR);
      await scene('the freeze is over');
    }));

  it('asked again', () =>
    lived('asked-again', {}, async ({ bed, say, scene }) => {
      await create(bed, '2.14.0');
      for (const n of [1, 2, 3]) await say('olivia', `change add REL-1 "Fix ${n}" by <@${bed.ids.quinn}>`);
      await scene('three changes are added while nobody has decided');
      await approve(bed, '2.14.0');
      await say('olivia', `change add REL-1 "A late fix" by <@${bed.ids.quinn}>`);
      await scene('adam approved, then a change is added');
      await clickCard(bed, 'bella', '2.14.0', 'Reject…');
      await fill(bed, 'bella', { reason: 'No load test' });
      await scene('bella rejects it');
      await clickCard(bed, 'olivia', '2.14.0', 'Ask again');
      await scene('olivia asks again');
      await approve(bed, '2.14.0');
      await bed.as('adam').click(await bed.dmWith('adam', 'You approved checkout 2.14.0'), 'Undo');
      await bed.settled();
      await scene('adam approves, and takes it back');
    }));

  it('several environments', () =>
    lived('several-environments', {}, async ({ bed, scene }) => {
      await bed.useCatalog(
        catalogText(bed.ids).replace('  - staging\n', '  - staging\n  - { name: eu, protected: true }\n'),
      );
      await shipped(bed, '2.13.1').catch(() => undefined);
      await clickCard(bed, 'olivia', '2.13.1', 'I am starting');
      await clickCard(bed, 'olivia', '2.13.1', 'It went through');
      await create(bed, '2.14.0');
      await approve(bed, '2.14.0');
      await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
      await clickCard(bed, 'olivia', '2.14.0', 'It went through');
      await scene('it is in the first of two places');
      await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
      await fails(bed, '2.14.0', 'Timeouts');
      await scene('it fails in the second');
    }));

  it('restricted', () =>
    lived('restricted', {}, async ({ bed, say, scene }) => {
      await bed.as('olivia').command('/release', 'new', bed.channels.team);
      await bed.as('olivia').fill('version_checkout', '2.14.0');
      await bed.as('olivia').fill('title', 'Closes the hole in the login');
      await bed.as('olivia').fill('answers', ['restricted']);
      await fill(bed, 'olivia', {});
      await scene('olivia asks for a restricted release');
      const click = async (who: Name, label: string) => {
        await bed.as(who).click(await bed.card(), label);
        await bed.settled();
      };
      await click('adam', 'Approve');
      await say('quinn', 'show REL-1');
      await click('olivia', 'I am starting');
      await click('olivia', 'It failed…');
      await fill(bed, 'olivia', { reason: 'The hole is still open' });
      await scene('it fails');
    }));

  it('replaced', () =>
    lived('replaced', {}, async ({ bed, scene }) => {
      await shipped(bed, '2.13.1');
      for (const version of ['2.14.0', '2.15.0']) {
        await create(bed, version);
        await approve(bed, version);
      }
      await clickCard(bed, 'olivia', '2.15.0', 'I am starting');
      await clickCard(bed, 'olivia', '2.15.0', 'It went through');
      await bed.pass(0);
      await scene('the newer version is deployed');
      await clickCard(bed, 'olivia', '2.15.0', 'Roll back…');
      await fill(bed, 'olivia', { reason: 'Error rate 4 %' });
      await clickCard(bed, 'olivia', '2.15.0', 'It is back');
      await bed.pass(0);
      await scene('the newer version is rolled back');
    }));

  it('strict', () =>
    lived('strict', { preset: 'strict' }, async ({ bed, say, scene }) => {
      await bed.as('olivia').command('/release', 'new', bed.channels.team);
      await bed.as('olivia').fill('version_checkout', '2.14.0');
      await bed.as('olivia').fill('title', 'Faster basket');
      await bed.as('olivia').submit();
      await bed.settled();
      await scene('the form asks for more');
      await bed.as('olivia').fill('deployer', bed.ids.quinn);
      await bed.as('olivia').fill('changeNumber', 'CHG0012345');
      await fill(bed, 'olivia', { artifact: '9f3c2a1' });
      await say('olivia', 'change add REL-1 "Somebody’s fix"');
      await scene('asked for approval; a change of nobody known is refused');
      await say('bella', 'approve REL-1');
      await say('rita', 'approve REL-1');
      await scene('two people of two groups approved');
      await bed.pass(DAY);
      await say('rita', 'hold REL-1 "waiting for the DBA"');
      await say('olivia', 'resume REL-1');
      await bed.as('bella').command('/deploy', 'REL-1 production "now"', bed.channels.team);
      await bed.settled();
      await scene('who approved wants to start it');
    }));
});
