/** Two people have the same form open: what each of them changed counts, and nobody's change is put back by a form that was opened before it. */
import { fingerprint } from '../approval/snapshot.ts';
import { allow, type Decision, type Field, refuse } from '../refusal.ts';
import type { Answers, Release } from '../release/release.ts';
import { epochMs, instant } from '../time.ts';
import { at, person, type Sentence, say } from '../words.ts';
import type { EditInput } from './edit.ts';

type Key = keyof EditInput & Field;

const ANSWERS: Readonly<Record<keyof Answers, string>> = {
  schema: 'changes data or schema',
  irreversible: 'cannot be undone by a redeploy',
  downtime: 'needs downtime',
  restricted: 'restricted',
};

/** The fields of the form, with how their value is said. */
const SAID: Readonly<Record<Key, (release: Release) => Sentence>> = {
  title: ({ title }) => say`“${title}”`,
  customers: ({ customers }) => (customers === null ? say`empty` : say`“${customers}”`),
  when: ({ when }) =>
    when.kind === 'at' ? say`${at(when.start)}` : when.kind === 'asap' ? say`as soon as approved` : say`not decided`,
  rollbackPlan: ({ rollbackPlan }) => (rollbackPlan === null ? say`empty` : say`“${rollbackPlan}”`),
  answers: ({ answers }) => {
    const ticked = Object.entries(answers).flatMap(([name, yes]) => (yes ? [ANSWERS[name as keyof Answers]] : []));
    return ticked.length === 0 ? say`none ticked` : say`${ticked.join(', ')}`;
  },
  owner: ({ owner }) => say`${person(owner)}`,
  deployer: ({ deployer }) => (deployer === null ? say`nobody` : say`${person(deployer)}`),
  changeNumber: ({ changeNumber }) => (changeNumber === null ? say`empty` : say`“${changeNumber}”`),
  rehearsedOn: ({ rehearsedOn }) => (rehearsedOn === null ? say`empty` : say`${rehearsedOn}`),
  affects: ({ affects }) => (affects.length === 0 ? say`no other service` : say`${affects.join(', ')}`),
};
const KEYS = Object.keys(SAID) as Key[];

/** As a form gives it back: without the spaces around a text, a time to the second and without its end, a choice in any order. */
const asInForm = (key: Key, value: unknown): unknown => {
  if (key === 'when') {
    const when = value as Release['when'];
    return when.kind === 'at'
      ? { ...when, start: instant(Math.floor(epochMs(when.start) / 1_000) * 1_000), end: null }
      : when;
  }
  if (key === 'affects') return [...(value as readonly string[])].sort();
  return typeof value === 'string' ? value.trim() : value;
};
const print = (key: Key, value: unknown): string => fingerprint(asInForm(key, value)).slice(0, 8);

/** What the form showed, one fingerprint a field: it travels with the form. */
export type Shown = Readonly<Partial<Record<Key, string>>>;
export const shownOf = (release: Release): Shown =>
  Object.fromEntries(KEYS.map((key) => [key, print(key, release[key])]));

/**
 * Of what the form gives back, what its reader changed. Refused when somebody else changed the same field since it was opened: the reader
 * gets both.
 */
export const changedHere = (release: Release, input: EditInput, shown: Shown): Decision<EditInput> => {
  const changed = KEYS.filter((key) => input[key] !== undefined && print(key, input[key]) !== shown[key]);
  const both = changed.filter(
    (key) => print(key, release[key]) !== shown[key] && print(key, release[key]) !== print(key, input[key]),
  );
  if (both.length > 0)
    return refuse({ code: 'changed_meanwhile', fields: both.map((field) => ({ field, now: SAID[field](release) })) });
  return allow(Object.fromEntries(changed.map((key) => [key, input[key]])) as EditInput);
};

/** Once its reader has seen both: these fields are as they are now, the others as they were shown. */
export const seenBoth = (shown: Shown, release: Release, fields: readonly Field[]): Shown => {
  const now = shownOf(release);
  return Object.fromEntries(KEYS.map((key) => [key, fields.includes(key) ? now[key] : shown[key]]));
};
