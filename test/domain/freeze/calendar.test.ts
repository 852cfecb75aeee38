import { describe, expect, it } from 'vitest';
import {
  covers,
  endOf,
  type Freeze,
  firstOpenMoment,
  freezesInARow,
  freezesStopping,
  phaseOf,
} from '../../../src/domain/freeze/calendar.ts';
import type { FreezeException } from '../../../src/domain/freeze/exception.ts';
import { after, HOUR, type Instant, instant } from '../../../src/domain/time.ts';
import { ADAM, aFreeze, aRelease, NOW, OWNER } from '../../support/builders.ts';

const START = instant('2026-03-03T09:00:00Z');
const END = instant('2026-03-04T07:00:00Z');
const EARLY = instant('2026-03-03T18:00:00Z');
const question = { services: ['checkout'], environment: 'production', type: 'normal', at: NOW };
const names = (freezes: readonly Freeze[]) => freezes.map(({ name }) => name);

const anException = (freeze: Freeze, more: Partial<FreezeException> = {}): FreezeException => ({
  id: 'exc_1' as FreezeException['id'],
  freeze: freeze.id,
  release: aRelease().id,
  environment: 'production',
  reason: 'Customers cannot pay',
  urgency: null,
  blastRadius: null,
  rollback: null,
  usedBy: null,
  requestedBy: OWNER,
  requestedAt: NOW,
  verdict: 'granted',
  decidedBy: ADAM,
  decidedAt: NOW,
  reply: null,
  validUntil: endOf(freeze),
  ...more,
});

describe('the phase of a freeze', () => {
  it.each([
    ['planned until its start', after(START, -1), null, 'planned'],
    ['active from its start', START, null, 'active'],
    ['active until its end', after(END, -1), null, 'active'],
    ['over at its end', END, null, 'over'],
    ['active until it was ended early', after(EARLY, -1), EARLY, 'active'],
    ['over when it was ended early', EARLY, EARLY, 'over'],
    ['over when it was ended before it began', NOW, after(START, -HOUR), 'over'],
  ] as const)('is %s', (_, now, endedEarlyAt, expected) => {
    expect(phaseOf(aFreeze({ startsAt: START, endsAt: END, endedEarlyAt }), now)).toBe(expected);
  });

  it('ends when it was written to end, or earlier', () => {
    expect(endOf(aFreeze({ endsAt: END }))).toBe(END);
    expect(endOf(aFreeze({ endsAt: END, endedEarlyAt: EARLY }))).toBe(EARLY);
  });
});

describe('the scope of a freeze', () => {
  it.each([
    [[], [], 'checkout', 'production', true],
    [['checkout'], [], 'checkout', 'staging', true],
    [['search'], [], 'checkout', 'production', false],
    [[], ['production'], 'checkout', 'production', true],
    [[], ['production'], 'checkout', 'staging', false],
    [['search', 'checkout'], ['staging', 'production'], 'checkout', 'production', true],
    [['checkout'], ['staging'], 'checkout', 'production', false],
    [['search'], ['production'], 'checkout', 'production', false],
  ])('of services %j and environments %j: %s to %s is %s', (services, environments, service, environment, expected) => {
    expect(covers(aFreeze({ scope: { services, environments } }), service, environment)).toBe(expected);
  });
});

describe('the freezes that stop a deployment', () => {
  it('are those that are active there', () => {
    const freezes = [
      aFreeze({ name: 'now' }),
      aFreeze({ name: 'over', endsAt: NOW }),
      aFreeze({ name: 'planned', startsAt: after(NOW, 1) }),
      aFreeze({ name: 'ended early', endedEarlyAt: NOW }),
      aFreeze({ name: 'elsewhere', scope: { services: [], environments: ['staging'] } }),
      aFreeze({ name: 'others', scope: { services: ['search'], environments: [] } }),
    ];
    expect(names(freezesStopping(freezes, [], question))).toEqual(['now']);
  });

  it('begin with the one that ends last', () => {
    const freezes = [2, 9, 5].map((hours) => aFreeze({ name: `${hours} h`, endsAt: after(NOW, hours * HOUR) }));
    expect(names(freezesStopping(freezes, [], question))).toEqual(['9 h', '5 h', '2 h']);
  });

  it('begin with the one that really ends last, when another was ended early', () => {
    const freezes = [
      aFreeze({ name: 'cut', endsAt: after(NOW, 9 * HOUR), endedEarlyAt: after(NOW, HOUR) }),
      aFreeze({ name: 'whole', endsAt: after(NOW, 2 * HOUR) }),
    ];
    expect(names(freezesStopping(freezes, [], question))).toEqual(['whole', 'cut']);
  });

  it('are those of any service that the release affects', () => {
    const freeze = aFreeze({ name: 'search', scope: { services: ['search'], environments: [] } });
    expect(names(freezesStopping([freeze], [], { ...question, services: ['checkout', 'search'] }))).toEqual(['search']);
  });

  it.each([
    ['emergency', ['emergency'], []],
    ['normal', ['emergency'], ['Quarter end']],
    ['hotfix', ['emergency', 'hotfix'], []],
    ['emergency', [], ['Quarter end']],
  ])('for type %s, where %j is exempt, are %j', (type, exemptTypes, expected) => {
    expect(names(freezesStopping([aFreeze({ exemptTypes })], [], { ...question, type }))).toEqual(expected);
  });
});

describe('an exception', () => {
  const freeze = aFreeze({ name: 'mine' });
  const stopping = (more: Partial<FreezeException>, at: Instant = NOW) =>
    names(freezesStopping([freeze], [anException(freeze, more)], { ...question, at }));

  it('takes its freeze off, and no other', () => {
    const other = aFreeze({ name: 'other' });
    expect(names(freezesStopping([freeze, other], [anException(freeze)], question))).toEqual(['other']);
  });

  it.each([
    ['asked for', { verdict: 'requested' }],
    ['denied', { verdict: 'denied' }],
    ['for another environment', { environment: 'staging' }],
    ['from another freeze', { freeze: aFreeze().id }],
  ] as const)('does not count when it is %s', (_, more) => {
    expect(stopping(more)).toEqual(['mine']);
  });

  it('counts until its time, and not at it', () => {
    const validUntil = after(NOW, HOUR);
    expect(stopping({ validUntil }, after(validUntil, -1))).toEqual([]);
    expect(stopping({ validUntil }, validUntil)).toEqual(['mine']);
  });

  it('that was denied once can be granted the next time', () => {
    const asked = [anException(freeze, { verdict: 'denied' }), anException(freeze)];
    expect(freezesStopping([freeze], asked, question)).toEqual([]);
  });
});

describe('the first open moment', () => {
  const spans = (...hours: readonly (readonly [number, number])[]) =>
    hours.map(([from, to]) => aFreeze({ startsAt: after(NOW, from * HOUR), endsAt: after(NOW, to * HOUR) }));

  it.each([
    ['is now where nothing is frozen', [], 0],
    ['is now when a freeze is still to come', spans([1, 2]), 0],
    ['is now when a freeze ends now', spans([-2, 0]), 0],
    ['is the end of a freeze', spans([-1, 3]), 3],
    ['is the end of the longest of two', spans([-1, 3], [-2, 5]), 5],
    ['is behind a chain of freezes, each begun before the last one ends', spans([-1, 3], [2, 5], [4, 9]), 9],
    ['is behind a freeze that begins when the other one ends', spans([-1, 3], [3, 4]), 4],
    ['is the gap between two', spans([-1, 3], [4, 9]), 3],
  ])('%s', (_, freezes, hours) => {
    expect(firstOpenMoment(freezes, [], question)).toBe(after(NOW, hours * HOUR));
  });

  it('comes after all that stop it one after the other, which are named in their order', () => {
    const freezes = spans([-1, 4], [3, 9], [20, 30]);
    const found = freezesInARow(freezes, [], question);
    expect(found.map(({ endsAt }) => endsAt)).toEqual([after(NOW, 4 * HOUR), after(NOW, 9 * HOUR)]);
    expect(freezesInARow(freezes, [], { ...question, at: after(NOW, 10 * HOUR) })).toEqual([]);
  });

  it('is looked for from the time that is asked about', () => {
    expect(firstOpenMoment(spans([4, 9]), [], { ...question, at: after(NOW, 5 * HOUR) })).toBe(after(NOW, 9 * HOUR));
  });

  it('is now with an exception, and behind the freeze once the exception has run out', () => {
    const [freeze = aFreeze()] = spans([-1, 9]);
    const exceptions = [anException(freeze, { validUntil: after(NOW, HOUR) })];
    expect(firstOpenMoment([freeze], exceptions, question)).toBe(NOW);
    expect(firstOpenMoment([freeze], exceptions, { ...question, at: after(NOW, HOUR) })).toBe(after(NOW, 9 * HOUR));
  });
});
