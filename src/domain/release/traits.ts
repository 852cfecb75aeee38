/** The release as predicates of the catalog see it, and its risk. */
import { type Catalog, environmentNamed, type RiskLevel, type Traits } from '../catalog/catalog.ts';
import type { Situation } from '../situation.ts';
import type { Release } from './release.ts';

export const isProtected = (s: Pick<Situation, 'around'>, environment: string): boolean =>
  environmentNamed(s.around.catalog, environment)?.protected ?? false;

export const tierOf = (s: Situation): number => s.around.catalog.services[s.release.service]?.tier ?? 3;

export const zoneOf = (s: Situation): string => s.around.catalog.services[s.release.service]?.zone ?? 'UTC';

export const servicesOf = (s: Situation): readonly string[] => [s.release.service, ...s.release.affects];

export const riskLevel = (s: Situation): RiskLevel => s.release.risk?.level ?? 'medium';

export const traitsOf = (s: Situation, risk: RiskLevel = riskLevel(s)): Traits =>
  releaseTraits(s.around.catalog, s.release, risk);

export const releaseTraits = (catalog: Catalog, release: Release, risk: RiskLevel): Traits => ({
  type: release.type,
  service: release.service,
  affects: release.affects,
  tier: catalog.services[release.service]?.tier ?? 3,
  risk,
  schema: release.answers.schema,
  customers: release.customers !== null,
});
