/** `npm start` at a terminal: a few lines for a person, the address last, and an end without noise. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { started } from './browser.ts';

it('says what a person wants to know in at most a dozen lines, ends with the address, and silently on Ctrl-C', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-terminal-'));
  // A terminal of its own: what is started in it believes that somebody sits there.
  const child = spawn('script', ['-qec', `exec ${process.execPath} dist/main.js`, '/dev/null'], {
    env: { PATH: process.env['PATH'], DATA_DIR: join(folder, 'data'), PORT: '0', TERM: 'xterm' },
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString('utf8')));
  const url = await started(child);
  expect((await fetch(url)).status).toBe(200);
  const lines = () =>
    stripVTControlCharacters(said)
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '');
  await expect.poll(() => lines().at(-1)).toContain(url);
  expect(lines().length).toBeLessThanOrEqual(12);
  for (const line of lines()) expect(line).not.toMatch(/^\s*\{|"level"|"pid"/);
  const before = lines().length;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.write('\u0003');
  expect(await ended).toBe(0);
  expect(lines().slice(before).join('')).toMatch(/^(?:\^C)?$/);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);
