/** Two processes on one Postgres, let go at the same moment: one effect each, two hundred times. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approvalVerbs } from '../src/approvals/approval-verbs.ts';
import { json } from '../src/db/contract.ts';
import type { Ctx } from '../src/db/transact.ts';
import { deploymentVerbs } from '../src/deployments/deployment-verbs.ts';
import { type ReleaseId, type UserId, userId, type WorkspaceId } from '../src/domain/ids.ts';
import { HOUR, instant } from '../src/domain/time.ts';
import { freezeVerbs } from '../src/freezes/freeze-verbs.ts';
import { newRelease } from '../src/releases/new-release-verb.ts';
import { perform, performOnWorkspace } from '../src/situation/perform.ts';
import { type Child, startChild } from './support/children.ts';
import { config, startTestbed, type Testbed, TUESDAY } from './support/testbed.ts';

const ROUNDS = 200;

describe('races on postgres', () => {
  let bed: Testbed;
  let children: readonly [Child, Child];
  let workspace: WorkspaceId;
  let version = 0;

  beforeAll(async () => {
    bed = await startTestbed({ engine: 'postgres', keep: true });
    const url = bed.database.url ?? '';
    const [row] = await bed.app.deps.database.db.selectFrom('workspaces').select('id').execute();
    workspace = row?.id as WorkspaceId;
    const childConfig = config(bed.sandbox, 'http', '', {
      catalogFile: null,
      database: { kind: 'postgres', url, pool: 4, journalKey: bed.app.deps.journalKey.secret },
    });
    children = [await startChild(childConfig, TUESDAY), await startChild(childConfig, TUESDAY)];
  });
  afterAll(async () => {
    for (const child of children) await child.kill();
    await bed.close();
  });

  const as = (name: 'olivia' | 'adam' | 'bella' | 'rita'): Ctx & { actor: UserId } => ({
    workspace,
    actor: userId(bed.ids[name]),
    surface: 'command',
    now: bed.app.deps.clock.now(),
    requestKey: null,
  });
  const release = async (service = 'checkout'): Promise<ReleaseId> => {
    version += 1;
    const answers = { schema: false, irreversible: false, downtime: false, restricted: false };
    const created = await performOnWorkspace(bed.app.deps, as('olivia'), newRelease, {
      service,
      version: `1.0.${version}`,
      title: 'x',
      customers: null,
      when: { kind: 'asap' },
      rollbackPlan: null,
      answers,
      hotfix: false,
      askWhenReady: true,
    });
    if (!created.ok) throw new Error(JSON.stringify(created.refusal));
    return created.value.release;
  };
  const race = async (
    first: readonly [string, object],
    second: readonly [string, object],
  ): Promise<readonly string[]> => {
    const go = await Promise.all([children[0].prepare(...first), children[1].prepare(...second)]);
    const outcomes = await Promise.all(go.map((start) => start()));
    // A machine that is too slow says “busy” after two seconds, with nothing changed: then it is done again, as a person would.
    for (const [index, verb] of [first, second].entries()) {
      for (let tries = 0; outcomes[index] === 'busy' && tries < 5; tries += 1)
        outcomes[index] = await (await (children[index] as Child).prepare(...verb))();
    }
    return outcomes;
  };
  const db = () => bed.app.deps.database.db;

  it(`two approvers at once: approved once, nobody stuck (${ROUNDS} rounds)`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await release();
      const args = (name: 'adam' | 'bella') => ({ workspace, actor: bed.ids[name], release: id });
      const outcomes = await race(['approve', args('adam')], ['approve', args('bella')]);
      expect([...outcomes].sort()).toEqual(['approval.no_round', 'ok']);
      const [row] = await db()
        .selectFrom('releases')
        .select('status')
        .where('workspace_id', '=', workspace)
        .where('id', '=', id)
        .execute();
      expect(row?.status).toBe('approved');
    }
    const approved = await db()
      .selectFrom('journal')
      .select('release_id')
      .where('workspace_id', '=', workspace)
      .where('kind', '=', 'round.approved')
      .execute();
    expect(new Set(approved.map(({ release_id }) => release_id)).size).toBe(approved.length);
  }, 300_000);

  it(`a start against a freeze: never both (${ROUNDS} rounds)`, async () => {
    // Of a service of its own: each start would replace, and each freeze catch, the two hundred that are approved by now.
    const id = await release('search');
    await perform(bed.app.deps, as('adam'), approvalVerbs.approve, { release: id }, { hash: null, comment: null });
    const input = {
      name: 'Race',
      reason: 'x',
      severity: 'hard',
      scope: { services: ['search'], environments: ['production'] },
      start: '2026-03-03T09:00',
      end: '2026-03-04T07:00',
      zone: 'Europe/London',
      approvers: 'release-managers',
    };
    const seen = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const outcomes = await race(
        ['start', { workspace, actor: bed.ids.olivia, release: id }],
        ['freeze', { workspace, actor: bed.ids.rita, input }],
      );
      expect(outcomes[1]).toBe('ok');
      expect(['ok', 'not_ready']).toContain(outcomes[0]);
      seen.add(outcomes[0] ?? '');
      const events = await db()
        .selectFrom('journal')
        .select(['kind', 'seq'])
        .where('workspace_id', '=', workspace)
        // The couriers of both write too: a message they could not bring may stand between the two.
        .where('kind', 'in', ['freeze.declared', 'deployment.started'])
        .orderBy('seq', 'desc')
        .limit(2)
        .execute();
      // Whoever came first in the journal won: a start is never written after the freeze.
      if (outcomes[0] === 'ok')
        expect(events.map(({ kind }) => kind)).toEqual(['freeze.declared', 'deployment.started']);
      if (outcomes[0] === 'ok')
        await perform(
          bed.app.deps,
          as('olivia'),
          deploymentVerbs.abort,
          { release: id },
          { environment: null, reason: null },
        );
      const [freeze] = await db()
        .selectFrom('freezes')
        .select('id')
        .where('workspace_id', '=', workspace)
        .orderBy('number', 'desc')
        .limit(1)
        .execute();
      if (freeze !== undefined)
        await performOnWorkspace(bed.app.deps, as('rita'), freezeVerbs.end, { freeze: freeze.id, reason: 'x' });
    }
    expect([...seen].sort()).toEqual(['not_ready', 'ok']);
  }, 900_000);

  it(`two ticks at once: what is due is done once (${ROUNDS} rounds)`, async () => {
    const id = await release();
    const { database } = bed.app.deps;
    const ended = async (): Promise<number> => {
      const rows = await db()
        .selectFrom('journal')
        .select('seq')
        .where('workspace_id', '=', workspace)
        .where('release_id', '=', id)
        .where('kind', '=', 'release.hold_ended')
        .execute();
      return rows.length;
    };
    // Before the clock of the children, which stands still.
    const due = instant(TUESDAY - HOUR);
    const hold = json({ by: bed.ids.olivia, reason: 'x', since: due, until: due });
    for (let round = 0; round < ROUNDS; round += 1) {
      // A hold whose time is over: ending it is one event, whoever ends it.
      await database.kysely
        .updateTable('releases')
        .set({ hold, wake_at: due })
        .where('workspace_id', '=', workspace)
        .where('id', '=', id)
        .execute();
      const outcomes = await race(['tick', {}], ['tick', {}]);
      expect(outcomes).toEqual(['ok', 'ok']);
      // The bed's own tick may have taken the row just before them: then both children had nothing to do.
      await expect.poll(ended, { timeout: 15_000 }).toBe(round + 1);
    }
  }, 300_000);
});
