/** Builders with defaults: a test says only what matters to it. */

import { presetRules } from '../../src/catalog/presets.ts';
import type { ApprovalDecision, Round } from '../../src/domain/approval/round.ts';
import { type Catalog, type Policy, type Rule, type RuleTree, withOwnNames } from '../../src/domain/catalog/catalog.ts';
import type { Deployment } from '../../src/domain/deployment/deployment.ts';
import type { BreakGlass } from '../../src/domain/emergency/phase.ts';
import type { Freeze } from '../../src/domain/freeze/calendar.ts';
import { picked } from '../../src/domain/freeze/scope.ts';
import { channelId, ID_PREFIXES, type NewId, type UserId, userId } from '../../src/domain/ids.ts';
import type { Decision, Refusal } from '../../src/domain/refusal.ts';
import type { Change, Release } from '../../src/domain/release/release.ts';
import type { ActionItem } from '../../src/domain/review/action.ts';
import type { Review } from '../../src/domain/review/review.ts';
import type { Act, Effect, Situation } from '../../src/domain/situation.ts';
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
  return withOwnNames({
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
  });
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
  fixes: null,
  needs: [],
  changes: [],
  state: { status: 'draft', since: NOW, returned: null },
  hold: null,
  risk: null,
  everAsked: false,
  vouchedBy: [],
  createdAt: NOW,
  ...more,
});

export const aChange = (more: Partial<Change> = {}): Change => ({
  id: newId('change'),
  type: 'feature',
  title: 'One page instead of three',
  link: null,
  author: null,
  addedBy: null,
  customers: false,
  ...more,
});

/** A short review of a success, due on the next morning. */
export const aReview = (more: Partial<Review> = {}): Review => ({
  id: newId('review'),
  form: 'short',
  state: 'due',
  owner: OWNER,
  openedAt: NOW,
  dueAt: instant('2026-03-04T10:00:00Z'),
  outcome: null,
  answers: {},
  submittedBy: null,
  submittedAt: null,
  ...more,
});

export const anAction = (more: Partial<ActionItem> = {}): ActionItem => ({
  id: newId('action'),
  text: 'Add a canary metric',
  owner: OWNER,
  due: instant('2026-03-12T17:00:00Z'),
  state: 'open',
  reason: null,
  createdAt: NOW,
  doneAt: null,
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
  picked: picked({ services: [], environments: ['production'] }),
  repeats: null,
  exemptGroups: [],
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
  theirs: [],
  ...more,
  around: {
    freezes: [],
    busy: [],
    running: [],
    succeeded: [],
    siblings: [],
    linked: [],
    neededBy: [],
    plans: [],
    endedFreezes: [],
    newer: null,
    failures30d: {},
    failing: {},
    lastFailed: {},
    unjudged: null,
    inactive: [],
    askedLately: {},
    zones: {},
    names: {},
    catalog: aCatalog(),
    ...around,
  },
});

/** A deployment that runs in production since NOW. */
export const aDeployment = (more: Partial<Deployment> = {}): Deployment => ({
  id: newId('deployment'),
  release: newId('release'),
  service: 'checkout',
  environment: 'production',
  version: '2.14.0',
  revision: 1,
  sha: null,
  digest: null,
  kind: 'deploy',
  attempt: 1,
  state: 'running',
  startedBy: OWNER,
  runBy: more.startedBy ?? OWNER,
  startedAt: NOW,
  finishedAt: null,
  finishedBy: null,
  deadline: instant('2026-03-03T12:00:00Z'),
  reason: null,
  cause: null,
  inARow: null,
  before: '2.13.1',
  unhealthyAt: null,
  unhealthyBy: null,
  healthyAgainAt: null,
  step: null,
  run: null,
  rollout: null,
  checklist: [],
  signals: [],
  probedAt: null,
  ...more,
});

/** A broken glass for production, in force from NOW for four hours. */
export const aGrant = (more: Partial<BreakGlass> = {}): BreakGlass => ({
  id: newId('breakGlass'),
  environment: 'production',
  justification: 'The basket is down for every customer in Europe',
  incident: null,
  by: OWNER,
  second: null,
  grantedAt: NOW,
  expiresAt: instant('2026-03-03T14:00:00Z'),
  usedBy: null,
  judgeBy: instant('2026-03-05T10:00:00Z'),
  verdict: null,
  judgedBy: null,
  judgedAt: null,
  ...more,
});

/** What was decided; fails the test when it was refused. */
export const done = <T>(decision: Decision<T>): T => {
  if (!decision.ok) throw new Error(`refused: ${JSON.stringify(decision.refusal)}`);
  return decision.value;
};

/** Why it was refused; fails the test when it was not. */
export const refusalOf = (decision: Decision<unknown>): Refusal => {
  if (decision.ok) throw new Error('it was not refused');
  return decision.refusal;
};

/** The catalog whose default policy is these rules. */
export const aCatalogOf = (
  rules: RuleTree,
  more: Partial<Catalog> & { otherwise?: Policy['otherwise'] } = {},
): Catalog => {
  const { otherwise = 'owners', ...rest } = more;
  return aCatalog({ policies: { default: { rules, otherwise } }, ...rest });
};

/** Round 1, open, of one rule: the content is that of `aRelease()`. */
export const aRound = (more: Partial<Round> = {}): Round => ({
  id: newId('round'),
  n: 1,
  state: 'open',
  openedAt: NOW,
  openedBy: OWNER,
  expiresAt: instant('2026-03-06T10:00:00Z'),
  endedAt: null,
  validUntil: null,
  snapshot: {
    artifact: { revision: 1, sha: null, digest: null },
    changes: [],
    risk: 'low',
    targets: ['production'],
    affects: [],
    customers: false,
    answers: { schema: false, irreversible: false, downtime: false, restricted: false },
    rollbackPlan: 'Redeploy, 5 min',
    when: { kind: 'asap' },
  },
  hash: 'cafe',
  policy: 'default',
  rules: { all: [aRule()] },
  gates: [],
  members: null,
  catalogVersion: 7,
  remindAt: instant('2026-03-03T14:00:00Z'),
  remindedAt: null,
  stuckSince: null,
  trail: [],
  since: null,
  decisions: [],
  questions: [],
  asks: [],
  ...more,
});

export const aVote = (actor: UserId, more: Partial<ApprovalDecision> = {}): ApprovalDecision => ({
  id: newId('decision'),
  actor,
  onBehalfOf: null,
  verdict: 'approve',
  comment: null,
  hash: 'cafe',
  at: NOW,
  retractedAt: null,
  carriedFrom: null,
  ...more,
});

/** A release that waits for the decisions of this round. */
export const aWaiting = (round: Round = aRound(), more: SituationParts = {}): Situation => {
  const state = { status: 'awaiting_approval', since: NOW, round: round.id } as const;
  return aSituation({ ...more, round, release: aRelease({ submitter: OWNER, ...more.release, state }) });
};

/** The situation after a verb; fails the test when it was refused. */
export const afterOf = (decision: Decision<Effect>): Situation => done(decision).after;
