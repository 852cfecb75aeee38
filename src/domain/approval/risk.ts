/** The risk score, 0–100: ten questions, answered by the data where it can and by the owner where only the owner knows. */
import { isHigher, type RiskLevel } from '../catalog/catalog.ts';
import { freezesStopping } from '../freeze/calendar.ts';
import type { GateState } from '../gate/gate.ts';
import type { Release, Risk } from '../release/release.ts';
import { riskyTime } from '../release/risky-time.ts';
import { servicesOf, zoneOf } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import { between, DAY, type Instant, instant, inZone } from '../time.ts';
import { count } from '../words.ts';

export type Evidence = 'green' | 'partial' | 'missing';

export type RiskFacts = {
  tier: number;
  gates: Evidence;
  failures30d: number;
  doneBefore: boolean;
  frozenAtStart: boolean;
  /** What is risky about its start: a weekend, a holiday, just before one. */
  risky: string | null;
  zone: string;
  now: Instant;
};

/** low < 25 ≤ medium < 50 ≤ high < 75 ≤ critical. */
const levelOf = (score: number): RiskLevel =>
  score < 25 ? 'low' : score < 50 ? 'medium' : score < 75 ? 'high' : 'critical';

const steps = (value: number, table: readonly (readonly [most: number, points: number])[]): number =>
  table.find(([most]) => value <= most)?.[1] ?? 0;

const timingPart = (release: Release, facts: RiskFacts): { label: string; points: number } => {
  if (facts.frozenAtStart) return { label: 'planned inside a freeze', points: 8 };
  const at = inZone(release.when.kind === 'at' ? release.when.start : facts.now, facts.zone);
  if (facts.risky !== null) return { label: facts.risky, points: 6 };
  return { label: 'in business hours', points: at.hour >= 9 && at.hour < 18 ? 3 : 0 };
};

const REHEARSAL_COUNTS = 90 * DAY;

/** A rehearsal older than 90 days says nothing about today. */
const rehearsed = ({ rehearsedOn }: Release, now: Instant): boolean =>
  rehearsedOn !== null && between(instant(`${rehearsedOn}T00:00:00Z`), now) <= REHEARSAL_COUNTS;

/** Scores by the table of the operations guide (docs/operations.md, “Risk score”). The parts are the points that counted, largest first. */
const scoreRisk = (release: Release, facts: RiskFacts): Risk => {
  const { answers, changes, rollbackPlan } = release;
  const parts = [
    {
      label: `${1 + release.affects.length} services`,
      points: steps(release.affects.length, [
        [0, 0],
        [2, 5],
        [Infinity, 10],
      ]),
    },
    {
      label: facts.tier === 1 ? 'a most important service' : 'an important service',
      points: steps(facts.tier, [
        [1, 12],
        [2, 6],
        [3, 0],
      ]),
    },
    {
      label: answers.irreversible ? 'cannot be undone' : 'schema change',
      points: answers.irreversible ? 15 : answers.schema ? 6 : 0,
    },
    {
      label: `${changes.length} changes`,
      points: steps(changes.length, [
        [5, 0],
        [20, 4],
        [Infinity, 8],
      ]),
    },
    {
      label: answers.downtime ? 'downtime' : 'customers notice',
      points: answers.downtime ? 8 : release.customers === null ? 0 : 4,
    },
    {
      label: rollbackPlan === null ? 'no rollback plan' : 'rollback not rehearsed',
      points: rollbackPlan === null ? 15 : rehearsed(release, facts.now) ? 0 : 6,
    },
    {
      label: facts.gates === 'partial' ? 'evidence waived or partial' : 'evidence missing',
      points: { green: 0, partial: 6, missing: 10 }[facts.gates],
    },
    timingPart(release, facts),
    {
      label: `${count(facts.failures30d, 'failure')} in 30 days`,
      points: steps(facts.failures30d, [
        [0, 0],
        [1, 3],
        [Infinity, 6],
      ]),
    },
    { label: 'its first deployment', points: facts.doneBefore ? 0 : 8 },
  ];
  const counted = parts.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points);
  const score = counted.reduce((sum, { points }) => sum + points, 0);
  return { score, level: levelOf(score), parts: counted };
};

/** All passed; waived or some of them; none. A waiver lets it go on, and shows nothing. */
export const evidenceOf = (states: readonly GateState[]): Evidence => {
  if (states.every(({ state }) => state === 'passed')) return 'green';
  return states.some(({ state }) => state === 'passed' || state === 'waived') ? 'partial' : 'missing';
};

/** The risk as of now. `evidence` is how the required gates stand. */
export const riskOf = (s: Situation, evidence: Evidence, now: Instant): Risk => {
  const { release, around } = s;
  const start = release.when.kind === 'at' ? release.when.start : now;
  const frozen = release.targets.some(
    (environment) =>
      freezesStopping(around.freezes, s.exceptions, {
        services: servicesOf(s),
        environment,
        type: release.type,
        at: start,
      }).length > 0,
  );
  const scored = scoreRisk(release, {
    tier: Math.min(...servicesOf(s).map((name) => around.catalog.services[name]?.tier ?? 3)),
    gates: evidence,
    failures30d: servicesOf(s).reduce((sum, name) => sum + (around.failures30d[name] ?? 0), 0),
    // Where it is meant to go: a success on the way there has shown nothing of that.
    doneBefore: around.running.some(({ environment }) => release.targets.includes(environment)),
    frozenAtStart: frozen,
    risky: riskyTime(s, start)?.words ?? null,
    zone: zoneOf(s),
    now,
  });
  const raised = release.risk?.raised;
  if (raised === undefined) return scored;
  return { ...scored, raised, level: isHigher(raised.level, scored.level) ? raised.level : scored.level };
};
