import { describe, expect, it } from 'vitest';
import {
  FINISHED,
  isPrivate,
  keyOf,
  move,
  nameOf,
  notStarted,
  OPEN_STATUSES,
  parseReference,
  type ReleaseState,
  type ReleaseStatus,
  roleHolders,
  stageOf,
} from '../../../src/domain/release/release.ts';
import { ADAM, aRelease, BELLA, NOW, OWNER } from '../../support/builders.ts';

const draft = { status: 'draft', since: NOW, returned: null } as const;
const approved = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: NOW,
} as const;
const deployed = { status: 'deployed', since: NOW, before: '2.13.1', healthy: null } as const;

/** One state of every status. */
const STATES: { readonly [Status in ReleaseStatus]: ReleaseState & { status: Status } } = {
  draft,
  awaiting_approval: { status: 'awaiting_approval', since: NOW, round: 'rnd_1' as never },
  approved,
  deploying: { status: 'deploying', since: NOW, deployment: 'dep_1' as never, from: approved },
  deployed,
  failed: { status: 'failed', since: NOW, reason: 'error rate' },
  rolled_back: { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'error rate' },
  closed: { status: 'closed', since: NOW, by: OWNER, outcome: 'success', from: deployed },
  cancelled: { status: 'cancelled', since: NOW, by: OWNER, reason: 'not needed', replacedBy: null, from: null },
};
const STATUSES = Object.keys(STATES) as ReleaseStatus[];

/** Written down from the life of a release: who may come after whom. */
const LEGAL: readonly (readonly [ReleaseStatus, ReleaseStatus, string])[] = [
  ['draft', 'awaiting_approval', 'submitted'],
  ['draft', 'approved', 'the policy asks nobody'],
  ['draft', 'deploying', 'the glass is broken'],
  ['draft', 'cancelled', 'given up'],
  ['awaiting_approval', 'approved', 'the last rule is satisfied'],
  ['awaiting_approval', 'draft', 'rejected, withdrawn or expired'],
  ['awaiting_approval', 'awaiting_approval', 'a material change opens the next round'],
  ['awaiting_approval', 'deploying', 'the glass is broken'],
  ['awaiting_approval', 'cancelled', 'given up'],
  ['approved', 'awaiting_approval', 'a material change opens the next round'],
  ['approved', 'draft', 'the approval lapsed'],
  ['approved', 'deploying', 'started'],
  ['approved', 'cancelled', 'given up or replaced'],
  ['cancelled', 'draft', 'no longer replaced'],
  ['cancelled', 'approved', 'no longer replaced, and its approval holds'],
  ['deploying', 'draft', 'aborted, back where an emergency came from'],
  ['deploying', 'awaiting_approval', 'aborted, back where an emergency came from'],
  ['deploying', 'approved', 'aborted before anything was touched'],
  ['deploying', 'deployed', 'every target has it'],
  ['deploying', 'failed', 'a step failed'],
  ['deploying', 'rolled_back', 'rolled back half way'],
  ['deployed', 'deploying', 'what had stopped it half way went back'],
  ['deployed', 'failed', 'not healthy'],
  ['deployed', 'rolled_back', 'rolled back'],
  ['deployed', 'closed', 'closed'],
  ['failed', 'deploying', 'retried'],
  ['failed', 'rolled_back', 'rolled back'],
  ['failed', 'deployed', 'fixed forward'],
  ['failed', 'draft', 'reworked'],
  ['failed', 'closed', 'closed'],
  ['rolled_back', 'draft', 'reworked'],
  ['rolled_back', 'closed', 'closed'],
  ['closed', 'deployed', 'reopened'],
  ['closed', 'failed', 'reopened'],
  ['closed', 'rolled_back', 'reopened'],
];
/** Moves that would skip what a release owes: approval, deployment, or being finished. */
const ILLEGAL: readonly (readonly [ReleaseStatus, ReleaseStatus])[] = [
  ['draft', 'deployed'],
  ['draft', 'failed'],
  ['draft', 'rolled_back'],
  ['draft', 'closed'],
  ['awaiting_approval', 'deployed'],
  ['awaiting_approval', 'rolled_back'],
  ['awaiting_approval', 'closed'],
  ['approved', 'approved'],
  ['approved', 'deployed'],
  ['approved', 'closed'],
  ['deploying', 'cancelled'],
  ['deploying', 'closed'],
  ['deployed', 'draft'],
  ['deployed', 'cancelled'],
  ['failed', 'approved'],
  ['failed', 'cancelled'],
  ['rolled_back', 'deployed'],
  ['rolled_back', 'deploying'],
  ['rolled_back', 'cancelled'],
  ['closed', 'draft'],
  ['closed', 'deploying'],
  ['closed', 'cancelled'],
  ['cancelled', 'deploying'],
  ['cancelled', 'deployed'],
  ['cancelled', 'closed'],
];

describe('moving between statuses', () => {
  it.each(LEGAL)('%s may become %s: %s', (from, to) => {
    const release = aRelease({ state: STATES[from] });
    expect(move(release, STATES[to])).toEqual({ ...release, state: STATES[to] });
  });

  it.each(ILLEGAL)('%s never becomes %s', (from, to) => {
    const release = aRelease({ state: STATES[from] });
    expect(() => move(release, STATES[to])).toThrow(`${release.id} cannot go from ${from} to ${to}`);
  });

  it('leaves the release that it was given as it was', () => {
    const release = aRelease();
    move(release, STATES.cancelled);
    expect(release.state).toEqual(draft);
  });
});

describe('named sets of statuses', () => {
  it('every status is open, but closed and cancelled', () => {
    expect(STATUSES.filter((status) => !OPEN_STATUSES.includes(status))).toEqual(['closed', 'cancelled']);
  });

  it('finished is what reached an environment and needs nobody to press anything', () => {
    expect(STATUSES.filter((status) => FINISHED.includes(status))).toEqual(['deployed', 'failed', 'rolled_back']);
  });

  it('has not started until it deploys', () => {
    const before = STATUSES.filter((status) => notStarted(aRelease({ state: STATES[status] })));
    expect(before).toEqual(['draft', 'awaiting_approval', 'approved']);
  });
});

describe('the stage', () => {
  it.each([
    ['draft', 0, 'Plan'],
    ['draft', 1, 'Test'],
    ['awaiting_approval', 0, 'Approve'],
    ['awaiting_approval', 2, 'Approve'],
    ['approved', 0, 'Deploy'],
    ['deploying', 0, 'Deploy'],
    ['failed', 0, 'Deploy'],
    ['deployed', 0, 'Verify'],
    ['rolled_back', 0, 'Review'],
    ['closed', 0, 'Review'],
    ['cancelled', 0, 'Review'],
  ] as const)('of %s with %d open gates is %s', (status, gatesOpen, stage) => {
    expect(stageOf(aRelease({ state: STATES[status] }), gatesOpen)).toBe(stage);
  });

  it('of what is deployed is Review once somebody said that it is healthy, and Verify before', () => {
    expect(stageOf(aRelease({ state: { ...deployed, healthy: true } }), 0)).toBe('Review');
    expect(stageOf(aRelease({ state: { ...deployed, healthy: false } }), 0)).toBe('Verify');
  });
});

describe('who has to do with it', () => {
  it('a draft is private until it was asked for, also once it is cancelled', () => {
    const unseen = STATUSES.filter((status) => isPrivate(aRelease({ state: STATES[status], everAsked: false })));
    expect(unseen).toEqual(['draft', 'cancelled']);
  });

  it('what was ever asked for is private in no status', () => {
    expect(STATUSES.filter((status) => isPrivate(aRelease({ state: STATES[status], everAsked: true })))).toEqual([]);
  });

  it('its roles are owner, creator, submitter and deployer, each person once', () => {
    expect(roleHolders(aRelease())).toEqual([OWNER]);
    expect(roleHolders(aRelease({ owner: ADAM, creator: OWNER, submitter: OWNER, deployer: BELLA }))).toEqual([
      ADAM,
      OWNER,
      BELLA,
    ]);
  });
});

describe('what people call it', () => {
  it('is its service and version, and a short key', () => {
    expect(nameOf(aRelease())).toBe('checkout 2.14.0');
    expect(keyOf(aRelease({ number: 7 }))).toBe('REL-7');
  });

  it.each([
    ['REL-142', { number: 142 }],
    ['rel-142', { number: 142 }],
    ['142', { number: 142 }],
    ['REL-999999999', { number: 999_999_999 }],
    ['checkout@2.14.0', { service: 'checkout', version: '2.14.0' }],
    ['pay-ments.eu@2.14.0-rc.1+b7', { service: 'pay-ments.eu', version: '2.14.0-rc.1+b7' }],
    [`${'s'.repeat(80)}@${'1'.repeat(40)}`, { service: 's'.repeat(80), version: '1'.repeat(40) }],
  ])('reads %s', (text, reference) => expect(parseReference(text)).toEqual(reference));

  it.each([
    ['nothing', ''],
    ['a word', 'checkout'],
    ['a key with text after it', 'REL-142x'],
    ['a key with text before it', 'see REL-142'],
    ['a key of another kind', 'FRZ-142'],
    ['a number that no release has', '1000000000'],
    ['a negative number', '-142'],
    ['a service without a version', 'checkout@'],
    ['a version without a service', '@2.14.0'],
    ['two at signs', 'checkout@2.14.0@1'],
    ['a space inside', 'checkout @2.14.0'],
    ['a service that is too long', `${'s'.repeat(81)}@1`],
    ['a version that is too long', `checkout@${'1'.repeat(41)}`],
  ])('does not read %s', (_, text) => expect(parseReference(text)).toBeNull());

  it('reads its own key and its own name back', () => {
    const release = aRelease({ number: 31 });
    expect(parseReference(keyOf(release))).toEqual({ number: 31 });
    expect(parseReference(`${release.service}@${release.version}`)).toEqual({ service: 'checkout', version: '2.14.0' });
  });
});
