/** A quarter in one minute: weekends are frozen, deployments have windows and steps, the clocks change, it restarts twice a week; and everything happens once. */
import { expect, it } from 'vitest';
import { DAY, HOUR, instant, inZone, MINUTE } from '../../src/domain/time.ts';
import { isWorkingTime } from '../../src/domain/working-time.ts';
import { clickCard, create, fill, freeze } from '../support/acting.ts';
import { catalogText, startTestbed, type Testbed, TUESDAY } from '../support/testbed.ts';

const WEEKS = 13;
const ZONE = 'Europe/London';

const typed = async (bed: Testbed, who: 'olivia' | 'adam' | 'rita', text: string): Promise<void> => {
  await bed.as(who).command('/release', text, bed.channels.team);
  await bed.settled();
};

it('a quarter: every notice once, nothing by itself outside its window', async () => {
  const bed = await startTestbed();
  await bed.useCatalog(
    catalogText(bed.ids)
      .replace(
        'repository: acme/checkout,',
        'repository: acme/checkout, strategy: rolling, start: { production: webhook },',
      )
      .replace(
        'announce:',
        'windows:\n  - { name: mid week, environments: [production], days: [tue, wed, thu], from: "10:00", to: "16:00" }\nannounce:',
      ),
  );
  await freeze(bed, {
    name: 'Weekend',
    reason: 'Nobody is here',
    start: '2026-03-06',
    start_time: '18:00',
    end: '2026-03-09',
    end_time: '07:00',
    zone: ZONE,
    repeats: 'week',
  });
  // By its own clock, which goes on while this works, however slow the machine is.
  const until = async (at: number): Promise<void> => {
    for (let left = at - bed.sandbox.clock.now(); left > 0; left = at - bed.sandbox.clock.now())
      await bed.pass(Math.min(8 * HOUR, left));
  };
  const failed: string[] = [];
  for (let week = 0; week < WEEKS; week += 1) {
    const tuesday = inZone(instant(TUESDAY + week * 7 * DAY), ZONE).with({ hour: 10, minute: 0 });
    const wednesday = tuesday.add({ days: 1 }).with({ hour: 11 });
    await until(tuesday.epochMilliseconds);
    const version = `1.${week}.0`;
    await create(bed, version);
    await typed(bed, 'olivia', `schedule checkout@${version} Wed 11:00`);
    await clickCard(bed, 'adam', version, 'Approve');
    await bed.restart();
    await until(wednesday.epochMilliseconds - 20 * MINUTE);
    expect(await bed.channelText(bed.channels.team)).not.toContain(`${version} → production started`);
    await until(wednesday.epochMilliseconds + MINUTE);
    expect(await bed.channelText(bed.channels.team)).toContain(`${version} → production started`);
    if (week % 4 === 3) {
      failed.push(version);
      await clickCard(bed, 'olivia', version, 'Roll back…');
      await fill(bed, 'olivia', { reason: 'errors rose' });
      await clickCard(bed, 'olivia', version, 'It is back');
      await typed(bed, 'olivia', 'unlock checkout production "a missing index"');
    } else {
      for (const share of ['50 %', '75 %', '100 %']) await clickCard(bed, 'olivia', version, `Next: ${share}`);
      await clickCard(bed, 'olivia', version, 'It went through');
    }
    await until(tuesday.add({ days: 4 }).epochMilliseconds);
    await bed.restart();
  }
  await until(TUESDAY + WEEKS * 7 * DAY);

  const { db } = bed.app.deps.database;
  const [row] = await db.selectFrom('workspaces').select('id').execute();
  if (row === undefined) throw new Error('There is no workspace.');
  const started = await db
    .selectFrom('deployments')
    .select(['version', 'started_at', 'kind'])
    .where('workspace_id', '=', row.id)
    .orderBy('started_at')
    .execute();
  const byItself = started.filter(({ kind }) => kind === 'deploy');
  expect(byItself.map(({ version }) => version)).toEqual(Array.from({ length: WEEKS }, (_, week) => `1.${week}.0`));
  for (const { started_at } of byItself) {
    const at = inZone(started_at, ZONE);
    // By the clock on the wall, before and after the clocks change.
    expect([at.dayOfWeek, at.hour, at.minute]).toEqual([3, 11, 1]);
  }
  const team = await bed.channelText(bed.channels.team);
  const times = (words: string | RegExp): number => team.split(words).length - 1;
  // One post for each weekend; each says that it is over.
  expect(times(/Weekend is over since Mon \d+ \w+ 07:00/)).toBe(WEEKS);
  expect(times(/Weekend until Mon/)).toBe(0);
  for (let week = 0; week < WEEKS; week += 1) {
    expect(times(`checkout 1.${week}.0 is in production`)).toBe(failed.includes(`1.${week}.0`) ? 0 : 1);
    expect(times(`checkout 1.${week}.0  ·  `)).toBe(1);
  }
  expect(times(/checkout is back on/)).toBe(failed.length);
  // Nothing is sent twice: a message has one place in Slack, and no two have the same words of one event.
  const told = await db
    .selectFrom('messages')
    .select(['subject', 'kind', 'audience', 'place', 'occurrence', 'ts', 'trouble'])
    .where('workspace_id', '=', row.id)
    .execute();
  expect(told.filter(({ trouble }) => trouble !== null)).toEqual([]);
  const seen = told.flatMap(({ ts, place }) => (ts === null ? [] : [`${place} ${ts}`]));
  expect(new Set(seen).size).toBe(seen.length);
  const nightly = bed.sandbox.world.messages.filter(
    ({ channel, at, user }) =>
      channel.startsWith('D') && user === bed.sandbox.world.botUserId && !isWorkingTime(instant(at), ZONE),
  );
  expect(nightly.map(({ text }) => text)).toEqual([]);
  await typed(bed, 'rita', 'audit verify');
  expect(bed.as('rita').lastPrivate(bed.channels.team)).toMatch(/whole|verif/i);
}, 600_000);
