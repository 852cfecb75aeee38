/** `npm start`: builds when something changed, then is Signalbox itself: one process, which gets the signals that stop it. */
import { build } from './build.mjs';

await build((line) => {
  if (process.stdout.isTTY) process.stdout.write(`${line}\n`);
});
await import('../dist/main.js');
