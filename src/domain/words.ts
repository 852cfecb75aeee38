/**
 * Sentences. The core says what it decided as a list of parts, so that Slack can mention a person and show an instant in the viewer's
 * zone, while HTTP and the log print the same sentence as plain text. Interpolated strings are text: no renderer may treat them as markup.
 */
import type { ReleaseId, UserId } from './ids.ts';
import type { Instant } from './time.ts';

export type Part =
  | string
  | { person: UserId }
  | { group: string }
  | { at: Instant }
  | { release: string; id: ReleaseId }
  | { command: string };
export type Sentence = readonly Part[];

type Interpolated = Part | number | Sentence;

const isSentence = (value: Interpolated): value is Sentence => Array.isArray(value);

/** As much of a text as is repeated in a sentence: what somebody typed, or a long list of names. */
const LONGEST = 500;

/** Builds a sentence from a template: numbers become text, sentences are spliced in. */
export const say = (strings: TemplateStringsArray, ...values: readonly Interpolated[]): Sentence =>
  strings.flatMap((text, index): Part[] => {
    const value = values[index];
    const before: Part[] = text === '' ? [] : [text];
    if (value === undefined) return before;
    if (typeof value === 'number') return [...before, String(value)];
    return isSentence(value)
      ? [...before, ...value]
      : [...before, typeof value === 'string' ? cut(value, LONGEST) : value];
  });

export const person = (id: UserId): Part => ({ person: id });
export const group = (name: string): Part => ({ group: name });
export const at = (time: Instant): Part => ({ at: time });
/** `/release why REL-142`, printed with the command name that this installation uses. */
export const command = (words: string): Part => ({ command: cut(words, 150) });

/** With its first letter large: a word that begins a sentence. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `a`, `a and b`, `a, b and c`. */
export const listing = (items: readonly Interpolated[], last = 'and'): Sentence =>
  items.flatMap((item, index): Part[] => {
    const glue = index === 0 ? [] : [index === items.length - 1 ? ` ${last} ` : ', '];
    return [...glue, ...say`${item}`];
  });

/** The same of words alone, as text. */
export const enumerated = (items: readonly string[], last = 'and'): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1) ?? ''}`;

/** Whole statements side by side, which have commas and an “and” of their own. */
export const clauses = (items: readonly Sentence[]): Sentence =>
  items.flatMap((item, index): readonly Part[] => (index === 0 ? item : [...say`; `, ...item]));

export const people = (ids: readonly UserId[]): Sentence => listing(ids.map(person));

/** `1 change`, `2 changes`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** How long something took, rounded to whole minutes. */
export const took = (minutes: number): string => (minutes < 1 ? 'under a minute' : `${minutes} min`);

/** Cuts by code point, with an ellipsis, so that an emoji is never halved. */
export const cut = (text: string, most: number): string => {
  const points = [...text];
  return points.length <= most ? text : `${points.slice(0, most - 1).join('')}…`;
};

/** NUL, and half a character: no database stores them. */
export const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** What others sent, with a mark for what no database stores. */
export const storable = (text: string): string => text.replaceAll(/[\0\p{Surrogate}]/gu, '�');
