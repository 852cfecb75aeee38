/** The sandbox's clock: it runs, and it can be moved forward. Whoever listens is told of a move. */
export type MovableClock = {
  now: () => number;
  advance: (ms: number) => void;
  set: (epochMs: number) => void;
  onMove: (listener: () => void) => void;
  freeze: (frozen: boolean) => void;
};

/** Starts at `epochMs`; runs with the machine unless frozen. */
export const movableClock = (epochMs: number = Date.now()): MovableClock => {
  let base = epochMs;
  let since = Date.now();
  let frozen = false;
  const listeners: (() => void)[] = [];
  const now = (): number => (frozen ? base : base + Date.now() - since);
  const rebase = (value: number): void => {
    base = value;
    since = Date.now();
    for (const listener of listeners) listener();
  };
  return {
    now,
    advance: (ms) => rebase(now() + ms),
    set: rebase,
    onMove: (listener) => listeners.push(listener),
    freeze: (value) => {
      base = now();
      since = Date.now();
      frozen = value;
    },
  };
};
