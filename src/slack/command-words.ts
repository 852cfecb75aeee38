/** The words of a command, as people type them. */
import type { Catalog } from '../domain/catalog/catalog.ts';
import { nearestOf } from '../domain/nearest.ts';
import { type CommandVerb, VERBS } from './ids.ts';

/** Words of a command; quotes (also curly ones) hold several together; Slack's escapes are undone. */
export const wordsOf = (text: string): readonly string[] => {
  const plain = text.replace(/[“”„]/g, '"');
  return [...plain.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => unescape(quoted ?? word ?? ''));
};

/** What stands in quotes, and the words around it; null where nothing is quoted. */
export const quotedApart = (text: string): { quoted: string | null; words: readonly string[] } => {
  const plain = text.replace(/[“”„]/g, '"');
  const quoted = /"([^"]*)"/.exec(plain)?.[1];
  return { quoted: quoted === undefined ? null : unescape(quoted), words: wordsOf(plain.replace(/"[^"]*"/, ' ')) };
};

const unescape = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

export const isVerb = (word: string): word is CommandVerb => (VERBS as readonly string[]).includes(word);

/** What people call a command that is named otherwise: the words of the buttons, and of other tools. */
const SAME: ReadonlyMap<string, CommandVerb> = new Map(
  Object.entries({
    start: 'deploy',
    retry: 'deploy',
    details: 'show',
    open: 'show',
    status: 'show',
    history: 'timeline',
    revert: 'rollback',
    'roll back': 'rollback',
    'not healthy': 'unhealthy',
    'lift lock': 'unlock',
    'fix forward': 'hotfix',
    fix: 'hotfix',
    'ask again': 'submit',
    plan: 'schedule',
    move: 'schedule',
  } as const),
);

/** Of these the first word names no release. All others are about one: `why checkout 2.14.0` names it as `why checkout@2.14.0` does. */
const OF_OTHER_THINGS: ReadonlySet<CommandVerb> = new Set<CommandVerb>([
  ...(['home', 'new', 'list', 'change', 'calendar', 'freeze', 'env', 'diff', 'lock', 'unlock'] as const),
  ...(['actions', 'audit', 'setup', 'doctor', 'token', 'webhook', 'whoami', 'help'] as const),
]);

/** The verb by its own name, and a release in one word. */
export const inOurWords = (typed: readonly string[]): readonly string[] => {
  if (typed.length === 0) return typed;
  const [first = '', second = ''] = typed.map((word) => word.toLowerCase());
  const two = SAME.get(`${first} ${second}`);
  const words =
    two !== undefined
      ? [two, ...typed.slice(2)]
      : [SAME.get(first) ?? (isVerb(first) ? first : (typed[0] ?? '')), ...typed.slice(1)];
  const [verb = '', service = '', version = '', ...rest] = words;
  const named = /^[a-z][a-z0-9_-]*$/.test(service) && /^v?\d+(?:\.[\w+-]+)+$/.test(version);
  return isVerb(verb) && !OF_OTHER_THINGS.has(verb) && named ? [verb, `${service}@${version}`, ...rest] : words;
};

/** A flag, as other tools have them: no command of ours takes one. */
export const flagIn = (text: string): string | null =>
  text
    .replace(/[“”„]/g, '"')
    .replace(/"[^"]*"/g, ' ')
    .split(/\s+/)
    .find((word) => /^(?:--|—)[a-z][\w-]*$/i.test(word)) ?? null;

/** What was probably meant by what is no command: one that is nearly written so, a release, or a service to list. */
export const meantBy = (first: string, rest: readonly string[], catalog: Catalog): string | null => {
  const verb = nearestOf(first.toLowerCase(), VERBS);
  if (verb !== null) return [verb, ...rest].join(' ');
  if (/^(?:rel-)?\d+$|^[\w.-]+@[\w.+-]+$/i.test(first)) return `show ${first}`;
  const services = Object.keys(catalog.services);
  if (services.includes(first) && /^v?\d+\./.test(rest[0] ?? '')) return `show ${first}@${rest[0] ?? ''}`;
  const service = services.includes(first) ? first : nearestOf(first, services);
  return service === null ? null : `list ${service}`;
};

/** The id of the first person whom one of these words mentions. */
export const personIn = (words: readonly string[]): string | undefined =>
  words.map((word) => /^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$/.exec(word)?.[1]).find((id) => id !== undefined);
