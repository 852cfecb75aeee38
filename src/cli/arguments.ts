/** What was typed after `signalbox`, with what the environment says where nothing was typed. */
import { parseArgs } from 'node:util';
import { Stop } from './exit.ts';

const OPTIONS = {
  service: { type: 'string' },
  version: { type: 'string' },
  environment: { type: 'string', short: 'e' },
  env: { type: 'string' },
  sha: { type: 'string' },
  digest: { type: 'string' },
  title: { type: 'string' },
  run: { type: 'string' },
  'start-token': { type: 'string' },
  timeout: { type: 'string' },
  percent: { type: 'string' },
  cause: { type: 'string' },
  evidence: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  done: { type: 'boolean' },
  failed: { type: 'boolean' },
  submit: { type: 'boolean' },
  owner: { type: 'string' },
  'when-unreachable': { type: 'string' },
  url: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type Typed = {
  words: readonly string[];
  /** The option, else `SIGNALBOX_<NAME>`; nothing where it is empty. */
  said: (name: Named) => string | null;
  flag: (name: 'done' | 'failed' | 'submit' | 'json' | 'help') => boolean;
};

type Named = Exclude<keyof typeof OPTIONS, 'done' | 'failed' | 'submit' | 'json' | 'help' | 'env'>;

/** Which option is wrong, and how. */
const oddWords = ({ code, message }: Error & { code?: string }): string => {
  const option = /'(--?[^\s',]+)/.exec(message)?.[1] ?? '';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `there is no option ${option}: see signalbox --help`;
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE')
    return /does not take/.test(message) ? `${option} takes no value` : `${option} needs a value: ${option} …`;
  return message.split('\n')[0] ?? 'not understood';
};

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw new Stop('misused', oddWords(error as Error & { code?: string }));
  }
};

export const readArguments = (args: readonly string[], env: NodeJS.ProcessEnv): Typed => {
  const { values, positionals } = parsed(args);
  return {
    words: positionals,
    said: (name) => {
      const typed = values[name] ?? (name === 'environment' ? values.env : undefined);
      const value = typed ?? env[`SIGNALBOX_${name.toUpperCase().replaceAll('-', '_')}`] ?? '';
      return value === '' ? null : value;
    },
    flag: (name) => values[name] === true,
  };
};

/** A word that nobody asked for is a mistake: most often a version or a place without its option. */
export const nothingMore = (words: readonly string[], command: string): void => {
  const [extra] = words;
  if (extra !== undefined)
    throw new Stop('misused', `“${extra}” says nothing to ${command}: see signalbox --help. A reason goes in quotes`);
};

/** What has to be said, or the sentence that says how. */
export const needed = (typed: Typed, name: Named): string => {
  const value = typed.said(name);
  if (value === null)
    throw new Stop('misused', `say the ${name}: --${name} …, or SIGNALBOX_${name.toUpperCase().replaceAll('-', '_')}`);
  return value;
};

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `90s`, `30m`, `2h` in milliseconds. */
export const duration = (text: string): number => {
  const [, number, unit = ''] = /^(\d{1,6})\s*([smh])$/.exec(text) ?? [];
  const scale = UNITS[unit];
  if (number === undefined || scale === undefined)
    throw new Stop('misused', `“${text}” is no time: write it like 90s, 30m or 2h`);
  return Number(number) * scale;
};
