/** The release as predicates of the catalog see it, and its risk. */
import { isHigher, type RiskLevel, type Traits } from './catalog.ts';
import { freezesStopping } from './freeze-calendar.ts';
import type { Instant } from './instant.ts';
import type { Risk } from './release.ts';
import { releaseTraits } from './release-traits.ts';
import { scoreRisk } from './risk.ts';
import type { Situation } from './situation.ts';

const tierOf = (s: Situation): number => s.around.catalog.services[s.release.service]?.tier ?? 3;
export const zoneOf = (s: Situation): string => s.around.catalog.services[s.release.service]?.zone ?? 'UTC';
export const servicesOf = (s: Situation): readonly string[] => [s.release.service, ...s.release.affects];

export const riskLevel = (s: Situation): RiskLevel => s.release.risk?.level ?? 'medium';

export const traitsOf = (s: Situation, risk: RiskLevel = riskLevel(s)): Traits =>
  releaseTraits(s.around.catalog, s.release, risk);

/** The risk as of now. `evidence` is how the required gates stand. */
export const riskOf = (s: Situation, evidence: 'green' | 'partial' | 'missing', now: Instant): Risk => {
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
    tier: tierOf(s),
    gates: evidence,
    failures30d: around.failures30d,
    doneBefore: around.running.length > 0,
    frozenAtStart: frozen,
    zone: zoneOf(s),
    now,
  });
  const raised = release.risk?.raised;
  if (raised === undefined) return scored;
  return { ...scored, raised, level: isHigher(raised.level, scored.level) ? raised.level : scored.level };
};
