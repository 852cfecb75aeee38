/** A sleep that whoever brings work ends. A ring while nobody sleeps is kept until the next look. */
export type Alarm = {
  ring: () => void;
  /** What rings from here on is news. */
  reset: () => void;
  rang: () => boolean;
  /** So many milliseconds, or until it rings. */
  sleep: (ms: number) => Promise<void>;
};

export const newAlarm = (): Alarm => {
  let rang = false;
  let end: (() => void) | null = null;
  return {
    ring: () => {
      rang = true;
      end?.();
    },
    reset: () => {
      rang = false;
    },
    rang: () => rang,
    sleep: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        end = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
};
