import { describe, expect, it } from 'vitest';
import { submitWithCause } from '../../../src/domain/deployment/known-cause.ts';
import type { Lock } from '../../../src/domain/deployment/lock.ts';
import type { Review } from '../../../src/domain/review/review.ts';
import { anAct, aRelease, aSituation, done, NOW, OWNER, refusalOf } from '../../support/builders.ts';

const RELEASE = aRelease();
const lock = (environment: string, more: Partial<Lock> = {}): Lock => ({
  id: `lck_${environment}` as Lock['id'],
  service: 'checkout',
  environment,
  release: RELEASE.id,
  holder: OWNER,
  reason: 'address the cause first',
  since: NOW,
  expiresAt: null,
  liftedAt: null,
  liftedBy: null,
  ...more,
});
const review: Review = {
  id: 'rev_1' as Review['id'],
  form: 'failure',
  state: 'due',
  owner: OWNER,
  openedAt: NOW,
  dueAt: NOW,
  outcome: null,
  answers: {},
  submittedBy: null,
  submittedAt: null,
};
const answers = {
  cause: 'code',
  happened: 'The cache was too small',
  noticed: 'Alarm',
  gates: 'No load',
  prevents: 'Load',
};
const after = (locks: readonly Lock[], more: Partial<typeof answers> = {}) =>
  submitWithCause(
    aSituation({ release: RELEASE, locks, reviews: [review] }),
    { outcome: 'failed', answers: { ...answers, ...more }, actions: [] },
    anAct(OWNER),
  );

describe('the review of a failure says the cause', () => {
  it('and lifts every lock of its release with it, and no other', () => {
    const other = lock('eu', { release: null, reason: 'load test' });
    const { after: s, events } = done(after([lock('production'), lock('us'), other]));
    expect(s.locks.map(({ environment, liftedBy }) => [environment, liftedBy])).toEqual([
      ['production', OWNER],
      ['us', OWNER],
      ['eu', null],
    ]);
    expect(events.map(({ kind }) => kind)).toEqual(['review.submitted', 'lock.lifted', 'lock.lifted']);
    expect(events.at(-1)?.words).toBe('code: The cache was too small');
  });

  it('lifts nothing where the review is refused', () => {
    expect(refusalOf(after([lock('production')], { cause: '' })).code).toBe('fields');
  });
});
