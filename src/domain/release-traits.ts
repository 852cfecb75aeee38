/** A release as the predicates of the catalog see it, where no situation is at hand. */
import type { Catalog, RiskLevel, Traits } from './catalog.ts';
import type { Release } from './release.ts';

export const releaseTraits = (catalog: Catalog, release: Release, risk: RiskLevel): Traits => ({
  type: release.type,
  service: release.service,
  affects: release.affects,
  tier: catalog.services[release.service]?.tier ?? 3,
  risk,
  schema: release.answers.schema,
  customers: release.customers !== null,
});
