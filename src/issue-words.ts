/** What the schemas' library says by itself, in our words; what a schema says of its own stays. */

import type { z } from 'zod';
import { nearestOf } from './domain/nearest.ts';

/** `where`: where the names stand that are known; `known`: names of which one may have been meant. */
export const issueWords = (issue: z.core.$ZodIssue, where = '', known: readonly string[] = []): string => {
  if (issue.code === 'unrecognized_keys') {
    const nearest = issue.keys.length === 1 ? nearestOf(issue.keys[0] ?? '', known) : null;
    const meant = nearest === null || nearest === issue.keys[0] ? '' : `; did you mean ${nearest}?`;
    return `${issue.keys.join(', ')} is not known here${where}${meant}`;
  }
  if (!/^(?:Invalid|Too big|Too small)/.test(issue.message)) return issue.message.replace(/\.$/, '');
  switch (issue.code) {
    case 'too_big':
      return `is at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `is at least ${issue.minimum}${issue.origin === 'string' ? ` character${Number(issue.minimum) === 1 ? '' : 's'}` : ' long'}`
        : `is at least ${issue.inclusive === false ? Number(issue.minimum) + 1 : issue.minimum}`;
    case 'invalid_value': {
      const nearest = typeof issue.input === 'string' ? nearestOf(issue.input, issue.values.map(String)) : null;
      return `is one of ${issue.values.join(', ')}${nearest === null ? '' : `; did you mean ${nearest}?`}`;
    }
    case 'invalid_key':
      return `is no name: ${issue.issues.map((each) => issueWords(each)).join(', ')}`;
    case 'invalid_type':
      return /received undefined/.test(issue.message) ? 'is missing' : `has to be ${kindWords(issue.expected)}`;
    case 'invalid_union':
      return unionWords(issue.errors.flatMap(([first]) => first ?? []));
    default:
      return issue.message.replace(/^Invalid input: /, '');
  }
};

/** Of several ways to write something the one that was meant, by what of it is right: what is wrong in it, and where. */
export const meantIssues = (issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] => {
  if (issue.code !== 'invalid_union' || !issue.message.startsWith('Invalid')) return [issue];
  const inside = issue.errors.filter((branch) => branch.length > 0 && branch.every(({ path }) => path.length > 0));
  const [meant] = [...inside].sort((a, b) => a.length - b.length);
  return meant === undefined
    ? [issue]
    : meant.flatMap((each) => meantIssues({ ...each, path: [...issue.path, ...each.path] }));
};

/** What each of several ways would want. */
const unionWords = (firsts: readonly z.core.$ZodIssue[]): string => {
  const values = firsts.flatMap((issue) => (issue.code === 'invalid_value' ? issue.values : []));
  return values.length === firsts.length && values.length > 0
    ? `is one of ${values.join(', ')}`
    : [...new Set(firsts.map((issue) => issueWords(issue)))].join(', or ') || 'is not right';
};

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  record: 'names with what belongs to each',
  object: 'fields',
  int: 'a whole number',
};
const kindWords = (expected: string): string =>
  KINDS[expected] ?? `${/^[aeio]/.test(expected) ? 'an' : 'a'} ${expected}`;
