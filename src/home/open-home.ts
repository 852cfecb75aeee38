/** Somebody opened Home, or chose another view of it: from then on it is kept up to date like any message. */
import { enqueue, homeSubject } from '../courier/messages.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { UserId } from '../domain/ids.ts';
import { allow, type Decision } from '../domain/refusal.ts';
import { type HomeView, saveHomeView } from '../slack/people-store.ts';

export const openHome = (deps: Deps, ctx: Ctx & { actor: UserId }, view: HomeView | null): Promise<Decision<null>> =>
  transact(deps, ctx, 'open home', ctx.actor, async (tx) => {
    if (view !== null) await saveHomeView(tx, ctx.workspace, ctx.actor, view);
    await enqueue(tx, deps, ctx.workspace, [
      { subject: homeSubject(ctx.actor), kind: 'home', audience: ctx.actor, place: ctx.actor },
    ]);
    return allow(null);
  });
