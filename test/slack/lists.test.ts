import { expect, it } from 'vitest';
import { fittingChoices, MOST_OPTIONS } from '../../src/slack/lists.ts';

const many = Array.from({ length: 250 }, (_, n) => ({ text: `svc-${n}`, value: `svc-${n}` }));
const values = (typed: string): readonly string[] => fittingChoices(many, typed).map(({ value }) => value);

it('offers what holds the typed letters, what begins with them first, never more than Slack shows', () => {
  expect(values('')).toEqual(many.slice(0, MOST_OPTIONS).map(({ value }) => value));
  expect(values(' SVC-24 ')).toEqual(['svc-24', ...Array.from({ length: 10 }, (_, n) => `svc-24${n}`)]);
  expect(values('49')).toEqual(['svc-49', 'svc-149', 'svc-249']);
  expect(fittingChoices([...many, { text: '49ers', value: '49ers' }], '49')[0]?.value).toBe('49ers');
  expect(values('xyz')).toEqual([]);
});

it('finds each of a long list by its name', () => {
  for (const { value } of many) expect(values(value)[0]).toBe(value);
});
