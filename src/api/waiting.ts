/** Those who wait for an answer to become another: woken by every act in their workspace, and looked at together. */
import type { Deps } from '../deps.ts';
import type { ReleaseId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Situation } from '../domain/situation.ts';
import { between, type Instant } from '../domain/time.ts';
import { asOf } from '../situation/as-of.ts';
import { type Seen, seenBy } from '../situation/seen-by.ts';

export type Waiting = {
  /** How often something happened in the workspace: taken before looking, so that nothing falls between looking and waiting. */
  generation: (workspace: WorkspaceId) => number;
  /** Resolves when something has happened in the workspace since that generation, or after `ms`. */
  change: (workspace: WorkspaceId, since: number, ms: number, gone: AbortSignal) => Promise<void>;
  /** The situation of a release as of now: who asks at the same moment shares the reading. */
  look: (workspace: WorkspaceId, release: ReleaseId) => Promise<Situation | null>;
  /** What was seen of a version a moment ago, where nothing has happened in the workspace since. It is looked at again in time, for whoever asks next. */
  stillKnown: (caller: Asking, version: Named) => Seen | null;
  changed: (workspace: string) => void;
  /** Nobody waits any more: the process ends. */
  end: () => void;
  isOver: () => boolean;
};

/** Milliseconds in which those who ask at the same moment gather: reading for many costs what reading for one does. */
const GATHER = 3;
const MOST_TOGETHER = 200;

/** Milliseconds for which a look is kept: so old may be what the journal does not tell, as where the card stands and who has left. */
const KEPT = 5_000;
const MOST_KEPT = 200;

type Asking = { workspace: WorkspaceId; actor: UserId; head?: number };
type Named = { service: string; version: string };
type Kept = { s: Situation; head: number; at: Instant; looking: boolean; seen: Map<UserId, Seen | null> };
const keptUnder = (workspace: WorkspaceId, { service, version }: Named): string => `${workspace} ${service}@${version}`;

type Asked = { release: ReleaseId; tell: (s: Situation | null) => void; fail: (error: unknown) => void };

export const waitingFor = (deps: Deps): Waiting => {
  const waiters = new Map<string, Set<() => void>>();
  const asked = new Map<WorkspaceId, Asked[]>();
  const generations = new Map<string, number>();
  const kept = new Map<string, Kept>();
  const generation = (workspace: string): number => generations.get(workspace) ?? 0;
  let over = false;

  const keep = (s: Situation, head: number, at: Instant): void => {
    const name = keptUnder(s.release.workspace, s.release);
    kept.delete(name);
    kept.set(name, { s, head, at, looking: false, seen: new Map() });
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  };

  /** One after another in a workspace: who asks while one is read is read together with the others, right after it. */
  const read = async (workspace: WorkspaceId): Promise<void> => {
    for (let all = asked.get(workspace); all !== undefined && all.length > 0; all = asked.get(workspace)) {
      const some = all.splice(0, MOST_TOGETHER);
      const releases = [...new Set(some.map(({ release }) => release))];
      try {
        const now = deps.clock.now();
        const found = await deps.situations.read(deps.database.db, { workspace, releases, actor: null, now });
        const settled = (found?.situations ?? []).map((s) => asOf(deps, s, now));
        if (found !== null) for (const s of settled) keep(s, found.head, now);
        const by = new Map(settled.map((s) => [s.release.id, s]));
        for (const { release, tell } of some) tell(by.get(release) ?? null);
      } catch (error) {
        for (const { fail } of some) fail(error);
      }
    }
    asked.delete(workspace);
  };

  const look: Waiting['look'] = (workspace, release) =>
    new Promise((tell, fail) => {
      const list = asked.get(workspace);
      if (list !== undefined) return void list.push({ release, tell, fail });
      asked.set(workspace, [{ release, tell, fail }]);
      setTimeout(() => void read(workspace), GATHER);
      return undefined;
    });

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
    look,
    stillKnown: ({ workspace, actor, head }, version) => {
      const known = kept.get(keptUnder(workspace, version));
      if (known === undefined || known.head !== head) return null;
      const age = Math.abs(between(known.at, deps.clock.now()));
      if (age > KEPT / 2 && !known.looking) {
        known.looking = true;
        // Whoever looks with nothing kept hears what is wrong.
        look(workspace, known.s.release.id).catch(() => kept.delete(keptUnder(workspace, version)));
      }
      if (age >= KEPT) return null;
      if (!known.seen.has(actor)) known.seen.set(actor, seenBy(known.s, actor));
      return known.seen.get(actor) ?? null;
    },
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
