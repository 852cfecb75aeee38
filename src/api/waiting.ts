/** Those who wait for an answer to become another: woken by every act in their workspace, and looked at together. */
import type { Deps } from '../deps.ts';
import type { ReleaseId, WorkspaceId } from '../domain/ids.ts';
import type { Situation } from '../domain/situation.ts';

export type Waiting = {
  /** How often something happened in the workspace: taken before looking, so that nothing falls between looking and waiting. */
  generation: (workspace: WorkspaceId) => number;
  /** Resolves when something has happened in the workspace since that generation, or after `ms`. */
  change: (workspace: WorkspaceId, since: number, ms: number, gone: AbortSignal) => Promise<void>;
  /** The situation of a release as of now: who asks at the same moment shares the reading. */
  look: (workspace: WorkspaceId, release: ReleaseId) => Promise<Situation | null>;
  changed: (workspace: string) => void;
  /** Nobody waits any more: the process ends. */
  end: () => void;
  isOver: () => boolean;
};

/** Milliseconds in which those who ask at the same moment gather: reading for many costs what reading for one does. */
const GATHER = 3;
const MOST_TOGETHER = 200;

type Asked = { release: ReleaseId; tell: (s: Situation | null) => void; fail: (error: unknown) => void };

export const waitingFor = (deps: Deps): Waiting => {
  const waiters = new Map<string, Set<() => void>>();
  const asked = new Map<WorkspaceId, Asked[]>();
  const generations = new Map<string, number>();
  const generation = (workspace: string): number => generations.get(workspace) ?? 0;
  let over = false;

  /** One after another in a workspace: who asks while one is read is read together with the others, right after it. */
  const read = async (workspace: WorkspaceId): Promise<void> => {
    for (let all = asked.get(workspace); all !== undefined && all.length > 0; all = asked.get(workspace)) {
      const some = all.splice(0, MOST_TOGETHER);
      const releases = [...new Set(some.map(({ release }) => release))];
      try {
        const scope = { workspace, releases, actor: null, now: deps.clock.now() };
        const found = await deps.situations.read(deps.database.db, scope);
        const by = new Map((found?.situations ?? []).map((s) => [s.release.id, s]));
        for (const { release, tell } of some) tell(by.get(release) ?? null);
      } catch (error) {
        for (const { fail } of some) fail(error);
      }
    }
    asked.delete(workspace);
  };

  return {
    generation,
    change: (workspace, since, ms, gone) =>
      new Promise((resolve) => {
        const those = waiters.get(workspace) ?? new Set();
        waiters.set(workspace, those);
        const end = (): void => {
          clearTimeout(timer);
          those.delete(end);
          if (those.size === 0) waiters.delete(workspace);
          gone.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, Math.max(0, ms));
        those.add(end);
        gone.addEventListener('abort', end);
        if (gone.aborted || over || generation(workspace) !== since) end();
      }),
    look: (workspace, release) =>
      new Promise((tell, fail) => {
        const list = asked.get(workspace);
        if (list !== undefined) return void list.push({ release, tell, fail });
        asked.set(workspace, [{ release, tell, fail }]);
        setTimeout(() => void read(workspace), GATHER);
        return undefined;
      }),
    changed: (workspace) => {
      generations.set(workspace, generation(workspace) + 1);
      const those = Array.from(waiters.get(workspace) ?? []);
      for (const end of those) end();
    },
    end: () => {
      over = true;
      for (const those of Array.from(waiters.values())) for (const end of Array.from(those)) end();
    },
    isOver: () => over,
  };
};
