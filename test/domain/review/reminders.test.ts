import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionReminders, promptDue, reviewPrompts } from '../../../src/domain/review/reminders.ts';
import { type Instant, instant, inZone } from '../../../src/domain/time.ts';
import { aCatalog, anAction, aReview, NOW } from '../../support/builders.ts';

const at = (text: string): Instant => instant(`${text}:00Z`);
const catalogWith = (prompt: string) => aCatalog({ reviews: { ...aCatalog().reviews, prompt } });
const minutes = (times: readonly Instant[]): readonly string[] => times.map((time) => time.slice(0, 16));

describe('prompts of a review', () => {
  it('come when it falls due, then on each working morning, five in all', () => {
    expect(minutes(reviewPrompts(aReview(), aCatalog(), 'Europe/London'))).toEqual([
      '2026-03-04T10:00',
      '2026-03-05T10:00',
      '2026-03-06T10:00',
      '2026-03-09T10:00',
      '2026-03-10T10:00',
    ]);
  });

  it('stay at the same hour of the wall when the clocks change', () => {
    const review = aReview({ dueAt: at('2026-03-26T10:00') });
    expect(minutes(reviewPrompts(review, aCatalog(), 'Europe/London'))).toEqual([
      '2026-03-26T10:00',
      '2026-03-27T10:00',
      '2026-03-30T09:00',
      '2026-03-31T09:00',
      '2026-04-01T09:00',
    ]);
  });

  it('are read in the zone that they are asked for', () => {
    const review = aReview({ dueAt: at('2026-03-04T01:00') });
    expect(minutes(reviewPrompts(review, aCatalog(), 'Asia/Tokyo')).slice(0, 3)).toEqual([
      '2026-03-04T01:00',
      '2026-03-05T01:00',
      '2026-03-06T01:00',
    ]);
  });

  it('follow the slots of the catalog', () => {
    const prompts = reviewPrompts(aReview(), catalogWith('30 8 * * 1,4'), 'Europe/London');
    expect(minutes(prompts)).toEqual([
      '2026-03-04T10:00',
      '2026-03-05T08:30',
      '2026-03-09T08:30',
      '2026-03-12T08:30',
      '2026-03-16T08:30',
    ]);
  });

  it.each([
    ['a slot two hours after a failure was told', '2026-03-04T08:00', '2026-03-04T10:00'],
    ['no slot within those two hours', '2026-03-04T08:01', '2026-03-05T10:00'],
    ['no slot in the same minute', '2026-03-04T10:00', '2026-03-05T10:00'],
  ])('of a failure go on with %s', (_, dueAt, second) => {
    const review = aReview({ form: 'failure', dueAt: at(dueAt) });
    expect(minutes(reviewPrompts(review, aCatalog(), 'Europe/London')).slice(0, 2)).toEqual([dueAt, second]);
  });

  it('of a failure leave out slots for two hours once, and not again', () => {
    const review = aReview({ form: 'failure', dueAt: at('2026-03-04T08:30') });
    expect(minutes(reviewPrompts(review, catalogWith('0 * * * *'), 'Europe/London'))).toEqual([
      '2026-03-04T08:30',
      '2026-03-04T11:00',
      '2026-03-04T12:00',
      '2026-03-04T13:00',
      '2026-03-04T14:00',
    ]);
  });

  it('of a failure that was told in the night wait for the morning', () => {
    const review = aReview({ form: 'failure', dueAt: at('2026-03-07T02:10') });
    expect(minutes(reviewPrompts(review, aCatalog(), 'Europe/London')).slice(0, 3)).toEqual([
      '2026-03-07T02:10',
      '2026-03-09T10:00',
      '2026-03-10T10:00',
    ]);
  });

  it('are five, each later than the one before, and all but the first on a working morning', () => {
    const due = fc.integer({ min: 0, max: 400 * 24 * 60 }).map((n) => instant(Date.parse(NOW) + n * 60_000));
    const zone = fc.constantFrom('Europe/London', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland');
    fc.assert(
      fc.property(due, zone, fc.constantFrom('short', 'full', 'failure'), (dueAt, place, form) => {
        const prompts = reviewPrompts(aReview({ dueAt, form }), aCatalog(), place);
        expect([prompts.length, prompts[0]]).toEqual([5, dueAt]);
        expect([...new Set(prompts)].sort()).toEqual(prompts);
        for (const prompt of prompts.slice(1)) {
          const here = inZone(prompt, place);
          expect([here.hour, here.minute, here.dayOfWeek <= 5]).toEqual([10, 0, true]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the prompt that is due', () => {
  const prompts = [at('2026-03-04T10:00'), at('2026-03-05T10:00'), at('2026-03-06T10:00')];
  it.each([
    ['a moment before the first', '2026-03-04T09:59:59.999Z', null],
    ['at the first', '2026-03-04T10:00:00.000Z', 1],
    ['a moment before the second', '2026-03-05T09:59:59.999Z', 1],
    ['at the second', '2026-03-05T10:00:00.000Z', 2],
    ['after two were missed', '2026-03-06T11:00:00.000Z', 3],
    ['long after the last', '2026-09-01T10:00:00.000Z', 3],
  ])('%s', (_, now, number) => {
    const expected = number === null ? null : { number, at: prompts[number - 1] };
    expect(promptDue(prompts, instant(now))).toEqual(expected);
  });

  it('is none where there are none', () => expect(promptDue([], NOW)).toBeNull());
});

describe('reminders of an action', () => {
  const london = (more: Parameters<typeof anAction>[0]) => minutes(actionReminders(anAction(more), 'Europe/London'));

  it.each([
    ['two days before, within a week', '2026-03-12T17:00', '2026-03-10T17:00'],
    ['two working days before, over a weekend', '2026-03-09T12:00', '2026-03-05T12:00'],
    ['in the next morning, when the hour is none of work', '2026-03-12T22:00', '2026-03-11T09:00'],
    ['in the morning, when the hour is too early', '2026-03-12T06:00', '2026-03-10T09:00'],
  ])('%s', (_, due, expected) => {
    expect(london({ due: at(due), createdAt: at('2026-03-02T10:00') })[0]).toBe(expected);
  });

  it('come on the day itself when it was added later than that', () => {
    const added = at('2026-03-11T10:00');
    expect(london({ due: at('2026-03-12T17:00'), createdAt: added })[0]).toBe('2026-03-12T09:00');
    expect(london({ due: at('2026-03-12T17:00'), createdAt: at('2026-03-12T11:00') })[0]).toBe('2026-03-12T16:00');
    expect(london({ due: at('2026-03-12T17:00'), createdAt: at('2026-03-12T16:30') })[0]).toBe('2026-03-19T17:00');
    expect(london({ due: at('2026-03-12T17:00'), createdAt: at('2026-03-10T17:00') })[0]).toBe('2026-03-10T17:00');
  });

  it('come again on its day, and each week after it for two months', () => {
    expect(london({ due: at('2026-03-12T17:00'), createdAt: at('2026-03-02T10:00') }).slice(0, 4)).toEqual([
      '2026-03-10T17:00',
      '2026-03-12T09:00',
      '2026-03-19T17:00',
      '2026-03-26T17:00',
    ]);
    expect(london({ due: at('2026-03-12T17:00'), createdAt: at('2026-03-02T10:00') })).toHaveLength(10);
  });

  it('are in the working hours of the zone of its owner', () => {
    const action = anAction({ due: at('2026-03-12T05:00'), createdAt: at('2026-03-02T10:00') });
    expect(minutes(actionReminders(action, 'Asia/Tokyo'))[0]).toBe('2026-03-10T05:00');
    expect(minutes(actionReminders(action, 'America/New_York'))[0]).toBe('2026-03-10T13:00');
  });

  it.each([
    ['is done', { state: 'done' }],
    ["won't be done", { state: "won't do" }],
    ['has no day', { due: null }],
    ['has no owner', { owner: null }],
  ] as const)('are none when it %s', (_, more) => expect(london(more)).toEqual([]));
});
