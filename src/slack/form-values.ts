/** What a person filled into a form, by block id. Every element of Slack's is read into text, a list or seconds; empty is null. */

import { type UserId, userId } from '../domain/ids.ts';
import { type Instant, instant } from '../domain/time.ts';

export type RawValues = Readonly<Record<string, Readonly<Record<string, RawElement>>>>;
export type RawElement = {
  value?: string | null;
  selected_option?: { value?: string } | null;
  selected_options?: readonly { value?: string }[];
  selected_date?: string | null;
  selected_time?: string | null;
  selected_date_time?: number | null;
  selected_user?: string | null;
  selected_users?: readonly string[];
  selected_conversation?: string | null;
};

const element = (values: RawValues, block: string): RawElement => Object.values(values[block] ?? {})[0] ?? {};

export const textOf = (values: RawValues, block: string): string | null => {
  const text = element(values, block).value?.trim() ?? '';
  return text === '' ? null : text;
};
export const chosen = (values: RawValues, block: string): string | null =>
  element(values, block).selected_option?.value ?? null;
export const ticked = (values: RawValues, block: string): readonly string[] =>
  (element(values, block).selected_options ?? []).flatMap(({ value }) => (value === undefined ? [] : [value]));
export const dateOf = (values: RawValues, block: string): string | null => element(values, block).selected_date ?? null;
export const timeOf = (values: RawValues, block: string): string | null => element(values, block).selected_time ?? null;
export const instantOf = (values: RawValues, block: string): Instant | null => {
  const seconds = element(values, block).selected_date_time;
  return seconds == null ? null : instant(seconds * 1_000);
};
export const personOf = (values: RawValues, block: string): UserId | null => {
  const id = element(values, block).selected_user;
  return id == null ? null : userId(id);
};
export const peopleOf = (values: RawValues, block: string): readonly UserId[] =>
  (element(values, block).selected_users ?? []).map(userId);
export const channelOf = (values: RawValues, block: string): string | null =>
  element(values, block).selected_conversation ?? null;
