import { describe, expect, it } from 'vitest';
import type { Freeze } from '../../../src/domain/freeze/calendar.ts';
import { catches, stoppingFreeze } from '../../../src/domain/freeze/caught.ts';
import type { FreezeException } from '../../../src/domain/freeze/exception.ts';
import type { Release, When } from '../../../src/domain/release/release.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import { aFreeze, aRelease, aSituation, NOW, OWNER, RITA } from '../../support/builders.ts';

const span = (from: number, to: number, more: Partial<Freeze> = {}) =>
  aFreeze({ startsAt: after(NOW, from * HOUR), endsAt: after(NOW, to * HOUR), ...more });
const at = (hours: number): When => ({ kind: 'at', start: after(NOW, hours * HOUR), end: null });
const planned = (when: When, freezes: readonly Freeze[], more: Partial<Release> = {}) =>
  aSituation({ release: aRelease({ when, ...more }), around: { freezes } });
const now = span(-1, 4, { name: 'now' });
const later = span(6, 9, { name: 'later' });

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
    const granted = (environment: string): FreezeException => ({
      id: `exc_${environment}` as FreezeException['id'],
      freeze: now.id,
      release: aRelease().id,
      environment,
      reason: 'x',
      requestedBy: OWNER,
      requestedAt: NOW,
      verdict: 'granted',
      decidedBy: RITA,
      decidedAt: NOW,
      validUntil: now.endsAt,
    });
    const everywhere = { ...now, scope: { services: [], environments: [] } };
    const s = planned({ kind: 'asap' }, [everywhere], { targets: ['staging', 'production'] });
    expect(catches(everywhere, { ...s, exceptions: [granted('production')] }, NOW)).toBe(true);
    expect(catches(everywhere, { ...s, exceptions: [granted('production'), granted('staging')] }, NOW)).toBe(false);
  });
});
