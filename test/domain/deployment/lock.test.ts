import { describe, expect, it } from 'vitest';
import { type Lock, liftLock } from '../../../src/domain/deployment/lock.ts';
import { obstacles, readiness } from '../../../src/domain/readiness.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import { ADAM, anAct, aRelease, aSituation, done, NOW, OWNER, refusalOf } from '../../support/builders.ts';

const RELEASE = aRelease().id;
const aLock = (more: Partial<Lock> = {}): Lock => ({
  id: 'lck_1' as Lock['id'],
  service: 'checkout',
  environment: 'production',
  release: RELEASE,
  reason: 'address the cause first',
  holder: OWNER,
  since: NOW,
  liftedAt: null,
  liftedBy: null,
  ...more,
});
const cause = { environment: 'production', reason: 'A missing index' };

describe('lifting a lock', () => {
  it('records who, when and the cause', () => {
    const at = after(NOW, HOUR);
    const { after: s, events } = done(liftLock(aSituation({ locks: [aLock()] }), cause, anAct(ADAM, at)));
    expect(s.locks).toEqual([aLock({ liftedAt: at, liftedBy: ADAM })]);
    expect(events).toMatchObject([
      { kind: 'lock.lifted', data: { environment: 'production' }, words: 'A missing index' },
    ]);
  });

  it('opens the environment again', () => {
    const held = aSituation({ locks: [aLock({ environment: 'staging' })] });
    expect(obstacles(readiness(held, 'staging', NOW)).map(({ code }) => code)).toEqual(['lock.held']);
    const lifted = done(liftLock(held, { ...cause, environment: 'staging' }, anAct())).after;
    expect(obstacles(readiness(lifted, 'staging', NOW))).toEqual([]);
  });

  it('leaves other environments and earlier locks as they are', () => {
    const others = [
      aLock({ id: 'lck_2' as Lock['id'], environment: 'staging' }),
      aLock({ id: 'lck_3' as Lock['id'], liftedAt: after(NOW, -HOUR), liftedBy: OWNER }),
    ];
    const { after: s } = done(liftLock(aSituation({ locks: [...others, aLock()] }), cause, anAct(ADAM)));
    expect(s.locks.slice(0, 2)).toEqual(others);
    expect(s.locks[2]).toMatchObject({ liftedBy: ADAM });
  });

  it.each(['', '  \t'])('needs the cause: %j is none', (reason) => {
    expect(refusalOf(liftLock(aSituation({ locks: [aLock()] }), { ...cause, reason }, anAct()))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });

  it.each([
    ['nothing is locked', []],
    ['another environment is', [aLock({ environment: 'staging' })]],
    ['it was lifted before', [aLock({ liftedAt: NOW, liftedBy: ADAM })]],
  ])('is refused when %s', (_, locks) => {
    expect(refusalOf(liftLock(aSituation({ locks }), cause, anAct()))).toMatchObject({
      code: 'not_found',
      what: 'lock on',
      reference: 'checkout production',
    });
  });
});
