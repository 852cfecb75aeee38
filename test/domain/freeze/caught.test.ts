import { describe, expect, it } from 'vitest';
import type { Freeze } from '../../../src/domain/freeze/calendar.ts';
import {
  catches,
  heldByFreeze,
  heldToItsEnd,
  openMoment,
  plannedInto,
  plannedIntoSentence,
  startsBeforeTheirDay,
  stoppingFreeze,
} from '../../../src/domain/freeze/caught.ts';
import type { FreezeException } from '../../../src/domain/freeze/exception.ts';
import type { Release, ReleaseState, When } from '../../../src/domain/release/release.ts';
import { after, HOUR, instant } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { aFreeze, aRelease, aSituation, NOW, OWNER, RITA } from '../../support/builders.ts';

const span = (from: number, to: number, more: Partial<Freeze> = {}) =>
  aFreeze({ startsAt: after(NOW, from * HOUR), endsAt: after(NOW, to * HOUR), ...more });
const at = (hours: number): When => ({ kind: 'at', start: after(NOW, hours * HOUR), end: null });
const planned = (when: When, freezes: readonly Freeze[], more: Partial<Release> = {}) =>
  aSituation({ release: aRelease({ when, ...more }), around: { freezes } });
const now = span(-1, 4, { name: 'now' });
const later = span(6, 9, { name: 'later' });

const granted = (freeze: Freeze, environment: string): FreezeException => ({
  id: `exc_${environment}` as FreezeException['id'],
  freeze: freeze.id,
  release: aRelease().id,
  environment,
  reason: 'x',
  urgency: null,
  blastRadius: null,
  rollback: null,
  usedBy: null,
  requestedBy: OWNER,
  requestedAt: NOW,
  verdict: 'granted',
  decidedBy: RITA,
  decidedAt: NOW,
  reply: null,
  validUntil: freeze.endsAt,
});

describe('the freeze that holds it when it is to start', () => {
  it.each([
    ['now, when it goes as soon as possible', { kind: 'asap' } as const, 4],
    ['now, when its time has come', at(-1), 4],
    ['then, when it is planned inside', at(7), 9],
    ['not, when it is planned outside', at(5), null],
  ])('is told %s', (_, when, free) => {
    const held = heldByFreeze(planned(when, [now, later]), NOW);
    expect(held?.free ?? null).toBe(free === null ? null : after(NOW, free * HOUR));
  });

  it('is none where a reason is enough, and none once it has begun', () => {
    expect(heldByFreeze(planned(at(2), [span(-1, 4, { severity: 'soft' })]), NOW)).toBeNull();
    const state: ReleaseState = { status: 'deployed', since: NOW, before: null, healthy: null };
    expect(heldByFreeze(planned({ kind: 'asap' }, [now], { state }), NOW)).toBeNull();
  });
});

describe('the freeze that stops a release', () => {
  it.each([
    ['none where nothing is frozen', at(2), [], null],
    ['the one that is active, when it goes as soon as possible', { kind: 'asap' }, [now, later], 'now'],
    ['the one that is active, when its time is not known yet', { kind: 'undecided' }, [now, later], 'now'],
    ['the one at its planned time before the one that is active', at(7), [now, later], 'later'],
    ['the one that is active, when its planned time is free', at(5), [now, later], 'now'],
    ['the one that is active, when its planned time has passed', at(-2), [now, later], 'now'],
    ['none when both now and its planned time are free', at(5), [later], null],
    ['none before it begins, when it is planned for its end', at(9), [later], null],
    ['the one that ends last', { kind: 'asap' }, [now, span(-2, 5, { name: 'longer' })], 'longer'],
  ] as const)('is %s', (_, when, freezes, expected) => {
    expect(stoppingFreeze(planned(when, freezes), 'production', NOW)?.name ?? null).toBe(expected);
  });

  it('is none for another environment, or an exempt type', () => {
    expect(stoppingFreeze(planned(at(2), [now]), 'staging', NOW)).toBeNull();
    expect(stoppingFreeze(planned(at(2), [now], { type: 'emergency' }), 'production', NOW)).toBeNull();
  });

  it('is one of a service that it affects', () => {
    const search = span(-1, 4, { scope: { services: ['search'], environments: [] } });
    expect(stoppingFreeze(planned(at(2), [search]), 'production', NOW)).toBeNull();
    expect(stoppingFreeze(planned(at(2), [search], { affects: ['search'] }), 'production', NOW)?.id).toBe(search.id);
  });
});

describe('a release is caught by a freeze', () => {
  it.each([
    ['when it goes as soon as possible and the freeze is active', { kind: 'asap' }, now, true],
    ['not when the freeze is still to come', { kind: 'asap' }, later, false],
    ['when it is planned into it', at(7), later, true],
    ['when it is planned for its first moment', at(6), later, true],
    ['not when it is planned for its end', at(9), later, false],
    ['not when it was moved behind it', at(5), now, false],
    ['when its planned time has passed and the freeze is active', at(-2), now, true],
  ] as const)('%s', (_, when, freeze, expected) => {
    expect(catches(freeze, planned(when, [freeze]), NOW)).toBe(expected);
  });

  it('by each of two that overlap', () => {
    const other = span(-1, 2);
    const s = planned({ kind: 'asap' }, [now, other]);
    expect([catches(now, s, NOW), catches(other, s, NOW)]).toEqual([true, true]);
  });

  it('when any of its targets is frozen, and not when another environment is', () => {
    const staging = span(-1, 4, { scope: { services: [], environments: ['staging'] } });
    expect(catches(staging, planned({ kind: 'asap' }, [staging], { targets: ['staging', 'production'] }), NOW)).toBe(
      true,
    );
    expect(catches(staging, planned({ kind: 'asap' }, [staging], { targets: ['production'] }), NOW)).toBe(false);
  });

  it('not once an exception was granted for every target', () => {
    const everywhere = { ...now, scope: { services: [], environments: [] } };
    const s = planned({ kind: 'asap' }, [everywhere], { targets: ['staging', 'production'] });
    expect(catches(everywhere, { ...s, exceptions: [granted(now, 'production')] }, NOW)).toBe(true);
    expect(catches(everywhere, { ...s, exceptions: [granted(now, 'production'), granted(now, 'staging')] }, NOW)).toBe(
      false,
    );
  });
});

describe('a plan that a freeze will stop', () => {
  const words = (...args: Parameters<typeof plannedIntoSentence>): string =>
    sentenceText(plannedIntoSentence(...args), { names: {}, command: '/release', zone: 'UTC' });

  it('is known before, with the first moment that is free, over freezes that follow each other', () => {
    const s = planned(at(7), [later, span(9, 12, { name: 'next' })]);
    expect(plannedInto(s, ['production'], NOW)).toMatchObject({
      start: after(NOW, 7 * HOUR),
      freeze: { name: 'later' },
      slot: after(NOW, 12 * HOUR),
    });
    expect(words(s, ['production'], NOW)).toBe(
      'It is planned for Tue 3 Mar 17:00 UTC, when production is frozen (later): move it to Tue 3 Mar 22:00 UTC or later, or ask @managers for an exception with /release exception REL-142.',
    );
  });

  it('says of a soft one that a reason will do', () => {
    const s = planned(at(7), [span(6, 9, { name: 'later', severity: 'soft' })]);
    expect(words(s, ['production'], NOW)).toBe(
      'It is planned for Tue 3 Mar 17:00 UTC, when production is frozen (later): it will want a reason then, or is free from Tue 3 Mar 19:00 UTC on.',
    );
  });

  it.each([
    ['it is planned before', at(5), 'production'],
    ['it is planned for its end', at(9), 'production'],
    ['it has no time', { kind: 'asap' }, 'production'],
    ['its time has passed', at(-1), 'production'],
    ['it goes elsewhere', at(7), 'staging'],
  ] as const)('is none when %s', (_, when, environment) => {
    const s = planned(when, [later, now]);
    expect(plannedInto(s, [environment], NOW)).toBeNull();
    expect(plannedIntoSentence(s, [environment], NOW)).toEqual([]);
  });

  it('is none with an exception that is granted for then', () => {
    const s = planned(at(7), [later]);
    expect(plannedInto({ ...s, exceptions: [granted(later, 'production')] }, ['production'], NOW)).toBeNull();
  });

  it('is known of any target, and the way out is free for all of them', () => {
    const us = span(6, 9, { name: 'us', scope: { services: [], environments: ['us'] } });
    const eu = span(9, 11, { name: 'eu', scope: { services: [], environments: ['eu'] } });
    const s = planned(at(7), [us, eu], { targets: ['eu', 'us'] });
    expect(plannedInto(s, ['eu', 'us'], NOW)).toMatchObject({ environment: 'us', slot: after(NOW, 11 * HOUR) });
    expect(plannedInto(s, ['eu'], NOW)).toBeNull();
    expect(openMoment(s, after(NOW, 7 * HOUR))).toBe(after(NOW, 11 * HOUR));
    expect(openMoment(s, after(NOW, 2 * HOUR))).toBe(after(NOW, 2 * HOUR));
  });

  it('is over once the release has begun', () => {
    const state: ReleaseState = { status: 'deployed', since: NOW, before: null, healthy: null };
    expect(plannedIntoSentence(planned(at(7), [later], { state }), ['production'], NOW)).toEqual([]);
  });
});

describe('what a freeze held until it ended', () => {
  const before = after(NOW, -2 * HOUR);
  const approved = (since = before): ReleaseState => ({
    status: 'approved',
    since,
    validUntil: after(NOW, 100 * HOUR),
    by: { kind: 'policy', policy: 'nobody', catalogVersion: 1 },
  });
  const ended = { ...now, endedEarlyAt: NOW };

  it.each([
    ['what was approved and goes as soon as possible', true, planned({ kind: 'asap' }, [], { state: approved() }), now],
    ['what was planned inside', true, planned(at(2), [], { state: approved() }), now],
    ['not what was planned behind it', false, planned(at(5), [], { state: approved() }), now],
    ['what was to go after it, had it not ended early', false, planned(at(2), [], { state: approved() }), ended],
    ['not what is approved since it ended', false, planned({ kind: 'asap' }, [], { state: approved(NOW) }), ended],
    ['not what waits for approval', false, planned({ kind: 'asap' }, []), now],
    [
      'not what a soft one only warned of',
      false,
      planned({ kind: 'asap' }, [], { state: approved() }),
      span(-1, 4, { severity: 'soft' }),
    ],
    ['not what is exempt', false, planned({ kind: 'asap' }, [], { state: approved(), type: 'emergency' }), now],
  ] as const)('%s: %s', (_, expected, s, freeze) => expect(heldToItsEnd(freeze, s)).toBe(expected));

  it('is nothing that had an exception', () => {
    const s = planned({ kind: 'asap' }, [], { state: approved() });
    expect(heldToItsEnd(now, { ...s, exceptions: [granted(now, 'production')] })).toBe(false);
    expect(heldToItsEnd(now, { ...s, exceptions: [granted(now, 'staging')] })).toBe(true);
  });
});

describe('what was to start before somebody is at work again', () => {
  it('is theirs to know at any hour, and nothing else is', () => {
    const evening = instant('2026-03-03T21:00:00Z');
    const at2 = (iso: string) => planned({ kind: 'at', start: instant(iso), end: null }, []);
    expect(startsBeforeTheirDay(at2('2026-03-04T02:00:00Z'), OWNER, evening)).toBe(true);
    expect(startsBeforeTheirDay(at2('2026-03-04T14:00:00Z'), OWNER, evening)).toBe(false);
    expect(startsBeforeTheirDay(planned({ kind: 'asap' }, []), OWNER, evening)).toBe(false);
    expect(startsBeforeTheirDay(at2('2026-03-03T20:00:00Z'), OWNER, evening)).toBe(false);
  });
});
