/** Everything that changes the plan of one release, each a verb of the core run on it. */
import type { Ctx } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import {
  addChange,
  assignRole,
  type ChangeInput,
  cancelRelease,
  type EditInput,
  editRelease,
  holdRelease,
  removeChange,
  resumeRelease,
} from '../domain/edit-plan.ts';
import type { ReleaseId, UserId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { Decision } from '../domain/refusal.ts';
import type { When } from '../domain/release.ts';
import { close, reopen } from '../domain/review.ts';
import { rework } from '../domain/rollback.ts';
import { changeRelease, type Receipt } from '../situation/change-release.ts';

type Result = Promise<Decision<Receipt>>;

export const edit = (deps: Deps, ctx: Ctx, release: ReleaseId, input: EditInput): Result =>
  changeRelease(deps, ctx, {
    name: 'edit release',
    release,
    verb: 'edit',
    decide: (s, act) => editRelease(s, input, act),
  });

export const schedule = (deps: Deps, ctx: Ctx, release: ReleaseId, when: When): Result =>
  changeRelease(deps, ctx, {
    name: 'schedule release',
    release,
    verb: 'edit',
    decide: (s, act) => editRelease(s, { when }, act),
  });

export const assign = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { role: 'owner' | 'deployer'; to: UserId },
): Result =>
  changeRelease(deps, ctx, {
    name: 'assign role',
    release,
    verb: 'edit',
    decide: (s, act) => assignRole(s, input, act),
  });

export const addTo = (deps: Deps, ctx: Ctx, release: ReleaseId, input: ChangeInput): Result =>
  changeRelease(deps, ctx, { name: 'add change', release, verb: 'edit', decide: (s, act) => addChange(s, input, act) });

export const removeFrom = (deps: Deps, ctx: Ctx, release: ReleaseId, which: string): Result =>
  changeRelease(deps, ctx, {
    name: 'remove change',
    release,
    verb: 'edit',
    decide: (s, act) => removeChange(s, which, act),
  });

export const hold = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { reason: string; until: Instant | null },
): Result =>
  changeRelease(deps, ctx, {
    name: 'hold release',
    release,
    verb: 'hold',
    decide: (s, act) => holdRelease(s, input, act),
  });

export const resume = (deps: Deps, ctx: Ctx, release: ReleaseId): Result =>
  changeRelease(deps, ctx, { name: 'resume release', release, verb: 'hold', decide: (s) => resumeRelease(s) });

export const cancel = (deps: Deps, ctx: Ctx, release: ReleaseId, reason: string): Result =>
  changeRelease(deps, ctx, {
    name: 'cancel release',
    release,
    verb: 'cancel',
    decide: (s, act) => cancelRelease(s, reason, act),
  });

export const closeRelease = (deps: Deps, ctx: Ctx, release: ReleaseId): Result =>
  changeRelease(deps, ctx, { name: 'close release', release, verb: 'close', decide: (s, act) => close(s, act) });

export const reopenRelease = (deps: Deps, ctx: Ctx, release: ReleaseId, reason: string): Result =>
  changeRelease(deps, ctx, {
    name: 'reopen release',
    release,
    verb: 'reopen',
    decide: (s, act) => reopen(s, reason, act),
  });

export const reworkRelease = (deps: Deps, ctx: Ctx, release: ReleaseId): Result =>
  changeRelease(deps, ctx, { name: 'rework release', release, verb: 'edit', decide: (s, act) => rework(s, act) });
