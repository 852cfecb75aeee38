/** What can be asked and told, by its name; every one ends with its exit. */
import { check, type Run, start, wait } from './ask.ts';
import type { Exit } from './exit.ts';
import { changes, fail, finish, gate, health, metric, release, rollback, step } from './tell.ts';

export const COMMANDS: Readonly<Record<string, (run: Run) => Promise<Exit>>> = {
  check,
  wait,
  start,
  step,
  finish,
  fail,
  health,
  metric,
  rollback,
  gate,
  changes,
  release,
};
