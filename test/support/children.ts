/** Starts and talks to child processes that run Signalbox. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config.ts';
import type { CrashPoint } from '../../src/deps.ts';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));

/** What the child does to itself when it comes by that point for the `after`th time. */
export type Kill = { point: CrashPoint; after: number; signal: 'SIGKILL' | 'SIGSTOP' } | null;
type Message = { kind: string; port?: number; outcome?: string; error?: string };

/** It ended before it answered; `signal` is what killed it, null when it gave up by itself. */
export class ChildEnded extends Error {
  readonly signal: string | null;
  constructor(message: string, signal: string | null) {
    super(message);
    this.signal = signal;
  }
}

const next = (child: ChildProcess, kind: string): Promise<Message> =>
  new Promise((resolve, reject) => {
    const done = (): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (message: Message): void => {
      if (message.kind !== kind && message.kind !== 'failed') return;
      done();
      if (message.kind === 'failed') reject(new Error(message.error));
      else resolve(message);
    };
    const onExit = (code: number | null, signal: string | null): void => {
      done();
      reject(new ChildEnded(`the child ended (${signal ?? code}) before it said ${kind}`, signal));
    };
    child.on('message', onMessage);
    child.once('exit', onExit);
  });

export type Child = {
  port: number;
  process: ChildProcess;
  /** Prepares the verb up to the barrier; the returned function lets it go and tells the outcome. */
  prepare: (verb: string, args: object) => Promise<() => Promise<string>>;
  exited: Promise<void>;
  arm: (kill: Kill) => void;
  kill: () => Promise<void>;
};

export const startChild = async (config: Config, clock: number, kill: Kill = null): Promise<Child> => {
  const child = fork(CHILD, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const up = next(child, 'up');
  child.send({ kind: 'start', config, kill, clock });
  const { port = 0 } = await up;
  return {
    port,
    process: child,
    exited,
    arm: (next_) => void child.send({ kind: 'arm', kill: next_ }),
    prepare: async (verb, args) => {
      const ready = next(child, 'ready');
      child.send({ kind: 'run', verb, args });
      await ready;
      return async () => {
        const done = next(child, 'done');
        child.send({ kind: 'go' });
        return (await done).outcome ?? '';
      };
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
};
