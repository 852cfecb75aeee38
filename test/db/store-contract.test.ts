/** One contract on both engines: types, constraints, guards, retry, the inbox, the journal. */
import { sql } from 'kysely';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SITUATIONS } from '../../src/app.ts';
import { catalogs } from '../../src/catalog/catalog-store.ts';
import type { Tx } from '../../src/db/connection.ts';
import { INSTANT_COLUMNS, json } from '../../src/db/contract.ts';
import { migrate, readMigrations } from '../../src/db/migrate.ts';
import { build, rowsOf, together } from '../../src/db/prepared.ts';
import { saving } from '../../src/db/rows.ts';
import { type Ctx, snapshot, transact } from '../../src/db/transact.ts';
import type { Deps } from '../../src/deps.ts';
import { happened } from '../../src/domain/events.ts';
import { type UserId, userId, type WorkspaceId } from '../../src/domain/ids.ts';
import { allow, refuse } from '../../src/domain/refusal.ts';
import type { Release } from '../../src/domain/release/release.ts';
import { instant } from '../../src/domain/time.ts';
import { ensureWorkspace } from '../../src/install/workspace-store.ts';
import { appendEvents, named } from '../../src/journal/append.ts';
import { readTimeline } from '../../src/journal/read.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { newId } from '../../src/new-id.ts';
import { releasePart, waking } from '../../src/releases/release-store.ts';
import { aRelease, aSituation, NOW } from '../support/builders.ts';
import { openTestDatabase, type TestDatabase } from '../support/databases.ts';

const actor: UserId = userId('U1');

const insertRelease = async (tx: Tx, release: Release): Promise<void> => {
  const s = aSituation({ release });
  for (const query of releasePart.saved(s, s, NOW).flatMap(saving)) await tx.executeQuery(query);
};

describe.each(['embedded', 'postgres'] as const)('the database on %s', (engine) => {
  let opened: TestDatabase;
  let deps: Deps;
  let workspace: WorkspaceId;
  const ctx = (requestKey: string | null = null): Ctx => ({
    workspace,
    actor,
    surface: 'command',
    now: NOW,
    requestKey,
  });

  beforeAll(async () => {
    opened = await openTestDatabase(engine);
    deps = {
      database: opened.database,
      clock: { now: () => NOW },
      newId,
      situations: SITUATIONS,
      catalogs,
      waking,
      random: Math.random,
      log: pino({ level: 'silent' }),
      journalKey: { id: 'test', secret: 'secret' },
      command: '/release',
      catalogFile: null,
      send: () => undefined,
      url: null,
      wake: () => undefined,
      at: () => undefined,
      metrics: {
        useCase: () => undefined,
        ack: () => undefined,
        slackCall: () => undefined,
        skippedTick: () => undefined,
      },
    };
    workspace = await ensureWorkspace(deps, { slackId: 'T1', name: 'One', botUserId: 'UBOT' });
  });
  afterAll(() => opened.drop());

  it('that nobody has used closes', async () => {
    const unused = await openTestDatabase(engine);
    await expect(unused.drop()).resolves.toBeUndefined();
  });

  it('lets what comes from outside be looked at in each unit, so that it can be refused in time', async () => {
    const units = 20;
    let looked = 0;
    let over = false;
    const look = (): void => {
      looked += 1;
      if (!over) setImmediate(look);
    };
    setImmediate(look);
    const unit = () => opened.database.unit([], () => Promise.resolve({ value: null, writes: [] }));
    await Promise.all(Array.from({ length: units }, unit));
    over = true;
    expect(looked).toBeGreaterThanOrEqual(engine === 'embedded' ? units : 1);
  });

  it('gives the same types: int8, numeric, timestamptz, jsonb', async () => {
    const { rows } = await sql<Record<string, unknown>>`
      select 9007199254740991::int8 as big, 1.10::numeric as exact, '2026-03-03 10:00:00.123456+02'::timestamptz as at, '{"a":[1,null]}'::jsonb as doc, count(*) as n
      from (values (1)) rows(one)`.execute(opened.database.kysely);
    expect(rows[0]).toEqual({
      big: 9_007_199_254_740_991,
      exact: '1.10',
      at: '2026-03-03T08:00:00.123Z',
      doc: { a: [1, null] },
      n: 1,
    });
    await expect(sql`select 9007199254740993::int8 as big`.execute(opened.database.kysely)).rejects.toThrow(
      'does not fit',
    );
  });

  it('gives the same types when several readings share one statement', async () => {
    const { db, kysely } = opened.database;
    const alone = build.selectFrom('workspaces').selectAll().where('id', '=', workspace);
    const nobody = build.selectFrom('people').selectAll().where('workspace_id', '=', workspace);
    const both = together({ workspaces: alone, none: nobody.where('id', '=', userId('U0')) });
    const found = rowsOf((await db.executeQuery(both({}))).rows);
    expect(found).toEqual({ workspaces: (await db.executeQuery(alone.compile())).rows, none: [] });
    expect(found['workspaces']?.[0]?.['created_at']).toBe(NOW);
    // Inside JSON an instant is known by its column's name only; a number with a fraction would lose its digits.
    const { rows } = await sql<{ column: string; type: string }>`
      select distinct column_name as column, data_type as type from information_schema.columns where table_schema = 'public'`.execute(
      kysely,
    );
    const named = (type: string) => rows.filter((row) => row.type === type).map(({ column }) => column);
    expect(named('timestamp with time zone').sort()).toEqual([...INSTANT_COLUMNS].sort());
    expect(rows.filter(({ column, type }) => INSTANT_COLUMNS.has(column) && !type.startsWith('timestamp'))).toEqual([]);
    expect(named('numeric')).toEqual([]);
    expect(() => together({ people: build.selectFrom('people').selectAll(), workspaces: alone })).toThrow(
      'touches people without naming workspace_id',
    );
  });

  it('refuses a read through another handle inside a transaction, at once', async () => {
    const inside = transact(deps, ctx(), 'test', 'x', async () => {
      await opened.database.db.selectFrom('workspaces').selectAll().execute();
      return allow(null);
    });
    await expect(inside).rejects.toThrow('inside the transaction of “test”');
    await expect(
      transact(deps, ctx(), 'outer', 'x', () =>
        transact(deps, ctx(), 'inner', 'x', () => Promise.resolve(allow(null))),
      ),
    ).rejects.toThrow('A second transaction');
  });

  it('refuses a tenant’s table without its tenant', async () => {
    await expect(opened.database.db.selectFrom('releases').selectAll().execute()).rejects.toThrow(
      'without naming workspace_id',
    );
    await expect(opened.database.db.selectFrom('releases').select('workspace_id').execute()).rejects.toThrow(
      'without naming workspace_id',
    );
    await expect(
      opened.database.db.selectFrom('releases').selectAll().where('workspace_id', '=', workspace).execute(),
    ).resolves.toEqual([]);
  });

  it('answers a duplicate with the stored answer, and does its work once', async () => {
    let done = 0;
    const run = () =>
      transact(deps, ctx('key-1'), 'test', 'x', () => {
        done += 1;
        return Promise.resolve(allow({ n: done }));
      });
    expect([await run(), await run()]).toEqual([allow({ n: 1 }), allow({ n: 1 })]);
    expect(done).toBe(1);
  });

  it('keeps no key for a refusal', async () => {
    const refusal = refuse({ code: 'unconfigured' });
    await transact(deps, ctx('key-2'), 'test', 'x', () => Promise.resolve(refusal));
    expect(await transact(deps, ctx('key-2'), 'test', 'x', () => Promise.resolve(allow(1)))).toEqual(allow(1));
  });

  it('runs a unit again after a lost connection or a deadlock, and gives up on a bug', async () => {
    for (const code of ['57P01', '40001', '40P01', '08006']) {
      let tries = 0;
      const decision = await transact(deps, ctx(`retry-${code}`), 'test', 'x', () => {
        tries += 1;
        if (tries === 1) return Promise.reject(Object.assign(new Error('lost'), { code }));
        return Promise.resolve(allow(tries));
      });
      expect(decision).toEqual(allow(2));
    }
    await expect(transact(deps, ctx(), 'test', 'x', () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
  });

  it('rolls back everything when a use case throws', async () => {
    const release = aRelease({ workspace, number: 900 });
    await expect(
      transact(deps, ctx('thrown'), 'test', 'x', async (tx) => {
        await insertRelease(tx, release);
        throw new Error('after the insert');
      }),
    ).rejects.toThrow('after the insert');
    const rows = await opened.database.db
      .selectFrom('releases')
      .select('id')
      .where('workspace_id', '=', workspace)
      .where('number', '=', 900)
      .execute();
    expect(rows).toEqual([]);
  });

  describe('what fails', () => {
    const counted = sql<{ n: number }>`select count(*)::int as n from inbox`.compile(build);
    const works = async (): Promise<void> => {
      for (let turn = 0; turn < 3; turn += 1)
        expect(
          (await opened.database.unit([counted], async (_tx, [rows]) => ({ value: rows, writes: [] })))?.length,
        ).toBe(1);
      expect((await opened.database.db.executeQuery(counted)).rows).toHaveLength(1);
    };

    it('concerns nobody else: a statement, a value that cannot be sent, and a batch of which one is wrong', async () => {
      const { database } = opened;
      const wrong = sql`select 1 / ${0}::int`.compile(build);
      const unsendable = sql`select ${{ big: 1n }}::jsonb`.compile(build);
      for (const query of [wrong, unsendable]) {
        const outcomes = await Promise.allSettled([
          database.unit([counted, query, counted], () => Promise.resolve({ value: null, writes: [] })),
          database.unit([], () => Promise.resolve({ value: null, writes: [query] })),
          database.db.executeQuery(query),
          works(),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
        const [first] = outcomes;
        expect(String(first.status === 'rejected' && first.reason)).toMatch(/division by zero|BigInt/);
        await works();
      }
    });

    it('for a table that was changed under a plan is made anew the next time', async () => {
      const { database } = opened;
      await database.exclusively(
        async (run) => void (await run('create table changed (n int); insert into changed values (1)')),
      );
      const read = sql`select * from changed where n = ${1}`.compile(build);
      for (const way of ['unit', 'read'] as const) {
        const ask = () =>
          way === 'read'
            ? database.db.executeQuery(read).then(({ rows }) => rows)
            : database.unit([read], async (_tx, [rows]) => ({ value: rows ?? [], writes: [] }));
        for (let turn = 0; turn < 20; turn += 1) await ask();
        await database.exclusively(
          async (run) => void (await run(`alter table changed add column ${way}_${engine} int`)),
        );
        // Each connection of a server has its own plan.
        await Promise.allSettled(Array.from({ length: 12 }, ask));
        for (let tries = 0; tries < 12; tries += 1) await ask().catch(() => undefined);
        expect(await ask()).toHaveLength(1);
      }
      await database.exclusively(async (run) => void (await run('drop table changed')));
      await works();
    });

    it('is found by whoever works alone, also where it was passed over', async () => {
      const { database } = opened;
      await expect(
        database.exclusively(async (run) => {
          await run('create table passed_over (n int)');
          await run('select wrong').catch(() => undefined);
        }),
      ).rejects.toThrow('nothing of it was committed');
      await expect(database.db.executeQuery(sql`select * from passed_over`.compile(build))).rejects.toThrow(
        'does not exist',
      );
      await works();
    });
  });

  it('reads one moment in a snapshot', async () => {
    const seen = await snapshot(opened.database, async (db) => [
      await db.selectFrom('workspaces').select('slack_id').execute(),
      await db.selectFrom('workspaces').select('slack_id').execute(),
    ]);
    expect(seen[0]).toEqual(seen[1]);
  });

  it('carries the invariants: one version, one running deployment, one live vote', async () => {
    const release = aRelease({ workspace, number: 1, version: '1.0.0' });
    await transact(deps, ctx(), 'test', 'x', async (tx) => {
      await insertRelease(tx, release);
      return allow(null);
    });
    const twin = transact(deps, ctx(), 'test', 'x', async (tx) => {
      await insertRelease(tx, aRelease({ workspace, number: 2, version: '1.0.0' }));
      return allow(null);
    });
    await expect(twin).rejects.toMatchObject({ code: '23505' });
    const running = (id: string) => ({
      workspace_id: workspace,
      id: id as never,
      release_id: release.id,
      service: 'checkout',
      environment: 'production',
      version: '1.0.0',
      revision: 1,
      kind: 'deploy' as const,
      attempt: 1,
      state: 'running' as const,
      started_by: actor,
      run_by: actor,
      rollout: json(null),
      checklist: json(null),
      signals: json(null),
      started_at: NOW,
      finished_at: null,
      finished_by: null,
      deadline: NOW,
      reason: null,
      before: null,
      step: json(null),
      run: null,
    });
    await expect(
      transact(deps, ctx(), 'test', 'x', async (tx) => {
        await tx.insertInto('deployments').values(running('dep_a')).execute();
        await tx.insertInto('deployments').values(running('dep_b')).execute();
        return allow(null);
      }),
    ).rejects.toMatchObject({ code: '23505' });
  });

  describe('the journal', () => {
    const append = (n: number, words: string | null = 'said') =>
      transact(deps, ctx(), 'test', 'x', async (tx, writer) => {
        const release = 'rel_journal' as never;
        const events = Array.from({ length: n }, () => happened(release, 'release.held', { until: null }, { words }));
        await appendEvents(tx, deps, ctx(), writer, named(deps, events));
        return allow(null);
      });
    const verify = () => verifyJournal(opened.database.db, workspace, deps.journalKey);
    const tamper = async (statement: ReturnType<typeof sql>) => {
      await sql`alter table journal disable trigger user`.execute(opened.database.kysely);
      await statement.execute(opened.database.kysely);
      await sql`alter table journal enable trigger user`.execute(opened.database.kysely);
    };

    it('is refused to be changed by the database itself', async () => {
      await append(6);
      for (const statement of [
        sql`update journal set kind = 'x' where workspace_id = ${workspace}`,
        sql`delete from journal where workspace_id = ${workspace}`,
        sql`truncate journal`,
      ]) {
        await expect(statement.execute(opened.database.kysely)).rejects.toThrow('append-only');
      }
      expect(await verify()).toMatchObject({ ok: true, rows: 6 });
    });

    it('reads as a timeline with the words beside it', async () => {
      const events = await readTimeline(opened.database.db, workspace, 'rel_journal' as never, 100);
      expect(events).toHaveLength(6);
      expect(events[0]).toMatchObject({ kind: 'release.held', words: 'said', actor, seq: 1 });
    });

    it('stays valid when words are erased, and not when they are changed', async () => {
      await sql`update journal_words set words = null where workspace_id = ${workspace} and seq = 2`.execute(
        opened.database.kysely,
      );
      expect(await verify()).toMatchObject({ ok: true });
      await sql`update journal_words set words = 'never said' where workspace_id = ${workspace} and seq = 3`.execute(
        opened.database.kysely,
      );
      expect(await verify()).toMatchObject({ ok: false, seq: 3, broken: 'the words beside it were changed' });
      await sql`update journal_words set words = 'said' where workspace_id = ${workspace} and seq = 3`.execute(
        opened.database.kysely,
      );
    });

    it('names the row that was edited', async () => {
      const [row] = await opened.database.db
        .selectFrom('journal')
        .select('canonical')
        .where('workspace_id', '=', workspace)
        .where('seq', '=', 4)
        .execute();
      const original = row?.canonical ?? '';
      await tamper(
        sql`update journal set canonical = ${original.replace('release.held', 'release.freed')} where workspace_id = ${workspace} and seq = 4`,
      );
      expect(await verify()).toMatchObject({ ok: false, seq: 4 });
      await tamper(sql`update journal set canonical = ${original} where workspace_id = ${workspace} and seq = 4`);
      expect(await verify()).toMatchObject({ ok: true });
    });

    it('names the row that was taken out of its timeline, or given another name', async () => {
      for (const [column, other] of [
        ['release_id', null],
        ['id', 'evt_other'],
        ['kind', 'release.freed'],
      ] as const) {
        const { rows } = await sql<{ was: string | null }>`
          select ${sql.ref(column)} as was from journal where workspace_id = ${workspace} and seq = 4`.execute(
          opened.database.kysely,
        );
        const set = (value: string | null) =>
          tamper(sql`update journal set ${sql.ref(column)} = ${value} where workspace_id = ${workspace} and seq = 4`);
        await set(other);
        expect(await verify(), column).toMatchObject({ ok: false, seq: 4 });
        await set(rows[0]?.was ?? null);
        expect(await verify()).toMatchObject({ ok: true });
      }
    });

    it('names the gap, and the end that was cut off', async () => {
      const [last] = await opened.database.db
        .selectFrom('journal')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('seq', '=', 6)
        .execute();
      await tamper(sql`delete from journal where workspace_id = ${workspace} and seq = 6`);
      expect(await verify()).toMatchObject({ ok: false, seq: 6, broken: 'the journal ends at row 5, its head says 6' });
      if (last !== undefined) await opened.database.kysely.insertInto('journal').values(last).execute();
      await tamper(sql`delete from journal where workspace_id = ${workspace} and seq = 5`);
      expect(await verify()).toMatchObject({ ok: false, seq: 5, broken: 'row 5 is missing' });
    });
  });

  it('migrates once, and refuses a schema from the future', async () => {
    expect(await migrate(opened.database)).toEqual([]);
    expect(readMigrations(new URL('../../migrations/', import.meta.url).pathname).length).toBeGreaterThan(0);
    await sql`insert into schema_migrations (version, name, applied_at) values (9999, 'later', ${instant(NOW)})`.execute(
      opened.database.kysely,
    );
    await expect(migrate(opened.database)).rejects.toThrow('The database has schema 9999');
    await sql`delete from schema_migrations where version = 9999`.execute(opened.database.kysely);
    expect(json(['x'])).toBe('["x"]');
  });
});
