import { describe, expect, it } from 'vitest';
import { declareFreeze, endFreeze, type FreezeInput, moveFreezeEnd } from '../../../src/domain/freeze/freeze.ts';
import { occurrenceOn } from '../../../src/domain/freeze/recurrence.ts';
import { picked, scopeWords } from '../../../src/domain/freeze/scope.ts';
import { after, HOUR, instant } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { aCatalog, aFreeze, anAct, done, NOW, OWNER, RITA, refusalOf } from '../../support/builders.ts';

const input: FreezeInput = {
  name: 'Quarter end',
  reason: 'Books',
  severity: 'hard',
  scope: { services: [], environments: ['production'] },
  start: '2026-03-05T18:00',
  end: '2026-03-06T07:00',
  zone: 'Europe/London',
  repeats: null,
  until: null,
  exemptTypes: ['emergency'],
  exemptGroups: [],
  approvers: 'managers',
};
const identity = { workspace: aFreeze().workspace, id: aFreeze().id, number: 4 };
const declare = (more: Partial<FreezeInput> = {}, now = NOW) =>
  declareFreeze({ ...input, ...more }, aCatalog(), identity, anAct(RITA, now));
const problems = (more: Partial<FreezeInput>) => {
  const decision = declare(more);
  if (decision.ok) return [];
  return decision.refusal.code === 'fields' ? decision.refusal.problems : [decision.refusal];
};
const fields = (more: Partial<FreezeInput>) => problems(more).map((it) => ('field' in it ? it.field : it.code));

describe('declaring a freeze', () => {
  it('keeps what was said, with times read in its zone', () => {
    expect(done(declare()).freeze).toEqual({
      ...identity,
      name: 'Quarter end',
      reason: 'Books',
      severity: 'hard',
      scope: { services: [], environments: ['production'] },
      startsAt: '2026-03-05T18:00:00.000Z',
      endsAt: '2026-03-06T07:00:00.000Z',
      zone: 'Europe/London',
      picked: picked({ services: [], environments: ['production'] }),
      repeats: null,
      exemptTypes: ['emergency'],
      exemptGroups: [],
      approvers: 'managers',
      createdBy: RITA,
      endedEarlyAt: null,
    });
  });

  it('is one event with its number, its times and the reason', () => {
    expect(done(declare()).events).toEqual([
      {
        kind: 'freeze.declared',
        data: { freeze: 4, startsAt: '2026-03-05T18:00:00.000Z', endsAt: '2026-03-06T07:00:00.000Z' },
        release: null,
        subject: identity.id,
        words: 'Books',
        due: null,
      },
    ]);
  });

  it('takes off the blanks around name and reason', () => {
    expect(done(declare({ name: '  Quarter end ', reason: '\tBooks\n' })).freeze).toMatchObject({
      name: 'Quarter end',
      reason: 'Books',
    });
  });

  it('can be soft, and of some services only', () => {
    const scope = { services: ['checkout'], environments: [] };
    expect(done(declare({ severity: 'soft', scope })).freeze).toMatchObject({ severity: 'soft', scope });
  });

  it('may begin in the past, and keeps the start that was written', () => {
    expect(done(declare({ start: '2026-03-02T18:00' })).freeze.startsAt).toBe('2026-03-02T18:00:00.000Z');
  });

  it.each([
    ['Asia/Kolkata', '2026-03-05T12:30:00.000Z', '2026-03-06T01:30:00.000Z'],
    ['America/New_York', '2026-03-05T23:00:00.000Z', '2026-03-06T12:00:00.000Z'],
    ['UTC', '2026-03-05T18:00:00.000Z', '2026-03-06T07:00:00.000Z'],
  ])('in %s', (zone, startsAt, endsAt) => {
    expect(done(declare({ zone })).freeze).toMatchObject({ startsAt, endsAt, zone });
  });

  it.each([
    ['a start that comes twice is the first', '2026-10-25T01:30', '2026-10-25T09:00', '00:30', '09:00'],
    ['an end that comes twice is the second', '2026-10-25T00:15', '2026-10-25T01:30', '23:15', '01:30'],
    ['from the one to the other it is the whole hour', '2026-10-25T01:30', '2026-10-25T01:30', '00:30', '01:30'],
    [
      'a start that does not exist is the first minute that does',
      '2026-03-29T01:30',
      '2026-03-29T09:00',
      '01:00',
      '08:00',
    ],
  ])('never shrinks when the clocks change: %s', (_, start, end, startsAt, endsAt) => {
    const { freeze } = done(declare({ start, end }));
    expect([freeze.startsAt.slice(11, 16), freeze.endsAt.slice(11, 16)]).toEqual([startsAt, endsAt]);
  });
});

describe('a freeze that comes again', () => {
  it('is told as what it is, and lasts until its last one is over', () => {
    const { freeze, events } = done(declare({ repeats: 'week', until: '2026-03-20' }));
    expect(freeze).toMatchObject({ startsAt: '2026-03-05T18:00:00.000Z', endsAt: '2026-03-20T07:00:00.000Z' });
    expect(freeze.repeats).toEqual({ every: 'week', start: input.start, end: input.end, until: '2026-03-20' });
    expect(events[0]?.data).toMatchObject({
      endsAt: '2026-03-06T07:00:00.000Z',
      repeats: 'every week, Thu 18:00 – Fri 07:00, until 2026-03-20',
    });
  });

  it('is moved one at a time, and ended one at a time or for good', () => {
    const { freeze } = done(declare({ repeats: 'week' }));
    const move = moveFreezeEnd(freeze, { endsAt: instant('2026-03-06T09:00:00Z'), reason: 'late' }, anAct(RITA));
    expect(move.ok).toBe(false);
    const one = occurrenceOn({ freeze, changes: {} }, '2026-03-12') ?? freeze;
    const skipped = done(endFreeze(one, 'no trading', anAct(RITA)));
    expect(skipped.events[0]?.data).toEqual({ freeze: 4, day: '2026-03-12' });
    expect(skipped.freeze).toMatchObject({ endedEarlyAt: NOW });
    expect(done(endFreeze(freeze, 'not needed', anAct(RITA))).events[0]?.data).toEqual({ freeze: 4 });
  });
});

describe('a freeze is refused', () => {
  it.each<[string, Partial<FreezeInput>, string[]]>([
    ['nothing wrong', {}, []],
    ['no name and no reason', { name: ' ', reason: '' }, ['name', 'reason']],
    ['end before start', { end: '2026-03-05T17:00' }, ['end']],
    ['end at the start', { end: '2026-03-05T18:00' }, ['end']],
    ['a minute long', { end: '2026-03-05T18:01' }, []],
    ['over already', { start: '2026-03-01T10:00', end: '2026-03-02T10:00' }, ['end']],
    ['over just now', { start: '2026-03-01T10:00', end: '2026-03-03T10:00' }, ['end']],
    ['over in a minute', { start: '2026-03-01T10:00', end: '2026-03-03T10:01' }, []],
    ['no start', { start: '' }, ['start']],
    ['a start without a time', { start: '2026-03-05' }, ['start']],
    ['an end in words', { end: 'Friday at seven' }, ['end']],
    ['an unknown zone', { zone: 'Mars/Base' }, ['zone']],
    ['an offset as zone', { zone: '+02:00' }, ['zone']],
    ['an unknown service', { scope: { services: ['chekout'], environments: [] } }, ['scope']],
    ['an unknown environment', { scope: { services: [], environments: ['prod'] } }, ['scope']],
    ['both unknown', { scope: { services: ['chekout'], environments: ['prod'] } }, ['scope', 'scope']],
    ['one known and one unknown', { scope: { services: ['checkout', 'x'], environments: ['staging'] } }, ['scope']],
    ['an unknown group that is exempt', { exemptGroups: ['oncal'] }, ['exempt']],
    ['again before it is over', { repeats: 'workday', end: '2026-03-07T07:00' }, ['end']],
    [
      'Monday to Friday from a Saturday',
      { repeats: 'workday', start: '2026-03-07T10:00', end: '2026-03-07T12:00' },
      ['start'],
    ],
    ['again until a day that is none', { repeats: 'week', until: '2026-02-30' }, ['until']],
    ['again until before it begins', { repeats: 'week', until: '2026-03-04' }, ['until']],
    [
      'again, and all of it over',
      { repeats: 'week', start: '2026-01-01T10:00', end: '2026-01-01T11:00', until: '2026-02-01' },
      ['until'],
    ],
    ['again, the first of them over', { repeats: 'week', start: '2026-01-01T10:00', end: '2026-01-01T11:00' }, []],
    [
      'everything wrong',
      { name: '', reason: '', scope: { services: ['x'], environments: [] }, zone: 'x' },
      ['name', 'reason', 'scope', 'zone'],
    ],
  ])('with every field that is wrong at once: %s', (_, more, expected) => {
    expect(fields(more)).toEqual(expected);
  });

  it.each([
    [
      { scope: { services: ['chekout'], environments: [] } },
      'There is no service “chekout” in the catalog. Did you mean checkout?',
    ],
    [
      { scope: { services: [], environments: ['prod'] } },
      'There is no environment “prod”. Known: staging, production.',
    ],
    [{ zone: 'Berlin' }, '“Berlin” is not a time zone. Write one like Europe/London.'],
  ])('in words that say what would be right', (more, expected) => {
    const [first] = problems(more);
    if (first === undefined || !('problem' in first)) throw new Error('it has a problem');
    expect(sentenceText(first.problem, { names: {}, command: '/release', zone: 'UTC' })).toBe(expected);
  });
});

describe('ending a freeze early', () => {
  const freeze = aFreeze({
    number: 4,
    startsAt: instant('2026-03-03T09:00:00Z'),
    endsAt: instant('2026-03-04T07:00:00Z'),
  });

  it.each([
    ['while it is active', NOW],
    ['before it has begun', instant('2026-03-02T09:00:00Z')],
    ['at its last moment', instant('2026-03-04T06:59:59.999Z')],
  ])('ends it then: %s', (_, now) => {
    const { freeze: ended, events } = done(endFreeze(freeze, 'Books are done', anAct(OWNER, now)));
    expect(ended).toEqual({ ...freeze, endedEarlyAt: now });
    expect(events).toEqual([
      {
        kind: 'freeze.ended',
        data: { freeze: 4 },
        release: null,
        subject: freeze.id,
        words: 'Books are done',
        due: null,
      },
    ]);
  });

  it.each([
    ['it is over', freeze, instant('2026-03-04T07:00:00Z')],
    ['it was ended early before', { ...freeze, endedEarlyAt: NOW }, after(NOW, HOUR)],
  ])('is refused when %s', (_, over, now) => {
    expect(refusalOf(endFreeze(over, 'Books are done', anAct(OWNER, now)))).toMatchObject({
      code: 'status',
      did: 'Not ended',
      name: 'freeze 4 (Quarter end)',
      status: 'over',
    });
  });

  it.each(['', ' \n '])('needs to say why: %j does not', (reason) => {
    expect(refusalOf(endFreeze(freeze, reason, anAct(OWNER)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });
});

describe('the scope in words', () => {
  it.each([
    [[], [], 'deployments of all services to every environment'],
    [['checkout'], ['production'], 'deployments of checkout to production'],
    [['checkout', 'search'], [], 'deployments of checkout, search to every environment'],
    [[], ['staging', 'production'], 'deployments of all services to staging, production'],
  ])('of %j and %j', (services, environments, expected) => {
    expect(scopeWords({ services, environments })).toBe(expected);
  });
});

describe('a time that is written right and stands on no calendar', () => {
  it.each([
    [{ start: '2026-02-30T18:00' }, ['start']],
    [{ end: '2026-03-06T25:00' }, ['end']],
    [{ start: '2026-13-01T18:00', end: '2026-03-06T07:60' }, ['start', 'end']],
    [{ start: 'tomorrow', end: '' }, ['start', 'end']],
  ])('%o is refused, each at its field', (more, refused) => expect(fields(more)).toEqual(refused));
});

describe('another end', () => {
  const freeze = aFreeze({ startsAt: after(NOW, -HOUR), endsAt: after(NOW, 4 * HOUR) });
  const move = (hours: number, reason = 'it takes longer', of = freeze) =>
    moveFreezeEnd(of, { endsAt: after(NOW, hours * HOUR), reason }, anAct());

  it.each([8, 1])('in %s hours is kept with what it was and why', (hours) => {
    const moved = done(move(hours));
    expect(moved.freeze).toEqual({ ...freeze, endsAt: after(NOW, hours * HOUR) });
    expect(moved.events).toMatchObject([
      { kind: 'freeze.moved', words: 'it takes longer', data: { before: freeze.endsAt, endsAt: moved.freeze.endsAt } },
    ]);
  });

  it.each([
    ['that is past', move(-1), 'fields'],
    ['that is now', move(0), 'fields'],
    ['that it has', move(4), 'fields'],
    ['without a reason', move(8, ' '), 'fields'],
    [
      'before its start',
      move(2, 'x', aFreeze({ startsAt: after(NOW, 3 * HOUR), endsAt: after(NOW, 4 * HOUR) })),
      'fields',
    ],
    ['of what is over', move(8, 'x', { ...freeze, endedEarlyAt: NOW }), 'status'],
  ])('%s is refused', (_, decision, code) => expect(refusalOf(decision).code).toBe(code));
});
