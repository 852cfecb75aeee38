/** Whatever people do at whatever hour, nobody is written to outside of their hours, but for a failure or an emergency that is theirs; and what waited comes. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HOUR, instant } from '../../src/domain/time.ts';
import { isWorkingTime } from '../../src/domain/working-time.ts';
import { freeze, typed } from '../support/acting.ts';
import { type Name, startTestbed, type Testbed, TUESDAY } from '../support/testbed.ts';

const DAY = { start: '2026-03-03', start_time: '09:00', end: '2026-03-06', end_time: '02:00' };

const ACTS: Readonly<Record<string, readonly [Name, string]>> = {
  plan: ['olivia', 'new checkout 2.14.0 "Faster basket"'],
  'plan another': ['adam', 'new checkout 2.15.0 "Gift cards"'],
  approve: ['adam', 'approve REL-1'],
  reject: ['bella', 'reject REL-1 "No load test"'],
  'ask again': ['olivia', 'submit REL-1'],
  question: ['adam', 'ask REL-1 "Was it load tested?"'],
  hold: ['rita', 'hold REL-1 "The DBA is away"'],
  resume: ['rita', 'resume REL-1'],
  remind: ['olivia', 'remind REL-1'],
  'give it away': ['olivia', 'assign REL-1 deployer @bella'],
  'plan for the night': ['bella', 'schedule REL-1 Thu 03:00'],
  start: ['olivia', 'deploy REL-1 production'],
  cancel: ['olivia', 'cancel REL-2 "not wanted"'],
  'gate fails': ['quinn', 'gate REL-1 regression failed "three tests"'],
  action: ['rita', 'action REL-1 "Check the disks" @olivia by Fri'],
};
const FREEZES = 'a freeze';

/** These come at any hour: what failed and is theirs, and a time that was chosen. */
const AT_ANY_HOUR = /failed|not healthy|emergency|its time|starts by itself|Quarter end/i;

type Step = { hours: number; act: string };
const step = fc.record({ hours: fc.integer({ min: 0, max: 9 }), act: fc.constantFrom(...Object.keys(ACTS), FREEZES) });

const act = async (bed: Testbed, name: string): Promise<Name> => {
  const [who, words] = ACTS[name] ?? ['rita', ''];
  if (name === FREEZES) await freeze(bed, { name: 'Quarter end', reason: 'Books are closed', ...DAY });
  else await typed(bed, who, words);
  while (bed.as(who).modal() !== null) await bed.as(who).close();
  return who;
};

it('nobody is written to at night, and what waits for the morning comes', async () => {
  const life = fc.array(step, { minLength: 3, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(life, async (steps: readonly Step[]) => {
      const bed = await startTestbed();
      const acted: { who: Name; at: number }[] = [];
      await act(bed, 'plan');
      acted.push({ who: 'olivia', at: bed.sandbox.clock.now() });
      for (const { hours, act: name } of steps) {
        await bed.pass(hours * HOUR);
        acted.push({ who: await act(bed, name), at: bed.sandbox.clock.now() });
        await bed.settled();
      }
      // The same hour a week later: everybody is at work, and has been.
      await bed.pass(TUESDAY + 7 * 24 * HOUR - bed.sandbox.clock.now());
      const names = new Map(Object.entries(bed.ids).map(([name, id]) => [`D${id.slice(1)}`, name]));
      const wrong = bed.sandbox.world.messages
        .filter(({ channel, user }) => channel.startsWith('D') && user === bed.sandbox.world.botUserId)
        .filter(({ at }) => !isWorkingTime(instant(at), 'Europe/London'))
        .filter(
          ({ channel, at }) => !acted.some((one) => one.who === names.get(channel) && Math.abs(at - one.at) < HOUR),
        )
        .filter(({ text }) => !AT_ANY_HOUR.test(text));
      expect([steps, wrong.map(({ at, channel, text }) => `${instant(at)} ${names.get(channel)} ${text}`)]).toEqual([
        steps,
        [],
      ]);
      const { db } = bed.database.database;
      const [row] = await db.selectFrom('workspaces').select('id').execute();
      if (row === undefined) throw new Error('There is no workspace.');
      const waiting = await db
        .selectFrom('messages')
        .select(['kind', 'place', 'rests_until'])
        .where('workspace_id', '=', row.id)
        .whereRef('wanted', '>', 'shown')
        .execute();
      expect([steps, waiting]).toEqual([steps, []]);
      await bed.close();
    }),
    { numRuns: 10 },
  );
}, 240_000);
