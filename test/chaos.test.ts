/**
 * A real process killed again and again while people act and Slack fails. The drivers' ledger of what was acknowledged and the sandbox's
 * messages are the oracle: nothing acknowledged is lost, nothing is told twice, the journal verifies.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Config } from '../src/config.ts';
import { connectEmbedded, connectPostgres } from '../src/db/connect.ts';
import type { Database } from '../src/db/connection.ts';
import type { CrashPoint } from '../src/deps.ts';
import { verifyJournal } from '../src/journal/verify.ts';
import { seeded } from '../src/sandbox/faults.ts';
import { startSandbox } from '../src/sandbox/sandbox.ts';
import { type Child, ChildEnded, startChild } from './support/children.ts';
import { newPostgresDatabase } from './support/databases.ts';
import { catalogText, config, type Name, PEOPLE, TUESDAY } from './support/testbed.ts';

const POINTS: readonly CrashPoint[] = [
  'between trips',
  'before ack',
  'after commit',
  'after claim',
  'after send',
  'before mark',
];
const KEY = 'a test key of more than thirty-two characters';

type Place = { database: Config['database']; open: () => Promise<Database>; drop: () => Promise<void> };

const places: Readonly<Record<'embedded' | 'postgres', () => Promise<Place>>> = {
  embedded: () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-chaos-'));
    const drop = () => Promise.resolve(rmSync(dataDir, { recursive: true, force: true }));
    return Promise.resolve({
      database: { kind: 'embedded', dataDir, journalKey: KEY },
      open: () => connectEmbedded(dataDir),
      drop,
    });
  },
  postgres: async () => {
    const { url, drop } = await newPostgresDatabase();
    return {
      database: { kind: 'postgres', url, pool: 4, journalKey: KEY },
      open: () => Promise.resolve(connectPostgres(url)),
      drop,
    };
  },
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each([
  ['postgres', 'one process', 1, 30],
  ['postgres', 'two replicas', 2, 30],
  ['embedded', 'one process', 1, 15],
] as const)('chaos on %s, %s', (engine, _, replicas, kills) => {
  it(`survives ${kills} kills with Slack failing`, async () => {
    const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9));
    process.stdout.write(`chaos on ${engine}, ${replicas} at once: CHAOS_SEED=${seed}\n`);
    const random = seeded(seed);
    const place = await places[engine]();
    const sandbox = await startSandbox({ now: TUESDAY, limits: false });
    const ids = Object.fromEntries(PEOPLE.map((name) => [name, sandbox.addUser(name)])) as Record<Name, string>;
    const team = sandbox.addChannel('team-checkout');
    sandbox.addChannel('team-search');
    sandbox.addChannel('releases');
    for (const scope of ['channels:history', 'groups:history', 'im:history']) sandbox.world.scopes.add(scope);
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-chaos-catalog-'));
    const catalogFile = join(folder, 'catalog.yml');
    writeFileSync(catalogFile, catalogText(ids));
    const childConfig = config(sandbox, 'http', catalogFile, { database: place.database, history: true });
    const posting = ['chat.postMessage'];
    sandbox.faults.atRandom(seed, 0.08, posting, [
      { kind: 'limited', retryAfterS: 0 },
      { kind: 'status before' },
      { kind: 'status after' },
      { kind: 'reset after' },
    ]);

    const ledger = { created: new Set<string>(), approved: new Set<string>() };
    let version = 0;
    const act = async (): Promise<void> => {
      version += 1;
      const name = `1.0.${version}`;
      const created = await sandbox.as(ids.olivia).command('/release', `new checkout ${name} "Chaos"`, team);
      if (created.acknowledged && JSON.stringify(created.body).includes('REL-')) ledger.created.add(name);
      const approved = await sandbox.as(ids.adam).command('/release', `approve checkout@${name}`, team);
      if (approved.acknowledged && JSON.stringify(approved.body).includes('Counted.')) ledger.approved.add(name);
    };

    const at = new Map<CrashPoint, number>(POINTS.map((point) => [point, 0]));
    const owed = (): CrashPoint | null =>
      POINTS.filter((point) => (at.get(point) ?? 0) < 3)[Math.floor(random() * 2)] ?? null;
    /** Those that run; what is sent goes to any of them, as through a load balancer. */
    const running: (Child | null)[] = Array.from({ length: replicas }, () => null);
    const ended = new Set<Child>();
    const begin = async (slot: number): Promise<Child | null> => {
      // It may be killed while it starts; a start that fails by itself is a failure of the test.
      const child = await startChild(childConfig, TUESDAY).catch((error: unknown) => {
        if (error instanceof ChildEnded && error.signal === 'SIGKILL') return null;
        throw error;
      });
      running[slot] = child;
      if (child !== null) void child.exited.then(() => ended.add(child));
      return child;
    };
    let killed = 0;
    for (let turn = 0; killed < kills || [...at.values()].some((count) => count < 3); turn += 1) {
      for (const [slot, child] of running.entries()) if (child === null || ended.has(child)) await begin(slot);
      const victim = running[turn % replicas];
      if (victim == null) continue;
      const point = owed() ?? (killed < kills ? null : (POINTS.find((known) => (at.get(known) ?? 0) < 3) ?? null));
      if (point !== null) victim.arm({ point, after: Math.floor(random() * 10), signal: 'SIGKILL' });
      const timer = point === null ? setTimeout(() => void victim.kill(), 50 + random() * 250) : undefined;
      for (let acts = 0; acts < 40 && !ended.has(victim); acts += 1) {
        const up = running.filter((child) => child !== null && !ended.has(child));
        const to = up[Math.floor(random() * up.length)] ?? victim;
        sandbox.pointAt(`http://127.0.0.1:${to.port}/slack/events`);
        await act();
      }
      clearTimeout(timer);
      if (ended.has(victim) && point !== null) at.set(point, (at.get(point) ?? 0) + 1);
      if (!ended.has(victim)) await victim.kill();
      killed += 1;
    }
    for (const child of running) await child?.kill();

    sandbox.faults.clear();
    const last = await startChild(childConfig, TUESDAY);
    sandbox.pointAt(`http://127.0.0.1:${last.port}/slack/events`);
    await act();
    const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${last.port}/metrics`)).text();
    const acted = Date.now() / 1_000;
    const idle = (text: string): boolean =>
      text.includes('signalbox_messages{state="waiting"} 0') &&
      Number(/signalbox_messages_looked_at_seconds (\S+)/.exec(text)?.[1]) > acted;
    for (let turn = 0; turn < 900 && !idle(await metrics()); turn += 1) await pause(100);
    await last.kill();

    const database = await place.open();
    try {
      const releases = await database.db
        .selectFrom('releases')
        .selectAll()
        .where('workspace_id', '<>', '' as never)
        .execute();
      const known = new Map(releases.map((release) => [release.version, release]));
      for (const name of ledger.created) expect(known.has(name), `${name} was acknowledged and is lost`).toBe(true);
      for (const name of ledger.approved)
        expect(known.get(name)?.status, `the approval of ${name} was acknowledged and is lost`).toBe('approved');
      expect(ledger.created.size).toBeGreaterThan(5);

      const told = sandbox.world.messages
        .filter(({ metadata }) => metadata !== null)
        .map(({ metadata }) => String(metadata?.event_payload['id']));
      expect(told.length - new Set(told).size, 'messages told twice').toBe(0);
      const rows = await database.db
        .selectFrom('messages')
        .leftJoin('rounds', (join) =>
          join.onRef('rounds.id', '=', 'messages.subject').onRef('rounds.workspace_id', '=', 'messages.workspace_id'),
        )
        .leftJoin('releases', (join) =>
          join
            .onRef('releases.id', '=', 'rounds.release_id')
            .onRef('releases.workspace_id', '=', 'messages.workspace_id'),
        )
        .select(['messages.id', 'trouble', 'kind', 'error', 'wanted', 'shown', 'ts', 'releases.status as release'])
        .where('messages.workspace_id', '<>', '' as never)
        .execute();
      expect(rows.filter(({ trouble }) => trouble !== null)).toEqual([]);
      expect(rows.filter(({ wanted, shown }) => wanted > shown)).toEqual([]);
      // A request that was answered before it could be posted is not posted; everything else is there.
      const needless = rows.filter(
        ({ ts, kind, release }) => ts === null && kind === 'approval-ask' && release !== 'awaiting_approval',
      );
      expect(new Set(told).size).toBe(rows.length - needless.length);

      const [workspace] = await database.db.selectFrom('workspaces').select('id').execute();
      if (workspace === undefined) throw new Error('no workspace');
      expect(await verifyJournal(database.db, workspace.id, { id: 'env', secret: KEY })).toMatchObject({ ok: true });
    } finally {
      await database.close();
      await place.drop();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 600_000);
});
