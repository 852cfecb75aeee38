/** Builders with defaults: a test says only what matters to it. */

import { presetRules } from '../../src/catalog/presets.ts';
import type { Catalog, Rule } from '../../src/domain/catalog/catalog.ts';
import type { Freeze } from '../../src/domain/freeze/calendar.ts';
import { channelId, ID_PREFIXES, type NewId, type UserId, userId } from '../../src/domain/ids.ts';
import type { Release } from '../../src/domain/release/release.ts';
import type { Act, Situation } from '../../src/domain/situation.ts';
import { type Instant, instant } from '../../src/domain/time.ts';

/** A Tuesday morning. */
export const NOW = instant('2026-03-03T10:00:00Z');

export const [OWNER, ADAM, BELLA, QUINN, RITA] = ['U1OWNER', 'U2ADAM', 'U3BELLA', 'U4QUINN', 'U5RITA'].map(userId) as [
  UserId,
  UserId,
  UserId,
  UserId,
  UserId,
];

/** Ids in a row: the same test gives the same ids. */
export const counting = (): NewId => {
  let count = 0;
  return (kind) => {
    count += 1;
    return `${ID_PREFIXES[kind]}_${count}` as ReturnType<NewId> as never;
  };
};

export const anAct = (by: UserId = OWNER, now: Instant = NOW, newId: NewId = counting()): Act => ({ by, now, newId });

export const aRule = (more: Partial<Rule> = {}): Rule => ({
  name: 'service owners',
  when: {},
  groups: ['owners'],
  people: [],
  count: 1,
  exclude: { requester: true, authors: false, deployer: false },
  ...more,
});

export const aCatalog = (more: Partial<Catalog> = {}): Catalog => {
  const preset = presetRules(more.preset ?? 'standard', ['managers']);
  return {
    ...preset,
    version: 7,
    preset: 'standard',
    environments: [
      { name: 'staging', protected: false, requires: null },
      { name: 'production', protected: true, requires: null },
    ],
    groups: {
      owners: { people: [OWNER, ADAM, BELLA], slack: null },
      qa: { people: [QUINN], slack: null },
      managers: { people: [RITA], slack: null },
    },
    roles: { admin: ['managers'], release_manager: ['managers'], deployer: [] },
    services: {
      checkout: {
        owners: 'owners',
        channel: channelId('C1'),
        tier: 2,
        versioning: 'semver',
        zone: 'Europe/London',
        start: {},
        compare: null,
        policy: 'default',
        rollbackPlan: 'Redeploy, 5 min',
        deployMinutes: 120,
      },
    },
    gates: [],
    announce: [],
    reviews: { ...preset.reviews, prompt: '0 10 * * 1-5' },
    ...more,
  };
};

const newId = counting();

export const aRelease = (more: Partial<Release> = {}): Release => ({
  workspace: newId('workspace'),
  id: newId('release'),
  number: 142,
  service: 'checkout',
  affects: [],
  version: '2.14.0',
  type: 'normal',
  title: 'Faster basket',
  customers: null,
  owner: OWNER,
  creator: OWNER,
  submitter: null,
  deployer: null,
  artifact: { revision: 1, sha: null, digest: null },
  targets: ['production'],
  answers: { schema: false, irreversible: false, downtime: false, restricted: false },
  when: { kind: 'asap' },
  rollbackPlan: 'Redeploy, 5 min',
  rehearsedOn: null,
  changeNumber: null,
  askWhenReady: false,
  changes: [],
  state: { status: 'draft', since: NOW, returned: null },
  hold: null,
  risk: null,
  everAsked: false,
  createdAt: NOW,
  ...more,
});

export const aFreeze = (more: Partial<Freeze> = {}): Freeze => ({
  workspace: newId('workspace'),
  id: newId('freeze'),
  number: 1,
  name: 'Quarter end',
  reason: 'Books are closed',
  severity: 'hard',
  scope: { services: [], environments: ['production'] },
  startsAt: instant('2026-03-03T09:00:00Z'),
  endsAt: instant('2026-03-04T07:00:00Z'),
  zone: 'Europe/London',
  exemptTypes: ['emergency'],
  approvers: 'managers',
  createdBy: RITA,
  endedEarlyAt: null,
  ...more,
});

type SituationParts = Partial<Omit<Situation, 'around'>> & { around?: Partial<Situation['around']> };

export const aSituation = ({ around, ...more }: SituationParts = {}): Situation => ({
  release: aRelease(),
  round: null,
  gates: [],
  deployments: [],
  breakGlass: null,
  reviews: [],
  actions: [],
  exceptions: [],
  locks: [],
  card: null,
  ...more,
  around: {
    freezes: [],
    busy: [],
    running: [],
    succeeded: [],
    newer: null,
    failures30d: 0,
    unjudged: null,
    inactive: [],
    askedLately: {},
    zones: {},
    names: {},
    catalog: aCatalog(),
    ...around,
  },
});
