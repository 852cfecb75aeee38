import { describe, expect, it } from 'vitest';
import { freezeNotices } from '../../src/domain/freeze/calendar.ts';
import { declareFreeze } from '../../src/domain/freeze/freeze.ts';
import { proposedVersion } from '../../src/domain/plan/plan.ts';
import { compareVersions, isVersion, nextVersion, patchVersion } from '../../src/domain/release/version.ts';
import { actionReminders, promptDue, reviewPrompts } from '../../src/domain/review/reminders.ts';
import type { Review } from '../../src/domain/review/review.ts';
import { fromWallTime, instant, isZone, plainTime } from '../../src/domain/time.ts';
import {
  addWorkingDays,
  cronSlotAtOrAfter,
  isCron,
  isWorkingTime,
  nextWorkingTime,
} from '../../src/domain/working-time.ts';
import { aCatalog, aFreeze, anAct, NOW, RITA } from '../support/builders.ts';

describe('wall times across a change of the clocks', () => {
  it.each([
    ['in winter', '2026-01-10T02:30', 'start', '2026-01-10T02:30:00.000Z'],
    ['in summer', '2026-07-10T02:30', 'start', '2026-07-10T01:30:00.000Z'],
    ['that does not exist moves forward', '2026-03-29T01:30', 'start', '2026-03-29T01:30:00.000Z'],
    ['that exists twice starts a freeze at the first', '2026-10-25T01:30', 'start', '2026-10-25T00:30:00.000Z'],
    ['that exists twice ends a freeze at the second', '2026-10-25T01:30', 'end', '2026-10-25T01:30:00.000Z'],
  ] as const)('%s', (_, wall, edge, expected) => {
    expect(fromWallTime(wall, 'Europe/London', edge)).toBe(expected);
  });

  it('knows IANA zones, and no offsets', () => {
    expect(['Europe/London', 'Asia/Kolkata', 'UTC'].every(isZone)).toBe(true);
    expect(['Mars/Base', '+02:00', ''].some(isZone)).toBe(false);
  });

  it('is written out in a zone', () => {
    expect(plainTime(instant('2026-03-03T10:00:00Z'), 'Asia/Tokyo')).toBe('Tue 3 Mar 19:00');
  });
});

describe('working time', () => {
  it.each([
    ['Tuesday morning', '2026-03-03T10:00:00Z', true],
    ['Tuesday night', '2026-03-03T20:00:00Z', false],
    ['Sunday', '2026-03-08T10:00:00Z', false],
  ])('%s', (_, at, expected) => expect(isWorkingTime(instant(at), 'Europe/London')).toBe(expected));

  it('goes on at nine, after the weekend', () => {
    expect(nextWorkingTime(instant('2026-03-06T19:00:00Z'), 'Europe/London')).toBe('2026-03-09T09:00:00.000Z');
    expect(nextWorkingTime(instant('2026-03-03T05:00:00Z'), 'Europe/London')).toBe('2026-03-03T09:00:00.000Z');
  });

  it('counts working days both ways', () => {
    expect(addWorkingDays(instant('2026-03-06T10:00:00Z'), 1, 'Europe/London')).toBe('2026-03-09T10:00:00.000Z');
    expect(addWorkingDays(instant('2026-03-09T10:00:00Z'), -1, 'Europe/London')).toBe('2026-03-06T10:00:00.000Z');
  });

  it('finds cron slots in a zone, the one at the moment itself included, and loses none to the clocks', () => {
    expect(cronSlotAtOrAfter('0 10 * * 1-5', 'Europe/London', instant('2026-03-03T10:00:00Z'))).toBe(
      '2026-03-03T10:00:00.000Z',
    );
    expect(cronSlotAtOrAfter('0 10 * * 1-5', 'Europe/London', instant('2026-03-06T10:00:01Z'))).toBe(
      '2026-03-09T10:00:00.000Z',
    );
    expect(cronSlotAtOrAfter('30 1 * * *', 'Europe/London', instant('2026-03-29T00:00:00Z')).slice(0, 10)).toBe(
      '2026-03-29',
    );
    expect([isCron('0 10 * * 1-5'), isCron('* * * * * *'), isCron('soon')]).toEqual([true, false, false]);
  });
});

describe('notices of a freeze', () => {
  const kinds = (freeze: Parameters<typeof freezeNotices>[0], declared = '2026-02-01T00:00:00Z') =>
    freezeNotices(freeze, instant(declared)).map(({ kind, at }) => `${kind} ${at.slice(0, 16)}`);

  it('of a day or longer: five working days and one day ahead, start, end', () => {
    const freeze = aFreeze({ startsAt: instant('2026-03-13T18:00:00Z'), endsAt: instant('2026-03-16T07:00:00Z') });
    expect(kinds(freeze)).toEqual([
      'ahead_5d 2026-03-06T18:00',
      'ahead_1d 2026-03-12T18:00',
      'start 2026-03-13T18:00',
      'end 2026-03-16T07:00',
    ]);
  });

  it('shorter: one hour ahead, start, end', () => {
    const freeze = aFreeze({ startsAt: instant('2026-03-13T18:00:00Z'), endsAt: instant('2026-03-13T20:00:00Z') });
    expect(kinds(freeze)).toEqual(['ahead_1h 2026-03-13T17:00', 'start 2026-03-13T18:00', 'end 2026-03-13T20:00']);
  });

  it('declared late leaves out what is past; ended early ends then', () => {
    const freeze = aFreeze({
      startsAt: instant('2026-03-13T18:00:00Z'),
      endsAt: instant('2026-03-16T07:00:00Z'),
      endedEarlyAt: instant('2026-03-14T09:00:00Z'),
    });
    expect(kinds(freeze, '2026-03-13T10:00:00Z')).toEqual(['start 2026-03-13T18:00', 'end 2026-03-14T09:00']);
  });
});

describe('declaring a freeze', () => {
  const input = {
    name: 'Quarter end',
    reason: 'Books',
    severity: 'hard' as const,
    scope: { services: [], environments: ['production'] },
    start: '2026-03-05T18:00',
    end: '2026-03-06T07:00',
    zone: 'Europe/London',
    approvers: 'managers',
  };
  const identity = { workspace: aFreeze().workspace, id: aFreeze().id, number: 1 };
  const fields = (more: Partial<typeof input>): readonly string[] => {
    const decision = declareFreeze({ ...input, ...more }, aCatalog(), identity, anAct(RITA));
    return decision.ok
      ? []
      : decision.refusal.code === 'fields'
        ? decision.refusal.problems.map(({ field }) => field)
        : [decision.refusal.code];
  };

  it.each([
    ['nothing wrong', {}, []],
    ['no name and no reason', { name: ' ', reason: '' }, ['name', 'reason']],
    ['end before start', { end: '2026-03-05T17:00' }, ['end']],
    ['over already', { start: '2026-03-01T10:00', end: '2026-03-02T10:00' }, ['end']],
    ['an unknown zone', { zone: 'Mars/Base' }, ['zone']],
    ['an unknown service', { scope: { services: ['chekout'], environments: [] } }, ['scope']],
  ] as const)('%s', (_, more, expected) => expect(fields(more as never)).toEqual(expected));
});

describe('prompts and reminders', () => {
  const review: Review = {
    id: 'rev_1' as never,
    form: 'short',
    state: 'due',
    owner: RITA,
    openedAt: NOW,
    dueAt: instant('2026-03-04T10:00:00Z'),
    outcome: null,
    answers: {},
    submittedBy: null,
    submittedAt: null,
  };

  it('prompts at most five times, on working mornings', () => {
    const prompts = reviewPrompts(review, aCatalog(), 'Europe/London');
    expect(prompts.map((at) => at.slice(0, 16))).toEqual([
      '2026-03-04T10:00',
      '2026-03-05T10:00',
      '2026-03-06T10:00',
      '2026-03-09T10:00',
      '2026-03-10T10:00',
    ]);
    expect(promptDue(prompts, NOW)).toBeNull();
    expect(promptDue(prompts, instant('2026-03-06T12:00:00Z'))?.number).toBe(3);
  });

  it('reminds of an action once, two working days ahead', () => {
    const action = {
      id: 'act_1' as never,
      text: 'x',
      owner: RITA,
      due: instant('2026-03-12T17:00:00Z'),
      state: 'open' as const,
      reason: null,
      createdAt: NOW,
      doneAt: null,
    };
    expect(actionReminders(action, 'Europe/London')).toEqual(['2026-03-10T17:00:00.000Z']);
    expect(actionReminders({ ...action, owner: null }, 'Europe/London')).toEqual([]);
  });
});

describe('versions', () => {
  it.each([
    ['semver', '2.14.0', true],
    ['semver', '2.14', false],
    ['calver', '2026.3.1', true],
    ['free', 'build-512', true],
    ['free', 'a b', false],
  ] as const)('%s %s', (scheme, version, valid) => expect(isVersion(scheme, version)).toBe(valid));

  it('orders by number, not by text, a pre-release before its release', () => {
    expect(compareVersions('semver', '2.9.0', '2.10.0')).toBeLessThan(0);
    expect(compareVersions('semver', '2.10.0-rc.1', '2.10.0')).toBeLessThan(0);
    expect(compareVersions('free', 'b', 'a')).toBe(0);
  });

  it('proposes the next', () => {
    expect(nextVersion('semver', '2.13.1', NOW, 'UTC')).toBe('2.14.0');
    expect(nextVersion('semver', null, NOW, 'UTC')).toBe('0.1.0');
    expect(nextVersion('calver', '2026.3.4', NOW, 'UTC')).toBe('2026.3.5');
    expect(patchVersion('semver', '2.14.0')).toBe('2.14.1');
  });
});

describe('the version that a form proposes', () => {
  const service = { versioning: 'semver', zone: 'UTC' } as const;
  it.each([
    ['after the newest', ['2.14.0', '2.13.1'], null, '2.15.0'],
    ['after the highest, when a repair of an older one came last', ['2.13.2', '2.14.0'], null, '2.15.0'],
    ['after what is deployed', [], { version: '3.0.0', since: NOW }, '3.1.0'],
    ['a first one', [], null, '0.1.0'],
  ])('%s', (_, recent, deployed, expected) => {
    expect(proposedVersion(service, { recent, deployed }, NOW)).toBe(expected);
  });
});
