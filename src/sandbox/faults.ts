/** Faults on demand: what goes wrong with Slack, for a named method or at random with a printed seed. */

export type Fault =
  | { kind: 'limited'; retryAfterS: number }
  | { kind: 'error'; error: string }
  | { kind: 'status before' }
  | { kind: 'status after' }
  | { kind: 'hang after'; ms: number }
  | { kind: 'reset before' }
  | { kind: 'reset after' };

type Planned = { method: string; fault: Fault; left: number; when: (args: Record<string, unknown>) => boolean };

export type Faults = {
  /** The next `times` calls of the method (that fit `when`) go wrong like this. */
  plan: (method: string, fault: Fault, times?: number, when?: (args: Record<string, unknown>) => boolean) => void;
  /** A share of all calls of these methods goes wrong, by a seeded generator. */
  atRandom: (seed: number, share: number, methods: readonly string[], faults: readonly Fault[]) => void;
  clear: () => void;
  take: (method: string, args: Record<string, unknown>) => Fault | null;
};

/** A small seeded generator (mulberry32), so that a run can be repeated. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export const createFaults = (): Faults => {
  let planned: Planned[] = [];
  let random: { next: () => number; share: number; methods: readonly string[]; faults: readonly Fault[] } | null = null;
  return {
    plan: (method, fault, times = 1, when = () => true) => {
      planned.push({ method, fault, left: times, when });
    },
    atRandom: (seed, share, methods, faults) => {
      random = { next: seeded(seed), share, methods, faults };
    },
    clear: () => {
      planned = [];
      random = null;
    },
    take: (method, args) => {
      const found = planned.find((plan) => plan.method === method && plan.left > 0 && plan.when(args));
      if (found !== undefined) {
        found.left -= 1;
        return found.fault;
      }
      if (random === null || !random.methods.includes(method) || random.next() >= random.share) return null;
      return random.faults[Math.floor(random.next() * random.faults.length)] ?? null;
    },
  };
};
