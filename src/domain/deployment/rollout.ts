/**
 * A deployment in steps: what each reaches, how long it bakes. The plan is the catalog's when it starts and stays what it was.
 */
import type { Catalog, HealthRule, StepRule, Strategy } from '../catalog/catalog.ts';
import type { FreezeId, UserId } from '../ids.ts';
import { after, DAY, HOUR, type Instant, MINUTE } from '../time.ts';

export type Rollout = {
  strategy: string;
  steps: readonly StepRule[];
  /** The step that is on. */
  index: number;
  since: Instant;
  /** When each step before it began. */
  began: readonly Instant[];
  paused: { by: UserId; reason: string; since: Instant } | null;
  /** The numbers that cross their rules in this step, and nobody has overruled. */
  stopped: readonly { metric: string; value: number; rule: string; at: Instant }[];
  /** What is to be done once it is through. Not of those that began before this was kept. */
  afterwards?: Strategy['afterwards'];
  /** Freezes that were on when it started, and were got past: by an exemption, an exception, an emergency, a reason. */
  passed: readonly FreezeId[];
};

const DEPLOY: StepRule = { name: 'deploy', percent: 100, bakeMinutes: 0 };
const share = (percent: number, bakeMinutes: number): StepRule => ({ name: `${percent} %`, percent, bakeMinutes });
const named = (name: string, percent: number | null, bakeMinutes = 0): StepRule => ({ name, percent, bakeMinutes });

/** The strategies that every catalog has. `all-at-once` is no plan: a start and an end. */
export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  'all-at-once': { steps: [DEPLOY] },
  rolling: { steps: [share(25, 0), share(50, 0), share(75, 0), share(100, 0)] },
  'blue-green': {
    steps: [named('prepare idle', 0), named('smoke test on idle', 0), named('switch traffic', 100, 30)],
    afterwards: { text: 'Retire the old environment', days: 3 },
  },
  canary: { steps: [share(1, 15), share(10, 30), share(50, 60), share(100, 0)] },
  'dark-launch': { steps: [named('code, switched off', 0), named('shadow traffic', 0, 30), named('switched on', 100)] },
  flag: {
    steps: [named('deployed, switched off', 0), share(10, 30), share(50, 60), share(100, 0)],
    afterwards: { text: 'Take the flag out of the code', days: 10 },
  },
};

/** The strategy of a service for a place; where nothing is protected, and where it has one step, there is no plan. */
export const rolloutOf = (catalog: Catalog, service: string, isSerious: boolean, now: Instant): Rollout | null => {
  const strategy = catalog.services[service]?.strategy ?? null;
  const plan = strategy === null ? null : (catalog.strategies?.[strategy] ?? STRATEGIES[strategy] ?? null);
  if (strategy === null || plan === null || !isSerious || plan.steps.length < 2) return null;
  const { steps, afterwards } = plan;
  return { strategy, steps, afterwards, index: 0, since: now, began: [], paused: null, stopped: [], passed: [] };
};

/** Two hours after it was paused, and a day: whoever runs it is asked whether it still waits. */
export const pauseNudges = ({ rollout }: { rollout: Rollout | null }): readonly Instant[] =>
  rollout?.paused == null ? [] : [after(rollout.paused.since, 2 * HOUR), after(rollout.paused.since, DAY)];

/** Minutes that it bakes in all. */
export const bakes = (rollout: Rollout | null): number =>
  (rollout?.steps ?? []).reduce((sum, { bakeMinutes }) => sum + bakeMinutes, 0);

export const stepOf = ({ steps, index }: Rollout): StepRule => steps[index] ?? DEPLOY;
export const nextStepOf = ({ steps, index }: Rollout): StepRule | null => steps[index + 1] ?? null;

/** Until when its step bakes; `null` where it has, or does not. */
export const bakesUntil = (rollout: Rollout, now: Instant): Instant | null => {
  const until = after(rollout.since, stepOf(rollout).bakeMinutes * MINUTE);
  return until > now ? until : null;
};

/** Another step is on; what stopped the one before is past. */
export const moved = (rollout: Rollout, index: number, now: Instant): Rollout => ({
  ...rollout,
  index,
  since: now,
  began: [...rollout.began, rollout.since],
  stopped: [],
});

export const crosses = (rule: HealthRule, value: number): boolean =>
  (rule.above !== null && value > rule.above) || (rule.below !== null && value < rule.below);

/** `error rate at most 2`. */
export const ruleWords = ({ metric, above, below }: HealthRule): string =>
  [above === null ? null : `at most ${above}`, below === null ? null : `at least ${below}`]
    .filter((each) => each !== null)
    .join(' and ')
    .replace(/^/, `${metric} `);

/** What a pipeline says of itself: the step that has this name or this share, from the one that is on onwards. */
export const reached = (rollout: Rollout, words: string, percent: number | null, now: Instant): Rollout => {
  const index = rollout.steps.findIndex(
    (step, place) =>
      place > rollout.index &&
      // A share that is reached already says nothing of a later step.
      (step.name.toLowerCase() === words.toLowerCase() ||
        (percent !== null && percent > (stepOf(rollout).percent ?? -1) && step.percent === percent)),
  );
  return index < 0 ? rollout : moved(rollout, index, now);
};
