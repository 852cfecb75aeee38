/**
 * How much is let in at once. Slack waits three seconds: what could not be served by then is refused as it comes, while refusing is all that
 * it costs, instead of being given up after everybody has waited.
 */

/** Milliseconds. What is let in is expected to have its turn within this. */
const LONGEST_QUEUE = 800;

/** So many are let in whatever is expected: a slow start must not look like a crowd. */
const ALWAYS = 8;

/** Until it was measured, an answer is taken to cost this much of the process; then the last ones weigh most. */
const FIRST_GUESS = 25;
const WEIGHT = 0.1;

export type Admission = {
  /** Whether one more can be served in time. */
  admits: () => boolean;
  /** Runs what was let in, and learns from how often something ends. */
  serve: <T>(run: () => Promise<T>) => Promise<T>;
};

/** `now`: machine time in milliseconds. */
export const createAdmission = (now: () => number = () => performance.now()): Admission => {
  let under = 0;
  let every = FIRST_GUESS;
  let last = 0;
  return {
    admits: () => under < ALWAYS || under * every <= LONGEST_QUEUE,
    serve: async (run) => {
      // Only while something else is served does the time between two ends say how long one takes.
      if (under === 0) last = now();
      under += 1;
      try {
        return await run();
      } finally {
        under -= 1;
        const at = now();
        every += WEIGHT * (at - last - every);
        last = at;
      }
    },
  };
};
