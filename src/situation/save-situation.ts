/** Writes what a verb changed, found by comparing the situation before with the one after: rows that are the same object are the same row. */
import { insertGateResult, saveRound } from '../approvals/round-store.ts';
import type { Tx } from '../db/connection.ts';
import { saveBreakGlass, saveDeployment, saveLock } from '../deployments/deployment-store.ts';
import type { Instant } from '../domain/instant.ts';
import { actionReminders } from '../domain/nudges.ts';
import { wakeAt } from '../domain/settle.ts';
import type { ActionItem, Situation } from '../domain/situation.ts';
import { saveException } from '../freezes/freeze-store.ts';
import { updateRelease } from '../releases/release-store.ts';
import { saveAction, saveReview } from '../reviews/review-store.ts';

const changed = <Item>(before: readonly Item[], after: readonly Item[]): readonly Item[] => {
  const known = new Set(before);
  return after.filter((item) => !known.has(item));
};

const actionWakesAt = (action: ActionItem, s: Situation, now: Instant): Instant | null =>
  actionReminders(action, s.around.zones[action.owner ?? ''] ?? 'UTC').find((at) => at > now) ?? null;

export const saveSituation = async (tx: Tx, before: Situation, after: Situation, now: Instant): Promise<void> => {
  const { workspace, id } = after.release;
  if (after.round !== null) await saveRound(tx, workspace, id, before.round, after.round);
  for (const result of changed(before.gates, after.gates)) await insertGateResult(tx, workspace, id, result);
  // A deployment that ends has to be written before one that starts in its place: only one may run.
  const deployments = [...changed(before.deployments, after.deployments)].sort(
    (a, b) => Number(a.state === 'running') - Number(b.state === 'running'),
  );
  for (const deployment of deployments) await saveDeployment(tx, workspace, deployment);
  if (after.breakGlass !== null && after.breakGlass !== before.breakGlass)
    await saveBreakGlass(tx, workspace, id, after.breakGlass);
  const reviews = [...changed(before.reviews, after.reviews)].sort(
    (a, b) => Number(a.state === 'due') - Number(b.state === 'due'),
  );
  for (const review of reviews) await saveReview(tx, workspace, id, review);
  for (const action of changed(before.actions, after.actions))
    await saveAction(tx, workspace, id, action, actionWakesAt(action, after, now));
  for (const exception of changed(before.exceptions, after.exceptions)) await saveException(tx, workspace, exception);
  for (const lock of changed(before.locks, after.locks)) await saveLock(tx, workspace, lock);
  await updateRelease(tx, after.release, wakeAt(after, now));
};
