/** From the embedded database to a server: everything, once, into an empty one only. */
import { afterEach, describe, expect, it } from 'vitest';
import { connectPostgres } from '../../src/db/connect.ts';
import type { Database } from '../../src/db/connection.ts';
import { tenantGuard } from '../../src/db/guards.ts';
import { move } from '../../src/db/move.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { StartError } from '../../src/start-error.ts';
import { administer, newPostgresDatabase } from '../support/databases.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const emptyServer = async (): Promise<{ target: Database; url: string }> => {
  const { url, drop } = await newPostgresDatabase();
  const target = connectPostgres(url, { plugins: [tenantGuard] });
  ends.push(drop, () => target.close());
  return { target, url };
};

/** A failure, an action, a freeze, odd words: rows in most tables, with every kind of value. */
const story = async (): Promise<Testbed> => {
  const bed = await startTestbed();
  const { team } = bed.channels;
  const type = (name: 'olivia' | 'adam' | 'rita', words: string) => bed.as(name).command('/release', words, team);
  for (let n = 1; n <= 3; n += 1) await type('olivia', `new checkout 2.${n}.0 "Faster „basket“ \\\\ 'quoted' 🚀"`);
  await type('adam', 'approve REL-1 "it’s fine"');
  await type('adam', 'ask REL-2 "why?"');
  await bed.as('olivia').command('/deploy', 'REL-1', team);
  await bed.as('olivia').click(await bed.card(), 'It failed…');
  await bed.as('olivia').fill('reason', 'error rate 4.1 %');
  await bed.as('olivia').submit();
  await type('olivia', 'action REL-1 "add a canary metric" by tomorrow');
  await bed.settled();
  // What is due is done now, so that the clock finds nothing to do while rows are compared.
  await bed.pass(0);
  return bed;
};

/** Every row of every table as text, whatever Postgres calls its columns. */
const contents = async (database: Database): Promise<ReadonlyMap<string, readonly string[]>> => {
  const all = new Map<string, readonly string[]>();
  await database.exclusively(async (run) => {
    const tables = await run(
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations'",
    );
    for (const { name } of tables) {
      const rows = await run(`select to_json(t)::text as row from "${String(name)}" t`);
      all.set(String(name), rows.map(({ row }) => String(row)).sort());
    }
  });
  return all;
};

describe('moving', () => {
  it('brings every row as it was, changes nothing in the source, and the journal still verifies', async () => {
    const bed = await story();
    const source = bed.database.database;
    const before = await contents(source);
    const { target } = await emptyServer();
    const moved = await move(source, target);
    expect(await contents(source)).toEqual(before);
    expect(await contents(target)).toEqual(before);
    expect(Object.fromEntries(moved.map(({ table, rows }) => [table, rows]))).toEqual(
      Object.fromEntries([...before].map(([table, rows]) => [table, rows.length])),
    );
    expect([...before.values()].filter((rows) => rows.length > 0).length).toBeGreaterThan(12);
    const { id } = await target.db.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();
    expect(await verifyJournal(target.db, id, bed.app.deps.journalKey)).toMatchObject({ ok: true });
  });

  it('goes on there: Signalbox works on what was moved', async () => {
    const bed = await story();
    const { url, drop } = await newPostgresDatabase();
    const target = connectPostgres(url, { plugins: [tenantGuard] });
    await move(bed.database.database, target);
    const close = async (): Promise<void> => {
      await target.close();
      await drop();
    };
    await bed.useDatabase({ database: target, url, drop: close });
    await bed.as('olivia').command('/release', 'new checkout 3.0.0 "On the server"', bed.channels.team);
    await bed.settled();
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('checkout 3.0.0 (REL-4)');
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).not.toContain('Nothing done');
  });

  it('is refused into a database that holds something, and leaves it as it was', async () => {
    const bed = await story();
    const { target, url } = await emptyServer();
    await administer(
      url,
      "insert into workspaces (id, slack_id, name, created_at) values ('wsp_other', 'T0OTHER', 'Other', now())",
    );
    const before = await contents(target);
    await expect(move(bed.database.database, target)).rejects.toThrow(StartError);
    await expect(move(bed.database.database, target)).rejects.toThrow(
      'Nothing moved: the target is not empty (workspaces)',
    );
    expect(await contents(target)).toEqual(before);
  });

  it('is refused between two schemas', async () => {
    const bed = await story();
    const { target, url } = await emptyServer();
    await administer(
      url,
      "insert into schema_migrations (version, name, applied_at) values (9999, 'later.sql', now())",
    );
    await expect(move(bed.database.database, target)).rejects.toThrow(/source has schema \d+, the target 9999/);
    expect((await contents(target)).get('workspaces')).toEqual([]);
  });
});
