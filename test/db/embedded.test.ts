/** The embedded database on disk: every commit is on it, a second process is refused, a foreign folder is explained. */
import { spawn } from 'node:child_process';
import { fsyncSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEmbedded } from '../../src/db/embedded.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('reaches the disk with every commit', async () => {
  let syncs = 0;
  const { pglite, close } = await openEmbedded(folder, (fd) => {
    syncs += 1;
    fsyncSync(fd);
  });
  await pglite.exec('create table t (n int)');
  const before = syncs;
  for (let n = 0; n < 50; n += 1) await pglite.query('insert into t values ($1)', [n]);
  expect(syncs - before).toBeGreaterThanOrEqual(50);
  await close();
});

it('is one process’s own: a second one is refused with the holder’s pid, a killed one’s lock is taken over', async () => {
  const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const { readFileSync, existsSync } = await import('node:fs');
  const { hostname } = await import('node:os');
  const boot = existsSync('/proc/sys/kernel/random/boot_id')
    ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    : '';
  writeFileSync(join(folder, 'signalbox.lock'), JSON.stringify({ pid: holder.pid, host: hostname(), boot }));
  await expect(openEmbedded(folder)).rejects.toThrow(`is in use by process ${holder.pid}`);
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await gone;
  const opened = await openEmbedded(folder);
  await opened.close();
});

it('refuses a folder of another major version with what to do', async () => {
  mkdirSync(join(folder, 'postgres'));
  writeFileSync(join(folder, 'postgres', 'PG_VERSION'), '17\n');
  await expect(openEmbedded(folder)).rejects.toThrow('was written by PostgreSQL 17; this Signalbox has 18');
});
