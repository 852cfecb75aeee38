/**
 * A process that is stopped between its two trips holds the lock of its workspace. It holds it up until the server gives up on it, other
 * workspaces not at all, and what it wakes up to is rolled back and said so.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Ctx } from '../src/db/transact.ts';
import { type ReleaseId, type UserId, userId, type WorkspaceId } from '../src/domain/ids.ts';
import { newRelease } from '../src/releases/new-release-verb.ts';
import { releaseVerbs } from '../src/releases/release-verbs.ts';
import { perform, performOnWorkspace } from '../src/situation/perform.ts';
import { type Child, startChild } from './support/children.ts';
import { administer } from './support/databases.ts';
import { config, startTestbed, type Testbed, TUESDAY } from './support/testbed.ts';

let bed: Testbed;
let child: Child;
let here: WorkspaceId;
const elsewhere = 'wsp_elsewhere' as WorkspaceId;

beforeAll(async () => {
  bed = await startTestbed({ engine: 'postgres', keep: true });
  const url = bed.database.url ?? '';
  const [row] = await bed.app.deps.database.db.selectFrom('workspaces').select('id').execute();
  here = row?.id as WorkspaceId;
  await bed.settled();
  const childConfig = config(bed.sandbox, 'http', '', {
    catalogFile: null,
    database: { kind: 'postgres', url, pool: 4, journalKey: bed.app.deps.journalKey.secret },
  });
  child = await startChild(childConfig, TUESDAY);
  // The same people and rules once more, as another workspace.
  await administer(
    url,
    `insert into workspaces (id, slack_id, name, bot_user_id, created_at, catalog_version)
       select '${elsewhere}', 'T0ELSEWHERE', 'Elsewhere', bot_user_id, created_at, catalog_version from workspaces where id = '${here}';
     insert into catalogs select (jsonb_populate_record(c, jsonb_build_object('workspace_id', '${elsewhere}'))).* from catalogs c where workspace_id = '${here}';
     insert into people select (jsonb_populate_record(p, jsonb_build_object('workspace_id', '${elsewhere}'))).* from people p where workspace_id = '${here}'`,
  );
});
afterAll(async () => {
  child.process.kill('SIGCONT');
  await child.kill();
  await administer(bed.database.url ?? '', `update messages set shown = wanted where workspace_id = '${elsewhere}'`);
  await bed.close();
});

const as = (name: 'olivia' | 'adam', workspace: WorkspaceId): Ctx & { actor: UserId } => ({
  workspace,
  actor: userId(bed.ids[name]),
  surface: 'command',
  now: bed.app.deps.clock.now(),
  requestKey: null,
});

const planned = async (workspace: WorkspaceId): Promise<ReleaseId> => {
  const created = await performOnWorkspace(bed.app.deps, as('olivia', workspace), newRelease, {
    service: 'checkout',
    version: '1.0.0',
    title: 'Faster basket',
    customers: null,
    when: { kind: 'asap' },
    rollbackPlan: null,
    answers: { schema: false, irreversible: false, downtime: false, restricted: false },
    hotfix: false,
    askWhenReady: true,
  });
  if (!created.ok) throw new Error(JSON.stringify(created.refusal));
  return created.value.release;
};

it('holds up its own workspace for a while, others not at all, and does nothing when it wakes', async () => {
  const [mine, theirs] = [await planned(here), await planned(elsewhere)];
  const approve = await child.prepare('approve', { workspace: here, actor: bed.ids.adam, release: mine });
  child.arm({ point: 'between trips', after: 0, signal: 'SIGSTOP' });
  const outcome = approve();
  const hold = (workspace: WorkspaceId, release: ReleaseId) =>
    perform(bed.app.deps, as('olivia', workspace), releaseVerbs.hold, { release }, { reason: 'lunch', until: null });

  // Stopped: the lock is held, and whoever comes is told that nothing was done.
  await expect
    .poll(async () => {
      const decision = await hold(here, mine);
      return decision.ok ? 'ok' : decision.refusal.code;
    })
    .toBe('busy');
  // Meanwhile the other workspace goes on as ever: one act after another, while this one still waits.
  for (let turn = 0; turn < 5; turn += 1) {
    expect((await hold(elsewhere, theirs)).ok).toBe(true);
    const resumed = await perform(
      bed.app.deps,
      as('olivia', elsewhere),
      releaseVerbs.resume,
      { release: theirs },
      null,
    );
    expect(resumed.ok).toBe(true);
  }
  const still = await hold(here, mine);
  expect(still).toMatchObject({ ok: false, refusal: { code: 'busy', did: 'Nothing done' } });
  // The server ends a transaction in which nothing happens, and the workspace is free again.
  await expect.poll(async () => (await hold(here, mine)).ok, { timeout: 20_000, interval: 100 }).toBe(true);

  child.process.kill('SIGCONT');
  expect(await outcome).toBe('busy');
  const rows = await bed.app.deps.database.db
    .selectFrom('releases')
    .select('status')
    .where('workspace_id', '=', here)
    .where('id', '=', mine)
    .execute();
  expect(rows).toEqual([{ status: 'awaiting_approval' }]);
});
