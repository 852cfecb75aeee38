/** The shape of every use case on a release: lock, settle, decide, write, enqueue, journal, in one transaction. */
import { messagesFor, subjectsOf } from '../announcements/messages-for.ts';
import { enqueue, refresh } from '../courier/messages.ts';
import type { Tx } from '../db/connection.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Act } from '../domain/act.ts';
import type { EventDraft } from '../domain/events.ts';
import type { ReleaseId, UserId } from '../domain/ids.ts';
import { mayAct, type Verb } from '../domain/permissions.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { settle } from '../domain/settle.ts';
import type { Effect, Situation } from '../domain/situation.ts';
import { say } from '../domain/wording.ts';
import { appendEvents, named } from '../journal/append.ts';
import { lockRelease, wakeSiblings } from '../releases/release-store.ts';
import { readSituations } from './read-situations.ts';
import { saveSituation } from './save-situation.ts';

/** What a use case answers: enough to say what happened, as JSON, because it is kept for duplicates of the request. */
export type Receipt = { release: ReleaseId };

export type Guard = 'share' | 'update' | 'none';

/** Takes the workspace's guard row: shared by a start, alone by a freeze, a lock, an exception or a catalog. Always the first lock. */
export const takeGuard = async (tx: Tx, ctx: Ctx, guard: Guard): Promise<void> => {
  if (guard === 'none') return;
  const query = tx.selectFrom('guards').select('workspace_id').where('workspace_id', '=', ctx.workspace);
  await (guard === 'share' ? query.forShare() : query.forUpdate()).executeTakeFirstOrThrow();
};

/** Locks the release and reads its situation. Refuses what this workspace does not have. */
export const lockSituation = async (tx: Tx, ctx: Ctx, id: ReleaseId): Promise<Decision<Situation>> => {
  const release = await lockRelease(tx, ctx.workspace, id);
  const [situation] = release === null ? [] : await readSituations(tx, ctx.workspace, [id], ctx.now, [release]);
  if (situation === undefined)
    return refuse({
      code: 'not_found',
      what: 'release',
      reference: '',
      fix: say`See them with ${{ command: 'list' }}.`,
    });
  return allow(situation);
};

/** Writes the effect: rows, messages wanted, journal last. */
export const record = async (tx: Tx, deps: Deps, ctx: Ctx, before: Situation, effect: Effect): Promise<void> => {
  if (effect.after === before && effect.events.length === 0) return;
  const events = named(deps, effect.events);
  await saveSituation(tx, before, effect.after, ctx.now);
  const moved = effect.after.deployments !== before.deployments || effect.after.locks !== before.locks;
  if (moved) await wakeSiblings(tx, effect.after.release, ctx.now);
  await enqueue(tx, deps, ctx.workspace, messagesFor(before, effect.after, events, ctx.actor));
  await refresh(tx, ctx.workspace, subjectsOf(before, effect.after));
  await appendEvents(tx, deps, ctx, events);
};

export type Change = {
  name: string;
  release: ReleaseId;
  /** The permission it needs; `null` where the rule itself says who may, as for approving. */
  verb: Verb | null;
  guard?: Guard;
  decide: (s: Situation, act: Act, tx: Tx) => Decision<Effect> | Promise<Decision<Effect>>;
};

const actor = (ctx: Ctx, s: Situation): UserId => (ctx.actor === 'signalbox' ? s.release.owner : ctx.actor);

/** Runs one verb on one release. Settling is written even when the verb is refused: time has passed either way. */
export const changeRelease = (deps: Deps, ctx: Ctx, change: Change): Promise<Decision<Receipt>> =>
  transact(deps, ctx, change.name, change.release, async (tx): Promise<Decision<Receipt>> => {
    await takeGuard(tx, ctx, change.guard ?? 'none');
    const locked = await lockSituation(tx, ctx, change.release);
    if (!locked.ok) return locked;
    const before = locked.value;
    const settled = settle(before, ctx.now, deps.newId);
    const act: Act = { by: actor(ctx, before), now: ctx.now, newId: deps.newId };
    const permitted =
      change.verb === null ? allow(null) : mayAct(change.verb, before.around.catalog, act.by, before.release);
    const decided = permitted.ok ? await change.decide(settled.after, act, tx) : permitted;
    const effect = decided.ok ? continued(settled, decided.value, ctx, deps) : settled;
    await record(tx, deps, ctx, before, effect);
    return decided.ok ? allow({ release: change.release }) : decided;
  });

/** What follows by itself from the verb belongs to the same step: a gate that passes asks for approval at once. */
const continued = (settled: Effect, decided: Effect, ctx: Ctx, deps: Deps): Effect => {
  const next = settle(decided.after, ctx.now, deps.newId);
  const events: readonly EventDraft[] = [...settled.events, ...decided.events, ...next.events];
  return { after: next.after, events };
};
