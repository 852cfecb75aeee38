/** The verbs of deployments. A start shares the workspace's guard, so that it and a freeze never both believe they came first. */

import { judgesOf, reachableSecond } from '../announcements/messages-for.ts';
import type { Ctx } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import {
  abortDeployment,
  failDeployment,
  reportHealth,
  startDeployment,
  succeedDeployment,
} from '../domain/deployment.ts';
import { breakGlass, confirmEmergency, judgeEmergency } from '../domain/emergency.ts';
import type { ReleaseId, UserId } from '../domain/ids.ts';
import type { Decision } from '../domain/refusal.ts';
import { failRollback, liftLock, startRollback, succeedRollback } from '../domain/rollback.ts';
import { changeRelease, type Receipt } from '../situation/change-release.ts';
import { unjudgedEmergency } from './deployment-store.ts';

type Result = Promise<Decision<Receipt>>;

export const start = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { environment: string; reason: string | null },
): Result =>
  changeRelease(deps, ctx, {
    name: 'start deployment',
    release,
    verb: 'start',
    guard: 'share',
    decide: (s, act) => startDeployment(s, input, act),
  });

export const succeed = (deps: Deps, ctx: Ctx, release: ReleaseId, environment: string | null): Result =>
  changeRelease(deps, ctx, {
    name: 'deployment succeeded',
    release,
    verb: 'finish',
    decide: (s, act) => succeedDeployment(s, environment, act),
  });

export const fail = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { environment: string | null; reason: string },
): Result =>
  changeRelease(deps, ctx, {
    name: 'deployment failed',
    release,
    verb: 'finish',
    decide: (s, act) => failDeployment(s, input, act),
  });

export const abort = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { environment: string | null; reason: string | null },
): Result =>
  changeRelease(deps, ctx, {
    name: 'abort deployment',
    release,
    verb: 'finish',
    decide: (s, act) => abortDeployment(s, input, act),
  });

export const health = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { healthy: boolean; reason: string | null },
): Result =>
  changeRelease(deps, ctx, {
    name: 'report health',
    release,
    verb: 'finish',
    decide: (s, act) => reportHealth(s, input, act),
  });

export const rollBack = (deps: Deps, ctx: Ctx, release: ReleaseId, reason: string): Result =>
  changeRelease(deps, ctx, {
    name: 'roll back',
    release,
    verb: 'roll_back',
    decide: (s, act) => startRollback(s, reason, act),
  });

export const rollbackDone = (deps: Deps, ctx: Ctx, release: ReleaseId): Result =>
  changeRelease(deps, ctx, {
    name: 'rollback succeeded',
    release,
    verb: 'roll_back',
    guard: 'update',
    decide: (s, act) => succeedRollback(s, act),
  });

export const rollbackFailed = (deps: Deps, ctx: Ctx, release: ReleaseId, reason: string): Result =>
  changeRelease(deps, ctx, {
    name: 'rollback failed',
    release,
    verb: 'roll_back',
    decide: (s, act) => failRollback(s, reason, act),
  });

export const lift = (
  deps: Deps,
  ctx: Ctx,
  release: ReleaseId,
  input: { environment: string; reason: string },
): Result =>
  changeRelease(deps, ctx, {
    name: 'lift lock',
    release,
    verb: 'lift_lock',
    guard: 'update',
    decide: (s, act) => liftLock(s, input, act),
  });

export const emergency = (
  deps: Deps,
  ctx: Ctx & { actor: UserId },
  release: ReleaseId,
  input: { environment: string; justification: string; incident: string | null },
): Result =>
  changeRelease(deps, ctx, {
    name: 'break the glass',
    release,
    verb: 'emergency',
    guard: 'update',
    decide: async (s, act, tx) => {
      const unjudged = await unjudgedEmergency(tx, ctx.workspace, ctx.actor);
      return breakGlass(s, { ...input, reachable: reachableSecond(s, ctx.now) }, unjudged, act);
    },
  });

export const confirm = (deps: Deps, ctx: Ctx, release: ReleaseId): Result =>
  changeRelease(deps, ctx, {
    name: 'confirm emergency',
    release,
    verb: null,
    guard: 'update',
    decide: (s, act) => confirmEmergency(s, act),
  });

export const judge = (deps: Deps, ctx: Ctx, release: ReleaseId, verdict: 'justified' | 'not justified'): Result =>
  changeRelease(deps, ctx, {
    name: 'judge emergency',
    release,
    verb: null,
    decide: (s, act) => judgeEmergency(s, verdict, judgesOf(s), act),
  });
