import { describe, expect, it } from 'vitest';
import {
  endLock,
  isHeld,
  type Lock,
  type LockInput,
  liftLock,
  lockByHand,
  lockOf,
  overAt,
  unlockByHand,
} from '../../../src/domain/deployment/lock.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import { obstacles, readiness } from '../../../src/domain/readiness.ts';
import { settle } from '../../../src/domain/settle.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import { postsFor } from '../../../src/situation/posts-for.ts';
import {
  ADAM,
  aCatalog,
  anAct,
  aRelease,
  aSituation,
  counting,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';

const RELEASE = aRelease().id;
const aLock = (more: Partial<Lock> = {}): Lock => ({
  id: 'lck_1' as Lock['id'],
  service: 'checkout',
  environment: 'production',
  release: RELEASE,
  reason: 'address the cause first',
  holder: OWNER,
  since: NOW,
  expiresAt: null,
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

describe('a lock by hand', () => {
  const input: LockInput = {
    service: 'checkout',
    environment: 'staging',
    reason: 'load test',
    until: null,
    takeOver: false,
  };
  const byHand = aLock({ release: null, environment: 'staging', holder: OWNER });
  const set = (held: Lock | null, more: Partial<LockInput> = {}, by = ADAM) =>
    lockByHand(held, { ...input, ...more }, aCatalog(), anAct(by));

  it('is held by whoever set it, until it ends', () => {
    const { lock, before, events } = done(set(null, { until: after(NOW, HOUR) }));
    expect(lock).toMatchObject({ holder: ADAM, release: null, since: NOW, expiresAt: after(NOW, HOUR) });
    expect(before).toBeNull();
    expect(events).toMatchObject([
      { kind: 'lock.set', data: { service: 'checkout', environment: 'staging' }, words: 'load test' },
    ]);
    expect([isHeld(lock, after(NOW, HOUR - 1)), isHeld(lock, after(NOW, HOUR))]).toEqual([true, false]);
    expect([overAt(lock, NOW), overAt(lock, after(NOW, 2 * HOUR))]).toEqual([null, after(NOW, HOUR)]);
  });

  it.each<[string, Lock | null, Partial<LockInput>, string]>([
    ['without a reason', null, { reason: ' ' }, 'fields'],
    ['to an end that is past', null, { until: NOW }, 'fields'],
    ['of a service that is not there', null, { service: 'chekout' }, 'fields'],
    ['of an environment that is not there', null, { environment: 'stagin' }, 'fields'],
    ['of what somebody keeps', byHand, {}, 'forbidden'],
    ['of what a rollback has locked, even to take it over', aLock(), { takeOver: true }, 'forbidden'],
  ])('is refused %s', (_, held, more, code) => expect(refusalOf(set(held, more)).code).toBe(code));

  it('is taken over: the one before is lifted', () => {
    const { lock, before, events } = done(set(byHand, { takeOver: true }));
    expect(before).toMatchObject({ id: byHand.id, liftedAt: NOW, liftedBy: ADAM });
    expect(lock.holder).toBe(ADAM);
    expect(events.map(({ kind }) => kind)).toEqual(['lock.lifted', 'lock.set']);
  });

  it('is lifted by its holder as it is, by others with a reason', () => {
    const place = { service: 'checkout', environment: 'staging' };
    expect(done(unlockByHand(byHand, { ...place, reason: null }, anAct(OWNER))).lock).toMatchObject({
      liftedBy: OWNER,
    });
    expect(refusalOf(unlockByHand(byHand, { ...place, reason: ' ' }, anAct(ADAM))).code).toBe('fields');
    expect(unlockByHand(byHand, { ...place, reason: 'You went home' }, anAct(ADAM)).ok).toBe(true);
    expect(refusalOf(unlockByHand(aLock(), { ...place, reason: 'x' }, anAct(OWNER))).code).toBe('forbidden');
  });

  it('ends at its time, dated then, once', () => {
    const lock = aLock({ release: null, expiresAt: after(NOW, HOUR) });
    expect(endLock(lock, NOW)).toBeNull();
    const ended = endLock(lock, after(NOW, 3 * HOUR));
    expect(ended).toMatchObject({
      lock: { liftedAt: after(NOW, HOUR), liftedBy: null },
      event: { due: after(NOW, HOUR) },
    });
    expect(endLock(ended?.lock ?? lock, after(NOW, 4 * HOUR))).toBeNull();
  });

  it('keeps everybody out but its holder, and nobody once it is over', () => {
    const s = aSituation({ locks: [aLock({ release: null, environment: 'staging', expiresAt: after(NOW, HOUR) })] });
    const start = (by = OWNER, now = NOW) =>
      startDeployment(s, { environment: 'staging', reason: null }, anAct(by, now));
    expect(lockOf(s, 'staging', NOW)?.holder).toBe(OWNER);
    expect(refusalOf(start(ADAM)).code).toBe('not_ready');
    expect(start(OWNER).ok).toBe(true);
    expect(start(ADAM, after(NOW, HOUR)).ok).toBe(true);
    const [check] = obstacles(readiness(s, 'staging', NOW));
    expect(check).toMatchObject({ code: 'lock.held', until: after(NOW, HOUR) });
  });
});

it('one by hand is over at its end, whoever looks first, and its post says so; one of a rollback stays', () => {
  const end = after(NOW, HOUR);
  const byHand = aLock({ release: null, expiresAt: end });
  const ofRollback = aLock({ id: 'lck_2' as Lock['id'], environment: 'staging' });
  const s = aSituation({ locks: [byHand, ofRollback] });
  expect(settle(s, after(end, -1), counting()).after.locks).toEqual(s.locks);
  const { after: done_, events } = settle(s, after(end, HOUR), counting());
  expect(done_.locks).toEqual([{ ...byHand, liftedAt: end }, ofRollback]);
  expect(events).toMatchObject([{ kind: 'lock.lifted', subject: byHand.id, release: null, due: end }]);
  expect(postsFor(s, done_, []).filter(({ kind }) => kind === 'lock-notice')).toMatchObject([{ subject: byHand.id }]);
});
