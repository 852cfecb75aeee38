/** The database goes away while people work, and the process is told to stop: nothing acknowledged is lost, nothing is told twice. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectPostgres } from '../src/db/connect.ts';
import { tenantGuard } from '../src/db/guards.ts';
import { migrate } from '../src/db/migrate.ts';
import { HISTORY_SCOPES } from '../src/slack/scopes.ts';
import { administer } from './support/databases.ts';
import { startOwnServer } from './support/postgres-server.ts';
import { startTestbed, type Testbed } from './support/testbed.ts';

/** Somebody plans sixty releases, and more until `harm` was done three times; then everything acknowledged has to be there, once. */
const underLoad = async (bed: Testbed, everyMs: number, harm: (turn: number) => Promise<void>): Promise<void> => {
  // Where history may not be read, whoever must act is told at least once, and that can be twice.
  for (const scope of HISTORY_SCOPES) bed.sandbox.world.scopes.add(scope);
  bed.sandbox.world.scopes.add('im:history');
  let working = true;
  let turns = 0;
  const harming = (async () => {
    while (working) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      await harm(turns);
      turns += 1;
    }
  })();
  const acknowledged: string[] = [];
  for (let n = 0; n < 60 || (turns < 3 && n < 2000); n += 1) {
    const act = await bed.as('olivia').command('/release', `new checkout 3.${n}.0 "Under load"`, bed.channels.team);
    if (act.acknowledged && JSON.stringify(act.body).includes('REL-')) acknowledged.push(`3.${n}.0`);
  }
  working = false;
  await harming;
  expect(turns).toBeGreaterThan(2);
  expect(acknowledged.length).toBeGreaterThan(10);
  await bed.settled();
  const { db } = bed.app.deps.database;
  const { id: workspace } = await db.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();
  const rows = await db.selectFrom('releases').select('version').where('workspace_id', '=', workspace).execute();
  const versions = rows.map(({ version }) => version);
  expect(new Set(versions).size).toBe(versions.length);
  expect(acknowledged.filter((version) => !versions.includes(version))).toEqual([]);
  for (const version of acknowledged)
    expect(bed.sandbox.channelText(bed.channels.team)).toContain(`checkout ${version}`);
  const told = bed.sandbox.world.messages.flatMap(({ metadata }) =>
    metadata === null ? [] : [String(metadata.event_payload['id'])],
  );
  expect(new Set(told).size).toBe(told.length);
};

describe('postgres under load', () => {
  it('loses its connections: Signalbox goes on by itself; what was acknowledged is there, once', async () => {
    const bed = await startTestbed({ engine: 'postgres', history: true });
    const url = bed.database.url ?? '';
    await underLoad(bed, 120, () =>
      administer(
        url,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'signalbox' and datname = current_database()",
      ),
    );
  });

  it('is restarted, in order and out of it: the same', async () => {
    const server = await startOwnServer();
    const database = connectPostgres(server.url, { plugins: [tenantGuard] });
    await migrate(database);
    const bed = await startTestbed({
      database: { database, url: server.url, drop: () => database.close() },
      keep: true,
      history: true,
    });
    await underLoad(bed, 400, (turn) => server.restart(turn % 2 === 0 ? 'fast' : 'immediate'));
    await bed.close();
    await server.stop();
  });
});

/** `node dist/main.js` with nothing configured but where to put things. */
const startMain = (dataDir: string) => {
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: '0' },
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString('utf8');
  });
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString('utf8');
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const says = async (words: string): Promise<void> => {
    for (let turn = 0; turn < 600 && !output.includes(words); turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    if (!output.includes(words)) throw new Error(`It never said “${words}”:\n${output}`);
  };
  return { child, exited, says, output: () => output };
};

describe('the process', () => {
  it('starts with nothing configured, shows a seeded day, stops on SIGTERM with 0, and goes on with the same data', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-main-'));
    const first = startMain(folder);
    await first.says('Signalbox runs in a sandbox workspace');
    // Nobody sits at a terminal here: every line is one that a machine reads.
    for (const line of first.output().trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
    const second = startMain(folder);
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain(`is in use by process ${first.child.pid}`);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    const said = readFileSync(join(folder, 'sandbox-workspace.json'), 'utf8');
    for (const status of ['closed, success', 'back on', 'approved', 'waiting for approval', 'cancelled'])
      expect(said).toContain(`·  ${status}`);
    const again = startMain(folder);
    await again.says('Signalbox runs in a sandbox workspace');
    again.child.kill('SIGTERM');
    expect(await again.exited).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  it('says which variable is wrong, and ends with 1', async () => {
    const child = spawn(process.execPath, ['dist/main.js'], {
      env: { PATH: process.env['PATH'], SLACK_BOT_TOKEN: 'nonsense' },
    });
    let output = '';
    child.stderr.on('data', (data: Buffer) => {
      output += data.toString('utf8');
    });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1);
    expect(output).toContain('SLACK_BOT_TOKEN');
    expect(output).toContain('for example xoxb-…');
  });
});
