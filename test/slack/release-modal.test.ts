/** What the forms of planning give back: nothing is guessed for what was not filled in. */
import { describe, expect, it } from 'vitest';
import { parseEditRelease, parseNewRelease, parsePlanDetails, shownIn } from '../../src/releases/release-modal.ts';
import type { RawElement } from '../../src/slack/form-values.ts';
import { done, refusalOf } from '../support/builders.ts';

const values = (fields: Record<string, RawElement>) =>
  Object.fromEntries(Object.entries(fields).map(([block, element]) => [block, { value: element }]));
const option = (value: string): RawElement => ({ selected_option: { value } });

describe('a form of planning', () => {
  it.each([
    ['new', parseNewRelease],
    ['edit', parseEditRelease],
  ])('%s: “At a time” without a time is asked back, never taken as “as soon as approved”', (_, parse) => {
    expect(refusalOf(parse(values({ when_kind: option('at') })))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'when' }],
    });
    const at = { when_kind: option('at'), when: { selected_date_time: 1_772_690_400 } };
    expect(done<{ when: unknown }>(parse(values(at))).when).toEqual({
      kind: 'at',
      start: '2026-03-05T06:00:00.000Z',
      end: null,
    });
    expect(done<{ when: unknown }>(parse(values({ when_kind: option('asap') }))).when).toEqual({ kind: 'asap' });
  });

  it.each(['two hours', '0', '-5', '1.5', '1441', '1e9'])('a window of %j minutes is asked back', (minutes) => {
    expect(refusalOf(parsePlanDetails(values({ minutes: { value: minutes } })))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'minutes' }],
    });
  });

  it('takes whole minutes up to a day', () => {
    const read = done(
      parsePlanDetails(values({ minutes: { value: '90' }, when: { selected_date_time: 1_772_690_400 } })),
    );
    expect(read.when?.end).toBe('2026-03-05T07:30:00.000Z');
  });

  it('a version that was shown for another service is not taken for this one', () => {
    const early = {
      service: option('search'),
      version_checkout: { value: '3.0.0' },
      title: { value: 'x' },
      when_kind: option('asap'),
    };
    expect(refusalOf(parseNewRelease(values(early)))).toMatchObject({
      problems: [{ field: 'version', problem: expect.arrayContaining(['checkout']) as unknown }],
    });
    const { version_checkout, ...followed } = early;
    expect(done(parseNewRelease(values({ ...followed, version_search: version_checkout }))).version).toBe('3.0.0');
  });

  it('reads back what it showed', () => {
    expect(shownIn('rel_1~title~abc~when~def')).toEqual({ title: 'abc', when: 'def' });
    expect(shownIn('rel_1')).toEqual({});
  });
});
