/**
 * What holds when Signalbox cannot be reached. The rules of the workspace say it, and the gate says it with every answer: `light` goes on and
 * reports it later, `standard` waits ten minutes and then fails, `strict` fails. It is remembered from the last answer, or said by hand.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Typed } from './arguments.ts';
import { Stop } from './exit.ts';

export const RULES = ['light', 'standard', 'strict'] as const;
export type Rule = (typeof RULES)[number];

/** Milliseconds. */
export const PATIENCE: Readonly<Record<Rule, number>> = { light: 0, standard: 10 * 60_000, strict: 0 };

/** What was done although nobody could be told: told, in this order, as soon as somebody can be. */
export type Lost =
  | {
      kind: 'started';
      at: string;
      service: string;
      version: string;
      environment: string;
      sha: string | null;
      digest: string | null;
      run: string | null;
    }
  | { kind: 'told'; at: string; what: string; path: string; body: unknown; key: string };
type Kept = { rule: Rule | null; lost: readonly Lost[] };

export type Memory = {
  read: () => Kept;
  /** Changes what is kept. Returns why it could not be, else `null`: a machine without a place for it is no reason to fail. */
  change: (change: (kept: Kept) => Kept) => string | null;
};

const isRule = (value: unknown): value is Rule => RULES.some((rule) => rule === value);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asKept = (value: unknown): Kept => {
  const { rule, lost } = isRecord(value) ? value : {};
  return { rule: isRule(rule) ? rule : null, lost: Array.isArray(lost) ? (lost as Lost[]) : [] };
};

/** A file of the machine, apart for each address; `SIGNALBOX_STATE` names another. What is no memory is none. */
export const memoryFor = (url: string, env: NodeJS.ProcessEnv): Memory => {
  const file = env['SIGNALBOX_STATE'] ?? join(homedir(), '.signalbox', 'state.json');
  const all = (): Record<string, unknown> => {
    try {
      const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return isRecord(value) ? value : {};
    } catch {
      return {};
    }
  };
  const read = (): Kept => asKept(all()[url]);
  return {
    read,
    change: (change) => {
      try {
        // What is there and no file, like /dev/null, must not be replaced by one.
        if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) return `${file} is no file`;
        mkdirSync(dirname(file), { recursive: true });
        const next = `${file}.${process.pid}`;
        writeFileSync(next, JSON.stringify({ ...all(), [url]: change(read()) }));
        renameSync(next, file);
        return null;
      } catch (error) {
        return (error as Error).message;
      }
    },
  };
};

export const ruleFor = (typed: Typed, memory: Memory): Rule => {
  const said = typed.said('when-unreachable');
  if (said !== null && !isRule(said)) throw new Stop('misused', `--when-unreachable is one of ${RULES.join(', ')}`);
  return said ?? memory.read().rule ?? 'standard';
};
