/** The catalog that a workspace without one is offered, and that `npm start` begins with when CATALOG_FILE is not set. */
export const CATALOG_TEMPLATE = `preset: standard
environments:
  - staging
  - { name: production, protected: true, requires: staging }
groups:
  checkout-owners: { people: [U012ABC, lead@example.com] }
  release-managers: { people: [U034DEF] }
roles:
  admin: [release-managers]
  deployer: [checkout-owners]
services:
  checkout:
    owners: checkout-owners
    channel: "#team-checkout"
    tier: 1
    zone: Europe/Berlin
    start: { production: pipeline }
    rollbackPlan: Redeploy the version before, 5 min
reviews: { prompt: "0 10 * * 1-5" }
`;
