/** Processes beside the measured one, so that what they cost is not counted: asked over IPC, and ended with this one. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts a file that answers. `ask(name, argument)` resolves with what it returned. */
export const startChild = (url, argument) => {
  const child = fork(fileURLToPath(url), [JSON.stringify(argument ?? null)], {
    execArgv: [],
    serialization: 'advanced',
  });
  children.add(child);
  const waiting = new Map();
  let last = 0;
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(error));
  });
  child.once('exit', (code) => {
    children.delete(child);
    for (const { reject } of waiting.values()) reject(new Error(`A helper ended with ${code}.`));
  });
  return {
    ask: (name, about) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        child.send({ id: last, name, about });
      }),
    end: () => {
      child.kill('SIGKILL');
    },
  };
};
