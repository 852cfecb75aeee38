/** Creates a release, and asks for its approval in the same step when that is wanted and nothing is missing. */

import { currentCatalog } from '../catalog/catalog-store.ts';
import type { Ctx } from '../db/transact.ts';
import { transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Act } from '../domain/act.ts';
import { submit } from '../domain/approval-round.ts';
import { protectedEnvironments } from '../domain/catalog.ts';
import { gatesInTheWay } from '../domain/gates.ts';
import type { ReleaseId, UserId } from '../domain/ids.ts';
import { mayAct } from '../domain/permissions.ts';
import { createRelease as create, type ReleaseInput } from '../domain/plan.ts';
import { allow, type Decision, type Refusal, refuse } from '../domain/refusal.ts';
import { lockSituation, record } from '../situation/change-release.ts';
import { insertRelease, lockNumber, readVersionFacts, useNumber } from './release-store.ts';

/** `notAsked` says why it stayed a draft although asking was wanted. */
export type Created = { release: ReleaseId; notAsked: Refusal | null };

export const createRelease = (
  deps: Deps,
  ctx: Ctx & { actor: UserId },
  input: ReleaseInput,
): Promise<Decision<Created>> =>
  transact(deps, ctx, 'create release', `${input.service}@${input.version}`, async (tx): Promise<Decision<Created>> => {
    const catalog = await currentCatalog(tx, ctx.workspace);
    if (catalog === null) return refuse({ code: 'unconfigured' });
    const permitted = mayAct('create', catalog, ctx.actor, null);
    if (!permitted.ok) return permitted;
    const act: Act = { by: ctx.actor, now: ctx.now, newId: deps.newId };
    // Locking the number locks the workspace's counter: two people creating the same version come one after the other.
    const number = await lockNumber(tx, ctx.workspace, 'next_release');
    const facts = await readVersionFacts(
      tx,
      ctx.workspace,
      input.service,
      input.version,
      protectedEnvironments(catalog)[0] ?? '',
    );
    const created = create(input, facts, catalog, { workspace: ctx.workspace, id: deps.newId('release'), number }, act);
    if (!created.ok) return created;
    await useNumber(tx, ctx.workspace, 'next_release', number);
    await insertRelease(tx, created.value.release);
    const fresh = await lockSituation(tx, ctx, created.value.release.id);
    if (!fresh.ok) return fresh;
    const waits = gatesInTheWay(fresh.value, 'approval', ctx.now).length > 0;
    const asked = input.askWhenReady && !waits ? submit(fresh.value, act) : null;
    const effect = asked?.ok === true ? asked.value : { after: { ...fresh.value }, events: [] };
    await record(tx, deps, ctx, fresh.value, {
      after: effect.after,
      events: [...created.value.events, ...effect.events],
    });
    return allow({ release: created.value.release.id, notAsked: asked !== null && !asked.ok ? asked.refusal : null });
  });
