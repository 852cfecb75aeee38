/** After any sequence of deployments and rollbacks over three environments the table of environments is what ten lines say. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Ctx } from '../../src/db/transact.ts';
import { lastSuccesses, runningDeployments } from '../../src/deployments/deployment-store.ts';
import { deploymentVerbs as verbs } from '../../src/deployments/deployment-verbs.ts';
import { type ReleaseId, type UserId, userId, type WorkspaceId } from '../../src/domain/ids.ts';
import { newRelease } from '../../src/releases/new-release-verb.ts';
import { perform, performOnWorkspace } from '../../src/situation/perform.ts';
import { catalogText, startTestbed } from '../support/testbed.ts';

const PLACES = ['eu', 'us', 'asia'] as const;
type Place = (typeof PLACES)[number];

it('the table of environments equals the model', async () => {
  const bed = await startTestbed();
  const places = PLACES.map((name) => `  - { name: ${name}, protected: true }`).join('\n');
  await bed.useCatalog(
    catalogText(bed.ids, { preset: 'light' }).replace(/environments:\n(.*\n){2}/, `environments:\n${places}\n`),
  );
  const { deps } = bed.app;
  const { db } = deps.database;
  const [row] = await db.selectFrom('workspaces').select('id').execute();
  const workspace = row?.id as WorkspaceId;
  const ctx = (): Ctx & { actor: UserId } => ({
    workspace,
    actor: userId(bed.ids.olivia),
    surface: 'command',
    now: deps.clock.now(),
    requestKey: null,
  });
  let number = 0;
  const plan = async (): Promise<{ id: ReleaseId; version: string }> => {
    number += 1;
    const version = `1.${number}.0`;
    const made = await performOnWorkspace(deps, ctx(), newRelease, {
      service: 'search',
      version,
      title: 'x',
      customers: null,
      rollbackPlan: null,
    });
    if (!made.ok) throw new Error(JSON.stringify(made.refusal));
    return { id: made.value.release, version };
  };

  // The model: what runs where, and what ran before each release came there.
  const live = new Map<Place, string>();
  const before = new Map<string, string | null>();
  const releases = [await plan(), await plan(), await plan()];

  const step = fc.record({
    what: fc.constantFrom('start', 'succeed', 'fail', 'abort', 'back', 'isBack', 'plan', 'lift'),
    which: fc.nat(2),
    place: fc.constantFrom(...PLACES),
  });
  const does = async ({ what, which, place }: { what: string; which: number; place: Place }): Promise<void> => {
    const release = releases[which];
    if (release === undefined) throw new Error('There are three.');
    const { id, version } = release;
    const act = <Input>(verb: Parameters<typeof perform<Input, null>>[2], input: unknown) =>
      perform<Input, null>(deps, ctx(), verb, { release: id }, input);
    await bed.pass(60_000);
    const running = (await runningDeployments(db, workspace, ['search'])).filter((d) => d.release === id);
    const there = running.find((d) => d.environment === place && d.kind === 'deploy');
    const key = `${id} ${place}`;
    switch (what) {
      case 'plan':
        if (running.length === 0) releases[which] = await plan();
        return;
      case 'lift':
        await act(verbs.liftLock, { environment: place, reason: 'known' });
        return;
      case 'start': {
        const { ok } = await act(verbs.start, { environment: place, reason: 'go' });
        const was = live.get(place) ?? null;
        if (ok && was !== null && was !== version) before.set(key, was);
        return;
      }
      case 'succeed':
        if (there !== undefined && (await act(verbs.succeed, { environment: place })).ok) live.set(place, version);
        return;
      case 'fail':
        if (there !== undefined) await act(verbs.fail, { environment: place, reason: 'x' });
        return;
      case 'abort':
        if (there !== undefined) await act(verbs.abort, { environment: place, reason: null });
        return;
      case 'back':
        await act(verbs.rollBack, { reason: 'x' });
        return;
      case 'isBack': {
        const back = running.find((d) => d.kind === 'rollback');
        if (back === undefined || !(await act(verbs.rollbackDone, {})).ok) return;
        const target = before.get(`${id} ${back.environment}`);
        expect(target).toBeDefined();
        live.set(back.environment as Place, target ?? '');
        return;
      }
    }
  };
  const shown = async (): Promise<Record<string, string>> => {
    const table = await lastSuccesses(db, workspace, ['search'], PLACES);
    return Object.fromEntries(table.map(({ environment, version }) => [environment, version]));
  };
  // A way there and back that every run goes, whatever the others do.
  for (const which of [0, 1])
    for (const place of ['eu', 'us'] as const)
      for (const what of ['start', 'succeed']) await does({ what, which, place });
  expect(await shown()).toEqual({ eu: '1.2.0', us: '1.2.0' });
  for (const what of ['back', 'isBack', 'back', 'isBack']) await does({ what, which: 1, place: 'eu' });
  expect(await shown()).toEqual({ eu: '1.1.0', us: '1.1.0' });
  expect(await shown()).toEqual(Object.fromEntries(live));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      for (const each of steps) {
        await does(each);
        expect(await shown()).toEqual(Object.fromEntries(live));
      }
    }),
    { numRuns: 6 },
  );
}, 240_000);
