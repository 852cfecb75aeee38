/** Keys of releases and freezes: counters in the workspace's row, which the writer holds. */
import type { Tx } from '../db/connection.ts';
import type { WorkspaceId } from '../domain/ids.ts';

/** Uses up the number that the writer saw: a refusal before leaves no gap. */
export const useNumber = async (
  tx: Tx,
  workspace: WorkspaceId,
  counter: 'next_release' | 'next_freeze',
): Promise<void> => {
  await tx
    .updateTable('workspaces')
    .set((eb) => ({ [counter]: eb(counter, '+', 1) }))
    .where('id', '=', workspace)
    .execute();
};
