/** A due row that the database does not give up: nothing else waits for it, and it is done once it can be. */
import pg from 'pg';
import { expect, it } from 'vitest';
import { HOUR } from '../../src/domain/time.ts';
import { create, typed } from '../support/acting.ts';
import { startTestbed } from '../support/testbed.ts';

it('a due row that times out holds up no other of its table, and is done when it can be', async () => {
  const bed = await startTestbed({ engine: 'postgres' });
  for (const version of ['2.14.0', '2.15.0', '2.16.0']) await create(bed, version);
  for (const key of ['REL-1', 'REL-2', 'REL-3']) await typed(bed, 'rita', `hold ${key} "The DBA is away" until 12:00`);
  const held = async (): Promise<readonly number[]> =>
    (
      await bed.app.deps.database.db
        .selectFrom('releases')
        .select(['number', 'hold'])
        .where('workspace_id', '<>', '' as never)
        .orderBy('number')
        .execute()
    ).flatMap(({ number, hold }) => (hold === null ? [] : [number]));
  expect(await held()).toEqual([1, 2, 3]);
  const outside = new pg.Client({ connectionString: bed.database.url ?? '' });
  await outside.connect();
  await outside.query('begin');
  await outside.query('select 1 from releases where number = 2 for update');
  bed.sandbox.clock.advance(3 * HOUR);
  await bed.app.tick();
  expect(await held()).toEqual([2]);
  expect(bed.logs.join('')).toContain('a due row could not be done');
  await outside.query('rollback');
  await outside.end();
  await bed.pass(6 * 60_000);
  expect(await held()).toEqual([]);
  expect(await bed.cardText('2.15.0')).not.toContain('held');
});
