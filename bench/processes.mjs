/** Whole processes, started as people start them, and ended with everything below them. */
import { spawn } from 'node:child_process';
import { wait, within } from './measure.mjs';

const STARTED_WITHIN = 90_000;
const STOPPED_WITHIN = 15_000;

const running = new Set();
const killGroup = ({ pid }, signal) => {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
};
process.on('exit', () => {
  for (const child of running) killGroup(child, 'SIGKILL');
});

/** Runs a command until it has printed this. Its group of processes is its own, so that it can be ended as a whole. */
export const startProcess = async (command, args, env, printed) => {
  const began = performance.now();
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  running.add(child);
  const found = new Promise((resolve, reject) => {
    let output = '';
    const read = (data) => {
      output += data;
      const match = printed.exec(output);
      if (match !== null) resolve(match);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${output}`)));
  });
  const [, what] = await within(STARTED_WITHIN, `${command} ${args.join(' ')}`, found);
  const stop = async () => {
    killGroup(child, 'SIGTERM');
    await Promise.race([ended, wait(STOPPED_WITHIN)]);
    killGroup(child, 'SIGKILL');
    running.delete(child);
  };
  return { pid: child.pid, what, ms: performance.now() - began, stop };
};
