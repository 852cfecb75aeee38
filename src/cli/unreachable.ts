/**
 * What holds when Signalbox cannot be reached. The rules of the workspace say it, and the gate says it with every answer: `light` goes on and
 * reports it later, `standard` waits ten minutes and then fails, `strict` fails. It is remembered from the last answer, or said by hand.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Typed } from './arguments.ts';
import { Stop } from './exit.ts';

export const RULES = ['light', 'standard', 'strict'] as const;
export type Rule = (typeof RULES)[number];

/** Milliseconds. */
export const PATIENCE: Readonly<Record<Rule, number>> = { light: 0, standard: 10 * 60_000, strict: 0 };

/** What was deployed although nobody could be asked: told as soon as somebody can be. */
export type Missed = {
  service: string;
  version: string;
  environment: string;
  sha: string | null;
  digest: string | null;
  run: string | null;
  at: string;
};
type Kept = { rule: Rule | null; missed: readonly Missed[] };
const NOTHING: Kept = { rule: null, missed: [] };

export type Memory = { read: () => Kept; write: (kept: Kept) => void };

const isRule = (text: string | null): text is Rule => RULES.some((rule) => rule === text);

/** A file of the machine, apart for each address; `SIGNALBOX_STATE` names another. What is no memory is none. */
export const memoryFor = (url: string, env: NodeJS.ProcessEnv): Memory => {
  const file = env['SIGNALBOX_STATE'] ?? join(homedir(), '.signalbox', 'state.json');
  const all = (): Record<string, Kept> => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Kept>;
    } catch {
      return {};
    }
  };
  return {
    read: () => ({ ...NOTHING, ...all()[url] }),
    write: (kept) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.${process.pid}`, JSON.stringify({ ...all(), [url]: kept }));
      renameSync(`${file}.${process.pid}`, file);
    },
  };
};

export const ruleFor = (typed: Typed, memory: Memory): Rule => {
  const said = typed.said('when-unreachable');
  if (said !== null && !isRule(said)) throw new Stop('misused', `--when-unreachable is one of ${RULES.join(', ')}`);
  return said ?? memory.read().rule ?? 'standard';
};
