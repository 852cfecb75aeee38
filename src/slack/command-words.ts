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

/** What was probably meant by what is no command: one that is nearly written so, a release, or a service to list. */
export const meantBy = (first: string, rest: readonly string[], catalog: Catalog): string | null => {
  const verb = nearestOf(first.toLowerCase(), VERBS);
  if (verb !== null) return [verb, ...rest].join(' ');
  if (/^(?:rel-)?\d+$|^[\w.-]+@[\w.+-]+$/i.test(first)) return `show ${first}`;
  const services = Object.keys(catalog.services);
  const service = services.includes(first) ? first : nearestOf(first, services);
  return service === null ? null : `list ${service}`;
};
