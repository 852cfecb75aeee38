/**
 * Whose turn it is in a workspace, within this process. The row lock decides between processes; here at most two units of a workspace are sent
 * to the database, one that works and one that already waits for the lock: more would only hold connections that other workspaces need.
 */
import type { WorkspaceId } from '../domain/ids.ts';

const AT_ONCE = 2;

/** It waited as long as somebody waits for an answer; nothing was sent. */
export class NoTurn extends Error {
  constructor(ms: number) {
    super(`no turn came within ${ms} ms`);
  }
}

type Line = { running: number; waiting: (() => void)[] };
const lines = new Map<WorkspaceId, Line>();

const leave = (workspace: WorkspaceId, line: Line): void => {
  line.running -= 1;
  line.waiting.shift()?.();
  if (line.running === 0 && line.waiting.length === 0) lines.delete(workspace);
};

const waitIn = (line: Line, ms: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const called = (): void => {
      clearTimeout(timer);
      line.running += 1;
      resolve();
    };
    const timer = setTimeout(() => {
      line.waiting.splice(line.waiting.indexOf(called), 1);
      reject(new NoTurn(ms));
    }, ms);
    line.waiting.push(called);
  });

/** Runs `work` when it is its turn in the workspace, in the order of asking. Throws NoTurn after `ms`. */
export const inTurn = async <T>(workspace: WorkspaceId, ms: number, work: () => Promise<T>): Promise<T> => {
  const line = lines.get(workspace) ?? { running: 0, waiting: [] };
  lines.set(workspace, line);
  if (line.running < AT_ONCE) line.running += 1;
  else await waitIn(line, ms);
  try {
    return await work();
  } finally {
    leave(workspace, line);
  }
};
